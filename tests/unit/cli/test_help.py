"""``--help`` teaches: every command has examples, and every example, here and in the documents, is one that works."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from sidecar.cli import COMMANDS, recovery
from sidecar.cli.taught import Taught

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile", "sidecar/config/starter.yaml")
THEIRS = ("demo", "serve")
"""Commands that explain themselves without examples."""


def every(group: click.Group = recovery, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, f"{name} is listed and not there"
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from every(command, (*path, name))


def parsed(line: str) -> None:
    """Whether click takes the line as it stands; nothing is run."""
    words = shlex.split(re.split(r" {3,}| \|| &&", line)[0].removeprefix("KEY=$(").rstrip(")"))
    assert words[0] == "recovery"
    command: click.Command = recovery
    rest = words[1:]
    context = click.Context(recovery, info_name="recovery")
    while isinstance(command, click.Group):
        found = command.get_command(context, rest[0])
        assert found is not None, line
        command, rest = found, rest[1:]
    command.make_context(command.name, list(rest), parent=context)


@pytest.mark.parametrize("path", [path for path, _ in every()], ids=" ".join)
def test_help_says_what_a_command_is_for(path: tuple[str, ...]) -> None:
    result = CliRunner().invoke(recovery, [*path, "--help"])
    assert result.exit_code == 0
    assert result.stdout.startswith("Usage: recovery " + " ".join(path))
    assert "\\b" not in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 120


def test_every_command_teaches_by_examples_that_work() -> None:
    for path, command in every():
        if path[0] in THEIRS:
            continue
        assert isinstance(command, Taught), path
        assert command.examples, path
        for line in command.examples:
            assert f"recovery {' '.join(path)}" in line, "an example of a command is of that command"
            parsed(line)


def test_the_first_help_lists_every_command_without_loading_it() -> None:
    result = CliRunner().invoke(recovery, ["--help"])
    for name in COMMANDS:
        assert f"\n  {name} " in result.stdout
    for line in result.stdout.partition("Examples:")[2].split("\n"):
        if line.strip():
            assert "recovery" in line


def test_every_command_that_is_named_anywhere_exists() -> None:
    """In documents, in remedies, in comments that go into somebody's file."""
    known = {" ".join(path): command for path, command in every()}
    files = [ROOT / name for name in DOCUMENTS] + sorted((ROOT / "sidecar").rglob("*.py"))
    seen = 0
    for file in files:
        text = file.read_text(encoding="utf-8")
        for found in re.findall(r"(?:`|\$\(BIN\)/|^ {4})recovery ([a-z][a-z-]*(?: [a-z][a-z-]*)?)", text, re.MULTILINE):
            seen += 1
            first = found.split()[0]
            group = isinstance(known.get(first), click.Group)
            assert (found if group else first) in known, f"{file.relative_to(ROOT)} names `recovery {found}`"
    assert seen > 30
