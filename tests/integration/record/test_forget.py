"""Who is forgotten is in no table any more, in no form; their STOP holds all the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from sidecar.domain.consent import Consent
from sidecar.domain.reports import MessageReport
from sidecar.sandbox import Sandbox
from sidecar.store import contacts, forgetting
from sidecar.store.tables import metadata
from sidecar.web import rows as web_rows
from tests.support.house import CALLER, House, a_business, house

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.clock import ManualClock

EMAIL = "maya.osei@example.com"
WORDS = "flooded"
TELLING = (
    "7700900123", "7700 900123", "7700-900123", "7700 900 123", "%2b44", "maya", "osei", "maya.osei%40", "flooded",
    "cellar", "quote sent", "gdprsecret",
)  # fmt: skip
STRANGER = "+447700900124"


@pytest.fixture
def home(store_url: str, clock: ManualClock) -> Iterator[House]:
    with Sandbox(clock.now) as sandbox:
        sandbox.hubspot_contact("Maya", "Osei", CALLER, EMAIL, deal_stage="Quote sent")
        with house(store_url, clock, a_business(sandbox)) as built:
            yield built


def contact_of(home: House, phone: str = CALLER) -> str:
    contact_id = home.sidecar.timeline.contact_with("acme", phone)
    assert contact_id is not None
    return contact_id


def live(home: House) -> str:
    """A life with us: calls, texts both ways, a voice call, an email and its answer, consent, evidence, a key."""
    home.miss(caller_name="MAYA OSEI")
    home.live(hours=1)
    home.text("My cellar is flooded, mail me at maya.osei@example.com")
    report = MessageReport(
        f"<123.{EMAIL}>", "email", home.clock.now(), to="replies@acme.example", sender=EMAIL, body="Still flooded"
    )
    home.sidecar.intake.message(home.business, report, source="api")
    home.live(hours=3)
    second = home.miss()
    home.live(minutes=1)
    business, intake = home.business, home.sidecar.intake
    given = Consent("express", frozenset({"sms"}), "service", home.clock.now(), None, "Maya said gdprsecret")
    intake.consent(business, consent=given, phone=CALLER)
    intake.opt_in(business, phone=CALLER, source="operator", evidence="Maya rang: gdprsecret")
    home.sidecar.flow_errors(business, workflow="w", execution_id="1", message=f"no {CALLER} in Maya's list")
    home.sidecar.hand.close(business, second.sequence_id, reason="Maya is a friend")
    contact_id = contact_of(home)

    def keep(tx: Any) -> None:
        now = home.clock.now()
        web_rows.begin_once(tx, "acme", CALLER, route="r", fingerprint="f", now=now, take_over=True)
        web_rows.begin_once(tx, "acme", "k", route="r", fingerprint="f", now=now, take_over=True)
        web_rows.end_once(tx, "acme", "k", route="r", status=200, answer={"contact_id": contact_id})

    home.sidecar.store.write(keep)
    home.live(hours=1)
    return contact_id


def told(home: House) -> list[str]:
    """Every place in the database that gives the person away."""
    found = []
    with home.sidecar.store.engine.connect() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(select(table)).mappings():
                for name, value in row.items():
                    text = json.dumps(value, ensure_ascii=False, default=str).lower()
                    found += [f"{table.name}.{name}: {text[:80]}" for telling in TELLING if telling in text]
    return found


def test_the_test_would_see_it(home: House) -> None:
    live(home)
    places = {place.partition(":")[0] for place in told(home)}

    assert {
        "calls.caller", "calls.caller_name", "contacts.first_name", "contacts.last_name", "addresses.address",
        "consents.evidence", "touches.address", "touches.body", "messages.body", "messages.sender",
        "messages.message_id", "events.data", "idempotency.key", "deliveries.payload",
    } <= places  # fmt: skip


def test_no_column_of_any_table_gives_them_away(home: House) -> None:
    contact_id = live(home)

    counted = home.sidecar.forgetting.forget(home.business, contact_id)

    assert told(home) == []
    assert counted["calls"] == 2
    assert counted["messages"] >= 3
    assert home.sidecar.timeline.contact_with("acme", CALLER) is None


def test_figures_stay_and_others_are_left_alone(home: House) -> None:
    home.miss(STRANGER)
    contact_id = live(home)
    stranger = home.sidecar.timeline.person("acme", contact_of(home, STRANGER))
    before = home.sidecar.timeline.person("acme", contact_id)

    home.sidecar.forgetting.forget(home.business, contact_id)

    after = home.sidecar.timeline.person("acme", contact_id)
    assert before is not None
    assert after is not None
    for part in ("calls", "messages", "sequences"):
        assert len(after[part]) == len(before[part])
    assert len(after["events"]) == len(before["events"]) + 1
    assert after["addresses"] == []
    assert home.sidecar.timeline.person("acme", contact_of(home, STRANGER)) == stranger


def test_it_is_idempotent(home: House) -> None:
    contact_id = live(home)
    home.sidecar.forgetting.forget(home.business, contact_id)
    once = home.sidecar.timeline.person("acme", contact_id)

    home.sidecar.forgetting.forget(home.business, contact_id)

    assert home.sidecar.timeline.person("acme", contact_id) == once
    assert told(home) == []


def test_what_breaks_in_the_middle_did_nothing_and_may_be_repeated(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_id = live(home)
    before = told(home)
    erase = forgetting.erase

    def and_die(*arguments: Any) -> None:
        erase(*arguments)
        raise ZeroDivisionError

    monkeypatch.setattr(forgetting, "erase", and_die)
    with pytest.raises(ZeroDivisionError):
        home.sidecar.forgetting.forget(home.business, contact_id)
    assert told(home) == before
    monkeypatch.undo()
    home.sidecar.forgetting.forget(home.business, contact_id)
    assert told(home) == []


def test_an_open_sequence_is_closed_first_and_sends_nothing_more(home: House) -> None:
    opened = home.miss()
    home.live(seconds=30)
    sent = len(home.sequence(opened.sequence_id)["touches"])

    home.sidecar.forgetting.forget(home.business, contact_of(home))
    home.live(hours=24)

    seen = home.sequence(opened.sequence_id)
    assert (seen["state"], seen["reason"]) == ("closed", "forgotten")
    assert len(seen["touches"]) == sent
    assert told(home) == []


def test_a_stop_holds_for_number_and_email_until_start(home: House) -> None:
    live(home)
    home.text("STOP")
    home.live(minutes=1)
    home.sidecar.forgetting.forget(home.business, contact_of(home))
    assert told(home) == []

    again = home.miss()
    assert (again.decision, again.sequence_id) == ("suppressed", None)
    assert home.sidecar.forgetting.stop_of(home.business, "phone", CALLER) is not None
    key = home.sidecar.context.key_hash("acme", "email", EMAIL)

    def suppressed() -> bool:
        return home.sidecar.store.read(lambda tx: contacts.is_suppressed(tx, "acme", [key]))

    assert suppressed()
    home.text("START")
    assert not suppressed()
    assert home.sidecar.forgetting.stop_of(home.business, "phone", CALLER) is None
    home.clock.advance(hours=2)
    assert home.miss().decision == "opened"
