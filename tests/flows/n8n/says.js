// Answers on a line of JSON each: what n8n itself says of the workflow on each line of standard input.
const { createRequire } = require('node:module');
const { createInterface } = require('node:readline');

const [installation, nodeTypes] = process.argv.slice(2);
const need = createRequire(`${installation}/package.json`);
const { safeParseWorkflowStructure, NodeHelpers } = need('n8n-workflow');
const described = nodeTypes ? need(nodeTypes) : [];

const typeOf = (node) =>
  described.find((one) => one.name === node.type && [one.version].flat().includes(node.typeVersion ?? 1));

function issuesOf(node, type) {
  const parameters = NodeHelpers.getNodeParameters(type.properties, node.parameters ?? {}, true, false, node, type);
  return NodeHelpers.getNodeParametersIssues(type.properties, { ...node, parameters }, type);
}

function missing(node) {
  const type = typeOf(node);
  if (!type) return null;
  let issues;
  try {
    issues = issuesOf(node, type);
  } catch (error) {
    // Its regular expressions have a time limit, and values of another shape than it expects make it fail: no opinion.
    if (error instanceof TypeError || error.message.includes('timed out')) return null;
    throw error;
  }
  return Object.entries(issues?.parameters ?? {})
    .filter(([, said]) => said.some((one) => one.endsWith('is required.')))
    .map(([name]) => name);
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const workflow = JSON.parse(line);
  const { success, issues = [] } = safeParseWorkflowStructure(workflow);
  const said = { success, codes: issues.map((one) => one.code) };
  if (success && described.length) said.missing = workflow.nodes.map(missing);
  console.log(JSON.stringify(said));
});
