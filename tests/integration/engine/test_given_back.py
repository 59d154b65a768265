"""A process died with a request in flight; the next one on the same SQLite file gives back what it held."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sidecar.engine import gating
from sidecar.engine.context import Turn
from sidecar.engine.gating import Intent, Key
from sidecar.store import record, touches

if TYPE_CHECKING:
    from sidecar.sandbox import Sandbox
    from tests.support.house import House

LEASE_SECONDS = 3600.0


def died_sending(home: House, *, after_twilio_had_it: bool) -> str:
    """An intent is committed, perhaps its request arrives, and then the process is gone; the sequence's id."""
    opened = home.miss()
    key = Key(home.business.id, opened.sequence_id, "acknowledge")
    intent = home.sidecar.store.write(
        lambda tx: gating.gate(Turn(home.sidecar.context, tx, home.business), key, lease_seconds=LEASE_SECONDS)
    )
    assert isinstance(intent, Intent)
    if after_twilio_had_it:
        sent = intent.outgoing
        home.sidecar.twilio.of(home.business).messages.create(to=sent.to, from_=sent.sender, body=sent.body)
    return str(opened.sequence_id)


def look(home: House, **later: float) -> None:
    home.clock.set(home.clock.now() + timedelta(**later))
    home.sidecar.reconcile.doubts()


def states(home: House, sequence_id: str) -> tuple[str, list[str]]:
    sequence = home.sequence(sequence_id)
    return sequence["steps"][0]["state"], [touch["state"] for touch in sequence["touches"]]


def test_a_lease_is_waited_for_while_its_holder_may_live(home: House) -> None:
    sequence_id = died_sending(home, after_twilio_had_it=True)
    look(home, seconds=10)
    assert states(home, sequence_id) == ("sending", ["sending"])


def test_what_twilio_had_is_found_at_once_and_not_sent_again(home: House, sandbox: Sandbox) -> None:
    sequence_id = died_sending(home, after_twilio_had_it=True)
    home.sidecar.store.write(touches.give_back_all)
    look(home, seconds=6)
    assert states(home, sequence_id) == ("sent", ["sent"])
    home.settle()
    assert len(sandbox.texts) == 1


def test_what_twilio_never_had_is_sent_after_a_second_no(home: House, sandbox: Sandbox) -> None:
    sequence_id = died_sending(home, after_twilio_had_it=False)
    home.sidecar.store.write(touches.give_back_all)
    look(home, seconds=6)
    assert states(home, sequence_id) == ("unknown", ["unknown"])
    look(home, seconds=16)
    assert states(home, sequence_id)[0] == "planned"
    assert sandbox.texts == []


def test_a_claim_of_a_flow_goes_on(home: House) -> None:
    opened = home.miss()
    granted = home.sidecar.claims.claim(home.business, opened.sequence_id, "acknowledge")
    assert hasattr(granted, "claim_id")
    home.sidecar.store.write(touches.give_back_all)
    [touch] = home.sidecar.store.read(lambda tx: touches.of_sequence(tx, home.business.id, opened.sequence_id))
    assert touch["lease_until"] is not None
    look(home, seconds=10)
    assert states(home, opened.sequence_id)[0] == "claimed"


def test_a_log_that_was_being_read_is_read_again(home: House) -> None:
    store, start = home.sidecar.store, home.clock.now()

    def take() -> object:
        return store.write(lambda tx: record.take_watermark(tx, home.business.id, "twilio", start, LEASE_SECONDS))

    assert take() == start
    assert take() is None
    store.write(record.give_back_all)
    assert take() == start
