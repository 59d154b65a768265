"""The gates, one by one and in their order: the first that answers decides (design §5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.domain.compliance import preset, windows_for
from sidecar.domain.consent import from_inquiry
from sidecar.domain.gates import GATES, STAFF_TASK_REASONS, Facts, SenderFacts, StepFacts, decide
from sidecar.domain.pace import Pace

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
UK = preset("uk")
HOURS = windows_for(
    UK, "sms", zones=("Europe/London",), states=(), business_zone="Europe/London", region="GB", subdivision=None
)
FINE = Facts(
    preset=UK,
    consents=(from_inquiry(UK, NOW - timedelta(minutes=1)),),
    address="+447700900123",
    windows=HOURS,
    sender=SenderFacts(pace=Pace()),
)
TEXT = StepFacts("sms", "service", first=True, due_at=NOW, deadline_at=NOW + timedelta(seconds=90))


def facts(**changes: Any) -> Facts:
    return replace(FINE, **changes)


def step(**changes: Any) -> StepFacts:
    return replace(TEXT, **changes)


def test_what_nothing_speaks_against_is_sent() -> None:
    decision = decide(TEXT, FINE, NOW)
    assert (decision.verdict, decision.reason) == ("send", "allowed")
    assert decision.pace is not None
    assert decision.pace.first_free_at == NOW + timedelta(seconds=1)


NIGHT = datetime(2026, 11, 18, 22, 0, tzinfo=UTC)
BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    # what speaks against it: by its gate, the verdict and the reason
    "suppressed": ({"suppressed": True}, "close", "opted_out"),
    "closed": ({"closed": "replied"}, "skip", "replied"),
    "held": ({"held": "operator"}, "defer", "held:operator"),
    "consent": ({"consents": ()}, "skip", "no_basis"),
    "reachable": ({"unreachable": "landline"}, "skip", "landline"),
    "frequency": ({"touches_last_day": 4}, "skip", "too_many_today"),
    "calling": ({"on_the_line": True}, "defer", "on_the_line"),
    "sender": ({"sender": SenderFacts(held="30034")}, "defer", "sender_held:30034"),
}


@pytest.mark.parametrize("gate", BAD)
def test_each_gate_says_its_word(gate: str) -> None:
    changes, verdict, reason = BAD[gate]
    decision = decide(TEXT, facts(**changes), NOW)
    assert (decision.gate, decision.verdict, decision.reason) == (gate, verdict, reason)
    assert (decision.until is not None) == (verdict == "defer")


def test_the_first_gate_that_answers_decides_in_the_order_of_the_design() -> None:
    assert [gate.__name__ for gate in GATES] == [
        "suppressed", "closed", "held", "consent", "reachable", "frequency", "early", "stale", "calling", "window",
        "sender",
    ]  # fmt: skip
    names = list(BAD)
    for index, name in enumerate(names):
        against: dict[str, Any] = {}
        for later in reversed(names[index:]):
            against |= BAD[later][0]
        assert decide(TEXT, facts(**against), NOW).gate == name


def test_no_address_is_a_reason_of_its_own() -> None:
    assert decide(TEXT, facts(address=None), NOW).reason == "no_address"


def test_early_waits_for_its_time_and_stale_is_left_out() -> None:
    early = decide(TEXT, FINE, NOW - timedelta(seconds=1))
    assert (early.verdict, early.gate, early.until) == ("defer", "early", NOW)
    assert decide(TEXT, FINE, NOW + timedelta(seconds=90)).verdict == "send"
    late = decide(TEXT, FINE, NOW + timedelta(seconds=91))
    assert (late.verdict, late.reason) == ("skip", "stale")


def test_outside_the_hours_it_waits_for_the_first_legal_minute() -> None:
    decision = decide(step(due_at=NIGHT, deadline_at=None), FINE, NIGHT)
    assert (decision.gate, decision.reason) == ("window", "outside_hours")
    assert decision.until is not None
    assert decision.until.astimezone(ZoneInfo("Europe/London")).hour == 8


def test_where_no_hour_is_legal_it_is_left_out() -> None:
    never = replace(HOURS[0], closed_days=frozenset((NOW + timedelta(days=n)).date() for n in range(-1, 20)))
    decision = decide(TEXT, facts(windows=(never,)), NOW)
    assert (decision.verdict, decision.reason) == ("skip", "no_legal_time")


def test_an_open_circuit_and_a_turn_to_wait_for() -> None:
    until = NOW + timedelta(seconds=5)
    down = decide(TEXT, facts(sender=SenderFacts(circuit_open_until=until)), NOW)
    assert (down.reason, down.until) == ("provider_down", until)
    assert decide(TEXT, facts(sender=SenderFacts(circuit_open_until=NOW)), NOW).verdict == "send"
    queued = decide(TEXT, facts(sender=SenderFacts(pace=Pace(first_free_at=until))), NOW)
    assert (queued.verdict, queued.reason, queued.until) == ("defer", "pace", until)


def test_who_would_be_stale_when_their_turn_comes_takes_none() -> None:
    long_queue = SenderFacts(pace=Pace(first_free_at=NOW + timedelta(seconds=91)))
    decision = decide(TEXT, facts(sender=long_queue), NOW)
    assert (decision.verdict, decision.reason, decision.pace) == ("skip", "stale", None)


@pytest.mark.parametrize(
    "sender", [SenderFacts(held="30034"), SenderFacts(circuit_open_until=NOW + timedelta(hours=1))]
)
def test_a_sender_that_is_away_is_asked_again_no_later_than_the_words_are_stale(sender: SenderFacts) -> None:
    decision = decide(TEXT, facts(sender=sender), NOW)
    assert decision.until is not None
    assert decision.until <= NOW + timedelta(seconds=91)
    assert decide(TEXT, facts(sender=sender), decision.until).reason == "stale"
    patient = decide(step(deadline_at=None), facts(sender=sender), NOW)
    assert patient.until is not None
    assert patient.until >= NOW + timedelta(minutes=10)


EVERYTHING = {
    "closed": "replied", "held": "operator", "consents": (), "touches_last_day": 99,
    "windows": (), "last_message_at": NOW - timedelta(hours=1),
}  # fmt: skip


def test_a_fresh_answer_passes_suppressed_reachable_and_sender_only() -> None:
    answer = step(kind="answer", deadline_at=None)
    assert decide(answer, facts(**EVERYTHING), NOW).verdict == "send"
    night = facts(**{**EVERYTHING, "windows": HOURS, "last_message_at": NIGHT - timedelta(hours=1)})
    assert decide(replace(answer, due_at=NIGHT), night, NIGHT).verdict == "send"
    assert decide(answer, facts(**EVERYTHING, suppressed=True), NOW).reason == "opted_out"
    assert decide(answer, facts(**EVERYTHING, unreachable="invalid"), NOW).reason == "invalid"
    held = facts(**EVERYTHING, sender=SenderFacts(held="30034"))
    assert decide(answer, held, NOW).reason == "sender_held:30034"


@pytest.mark.parametrize(
    ("against", "reason"),
    [
        ({"held": "operator"}, "held:operator"),
        ({"held": "unclear_stop"}, "held:unclear_stop"),
        ({"in_doubt": True}, "held:unclear_stop"),
        ({"on_the_line": True}, "on_the_line"),
    ],
)
@pytest.mark.parametrize("age", [timedelta(hours=1), timedelta(hours=25)])
def test_an_ai_answers_nobody_whom_a_person_must_read_or_speaks_to(
    against: dict[str, Any], reason: str, age: timedelta
) -> None:
    """It is left out and does not wait: what it answers will have been answered by then."""
    answer = step(kind="answer", by_ai=True, deadline_at=None)
    known = {"last_message_at": NOW - age, "closed": "replied"}
    assert decide(answer, facts(**known), NOW).verdict == "send"
    decision = decide(answer, facts(**known, **against), NOW)
    assert (decision.verdict, decision.reason) == ("skip", reason)


@pytest.mark.parametrize("last", [None, NOW - timedelta(hours=24, seconds=1)])
def test_a_late_answer_asks_every_gate_but_whether_the_sequence_is_over(last: datetime | None) -> None:
    answer = step(kind="answer", deadline_at=None)
    assert decide(answer, facts(closed="replied", last_message_at=last), NOW).verdict == "send"
    assert decide(answer, facts(held="operator", last_message_at=last), NOW).gate == "held"
    assert decide(answer, facts(consents=(), last_message_at=last), NOW).gate == "consent"


def test_the_confirmation_of_a_stop_goes_out_at_once_or_not_at_all() -> None:
    confirmation = step(kind="confirmation", deadline_at=NOW + timedelta(minutes=5))
    stopped = facts(suppressed=True, closed="opted_out", consents=())
    assert decide(confirmation, stopped, NOW).verdict == "send"
    assert decide(confirmation, stopped, NOW + timedelta(minutes=6)).reason == "stale"
    assert decide(confirmation, replace(stopped, unreachable="landline"), NOW).verdict == "skip"


def test_staff_are_asked_whether_it_matters_still_and_when_they_are_there() -> None:
    task = StepFacts("staff", "service", due_at=NOW)
    everything = facts(suppressed=True, held="operator", consents=(), address=None, touches_last_day=99, windows=())
    assert decide(task, everything, NOW).verdict == "send"
    assert decide(task, replace(everything, closed="replied"), NOW).verdict == "skip"
    assert decide(replace(task, due_at=NIGHT), replace(everything, windows=HOURS), NIGHT).gate == "window"


ANY_FACTS = st.builds(
    facts,
    suppressed=st.booleans(),
    closed=st.sampled_from(["", "replied"]),
    held=st.sampled_from(["", "operator"]),
    consents=st.sampled_from([(), FINE.consents]),
    address=st.sampled_from([None, "+447700900123"]),
    unreachable=st.sampled_from(["", "landline", "invalid"]),
    touches_last_day=st.integers(0, 6),
    last_message_at=st.sampled_from([None, NOW - timedelta(hours=2), NOW - timedelta(days=2)]),
    sender=st.builds(
        SenderFacts,
        pace=st.sampled_from([None, Pace(), Pace(NOW + timedelta(seconds=3), NOW + timedelta(seconds=9))]),
        circuit_open_until=st.sampled_from([None, NOW + timedelta(seconds=5)]),
        held=st.sampled_from(["", "30007"]),
    ),
)
ANY_STEP = st.builds(
    StepFacts,
    channel=st.sampled_from(["sms", "voice", "email", "staff"]),
    purpose=st.sampled_from(["service", "marketing"]),
    kind=st.sampled_from(["touch", "answer", "confirmation"]),
    by_ai=st.booleans(),
    first=st.booleans(),
    nurture=st.booleans(),
    due_at=st.sampled_from([None, NOW - timedelta(hours=1), NOW, NOW + timedelta(hours=1)]),
    deadline_at=st.sampled_from([None, NOW - timedelta(minutes=1), NOW + timedelta(minutes=1)]),
    slot_at=st.sampled_from([None, NOW, NOW + timedelta(seconds=2)]),
)
MOMENT = st.integers(-3000, 3000).map(lambda minutes: NOW + timedelta(minutes=minutes))


@given(ANY_STEP, ANY_FACTS, MOMENT)
def test_whatever_stands_against_it_the_promises_hold(asked: StepFacts, known: Facts, now: datetime) -> None:
    if asked.channel == "staff" and asked.kind != "touch":
        asked = replace(asked, kind="touch")
    decision = decide(asked, known, now)
    assert decision.reason
    if decision.verdict == "defer":
        assert decision.until is not None
        assert decision.until > now, "a deferral to the present would be asked again at once"
    if decision.verdict != "send":
        assert decision.gate
        return
    if asked.channel != "staff":
        assert not known.suppressed or asked.kind == "confirmation", "after a STOP nothing but the confirmation"
        assert known.address is not None
        assert not known.unreachable
        assert not known.sender.held
    if asked.kind == "touch":
        assert not known.closed
        assert asked.due_at is None or asked.due_at <= now
        local = now.astimezone(ZoneInfo("Europe/London"))
        assert 8 <= local.hour < 20


def test_a_lead_that_is_left_out_for_these_reasons_goes_to_a_person() -> None:
    assert {"landline", "no_address", "stale", "voice_without_consent", "too_many_today"} <= STAFF_TASK_REASONS
    assert not {"opted_out", "replied", "early"} & STAFF_TASK_REASONS
