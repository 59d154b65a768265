"""Practice in n8n: webhooks, and Waits that something else ends."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from sidecar.flows.findings import Edit, Found, shown
from sidecar.flows.requests import request_of
from sidecar.flows.rules import rule
from sidecar.flows.sends.n8n import code_of
from sidecar.flows.strings import text_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sidecar.flows.linting import Flows
    from sidecar.flows.n8n import Node, Workflow

_WAIT: Final = "https://docs.n8n.io/integrations/builtin/core-nodes/n8n-nodes-base.wait/"
_WEBHOOK: Final = "https://docs.n8n.io/integrations/builtin/core-nodes/n8n-nodes-base.webhook/"
_SUFFIX: Final = re.compile(r"/([\w-]+)(?=\?|['\"`]|$)")


@rule(
    "P203",
    "a webhook that anybody can call",
    on="n8n",
    reason="Whoever learns the address starts the flow with data of their own: a stranger's call gets a text.",
    remedy="set its authentication, or pass the request on whole to POST /v1/calls, which checks Twilio's signature",
    source=_WEBHOOK + "#authentication",
)
def open_webhooks(workflow: Workflow) -> Iterator[Found]:
    """Each POST webhook without authentication, but where the sidecar or the flow checks a signature."""
    for node in workflow.of("webhook"):
        if node.parameters.get("authentication", "none") != "none":
            continue
        if node.parameters.get("httpMethod", "GET") != "GET" and not _signed(workflow):
            yield Found(node.place, "anybody who knows its address can call it", node.name)


def _signed(workflow: Workflow) -> bool:
    if any(text_at(node.parameters, "action") == "hmac" for node in workflow.of("crypto")):
        return True
    if any("createHmac" in code for node in workflow.of("code") for code in code_of(node)):
        return True
    for node in workflow.of("httpRequest"):
        request = request_of(workflow, node)
        if request is not None and "/v1/calls" in request.paths:
            return "twilio-signature" in " ".join(text.lower() for _, text in node.texts)
    return False


def _hook_waits(workflow: Workflow) -> list[Node]:
    return [node for node in workflow.of("wait") if text_at(node.parameters, "resume") in {"webhook", "form"}]


@rule(
    "P204",
    "a Wait without a limit",
    on="n8n",
    reason="If the call that ends it never comes, the execution waits for ever, and nobody is told.",
    remedy="switch on “Limit Wait Time”; for the sidecar, until the answer's wake_by",
    source=_WAIT + "#limit-wait-time",
)
def endless_waits(workflow: Workflow) -> Iterator[Found]:
    """Each Wait that only a request ends."""
    for node in _hook_waits(workflow):
        if node.parameters.get("limitWaitTime") is not True:
            yield Found(node.place, "it waits for ever if nobody calls", node.name)


@rule(
    "P205",
    "two Waits with one address",
    on="n8n",
    reason="$execution.resumeUrl is the same for every Wait of an execution: a late call for one resumes another.",
    remedy="give each an own options.webhookSuffix, and register the address with it",
    source=_WAIT + "#webhook-suffix",
)
def same_suffixes(workflow: Workflow) -> Iterator[Found]:
    """Each Wait after the first with its suffix."""
    seen: dict[str, str] = {}
    for node in _hook_waits(workflow):
        suffix = text_at(node.options, "webhookSuffix")
        if suffix in seen:
            said = f"it is called at the address of {shown(seen[suffix])}" + (f": suffix {suffix}" if suffix else "")
            yield Found(node.place, said, node.name)
        seen.setdefault(suffix, node.name)


@rule(
    "P206",
    "a Wait that a GET ends",
    on="n8n",
    reason="A link preview or a scanner that looks at the address ends it; the sidecar's POST gets 404.",
    remedy="set its HTTP method to POST",
    source=_WAIT + "#http-method",
)
def get_waits(workflow: Workflow) -> Iterator[Found]:
    """Each Wait on a webhook whose method is GET, which is the default."""
    for node in _hook_waits(workflow):
        if node.parameters.get("resume") == "webhook" and node.parameters.get("httpMethod", "GET") == "GET":
            edit = Edit((*node.place, "parameters", "httpMethod"), "POST")
            yield Found(node.place, "a GET ends it (the default)", node.name, edits=(edit,))


@rule(
    "P207",
    "a Wait whose address nobody is given",
    on="n8n",
    reason="A Wait is called at its own suffix: any other address gets 404, and the Wait runs out.",
    remedy="give $execution.resumeUrl.replace('?', '/<suffix>?') to the one who shall call",
    source=_WAIT + "#on-webhook-call",
)
def unregistered_waits(workflow: Workflow) -> Iterator[Found]:
    """Each Wait whose suffix stands in no expression that uses the resume address."""
    waits = _hook_waits(workflow)
    if not waits:
        return
    texts = [
        text for node in workflow.nodes for _, text in node.texts if "resumeUrl" in text or "resumeFormUrl" in text
    ]
    registered = {suffix for text in texts for suffix in _SUFFIX.findall(text)}
    for node in waits:
        suffix = text_at(node.options, "webhookSuffix")
        if not texts:
            yield Found(node.place, "nobody is given $execution.resumeUrl", node.name)
        elif suffix and not suffix.startswith("=") and suffix not in registered:
            yield Found(node.place, f"no address that is given out ends with /{suffix}", node.name)


@rule(
    "P216",
    "two webhooks with one path",
    on="flows",
    reason="n8n refuses to publish the second one, so one of the flows never runs.",
    remedy="give one of them another path",
    source=_WEBHOOK + "#path",
)
def same_paths(flows: Flows) -> Iterator[Found]:
    """Each webhook after the first with its method and path, in all files together."""
    seen: defaultdict[tuple[Any, str], list[str]] = defaultdict(list)
    for workflow in flows.workflows:
        for node in workflow.of("webhook"):
            path = text_at(node.parameters, "path").strip("/")
            key = (str(node.parameters.get("httpMethod", "GET")), path)
            if path and not path.startswith("="):
                if seen[key]:
                    where = f"{shown(seen[key][0])}"
                    said = f"{key[0]} /{path} is also the path of {where}"
                    yield Found((*node.place, "parameters", "path"), said, node.name, file=workflow.file)
                seen[key].append(f"{node.name} in {workflow.name or workflow.file}")
