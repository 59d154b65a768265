"""The operator's hand, a person's own answer, and a look at the gates."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from sidecar.channels.port import Accepted
from sidecar.domain import phones
from sidecar.domain.gates import Decision, Facts, StepFacts, decide
from sidecar.engine import asking, facts, gating, people, reconcile, sending, sequences
from sidecar.engine.context import Turn
from sidecar.engine.driving import find_step
from sidecar.engine.gating import Key
from sidecar.engine.results import Conflict, Invalid, LookResult, NotFound, RunResult
from sidecar.store import consents, contacts, touches
from sidecar.store import sequences as rows
from sidecar.store.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import RowMapping

    from sidecar.config.business import Business
    from sidecar.domain.assent import Asking
    from sidecar.domain.playbooks import Channel, Purpose
    from sidecar.engine.context import Context
    from sidecar.engine.driving import Driving


_NAMED = ("words:", "playbook:")
"""What is held by a name of ours; anything else is a sender's number or mailbox, which the record does not hold."""


AI_FRESH = timedelta(minutes=5)
"""An AI's answer that could not go out within this is left out: by then they have written more, or a person has."""


class Hand:
    """What an operator does to a sequence."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def close(self, business: Business, sequence_id: str, reason: str) -> None:
        """Close it; raises :class:`NotFound`, or :class:`Conflict` when it is closed already."""
        self._do(
            business,
            sequence_id,
            lambda turn, row: sequences.close_sequence(turn, row, reason[:32] or "operator"),
        )

    def hold(self, business: Business, sequence_id: str, reason: str) -> None:
        """Nothing goes out until it is resumed; raises as :meth:`close`."""
        self._do(
            business,
            sequence_id,
            lambda turn, row: sequences.hold_sequence(turn, row, reason[:64] or "operator"),
        )

    def resume(self, business: Business, sequence_id: str) -> None:
        """Go on; raises as :meth:`close`."""
        self._do(business, sequence_id, sequences.resume_sequence)

    def settle(self, business: Business, sequence_id: str, step: str, *, sent: bool) -> None:
        """A person found out what became of a step that is ``unknown``.

        One that was not sent asks its gates again, and goes out only if its words are still true.

        Raises:
            NotFound: no such sequence or step.
            Conflict: the step is not in doubt.
        """

        def work(turn: Turn) -> None:
            sequence, _ = find_step(turn, Key(business.id, sequence_id, step))
            facts.person(turn, sequence["contact_id"], lock=True)
            _, row = find_step(turn, Key(business.id, sequence_id, step))
            touch = touches.get(turn.tx, business.id, row["touch_id"] or "")
            if row["state"] != "unknown" or touch is None:
                message = f"the step {step!r} is not in doubt: it is {row['state']}"
                raise Conflict(message, remedy="only a step that is `unknown` can be settled by hand")
            ref = gating.ref_of(touch)
            if sent:
                sending.record_accepted(turn, ref, Accepted(f"operator:{ref.touch_id}"))
            else:
                reconcile.plan_again(turn, ref)

        self._context.store.write(lambda tx: work(Turn(self._context, tx, business)))

    def held(self, business: Business) -> list[tuple[str, str]]:
        """What is on hold, and its code: a sender, ``words:playbook/variant/step``, or ``playbook:name``."""
        found = self._context.store.read(lambda tx: touches.held(tx, business.id))
        return [(row["sender"], row["held"]) for row in found]

    def release(self, business: Business, what: str) -> bool:
        """Use what is held again; True when it was held. Steps that wait for a sender or words look within 10 min."""
        return self._context.store.write(lambda tx: _release(Turn(self._context, tx, business), what))

    def _do(self, business: Business, sequence_id: str, act: Callable[[Turn, RowMapping], None]) -> None:
        def work(turn: Turn) -> None:
            row = rows.get(turn.tx, business.id, sequence_id)
            if row is None:
                message = f"no sequence {sequence_id}"
                raise NotFound(message, field="sequence_id", remedy="`recovery sequences list` shows them")
            facts.person(turn, row["contact_id"], lock=True)
            row = rows.get(turn.tx, business.id, sequence_id)
            assert row is not None  # noqa: S101 - read just above
            if row["state"] == "closed":
                message = f"the sequence is closed ({row['reason']})"
                raise Conflict(message, remedy="a closed sequence stays closed; the next missed call opens a new one")
            act(turn, row)

        self._context.store.write(lambda tx: work(Turn(self._context, tx, business)))


def _release(turn: Turn, what: str) -> bool:
    released = touches.release(turn.tx, turn.business.id, what)
    if released:
        turn.record("sender.released", words=what if what.startswith(_NAMED) else None)
    return released


class Answers:
    """A person (or a flow's AI node) answers a contact, through the gates."""

    def __init__(self, context: Context, driving: Driving) -> None:
        self._context = context
        self._driving = driving

    def send(
        self,
        business: Business,
        *,
        channel: Literal["sms", "email"],
        text: str,
        by: Literal["human", "ai"],
        sequence_id: str | None = None,
        phone: str | None = None,
        email: str | None = None,
        asks: Asking | None = None,
    ) -> RunResult:
        """Send an answer now if the gates allow it.

        Within 24 h of the contact's own message a person's passes suppressed, reachable and sender only; an AI's is
        also left out where a person is needed or is speaking to them. With ``asks`` the text asks for consent, and a
        plain YES to it is recorded as express consent.

        Raises:
            NotFound: the sequence, or the person, is not one of this business.
            Invalid: the text is empty.
        """
        if not text.strip():
            message = "the text is empty"
            raise Invalid(message, field="text", remedy="write what should be sent")

        def work(turn: Turn) -> tuple[str, str]:
            contact_id, number = self._whom(turn, sequence_id, phone, email)
            conversation = sequence_id or sequences.conversation(turn, contact_id, number)
            name = new_id("answer", turn.now)
            kind, fresh = (facts.AI_ANSWER, AI_FRESH) if by == "ai" else ("answer", None)
            sequences.add_step(turn, conversation, name, kind=kind, channel=channel, body=text.strip(), deadline=fresh)
            turn.record("answer.asked", contact_id=contact_id, sequence_id=conversation, step=name, by=by)
            if asks is not None:
                asking.ask(turn, contact_id, conversation, name, asks)
            return conversation, name

        conversation, name = self._context.store.write(lambda tx: work(Turn(self._context, tx, business)))
        return self._driving.run(business, conversation, name)

    def _whom(self, turn: Turn, sequence_id: str | None, phone: str | None, email: str | None) -> tuple[str, str]:
        if sequence_id is not None:
            row = rows.get(turn.tx, turn.business.id, sequence_id)
            if row is None:
                message = f"no sequence {sequence_id}"
                raise NotFound(message, field="sequence_id", remedy="take the id from the reply.received event")
            return row["contact_id"], row["number"]
        number = people.read_phone(turn.business, phone) if phone else None
        contact_id = people.find_contact(turn, phone=number, email=email)
        if contact_id is None:
            message = "nobody with this address has called or written"
            raise NotFound(
                message,
                field="phone",
                remedy="answer people who got in touch; this is no way to text strangers",
            )
        return contact_id, turn.business.numbers[0].e164


class Looking:
    """``gate/check``: a look, not a yes."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def check(
        self,
        business: Business,
        *,
        phone: str,
        channel: Channel,
        purpose: Purpose,
        at: datetime | None = None,
    ) -> LookResult:
        """Whether a touch would be allowed at ``at`` (UTC; now by default); raises :class:`Invalid`."""
        number = people.read_phone(business, phone)

        def work(turn: Turn) -> Decision:
            asked = at or turn.now
            known = _facts(turn, number, channel)
            step = StepFacts(channel, purpose)
            return decide(step, known, asked)

        decision = self._context.store.read(lambda tx: work(Turn(self._context, tx, business)))
        return LookResult(decision.verdict, decision.reason, decision.gate, decision.until)


def _facts(turn: Turn, number: str, channel: Channel) -> Facts:
    """What is known of a number without a sequence: its person's STOP and consents, the law, the hours."""
    business = turn.business
    contact_id = people.find_contact(turn, phone=number)
    hashed = turn.context.key_hash(business.id, "phone", number)
    who = facts.person(turn, contact_id) if contact_id is not None else None
    textable = channel != "sms" or phones.can_receive_texts(phones.line_type(number))
    return Facts(
        preset=business.preset,
        suppressed=contacts.is_suppressed(turn.tx, business.id, [hashed, *(who.hashes if who else [])]),
        consents=consents.of_contact(turn.tx, business.id, contact_id) if contact_id else (),
        strict_consent=business.strict_consent,
        address=(who.address(channel) if who else None) or number,
        unreachable="" if textable else "landline",
        last_message_at=who.row["last_message_at"] if who else None,
        windows=facts.windows(business, channel, number),
    )


def report_flow_error(context: Context, business: Business, *, workflow: str, execution_id: str, message: str) -> None:
    """A flow's error workflow tells us: on the record, and to the staff who can mend it."""

    def work(turn: Turn) -> None:
        turn.record("flow.failed", reason=workflow[:128], execution_id=execution_id)
        turn.alert("flow_failed", topic=workflow, reason=f"{workflow} ({execution_id}): {message}"[:500])

    context.store.write(lambda tx: work(Turn(context, tx, business)))
