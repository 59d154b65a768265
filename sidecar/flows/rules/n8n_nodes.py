"""Practice in n8n: nodes, what becomes of their errors, and what their expressions read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sidecar.flows.findings import Edit, Found, shown
from sidecar.flows.requests import HTTP, request_of
from sidecar.flows.rules import rule
from sidecar.flows.strings import at, text_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sidecar.flows.linting import Flows
    from sidecar.flows.n8n import Node, Workflow

_ERRORS: Final = "https://docs.n8n.io/flow-logic/error-handling/"
_EXPRESSIONS: Final = "https://docs.n8n.io/code/expressions/"
_TRIES: Final = (2, 5)
_LONGEST_PAUSE: Final = 5000

GONE: Final = {
    "function": "Code",
    "functionItem": "Code",
    "cron": "Schedule Trigger",
    "interval": "Schedule Trigger",
    "start": "Manual Trigger",
    "itemLists": "Split Out, Aggregate, Sort, Limit, Remove Duplicates or Summarize",
    "spreadsheetFile": "Extract from File or Convert to File",
    "readBinaryFile": "Read/Write Files from Disk",
    "readBinaryFiles": "Read/Write Files from Disk",
    "writeBinaryFile": "Read/Write Files from Disk",
    "moveBinaryData": "Extract from File or Convert to File",
    "readPDF": "Extract from File",
    "htmlExtract": "HTML",
    "openAi": "OpenAI (of the LangChain package)",
    "workflowTrigger": "n8n Trigger",
    "iCal": "Convert to File",
    "line": "HTTP Request (LINE Notify has ended)",
    "orbit": "nothing (the service has ended)",
}
"""Nodes of n8n's base package that it hides or has taken away, and what took their place."""


@rule(
    "P201",
    "no error workflow is set",
    on="flows",
    reason="A failed execution is seen by whoever looks at the list of executions, which is nobody at night.",
    remedy="set settings.errorWorkflow to a flow with an Error Trigger that tells a person",
    source=_ERRORS,
)
def no_error_workflow(flows: Flows) -> Iterator[Found]:
    """A workflow that starts by itself and tells nobody when it fails; where one that could is at hand, it is named."""
    listeners = [workflow for workflow in flows.workflows if any(workflow.of("errorTrigger"))]
    listener = listeners[0].id if len(listeners) == 1 else ""
    for workflow in flows.workflows:
        starts = [node for node in workflow.triggers if node.short not in _STARTED]
        if starts and workflow not in listeners and not workflow.settings.get("errorWorkflow"):
            place = (*workflow.place, "settings")
            edits = (_named(workflow, listener),) if listener else ()
            said = "nobody is told when it fails"
            yield Found(place, said, starts[0].name, file=workflow.file, edits=edits)


_STARTED: Final = frozenset({"manualTrigger", "executeWorkflowTrigger", "errorTrigger"})
"""Triggers of workflows that somebody else starts, and looks at."""


def _named(workflow: Workflow, listener: str) -> Edit:
    if isinstance(workflow.value.get("settings"), dict):
        return Edit((*workflow.place, "settings", "errorWorkflow"), listener)
    return Edit((*workflow.place, "settings"), {"errorWorkflow": listener})


@rule(
    "P202",
    "retries outside of what n8n does",
    on="n8n",
    reason="n8n takes 2 to 5 tries and pauses of at most 5000 ms, whatever is written.",
    remedy="write what n8n does, and let a loop or the sidecar's own retry cover a longer outage",
    source="n8n-core, WorkflowExecute: maxTries = min(5, max(2, …)), waitBetweenTries = min(5000, max(0, …))",
)
def clamped_retries(workflow: Workflow) -> Iterator[Found]:
    """Each retry that n8n clamps."""
    for node in workflow.nodes:
        if node.raw.get("retryOnFail") is not True:
            continue
        for key, least, most in (("maxTries", *_TRIES), ("waitBetweenTries", 0, _LONGEST_PAUSE)):
            value = node.raw.get(key)
            if isinstance(value, (int, float)) and not least <= value <= most:
                clamped = min(most, max(least, value))
                said = f"{key} is {value}; n8n makes it {clamped}"
                yield Found((*node.place, key), said, node.name, edits=(Edit((*node.place, key), clamped),))


