"""Consent asked for in a conversation: a plain YES to the question is on record, and the gates go by it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sidecar.domain.assent import OPEN_FOR, Asking
from sidecar.domain.consent import Consent, permits
from sidecar.store import consents
from sidecar.store.tables import questions
from tests.integration.engine.seeing import alerts, contact, contact_row, suppressed, texts_to
from tests.support.house import CALLER, NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable

    from sidecar.sandbox import Sandbox
    from tests.support.clock import ManualClock
    from tests.support.house import House

RING = Asking(frozenset({"voice"}), "service", "your kitchen quote")
QUESTION = "May our assistant ring you about your kitchen quote? YES or NO"


def say(home: House, text: str, asks: Asking | None = None) -> str:
    """Answer them; how it ended."""
    home.sidecar.driving._ring = home.settle
    home.clock.advance(seconds=2)  # Twilio's pace
    answer = home.sidecar.answers.send(home.business, channel="sms", text=text, by="ai", phone=CALLER, asks=asks)
    return answer.result


def asked(home: House, asks: Asking = RING) -> None:
    """They rang, wrote, and were asked."""
    home.miss()
    home.live(minutes=1)
    home.text("Can you quote for a kitchen?")
    assert say(home, QUESTION, asks) == "sent"
    home.clock.advance(minutes=5)


def express(home: House, phone: str = CALLER) -> list[Consent]:
    contact_id = contact_row(home, phone)["contact_id"]
    found = home.sidecar.store.read(lambda tx: consents.of_contact(tx, home.business.id, contact_id))
    return [consent for consent in found if consent.basis == "express"]


def states(home: House) -> list[str]:
    """Of every question, in order."""
    query = questions.select().order_by(questions.c.question_id)
    return [row.state for row in home.sidecar.store.read(lambda tx: tx.conn.execute(query).all())]


def told(home: House) -> list[str]:
    """Events about consent, in order."""
    return [event["type"] for event in contact(home)["events"] if event["type"].startswith("consent.")]


def test_a_plain_yes_is_consent_with_question_and_answer_as_evidence(home: House, sandbox: Sandbox) -> None:
    asked(home)
    home.text("Yes please!", message_id="SMyes")
    [consent] = express(home)
    assert (consent.channels, consent.purpose, consent.given_at) == (frozenset({"voice"}), "service", home.clock.now())
    question = next(each for each in contact(home)["sequences"][0]["touches"] if each["body"] == QUESTION)
    assert question["touch_id"] in consent.evidence
    assert "SMyes" in consent.evidence
    assert "your kitchen quote" in consent.evidence
    assert (states(home), told(home)) == (["given"], ["consent.asked", "consent.added"])
    home.settle()
    assert any("Yes please!" in alert for alert in alerts(sandbox)), "a person hears of it all the same"


def test_the_gates_go_by_it(make_home: Callable[..., House]) -> None:
    """Strict mode: the AI voice may ring at the next missed call, and not before."""
    home = make_home(strict_consent=True)
    asked(home)
    ask: dict[str, Any] = {"nurture": False, "follow_ups_sent": 0, "strict": True}
    before = permits(home.business.preset, express(home), "voice", "service", now=home.clock.now(), **ask)
    assert not isinstance(before, Consent)
    home.text("oui")
    home.clock.advance(hours=25)
    opened = home.miss()
    home.live(minutes=10)
    steps = {step["name"]: step["state"] for step in home.sequence(opened.sequence_id)["steps"]}
    assert steps["callback"] == "sent"


def test_a_no_is_a_refusal_and_no_stop(home: House) -> None:
    asked(home)
    home.text("No thanks")
    assert (express(home), states(home), suppressed(home)) == ([], ["refused"], False)
    assert told(home) == ["consent.asked", "consent.refused"]
    home.text("Yes")
    assert express(home) == [], "the question has been answered"


def test_anything_else_leaves_it_open(home: House) -> None:
    asked(home)
    home.text("yes but not by phone")
    home.text("Yes? What does it cost")
    assert (express(home), states(home)) == ([], ["open"])
    home.text("ok")
    assert (len(express(home)), states(home)) == (1, ["given"])


def test_a_yes_to_what_was_said_since_is_no_answer_to_it(home: House) -> None:
    asked(home)
    home.text("what does it cost?")
    assert say(home, "A kitchen is from 4,000. Shall I put you down for Tuesday?") == "sent"
    home.text("Yes")
    assert (express(home), states(home)) == ([], ["lapsed"])


def test_it_lapses_after_three_days(home: House, clock: ManualClock) -> None:
    asked(home)
    sent_at = clock.now() - timedelta(minutes=5)
    clock.set(sent_at + OPEN_FOR)
    home.text("maybe")
    assert states(home) == ["open"]
    clock.set(sent_at + OPEN_FOR + timedelta(seconds=1))
    home.text("Yes")
    assert (express(home), states(home)) == ([], ["lapsed"])


def test_a_message_that_comes_twice_is_one_answer(home: House) -> None:
    asked(home)
    for _ in range(3):
        home.text("Yes", message_id="SMyes")
    assert len(express(home)) == 1
    assert told(home).count("consent.added") == 1


def test_nobody_who_said_stop_consents_by_a_yes(home: House) -> None:
    asked(home)
    home.text("STOP", vendor_intent="opt_out", vendor_answered=True)
    assert states(home) == ["refused"]
    home.text("Yes")
    assert (express(home), suppressed(home)) == ([], True)
    home.text("START")
    home.text("Yes")
    assert (express(home), suppressed(home)) == ([], False), "START lifts the STOP and opens no question"


def test_a_stop_by_other_means_closes_the_question_too(home: House) -> None:
    asked(home)
    home.sidecar.intake.opt_out(home.business, phone=CALLER, source="api")
    home.sidecar.intake.opt_in(home.business, phone=CALLER, source="api", evidence="by letter")
    home.text("Yes")
    assert express(home) == []


def test_a_question_that_the_gates_kept_back_cannot_be_answered(home: House) -> None:
    home.miss()
    home.live(minutes=1)
    home.text("STOP", vendor_intent="opt_out", vendor_answered=True)
    assert say(home, QUESTION, RING) == "skipped"
    home.text("START")
    home.text("Yes")
    assert express(home) == []


def test_a_question_that_did_not_arrive_cannot_be_answered(home: House, sandbox: Sandbox) -> None:
    asked(home)
    from sidecar.domain.reports import DeliveryReport

    provider_id = next(text.sid for text in texts_to(sandbox) if text.body == QUESTION)
    home.sidecar.intake.delivery(home.business, DeliveryReport(provider_id, "undelivered", home.clock.now()))
    home.text("Yes")
    assert express(home) == []


def test_of_two_questions_the_later_one_is_open(home: House) -> None:
    asked(home)
    write = Asking(frozenset({"sms", "email"}), "marketing", "our spring offers")
    assert say(home, "And may we text and email you our spring offers? YES or NO", write) == "sent"
    assert states(home) == ["replaced", "open"]
    home.text("sure")
    [consent] = express(home)
    assert (consent.channels, consent.purpose) == (frozenset({"sms", "email"}), "marketing")


def test_only_the_one_who_was_asked_can_answer(home: House) -> None:
    asked(home)
    other = "+447700900777"
    home.text("Yes", caller=other)
    assert express(home) == []
    assert express(home, other) == []
    assert states(home) == ["open"]


def test_an_answer_by_another_channel_or_with_a_picture_is_none(home: House, sandbox: Sandbox) -> None:
    sandbox.hubspot_contact("Ann", "Lee", CALLER, "ann@example.com")
    asked(home)
    from sidecar.domain.reports import MessageReport

    mail = MessageReport("<1@example.com>", "email", home.clock.now(), "replies@acme.example", "ann@example.com", "Yes")
    home.sidecar.intake.message(home.business, mail, source="api")
    home.text("Yes", media=1)
    assert (express(home), states(home)) == ([], ["open"])


def test_an_answer_that_is_found_in_the_log_counts_from_when_it_was_written(home: House, clock: ManualClock) -> None:
    asked(home)
    from sidecar.domain.reports import MessageReport

    written = clock.now()
    clock.advance(minutes=5)
    assert say(home, "By the way, do you have a drawing?") == "sent"
    late = MessageReport("SMlate", "sms", written, NUMBER, CALLER, "yes")
    home.sidecar.intake.message(home.business, late, source="log")
    assert [consent.given_at for consent in express(home)] == [written]


def test_a_yes_that_was_written_before_the_question_is_none(home: House, clock: ManualClock) -> None:
    asked(home)
    from sidecar.domain.reports import MessageReport

    early = MessageReport("SMearly", "sms", clock.now() - timedelta(minutes=10), NUMBER, CALLER, "yes")
    home.sidecar.intake.message(home.business, early, source="log")
    assert (express(home), states(home)) == ([], ["open"])


@pytest.mark.parametrize("purpose", ["service", "marketing"])
def test_purpose_and_channels_are_those_of_the_question(home: House, purpose: Any) -> None:
    asked(home, replace(RING, purpose=purpose, channels=frozenset({"sms", "voice"})))
    home.text("D'accord")
    assert [(consent.purpose, consent.channels) for consent in express(home)] == [
        (purpose, frozenset({"sms", "voice"}))
    ]
