"""What ships as JSON, and what a schema says about a flow, in sentences (loaded only for one that breaks it)."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sidecar.flows.findings import shown
from sidecar.shipped import shipped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

    from sidecar.flows.findings import Place

_MOST: Final = 50
"""Sentences for one flow: a file that is wrong throughout needs no thousand of them."""

_KINDS: Final = {
    "object": "an object",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}


@cache
def shipped_json(name: str) -> dict[str, Any]:
    """``schemas/<name>.json``, read once."""
    found: dict[str, Any] = json.loads((shipped("schemas") / f"{name}.json").read_text(encoding="utf-8"))
    return found


@cache
def validator(name: str) -> Validator:
    """The validator of ``schemas/<name>.schema.json`` (draft 2020-12)."""
    from jsonschema import Draft202012Validator

    return Draft202012Validator(shipped_json(f"{name}.schema"))


def violations(name: str, value: Any) -> Iterator[tuple[Place, str]]:
    """Where a flow breaks its schema, and how."""
    try:
        for count, error in enumerate(validator(name).iter_errors(value)):
            if count == _MOST:
                return
            yield tuple(error.absolute_path), _said(error)
    except RecursionError:
        yield (), "routes are nested more deeply than can be followed"


def _said(error: ValidationError) -> str:
    where = next((str(key) for key in reversed(error.absolute_path) if isinstance(key, str)), "it")
    if error.absolute_path and isinstance(error.absolute_path[-1], int):
        where = f"{where}[{error.absolute_path[-1]}]"
    kind, wanted = error.validator, error.validator_value
    if kind == "required" and isinstance(wanted, list):
        missing = [key for key in wanted if isinstance(error.instance, dict) and key not in error.instance]
        return f"{', '.join(map(shown, missing))} is missing"
    if kind == "type":
        listed = wanted if isinstance(wanted, list) else [wanted]
        kinds = " or ".join(_KINDS.get(str(one), str(one)) for one in listed)
        return f"{shown(where)} must be {kinds}, but is {shown(error.instance)}"
    if kind == "minLength":
        return f"{shown(where)} is empty"
    if kind in {"minItems", "maxItems"} and where == "position":
        return f"'position' must be two numbers, x and y, but is {shown(error.instance)}"
    if kind == "minimum":
        return f"{shown(where)} must not be below {wanted}, but is {shown(error.instance)}"
    return f"{shown(where)}: {shown(error.message, 120)}"
