"""Errors that several rooms share: what is wrong with a file or a setting, where, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong with a file (or with the environment), in plain words."""

    message: str
    """What is wrong, without a full stop. Never holds a secret."""
    remedy: str = ""
    """What to do about it, a sentence without a full stop."""
    field: str = ""
    """Path of the field as a person reads it: ``steps[1].after.wait``; '' for the file itself."""
    line: int | None = None
    """Counted from 1; ``None`` where there is no line (a setting, a file that cannot be read)."""
    file: str = ""

    def __str__(self) -> str:
        """One line: ``file:line: field: message; remedy``."""
        place = ":".join(str(part) for part in (self.file, self.line) if part)
        head = ": ".join(part for part in (place, self.field) if part)
        said = f"{head}: {self.message}" if head else self.message
        return f"{said}; {self.remedy}" if self.remedy else said


class ConfigError(Exception):
    """A file or a setting cannot be used: every mistake that was found, by file and line.

    ``str(error)`` is one line for each mistake. ``file``, ``line``, ``field``, ``message`` and ``remedy``
    are those of the first.
    """

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes, key=lambda mistake: (mistake.file, mistake.line or 0)))
        if not self.mistakes:
            reason = "a ConfigError needs at least one mistake"
            raise ValueError(reason)
        super().__init__("\n".join(map(str, self.mistakes)))

    @property
    def file(self) -> str:
        """The file of the first mistake, or '' for the environment."""
        return self.mistakes[0].file

    @property
    def line(self) -> int | None:
        """The line of the first mistake, counted from 1."""
        return self.mistakes[0].line

    @property
    def field(self) -> str:
        """The field of the first mistake."""
        return self.mistakes[0].field

    @property
    def message(self) -> str:
        """What is wrong in the first place."""
        return self.mistakes[0].message

    @property
    def remedy(self) -> str:
        """What to do about the first mistake."""
        return self.mistakes[0].remedy


def one_of(wrong: str, known: Iterable[str]) -> str:
    """A remedy for a word that is not among the known ones: the nearest of them, or all of them.

    >>> one_of("nubmers", ["name", "numbers"])
    'did you mean `numbers`?'
    >>> one_of("zebra", ["name", "numbers"])
    'use one of name, numbers'
    """
    words = sorted(known)
    near = get_close_matches(wrong, words, n=1, cutoff=0.6) or [
        word for word in words if word.casefold() == wrong.casefold()
    ]
    return f"did you mean `{near[0]}`?" if near else "use one of " + ", ".join(words)
