"""Reconcile: ask the providers about doubts, and about calls and messages that never reached us.

Twilio has no fallback URL for status callbacks, and a provider may take a text
and lose its answer. What the webhooks did not tell, the logs do.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from sidecar.channels.port import Accepted, Finding, Found
from sidecar.domain.phones import mask_in
from sidecar.engine import facts, gating, sending, sequences
from sidecar.engine.context import Turn
from sidecar.store import calls, contacts, record, touches
from sidecar.store import sequences as rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import RowMapping

    from sidecar.channels.port import Channel
    from sidecar.channels.twilio.log import TwilioLog
    from sidecar.config.business import Business
    from sidecar.crm.port import Crm
    from sidecar.domain.reports import CallReport, MessageReport
    from sidecar.engine.context import Context
    from sidecar.engine.intake import Intake

log = structlog.get_logger(__name__)

T = TypeVar("T")

LOG_EVERY = timedelta(seconds=60)
"""How often each account's log is read."""
AT_ONCE = 8
"""Accounts that are asked at the same time."""
MOST_DOUBTS = 100
NOT_OURS = timedelta(seconds=60)
LONGEST_CALL = timedelta(hours=4)
"""Twilio ends a call after this at the latest: so far back the log is read for a call that is still pending."""
OVERLAP = timedelta(minutes=15)
"""Read again this far back: Twilio's log shows a record late, and a call is listed by its start.

So far back goes the first look, too: a house that moves in does not ring everybody who called this week."""
WON_EVERY = timedelta(hours=1)
WON_SINCE = timedelta(days=90)

