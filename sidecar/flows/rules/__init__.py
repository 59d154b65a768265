"""The rules: a family a module or a few, each rule with its reason, its remedy and where that is written.

A rule is a function from a flow to what it found. `S` is the structure that the platform itself insists on, `P` what
breaks in production, `R` the contract with the sidecar; the first digit tells the platform: 0 and 1 both, 2 n8n,
3 Make.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sidecar.flows.findings import Family, Found, Level

Subject = Literal["file", "n8n", "make", "flows"]
"""What a rule looks at: nothing (reading the file finds it), a workflow, a blueprint, all flows together."""

FAMILIES: Final[dict[str, Family]] = {"S": "structure", "P": "practice", "R": "recovery"}
_LEVELS: Final[dict[str, Level]] = {"S": "error", "P": "warning", "R": "error"}
_MODULES: Final = (
    "structure",
    "general",
    "secrets",
    "n8n_nodes",
    "n8n_waits",
    "n8n_types",
    "make",
    "make_modules",
    "calls",
    "sends",
    "claims",
    "steps",
)


@dataclass(frozen=True, slots=True)
class Rule:
    """What is looked for, why, and what to do about it."""

    code: str
    title: str
    """What is wrong, in a few words."""
    reason: str
    remedy: str
    source: str
    """The vendor's text or the sample that teaches it."""
    subject: Subject
    level: Level
    check: Callable[[Any], Iterable[Found]]

    @property
    def family(self) -> Family:
        """By the letter of the code."""
        return FAMILIES[self.code[0]]


_rules: dict[str, Rule] = {}


def rule(
    code: str, title: str, *, on: Subject, reason: str, remedy: str, source: str, level: Level | None = None
) -> Callable[[Callable[[Any], Iterable[Found]]], Callable[[Any], Iterable[Found]]]:
    """Make a function a rule.

    Raises:
        ValueError: The code is taken.
    """

    def register(check: Callable[[Any], Iterable[Found]]) -> Callable[[Any], Iterable[Found]]:
        if code in _rules:
            raise ValueError(f"{code} is there twice")
        _rules[code] = Rule(code, title, reason, remedy, source, on, level or _LEVELS[code[0]], check)
        return check

    return register


@cache
def rules() -> dict[str, Rule]:
    """Every rule by its code, in the order of the codes."""
    for name in _MODULES:
        importlib.import_module(f"sidecar.flows.rules.{name}")
    return dict(sorted(_rules.items()))
