"""Which nodes and modules send to a person who is not the business's own.

What cannot be known counts as a send: a POST to an address that is only computed when the flow runs may go to Twilio.
A message whose recipient stands in the flow itself, as a literal or in a Settings node, is an alert to the business's
own staff: no lead's number is ever known when a flow is drawn.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from sidecar.flows import vendors
from sidecar.flows.contract import HOLE, operation_path
from sidecar.flows.expressions import iml, javascript
from sidecar.flows.expressions.values import Fields, Text
from sidecar.flows.n8n import BASE, LANGCHAIN
from sidecar.flows.requests import is_known, request_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sidecar.flows.expressions.values import Value
    from sidecar.flows.make import Blueprint, Module
    from sidecar.flows.n8n import Node, Workflow

_CODE: Final = frozenset({"code", "function", "functionItem", "toolCode", "codeTool"})
_COMMANDS: Final = frozenset({"executeCommand", "ssh", "executeCommandTool", "sshTool"})
_POSTING: Final = re.compile(r"\b(?:curl|wget|http|sendmail|mail)\b", re.IGNORECASE)


def n8n_send(workflow: Workflow, node: Node) -> str:
    """What a node would send, in words; empty where it sends nothing to a lead."""
    if node.disabled:
        return ""
    request = request_of(workflow, node)
    if request is not None:
        said = by_http(request.method, request.urls)
        return "" if said and _to_staff(workflow, node, request.body) else said
    if node.short in _CODE:
        return _by_code(node)
    if node.short in _COMMANDS:
        command = str(node.parameters.get("command", ""))
        return "a command that calls out" if _POSTING.search(command) else ""
    kind = node.short.lower().removesuffix("tool")
    if node.type.startswith((BASE, LANGCHAIN)):
        return _by_node(workflow, node, kind)
    found = vendors.WORDS.search(node.type)
    if found is None or kind.endswith("trigger") or _reads(node):
        return ""
    return "" if _known_any(workflow, node, ("to", "toNumber", "phone", "recipient")) else f"a message by {found[0]}"


def _by_node(workflow: Workflow, node: Node, kind: str) -> str:
    if kind in vendors.CHATS:
        name, recipients = vendors.CHATS[kind]
        given = [node.parameters[key] for key in recipients if node.parameters.get(key) not in (None, "", {})]
        computed = any(not is_known(workflow, node, one) for one in given)
        return f"a message by {name} to somebody who is computed" if computed and not _reads(node) else ""
    if kind not in vendors.NODES:
        return ""
    name, recipients = vendors.NODES[kind]
    if _reads(node) or node.parameters.get("resource") in vendors.QUIET_RESOURCES:
        return ""
    return "" if _known_any(workflow, node, recipients) else f"a message by {name}"


def _reads(node: Node) -> bool:
    operation = node.parameters.get("operation", "")
    return isinstance(operation, str) and vendors.READING_WORDS.match(operation) is not None


def _known_any(workflow: Workflow, node: Node, recipients: Iterable[str]) -> bool:
    given = [node.parameters[key] for key in recipients if node.parameters.get(key) not in (None, "")]
    return bool(given) and all(is_known(workflow, node, one) for one in given)


def by_http(method: str, urls: Iterable[str]) -> str:
    """What a request would send. One whose method is computed may send."""
    if method in vendors.READS:
        return ""
    for url in urls:
        vendor = vendors.vendor_of(url)
        if vendor:
            if not vendors.READING.search(url):
                return f"a request to {vendor}'s API"
        elif not operation_path(url) and _host_is_open(url):
            return "a request to an address that is only known when it runs"
    return ""


def _host_is_open(url: str) -> bool:
    host = re.sub(r"^\s*(?:https?:)?//", "", url, flags=re.IGNORECASE)
    return HOLE in re.split(r"[/?#]", host, maxsplit=1)[0]


def _to_staff(workflow: Workflow, node: Node, body: Fields | None) -> bool:
    return body is not None and _recipients_known(body, lambda value: is_known(workflow, node, value))


def _recipients_known(body: Fields, known: Any) -> bool:
    named = [value for name, value in body.fields if name.lower() in vendors.RECIPIENTS]
    return bool(named) and all(known(value) for value in named)


# ---------------------------------------------------------------- code


def _by_code(node: Node) -> str:
    for key in ("jsCode", "functionCode", "pythonCode", "code"):
        code = node.parameters.get(key)
        if isinstance(code, str) and code.strip():
            python = key == "pythonCode" or str(node.parameters.get("language", "")).startswith("python")
            return python_send(code) if python else javascript_send(code)
    return ""


def python_send(code: str) -> str:
    """Whether Python reaches the network."""
    plain = re.sub(r"#[^\n]*", "", code)
    return "code that calls out" if vendors.PYTHON_CALLING.search(plain) else ""


def javascript_send(code: str) -> str:
    """What JavaScript would send: each call by which it reaches the network is looked at."""
    script = javascript.parse(code)
    if script.broken:
        return "code that calls out" if re.search(r"\bfetch\s*\(|axios|httpRequest|twilio", code, re.IGNORECASE) else ""
    for call in script.calls:
        if vendors.CALLING.search(call.name):
            method, url = _asked(call.arguments)
            if method not in vendors.READS and not _is_harmless(url):
                return f"code that calls out (line {call.line}: {call.name[:40]})"
    return ""


def _asked(arguments: tuple[Value, ...]) -> tuple[str, str]:
    """Method and address of ``fetch(url, {method})`` or ``httpRequest({method, url})``."""
    method, url = "", ""
    for one in arguments:
        if isinstance(one, Text) and not url:
            url = "".join(part if isinstance(part, str) else HOLE for part in one.parts)
        elif isinstance(one, Fields):
            for name, value in one.fields:
                text = value.known if isinstance(value, Text) else None
                if name.lower() == "method":
                    method = (text or "?").upper()
                elif name.lower() in {"url", "uri"}:
                    url = (
                        "".join(p if isinstance(p, str) else HOLE for p in value.parts)
                        if isinstance(value, Text)
                        else HOLE
                    )
    only_reads = not method and url and not any(isinstance(one, Fields) for one in arguments)
    return "GET" if only_reads else method, url


def _is_harmless(url: str) -> bool:
    if operation_path(url):
        return True
    return bool(url) and not vendors.vendor_of(url) and not _host_is_open(url)


# ---------------------------------------------------------------- Make


def make_send(blueprint: Blueprint, module: Module) -> str:
    """What a module would send, in words; empty where it sends nothing to a lead."""
    app = module.app.lower()
    if app == "http":
        said = by_http(make_method(module), (make_url(blueprint, module),)) if "url" in module.mapper else ""
        return "" if said and _make_known(blueprint, module, _pairs(module.mapper)) else said
    if "js" in app or app in {"code", "make-code"}:
        return javascript_send("\n".join(str(value) for value in module.mapper.values() if isinstance(value, str)))
    if app in vendors.CHAT_APPS:
        keys = {"channel", "channelid", "chatid", "user", "userid"}
        given = [(key, value) for key, value in module.mapper.items() if key.lower() in keys and value]
        computed = any(not _literal(blueprint, value) for _, value in given) and not vendors.READING_WORDS.match(
            module.kind
        )
        return f"a message by {module.app} to somebody who is computed" if computed else ""
    if app not in vendors.MAIL_APPS and vendors.WORDS.search(app) is None:
        return ""
    if "apicall" in module.kind.lower():
        return "" if make_method(module) in vendors.READS else f"a request to {module.app}'s API"
    if vendors.READING_WORDS.match(module.kind) or "draft" in module.kind.lower():
        return ""
    return "" if _make_known(blueprint, module, module.mapper.items()) else f"a message by {module.app}"


def make_method(module: Module) -> str:
    """In capitals; empty where it is computed."""
    method = module.mapper.get("method", "get")
    return method.upper() if isinstance(method, str) and "{{" not in method else ""


def make_url(blueprint: Blueprint, module: Module) -> str:
    """The address that a module asks, with constants of “Set variable” put in."""
    return _spelled(blueprint, module.mapper.get("url"))


def _spelled(blueprint: Blueprint, text: Any) -> str:
    if not isinstance(text, str):
        return HOLE
    parts = []
    for part in iml.read(text).parts:
        if isinstance(part, str):
            parts.append(part)
        else:
            known = _variable(blueprint, part.reference) if part.reference is not None else None
            parts.append(HOLE if known is None else known)
    return "".join(parts)


def _variable(blueprint: Blueprint, reference: iml.Reference) -> str | None:
    """The literal that “Set variable” gives the name; None where it gives none.

    An empty one is a setting that is still to be filled in; whatever is filled in will be looked at then.
    """
    module = blueprint.by_id.get(reference.module)
    if module is None or len(reference.path) != 1 or not module.kind.startswith(("SetVariable", "Variable")):
        return None
    listed = module.mapper.get("variables")
    for one in listed if isinstance(listed, list) else [module.mapper]:
        if isinstance(one, dict) and one.get("name") == reference.path[0] and isinstance(one.get("value"), str):
            value: str = one["value"]
            return None if "{{" in value else value
    return None


def _pairs(mapper: dict[str, Any]) -> list[tuple[str, Any]]:
    """The fields of a form, or those of a body of JSON."""
    for key in ("qs", "formDataFields", "formData", "urlEncodedBodyContent", "bodyFields"):
        listed = mapper.get(key)
        if key != "qs" and isinstance(listed, list):
            return [
                (str(one.get("name", one.get("key", ""))), one.get("value")) for one in listed if isinstance(one, dict)
            ]
    text = mapper.get("jsonStringBodyContent", mapper.get("data"))
    if isinstance(text, str):
        return re.findall(r'"(\w+)"\s*:\s*"([^"]*)"', text)
    return []


def _make_known(blueprint: Blueprint, module: Module, pairs: Iterable[tuple[str, Any]]) -> bool:
    del module
    named = [value for name, value in pairs if name.lower() in vendors.RECIPIENTS and value]
    return bool(named) and all(_literal(blueprint, value) for value in named)


def _literal(blueprint: Blueprint, value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(_literal(blueprint, one) for one in value)
    if isinstance(value, dict):
        return any(_literal(blueprint, one) for one in value.values())
    text = _spelled(blueprint, value)
    return bool(text.strip()) and HOLE not in text
