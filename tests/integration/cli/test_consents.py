"""`recovery consents` on a real database: import, export, list, withdraw."""

from __future__ import annotations

import csv
import io
import json
import stat
from typing import TYPE_CHECKING

import pytest

from tests.support.house import CALLER

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.cli.conftest import Recovery
    from tests.support.house import House

HEAD = "phone,email,basis,channels,purpose,given_at,expires_at,evidence\n"
ANN = "07700 900123,ann@example.com,express,sms voice,service,2026-05-03,,web form 4711\n"
BEN = "+447700900124,,contract,email,,2026-06-01,2027-06-01,\n"
MAIL_ONLY = ",cat@example.com,soft_opt_in,email,marketing,2026-06-01,,order 12\n"


@pytest.fixture
def file(folder: Path) -> Path:
    path = folder / "crm.csv"
    path.write_text(HEAD + ANN + BEN + MAIL_ONLY, encoding="utf-8")
    return path


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_dry_run_writes_nothing(run: Recovery, file: Path) -> None:
    assert "3 consents would be imported for acme" in run("consents", "import", str(file), "--dry-run").stdout
    assert rows(run("consents", "export").stdout) == []


def test_what_is_imported_is_on_record_once(run: Recovery, file: Path) -> None:
    assert "3 consents imported for acme" in run("consents", "import", str(file)).stdout
    again = run("consents", "import", str(file)).stdout
    assert "0 consents imported for acme, 3 on record already" in again
    file.write_text(HEAD + MAIL_ONLY + MAIL_ONLY + ANN, encoding="utf-8")
    assert "0 consents imported" in run("consents", "import", str(file)).stdout, "in another order, and twice"
    listed = json.loads(run("consents", "list", CALLER, "--json").stdout)
    assert [(one["basis"], one["channels"], one["standing"]) for one in listed] == [
        ("express", ["sms", "voice"], "holds")
    ]
    assert run("consents", "list", "07700 900124").stdout.splitlines()[1].endswith("crm.csv line 3")


def test_one_bad_line_and_nothing_is_written(run: Recovery, file: Path) -> None:
    file.write_text(HEAD + ANN + "12,,verbal,sms,,2026-06-01,,\n" + BEN, encoding="utf-8")
    told = run("consents", "import", str(file), code=1).stderr
    assert "line 3: phone: " in told
    assert "1 bad line of 3, and nothing was imported" in told
    assert rows(run("consents", "export").stdout) == []
    done = run("consents", "import", str(file), "--skip-bad")
    assert "2 consents imported for acme, 1 bad line left out" in done.stdout
    assert "line 3: phone: " in done.stderr


def test_a_file_that_is_none(run: Recovery, folder: Path) -> None:
    assert "cannot be read" in run("consents", "import", "missing.csv", code=1).stderr
    (folder / "wrong.csv").write_text("name,tel\n", encoding="utf-8")
    assert (
        "wrong.csv: the first line names an unknown column 'name'"
        in run("consents", "import", "wrong.csv", code=1).stderr
    )


def test_what_is_exported_imports_again_and_nothing_is_new(run: Recovery, file: Path, folder: Path) -> None:
    run("consents", "import", str(file))
    run("consents", "withdraw", CALLER, "--channel", "voice", "--evidence", "told Sam on the phone")
    told = run("consents", "export", "--output", "out.csv")
    assert "4 consents of acme in out.csv, with real phone numbers" in told.stderr
    assert told.stdout == ""
    out = folder / "out.csv"
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    before = out.read_text(encoding="utf-8")
    assert [(row["phone"], row["channels"], bool(row["withdrawn_at"])) for row in rows(before)] == [
        ("+447700900123", "sms voice", True), ("+447700900124", "email", False), ("", "email", False),
        ("+447700900123", "sms", False),
    ]  # fmt: skip
    assert "0 consents imported for acme, 4 on record already" in run("consents", "import", "out.csv").stdout
    assert run("consents", "export").stdout == before
    assert "is there already" in run("consents", "export", "--output", "out.csv", code=1).stderr


def test_an_export_moves_to_another_database_whole(run: Recovery, file: Path, folder: Path, with_beacon: Path) -> None:
    """Here: to another business, whose clock and region are others."""
    run("consents", "import", str(file), "--business", "acme")
    run("consents", "withdraw", CALLER, "--evidence", "told Sam", "--business", "acme")
    before = run("consents", "export", "--business", "acme").stdout
    (folder / "out.csv").write_text(before, encoding="utf-8")
    assert "3 consents imported for beacon" in run("consents", "import", "out.csv", "--business", "beacon").stdout
    assert rows(run("consents", "export", "--business", "beacon").stdout) == rows(before)
    [ann] = json.loads(run("consents", "list", CALLER, "--business", "beacon", "--json").stdout)
    assert ann["standing"] == "withdrawn"


def test_nobody_who_opted_out_is_opted_in(run: Recovery, file: Path) -> None:
    run("contacts", "opt-out", CALLER, "--evidence", "told Sam")
    run("consents", "import", str(file))
    assert "OPTED OUT" in run("contacts", "show", CALLER).stdout
    assert "withdrawn" in run("consents", "list", CALLER).stdout


def test_withdraw_says_what_it_did(run: Recovery, file: Path) -> None:
    assert "nobody with this address" in run("consents", "withdraw", CALLER, "--evidence", "x", code=1).stderr
    run("consents", "import", str(file))
    assert run("consents", "withdraw", CALLER, "--evidence", "told Sam").stdout == "1 consent withdrawn\n"
    assert run("consents", "withdraw", CALLER, "--evidence", "told Sam").stdout == "nothing was left to withdraw\n"
    shown = " ".join(run("contacts", "show", CALLER).stdout.split())
    assert "consent was taken back: express (text, voice call)" in shown
    assert "from 2026-05-03, withdrawn 2026-11-18: web form 4711" in shown


def test_a_missed_call_is_listed_with_its_end(run: Recovery, home: House) -> None:
    home.miss()
    told = run("consents", "list", CALLER).stdout
    assert "inquiry" in told
    assert "no end" in told
    assert "missed call CA" in told
    assert "nobody with this number" in run("consents", "list", "+447700900777", code=1).stderr


def test_many_lines_go_in_batches(run: Recovery, file: Path) -> None:
    """Some three batches; each phone is somebody of their own."""
    lines = [f"+44770090{number:04d},,express,sms,,2026-05-03,,row {number}\n" for number in range(450)]
    file.write_text(HEAD + "".join(lines), encoding="utf-8")
    assert "450 consents imported for acme" in run("consents", "import", str(file)).stdout
    assert len(rows(run("consents", "export").stdout)) == 450
