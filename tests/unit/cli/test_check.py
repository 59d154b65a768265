from __future__ import annotations

import json
import re
import sqlite3
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from click.testing import CliRunner, Result

from sidecar.channels.twilio import probe as twilio_probe
from sidecar.cli import check as check_module
from sidecar.cli.check import check, database_findings
from sidecar.crm import Crms
from sidecar.crm.port import CrmError
from sidecar.store import migrate

if TYPE_CHECKING:
    from pathlib import Path

BUSINESS = """\
id: harbour-plumbing
name: Harbour Plumbing
agent_name: Sam
region: GB
zone: Europe/London
legitimate_interest: {document: LIA-2026-03, reviewed_by: S. Field, reviewed_on: 2026-03-03}
playbook: by-hand
numbers:
  - number: +44 117 496 0123
    ring: [07700 900111]
staff:
  - name: Sam
    phone: 07700 900111
twilio:
  account_sid: ${TWILIO_ACCOUNT_SID}
  auth_token: ${TWILIO_AUTH_TOKEN}
"""
PLAYBOOK = """\
name: own
summary: Ours.
steps:
  - name: acknowledge
    channel: sms
    after: {wait: 0s}
    words:
      known: "Hi {first_name}, {company} here. What can we do for you? STOP to opt out"
      unknown: "Hi, {company} here. What can we do for you? STOP to opt out"
"""


class Check(Protocol):
    def __call__(self, *arguments: str) -> Result: ...


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with one sound business and everything set."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "businesses").mkdir()
    (tmp_path / "businesses" / "harbour.yaml").write_text(BUSINESS, encoding="utf-8")
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC" + "0" * 32)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "hush-token")
    monkeypatch.setenv("RECOVERY_SECRET", "hush-secret-that-is-long-enough")
    monkeypatch.setenv("RECOVERY_PUBLIC_URL", "https://recovery.example.com")
    monkeypatch.setattr(check_module, "database_findings", lambda _url: [])
    return tmp_path


@pytest.fixture
def run(folder: Path) -> Check:
    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(check, arguments, catch_exceptions=False)

    return invoke


def change(folder: Path, old: str, new: str) -> None:
    file = folder / "businesses" / "harbour.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_all_is_well(run: Check) -> None:
    result = run()

    assert result.exit_code == 0, result.output
    assert "ok      harbour-plumbing: Harbour Plumbing: 1 number, playbook by-hand" in result.output
    assert result.output.endswith("all well\n")


def test_a_warning_is_not_a_failure(run: Check, folder: Path) -> None:
    change(folder, "playbook: by-hand", "playbook: uk-three-layer")

    result = run()

    assert result.exit_code == 0
    assert "warning harbour-plumbing: retell: no `retell:` for step callback" in result.output
    assert "0 errors, 2 warnings" in result.output


def test_how_long_what_is_personal_is_kept_is_shown(run: Check, folder: Path) -> None:
    said = "harbour-plumbing: retention: people are forgotten {} days after their last call, message or consent"
    assert said.format(720) in run().output
    change(folder, "playbook: by-hand", "playbook: by-hand\nretention: {people: 1y}")
    assert said.format(365) in run().output
    assert "deliveries removed after 90;" in run().output


def test_each_mistake_is_one_plain_line_in_a_pipe_however_long(run: Check, folder: Path) -> None:
    change(folder, "zone: Europe/London", "zone: Europe/Londn")
    change(folder, "auth_token: ${TWILIO_AUTH_TOKEN}", "auth_token: ${NOT_SET_ANYWHERE_AND_WITH_A_VERY_LONG_NAME}")

    result = run()

    assert result.exit_code == 1
    lines = [line for line in result.output.splitlines() if line.startswith("error")]
    assert len(lines) == 2
    assert re.fullmatch(
        r"error   businesses/harbour\.yaml:5: zone: 'Europe/Londn' is not a time zone; did you mean `Europe/London`\?",
        lines[0],
    )
    assert lines[1].endswith("_FILE to the path of a file that holds it")
    assert "\x1b" not in result.output


def test_json_holds_the_same_findings(run: Check, folder: Path) -> None:
    change(folder, "zone: Europe/London", "zone: Europe/Londn")

    result = run("--format", "json")
    report = json.loads(result.output)

    assert result.exit_code == 1
    assert report["ok"] is False
    (finding,) = report["findings"]
    assert finding == {
        "level": "error",
        "subject": "businesses/harbour.yaml",
        "message": "'Europe/Londn' is not a time zone",
        "remedy": "did you mean `Europe/London`?",
        "field": "zone",
        "file": "businesses/harbour.yaml",
        "line": 5,
    }


