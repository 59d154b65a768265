"""What the CRM tells us of people: by a look before each step, and by its webhook when somebody changes a record.

Both mean the same (and :func:`introduce` and :func:`record_changes` do the same):

* our own property ``recovery_opt_out``: a STOP on every channel, of whoever has that record;
* HubSpot's ``hs_email_optout``, out of all of the client's emails: no email from us, while texts and calls go on.
  It is undone when HubSpot says so, for it is HubSpot's to keep;
* ``hs_email_optout_<id>``, out of one of the client's lists: no email either, until that list has them again. Only
  the webhook tells of these.

The CRM never lifts a STOP: START alone does.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sidecar.crm.port import Told
from sidecar.domain.texts import usable_first_name
from sidecar.engine import facts, people, stopping
from sidecar.store import contacts, record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import RowMapping

    from sidecar.crm.port import CrmChange, CrmPerson
    from sidecar.engine.context import Turn

CRM_LAGS = timedelta(hours=24)
"""For so long after a START the CRM may still say opted out: its search is behind."""

ECHO = timedelta(minutes=1)
"""A change that the CRM dates to before a START, or to this soon after it, is our own write of the STOP before it."""

SELDOM = timedelta(days=1)
"""Staff are told no oftener than this that the CRM cannot lift somebody's STOP."""

MARKS = {"email": "email_opted_out", "list": "email_list_left"}
"""Why an email address takes no email, by what the CRM told."""


def introduce(turn: Turn, contact_id: str, person: CrmPerson, *, force: bool) -> None:
    """Note what the CRM knows of a contact; an opt-out that the CRM holds is a STOP.

    Raises:
        stopping.Leased: it is one, and a request to them is under way; nothing is written then.
    """
    was = contacts.get(turn.tx, turn.business.id, contact_id, lock=True)
    if not contacts.addresses_of(turn.tx, turn.business.id, contact_id):
        return  # forgotten while the CRM was asked
    contacts.change(
        turn.tx, turn.business.id, contact_id,
        first_name=usable_first_name(person.first_name), last_name=person.last_name,
        deal_stage=person.deal_stage, enriched_at=turn.now,
    )  # fmt: skip
    if person.email:
        email = person.email.strip().lower()
        people.add_address(turn, contact_id, "email", email)
        found = [row for row in facts.person(turn, contact_id).addresses if row["address"] == email]
        _note_email(turn, contact_id, found, "email", opted_out=person.email_opted_out)
    stopped = link(turn, contact_id, person.crm_id) if was["crm_id"] != person.crm_id else None
    if stopped is not None and not person.opted_out:  # a STOP from before anybody knew that this is their record
        stopping.owe_word(turn, contact_id, opted_out=True, source=stopped["source"], at=stopped["at"])
    if person.opted_out and not _says_what_was(turn, contact_id):
        stopping.stop(turn, contact_id, source=stopping.CRM, force=force)


def _says_what_was(turn: Turn, contact_id: str) -> bool:
    """They said START, and the CRM has not been told yet, or so lately that its search may be behind."""
    words = record.words_on(turn.tx, turn.business.id, stopping.topic_of(contact_id))
    if words and words[0]["state"] == "due" and words[0]["kind"] == "crm.opt_in":
        return True
    hashes = facts.person(turn, contact_id).hashes
    return contacts.lifted_since(turn.tx, turn.business.id, hashes, turn.now - CRM_LAGS)


def link(turn: Turn, contact_id: str, crm_id: str) -> RowMapping | None:
    """This is their record in the CRM. A STOP of theirs, if they said one, covers it too; it is returned."""
    contacts.change(turn.tx, turn.business.id, contact_id, crm_id=crm_id)
    before = facts.person(turn, contact_id)
    people.add_address(turn, contact_id, "crm", crm_id)
    stopped = contacts.suppression_of(turn.tx, turn.business.id, before.hashes)
    if stopped is not None:
        key = turn.context.key_hash(turn.business.id, "crm", crm_id)
        contacts.suppress(turn.tx, turn.business.id, contact_id, [("crm", key)], stopped["source"], stopped["at"])
    return stopped


def record_changes(turn: Turn, changes: Sequence[CrmChange], *, force: bool) -> None:
    """Take in what somebody changed in the CRM, in one transaction. Told twice or late, it is done once.

    Raises:
        stopping.Leased: one is a STOP, and a request to them is under way; nothing is written then.
    """
    known = [(contact_id, change) for change in changes for contact_id in _who(turn, change.crm_id)]
    # In one order of people for all, so that two batches never wait for each other; of one person, by its time.
    for contact_id, change in sorted(known, key=lambda pair: (pair[0], pair[1].at)):
        if change.told is not Told.STOP:
            found = [row for row in facts.person(turn, contact_id).addresses if row["kind"] == "email"]
            kind = "email" if change.told is Told.NO_EMAIL else "list"
            _note_email(turn, contact_id, found, kind, opted_out=change.on)
        elif change.on:
            _stop(turn, contact_id, change, force=force)
        else:
            _not_lifted(turn, contact_id, change)


def _who(turn: Turn, crm_id: str) -> list[str]:
    """Everybody whose record that is: a household may share one."""
    key = turn.context.key_hash(turn.business.id, "crm", crm_id)
    return contacts.sharing(turn.tx, turn.business.id, [key])


def _stop(turn: Turn, contact_id: str, change: CrmChange, *, force: bool) -> None:
    hashes = facts.person(turn, contact_id).hashes
    if not contacts.lifted_since(turn.tx, turn.business.id, hashes, change.at - ECHO):
        stopping.stop(turn, contact_id, source=stopping.CRM, force=force)


def _not_lifted(turn: Turn, contact_id: str, change: CrmChange) -> None:
    """Somebody took the mark off by hand: the STOP stands, and staff hear what does lift it."""
    stopped = contacts.suppression_of(turn.tx, turn.business.id, facts.person(turn, contact_id).hashes)
    if stopped is not None and stopped["at"] + ECHO < change.at:
        turn.alert("not_lifted", topic=contact_id, seldom=SELDOM, contact_id=contact_id, reason="not_lifted")


def _note_email(turn: Turn, contact_id: str, emails: Sequence[RowMapping], kind: str, *, opted_out: bool) -> None:
    """Who left the client's mailing list gets no email, and may have come back to it since."""
    now, before = (MARKS[kind], "") if opted_out else ("", MARKS[kind])
    changed = [row["address"] for row in emails if row["kind"] == "email" and row["unreachable"] == before]
    for address in changed:
        contacts.mark_unreachable(turn.tx, turn.business.id, address, now)
    if changed:
        told = "contact.email_opted_out" if opted_out else "contact.email_opted_in"
        turn.record(told, contact_id=contact_id, reason="crm")
