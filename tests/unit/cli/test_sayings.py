"""Whatever the record can hold has words: a reason that is added somewhere must be added here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from sidecar.channels.retell import webhooks
from sidecar.channels.twilio.errors import MEANINGS
from sidecar.cli import sayings, story
from sidecar.cli.sayings import clean, plain, trouble
from sidecar.domain import calls, consent, gates
from sidecar.domain.optout import Intent
from sidecar.domain.reports import Outcome
from sidecar.engine.intake.outcomes import CLOSING
from sidecar.engine.results import CallDecision

ENGINE = Path(calls.__file__).parents[1] / "engine"
GATES = Path(gates.__file__).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("reasons", "words"),
    [
        (calls.MISSED_REASONS, sayings.MISSED),
        (re.findall(r'Decision\("\w+", "(\w+)"', GATES), sayings.RULES),
        (get_args(consent.Reason), sayings.RULES),
        (gates.STAFF_TASK_REASONS, sayings.RULES),
        (get_args(consent.Basis), sayings.GROUNDS),
        (CLOSING, sayings.CLOSED),
        (get_args(Outcome), sayings.OUTCOMES),
        (set(get_args(Intent)) - {"none"}, sayings.INTENTS),
        (webhooks.NOT_REACHED, sayings.CALL_ENDS),
        (
            set(get_args(CallDecision)) - {"pending", "answered", "ignored", "opened", "refused"},
            sayings.DECIDED,
        ),
    ],
)
def test_every_reason_that_is_recorded_has_words(reasons: set[str], words: dict[str, str]) -> None:
    assert reasons
    assert set(reasons) - set(words) == set()


def test_every_event_that_the_engine_records_has_a_teller() -> None:
    recorded = {
        kind.partition(".")[0]
        for file in ENGINE.rglob("*.py")
        for kind in re.findall(r'\.record\(\s*f?"([a-z_]+\.[a-z_{]+)', file.read_text(encoding="utf-8"))
    }
    assert len(recorded) > 8, "the engine writes its record in another way now"
    assert recorded - set(story._TELLERS) == set()


def test_an_operators_own_reason_is_said_as_it_stands() -> None:
    assert plain("ask_owner_first", sayings.CLOSED) == "ask owner first"
    assert plain("held:ask_owner_first", sayings.RULES) == "the sequence is held (ask owner first)"
    assert plain("", sayings.CLOSED) == ""


def test_a_vendors_code_is_explained_or_repeated() -> None:
    assert trouble("sms", "21610") == "Twilio error 21610, they opted out at Twilio"
    assert trouble("sms", "30034") == f"Twilio error 30034, {MEANINGS[30034].remedy}"
    assert trouble("sms", "99999") == "Twilio error 99999"
    assert trouble("voice", "http_503") == "it answered 503"
    assert trouble("email", "smtp_550") == "smtp 550"
    assert trouble("voice", "timeout") == "no answer in time"


def test_every_twilio_error_without_a_remedy_has_words() -> None:
    assert {str(code) for code, meaning in MEANINGS.items() if not meaning.remedy} <= set(sayings.TWILIO)


def test_what_a_terminal_would_obey_is_taken_out() -> None:
    assert clean(" Ring me\x1b]0;owned\x07\r\nat 5\u202e ") == "Ring me�]0;owned��\nat 5�"
    assert clean("Zoë, 5 o’clock – ça va? 👍") == "Zoë, 5 o’clock – ça va? 👍"
