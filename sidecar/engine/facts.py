"""Gathering what the gates look at, inside the transaction that will act on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sidecar.domain import phones
from sidecar.domain.calls import LIVE
from sidecar.domain.compliance import attempts_allowed, windows_for
from sidecar.domain.gates import Facts, SenderFacts, StepFacts
from sidecar.domain.pace import Pace
from sidecar.store import calls, consents, contacts, record, touches

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import RowMapping

    from sidecar.config.business import Business
    from sidecar.domain.gates import Kind
    from sidecar.domain.playbooks import Channel, Step
    from sidecar.domain.windows import LocalWindow, Window
    from sidecar.engine.context import Turn

_TEXTS = ("sms", "email")

AI_ANSWER: Final = "ai_answer"
"""Kind of the step in which an AI answers; a person's is an ``answer``."""
GATED_AS: Final[dict[str, Kind]] = {
    "answer": "answer", AI_ANSWER: "answer", "help": "answer", "confirmation": "confirmation",
}  # fmt: skip
"""Steps that answer a message of theirs, and what they are to the gates: what HELP asks for is an answer."""


@dataclass(frozen=True, slots=True)
class Person:
    """A contact with everything the gates and the words need."""

    row: RowMapping
    addresses: Sequence[RowMapping]

    @property
    def phone(self) -> str | None:
        """The number they called from (the newest, where there are several)."""
        return next((row["address"] for row in reversed(self.addresses) if row["kind"] == "phone"), None)

    @property
    def email(self) -> str | None:
        """Their email address, if the CRM or they themselves gave one."""
        return next((row["address"] for row in self.addresses if row["kind"] == "email"), None)

    def address(self, channel: Channel) -> str | None:
        """Where this channel reaches them."""
        return self.email if channel == "email" else self.phone

    @property
    def hashes(self) -> list[str]:
        """Keyed hashes of every address: a STOP on one holds for all."""
        return [row["key_hash"] for row in self.addresses]


def person(turn: Turn, contact_id: str, *, lock: bool = False) -> Person:
    """Read a contact; with ``lock`` nobody else acts on this person until the transaction ends."""
    row = contacts.get(turn.tx, turn.business.id, contact_id, lock=lock)
    return Person(row, contacts.addresses_of(turn.tx, turn.business.id, contact_id))


def lock(turn: Turn, contact_id: str) -> bool:
    """Have nobody else act on this person until the transaction ends.

    Returns:
        Whether what was read of them before may be stale now; never on SQLite, where one writes at a time.
    """
    if not turn.tx.is_sqlite:
        contacts.get(turn.tx, turn.business.id, contact_id, lock=True)
    return not turn.tx.is_sqlite


def sender_of(turn: Turn, channel: Channel, number: str) -> str:
    """Which of the business's senders this channel uses; empty where it has no credentials for it."""
    business = turn.business
    if channel == "sms":
        ours = business.number(number)
        return "" if business.twilio is None else (ours.texts_from if ours else number)
    if channel == "voice":
        return f"voice:{business.retell.from_number}" if business.retell else ""
    if channel == "email":
        return business.smtp.from_address if business.smtp else ""
    return "staff"


def number_for(turn: Turn, sequence: RowMapping, row: RowMapping) -> str:
    """Which of the business's numbers a step speaks for.

    Who wrote to one of them is answered from it, and a STOP confirmed from it, whichever they had called.
    """
    number: str = sequence["number"]
    if row["kind"] in GATED_AS and row["channel"] == "sms":
        last = record.last_text_of(turn.tx, turn.business.id, sequence["contact_id"])
        if last is not None and turn.business.number(last["recipient"]) is not None:
            number = last["recipient"]
    return number


def bare_sender(sender: str) -> str:
    """The address itself: a number both texts and calls, and each has a pace of its own."""
    return sender.removeprefix("voice:")


def step_facts(row: RowMapping, definition: Step | None) -> StepFacts:
    """The step, as the gates see it."""
    return StepFacts(
        channel=row["channel"],
        purpose=definition.purpose if definition else "service",
        kind=GATED_AS.get(row["kind"], "touch"),
        by_ai=row["kind"] == AI_ANSWER,
        first=row["ordinal"] == 0 and not row["waited_for_window"],
        nurture=definition.nurture if definition else False,
        due_at=row["due_at"],
        deadline_at=row["deadline_at"],
        slot_at=row["slot_at"],
    )


