"""A Make blueprint from left to right: routes below each other, error handlers where they belong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sidecar.flows.drawing.scene import Box, Note, Scene, Tone, Wire
from sidecar.flows.make import Blueprint

if TYPE_CHECKING:
    from sidecar.flows.documents import Document
    from sidecar.flows.make import Module

_ACROSS, _DOWN = 284.0, 104.0
"""From one module to the next, and from one row to the next."""
_LETTERS: Final = 78
"""Letters of a note on a line, at least."""
_WORDS: Final = {
    "equal": "=", "notequal": "≠", "greater": ">", "less": "<", "greaterorequal": "≥", "lessorequal": "≤",
    "contain": "contains", "notcontain": "does not contain", "startwith": "starts with", "exist": "is there",
    "notexist": "is not there",
}  # fmt: skip
_TONES: Final[dict[str, Tone]] = {
    "builtin:BasicRouter": "choice", "gateway:CustomWebHook": "start", "util:FunctionSleep": "wait",
    "gateway:WebhookRespond": "plain",
}  # fmt: skip


def scene(document: Document) -> Scene:
    """Every module, route, filter and handler of the blueprint."""
    blueprint = Blueprint(document)
    drawn = Scene(blueprint.name)
    rows = _place(drawn, blueprint.main.modules, 0, 0, None)
    drawn.notes += _notes(blueprint, rows * _DOWN)
    return drawn


def _notes(blueprint: Blueprint, top: float) -> list[Note]:
    """What is to be known and filled in, below the modules in two columns: the scenario's note, then the modules'."""
    about: dict[str, list[str]] = {}
    for number, texts in sorted(blueprint.notes.items()):
        for text in texts:
            named = about.setdefault(_plain(text), [])
            if number in blueprint.by_id:
                named.append(blueprint.by_id[number].name)
    heights = [top, top]
    placed = []
    for text, modules in about.items():
        column = heights.index(min(heights))
        height = 56 + 15.0 * (len(text) // _LETTERS + 1)
        x = -24 + column * (2 * _ACROSS + 16)
        placed.append(Note(x, heights[column], 2 * _ACROSS, height, ", ".join(modules) or "What it does", text))
        heights[column] += height + 16
    return placed


def _place(drawn: Scene, modules: list[Module], column: int, row: int, before: Wire | None) -> int:
    """Put a flow on a row and what branches off it below; the next row that is free.

    ``before`` is the wire that leads in: its target is not known yet, so that only its source, label and kind count.
    """
    free = row + 1
    for offset, module in enumerate(modules):
        box = _box(module, (column + offset) * _ACROSS, row * _DOWN)
        drawn.boxes.append(box)
        if before is not None:
            drawn.wires.append(Wire(before.source, box, _filter(module) or before.label, before.kind))
        before = Wire(box, box)
        inner = [flow for flow in module.flows if flow.kind != "onerror"]
        otherwise = module.parameters.get("else")
        for index, flow in enumerate(inner):
            label = "otherwise" if index == otherwise and otherwise is not None else ""
            start = row if index == 0 else free
            free = max(free, _place(drawn, flow.modules, column + offset + 1, start, Wire(box, box, label)))
        handlers = module.handlers
        if handlers and not box.badge:
            free = _place(drawn, handlers, column + offset + 1, free, Wire(box, box, "on error", "error"))
    return free


def _box(module: Module, x: float, y: float) -> Box:
    handlers = module.handlers
    only = len(handlers) == 1 and handlers[0].app == "builtin"
    tone = _TONES.get(module.module, "request" if module.app == "http" else "plain")
    failing = module.flow.kind == "onerror"
    badge = f"on error: {_directive(handlers[0])}" if only else ""
    name = "Router" if module.module == "builtin:BasicRouter" and module.name.startswith("builtin:") else module.name
    return Box(x, y, name, module.module, "error" if failing else tone, badge)


def _directive(module: Module) -> str:
    """``Break, 3 times, 15 min apart``."""
    given = {**module.parameters, **module.mapper}
    if module.kind == "Break" and given.get("retry"):
        return f"Break, {given.get('count')}×, {given.get('interval')} min"
    return module.kind


def _filter(module: Module) -> str:
    """The filter's name, else its first condition."""
    given: Any = module.raw.get("filter")
    name = given.get("name") if isinstance(given, dict) else None
    if isinstance(name, str) and name.strip():
        return name
    for group in module.conditions:
        for one in group:
            operator = str(one.get("o", "")).split(":")
            word = _WORDS.get(operator[1] if len(operator) > 1 else operator[0], operator[-1])
            return " ".join(str(part) for part in (one.get("a", ""), word, one.get("b", "")) if part != "")
    return ""


def _plain(text: str) -> str:
    from sidecar.flows.catalogue import without_tags

    return without_tags(text)
