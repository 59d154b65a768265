"""What was kept for its time goes by itself: not sooner, not what somebody still needs, and a STOP holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select, update

from sidecar.domain.consent import Consent
from sidecar.domain.retention import Retention
from sidecar.engine import retention
from sidecar.sandbox import Sandbox
from sidecar.store.tables import calls, deliveries, messages, sequences, steps, suppressions, touches
from tests.integration.record.test_forget import EMAIL, contact_of, live, told
from tests.support.house import CALLER, House, a_business, house

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Table

    from tests.support.clock import ManualClock

KEPT = Retention(people=timedelta(days=200), deliveries=timedelta(days=30))
FORGOTTEN = "contact.forgotten"


@pytest.fixture
def home(store_url: str, clock: ManualClock) -> Iterator[House]:
    with Sandbox(clock.now) as sandbox:
        sandbox.hubspot_contact("Maya", "Osei", CALLER, EMAIL, deal_stage="Quote sent")
        with house(store_url, clock, a_business(sandbox, retention=KEPT)) as built:
            yield built


def look(home: House, **later: float) -> None:
    home.clock.advance(timedelta(**later))
    home.sidecar.retention.look()


def count(home: House, table: Table) -> int:
    return int(
        home.sidecar.store.read(lambda tx: tx.conn.execute(select(func.count()).select_from(table)).scalar_one())
    )


def end_open(home: House, caller: str = CALLER) -> None:
    """Their sequence is over: somebody dealt with it."""
    found = home.sidecar.timeline.person("acme", contact_of(home, caller))
    assert found is not None
    for one in found["sequences"]:
        if one["state"] != "closed":
            home.sidecar.hand.close(home.business, one["sequence_id"], reason="done")
    home.live(minutes=1)


def consent(home: House, basis: Any = "contract", days: int | None = None) -> None:
    now = home.clock.now()
    ends = None if days is None else now + timedelta(days=days)
    given = Consent(basis, frozenset({"email"}), "service", now, ends, "form 12")
    home.sidecar.intake.consent(home.business, consent=given, phone=CALLER)


def a_person(home: House, caller: str = CALLER) -> str:
    home.miss(caller)
    home.live(minutes=1)
    end_open(home, caller)
    return contact_of(home, caller)


def is_known(home: House, caller: str = CALLER) -> bool:
    return home.sidecar.timeline.contact_with("acme", caller) is not None


def test_who_is_quiet_for_the_period_is_forgotten_and_not_a_day_sooner(home: House) -> None:
    a_person(home)
    home.miss("+447700900124")
    home.live(minutes=1)
    end_open(home, "+447700900124")
    look(home, days=199)
    assert is_known(home)
    home.text("Hello again", caller="+447700900124")
    home.live(minutes=1)
    before = count(home, touches), count(home, calls)

    look(home, days=2)

    assert not is_known(home)
    assert is_known(home, "+447700900124"), "their message starts the period anew"
    assert told(home) == []
    assert (count(home, touches), count(home, calls)) == before, "what was counted stays"


def test_it_is_done_by_the_code_that_forgets_on_request(home: House) -> None:
    contact_id = live(home)
    end_open(home)
    withdraw_all(home, contact_id)
    look(home, days=201)

    assert told(home) == []
    person = home.sidecar.timeline.person("acme", contact_id)
    assert person is not None
    [event] = [event for event in person["events"] if event["type"] == FORGOTTEN]
    assert event["reason"] == "retention"


def withdraw_all(home: House, contact_id: str) -> None:
    """What was agreed to is over."""
    from sidecar.store import consents

    home.sidecar.store.write(lambda tx: consents.withdraw_all(tx, "acme", [contact_id], home.clock.now(), "by phone"))


def test_it_is_idempotent(home: House) -> None:
    contact_id = a_person(home)
    look(home, days=201)
    once = home.sidecar.timeline.person("acme", contact_id)
    look(home, days=300)

    assert home.sidecar.timeline.person("acme", contact_id) == once


def test_a_stop_holds_afterwards(home: House) -> None:
    a_person(home)
    home.text("STOP")
    home.live(minutes=1)
    stops = count(home, suppressions)
    look(home, days=201)
    home.clock.set(home.clock.now().replace(hour=11))

    assert not is_known(home)
    assert count(home, suppressions) == stops
    assert home.miss().decision == "suppressed"


def test_an_open_sequence_is_left_alone_whole(home: House) -> None:
    opened = home.miss()
    home.live(minutes=1)
    before = home.sequence(opened.sequence_id), count(home, deliveries), count(home, messages)
    assert before[0]["state"] != "closed"

    home.clock.advance(days=1000)  # as after a year on a shelf: nothing has been driven since
    home.sidecar.retention.look()

    assert is_known(home)
    assert (home.sequence(opened.sequence_id), count(home, deliveries), count(home, messages)) == before
    assert count(home, steps) == len(before[0]["steps"])
    assert count(home, sequences) == 1


def test_a_standing_consent_keeps_and_its_end_starts_the_period(home: House) -> None:
    a_person(home)
    consent(home, days=300)
    look(home, days=290)
    assert is_known(home), "it stands"
    look(home, days=200)
    assert is_known(home), "it ended 190 days ago"
    look(home, days=11)
    assert not is_known(home)


def test_a_consent_without_an_end_keeps_until_it_is_withdrawn(home: House) -> None:
    contact_id = a_person(home)
    consent(home)
    look(home, days=2000)
    assert is_known(home)
    withdraw_all(home, contact_id)
    look(home, days=199)
    assert is_known(home)
    look(home, days=2)
    assert not is_known(home)


@pytest.mark.parametrize("state", ["due", "dead"])
def test_what_is_owed_about_them_is_seen_first(home: House, state: str) -> None:
    home.miss()
    home.live(minutes=1)
    home.text("Please ring me")
    home.live(minutes=1)
    end_open(home)
    alerts = select(deliveries.c.delivery_id).where(deliveries.c.kind == "staff")
    one = home.sidecar.store.read(lambda tx: tx.conn.execute(alerts).scalars().first())

    def put(to: str) -> None:
        query = update(deliveries).where(deliveries.c.delivery_id == one).values(state=to, due_at=home.clock.now())
        home.sidecar.store.write(lambda tx: tx.conn.execute(query))

    put(state)
    look(home, days=400)
    assert is_known(home)
    assert count(home, deliveries) == 1, "only what was delivered is gone"
    put("delivered")
    look(home, hours=1)
    assert not is_known(home)


def test_deliveries_go_after_their_own_period(home: House) -> None:
    a_person(home)
    before = count(home, deliveries)
    assert before
    look(home, days=29)
    assert count(home, deliveries) == before
    look(home, days=2)
    assert count(home, deliveries) == 0
    assert is_known(home)


def test_callers_who_became_nobodys_contact_are_forgotten_too(home: House) -> None:
    home.business = replace(home.business, blocked=frozenset({"+447700900125"}))
    home.miss("+447700900125")
    assert not is_known(home, "+447700900125")

    def callers() -> list[str | None]:
        return list(home.sidecar.store.read(lambda tx: tx.conn.execute(select(calls.c.caller)).scalars()))

    look(home, days=199)
    assert callers() == ["+447700900125"]
    look(home, days=2)
    assert callers() == [None]


def test_no_transaction_takes_more_than_its_batch_and_all_are_done_in_the_end(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    monkeypatch.setattr(retention, "PEOPLE_PER_LOOK", 3)
    people = [f"+44770090012{n}" for n in range(5)]
    for caller in people:
        a_person(home, caller)
    consent(home)  # of the fourth: who is kept takes nobody's place
    sizes: list[int] = []
    write = home.sidecar.store.write

    def watched(unit: Any) -> Any:
        before = count(home, deliveries)
        done = write(unit)
        sizes.append(before - count(home, deliveries))
        return done

    monkeypatch.setattr(home.sidecar.store, "write", watched)
    look(home, days=201)
    assert sum(is_known(home, caller) for caller in people) == 2
    assert max(sizes) <= 2
    look(home, hours=1)
    assert [caller for caller in people if is_known(home, caller)] == [CALLER]


def test_who_rings_in_the_last_moment_is_kept(home: House) -> None:
    contact_id = a_person(home)
    home.clock.advance(days=201)
    before = home.clock.now() - KEPT.people
    home.clock.set(home.clock.now().replace(hour=11))
    home.miss()

    assert not home.sidecar.forgetting.forget_quiet(home.business, contact_id, before)
    assert is_known(home)
