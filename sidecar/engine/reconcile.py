"""Reconcile: ask the providers about doubts, and about calls and messages that never reached us.

Twilio has no fallback URL for status callbacks, and a provider may take a text
and lose its answer. What the webhooks did not tell, the logs do.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog

from sidecar.channels.port import Accepted, Finding, Found
from sidecar.domain.phones import mask_in
from sidecar.engine import facts, gating, sending, sequences
from sidecar.engine.context import Turn
from sidecar.store import record, touches
from sidecar.store import sequences as rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import RowMapping

    from sidecar.channels.port import Channel
    from sidecar.channels.twilio.log import TwilioLog
    from sidecar.config.business import Business
    from sidecar.crm.port import Crm
    from sidecar.engine.context import Context
    from sidecar.engine.intake import Intake

log = structlog.get_logger(__name__)

LOG_EVERY = timedelta(seconds=60)
"""How often each number's log is read."""
OVERLAP = timedelta(minutes=15)
"""Read again this far back: Twilio's log shows a record late, and a call is listed by its start."""
FIRST_LOOK = timedelta(hours=1)
"""How far back the log is read where it never was."""
WON_EVERY = timedelta(hours=1)
WON_SINCE = timedelta(days=90)

ASK_AGAIN = tuple(timedelta(seconds=seconds) for seconds in (15, 30, 60, 300, 1800, 3600))
NOES_NEEDED = 2
"""A provider that still had our request in hand when we lost patience must say no twice, seconds apart."""
LOOK_SECONDS = 120.0


class Reconcile:
    """What the webhooks did not tell."""

    def __init__(
        self,
        context: Context,
        channels: Mapping[str, Channel],
        twilio_log: TwilioLog,
        crm: Crm,
        intake: Intake,
    ) -> None:
        self._context = context
        self._channels = channels
        self._log = twilio_log
        self._crm = crm
        self._intake = intake

    # --- doubts ---------------------------------------------------------------------------------------------------

    def doubts(self) -> int:
        """Ask about touches whose fate nobody knows; returns how many were asked about."""
        now = self._context.clock.now()
        found = self._context.store.read(lambda tx: touches.in_doubt(tx, now, 100))
        for touch in found:
            business = self._context.businesses.get(touch["business_id"])
            if business is not None:
                self._ask(business, touch)
        self._claims_run_out(now)
        return len(found)

    def _ask(self, business: Business, touch: RowMapping) -> None:
        sequence = self._context.store.read(lambda tx: rows.get(tx, business.id, touch["sequence_id"]))
        channel = self._channels.get(touch["channel"])
        if sequence is None or channel is None:
            return
        outgoing = gating.outgoing_of(self._context, business, touch, sequence, None)
        finding = channel.find(outgoing)
        self._context.store.write(lambda tx: settle_doubt(Turn(self._context, tx, business), touch, finding))

    def _claims_run_out(self, now: datetime) -> None:
        for row in self._context.store.read(lambda tx: touches.claims_run_out(tx, now)):
            business = self._context.businesses.get(row["business_id"])
            if business is not None:
                self._claim_ran_out(business, row)

    def _claim_ran_out(self, business: Business, row: RowMapping) -> None:
        self._context.store.write(lambda tx: claim_ran_out(Turn(self._context, tx, business), row))

    # --- logs -----------------------------------------------------------------------------------------------------

    def logs(self) -> None:
        """Read the call and message log of every number of every business that Twilio serves."""
        for business in self._context.businesses:
            if business.twilio is None:
                continue
            try:
                self.log_of(business)
            except Exception as error:  # noqa: BLE001 - one account's trouble is not another's
                log.warning("log not read", business=business.id, why=mask_in(repr(error)))

    def log_of(self, business: Business) -> None:
        """Read one account's log since the last time, and take in what no webhook brought."""
        now = self._context.clock.now()
        read_to = self._context.store.write(
            lambda tx: record.take_watermark(tx, business.id, "twilio", now - FIRST_LOOK, LOOK_SECONDS)
        )
        if read_to is None:
            return
        since = read_to - OVERLAP
        for number in business.numbers:
            for call in self._log.calls_since(business, number, since):
                self._intake.call(business, call, source="log")
            for message in self._log.messages_since(business, number, since):
                self._intake.message(business, message, source="log")
        self._context.store.write(lambda tx: record.set_watermark(tx, business.id, "twilio", now))

    # --- won deals ------------------------------------------------------------------------------------------------

    def won(self) -> None:
        """Read deals closed-won in the CRM back as ``converted``, with their value."""
        for business in self._context.businesses:
            if business.hubspot is None:
                continue
            try:
                self._won_of(business)
            except Exception as error:  # noqa: BLE001 - one account's trouble is not another's
                log.warning("won deals not read", business=business.id, why=mask_in(repr(error)))

    def _won_of(self, business: Business) -> None:
        now = self._context.clock.now()
        open_for = self._context.store.read(lambda tx: rows.unconverted(tx, business.id, now - WON_SINCE))
        if not open_for:
            return
        by_crm = {row["crm_id"]: row for row in open_for}
        deals = self._crm.won_deals(business, tuple(by_crm), now - WON_SINCE)
        for deal in deals:
            row = by_crm.get(deal.crm_id)
            if row is not None and deal.closed_at >= row["opened_at"]:
                self._intake.outcome(
                    business, "converted", source="crm", sequence_id=row["sequence_id"],
                    value_minor=deal.amount_minor, currency=deal.currency,
                )  # fmt: skip


