from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from sidecar.crm.hubspot.deals import minor_units, newest
from sidecar.crm.hubspot.touches import properties_of
from sidecar.crm.none import NoCrm
from sidecar.crm.port import TouchNote
from tests.unit.channels.example import THEIRS, business

AT = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)


def note(**changes: Any) -> TouchNote:
    fields: dict[str, Any] = {
        "crm_id": "7",
        "touch_id": "tch_1",
        "channel": "email",
        "at": AT,
        "body": "Hi <b>",
    }
    return TouchNote(**fields | changes)


def test_an_email_is_kept_as_plain_text() -> None:
    assert properties_of(note()) == {
        "hs_timestamp": "2026-11-18T10:00:00.000Z",
        "hs_email_text": "Hi <b>\n\n[recovery touch tch_1]",
        "hs_email_direction": "EMAIL",
        "hs_email_status": "SENT",
        "hs_email_subject": "Follow-up of a missed call",
    }


def test_what_somebody_wrote_cannot_become_markup() -> None:
    assert properties_of(note(channel="sms"))["hs_communication_body"].startswith("Hi &lt;b&gt;<br>")


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        ("human_answered", "COMPLETED"),
        ("voicemail_reached", "NO_ANSWER"),
        ("dial_no_answer", "NO_ANSWER"),
        ("busy", "BUSY"),
        ("failed", "FAILED"),
        ("", "COMPLETED"),
    ],
)
def test_the_outcome_of_a_call_in_hubspots_words(outcome: str, status: str) -> None:
    kept = properties_of(note(channel="voice", outcome=outcome))
    assert (kept["hs_call_status"], kept["hs_call_duration"]) == (status, "0")
    assert not kept["hs_call_title"].endswith(": ")


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("1234.50", "GBP", 123450),
        ("0.005", "GBP", 0),
        ("900", "JPY", 900),
        ("1.234", "KWD", 1234),
        ("12", "gbp", 1200),
        ("", "GBP", None),
        (None, "GBP", None),
        ("a lot", "GBP", None),
        ("NaN", "GBP", None),
    ],
)
def test_money_is_in_minor_units(amount: str | None, currency: str, minor: int | None) -> None:
    assert minor_units(amount, currency) == minor


def test_the_newest_have_the_highest_numbers() -> None:
    assert newest([9, "100", 23, 23], 2) == ["100", "23"]


def test_no_crm_knows_nobody_and_takes_everything() -> None:
    crm = NoCrm()
    ours = business()
    assert crm.find_person(ours, THEIRS) is None
    assert crm.won_deals(ours, ("7",), AT) == ()
    assert ours.name in crm.probe(ours)
    crm.log_touch(ours, note())
    crm.set_opt_out(ours, "7", opted_out=True, source="sms", at=AT)
    crm.set_exhausted(ours, "7", AT)


def test_the_sdk_is_not_loaded_until_it_is_used() -> None:
    code = (
        "import sys\n"
        "from sidecar.crm import Crms\n"
        "crm = Crms(lambda: 0.0)\n"
        "heavy = {'hubspot', 'urllib3', 'requests', 'stamina'} & set(sys.modules)\n"
        "crm.warm()\n"
        "heavy |= {'hubspot.crm.objects', 'stamina'} - set(sys.modules)\n"
        "crm.close()\n"
        "sys.exit(', '.join(sorted(heavy)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
