"""Where values stand in a text. Only findings need to know, so nothing is recorded while a file is parsed.

A value that is not asked for is stepped over by the standard library's own scanner (C): the cost of all the places
of a file together is about one more parse for each level of nesting.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sidecar.flows.findings import Place

_BLANK: Final = re.compile(r"[ \t\n\r]*")
_scan: Final[Callable[[str, int], tuple[Any, int]]] = json.JSONDecoder(strict=False, parse_int=float).scan_once  # type: ignore[attr-defined]
Trie = dict[Any, Any]


class Lines:
    """Lines and columns of a text, both counted from 1 as editors do."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def of(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


def locate(text: str, places: Iterable[Place]) -> dict[Place, int]:
    """The offset of each value; of a member of an object, that of its key.

    A place that is not there gets the offset of the nearest value above it: every finding has a line.
    """
    wanted = set(places)
    trie: Trie = {}
    for place in wanted:
        branch = trie
        for key in place:
            branch = branch.setdefault(key, {})
    start = skip(text, 0)
    found: dict[Place, int] = {(): start}
    pending: list[tuple[Place, int, Trie]] = [((), start, trie)]
    while pending:
        place, offset, branch = pending.pop()
        if branch:
            members = _members(text, offset, branch)
            for key, at, value_at in members:
                found[*place, key] = at
                pending.append(((*place, key), value_at, branch[key]))
    return {place: _nearest(found, place) for place in wanted}


def _nearest(found: dict[Place, int], place: Place) -> int:
    while place not in found:
        place = place[:-1]
    return found[place]


def _members(text: str, offset: int, branch: Trie) -> list[tuple[str | int, int, int]]:
    """Key, offset of the key and offset of the value, for each wanted member of the container at ``offset``."""
    sign = text[offset : offset + 1]
    if sign == "{":
        return _of_object(text, offset + 1, branch)
    if sign == "[":
        return _of_array(text, offset + 1, branch)
    return []


def _of_object(text: str, offset: int, branch: Trie) -> list[tuple[str | int, int, int]]:
    found: dict[str | int, tuple[str | int, int, int]] = {}
    at = skip(text, offset)
    while text[at : at + 1] == '"':
        key, end = scanstring(text, at + 1, False)
        value_at = skip(text, skip(text, end) + 1)
        if key in branch:
            found[key] = (key, at, value_at)  # of two equal keys the last one counts
        _, end = _scan(text, value_at)
        at = skip(text, end)
        if text[at : at + 1] != ",":
            break
        at = skip(text, at + 1)
    return list(found.values())


def _of_array(text: str, offset: int, branch: Trie) -> list[tuple[str | int, int, int]]:
    found: list[tuple[str | int, int, int]] = []
    at = skip(text, offset)
    index, last = 0, max((key for key in branch if isinstance(key, int)), default=-1)
    while index <= last and text[at : at + 1] != "]":
        if index in branch:
            found.append((index, at, at))
        _, end = _scan(text, at)
        at = skip(text, end)
        if text[at : at + 1] != ",":
            break
        at = skip(text, at + 1)
        index += 1
    return found


def member(text: str, offset: int) -> tuple[int, int]:
    """Beginning and end of the value of the member whose key is at ``offset``."""
    _, end = scanstring(text, offset + 1, False)
    value_at = skip(text, skip(text, end) + 1)
    _, end = _scan(text, value_at)
    return value_at, end


def opening(text: str, place: Place) -> int:
    """The offset of the brace that opens the object at a place."""
    offset = locate(text, [place])[place]
    return member(text, offset)[0] if text[offset : offset + 1] == '"' else offset


def skip(text: str, offset: int) -> int:
    """The next offset that holds no white space."""
    blank = _BLANK.match(text, offset)
    return blank.end() if blank else offset
