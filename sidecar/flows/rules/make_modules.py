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

    from sidecar.flows.make import Blueprint


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
    facts = shipped_json("make-modules")
    for module in blueprint.modules:
        known = facts.get(f"{module.module}@{module.version:g}", {})
        for part, values in (("parameters", module.parameters), ("mapper", module.mapper)):
            for field in known.get(part, ()):
                said = _wrong(field, values.get(field["name"]))
                if said:
                    yield Found((*module.place, part, field["name"]), f"{field['name']} {said}", module.name)


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
    facts = shipped_json("make-modules")
    for module in blueprint.modules:
        known = facts.get(f"{module.module}@{module.version:g}", {})
        for part, values in (("parameters", module.parameters), ("mapper", module.mapper)):
            for field in known.get(part, ()):
                name = field["name"]
                elsewhere = name in module.parameters or name in module.mapper
                if (
                    field.get("required")
                    and not field.get("seen_only")
                    and _is_missing(name, values, elsewhere=elsewhere)
                ):
                    yield Found((*module.place, part, name), f"{module.module} needs {name!r}", module.name)


def _is_missing(name: str, values: dict[str, Any], *, elsewhere: bool) -> bool:
    other, choice = _WITH.get(name, ("", None))
    if other and values.get(other) != choice:
        return False
    return values.get(name) in ("", None) and (name in values or (name in _ALWAYS and not elsewhere))
