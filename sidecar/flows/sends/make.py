"""What a module of Make sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sidecar.flows import vendors
from sidecar.flows.contract import HOLE
from sidecar.flows.expressions.values import Text
from sidecar.flows.make_requests import request_of, spelled
from sidecar.flows.sends.code import javascript_send, python_send
from sidecar.flows.sends.http import by_http, to_staff, twiml
from sidecar.flows.strings import strings, text_at

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sidecar.flows.make import Blueprint, Module

_CODE: Final = frozenset({"code", "make-code", "custom-js", "customjs", "0codekit", "ocodekit"})
_ROOMS: Final = frozenset({"channel", "channelid", "chatid", "user", "userid"})
_ADDRESSES: Final = frozenset({"address", "email", "emailaddress", "phone", "number", "value"})


def make_send(blueprint: Blueprint, module: Module) -> str:
    """What a module would send, in words; empty where it sends nothing to a lead."""
    app, kind = module.app.lower(), module.kind
    request = request_of(blueprint, module)
    if request is not None:
        said = by_http(request.method, request.urls, lambda url: bool(request.path(url)))
        return "" if said and to_staff(request.body, lambda value: isinstance(value, Text)) else said
    if app in _CODE:
        return _by_code(module)
    if module.module == "gateway:WebhookRespond":
        return twiml(text_at(module.mapper, "body"))
    if app in vendors.CHAT_APPS:
        given = [value for key, value in module.mapper.items() if key.lower() in _ROOMS and value]
        computed = any(not _literal(blueprint, value) for value in given) and not vendors.READING_WORDS.match(kind)
        return f"a message by {module.app} to somebody who is computed" if computed else ""
    if app not in vendors.MAIL_APPS and vendors.WORDS.search(app) is None:
        return f"a message by {module.app}" if _sends_to_somebody(blueprint, module) else ""
    if "apicall" in kind.lower():
        return "" if text_at(module.mapper, "method").upper() in vendors.READS else f"a request to {module.app}'s API"
    if vendors.READING_WORDS.match(kind) or ("draft" in kind.lower() and not kind.lower().startswith("send")):
        return ""
    return "" if _known(blueprint, module.mapper.items()) else f"a message by {module.app}"


def _sends_to_somebody(blueprint: Blueprint, module: Module) -> bool:
    """By the words of an app of which nothing is known: it sends, and to somebody who is computed."""
    named = [value for name, value in module.mapper.items() if value and vendors.RECIPIENT.fullmatch(name)]
    return vendors.SENDING_WORDS.match(module.kind) is not None and not all(_literal(blueprint, one) for one in named)


def _by_code(module: Module) -> str:
    python = text_at(module.mapper, "language").lower().startswith("python")
    for _, text in strings(module.mapper):
        said = python_send(text) if python else javascript_send(text)
        if said:
            return said
    return ""


def _known(blueprint: Blueprint, fields: Iterable[tuple[str, Any]]) -> bool:
    named = [
        value for name, value in fields if value and (vendors.RECIPIENT.fullmatch(name) or vendors.COPY.match(name))
    ]
    return bool(named) and all(_literal(blueprint, value) for value in named)


def _literal(blueprint: Blueprint, value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(_literal(blueprint, one) for one in value)
    if isinstance(value, dict):
        addresses = [one for key, one in value.items() if key.lower() in _ADDRESSES] or list(value.values())
        return bool(addresses) and all(_literal(blueprint, one) for one in addresses)
    text = spelled(blueprint, value)
    return bool(text.strip()) and HOLE not in text
