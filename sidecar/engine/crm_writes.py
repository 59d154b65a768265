"""What the CRM is owed: a log of each touch, that a sequence ended unanswered, and each STOP and START.

The last of these is owed until it holds. It does not die: not after a day, not after so many attempts, not because
a scope is missing. The suppression itself waits for none of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sidecar.crm.port import NOT_FOUND, CrmError, TouchNote
from sidecar.domain.phones import mask_in
from sidecar.engine import facts
from sidecar.engine.context import Turn
from sidecar.engine.crm import link
from sidecar.engine.outgoing_hooks import Again
from sidecar.store import contacts, record, touches
from sidecar.store import sequences as rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import RowMapping

    from sidecar.config.business import Business
    from sidecar.crm.port import Crm
    from sidecar.engine.context import Context
    from sidecar.engine.facts import Person

WORDS = ("crm.opt_out", "crm.opt_in")
"""Kinds of deliveries that never die."""

REFUSED = (
    "The CRM does not take our writes, so it does not know who opted out: {why}. We try on every hour; nothing is sent "
    "to these people meanwhile."
)
TOLD_EVERY = timedelta(days=1)
"""Once a day is enough to be told that the CRM still does not know."""
LATE = timedelta(days=1)
"""A CRM that is down for so long is somebody's business too."""

UNKNOWN_LOOKS = 7
"""So often a person whom the CRM does not know is looked up at the usual back-off: new records are found late."""
UNKNOWN_AGAIN = timedelta(days=1)
UNKNOWN_FOR = timedelta(days=30)
"""Who has no record by then is not looked for any more; should they get one, it is told when they are met."""

IN_TURN = timedelta(seconds=5)
"""A newer word waits so long for an older one that is being written just now."""


class CrmWrites:
    """Brings the CRM what it is owed; each method returns when that is settled, or raises :class:`Again`."""

    def __init__(self, context: Context, crm: Crm) -> None:
        self._context = context
        self._crm = crm

    def touch(self, business: Business, row: RowMapping) -> None:
        """Log a touch on the person's timeline."""
        touch = self._context.store.read(lambda tx: touches.get(tx, business.id, row["payload"]["touch_id"]))
        crm_id = self._person(business, touch["contact_id"]).row["crm_id"] if touch is not None else None
        if touch is None or crm_id is None or touch["channel"] == "staff":
            return
        details = touch["details"] or {}
        note = TouchNote(
            crm_id=crm_id, touch_id=touch["touch_id"], channel=touch["channel"],
            at=touch["sent_at"] or touch["intended_at"], body=touch["body"] or details.get("summary", ""),
            outcome=details.get("outcome", ""), duration_ms=details.get("duration_ms"),
        )  # fmt: skip
        _call(lambda: self._crm.log_touch(business, note))

    def exhausted(self, business: Business, row: RowMapping) -> None:
        """Mark that a sequence ended unanswered, for the client's own nurture."""
        crm_id = self._person(business, row["payload"]["contact_id"]).row["crm_id"]
        sequence = self._context.store.read(lambda tx: rows.get(tx, business.id, row["sequence_id"]))
        if crm_id is not None and sequence is not None:
            at = sequence["closed_at"]
            _call(lambda: self._crm.set_exhausted(business, crm_id, at))

    def word(self, business: Business, row: RowMapping) -> None:
        """Write STOP or START back: the last word, and never an older one over a newer.

        A person's words are written one after the other: a newer one waits while an older one is under way, and an
        older one that has been overtaken before its turn is not written at all.
        """
        if business.hubspot is None or self._overtaken(business, row):
            return
        payload, opted_out = row["payload"], row["kind"] == "crm.opt_out"
        who = self._person(business, payload["contact_id"])
        if self._context.store.read(lambda tx: contacts.is_suppressed(tx, business.id, who.hashes)) is not opted_out:
            return  # what holds for them now was said by somebody who shares an address, and is owed by itself
        at, source = datetime.fromisoformat(payload["at"]), payload["source"]
        try:
            crm_id = who.row["crm_id"] or self._meet(business, who)
            if crm_id is not None:
                self._crm.set_opt_out(business, crm_id, opted_out=opted_out, source=source, at=at)
            else:
                self._unknown(row, at)
        except CrmError as error:
            why = mask_in(str(error))
            if error.code == NOT_FOUND and who.row["crm_id"]:
                self._unlink(business, who)
                raise Again(why) from error
            lasting = not error.temporary or self._context.clock.now() - at >= LATE
            raise Again(why, tell=REFUSED.format(why=why) if lasting else "") from error

    def _overtaken(self, business: Business, row: RowMapping) -> bool:
        if row["topic"] is None:
            return False
        words = self._context.store.read(lambda tx: record.words_on(tx, business.id, row["topic"]))
        ids = [word["delivery_id"] for word in words]
        mine = ids.index(row["delivery_id"]) if row["delivery_id"] in ids else len(ids)
        if mine == 0 and any(word["busy"] for word in words[1:]):
            raise Again("an older word of theirs is being written just now", after=IN_TURN)
        return mine > 0

    def _meet(self, business: Business, who: Person) -> str | None:
        """Who said STOP may be in the CRM although we never had to look them up, or not under their phone."""
        crm_id = self._crm.record_of(business, phone=who.phone, email=who.email)
        if crm_id is not None:
            contact_id = who.row["contact_id"]
            self._context.store.write(lambda tx: link(Turn(self._context, tx, business), contact_id, crm_id))
        return crm_id

    def _unknown(self, row: RowMapping, at: datetime) -> None:
        """They have no record to write on, yet: look again, at last once a day, for a month."""
        if self._context.clock.now() - at < UNKNOWN_FOR:
            after = None if row["attempts"] < UNKNOWN_LOOKS else UNKNOWN_AGAIN
            raise Again("they are not in the CRM yet", after=after)

    def _unlink(self, business: Business, who: Person) -> None:
        """Their record was deleted or merged into another: the next try looks for it anew."""
        contact_id = who.row["contact_id"]
        self._context.store.write(lambda tx: contacts.change(tx, business.id, contact_id, crm_id=None))

    def _person(self, business: Business, contact_id: str) -> Person:
        return self._context.store.read(lambda tx: facts.person(Turn(self._context, tx, business), contact_id))


def _call(write: Callable[[], object]) -> None:
    try:
        write()
    except CrmError as error:
        raise Again(mask_in(str(error)), final=not error.temporary) from error
