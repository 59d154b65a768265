"""Intake: a call, a message, an outcome or a report becomes one transaction, committed before we answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sidecar.engine import crm, people, stopping
from sidecar.engine.consents import record_consent, record_withdrawal, whose
from sidecar.engine.context import Turn
from sidecar.engine.intake.calls import record_call
from sidecar.engine.intake.messages import record_message
from sidecar.engine.intake.outcomes import record_delivery, record_outcome, record_spoken_stop, record_voice
from sidecar.engine.results import NotFound, OptResult
from sidecar.store import record
from sidecar.store import sequences as rows
from sidecar.store.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sidecar.config.business import Business
    from sidecar.crm.port import CrmChange
    from sidecar.domain.compliance import Channel
    from sidecar.domain.consent import Consent
    from sidecar.domain.reports import CallReport, DeliveryReport, MessageReport, Outcome, SpokenStop, VoiceReport
    from sidecar.engine.consents import Given
    from sidecar.engine.context import Context
    from sidecar.engine.results import CallResult, FlowRef, MessageResult, OutcomeResult


def note(turn: Turn, contact_id: str, evidence: str, *, by: str = "operator") -> None:
    """Keep how we know of a STOP or START: in words, hence not in the record, which outlives the person's data.

    ``by``: who wrote it down, ``operator`` or the voice ``agent``.
    """
    if not evidence:
        return
    message_id = new_id("nte", turn.now)
    record.add_message(
        turn.tx, business_id=turn.business.id, message_id=message_id, contact_id=contact_id, sequence_id=None,
        channel="note", sender=by, recipient="", body=evidence, intent="none", at=turn.now,
    )  # fmt: skip
    turn.record("suppression.evidence", contact_id=contact_id, message_id=message_id, by=by)


class Intake:
    """The one way in. Every method returns after its commit."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def call(self, business: Business, report: CallReport, *, source: str, flow: FlowRef | None = None) -> CallResult:
        """One report of one call (``source``: ``twilio``, ``flow``, ``api``, ``log``)."""
        return self._context.store.write(
            lambda tx: record_call(Turn(self._context, tx, business), report, flow=flow, source=source)
        )

    def message(self, business: Business, report: MessageReport, *, source: str) -> MessageResult:
        """One message from a person; a STOP waits up to 2 s for requests under way."""
        return stopping.commit_stop(
            self._context,
            business,
            lambda turn, force: record_message(turn, report, source=source, force=force),
        )

    def delivery(self, business: Business, report: DeliveryReport) -> None:
        """What became of a touch."""
        stopping.commit_stop(self._context, business, lambda turn, force: record_delivery(turn, report, force=force))

    def voice(self, business: Business, report: VoiceReport) -> None:
        """How our agent's call is going or went."""
        stopping.commit_stop(self._context, business, lambda turn, force: record_voice(turn, report, force=force))

    def spoken_stop(self, business: Business, stop: SpokenStop) -> OptResult:
        """They said STOP to our agent, who is still on the line: suppressed when this returns.

        Raises:
            NotFound: the call is none of ours, and shows no number.
            Invalid: the number on the line cannot be read.
        """

        def work(turn: Turn, force: bool) -> OptResult:  # noqa: FBT001 - commit_stop's shape
            result = record_spoken_stop(turn, stop, force=force)
            if result.changed and result.contact_id is not None:
                note(turn, result.contact_id, stop.words, by="agent")
            return result

        return stopping.commit_stop(self._context, business, work)

    def crm_changes(self, business: Business, changes: Sequence[CrmChange]) -> None:
        """What somebody changed in the CRM, all of it in one transaction; a STOP among it is in force afterwards."""
        stopping.commit_stop(
            self._context, business, lambda turn, force: crm.record_changes(turn, changes, force=force)
        )

    def outcome(
        self,
        business: Business,
        outcome: Outcome,
        *,
        source: str,
        sequence_id: str | None = None,
        phone: str | None = None,
        email: str | None = None,
        value_minor: int | None = None,
        currency: str | None = None,
    ) -> OutcomeResult:
        """What became of a lead, by sequence or by person."""

        def work(turn: Turn, force: bool) -> OutcomeResult:  # noqa: FBT001 - commit_stop's shape
            return record_outcome(
                turn, outcome, self._person(turn, sequence_id, phone, email), sequence_id=sequence_id, source=source,
                force=force, value_minor=value_minor, currency=currency,
            )  # fmt: skip

        return stopping.commit_stop(self._context, business, work)

    def _person(self, turn: Turn, sequence_id: str | None, phone: str | None, email: str | None) -> str:
        if sequence_id is None:
            number = people.read_phone(turn.business, phone) if phone else None
            return people.contact_of(turn, phone=number, email=email)
        sequence = rows.get(turn.tx, turn.business.id, sequence_id)
        if sequence is None:
            message = f"no sequence {sequence_id}"
            raise NotFound(message, field="sequence_id", remedy="take the id from the answer to POST /v1/calls")
        return str(sequence["contact_id"])

    def opt_out(
        self,
        business: Business,
        *,
        source: str,
        phone: str | None = None,
        email: str | None = None,
        evidence: str = "",
    ) -> OptResult:
        """STOP by other means than a message; an unknown address is suppressed too."""

        def work(turn: Turn, force: bool) -> OptResult:  # noqa: FBT001 - commit_stop's shape
            contact_id = self._person(turn, None, phone, email)
            result = stopping.stop(turn, contact_id, source=source, force=force)
            note(turn, contact_id, evidence)
            return result

        return stopping.commit_stop(self._context, business, work)

    def opt_in(
        self,
        business: Business,
        *,
        source: str,
        phone: str | None = None,
        email: str | None = None,
        evidence: str = "",
    ) -> OptResult:
        """START by other means than a message; lifts the suppression, reopens nothing."""

        def work(turn: Turn) -> OptResult:
            contact_id = self._person(turn, None, phone, email)
            note(turn, contact_id, evidence)
            return stopping.start(turn, contact_id, source=source)

        return self._context.store.write(lambda tx: work(Turn(self._context, tx, business)))

    def consent(
        self,
        business: Business,
        *,
        consent: Consent,
        phone: str | None = None,
        email: str | None = None,
        source: str = "api",
    ) -> str:
        """Put a consent with its evidence on record; the same one again is one. Returns its id."""

        def work(turn: Turn) -> str:
            contact_id = self._person(turn, None, phone, email)
            return record_consent(turn, contact_id, consent, source=source)[0]

        return self._context.store.write(lambda tx: work(Turn(self._context, tx, business)))

    def consents(self, business: Business, batch: Sequence[Given], *, source: str) -> int:
        """Put many on record in one transaction; returns how many are new. Keep batches small: others wait."""

        def work(turn: Turn) -> int:
            done = [record_consent(turn, whose(turn, given), given.consent, source=source) for given in batch]
            return sum(new for _, new in done)

        return self._context.store.write(lambda tx: work(Turn(self._context, tx, business)))

    def withdraw(
        self,
        business: Business,
        *,
        evidence: str,
        source: str,
        phone: str | None = None,
        email: str | None = None,
        consent_id: str | None = None,
        channels: frozenset[Channel] | None = None,
    ) -> list[str]:
        """Take back one consent, or all that a person gave (see :func:`record_withdrawal`).

        Raises:
            NotFound: nobody with this address is known, or they have no such consent.
        """

        def work(turn: Turn) -> list[str]:
            contact_id = people.find_contact(turn, phone=phone, email=email)
            if contact_id is None:
                message = "nobody with this address is on record"
                raise NotFound(
                    message, field="phone" if phone else "email", remedy="check it; opt-out takes any address"
                )
            return record_withdrawal(
                turn, contact_id, consent_id=consent_id, channels=channels, evidence=evidence, source=source
            )  # fmt: skip

        return self._context.store.write(lambda tx: work(Turn(self._context, tx, business)))

    def unsubscribe_page(self, token: str) -> tuple[Business, str]:
        """Whose link this is: the business and the contact; raises :class:`NotFound` for a forged one."""
        read = self._context.read_unsubscribe(token)
        business = self._context.businesses.get(read[0]) if read else None
        if read is None or business is None:
            message = "this unsubscribe link is not one of ours"
            raise NotFound(message, remedy="reply STOP to any text instead")
        return business, read[1]

    def unsubscribe(self, token: str) -> OptResult:
        """One click (RFC 8058): the person of this link gets nothing more, on any channel."""
        business, contact_id = self.unsubscribe_page(token)
        return stopping.commit_stop(
            self._context,
            business,
            lambda turn, force: stopping.stop(turn, contact_id, source="email_link", force=force),
        )
