"""Make's values: what counts as empty, as true, and how one becomes a text or a number.

JSON's values in Python, a `datetime` for a date, and None for what is not there (Make's null and what a path does not
find). Where Make's coercion is documented nowhere, it is refused: a blueprint of ours must not depend on it.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class NotKnown(Exception):
    """The blueprint uses a part of Make that the interpreter does not know; the message names it."""


class BundleError(Exception):
    """A module failed on a bundle: its error route decides what becomes of it."""

    def __init__(self, kind: str, message: str) -> None:
        """``kind`` is Make's word (https://help.make.com/types-of-errors)."""
        super().__init__(message)
        self.kind = kind
        self.message = message


def is_empty(value: Any) -> bool:
    """What ``ifempty`` replaces (https://help.make.com/general-functions)."""
    return value is None or value == ""


def is_true(value: Any) -> bool:
    """Whether a value as a condition holds."""
    return not (value is None or value is False or value == "" or (value == 0 and not isinstance(value, bool)))


def text_of(value: Any) -> str:
    """A value within a text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (str, int, float)):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03d}Z"
    raise NotKnown(f"{type(value).__name__} as a text")


def number_of(value: Any) -> float | None:
    """A value as a number; None where it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            return None
        return number if math.isfinite(number) else None
    return None


def equal(one: Any, other: Any) -> bool:
    """``=``: as numbers where one of them is a number, else as texts."""
    if isinstance(one, (dict, list)) or isinstance(other, (dict, list)):
        return bool(one == other)
    if any(isinstance(value, (int, float)) and not isinstance(value, bool) for value in (one, other)):
        left, right = number_of(one), number_of(other)
        return left is not None and left == right
    return text_of(one) == text_of(other)


def needed_number(value: Any) -> float:
    """A value as a number; a bundle in which it is none fails."""
    number = number_of(value)
    if number is None:
        raise BundleError("RuntimeError", f"{value!r} is not a number")
    return number


def ordered(one: Any, other: Any, holds: Callable[[Any, Any], bool]) -> bool:
    """Whether an order holds: of numbers where both are, else of texts."""
    left, right = number_of(one), number_of(other)
    return holds(left, right) if left is not None and right is not None else holds(text_of(one), text_of(other))


def added(one: Any, other: Any) -> Any:
    """``+``: numbers are added; anything else is written one after the other, as genuine exports do."""
    left, right = number_of(one), number_of(other)
    if isinstance(one, str) or isinstance(other, str) or left is None or right is None:
        return text_of(one) + text_of(other)
    return left + right
