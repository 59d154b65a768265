"""What the lint says: one sentence about one place in one file, with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Family = Literal["structure", "practice", "recovery"]
Level = Literal["error", "warning"]
Place = tuple[str | int, ...]
"""Where a value stands in a JSON document: keys and indices from the top."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A safe change of a file: set the value at a place, or (``remove``) take it away."""

    place: Place
    value: Any = None
    remove: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule reports: the place, the node it is about, the sentence, and the way there where one matters."""

    place: Place
    message: str
    node: str = ""
    remedy: str = ""
    """Only where the rule's own remedy can be said more exactly."""
    path: tuple[str, ...] = ()
    """Names of nodes, from the trigger to the one at fault."""
    edits: tuple[Edit, ...] = ()
    """What ``--fix`` would do."""
    level: Level | None = None
    """Only where it is not the rule's own."""
    file: str = ""
    """Only from rules that look at all flows together."""
    at: tuple[int, int] | None = None
    """Line and column, where no place in the JSON can be named."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule's report with its file and its line: what people and machines read."""

    file: str
    code: str
    family: Family
    level: Level
    pointer: str
    node: str
    message: str
    remedy: str
    path: tuple[str, ...] = ()
    line: int = 1
    column: int = 1
    edits: tuple[Edit, ...] = field(default=(), compare=False)

    def as_json(self) -> dict[str, Any]:
        """The documented shape of ``--format json``, with line and column besides."""
        return {
            "file": self.file,
            "code": self.code,
            "family": self.family,
            "level": self.level,
            "pointer": self.pointer,
            "node": self.node,
            "message": self.message,
            "remedy": self.remedy,
            "path": list(self.path),
            "line": self.line,
            "column": self.column,
        }


def pointer(place: Iterable[str | int]) -> str:
    """A place as a JSON pointer (RFC 6901); the document as a whole is the empty string."""
    return "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in place)


def shown(value: object, longest: int = 60) -> str:
    """A value for a sentence: on one line, in quotes where it is text, cut where it is long."""
    text = repr(value) if isinstance(value, str) else "null" if value is None else str(value)
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 1] + "…"
