"""Columns that line up, stories that fit, colours for terminals only."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from sidecar.cli.story import Line, Record
from sidecar.cli.terminal import print_columns, print_facts, print_story

LONDON = ZoneInfo("Europe/London")


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)


def test_columns_line_up_and_nothing_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    print_columns([("seq_" + "0" * 28, "", "Zoë"), ("名前", "open", "two\nlines\x1b")], head=("id", "state", "name"))
    head, first, second = capsys.readouterr().out.splitlines()
    assert head == "id" + " " * 32 + "state  name"
    assert first == "seq_" + "0" * 28 + " " * 9 + "Zoë"
    assert second == "名前" + " " * 30 + "open   two lines�", "wide letters take two columns"


def test_long_facts_wrap_beside_their_names(capsys: pytest.CaptureFixture[str]) -> None:
    print_facts([("one", "word " * 20), ("three", "short")])
    *wrapped, last = capsys.readouterr().out.splitlines()
    assert len(wrapped) == 2
    assert all(len(line) <= 60 for line in wrapped)
    assert wrapped[1].startswith(" " * 9 + "word")
    assert last == "  three  short"


def test_a_story_has_a_heading_for_each_day_and_each_offset(capsys: pytest.CaptureFixture[str]) -> None:
    before, after = datetime(2026, 10, 25, 0, 59, tzinfo=UTC), datetime(2026, 10, 25, 1, 1, tzinfo=UTC)
    print_story(Record([], LONDON), [Line(before, "gate", "one"), Line(after, "caller", "two", "Hi,\n\nSam")])
    assert capsys.readouterr().out == (
        "\nSunday 25 October 2026, UTC+01:00\n"
        "  01:59:00  gate      one\n"
        "\nSunday 25 October 2026, UTC+00:00\n"
        "  01:01:00  caller    two\n"
        "                      │ Hi,\n"
        "                      │\n"
        "                      │ Sam\n"
    )


@pytest.mark.parametrize(("no_color", "styled"), [("", True), ("1", False)])
def test_no_color_takes_every_style_away(
    no_color: str, styled: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", no_color)
    print_columns([("a",)], head=("id",))
    assert ("\x1b[" in capsys.readouterr().out) is styled
