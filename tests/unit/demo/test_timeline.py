"""The timeline as it is printed."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from rich.cells import cell_len
from rich.console import Console

from sidecar.cli.demo import demo
from sidecar.demo.cast import MAYA
from sidecar.demo.scenarios import SCENARIOS
from sidecar.demo.seen import Happening
from sidecar.demo.timeline import Screen

if TYPE_CHECKING:
    from pathlib import Path

    from sidecar.demo.scenarios import Scenario

AT = datetime(2026, 11, 24, 10, 14, 18, tzinfo=UTC)


def printed(width: int, *, terminal: bool = False, no_color: bool = False) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=terminal, no_color=no_color, highlight=False)
    screen = Screen(console, MAYA)
    screen.header("A missed call, recovered", "silent", "Maya Osei rings. " * 9)
    body = "Hi Maya, Sam at Hartley & Sons Plumbing here. " * 4
    for seconds, happening in (
        (-18, Happening(AT, "told", {"actor": "caller", "words": "rings " * 20})),
        (0.4, Happening(AT, "text", {"to": MAYA.phone, "from": "", "body": body})),
        (0.4, Happening(AT, "email", {"to": "maya@example.com", "subject": "A subject that goes on " * 4})),
        (30_000, Happening(AT, "told", {"actor": "kill -9", "words": "later"})),
    ):
        at = AT + timedelta(seconds=seconds)
        screen.tell(Happening(at, happening.kind, happening.data), AT)
    screen.verdict("Text after 0.4 s; call at 3:00; " * 5, ok=True)
    screen.failure("one\ntwo", "three", "")
    return out.getvalue()


@pytest.mark.parametrize("width", [60, 80, 120])
def test_every_line_fits(width: int) -> None:
    lines = printed(width).splitlines()
    assert max(map(cell_len, lines)) <= min(width, 88)


def test_a_pipe_gets_no_escape_codes() -> None:
    assert "\x1b" not in printed(80)


def test_a_terminal_gets_colours_unless_it_wants_none() -> None:
    assert "\x1b[1;35m" in printed(80, terminal=True)
    assert "35m" not in printed(80, terminal=True, no_color=True)


def test_a_gap_is_marked_and_a_time_is_told_once() -> None:
    text = printed(80)
    assert text.count("0:00.4") == 1
    assert text.count("⋮") == 1
    assert "Tue 18:34" in text


def test_the_command_knows_every_scenario() -> None:
    [option] = [parameter for parameter in demo.params if parameter.name == "scenario"]
    assert list(option.type.choices) == list(SCENARIOS)  # type: ignore[attr-defined]  # a Choice


def test_the_list_names_every_scenario() -> None:
    listed = CliRunner().invoke(demo, ["--list"])
    assert listed.exit_code == 0
    assert [line.split()[0] for line in listed.output.splitlines() if not line.startswith(" ")] == list(SCENARIOS)


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=list(SCENARIOS))
def test_a_scenario_promises_in_order(scenario: Scenario) -> None:
    moments = [one.at for one in scenario.expects]
    assert moments == sorted(moments)
    assert moments


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    refused = CliRunner().invoke(demo, ["--keep", str(tmp_path)])
    assert refused.exit_code == 2
    assert "is not empty; name a new folder" in " ".join(refused.output.split())
    assert [found.name for found in tmp_path.iterdir()] == ["mine"]