def words_of(sequence: RowMapping, name: str) -> str:
    """The key under which a step's words are held where a carrier filtered them: other words go on."""
    return f"words:{sequence['playbook']}/{sequence['variant']}/{name}"


def gather(turn: Turn, who: Person, sequence: RowMapping, name: str, step: StepFacts, sender: str) -> Facts:
    """Everything the gates look at for the step ``name`` of this person, now."""
    business, tx = turn.business, turn.tx
    states = phones.states_of(who.phone) if who.phone else ()
    limits = [limit for limit in (attempts_allowed(business.preset, states), business.max_touches_per_day) if limit]
    return Facts(
        preset=business.preset,
        suppressed=contacts.is_suppressed(tx, business.id, who.hashes),
        closed=(sequence["reason"] or "closed") if sequence["state"] == "closed" else "",
        held=sequence["held_reason"] if sequence["state"] == "held" else "",
        consents=consents.of_contact(tx, business.id, who.row["contact_id"]),
        follow_ups_sent=touches.count_in_sequence(tx, business.id, sequence, _TEXTS),
        strict_consent=business.strict_consent,
        address=who.address(step.channel),
        unreachable=_unreachable(who, step.channel, sender),
        touches_last_day=touches.count_since(tx, business.id, who.row["contact_id"], turn.now - timedelta(hours=24)),
        max_touches_per_day=min(limits),
        last_message_at=who.row["last_message_at"],
        in_doubt=step.by_ai and _wrote_in_doubt(turn, who),
        on_the_line=step.channel != "staff" and _on_the_line(turn, who),
        windows=windows(business, step.channel, who.phone),
        sender=_sender(turn, step.channel, sender, sequence, name),
    )


def _wrote_in_doubt(turn: Turn, who: Person) -> bool:
    last = record.last_message_of(turn.tx, turn.business.id, who.row["contact_id"])
    return last is not None and last["intent"] == "unclear"


def _on_the_line(turn: Turn, who: Person) -> bool:
    phones_of = [row["address"] for row in who.addresses if row["kind"] == "phone"]
    since = turn.now - LIVE
    return any(calls.is_pending_from(turn.tx, turn.business.id, phone, since) for phone in phones_of)


def windows(business: Business, channel: Channel, phone: str | None) -> tuple[LocalWindow, ...]:
    """When this channel may be used: the staff's hours for staff, else the law's and the business's."""
    own: Mapping[Channel, Window] = business.windows
    if channel == "staff":
        own = {} if business.staff_hours is None else {"staff": business.staff_hours}
    return windows_for(
        business.preset,
        channel,
        zones=phones.zones_of(phone) if phone else (),
        states=phones.states_of(phone) if phone else (),
        business_zone=business.zone,
        region=business.region,
        subdivision=business.subdivision,
        overrides=own,
        closed_days=business.closed_days,
        extra=business.extra_openings,
    )


def _unreachable(who: Person, channel: Channel, sender: str) -> str:
    if not sender:
        return "no_credentials"
    address = who.address(channel)
    for row in who.addresses:
        if row["address"] == address and row["unreachable"]:
            reason: str = row["unreachable"]
            return "" if channel == "voice" and reason == "landline" else reason
    if channel == "sms" and address is not None and not phones.can_receive_texts(phones.line_type(address)):
        return "landline"
    return ""


def _sender(turn: Turn, channel: Channel, sender: str, sequence: RowMapping, name: str) -> SenderFacts:
    if channel not in ("sms", "voice", "email") or not sender:
        return SenderFacts()
    row = touches.sender(turn.tx, turn.business.id, sender)
    return SenderFacts(
        pace=pace_of(turn, channel, sender, row),
        circuit_open_until=row["circuit_open_until"],
        held=row["held"] or touches.held_words(turn.tx, turn.business.id, words_of(sequence, name)),
    )


def pace_of(turn: Turn, channel: Channel, sender: str, row: RowMapping) -> Pace | None:
    """The queues of a sender's row. Twilio: about 1 SMS/s for a long code, 3 for toll-free; 1 call/s. Mail has none."""
    if channel == "email":
        return None
    ours = turn.business.number(sender) if channel == "sms" else None
    interval = timedelta(seconds=1 / (ours.texts_per_second if ours is not None else 1.0))
    return Pace(row["first_free_at"], row["later_free_at"], timedelta(seconds=row["moved_by"]), interval)
