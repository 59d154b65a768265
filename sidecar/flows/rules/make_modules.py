"""Practice in Make: what a module takes, by the facts in `schemas/make-modules.json`.

They were read off genuine exports of the editor: the names of each module's fields, which are required, their bounds
and their choices. A module or version that is not in there is not judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sidecar.flows.findings import Found, shown
from sidecar.flows.rules import rule
from sidecar.flows.schemas import shipped_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sidecar.flows.make import Blueprint, Module


@rule(
    "P312",
    "a value that the module does not take",
    on="make",
    reason="Make refuses it when the scenario is saved or run: outside of its bounds, or none of its choices.",
    remedy="give it a value within the bounds that the message names",
    source="schemas/make-modules.json, read off genuine exports of Make's editor",
)
def bounds(blueprint: Blueprint) -> Iterator[Found]:
    """Each literal outside of its field's bounds or choices."""
    for module, part, values, field in _known(blueprint):
        said = _wrong(field, values.get(field["name"]))
        if said:
            yield Found((*module.place, part, field["name"]), f"{field['name']} {said}", module.name)


def _known(blueprint: Blueprint) -> Iterator[tuple[Module, str, dict[str, Any], dict[str, Any]]]:
    """Each module with each field that is known of it, and the half of its values in which that stands."""
    facts = shipped_json("make-modules")
    for module in blueprint.modules:
        known = facts.get(f"{module.module}@{module.version:g}", {})
        for part, values in (("parameters", module.parameters), ("mapper", module.mapper)):
            for field in known.get(part, ()):
                yield module, part, values, field


def _wrong(field: dict[str, Any], value: Any) -> str:
    if isinstance(value, list):
        most = field.get("maxItems")
        return f"has {len(value)} members; {most} are taken" if isinstance(most, int) and len(value) > most else ""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)) or value == "" or "{{" in str(value):
        return ""
    choices = field.get("enum")
    if choices and str(value).lower() not in {str(one).lower() for one in choices}:
        return f"is {shown(value)}; it takes {', '.join(map(str, choices))}"
    least, most = field.get("min"), field.get("max")
    text = str(value)
    if text.removeprefix("-").isdecimal() and len(text) < 18:  # noqa: PLR2004 - longer ones are ids
        number = int(text)
        if (least is not None and number < least) or (most is not None and number > most):
            return f"is {number}; it takes {least if least is not None else '…'} to {most if most is not None else '…'}"
    return ""


_ALWAYS: Final = frozenset(
    {"url", "to", "status", "duration", "json", "xml", "pattern", "spreadsheetId", "sheetId", "rowNumber", "datastore"}
    | {"chatId", "base", "table"}
)
"""Required fields that no other field of their modules takes away; most show only with a certain choice of another."""
_WITH: Final = {"jsonStringBodyContent": ("contentType", "json"), "count": ("retry", True), "interval": ("retry", True)}
"""Required fields that show with one choice of another field."""


@rule(
    "P313",
    "a field that the module needs is empty",
    on="make",
    reason="Make does not save the scenario with it, or the module fails at its first run.",
    remedy="fill it in",
    source="schemas/make-modules.json, read off genuine exports of Make's editor",
)
def missing_fields(blueprint: Blueprint) -> Iterator[Found]:
    """Each required field that is there and empty, or that is not there though nothing can have hidden it."""
    for module, part, values, field in _known(blueprint):
        name = field["name"]
        if field.get("required") and not field.get("seen_only") and _is_missing(module, values, name):
            yield Found((*module.place, part, name), f"{module.module} needs {name!r}", module.name)


def _is_missing(module: Module, values: dict[str, Any], name: str) -> bool:
    other, choice = _WITH.get(name, ("", None))
    if other and values.get(other) != choice:
        return False
    if name in values:
        return values[name] in ("", None)
    return name in _ALWAYS and name not in module.parameters and name not in module.mapper
