"""What a module of Make asks of the network: method, address, body, as far as they are known before it runs."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from sidecar.flows.contract import HOLE
from sidecar.flows.expressions import iml
from sidecar.flows.expressions.values import Fields, Text, Unknown
from sidecar.flows.requests import Request

if TYPE_CHECKING:
    from sidecar.flows.make import Blueprint, Module

_FORMS: Final = ("formFields", "formDataFields", "urlEncodedBodyContent", "multipartBodyContent", "fields")
"""Where the versions of the HTTP modules keep the fields of a form."""
_NAMED_FORMS: Final = ("x_www_form_urlencoded", "multipart_form_data", "urlEncoded", "multipart")
_TEXTS: Final = ("jsonStringBodyContent", "data", "body")
_VALUE: Final = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_OPEN, _CLOSE = "\ue000", "\ue001"
_HOLE: Final = re.compile(f"{_OPEN}(\\d{{1,9}}){_CLOSE}")


def request_of(blueprint: Blueprint, module: Module) -> Request | None:
    """What an HTTP module asks; None for other modules."""
    if module.app != "http" or "url" not in module.mapper:
        return None
    method = module.mapper.get("method", "get")
    method = method.upper() if isinstance(method, str) and "{{" not in method else ""
    form = any(module.mapper.get(key) in _NAMED_FORMS for key in ("bodyType", "contentType"))
    url = module.mapper["url"]
    return Request(method, (spelled(blueprint, url),), body_of(blueprint, module), form, str(url))


def stops_at_errors(module: Module) -> bool:
    """Whether a refusal (409) is an error: `handleErrors` in version 3, `stopOnHttpError` in version 4."""
    return module.parameters.get("handleErrors") is True or module.mapper.get("stopOnHttpError") is True


def body_of(blueprint: Blueprint, module: Module) -> Fields | None:
    """The fields of a form, or those of a body of JSON; None where nothing is known of them."""
    for key in _FORMS:
        listed = module.mapper.get(key)
        if isinstance(listed, list) and listed:
            pairs = [(one.get("name") or one.get("key"), one.get("value")) for one in listed if isinstance(one, dict)]
            return Fields(tuple((str(name), _text(blueprint, value)) for name, value in pairs if name))
    text = next((module.mapper[key] for key in _TEXTS if isinstance(module.mapper.get(key), str)), None)
    return _json_fields(blueprint, text) if text else None


def _json_fields(blueprint: Blueprint, text: str) -> Fields | None:
    """JSON with expressions in it, within quotes or as whole values."""
    holes: list[str] = []
    parts: list[str] = []
    quotes = at = 0
    for found in _VALUE.finditer(text):
        between = text[at : found.start()]
        quotes += between.count('"')
        parts += (between, f"{_OPEN}{len(holes)}{_CLOSE}" if quotes % 2 else f'"{_OPEN}{len(holes)}{_CLOSE}"')
        holes.append(found[0])
        at = found.end()
    try:
        value = json.loads("".join((*parts, text[at:])), strict=False)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None

    def filled(member: Any) -> Any:
        return _HOLE.sub(lambda found: holes[int(found[1])], member) if isinstance(member, str) else member

    return Fields(tuple((filled(name), _text(blueprint, filled(member))) for name, member in value.items()))


def _text(blueprint: Blueprint, value: Any) -> Text | Unknown:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Text((str(value),))
    text = spelled(blueprint, value)
    return Unknown() if HOLE in text else Text((text,))


def spelled(blueprint: Blueprint, text: Any) -> str:
    """A text with constants of “Set variable” put in; holes where a part is only known later."""
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