@rule(
    "P208",
    "errors go on as if nothing had happened",
    on="n8n",
    reason="With continueRegularOutput a failed request's error is the next node's data: it acts on what is not there.",
    remedy="ask for $json.error in an If or Switch behind it, or set onError to continueErrorOutput",
    source=_ERRORS + "; https://docs.n8n.io/workflows/components/nodes/#node-settings",
)
def swallowed_errors(workflow: Workflow) -> Iterator[Found]:
    """Each request that swallows its errors, with no node right behind it that looks for them."""
    for node in workflow.of("httpRequest"):
        following = [workflow.by_name[edge.target] for edge in workflow.after(node.name)]
        if node.swallows_errors and any(map(_reads, following)) and not any(map(_looks, following)):
            yield Found((*node.place, "onError"), "nobody behind it asks whether it failed", node.name)


def _reads(node: Node) -> bool:
    return any(not one.node for _, expression in node.expressions for one in expression.references)


def _looks(node: Node) -> bool:
    return any("error" in text or "statusCode" in text for _, text in node.texts)


@rule(
    "P209",
    "a call to the sidecar without a way on when it fails",
    on="n8n",
    reason="A few tries within seconds are all that n8n gives: an outage of a minute ends the flow, and the lead.",
    remedy="set onError to continueRegularOutput or continueErrorOutput, and come back after a pause",
    source=_ERRORS,
)
def uncovered_calls(workflow: Workflow) -> Iterator[Found]:
    """Each call of `run` or `calls` whose failure ends the execution."""
    for node in workflow.of("httpRequest"):
        request = request_of(workflow, node)
        paths = request.paths if request is not None else ()
        if {*paths} & {"/v1/calls", "/v1/sequences/{sequence_id}/steps/{name}/run"}:
            if not node.swallows_errors and not node.has_error_output:
                retried = "retries on the node are its only cover" if node.raw.get("retryOnFail") else "it has no cover"
                said = f"when the sidecar is away the execution ends here: {retried}"
                edit = Edit(
                    (*node.place, "onError"), "continueErrorOutput"
                )  # what is wired for it only lacks the setting
                yield Found(node.place, said, node.name, edits=(edit,) if workflow.after(node.name, 1) else ())
            elif node.has_error_output and not workflow.after(node.name, 1):
                yield Found(node.place, "its error output leads nowhere", node.name)


@rule(
    "P212",
    "an expression names a node that does not exist",
    on="n8n",
    reason="The execution fails there with “Referenced node doesn't exist”. It is often a renamed node.",
    remedy="name the node as it is called now",
    source="https://docs.n8n.io/data/data-mapping/referencing-other-nodes/",
)
def unknown_nodes(workflow: Workflow) -> Iterator[Found]:
    """Each reference to a name that no node has."""
    for node, place, name in workflow.named:
        if name not in workflow.by_name:
            yield Found(place, f"{shown(name)} is read, but no node is named so", node.name)


@rule(
    "P213",
    "an expression names a node that cannot have run",
    on="n8n",
    reason="The execution fails there with “hasn't been executed”: no wire leads from that node to this one.",
    remedy="read a node in front of it, or wire that one in front",
    source="https://docs.n8n.io/data/data-mapping/referencing-other-nodes/",
)
def nodes_not_run(workflow: Workflow) -> Iterator[Found]:
    """Each reference to a node from which no data can have come."""
    for node, place, name in workflow.named:
        if node.disabled or name not in workflow.by_name or workflow.ancestors.has(node.name, name):
            continue
        if name == node.name or not workflow.ancestors.any(node.name):
            continue
        yield Found(place, f"{shown(name)} cannot have run when {shown(node.name)} reads it", node.name)


@rule(
    "P214",
    "a node that n8n has replaced",
    on="n8n",
    reason="It gets no mending, is hidden from the list of nodes, or is gone from newer versions.",
    remedy="use the node that took its place",
    source="https://docs.n8n.io/release-notes/; https://docs.n8n.io/2-0-breaking-changes/",
)
def replaced_nodes(workflow: Workflow) -> Iterator[Found]:
    """Each node of `GONE`."""
    for node in workflow.nodes:
        if node.short in GONE and node.type == f"n8n-nodes-base.{node.short}" and not node.disabled:
            yield Found((*node.place, "type"), f"{node.short} was replaced by {GONE[node.short]}", node.name)


@rule(
    "P215",
    "an expression that is no JavaScript",
    on="n8n",
    reason="n8n evaluates it as JavaScript: the node fails, or the text goes out as it stands.",
    remedy="mend it at the place that the message names",
    source=_EXPRESSIONS,
)
def broken_expressions(workflow: Workflow) -> Iterator[Found]:
    """Each expression that the parser refuses."""
    for node in workflow.nodes:
        for place, expression in node.expressions if node.short != "stickyNote" else ():
            if expression.broken:
                yield Found(place, expression.broken, node.name)


