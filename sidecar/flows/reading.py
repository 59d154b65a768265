"""From bytes to JSON, with a line and a column for whatever is wrong with it.

The platforms read with JavaScript's ``JSON.parse``: no comments, no trailing commas, no ``NaN``; of two equal keys
the last one counts. Python's parser is more lenient in places, so these are refused here.
"""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass
from typing import Any, Final, NoReturn

LARGEST: Final = 256 * 1024 * 1024
"""Bytes. A workflow of 10,000 nodes has about ten million."""

_BOMS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_STRUCTURE: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


class UnreadableError(Exception):
    """The file cannot be read as JSON; says where, and what to do."""

    def __init__(self, message: str, remedy: str, offset: int = 0, text: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.line, self.column = line_and_column(text, offset)


@dataclass(frozen=True, slots=True)
class Text:
    """A file's text, and how it was encoded."""

    text: str
    encoding: str
    marked: bool
    """It began with a byte order mark."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A JSON value, and the objects in it that had a key twice (with those keys)."""

    value: Any
    doubled: tuple[tuple[dict[str, Any], tuple[str, ...]], ...] = ()


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Both count from 1, as editors do."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def decode(data: bytes) -> Text:
    """The text of a file: UTF-8, or UTF-16 and UTF-32 with or without their mark.

    Raises:
        UnreadableError: The file is empty, too large, or in no encoding that JSON may have (RFC 8259, section 8.1).
    """
    if len(data) > LARGEST:
        raise UnreadableError(
            f"the file has {len(data):,} bytes; {LARGEST:,} are read at most",
            "export the flow again without pinned data",
        )
    encoding, marked = "utf-8", False
    for mark, name in _BOMS:
        if data.startswith(mark):
            encoding, marked, data = name, True, data[len(mark) :]
            break
    else:
        encoding = _unmarked(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        good = data[: error.start].decode(encoding, "replace")
        raise UnreadableError(
            f"byte 0x{data[error.start]:02x} is not {encoding.upper()}", "save the file as UTF-8", len(good), good
        ) from error
    if not text.strip():
        raise UnreadableError("the file is empty", "export the flow again")
    return Text(text, encoding, marked)


def _unmarked(data: bytes) -> str:
    """JSON begins with an ASCII character, so that zeros tell the wide encodings."""
    zeros = tuple(byte == 0 for byte in data[:4])
    if len(zeros) == 4:  # noqa: PLR2004 - the widest encoding has four bytes
        if zeros == (True, True, True, False):
            return "utf-32-be"
        if zeros == (False, True, True, True):
            return "utf-32-le"
    if zeros[:2] == (True, False):
        return "utf-16-be"
    if zeros[:2] == (False, True):
        return "utf-16-le"
    return "utf-8"


def parse(text: str) -> Parsed:
    """The JSON value of a text.

    Raises:
        UnreadableError: It is not JSON, or nested more deeply than can be followed.
    """
    doubled: list[tuple[dict[str, Any], tuple[str, ...]]] = []

    def pairs_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) != len(pairs):
            seen: set[str] = set()
            twice = tuple(dict.fromkeys(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]
            doubled.append((value, twice))
        return value

    def constant(name: str) -> NoReturn:
        raise UnreadableError(f"{name} is no JSON value", "write a number or null", text.find(name), text)

    try:
        try:
            value = json.loads(text, object_pairs_hook=pairs_of, parse_constant=constant)
        except json.JSONDecodeError:
            raise
        except ValueError:  # a number of thousands of digits: JavaScript reads it as a float, and so do we
            doubled.clear()
            value = json.loads(text, object_pairs_hook=pairs_of, parse_constant=constant, parse_int=float)
    except json.JSONDecodeError as error:
        said = error.msg[:1].lower() + error.msg[1:]
        raise UnreadableError(f"this is not JSON: {said}", _remedy(text, error.pos), error.pos, text) from error
    except RecursionError as error:
        depth, offset = _deepest(text)
        raise UnreadableError(
            f"values are nested {depth:,} levels deep, more than can be followed",
            "no editor writes such a file: export the flow again",
            offset,
            text,
        ) from error
    return Parsed(value, tuple(doubled))


def _remedy(text: str, offset: int) -> str:
    before = text[:offset].rstrip()
    if text[offset : offset + 1] in {"}", "]"} or before.endswith(","):
        return "take the comma before it away"
    if text[offset : offset + 2] in {"//", "/*"}:
        return "JSON has no comments: take it away"
    if text[offset : offset + 1] == "'":
        return 'JSON quotes with "'
    if offset >= len(text.rstrip()):
        return "the end is missing: export the flow again"
    return "export the flow again, or mend it in an editor that checks JSON"


def _deepest(text: str) -> tuple[int, int]:
    """How deep the text is nested, and where it is deepest; in one pass, without recursion."""
    depth = most = place = 0
    for found in _STRUCTURE.finditer(text):
        sign = found[0]
        if sign in "[{":
            depth += 1
            if depth > most:
                most, place = depth, found.start()
        elif sign in "]}":
            depth -= 1
    return most, place
