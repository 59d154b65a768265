"""What is known of a value before a flow runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Union

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Reference:
    """A read of a node's output."""

    node: str
    """The node's name; empty for what comes in (``$json``, ``$input``)."""
    how: str
    """``json``, ``item``, ``first``, ``last``, ``all`` …, or empty where the output itself is not read."""
    path: tuple[str | int, ...] = ()
    """The fields that are read, as far as they are known."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, a boolean, or null."""

    value: float | bool | None


@dataclass(frozen=True, slots=True)
class Unknown:
    """Only known when it runs."""

    source: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A text, in parts: what is known, and what is not."""

    parts: tuple[str | Value, ...]

    @classmethod
    def of(cls, parts: Iterable[str | Value]) -> Text:
        """Joined: neighbouring known parts become one, texts within a text are part of it."""
        joined: list[str | Value] = []
        for part in parts:
            for one in part.parts if isinstance(part, Text) else (part,):
                if isinstance(one, str) and joined and isinstance(joined[-1], str):
                    joined[-1] += one
                else:
                    joined.append(one)
        return cls(tuple(joined))

    @property
    def known(self) -> str | None:
        """The whole text, where all of it is known."""
        if not self.parts:
            return ""
        return self.parts[0] if len(self.parts) == 1 and isinstance(self.parts[0], str) else None


@dataclass(frozen=True, slots=True)
class Fields:
    """An object."""

    fields: tuple[tuple[str, Value], ...]
    open: bool = False
    """It may have more fields: something is spread into it, or a name is computed."""

    def get(self, name: str) -> Value | None:
        """The value of a field."""
        return next((value for key, value in reversed(self.fields) if key == name), None)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several: ``a ? b : c``, ``a || b``."""

    among: tuple[Value, ...]


Value = Union[Text, Constant, Reference, Fields, Choice, Unknown]  # noqa: UP007 - a forward reference needs typing's form