@rule(
    "P217",
    "an expression reads the environment",
    on="n8n",
    reason="n8n 2 blocks $env in expressions and Code nodes by default: the execution fails there.",
    remedy="put the value into a Settings (Set) node or a credential",
    source="https://docs.n8n.io/2-0-breaking-changes/ (N8N_BLOCK_ENV_ACCESS_IN_NODE)",
)
def environment(workflow: Workflow) -> Iterator[Found]:
    """Each expression with `$env`."""
    for node in workflow.nodes:
        for place, expression in node.expressions:
            if expression.uses("$env"):
                yield Found(place, "$env is blocked by default", node.name)


@rule(
    "P218",
    "a deferred step that nobody asks for again",
    on="n8n",
    reason="`run` answers deferred when it is too early; a flow that gave a resume_url must ask again when woken.",
    remedy="lead the Wait behind it back to the call of run",
    source="schemas/openapi.json, runStep: the answer says what happened, not the wake-up",
)
def no_way_back(workflow: Workflow) -> Iterator[Found]:
    """Each `run` with a resume address that no wire leads back to."""
    for node in workflow.of("httpRequest"):
        request = request_of(workflow, node)
        if request is None or not any(path.endswith("/run") for path in request.paths):
            continue
        resumes = request.body is not None and request.body.get("resume_url") is not None
        if resumes and not workflow.ancestors.has(node.name, node.name):
            yield Found(node.place, "no wire leads back to it", node.name)


@rule(
    "P221",
    "a credential's id of one installation",
    on="n8n",
    reason="Elsewhere the id names nothing, or somebody else's credential of that number.",
    remedy="ship it with the name alone (id: null); n8n asks for the credential on import",
    source="https://docs.n8n.io/workflows/export-import/ (credentials are exported by name and id)",
)
def credential_ids(workflow: Workflow) -> Iterator[Found]:
    """Each credential whose id is written down in a flow that drives the sidecar: those are passed on to clients."""
    if not drives(workflow):
        return
    for node in workflow.nodes:
        credentials = node.raw.get("credentials")
        for kind in credentials if isinstance(credentials, dict) else ():
            if at(credentials, kind, "id") is not None:
                place = (*node.place, "credentials", kind, "id")
                yield Found(place, f"the id of {kind} is that of one installation", node.name, edits=(Edit(place),))


def drives(workflow: Workflow) -> bool:
    """Whether it calls the sidecar at all."""
    requests = (request_of(workflow, node) for node in workflow.of(*HTTP))
    return any(any(request.paths) for request in requests if request is not None)


@rule(
    "P222",
    "data of a test is pinned",
    on="n8n",
    reason="Every export carries it along: often the name and number of somebody real. Runs by hand use it silently.",
    remedy="unpin it before you export",
    source="https://docs.n8n.io/data/data-pinning/",
)
def pinned_data(workflow: Workflow) -> Iterator[Found]:
    """Each node whose output is pinned, in a flow that drives the sidecar."""
    pinned = workflow.value.get("pinData")
    if isinstance(pinned, dict) and pinned and drives(workflow):
        for name in pinned:
            yield Found((*workflow.place, "pinData", name), f"the output of {shown(name)} is pinned", name)


@rule(
    "P223",
    "a workflow is called that was not looked at",
    on="flows",
    reason="Whatever it sends goes out unseen: a claim in front of the call, or none, is all that is known.",
    remedy="give the lint the file of the workflow that is called, too",
    source="https://docs.n8n.io/flow-logic/subworkflows/",
)
def unseen_workflows(flows: Flows) -> Iterator[Found]:
    """Each call of a workflow that is in no file of the run, from a flow that drives the sidecar."""
    there = {key for workflow in flows.workflows for key in (workflow.id, workflow.name)}
    for workflow in flows.workflows:
        for node in workflow.of("executeWorkflow", "toolWorkflow") if drives(workflow) else ():
            given = node.parameters.get("workflowId")
            keys = [given] if isinstance(given, str) else [text_at(given, "value"), text_at(given, "cachedResultName")]
            named = [key for key in keys if key]
            if named and not any(key in there or key.startswith("=") for key in named):
                place = (*node.place, "parameters", "workflowId")
                yield Found(place, f"{shown(named[-1])} is in none of the files", node.name, file=workflow.file)
