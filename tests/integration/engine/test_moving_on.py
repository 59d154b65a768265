"""What nobody will ever know must not stop the rest: doubts that are moved on from, and an operator's word on them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from sidecar.engine.results import ClaimGranted, Conflict
from tests.support.house import CALLER

if TYPE_CHECKING:
    from sidecar.sandbox import Sandbox
    from tests.support.house import House


def states(home: House, sequence_id: str) -> dict[str, str]:
    return {step["name"]: step["state"] for step in home.sequence(sequence_id)["steps"]}


def claim_and_forget(home: House) -> str:
    """A flow takes the first text, and is never heard of again."""
    opened = home.miss()
    granted = home.sidecar.claims.claim(home.business, opened.sequence_id, "acknowledge")
    assert isinstance(granted, ClaimGranted)
    home.clock.advance(seconds=31)
    home.sidecar.reconcile.doubts()
    return str(opened.sequence_id)


def test_an_unreported_claim_does_not_stop_the_callback_and_the_email(home: House, sandbox: Sandbox) -> None:
    sandbox.hubspot_contact("Ann", "Lee", CALLER, "ann@example.com")
    sequence_id = claim_and_forget(home)
    assert states(home, sequence_id)["acknowledge"] == "unknown"
    home.live(minutes=60)
    assert [call.to for call in sandbox.calls_placed] == [CALLER]
    assert len(sandbox.emails) == 1
    assert home.sequence(sequence_id)["reason"] == "exhausted"
    assert [text for text in sandbox.texts if text.to == CALLER] == []


@pytest.mark.parametrize(("sent", "state"), [(True, "sent"), (False, "planned")])
def test_an_operator_settles_a_doubt_once(home: House, *, sent: bool, state: str) -> None:
    sequence_id = claim_and_forget(home)
    home.sidecar.hand.settle(home.business, sequence_id, "acknowledge", sent=sent)
    assert states(home, sequence_id)["acknowledge"] == state
    with pytest.raises(Conflict, match="not in doubt"):
        home.sidecar.hand.settle(home.business, sequence_id, "acknowledge", sent=sent)


def test_a_step_that_the_playbook_lost_does_not_keep_the_sequence_open(home: House) -> None:
    opened = home.miss()
    home.settle()
    book = home.business.playbook
    edited = replace(home.business, playbook=replace(book, steps=book.steps[:1]))
    home.sidecar.businesses._by_id["acme"] = edited  # an edited file and a restart, in one line
    home.live(minutes=60)
    sequence = home.sequence(opened.sequence_id)
    assert (sequence["state"], sequence["reason"]) == ("closed", "exhausted")
    assert {step["reason"] for step in sequence["steps"][1:]} == {"playbook_changed"}


def test_a_business_that_is_gone_lays_its_steps_aside(home: House, sandbox: Sandbox) -> None:
    opened = home.miss()
    del home.sidecar.businesses._by_id["acme"]
    home.settle()
    home.sidecar.businesses._by_id["acme"] = home.business
    [first, *_] = home.sequence(opened.sequence_id)["steps"]
    assert first["state"] == "planned"
    assert first["release_at"] > home.clock.now().isoformat()
    assert sandbox.texts == []
