"""Who has this number, or this email? The search, and what its hits say.

HubSpot keeps phones as people typed them, so the search is wide (facts: five filter groups, the most that
HubSpot allows) and each hit is read and compared: only the same E.164 number is a match.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sidecar.crm.hubspot.account import CONTACTS_READ
from sidecar.crm.port import CrmPerson
from sidecar.domain.phones import BadPhone, national_digits, parse
from sidecar.domain.texts import usable_first_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sidecar.crm.hubspot.account import Account
    from sidecar.crm.hubspot.limits import Deadline

_PHONES = ("phone", "mobilephone", "hs_calculated_phone_number", "hs_calculated_mobile_number")
"""The two that people type, and HubSpot's own reading of each."""
_ASKED = (
    "firstname",
    "lastname",
    "email",
    *_PHONES,
    "hs_email_optout",
    "recovery_opt_out",
    "notes_last_updated",
    "createdate",
    "lastmodifieddate",
)
_MOST_HITS = 50
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Hit:
    """One contact that the search found."""

    crm_id: str
    first_name: str | None
    last_name: str | None
    email: str | None
    phones: tuple[str, ...]
    """As typed."""
    opted_out: bool
    email_opted_out: bool
    active: tuple[datetime, datetime]
    """Last activity (or creation, where that is later), then last change; UTC."""


def search_for(e164: str) -> dict[str, Any]:
    """The body of ``POST /crm/v3/objects/contacts/search`` that finds every spelling of a number.

    Raises :class:`sidecar.domain.phones.BadPhone` when ``e164`` is not E.164.
    """
    national = national_digits(e164)
    filters = (
        ("hs_searchable_calculated_phone_number", "EQ", national),
        ("phone", "EQ", e164),
        ("mobilephone", "EQ", e164),
        ("phone", "CONTAINS_TOKEN", f"*{national}"),
        ("mobilephone", "CONTAINS_TOKEN", f"*{national}"),
    )
    return {
        "filterGroups": [
            {"filters": [{"propertyName": name, "operator": operator, "value": value}]}
            for name, operator, value in filters
        ],
        "properties": list(_ASKED),
        "sorts": [{"propertyName": "lastmodifieddate", "direction": "DESCENDING"}],
        "limit": _MOST_HITS,
        "after": "0",
    }


def hit_from(crm_id: str, properties: Mapping[str, str | None]) -> Hit:
    """Read one contact of an answer; properties that the account does not have are simply absent."""
    active = max(moment(properties.get("notes_last_updated")), moment(properties.get("createdate")))
    return Hit(
        crm_id=crm_id,
        first_name=usable_first_name(properties.get("firstname") or ""),
        last_name=(properties.get("lastname") or "").strip() or None,
        email=(properties.get("email") or "").strip().lower() or None,
        phones=tuple(text for name in _PHONES if (text := properties.get(name))),
        opted_out=properties.get("recovery_opt_out") == "true",
        email_opted_out=properties.get("hs_email_optout") == "true",
        active=(active, moment(properties.get("lastmodifieddate"))),
    )


def moment(text: str | None) -> datetime:
    """HubSpot's date (ISO 8601 or epoch milliseconds) in UTC; the beginning of time where there is none."""
    if not text:
        return _NEVER
    try:
        if text.isdigit():
            return datetime.fromtimestamp(int(text) / 1000, tz=UTC)
        read = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return _NEVER
    return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)


def with_number(hits: Iterable[Hit], e164: str, region: str) -> tuple[Hit, ...]:
    """The true matches, the most recently active first; phones without a country are read in ``region``."""
    true = [hit for hit in hits if any(_same(text, e164, region) for text in hit.phones)]
    return tuple(sorted(true, key=lambda hit: (hit.active, hit.crm_id), reverse=True))


def _same(text: str, e164: str, region: str) -> bool:
    try:
        return parse(text, region) == e164
    except BadPhone:
        return False


def person_of(hits: Sequence[Hit]) -> CrmPerson | None:
    """One person out of true matches, the most recently active first.

    Different first names mean a phone that several people share: then nobody is named, no email address is
    given unless all agree on it (it might be another's), and one of them having opted out counts for all.
    """
    if not hits:
        return None
    chosen = hits[0]
    names = {hit.first_name.casefold(): hit.first_name for hit in reversed(hits) if hit.first_name}
    opted_out = any(hit.opted_out for hit in hits)
    if len(names) > 1:
        emails = {hit.email for hit in hits}
        return CrmPerson(
            crm_id=chosen.crm_id,
            email=emails.pop() if len(emails) == 1 else None,
            opted_out=opted_out,
            email_opted_out=any(hit.email_opted_out for hit in hits),
            ambiguous=True,
        )
    return CrmPerson(
        crm_id=chosen.crm_id,
        first_name=next(iter(names.values()), None),
        last_name=chosen.last_name,
        email=chosen.email,
        opted_out=opted_out,
        email_opted_out=chosen.email_opted_out,
    )


def id_by_email(account: Account, email: str, deadline: Deadline) -> str | None:
    """The record with that email address, which HubSpot keeps unique. Raises :class:`sidecar.crm.port.CrmError`."""
    answer = account.read(
        account.batches.read,
        "contacts",
        {"inputs": [{"id": email}], "idProperty": "email", "properties": ["email"], "propertiesWithHistory": []},
        doing="looking for an email address",
        scope=CONTACTS_READ,
        deadline=deadline,
    )
    return next((str(found.id) for found in answer.results or ()), None)