def settle_doubt(turn: Turn, touch: RowMapping, finding: Finding) -> None:
    """What the provider's answer means: it was sent, it was not and is planned again, or a person must look."""
    ref = gating.ref_of(touch)
    facts.person(turn, ref.contact_id, lock=True)
    current = touches.get(turn.tx, turn.business.id, ref.touch_id)
    if current is None or current["state"] not in ("sending", "unknown"):
        return
    if current["asked"] != touch["asked"]:
        return  # another process has asked meanwhile: two noes must be seconds apart
    sender_died = current["state"] == "sending"
    refs: dict[str, Any] = {
        "contact_id": ref.contact_id, "sequence_id": ref.sequence_id, "step": ref.step, "touch_id": ref.touch_id,
    }  # fmt: skip
    if sender_died:
        sending.doubt(turn, ref.touch_id, ref.sequence_id, ref.step)
        turn.record("touch.unknown", reason="sender_died", **refs)
    if current["provider_id"] is not None:  # it has reported the touch to us, whatever its log says
        finding = Finding(Found.YES, Accepted(current["provider_id"]))
    if finding.found is Found.YES:
        sending.record_accepted(turn, ref, finding.accepted or Accepted(f"found:{ref.touch_id}"))
        return
    asked = current["asked"] + 1
    if finding.found is Found.NO and (sender_died or asked >= NOES_NEEDED):
        _plan_again(turn, ref, refs)
        return
    asks_no_more = finding.found is Found.CANNOT_TELL and ref.channel == "email"
    again = None if asks_no_more else turn.now + ASK_AGAIN[min(asked, len(ASK_AGAIN)) - 1]
    touches.change(turn.tx, turn.business.id, ref.touch_id, was=("unknown",), asked=asked, ask_at=again)
    if again is not None:
        turn.tx.due.append(again)
    if finding.found is Found.CANNOT_TELL and asked == 1:
        turn.alert("in_doubt", touch_id=ref.touch_id, sequence_id=ref.sequence_id, contact_id=ref.contact_id)


def _plan_again(turn: Turn, ref: gating.Ref, refs: dict[str, Any]) -> None:
    """It certainly never arrived: the step asks its gates again at once."""
    touches.change(
        turn.tx, turn.business.id, ref.touch_id, was=("unknown",),
        state="failed", code="never_arrived", settled_at=turn.now, ask_at=None,
    )  # fmt: skip
    rows.change_step(
        turn.tx, turn.business.id, ref.sequence_id, ref.step, was=("unknown",),
        state="planned", release_at=turn.now, reason="never_arrived",
    )  # fmt: skip
    turn.record("touch.failed", reason="never_arrived", **refs)
    sequence = rows.get(turn.tx, turn.business.id, ref.sequence_id)
    if sequence is not None and sequence["state"] == "closed":
        sequences.cancel_left(turn, sequence)


def claim_ran_out(turn: Turn, claim: RowMapping) -> None:
    """A flow was allowed to send and never said whether it did: a person looks, and we never send it ourselves."""
    if not touches.change_claim(turn.tx, turn.business.id, claim["claim_id"], was="granted", state="expired"):
        return
    touch = touches.get(turn.tx, turn.business.id, claim["touch_id"])
    if touch is None:
        return
    sending.doubt(turn, claim["touch_id"], claim["sequence_id"], claim["step"])
    touches.change(turn.tx, turn.business.id, claim["touch_id"], was=("unknown",), ask_at=None)
    refs: dict[str, Any] = {
        "contact_id": touch["contact_id"],
        "sequence_id": claim["sequence_id"],
        "touch_id": claim["touch_id"],
    }
    turn.record("touch.unknown", step=claim["step"], reason="claim_unreported", **refs)
    turn.alert("in_doubt", **refs)
