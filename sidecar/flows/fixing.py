"""``--fix``: what is safe is changed in the file's own text, so that everything else stays as it was written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sidecar.flows import positions
from sidecar.flows.reading import UnreadableError, decode, parse
from sidecar.flows.strings import at

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sidecar.flows.findings import Edit


def fixed(text: str, edits: Iterable[Edit]) -> tuple[str, int]:
    """The text with its edits, and how many could be made. One whose place is not there is left out."""
    made = 0
    for edit in {edit.place: edit for edit in edits}.values():
        changed = _changed(text, edit)
        if changed is not None and _reads(changed):
            text, made = changed, made + 1
    return text, made


def mend(path: Path, edits: Iterable[Edit]) -> int:
    """Change a file; how many of the edits could be made. Its encoding stays, and so does its mark."""
    data = path.read_bytes()
    read = decode(data)
    text, made = fixed(read.text, edits)
    if made:
        mark = "\ufeff" if read.marked else ""
        path.write_bytes((mark + text).encode(read.encoding))
    return made


def _reads(text: str) -> bool:
    try:
        parse(text)
    except UnreadableError:
        return False
    return True


def _changed(text: str, edit: Edit) -> str | None:
    value = parse(text).value
    parent, key = at(value, *edit.place[:-1]), edit.place[-1]
    if not isinstance(parent, dict) or not isinstance(key, str):
        return None
    if key in parent:
        start = positions.locate(text, [edit.place])[edit.place]
        value_at, end = positions.member(text, start)
        if edit.remove:
            return _without(text, start, end)
        return text[:value_at] + json.dumps(edit.value) + text[end:]
    if edit.remove:
        return None
    opening = positions.opening(text, edit.place[:-1])
    return text[: opening + 1] + _first(parent, key, edit.value) + text[opening + 1 :]


def _first(parent: dict[str, Any], key: str, value: Any) -> str:
    return f"{json.dumps(key)}: {json.dumps(value)}" + (", " if parent else "")


def _without(text: str, start: int, end: int) -> str:
    """Take a member away, with the comma behind it or, for the last one, the comma in front."""
    after = positions.skip(text, end)
    if text[after : after + 1] == ",":
        return text[:start] + text[positions.skip(text, after + 1) :]
    before = text[:start].rstrip()
    return (before[:-1].rstrip() if before.endswith(",") else before) + text[end:]
