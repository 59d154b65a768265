"""Alerts and tasks for staff: one person and one medium each, so that each is a delivery retried alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from sidecar.channels.port import ChannelError, Effect, Fault, Finding, Found, Outgoing
from sidecar.channels.staff.webhook import LONGEST, post

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from sidecar.channels.port import Accepted, Channel
    from sidecar.config.business import Business

Medium = Literal["sms", "email", "webhook"]
_LONGEST_TEXT: Final = 1500
"""Twilio takes 1,600 characters."""


@dataclass(frozen=True, slots=True)
class Destination:
    """One way to one person."""

    member: str
    """The member's name, as in the business's file."""
    medium: Medium
    address: str
    """E.164, email address or URL."""


def destinations(business: Business) -> tuple[Destination, ...]:
    """Every way to every member of staff that this business's credentials allow, members in their order."""
    found: list[Destination] = []
    for member in business.staff:
        if member.phone and business.twilio is not None:
            found.append(Destination(member.name, "sms", member.phone))
        if member.email and business.smtp is not None:
            found.append(Destination(member.name, "email", member.email))
        if member.webhook:
            found.append(Destination(member.name, "webhook", member.webhook))
    return tuple(found)


class StaffDesk:
    """Sends alerts through the channels that it is given. Holds no state of its own; thread-safe."""

    name: Final = "staff"

    def __init__(self, sms: Channel, email: Channel, *, webhook_secret: Callable[[str], str]) -> None:
        """``webhook_secret``: a business's id → its signing secret (``whsec_…``)."""
        self._sms = sms
        self._email = email
        self._webhook_secret = webhook_secret
        self.longest_send: timedelta = max(sms.longest_send, email.longest_send, LONGEST)

    def alert(
        self,
        business: Business,
        destination: Destination,
        subject: str,
        body: str,
        *,
        delivery_id: str,
        at: datetime,
    ) -> Accepted:
        """Send one alert, once. ``at`` is now (UTC): it dates the letter and the webhook's signature.

        Where a caller replied, ``body`` carries what they wrote. Raises :class:`ChannelError`; a doubtful
        webhook may be repeated (its receiver knows ``webhook-id``), a doubtful text is asked about first
        (:meth:`find`).
        """
        if destination.medium == "webhook":
            secret = self._webhook_secret(business.id)
            return post(
                destination.address,
                {"business": business.id, "member": destination.member, "subject": subject, "body": body},
                secret=secret,
                delivery_id=delivery_id,
                at=at,
            )
        channel = self._sms if destination.medium == "sms" else self._email
        return channel.send(_outgoing(business, destination, subject, body, delivery_id=delivery_id, at=at))

    def find(
        self,
        business: Business,
        destination: Destination,
        subject: str,
        body: str,
        *,
        delivery_id: str,
        at: datetime,
    ) -> Finding:
        """Whether that alert, first tried at ``at``, reached the provider; only texts can be asked about."""
        if destination.medium != "sms":
            return Finding(Found.CANNOT_TELL)
        return self._sms.find(_outgoing(business, destination, subject, body, delivery_id=delivery_id, at=at))


def _outgoing(
    business: Business, destination: Destination, subject: str, body: str, *, delivery_id: str, at: datetime
) -> Outgoing:
    by_text = destination.medium == "sms"
    return Outgoing(
        business=business,
        touch_id=delivery_id,
        sequence_id="",
        step="staff",
        attempt=1,
        to=destination.address,
        sender=_texting_number(business) if by_text else "",
        body=_as_text(subject, body) if by_text else body,
        subject=subject,
        intended_at=at,
    )


def _texting_number(business: Business) -> str:
    number = next((number.texts_from for number in business.numbers if number.can_text or number.text_from), None)
    if number is None:
        raise ChannelError(
            f"{business.name} has no number that can text its staff",
            fault=Fault.REFUSED,
            code="not_configured",
            effect=Effect.ALERT,
            remedy="Give a number of the business can_text or text_from, or alert staff by email or webhook",
        )
    return number


def _as_text(subject: str, body: str) -> str:
    whole = f"{subject}\n{body}".strip()
    return whole if len(whole) <= _LONGEST_TEXT else f"{whole[: _LONGEST_TEXT - 1]}…"