ASK_AGAIN = tuple(timedelta(seconds=seconds) for seconds in (15, 30, 60, 300, 1800, 3600))
MOVE_ON_AFTER = 3
"""Asked so often in vain (about a minute), a person is told and later steps wait no longer."""
_PASSES = (OperationalError, InterfaceError, PoolTimeout)
"""The store's trouble that goes by itself; whatever else cannot be taken in, cannot tomorrow either."""
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
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="reconcile")

    def stop(self) -> None:
        """Finish what is under way, begin nothing new."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _each(self, what: str, work: Callable[[T], None], items: Sequence[T]) -> None:
        """Do it for each, some at a time; one account's trouble is not another's."""

        def one(item: T) -> None:
            try:
                work(item)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is tried again next time
                log.warning("not reconciled", what=what, why=mask_in(repr(error)))

        for done in [self._pool.submit(one, item) for item in items]:
            done.result()

    # --- doubts ---------------------------------------------------------------------------------------------------

    def doubts(self) -> int:
        """Ask about touches whose fate nobody knows; returns how many were asked about."""
        now = self._context.clock.now()
        found = self._context.store.read(lambda tx: touches.in_doubt(tx, now, MOST_DOUBTS))
        self._each("doubt", self._ask_about, found)
        self._claims_run_out(now)
        return len(found)

    def _ask_about(self, touch: RowMapping) -> None:
        business = self._context.businesses.get(touch["business_id"])
        if business is not None:
            self._ask(business, touch)
            return
        # Of a business that is not configured here: out of the way of those that are.
        later = self._context.clock.now() + NOT_OURS
        self._context.store.write(lambda tx: touches.change(tx, touch["business_id"], touch["touch_id"], ask_at=later))

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
        """Read the log of every Twilio account once, however many numbers and businesses it serves."""
        accounts: dict[tuple[str, str, str], list[Business]] = {}
        for business in self._context.businesses:
            if business.twilio is not None:
                account = business.twilio
                key = (account.base_url, account.account_sid, account.auth_token)
                accounts.setdefault(key, []).append(business)
        self._each("log", self.log_of, list(accounts.values()))

    def log_of(self, businesses: Sequence[Business]) -> None:
        """Read one account's log since the last time, and take in what no webhook brought.

        Texts first, so that nobody is texted upon a lost call who has said STOP in a lost text; each kind in
        the order in which it came.
        """
        now, store = self._context.clock.now(), self._context.store
        lead = min(businesses, key=lambda business: business.id)
        owner, name = self.log_name(lead)
        read_to = store.write(lambda tx: record.take_watermark(tx, owner, name, now, LOOK_SECONDS))
        if read_to is None:
            return
        pending = store.read(lambda tx: calls.oldest_pending(tx, "twilio", now - LONGEST_CALL))
        owners = {number.e164: business for business in businesses for number in business.numbers}
        numbers = [number for business in businesses for number in business.numbers]
        since = read_to - OVERLAP
        heard = self._log.messages_since(lead, numbers, since)
        first_ring = since if pending is None else min(since, pending - OVERLAP)
        rang = self._log.calls_since(lead, numbers, first_ring, known=lambda asked: self._judged(owners, asked))
        new = reversed(self._unheard(owners, heard))
        taken = [self._take(owners[message.to], self._intake.message, message) for message in new]
        taken += [self._take(owners[call.to or ""], self._intake.call, call) for call in reversed(rang)]
        # What the store could not take is read again: the next look begins where this one did.
        reached = now if all(taken) else read_to
        store.write(lambda tx: record.set_watermark(tx, owner, name, reached))

    def log_name(self, business: Business) -> tuple[str, str]:
        """Whose log it is, and its name: the account's own, so that it stands whichever businesses it serves.

        The credentials are in the name, masked: two tokens of one account are two looks, and one may fail.
        """
        account = business.twilio
        assert account is not None  # noqa: S101 - `logs` asks only those
        mark = self._context.sign("twilio", account.base_url, account.auth_token)[:16]
        return account.account_sid, f"twilio:{mark}"

    def _take(self, business: Business, intake: Callable[..., object], report: CallReport | MessageReport) -> bool:
        """Take one in; what cannot be taken must not hide those behind it.

        Returns:
            Whether it is done with: false where the store had trouble that passes, and it must be read again.
        """
        try:
            intake(business, report, source="log")
        except Exception as error:  # noqa: BLE001 - whatever it is, the others still count
            log.warning("not taken from the log", business=business.id, why=mask_in(repr(error)))
            return not isinstance(error, _PASSES)
        return True

    def _judged(self, owners: Mapping[str, Business], asked: Sequence[tuple[str, str]]) -> set[str]:
        return self._context.store.read(
            lambda tx: {call_id for number, call_id in asked if calls.is_judged(tx, owners[number].id, call_id)}
        )

    def _unheard(self, owners: Mapping[str, Business], heard: list[MessageReport]) -> list[MessageReport]:
        return self._context.store.read(
            lambda tx: [told for told in heard if record.message(tx, owners[told.to].id, told.message_id) is None]
        )

    # --- won deals ------------------------------------------------------------------------------------------------

    def won(self) -> None:
        """Read deals closed-won in the CRM back as ``converted``, with their value."""
        known = [business for business in self._context.businesses if business.hubspot is not None]
        self._each("won deals", self._won_of, known)

    def _won_of(self, business: Business) -> None:
        """A deal counts for the last sequence before it, and each sequence for one deal."""
        since = self._context.clock.now() - WON_SINCE
        by_crm: dict[str, list[RowMapping]] = {}
        for row in self._context.store.read(lambda tx: rows.known_to_crm(tx, business.id, since)):
            by_crm.setdefault(row["crm_id"], []).append(row)
        asked = [crm_id for crm_id, opened in by_crm.items() if any(row["outcome"] != "converted" for row in opened)]
        converted: set[str] = set()
        for deal in self._crm.won_deals(business, tuple(asked), since) if asked else ():
            before = [row for row in by_crm.get(deal.crm_id, ()) if row["opened_at"] <= deal.closed_at]
            if not before or before[-1]["outcome"] == "converted" or before[-1]["sequence_id"] in converted:
                continue
            converted.add(before[-1]["sequence_id"])
            self._intake.outcome(
                business, "converted", source="crm", sequence_id=before[-1]["sequence_id"],
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
    if finding.found is Found.NO and asked >= NOES_NEEDED:
        plan_again(turn, ref)
        return
    asks_no_more = finding.found is Found.CANNOT_TELL and ref.channel == "email"
    again = None if asks_no_more else turn.now + ASK_AGAIN[min(asked, len(ASK_AGAIN)) - 1]
    touches.change(turn.tx, turn.business.id, ref.touch_id, was=("unknown",), asked=asked, ask_at=again)
    if again is not None:
        turn.tx.due.append(again)
    if asks_no_more or asked == MOVE_ON_AFTER:
        turn.alert("in_doubt", touch_id=ref.touch_id, sequence_id=ref.sequence_id, contact_id=ref.contact_id)
        sending.move_on(turn, ref.sequence_id, ref.step)


def plan_again(turn: Turn, ref: gating.Ref) -> None:
    """It certainly never arrived: the step asks its gates again at once."""
    touches.change(
        turn.tx, turn.business.id, ref.touch_id, was=("unknown",),
        state="failed", code="never_arrived", settled_at=turn.now, ask_at=None,
    )  # fmt: skip
    rows.change_step(
        turn.tx, turn.business.id, ref.sequence_id, ref.step, was=("unknown",),
        state="planned", release_at=turn.now, reason="never_arrived", settled_at=None,
    )  # fmt: skip
    sequences.ring_bells(turn, ref.sequence_id, at=turn.now, step=ref.step)
    turn.record(
        "touch.failed", contact_id=ref.contact_id, sequence_id=ref.sequence_id, step=ref.step,
        touch_id=ref.touch_id, reason="never_arrived",
    )  # fmt: skip
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
    if touch["provider_id"] is not None:  # the provider has reported the touch to us, if nobody else has
        sending.record_accepted(turn, gating.ref_of(touch), Accepted(touch["provider_id"]))
        return
    contacts.free_lease(turn.tx, turn.business.id, touch["contact_id"], touch["lease_owner"] or "")
    sending.doubt(turn, claim["touch_id"], claim["sequence_id"], claim["step"])
    touches.change(turn.tx, turn.business.id, claim["touch_id"], was=("unknown",), ask_at=None)
    refs: dict[str, Any] = {
        "contact_id": touch["contact_id"],
        "sequence_id": claim["sequence_id"],
        "touch_id": claim["touch_id"],
    }
    turn.record("touch.unknown", step=claim["step"], reason="claim_unreported", **refs)
    turn.alert("in_doubt", **refs)
    sending.move_on(turn, claim["sequence_id"], claim["step"])
