"""The draft of the legitimate-interest assessment: complete, of this business, and no more than a draft."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from sidecar.cli import recovery
from sidecar.cli.findings import Finding, business_findings
from sidecar.config.assessment import draft, state_of
from sidecar.config.business import Assessment, HubSpot
from sidecar.config.playbooks import shipped_playbook, shipped_playbooks
from sidecar.domain.compliance import preset
from sidecar.domain.retention import Retention
from sidecar.domain.windows import parse_window
from tests.unit.cli.test_findings import NOON, SOUND

if TYPE_CHECKING:
    from pathlib import Path

REVIEWED = Assessment("LIA-1", "S. Field", date(2026, 3, 3), state_of(SOUND))


@pytest.mark.parametrize("playbook", shipped_playbooks())
@pytest.mark.parametrize("law", ["uk", "ca", "us"])
def test_every_blank_is_filled(playbook: str, law: str) -> None:
    paper = draft(replace(SOUND, playbook=shipped_playbook(playbook), preset=preset(law)), document="a.md")

    assert "@@" not in paper
    assert "None" not in paper


def test_it_says_what_is_sent_when_how_often_by_whom_and_how_to_object() -> None:
    paper = draft(replace(SOUND, hubspot=HubSpot("token"), source="harbour.yaml"), document="assessment.md")
    once = " ".join(paper.split())

    for said in (
        "not legal advice",
        "| callback | call by an AI voice agent | 3 minutes after `acknowledge` | 20 minutes after its time |",
        "> Hi {first_name}, {agent_name} at {company} here. I just missed your call.",
        "| call by an AI voice agent | Mon-Fri 09:00-18:00, Sat 09:00-13:00, Sun closed; public holidays closed |",
        "at most 4 texts, calls and emails to one person in any 24 hours",
        "STOP and its like", "Retell", "Twilio", "HubSpot", "mail.example", "+441174960123",
        "Purpose", "Necessity", "Balancing", "How long it is kept", "Reviewed by",
        "an AI assistant", "written to for 720 days is forgotten by itself", "flows goes after 90 days",
    ):  # fmt: skip
        assert said in once, said


@pytest.mark.parametrize(
    "change",
    [
        {"playbook": shipped_playbook("by-hand")},
        {"windows": {"sms": parse_window({"daily": "9-12"})}},
        {"retell": None},
        {"max_touches_per_day": 2},
        {"strict_consent": True},
        {"retention": Retention(people=timedelta(days=365))},
    ],
)
def test_what_changes_materially_changes_the_state(change: dict[str, Any]) -> None:
    assert state_of(replace(SOUND, **change)) != state_of(SOUND)


def test_what_does_not_matter_to_it_changes_nothing() -> None:
    assert state_of(replace(SOUND, source="moved.yaml", staff=(), blocked=frozenset({"+447700900222"}))) == state_of(
        SOUND
    )


def found(assessment: Assessment, **changes: Any) -> list[Finding]:
    findings = business_findings(replace(SOUND, legitimate_interest=assessment, **changes), NOON)
    return [one for one in findings if one.field.startswith("legitimate_interest")]


def test_a_review_of_this_state_says_nothing() -> None:
    assert found(REVIEWED) == []
    assert found(replace(REVIEWED, reviewed_state="")) == []


def test_a_review_of_another_state_is_a_warning() -> None:
    (finding,) = found(REVIEWED, max_touches_per_day=9)

    assert (finding.level, finding.field) == ("warning", "legitimate_interest.reviewed_state")
    assert "has changed since its review" in finding.message
    assert "recovery lia" in finding.remedy


def test_a_review_is_good_for_a_year() -> None:
    day = NOON.date()
    (old,) = found(replace(REVIEWED, reviewed_on=day - timedelta(days=366)))

    assert (old.level, old.field) == ("warning", "legitimate_interest.reviewed_on")
    assert found(replace(REVIEWED, reviewed_on=day - timedelta(days=365))) == []


def test_a_review_to_come_is_none() -> None:
    (finding,) = found(replace(REVIEWED, reviewed_on=NOON.date() + timedelta(days=1)))

    assert finding.level == "error"


# ---------------------------------------------------------------- the command

FILE = """\
id: harbour-plumbing
name: Harbour Plumbing
agent_name: Sam
region: GB
zone: Europe/London
playbook: by-hand
numbers: [{number: +44 117 496 0123, ring: [+44 7700 900111]}]
staff: [{name: Sam, webhook: "https://hooks.example.com/hush"}]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "businesses").mkdir()
    (tmp_path / "businesses" / "harbour.yaml").write_text(FILE, encoding="utf-8")
    return tmp_path


def test_the_draft_of_a_file_that_does_not_start_yet(folder: Path) -> None:
    result = CliRunner().invoke(recovery, ["lia"])

    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("# Legitimate-interest assessment: Harbour Plumbing\n")
    assert "hush" not in result.output
    assert re.search(r'reviewed_state: "[0-9a-f]{12}"', result.stdout)


def test_it_is_written_once_and_named_as_the_business_file_sees_it(folder: Path) -> None:
    arguments = ["lia", "businesses/harbour.yaml", "--output", "assessment.md"]

    first = CliRunner().invoke(recovery, arguments)
    (folder / "assessment.md").write_text((folder / "assessment.md").read_text() + "signed")
    again = CliRunner().invoke(recovery, arguments)

    assert (first.exit_code, again.exit_code) == (0, 1)
    assert "exists already" in again.output
    paper = (folder / "assessment.md").read_text()
    assert paper.endswith("signed")
    assert 'document: "../assessment.md"' in paper


def test_several_businesses_ask_which(folder: Path) -> None:
    (folder / "businesses" / "other.yaml").write_text(FILE, encoding="utf-8")

    result = CliRunner().invoke(recovery, ["lia"])

    assert result.exit_code == 2
    assert "say which business file; there are: businesses/harbour.yaml, businesses/other.yaml" in result.output


def test_where_none_is_needed_that_is_said(folder: Path) -> None:
    (folder / "businesses" / "harbour.yaml").write_text(
        FILE.replace("GB", "US").replace("Europe/London", "America/New_York"), encoding="utf-8"
    )

    result = CliRunner().invoke(recovery, ["lia"])

    assert result.exit_code == 0
    assert "starts without one" in result.stderr


def test_a_file_that_is_wrong_otherwise_is_refused(folder: Path) -> None:
    (folder / "businesses" / "harbour.yaml").write_text(FILE.replace("Europe/London", "Europe/Londn"), encoding="utf-8")

    result = CliRunner().invoke(recovery, ["lia"])

    assert result.exit_code == 1
    assert "did you mean `Europe/London`?" in result.output
