"""The main job: texted at once, called if silent, emailed if that fails, left alone when they answer or say STOP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.house import CALLER, NUMBER

if TYPE_CHECKING:
    from sidecar.sandbox import Sandbox
    from tests.support.house import House


def test_a_silent_lead_is_texted_called_and_emailed_in_order(home: House, sandbox: Sandbox) -> None:
    sandbox.hubspot_contact("Ann", "Lee", CALLER, "ann@example.com", deal_stage="Quote sent")
    start = home.clock.now()
    opened = home.miss()
    assert opened.decision == "opened"
    home.live(minutes=60)

    text = next(text for text in sandbox.texts if text.to == CALLER)
    assert (text.from_, text.at) == (NUMBER, start)
    assert "Ann" in text.body
    assert "Acme Plumbing" in text.body
    assert text.validity_period == 300
    [call] = sandbox.calls_placed
    assert (call.to, (call.at - start).total_seconds()) == (CALLER, 180)
    assert call.dynamic_variables["deal_stage"] == "Quote sent"
    [email] = sandbox.emails
    assert (email.at - start).total_seconds() == 45 * 60
    sequence = home.sequence(opened.sequence_id)
    assert (sequence["state"], sequence["reason"]) == ("closed", "exhausted")
