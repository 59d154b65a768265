"""What belongs to a story is in it, once and in order, and nothing of anybody else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from sidecar.record.timeline import Timeline
from tests.support.house import CALLER, NUMBER

if TYPE_CHECKING:
    from sidecar.store.database import Store
    from tests.support.house import House

STRANGER = "+447700900124"
NOBODY = "+447700900199"


def types(seen: dict[str, Any]) -> list[str]:
    return [each["type"] for each in seen["events"]]


def person(home: House, phone: str = CALLER) -> dict[str, Any]:
    contact_id = home.sidecar.timeline.contact_with("acme", phone)
    assert contact_id is not None
    seen = home.sidecar.timeline.person("acme", contact_id)
    assert seen is not None
    return seen


def test_a_sequence_has_the_events_of_its_calls_and_of_the_stop_that_closed_it(home: House) -> None:
    first = home.miss()
    home.live(minutes=1)
    folded = home.miss()
    other = home.miss(STRANGER)
    home.live(minutes=1)
    home.text("STOP")
    home.live(minutes=1)
    seen = home.sequence(first.sequence_id)
    assert types(seen)[:3] == ["call.recorded", "sequence.opened", "call.missed"]
    assert types(seen).count("call.recorded") == 2
    assert types(seen).count("suppression.added") == 1
    assert {call["call_id"]: call["decision"] for call in seen["calls"]} == {
        first.call_id: "opened", folded.call_id: "folded",
    }  # fmt: skip
    assert [message["body"] for message in seen["messages"]] == ["STOP"]
    assert seen["contact"]["suppressed"] is True
    assert CALLER not in json.dumps(seen["contact"])
    strangers = home.sequence(other.sequence_id)
    assert {each["call_id"] for each in strangers["events"]} <= {other.call_id, None}
    assert "suppression.added" not in types(strangers)
    assert strangers["messages"] == []


def test_every_event_stands_once_and_in_the_order_of_its_writing(home: House) -> None:
    opened = home.miss()
    home.live(minutes=10)
    home.text("Yes please")
    for seen in (home.sequence(opened.sequence_id), person(home)):
        ids = [each["event_id"] for each in seen["events"]]
        assert ids == sorted(set(ids))
        assert [each["at"] for each in seen["events"]] == sorted(each["at"] for each in seen["events"])


def test_what_came_after_the_end_or_before_the_start_is_another_story_s(home: House) -> None:
    first = home.miss()
    home.live(minutes=1)
    home.sidecar.intake.opt_out(home.business, phone=CALLER, source="operator")
    home.clock.advance(hours=1)
    home.sidecar.intake.opt_in(home.business, phone=CALLER, source="operator", evidence="on the phone")
    home.clock.advance(hours=1)
    second = home.miss()
    assert "suppression.added" in types(home.sequence(first.sequence_id))
    assert "suppression.lifted" not in types(home.sequence(first.sequence_id))
    assert not [kind for kind in types(home.sequence(second.sequence_id)) if kind.startswith("suppression.")]
    whole = person(home)
    assert [kind for kind in types(whole) if kind.startswith("suppression.")] == [
        "suppression.added", "suppression.evidence", "suppression.lifted",
    ]  # fmt: skip
    assert [each["sequence_id"] for each in whole["sequences"]] == [first.sequence_id, second.sequence_id]
    assert types(whole).count("call.recorded") == 2
    assert whole["suppressed"] is False
    assert whole["addresses"][0]["address"] == CALLER
    assert whole["consents"][0]["basis"] == "inquiry"


def test_a_call_that_opened_nothing_is_in_the_person_s_story(home: House) -> None:
    home.sidecar.intake.opt_out(home.business, phone=CALLER, source="operator")
    home.miss()
    seen = person(home)
    assert seen["sequences"] == []
    assert types(seen) == ["suppression.added", "call.recorded", "call.missed"]
    assert seen["calls"][0]["decision"] == "suppressed"


def test_a_call_that_was_judged_later_keeps_its_first_report(home: House) -> None:
    from sidecar.domain.reports import CallReport

    now = home.clock.now()
    ringing = CallReport("CA7", "twilio", now, to=NUMBER, caller=CALLER, status="ringing")
    home.sidecar.intake.call(home.business, ringing, source="twilio")
    home.clock.advance(seconds=40)
    missed = home.miss(call_id="CA7")
    seen = home.sequence(missed.sequence_id)
    assert types(seen)[:3] == ["call.recorded", "sequence.opened", "call.missed"]
    assert seen["events"][0]["at"] == now.isoformat()


def test_people_are_listed_with_what_is_under_way(home: House) -> None:
    home.miss()
    home.clock.advance(seconds=1)
    home.miss(STRANGER)
    home.sidecar.intake.opt_out(home.business, phone=CALLER, source="operator")
    stranger, caller = home.sidecar.timeline.people(["acme"])
    assert (stranger["phone"], stranger["under_way"], stranger["suppressed"]) == ("+44 •••124", "open", False)
    assert (caller["phone"], caller["under_way"], caller["suppressed"]) == ("+44 •••123", None, True)
    assert home.sidecar.timeline.people(["acme"], limit=1) == [stranger]
    assert home.sidecar.timeline.people(["other"]) == []


def test_one_business_never_sees_another_s(home: House) -> None:
    opened = home.miss()
    seen = person(home)
    timeline = home.sidecar.timeline
    assert timeline.sequence("other", opened.sequence_id) is None
    assert timeline.person("other", seen["contact_id"]) is None
    assert timeline.contact_with("other", CALLER) is None
    assert timeline.listing(["other"]) == []
    assert timeline.contact_with("acme", NOBODY) is None


@pytest.mark.parametrize("store_kind", ["sqlite"], indirect=True)
def test_no_question_reads_a_whole_table_or_a_whole_business(home: House) -> None:
    opened = home.miss()
    home.live(minutes=1)
    home.text("STOP")
    contact_id = person(home)["contact_id"]
    asked = questions(home.sidecar.store, opened.sequence_id, contact_id)
    assert len(asked) > 10
    with home.sidecar.store.engine.connect() as connection:
        for statement, values in asked:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
            wide = [row[3] for row in plan if row[3].startswith("SCAN") or row[3].endswith("(business_id=?)")]
            limited = "FROM contacts" in statement and "LIMIT" in statement  # the newest few, off the primary key
            assert wide == [] or limited, statement


def questions(store: Store, sequence_id: str, contact_id: str) -> list[tuple[str, Any]]:
    """What the timeline asks of the database."""
    asked: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, values))

    event.listen(store.engine, "before_cursor_execute", note)
    try:
        timeline = Timeline(store)
        timeline.sequence("acme", sequence_id)
        timeline.person("acme", contact_id)
        timeline.people(["acme"])
    finally:
        event.remove(store.engine, "before_cursor_execute", note)
    return asked
