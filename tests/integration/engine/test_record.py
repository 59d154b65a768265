"""Every gate decision leaves an event with its reason; the record holds ids, never texts, names or numbers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from sidecar.domain.reports import DeliveryReport, MessageReport, VoiceReport
from sidecar.store.tables import events as events_table
from sidecar.store.tables import steps as steps_table
from tests.integration.engine.seeing import texts_to
from tests.support.house import CALLER, NUMBER, STAFF

if TYPE_CHECKING:
    from sidecar.sandbox import Sandbox
    from tests.support.house import House

SECRETS = ("Wilhelmina", "Featherstone", "wilhelmina@example.com", CALLER, CALLER[1:], "07700 900123",
           "the blue kettle", STAFF, "another@example.org", "E119")  # fmt: skip


def play(home: House, sandbox: Sandbox) -> None:
    """A long story in which everything that can be recorded happens to one person with an unusual name."""
    sandbox.hubspot_contact("Wilhelmina", "Featherstone", CALLER, "wilhelmina@example.com", deal_stage="Quote sent")
    sandbox.fault("twilio", "messages.create", "status", status=429, retry_after=2)
    home.miss()
    home.live(minutes=5)
    [text] = texts_to(sandbox)
    home.sidecar.intake.delivery(home.business, DeliveryReport(text.sid, "delivered", home.clock.now()))
    [call] = sandbox.calls_placed
    for stage in ("started", "ended", "analyzed"):
        home.sidecar.intake.voice(
            home.business,
            VoiceReport(
                call.call_id,
                stage,
                home.clock.now(),
                reached=True,
                outcome="not_now",
                reason="user_hangup",
                summary="Wilhelmina asked about the blue kettle",
                alert="",
            ),
        )
    home.miss()
    home.live(hours=1)
    home.sidecar.intake.message(
        home.business,
        MessageReport(
            "<1@example.org>",
            "email",
            home.clock.now(),
            "replies@acme.example",
            "another@example.org",
            "Wilhelmina here: the blue kettle says E119",
        ),
        source="api",
    )
    home.live(hours=2)
    home.miss()
    home.text("it is about the blue kettle")
    home.sidecar.answers.send(home.business, channel="sms", text="Is the blue kettle hot?", by="human", phone=CALLER)
    home.live(hours=2)
    opened = home.miss()
    home.sidecar.hand.hold(home.business, opened.sequence_id, "operator")
    home.live(minutes=1)
    home.sidecar.hand.resume(home.business, opened.sequence_id)
    home.sidecar.driving.skip(home.business, opened.sequence_id, "callback", "flow decided")
    sandbox.fault("hubspot", "*", "status", times=None, status=403)
    home.text("please stop texting me about the blue kettle")
    home.live(hours=30)
    home.text("START")
    home.sidecar.intake.outcome(home.business, "complained", source="api", phone=CALLER)
    home.live(hours=1)


def recorded(home: House) -> list[Any]:
    return list(
        home.sidecar.store.read(
            lambda tx: tx.conn.execute(select(events_table).order_by(events_table.c.event_id)).mappings().all()
        )
    )


def test_the_record_holds_no_phone_no_name_and_no_text(home: House, sandbox: Sandbox) -> None:
    play(home, sandbox)
    rows = recorded(home)
    kinds = {row["type"] for row in rows}
    assert {
        "call.recorded", "call.missed", "sequence.opened", "sequence.closed", "sequence.held", "sequence.resumed",
        "gate.send", "gate.defer", "touch.intended", "touch.sent", "touch.failed", "touch.delivered",
        "reply.received", "outcome.recorded", "suppression.added", "suppression.lifted", "voice.analyzed",
        "step.skipped", "answer.asked", "delivery.dead",
    } <= kinds  # fmt: skip
    whole = json.dumps([dict(row) for row in rows], default=str)
    for secret in SECRETS:
        assert secret not in whole, secret


def test_every_step_that_was_decided_has_its_decision_on_record(home: House, sandbox: Sandbox) -> None:
    play(home, sandbox)
    decided = {(row["sequence_id"], row["step"]) for row in recorded(home) if row["type"].startswith("gate.")}
    settled = home.sidecar.store.read(
        lambda tx: (
            tx.conn.execute(
                select(steps_table).where(steps_table.c.state.in_(("sent", "delivered", "undelivered", "failed")))
            )
            .mappings()
            .all()
        )
    )
    assert settled
    assert {(row["sequence_id"], row["name"]) for row in settled} <= decided
    for row in recorded(home):
        if row["type"].startswith("gate."):
            assert row["reason"]
            assert row["data"]["gate"] or row["type"] == "gate.send"
            assert ("until" in row["data"]) == (row["type"] == "gate.defer")


def test_a_business_sees_its_own_record_only(home: House, sandbox: Sandbox) -> None:
    opened = home.miss()
    assert home.sidecar.timeline.sequence("another", opened.sequence_id) is None
    assert {row["business_id"] for row in recorded(home)} == {"acme"}
    assert NUMBER not in json.dumps([dict(row) for row in recorded(home)], default=str)
