"""Whether a filter lets a bundle pass: one of the outer list, all of the inner.

https://help.make.com/filtering; the operators' names are those of genuine exports.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from tests.flows.make.expressions import evaluated
from tests.flows.make.values import NotKnown, number_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

_TEXT: Final[dict[str, Callable[[str, str], bool]]] = {
    "equal": lambda a, b: a == b,
    "notequal": lambda a, b: a != b,
    "contain": lambda a, b: b in a,
    "notcontain": lambda a, b: b not in a,
    "startwith": lambda a, b: a.startswith(b),
    "notstartwith": lambda a, b: not a.startswith(b),
    "endwith": lambda a, b: a.endswith(b),
    "notendwith": lambda a, b: not a.endswith(b),
    "pattern": lambda a, b: re.search(b, a) is not None,
    "notpattern": lambda a, b: re.search(b, a) is None,
}
_NUMBER: Final[dict[str, Callable[[float, float], bool]]] = {
    "equal": lambda a, b: a == b,
    "notequal": lambda a, b: a != b,
    "greater": lambda a, b: a > b,
    "less": lambda a, b: a < b,
    "greaterorequal": lambda a, b: a >= b,
    "lessorequal": lambda a, b: a <= b,
}


def passes(conditions: Sequence[Sequence[Mapping[str, Any]]], outputs: Mapping[int, Any], now: datetime) -> bool:
    """Whether the bundle goes on; a filter without conditions stops nothing."""
    return not conditions or any(all(_holds(one, outputs, now) for one in group) for group in conditions)


def _holds(condition: Mapping[str, Any], outputs: Mapping[int, Any], now: datetime) -> bool:
    a, b = (evaluated(condition.get(side), outputs, now) for side in "ab")
    operator: str = condition.get("o", "exist")
    if operator in {"exist", "notexist"}:
        return (a is not None) == (operator == "exist")
    kind, _, name = operator.partition(":")
    if kind == "text":
        return _text(operator, name, text_of(a), text_of(b))
    if kind == "number" and name in _NUMBER:
        left, right = number_of(a), number_of(b)
        return left is not None and right is not None and _NUMBER[name](left, right)
    if kind == "boolean" and name in {"equal", "notequal"}:
        return (text_of(a) == text_of(b)) == (name == "equal")
    if kind == "array" and name in {"contain", "notcontain"}:
        held = isinstance(a, list) and text_of(b) in {text_of(one) for one in a}
        return held == (name == "contain")
    raise NotKnown(f"the operator {operator}")


def _text(operator: str, name: str, a: str, b: str) -> bool:
    if name in {"isempty", "isnotempty"}:
        return (a == "") == (name == "isempty")
    plain = name.removesuffix(":ci")
    if plain not in _TEXT:
        raise NotKnown(f"the operator {operator}")
    if plain != name:
        if plain.endswith("pattern"):
            return _TEXT[plain](a, f"(?i:{b})")
        a, b = a.casefold(), b.casefold()
    return _TEXT[plain](a, b)
