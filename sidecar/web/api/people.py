"""People in requests: phones in the business's region, addresses, exactly one way to name somebody."""

from __future__ import annotations

from email.utils import parseaddr
from typing import TYPE_CHECKING

from sidecar.domain import phones
from sidecar.web.problem import Problem

if TYPE_CHECKING:
    from sidecar.config.business import Business

_PHONE_REMEDY = "write the number with its country, like +44 7700 900123"


def phone(business: Business, raw: str, field: str) -> str:
    """E.164 of a phone as somebody typed it; raises a 422 :class:`Problem` that names ``field``."""
    try:
        return phones.parse(raw, business.region)
    except phones.BadPhone as error:
        raise Problem("invalid", str(error), remedy=_PHONE_REMEDY, pointer=f"/{field}") from None


def caller(business: Business, raw: str | None, field: str) -> str | None:
    """E.164 of a caller; what stood there where the number is hidden; ``None`` where nothing was said of it."""
    if raw is None or phones.is_anonymous(raw):
        return raw
    return phone(business, raw, field)


def email(raw: str, field: str) -> str:
    """The bare address of ``Name <name@example.org>``; raises a 422 :class:`Problem` that names ``field``."""
    address = parseaddr(raw)[1]
    local, at, domain = address.rpartition("@")
    if not (at and local and "." in domain.strip(".")) or any(char.isspace() for char in address):
        raise Problem(
            "invalid",
            f"`{field}` is not an email address",
            remedy="write it like name@example.org",
            pointer=f"/{field}",
        )
    return address


def person(business: Business, *, phone_: str | None, email_: str | None) -> dict[str, str]:
    """``phone`` or ``email`` as keywords for the engine; raises a 422 where it is neither, or both."""
    if (phone_ is None) == (email_ is None):
        raise Problem(
            "invalid",
            "Name the person by `phone` or by `email`, one of them",
            remedy="give exactly one",
            pointer="/phone",
        )
    return (
        {"phone": phone(business, phone_, "phone")} if phone_ is not None else {"email": email(email_ or "", "email")}
    )


def whom(business: Business, *, sequence_id: str | None, phone_: str | None, email_: str | None) -> dict[str, str]:
    """A sequence or a person as keywords for the engine; raises a 422 where it is not exactly one of them."""
    if sequence_id is None:
        return person(business, phone_=phone_, email_=email_)
    if phone_ is not None or email_ is not None:
        raise Problem(
            "invalid",
            "A sequence and a person were named",
            remedy="give `sequence_id`, `phone` or `email`, one of them",
            pointer="/sequence_id",
        )
    return {"sequence_id": sequence_id}
