"""Finding or making the contact behind an address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sidecar.domain import phones
from sidecar.engine.results import Invalid
from sidecar.store import contacts
from sidecar.store.database import Repeat

if TYPE_CHECKING:
    from sidecar.config.business import Business
    from sidecar.engine.context import Turn


def read_phone(business: Business, raw: str, *, field: str = "phone") -> str:
    """E.164 of a phone as somebody typed it, in the business's region; raises :class:`Invalid`."""
    try:
        return phones.parse(raw, business.region)
    except phones.BadPhone as error:
        raise Invalid(
            str(error), field=field, remedy="write the number with its country, like +44 7700 900123"
        ) from error


def is_internal(business: Business, phone: str) -> bool:
    """Whether that is a phone of the business or of its people: never a lead."""
    return (
        phone in business.internal
        or business.number(phone) is not None
        or any(phone in number.ring for number in business.numbers)
        or any(phone == member.phone for member in business.staff)
    )


def contact_of(turn: Turn, *, phone: str | None = None, email: str | None = None) -> str:
    """The contact with this address, made if there is none yet."""
    found = find_contact(turn, phone=phone, email=email)
    if found is not None:
        return found
    contact_id = contacts.create(turn.tx, turn.business.id, turn.now)
    for kind, address in (("phone", phone), ("email", email)):
        if address is not None:
            add_address(turn, contact_id, kind, address)
    if find_contact(turn, phone=phone, email=email) != contact_id:
        # PostgreSQL: another transaction made this person a moment ago. A person must not be two.
        raise Repeat
    return contact_id


def find_contact(turn: Turn, *, phone: str | None = None, email: str | None = None) -> str | None:
    """The contact with this address, if there is one."""
    if phone is not None:
        return contacts.by_address(turn.tx, turn.business.id, "phone", phone)
    if email is not None:
        return contacts.by_address(turn.tx, turn.business.id, "email", email.strip().lower())
    message = "neither phone nor email was given"
    raise Invalid(message, field="phone", remedy="name the person by phone or by email")


def add_address(turn: Turn, contact_id: str, kind: str, address: str) -> None:
    """Note an address of a contact, with its keyed hash."""
    value = address.strip().lower() if kind == "email" else address
    assert kind in ("phone", "email", "crm")  # noqa: S101 - our own callers
    hashed = turn.context.key_hash(turn.business.id, kind, value)  # type: ignore[arg-type]
    contacts.add_address(turn.tx, turn.business.id, contact_id, kind, value, hashed, turn.now)  # type: ignore[arg-type]
