"""Code that reaches the network: JavaScript by its syntax tree, Python and shells by their words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sidecar.flows import vendors
from sidecar.flows.contract import HOLE, is_named, operation_path
from sidecar.flows.expressions import javascript
from sidecar.flows.expressions.values import Constant, Fields, Text
from sidecar.flows.sends.http import by_http

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sidecar.flows.expressions.javascript import Call
    from sidecar.flows.expressions.values import Value


def python_send(code: str) -> str:
    """Whether Python reaches the network."""
    plain = re.sub(r"#[^\n]*", "", code)
    return "code that calls out" if vendors.PYTHON_CALLING.search(plain) else ""


def shell_send(command: str) -> str:
    """Whether a command reaches the network, or may: one that is put together when it runs can be any."""
    if command.startswith("=") and command.lstrip("= \n").startswith("{{"):
        return "a command that is only known when it runs"
    plain = re.sub(r"\{\{.*?\}\}", " ", command, flags=re.DOTALL)
    return "a command that calls out" if vendors.SHELL_CALLING.search(plain) else ""


def javascript_send(code: str) -> str:
    """What JavaScript would send: each call by which it reaches the network is looked at."""
    script = javascript.parse(code)
    if script.broken:
        return "code that calls out" if vendors.CALLING_WORDS.search(code) else ""
    for call in script.calls:
        if vendors.EVALUATING.match(call.name):
            return f"code that is put together when it runs (line {call.line}: {call.name[:40]})"
        loaded = call.arguments[0] if call.name in {"require", "import"} and call.arguments else None
        if isinstance(loaded, Text) and vendors.MODULES.match(loaded.known or "?"):
            return f"code that calls out (line {call.line}: {call.name} {loaded.known})"
        if vendors.CALLING.search(call.name) and _sends(call, code):
            return f"code that calls out (line {call.line}: {call.name[:40]})"
    called = {re.split(r"[.\[(]", call.name, maxsplit=1)[0] for call in script.calls}
    hidden = sorted(script.names & vendors.HIDDEN - called)
    return f"code that may call out (it keeps {hidden[0]} under another name)" if hidden else ""


def _sends(call: Call, code: str) -> bool:
    method, url = _asked(call.arguments)
    if not url:
        return method not in vendors.READS
    return bool(by_http(method, (url,), lambda one: bool(operation_path(one)) and is_named(one, one, code)))


def _asked(arguments: Iterable[Value]) -> tuple[str, str]:
    """Method and address of ``fetch(url, {method})`` or ``httpRequest({method, url})``."""
    method, url, alone = "", "", True
    for one in arguments:
        if isinstance(one, Fields):
            alone = False
            for name, value in one.fields:
                if name.lower() == "method":
                    method = ((value.known if isinstance(value, Text) else None) or "?").upper()
                elif name.lower() in {"url", "uri", "baseurl", "hostname", "host"}:
                    url = _spelled(value)
        elif isinstance(one, Text) and not url and _is_address(one):
            url = _spelled(one)
        elif not isinstance(one, (Text, Constant)):
            alone = False
    return ("GET" if alone and url and not method else method), url


def _is_address(text: Text) -> bool:
    """The first argument of `httpRequestWithAuthentication` is a credential's name."""
    return not text.parts or not isinstance(text.parts[0], str) or bool(re.match(r"\s*(?:https?:)?/", text.parts[0]))


def _spelled(value: Value) -> str:
    return "".join(one if isinstance(one, str) else HOLE for one in value.parts) if isinstance(value, Text) else HOLE