def test_settings_that_are_wrong_are_findings_and_the_files_are_checked_all_the_same(
    run: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RECOVERY_SECRET")

    result = run()

    assert result.exit_code == 1
    assert "error   environment: RECOVERY_SECRET: is not set; make one:" in result.output
    assert "ok      harbour-plumbing" in result.output


def test_what_stands_in_the_env_file_counts(run: Check, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TWILIO_AUTH_TOKEN")
    assert run().exit_code == 1

    (folder / ".env").write_text("TWILIO_AUTH_TOKEN=hush-token\n")

    assert run().exit_code == 0


def test_an_address_that_no_vendor_can_reach_is_a_warning(run: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RECOVERY_PUBLIC_URL")

    assert "warning environment: RECOVERY_PUBLIC_URL: http://127.0.0.1:8080 is" in run().output


def test_one_broken_file_does_not_hide_the_others(run: Check, folder: Path) -> None:
    (folder / "businesses" / "broken.yaml").write_text("id: [", encoding="utf-8")

    result = run()

    assert result.exit_code == 1
    assert "error   businesses/broken.yaml:2: this is not YAML" in result.output
    assert "ok      harbour-plumbing" in result.output


def test_secrets_are_never_printed(run: Check, folder: Path) -> None:
    change(folder, "auth_token: ${TWILIO_AUTH_TOKEN}", "auth_token: hush-literal")

    for form in ("text", "json"):
        assert "hush" not in run("--format", form).output


def test_a_path_that_does_not_exist_is_a_usage_error(run: Check) -> None:
    result = run("gone.yaml")

    assert result.exit_code == 2
    assert "gone.yaml does not exist" in result.output


def test_a_folder_without_businesses_says_how_to_begin(run: Check, folder: Path) -> None:
    (folder / "businesses" / "harbour.yaml").unlink()

    result = run()

    assert result.exit_code == 1
    assert "recovery init" in result.output


# ---------------------------------------------------------------- playbooks


def test_a_playbook_may_be_checked_by_itself(run: Check, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "own.yaml").write_text(PLAYBOOK, encoding="utf-8")

    result = run("own.yaml")

    assert result.exit_code == 0
    assert "ok      own: own.acknowledge: a text is charged as 1 segment at most" in result.output


def test_a_broken_playbook_is_told_by_line(run: Check, folder: Path) -> None:
    (folder / "own.yaml").write_text(PLAYBOOK.replace("wait: 0s", "wait: now"), encoding="utf-8")

    result = run("own.yaml")

    assert result.exit_code == 1
    assert "error   own.yaml:6: steps[0].after.wait: 'now' is not a duration; write it like 90s" in result.output


# ---------------------------------------------------------------- database


def test_a_database_that_is_not_there_yet(tmp_path: Path) -> None:
    (finding,) = database_findings(f"sqlite:///{tmp_path / 'gone.db'}")

    assert (finding.level, finding.remedy) == ("error", "run `recovery db upgrade`")
    assert not (tmp_path / "gone.db").exists()


def test_a_database_without_our_tables(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "empty.db").execute("CREATE TABLE other (id)").connection.close()

    (finding,) = database_findings(f"sqlite:///{tmp_path / 'empty.db'}")

    assert (finding.level, finding.remedy) == ("error", "run `recovery db upgrade`")
    assert "0001" in finding.message


def test_a_database_with_our_tables(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ours.db'}"
    migrate.upgrade(url)

    (finding,) = database_findings(url)

    assert finding.level == "ok"


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("this is a letter, not a database" * 99)

    (finding,) = database_findings(f"sqlite:///{tmp_path / 'text.db'}")

    assert finding.level == "error"
    assert "does not answer" in finding.message


def test_a_server_that_does_not_answer_and_no_password_is_shown() -> None:
    (finding,) = database_findings("postgresql+psycopg://me:hush@127.0.0.1:1/name")

    assert finding.level == "error"
    assert "does not answer" in finding.message
    assert "hush" not in str(finding)


# ---------------------------------------------------------------- vendors


def test_live_asks_the_vendors(run: Check, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change(folder, "twilio:", "hubspot: {access_token: '${TWILIO_AUTH_TOKEN}'}\ntwilio:")
    asked: list[str] = []

    def twilio(_clients: Any, business: Any, public_url: str) -> list[tuple[bool, str, str]]:
        asked.append(f"{business.id} {public_url}")
        return [(True, "the account is active", ""), (False, "no webhook is set", "set it")]

    monkeypatch.setattr(twilio_probe, "probe", twilio)
    monkeypatch.setattr(Crms, "probe", lambda _crms, _business: "HubSpot answers")

    quiet = run()
    result = run("--live")

    assert quiet.exit_code == 0
    assert result.exit_code == 1
    assert asked == ["harbour-plumbing https://recovery.example.com"]
    assert "ok      harbour-plumbing: the account is active" in result.output
    assert "error   harbour-plumbing: no webhook is set; set it" in result.output
    assert "ok      harbour-plumbing: HubSpot answers" in result.output


@pytest.mark.parametrize(
    ("temporary", "remedy"), [(True, "try again in a minute"), (False, "the token and its scopes")]
)
def test_a_crm_that_refuses_is_an_error(
    run: Check, folder: Path, monkeypatch: pytest.MonkeyPatch, temporary: bool, remedy: str
) -> None:
    change(folder, "twilio:", "hubspot: {access_token: '${TWILIO_AUTH_TOKEN}'}\ntwilio:")
    monkeypatch.setattr(twilio_probe, "probe", lambda *_: [])

    def refuse(_crms: Crms, _business: Any) -> str:
        raise CrmError("HubSpot said no", temporary=temporary)

    monkeypatch.setattr(Crms, "probe", refuse)

    result = run("--live")

    assert result.exit_code == 1
    assert "HubSpot said no" in result.output
    assert remedy in result.output
