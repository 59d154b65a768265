"""Recovery: what a flow that sends by itself owes: it sends once, and says what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sidecar.flows.contract import CLAIM, RESULT
from sidecar.flows.findings import Found
from sidecar.flows.make_requests import request_of as make_request_of
from sidecar.flows.requests import request_of
from sidecar.flows.rules import rule
from sidecar.flows.sends.make import make_send
from sidecar.flows.sends.n8n import n8n_send

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sidecar.flows.linting import Flows
    from sidecar.flows.make import Blueprint, Module
    from sidecar.flows.n8n import Node, Workflow


@rule(
    "R102",
    "a claim whose result nobody reports",
    on="flows",
    level="warning",
    reason="A claim that is not reported becomes unknown after 30 seconds: a person has to look at each one.",
    remedy="report it behind the send, and on its error output: POST /v1/claims/{claim_id}/result",
    source="schemas/openapi.json, claimStep: unreported, it becomes unknown",
)
def unreported_claims(flows: Flows) -> Iterator[Found]:
    """Each claim behind which no call reports a result, unless another workflow goes on with it."""
    for workflow in flows.workflows:
        for node in workflow.of("httpRequest"):
            if CLAIM in _paths(workflow, node) and not _is_reported(workflow, node):
                yield Found(node.place, "nothing behind it reports the result", node.name, file=workflow.file)
    for blueprint in flows.blueprints:
        asked = [(module, _path(blueprint, module)) for module in blueprint.modules]
        for module, path in asked:
            if path == CLAIM and not any(
                other == RESULT and later.position > module.position for later, other in asked
            ):
                yield Found(module.place, "nothing behind it reports the result", module.name, file=blueprint.file)


def _is_reported(workflow: Workflow, claim: Node) -> bool:
    if any(workflow.of("executeWorkflowTrigger", "executeWorkflow")):
        return True  # its caller or its callee may
    behind = (workflow.by_name[name] for name in workflow.reachable([claim.name]))
    return any(RESULT in _paths(workflow, node) for node in behind if not node.disabled)


def _paths(workflow: Workflow, node: Node) -> set[str]:
    request = request_of(workflow, node)
    return {*request.paths} if request is not None else set()


def _path(blueprint: Blueprint, module: Module) -> str:
    request = make_request_of(blueprint, module)
    return request.paths[0] if request is not None else ""


@rule(
    "R103",
    "a message that is sent again when its answer was lost",
    on="flows",
    level="warning",
    reason="A provider that answers too late has sent it: the second try is a second text to the same person.",
    remedy="take the retry away; report the result as failed or unknown, and let a person or the sidecar look",
    source="https://www.twilio.com/docs/messaging/api/message-resource: creating a message is not idempotent",
)
def retried_sends(flows: Flows) -> Iterator[Found]:
    """Each send with retries on the node, or with a Break behind it that tries again."""
    for workflow in flows.workflows:
        for node in workflow.nodes:
            if node.raw.get("retryOnFail") is True and n8n_send(workflow, node):
                place = (*node.place, "retryOnFail")
                yield Found(place, "n8n tries it again whatever went wrong", node.name, file=workflow.file)
    for blueprint in flows.blueprints:
        for module in blueprint.modules:
            breaks = [one for one in module.handlers if one.module == "builtin:Break" and _retries(one)]
            if breaks and make_send(blueprint, module):
                said = "Make tries it again whatever went wrong"
                yield Found(breaks[0].place, said, module.name, file=blueprint.file)


def _retries(handler: Module) -> bool:
    return True in {handler.mapper.get("retry") is True, handler.parameters.get("retry") is True}
