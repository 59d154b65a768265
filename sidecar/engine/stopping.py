"""STOP and START.

After a STOP has committed no request to that person starts (design §4.3). A
sender's intent and its lease on the person are one commit, and its request
starts within a second of it or not at all. A STOP that meets a lease first bars
the person, so that no further request can be leased while it waits, then waits
until nothing is under way, for two seconds at most: whatever was intended
before the bar has begun by then.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from sidecar.engine import facts, sequences
from sidecar.engine.consents import STOPPED
from sidecar.engine.context import Turn
from sidecar.engine.results import OptResult
from sidecar.store import consents, contacts, touches
from sidecar.store import sequences as rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import RowMapping

    from sidecar.config.business import Business
    from sidecar.engine.context import Context

T = TypeVar("T")

WAIT_SECONDS = 2.0
"""How long a STOP waits for requests under way; real seconds, since it waits for real requests."""
_LOOK_SECONDS = 0.05
CRM = "crm"
"""Source of a STOP that the CRM told us of: it need not be told."""
SAID = ("sms", "email")
"""Sources of a STOP in the person's own words, of which staff are told by ``opted_out``."""
_BAR_SECONDS = 30.0
"""A bar outlasts the slowest STOP; that of a process which died goes by itself."""


class Leased(Exception):
    """A request to one of these people is under way; nothing was written."""

    def __init__(self, people: Sequence[str]) -> None:
        super().__init__()
        self.people = people


def commit_stop(context: Context, business: Business, work: Callable[[Turn, bool], T]) -> T:
    """Run ``work(turn, force)`` until it commits; it raises :class:`Leased` while it must wait.

    :data:`WAIT_SECONDS` after the person was barred ``force`` is true: the STOP commits whatever is under way.
    """
    deadline: float | None = None
    while True:
        force = deadline is not None and time.monotonic() >= deadline
        try:
            return context.store.write(lambda tx, force=force: work(Turn(context, tx, business), force))  # type: ignore[misc]
        except Leased as leased:
            if deadline is None:
                people = leased.people
                context.store.write(lambda tx: contacts.bar(tx, business.id, people, _BAR_SECONDS))  # noqa: B023
                deadline = time.monotonic() + WAIT_SECONDS
            _await_result(context, business, leased.people, deadline)


def _await_result(context: Context, business: Business, people: Sequence[str], deadline: float) -> None:
    """Wait until nothing is under way to these people. It only reads: SQLite's one writer has better things to do."""
    while (left := deadline - time.monotonic()) > 0:
        if not context.store.read(lambda tx: touches.any_leased(tx, business.id, people)):
            return
        time.sleep(min(left, _LOOK_SECONDS))


def stop(
    turn: Turn,
    contact_id: str,
    *,
    source: str,
    force: bool,
    own_lease: bool = False,
    said_at: datetime | None = None,
    refused: str | None = None,
    during: str | None = None,
    complaint: bool = False,
) -> OptResult:
    """Suppress a person on every channel, take back what they consented to, close their sequence: one transaction.

    Args:
        turn: the transaction.
        contact_id: who said STOP; whoever shares an address with them is stopped there too.
        source: how we know: ``sms``, ``email_link``, ``twilio_21610``, ``api``, ``voice``, ``crm``.
        force: commit although a request is under way.
        said_at: when they said it, where that is long ago (a text found in the provider's log).
        own_lease: the lease that is held is the caller's own (the provider's refusal told us of the STOP).
        refused: the touch that the provider took and then refused, which told us of the STOP.
        during: the call in which they say it: its agent says goodbye, so it is not cut off.
        complaint: they complained of being contacted, and their own sequence is closed for that.

    Raises:
        Leased: when a request to them is under way and ``force`` is not set; nothing is written then.
    """
    who = facts.person(turn, contact_id)
    keys = [(row["kind"], row["key_hash"]) for row in who.addresses]
    people = contacts.sharing(turn.tx, turn.business.id, who.hashes) or [contact_id]
    contacts.lock(turn.tx, turn.business.id, people)
    if not (force or own_lease) and touches.any_leased(turn.tx, turn.business.id, people):
        raise Leased(people)
    contacts.unbar(turn.tx, turn.business.id, people)
    changed = contacts.suppress(turn.tx, turn.business.id, contact_id, keys, source, said_at or turn.now)
    consents.withdraw_all(turn.tx, turn.business.id, people, said_at or turn.now, STOPPED)
    under_way = [
        row for row in touches.of_contacts_under_way(turn.tx, turn.business.id, people) if row["touch_id"] != during
    ]
    in_flight = tuple(row["touch_id"] for row in under_way if row["state"] == "sending" and not own_lease)
    if changed:
        turn.record("suppression.added", contact_id=contact_id, reason=source, in_flight=list(in_flight))
        if source != CRM:
            owe_word(turn, contact_id, opted_out=True, source=source, at=said_at or turn.now)
    ends = dict.fromkeys(people, "opted_out") | {contact_id: "complained" if complaint else "opted_out"}
    _end_everything(turn, ends, under_way, said=source in SAID, refused=refused)
    return OptResult(contact_id, suppressed=True, changed=changed, in_flight=in_flight)


def _end_everything(
    turn: Turn, ends: Mapping[str, str], under_way: Sequence[RowMapping], *, said: bool, refused: str | None
) -> None:
    """Let no call ring on, and close what is open for these people, each for a reason; nobody is dropped in silence."""
    for row in under_way:
        if row["channel"] == "voice":
            turn.owe("voice.stop", "voice", {"touch_id": row["touch_id"]}, sequence_id=row["sequence_id"])
    for person_id, reason in ends.items():
        sequence = rows.open_of(turn.tx, turn.business.id, person_id)
        if sequence is not None:
            sequences.close_sequence(turn, sequence, reason, outcome=reason)
            if not said:
                sequences.tell_of_dropped(turn, sequence, refused=refused)


def start(turn: Turn, contact_id: str, *, source: str, said_at: datetime | None = None) -> OptResult:
    """START lifts a suppression; it reopens nothing, and what the STOP took back it does not give again.

    Their next missed call is a new inquiry; an answer to what they write may go out at once.
    """
    who = facts.person(turn, contact_id, lock=True)
    changed = contacts.lift(turn.tx, turn.business.id, who.hashes, said_at or turn.now)
    if changed:
        turn.record("suppression.lifted", contact_id=contact_id, reason=source)
        owe_word(turn, contact_id, opted_out=False, source=source, at=said_at or turn.now)
    return OptResult(contact_id, suppressed=False, changed=changed)


def owe_word(turn: Turn, contact_id: str, *, opted_out: bool, source: str, at: datetime) -> None:
    """Owe the CRM this STOP or START; it overtakes what is still owed of this person's earlier words."""
    payload = {"contact_id": contact_id, "source": source, "at": at.isoformat()}
    turn.owe("crm.opt_out" if opted_out else "crm.opt_in", "crm", payload, topic=topic_of(contact_id))


def topic_of(contact_id: str) -> str:
    """Under which the CRM is owed a person's words, so that they are written one after the other."""
    return f"word:{contact_id}"
