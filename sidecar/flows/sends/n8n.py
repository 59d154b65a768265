"""What a node of n8n sends."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sidecar.flows import vendors
from sidecar.flows.n8n import BASE, LANGCHAIN
from sidecar.flows.requests import is_known, request_of
from sidecar.flows.sends.code import javascript_send, python_send, shell_send
from sidecar.flows.sends.http import by_http, to_staff, twiml
from sidecar.flows.strings import text_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sidecar.flows.n8n import Node, Workflow

CODE = frozenset({"code", "function", "functionItem", "toolCode", "codeTool", "aiTransform"})
_COMMANDS = frozenset({"executeCommand", "ssh", "executeCommandTool", "sshTool"})
_ANSWERS = frozenset({"respondToWebhook", "webhook"})


def n8n_send(workflow: Workflow, node: Node) -> str:
    """What a node would send, in words; empty where it sends nothing to a lead."""
    if node.disabled:
        return ""
    request = request_of(workflow, node)
    if request is not None:
        credential = vendors.WORDS.search(text_at(node.parameters, "nodeCredentialType"))
        said = by_http(request.method, request.urls, lambda url: bool(request.path(url)))
        if not said and credential is not None and request.method not in vendors.READS:
            said = f"a request with a credential for {credential[0]}"
        return "" if said and to_staff(request.body, lambda value: is_known(workflow, node, value)) else said
    if node.short in CODE:
        return _by_code(node)
    if node.short in _COMMANDS:
        return shell_send(text_at(node.parameters, "command"))
    if node.short in _ANSWERS:
        return next((said for _, text in node.texts if (said := twiml(text))), "")
    kind = node.short.lower().removesuffix("tool").removesuffix("hitl")
    own = node.type.startswith((BASE, LANGCHAIN))
    return _by_node(workflow, node, kind) if own else _by_others(workflow, node, kind)


def _by_others(workflow: Workflow, node: Node, kind: str) -> str:
    """A node that is not n8n's: its name tells."""
    if "mcp" in node.type.lower() and not kind.endswith("trigger"):
        return _by_mcp(node)
    found = vendors.WORDS.search(node.type)
    if found is None:
        return _by_words(workflow, node)
    if kind.endswith("trigger") or _reads(node):
        return ""
    known = _known_any(workflow, node, ("to", "toNumber", "phone", "recipient"))
    return "" if known else f"a message by {found[0]}"


def _by_node(workflow: Workflow, node: Node, kind: str) -> str:
    if kind in vendors.CHATS:
        name, recipients = vendors.CHATS[kind]
        given = [node.parameters[key] for key in recipients if node.parameters.get(key) not in (None, "", {})]
        computed = any(not is_known(workflow, node, one) for one in given)
        return f"a message by {name} to somebody who is computed" if computed and not _reads(node) else ""
    if kind == "facebookgraphapi":
        edge = f"{text_at(node.parameters, 'node')}/{text_at(node.parameters, 'edge')}"
        reads = text_at(node.parameters, "httpRequestMethod") in {"", "GET"}
        return "a message by Meta's Graph API" if not reads and re.search(r"messages|=", edge) else ""
    if "mcp" in kind and not kind.endswith("trigger"):
        return _by_mcp(node)
    if kind not in vendors.NODES:
        return _by_words(workflow, node)
    name, recipients = vendors.NODES[kind]
    if _reads(node):
        return ""
    if text_at(node.parameters, "resource") in vendors.QUIET_RESOURCES and node.parameters.get("operation") != "send":
        return ""
    replies = text_at(node.parameters, "operation").startswith("reply")  # to whoever wrote
    return "" if not replies and _known_any(workflow, node, recipients) else f"a message by {name}"


def _by_words(workflow: Workflow, node: Node) -> str:
    """A node of which nothing is known: it says that it sends, and to somebody who is computed."""
    if vendors.SENDING_WORDS.match(text_at(node.parameters, "operation")) is None:
        return ""
    named = [value for name, value in node.parameters.items() if value and vendors.RECIPIENT.fullmatch(name)]
    return "" if all(is_known(workflow, node, one) for one in named) else f"a message by {node.short}"


def _by_mcp(node: Node) -> str:
    """Tools of a server elsewhere: what they are called is all that is known of them."""
    asked = " ".join(text for _, text in node.texts)
    found = vendors.WORDS.search(asked) or vendors.MAILING.search(asked)
    return f"a tool of an MCP server ({found[0]})" if found is not None else ""


def _reads(node: Node) -> bool:
    operation = node.parameters.get("operation", "")
    return isinstance(operation, str) and vendors.READING_WORDS.match(operation) is not None


def _known_any(workflow: Workflow, node: Node, recipients: Iterable[str]) -> bool:
    given = [node.parameters[key] for key in recipients if node.parameters.get(key) not in (None, "")]
    return bool(given) and all(is_known(workflow, node, one) for one in (*given, *_copies(node)))


def _copies(node: Node) -> Iterator[Any]:
    """Who else gets it: a copy to the lead is a message to the lead."""
    for place in (node.parameters, node.options, node.parameters.get("additionalFields")):
        for key, value in place.items() if isinstance(place, dict) else ():
            if vendors.COPY.match(key) and value not in (None, "", []):
                yield value


def code_of(node: Node) -> Iterator[str]:
    """The code of a node that runs some."""
    for key in ("jsCode", "functionCode", "pythonCode", "code"):
        code = node.parameters.get(key)
        if isinstance(code, str) and code.strip():
            yield code


def _by_code(node: Node) -> str:
    python = "pythonCode" in node.parameters or text_at(node.parameters, "language").startswith("python")
    for code in code_of(node):
        said = python_send(code) if python else javascript_send(code)
        if said:
            return said
    return ""
