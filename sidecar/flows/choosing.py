"""Which rules are wanted: by code, by the beginning of a code, or by family."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sidecar.flows.rules import FAMILIES, rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sidecar.flows.rules import Rule


class UnknownRuleError(Exception):
    """Nothing has that code."""


def choice(select: str = "", ignore: str = "") -> Callable[[Rule], bool]:
    """``P2,recovery`` is every code that begins with P2, and the family recovery.

    Raises:
        UnknownRuleError: A word fits no rule.
    """
    chosen, left_out = _words(select), _words(ignore)

    def wanted(rule: Rule) -> bool:
        return (not chosen or _fits(rule.code, chosen)) and not _fits(rule.code, left_out)

    return wanted


def _words(text: str) -> list[str]:
    letters: dict[str, str] = {family: letter for letter, family in FAMILIES.items()}
    words = [letters.get(word.lower(), word.upper()) for word in text.replace(",", " ").split()]
    for word in words:
        if not any(code.startswith(word) for code in rules()):
            there = ", ".join((*FAMILIES.values(), *rules()))
            raise UnknownRuleError(f"No rule is named {word!r}; there are: {there}.")
    return words


def _fits(code: str, words: Iterable[str]) -> bool:
    return any(code.startswith(word) for word in words)
