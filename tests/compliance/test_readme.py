"""Every rule of `README.md` names the tests that hold it, and they exist."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent
ROWS = [
    line.split("|")[1:3]
    for line in (Path(__file__).parent / "README.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| **")
]


@cache
def names_in(file: str) -> frozenset[str]:
    """Names of the tests in a file, those in classes too."""
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    return frozenset(
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


def test_no_rule_has_been_lost() -> None:
    assert len(ROWS) == 11


@pytest.mark.parametrize(("rule", "held_by"), ROWS, ids=[re.findall(r"\*\*(.+?)\*\*", rule)[0] for rule, _ in ROWS])
def test_every_rule_is_held_by_tests_that_exist(rule: str, held_by: str) -> None:
    named = re.findall(r"`([^`:]+)::([^`]+)`", held_by)
    assert named, f"nothing holds: {rule}"
    assert len(named) == held_by.count("`") // 2, "something that is named is no test"
    missing = [f"{file}::{name}" for file, name in named if name not in names_in(file)]
    assert not missing
