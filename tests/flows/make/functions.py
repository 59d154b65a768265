"""Functions of Make's expressions, as far as our blueprints may use them.

https://help.make.com/general-functions, /string-functions, /array-functions, /date-and-time-functions.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from tests.flows.make.values import BundleError, NotKnown, equal, is_empty, is_true, number_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

_LITERAL: Final = re.compile(r"/(.*)/([gim]*)", re.DOTALL)
_DATE_TOKENS: Final = {"YYYY": "%Y", "MM": "%m", "DD": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
_DATE_PIECE: Final = re.compile(rf"{'|'.join(_DATE_TOKENS)}|T|Z|\[[^\]]*\]|[A-Za-z]+|[^A-Za-z\[]+")


def switch(value: Any, *rest: Any) -> Any:
    """The result beside the first equal value; else the odd one out at the end."""
    pairs = zip(rest[::2], rest[1::2], strict=False)
    for candidate, result in pairs:
        if equal(value, candidate):
            return result
    return rest[-1] if len(rest) % 2 else None


def get(value: Any, path: Any) -> Any:
    """By a path with dots; arrays count from 1."""
    for key in text_of(path).split("."):
        if isinstance(value, list) and key.isdecimal():
            value = value[int(key) - 1] if 0 < int(key) <= len(value) else None
        else:
            value = value.get(key) if isinstance(value, dict) else None
    return value


def length(value: Any) -> int:
    """Of a text or an array."""
    return len(value) if isinstance(value, list) else len(text_of(value))


def replace(text: Any, old: Any, new: Any) -> str:
    """Every occurrence of a text, or what ``/pattern/flags`` matches: the first, all with ``g``."""
    found = _LITERAL.fullmatch(text_of(old))
    if found is None:
        return text_of(text).replace(text_of(old), text_of(new))
    flags = sum({"i": re.IGNORECASE, "m": re.MULTILINE}.get(flag, 0) for flag in found[2])
    template = re.sub(r"\$(\d{1,2}|&)", lambda it: r"\g<0>" if it[1] == "&" else rf"\g<{it[1]}>", text_of(new))
    return re.sub(found[1], template, text_of(text), count=0 if "g" in found[2] else 1, flags=flags)


def contains(value: Any, what: Any) -> bool:
    """Whether a text holds a text, or an array a value."""
    return any(equal(one, what) for one in value) if isinstance(value, list) else text_of(what) in text_of(value)


def substring(text: Any, start: Any, end: Any) -> str:
    """From start to before end; counted from 0, unlike arrays."""
    return text_of(text)[int(number_of(start) or 0) : int(number_of(end) or 0)]


def join(values: Any, separator: Any) -> str:
    """An array as one text."""
    return text_of(separator).join(text_of(value) for value in values)


def parse_number(text: Any, separator: Any = ".") -> float:
    """A text as a number."""
    number = number_of(text_of(text).replace(text_of(separator), "."))
    if number is None:
        raise BundleError("RuntimeError", f"Failed to parse {text_of(text)!r} as a number")
    return number


def format_date(value: Any, form: Any, zone: Any = "UTC") -> str:
    """By the tokens YYYY MM DD HH mm ss; X (seconds) and x (milliseconds) alone."""
    if not isinstance(value, datetime):
        value = datetime.fromisoformat(text_of(value))
    if form in {"X", "x"}:
        return str(int(value.timestamp() * (1000 if form == "x" else 1)))
    pieces = _DATE_PIECE.findall(text_of(form))
    moment = value.astimezone(ZoneInfo(text_of(zone)))
    return "".join(_formatted(moment, piece) for piece in pieces)


def _formatted(moment: datetime, piece: str) -> str:
    if piece in _DATE_TOKENS:
        return moment.strftime(_DATE_TOKENS[piece])
    if piece == "Z":
        return moment.isoformat()[-6:]
    if piece == "T" or not piece.isalpha():
        return piece.strip("[]")
    raise NotKnown(f"the token {piece} of formatDate")


def capitalize(text: Any) -> str:
    """The first letter only."""
    said = text_of(text)
    return said[:1].upper() + said[1:]


FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "if": lambda condition, one, other: one if is_true(condition) else other,
    "ifempty": lambda one, other: other if is_empty(one) else one,
    "switch": switch,
    "get": get,
    "length": length,
    "lower": lambda text: text_of(text).lower(),
    "upper": lambda text: text_of(text).upper(),
    "capitalize": capitalize,
    "startcase": lambda text: " ".join(word.capitalize() for word in text_of(text).split(" ")),
    "trim": lambda text: text_of(text).strip(),
    "replace": replace,
    "contains": contains,
    "substring": substring,
    "split": lambda text, separator: text_of(text).split(text_of(separator)),
    "join": join,
    "first": lambda values: values[0] if values else None,
    "last": lambda values: values[-1] if values else None,
    "keys": list,
    "encodeURL": lambda text: quote(text_of(text), safe="-_.!~*'()"),
    "toString": text_of,
    "parseNumber": parse_number,
    "formatDate": format_date,
}

CONSTANTS: Final[dict[str, Any]] = {
    "true": True,
    "false": False,
    "null": None,
    "emptystring": "",
    "space": " ",
    "newline": "\n",
    "tab": "\t",
    "emptyarray": [],
}
"""Words that stand for a value (https://help.make.com/variables)."""
