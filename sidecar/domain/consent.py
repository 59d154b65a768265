"""Who may be written to, on what ground: consents, what they cover, how long and how often.

A consent is a fact with its evidence. :func:`permits` gives back the consent that carries a touch, so that
the record can name it, or the reason why none does. Suppression (STOP) stands above all of this and is a gate
of its own; it also withdraws every consent given before it, so that START, which lifts the suppression, brings
none of them back: to be texted again is not to have agreed again to a synthetic voice or to marketing.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from sidecar.domain.compliance import Basis, Channel, Preset, Purpose
from sidecar.domain.presets import MESSAGES_IN_A_FOLLOW_UP

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

__all__ = [
    "EXPRESS_PHONE_MONTHS",
    "Basis",
    "Consent",
    "Reason",
    "Refusal",
    "Standing",
    "ends_at",
    "from_inquiry",
    "permits",
    "standing",
]

Reason = Literal[
    "no_basis", "expired", "withdrawn", "follow_ups_used", "voice_without_consent", "marketing_without_consent"
]
Standing = Literal["holds", "expired", "withdrawn"]

EXPRESS_PHONE_MONTHS = 18
"""Express consent to a phone ages out after this many months. Our own rule, no law's: numbers are reassigned,
and what the last holder agreed to binds nobody."""

_STRENGTH: tuple[Basis, ...] = ("express", "contract", "soft_opt_in", "inquiry")
_TELLING: tuple[Reason, ...] = (
    "follow_ups_used", "expired", "withdrawn", "marketing_without_consent", "voice_without_consent", "no_basis",
)  # fmt: skip
"""Where several consents fall short, the reason that is given: of the one that lacked least."""

_PERSONAL: frozenset[Channel] = frozenset({"sms", "voice", "email"})
"""Channels that reach the person; what reaches staff needs nobody's consent."""

_REMEDIES: dict[Reason, str] = {
    "no_basis": "ask for express consent in the conversation, or let staff take it up",
    "expired": "ask for consent again, or let staff take it up",
    "withdrawn": "respect it; only their own new word gives it back",
    "follow_ups_used": "wait for their answer; more needs express consent",
    "voice_without_consent": "record express consent to calls first, or let staff call in person",
    "marketing_without_consent": "record consent to marketing first, or use a service text",
}


@dataclass(frozen=True, slots=True)
class Consent:
    """One ground for writing to one person, as it was given."""

    basis: Basis
    channels: frozenset[Channel]
    purpose: Purpose
    """``marketing`` covers ``service`` as well."""
    given_at: datetime
    """UTC."""
    expires_at: datetime | None
    """UTC, the first instant at which it no longer holds; ``None``: it was given without an end."""
    evidence: str = field(compare=False)
    """What shows it: a call's or a message's id, a signed form, an import's file and line."""
    withdrawn_at: datetime | None = field(default=None, compare=False)
    """UTC, from when it no longer holds because the person took it back; a STOP does so, too."""
    consent_id: str = field(default="", compare=False)
    """Empty until it is on record. Consents are equal when the same was given at the same moment, whatever shows it
    and whatever became of it."""

    def __post_init__(self) -> None:
        """Refuse a consent that could prove nothing, or that never holds."""
        if not self.evidence.strip():
            raise ValueError("evidence: is empty; say what shows this consent")
        if not self.channels or not self.channels <= _PERSONAL:
            raise ValueError("channels: are not some of sms, voice and email; name at least one of these")
        if self.expires_at is not None and self.expires_at <= self.given_at:
            raise ValueError("expires_at: is not after given_at; leave it out for a consent without an end")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why no consent carries a touch, and what would help."""

    reason: Reason
    remedy: str


def from_inquiry(preset: Preset, at: datetime, evidence: str = "missed call") -> Consent:
    """Make the consent that a missed call is: service, every channel, for as long as the preset says."""
    months = preset.inquiry_months
    expires_at = None if months is None else _months_after(at, months)
    return Consent("inquiry", _PERSONAL, "service", at, expires_at, evidence)


def permits(
    preset: Preset,
    consents: Sequence[Consent],
    channel: Channel,
    purpose: Purpose,
    *,
    nurture: bool,
    follow_ups_sent: int,
    strict: bool,
    now: datetime,
) -> Consent | Refusal:
    """Give the strongest consent that carries a touch, or why there is none.

    Args:
        preset: the law's rules.
        consents: all that are on record for this person, in any order.
        channel: ``sms``, ``voice`` or ``email``; staff are the business's own people and need none.
        purpose: what the touch is for.
        nurture: whether it is a check-in weeks later rather than part of the first follow-up.
        follow_ups_sent: texts and emails already sent on the newest inquiry.
        strict: the business's strict mode: an AI voice needs express consent under any preset.
        now: the time of the touch, UTC.

    Raises:
        ValueError: for the channel ``staff``.
    """
    if channel == "staff":
        raise ValueError("channel: staff steps need no consent; ask about sms, voice or email")
    asked = _Asked(channel, purpose, nurture, follow_ups_sent, strict or preset.voice_needs_express, now)
    carrying: list[Consent] = []
    reasons = {_lacking(asked)}
    for consent in consents:
        if channel in consent.channels and consent.given_at <= now:
            reason = _against(consent, preset, asked)
            if reason is None and _taken_back(consent, now):
                reason = "withdrawn"
            if reason is None:
                carrying.append(consent)
            else:
                reasons.add(reason)
    if carrying:
        return max(carrying, key=lambda consent: (-_STRENGTH.index(consent.basis), consent.given_at))
    told = next(reason for reason in _TELLING if reason in reasons)
    return Refusal(told, _REMEDIES[told])


def ends_at(consent: Consent, channel: Channel, preset: Preset) -> datetime | None:
    """Give the instant (UTC) from which a consent no longer carries a channel; ``None``: it has no end.

    Its own end, and no later than the law's (an inquiry's months) and ours (:data:`EXPRESS_PHONE_MONTHS`): who
    puts one on record without an end, or moves to another preset, does not make it last.
    """
    ends = [consent.expires_at] if consent.expires_at is not None else []
    if consent.basis == "express" and channel in ("sms", "voice"):
        ends.append(_months_after(consent.given_at, EXPRESS_PHONE_MONTHS))
    if consent.basis == "inquiry" and preset.inquiry_months is not None:
        ends.append(_months_after(consent.given_at, preset.inquiry_months))
    return min(ends, default=None)


def standing(consent: Consent, preset: Preset, now: datetime) -> Standing:
    """Say what has become of a consent: it ``holds`` while it carries one of its channels."""
    if _taken_back(consent, now):
        return "withdrawn"
    ends = [ends_at(consent, channel, preset) for channel in consent.channels]
    return "expired" if all(end is not None and now >= end for end in ends) else "holds"


def _taken_back(consent: Consent, now: datetime) -> bool:
    return consent.withdrawn_at is not None and now >= consent.withdrawn_at


@dataclass(frozen=True, slots=True)
class _Asked:
    channel: Channel
    purpose: Purpose
    nurture: bool
    follow_ups_sent: int
    voice_needs_express: bool
    now: datetime


def _lacking(asked: _Asked) -> Reason:
    """Say what a person lacks of whom nothing useful is on record."""
    if asked.channel == "voice" and asked.voice_needs_express:
        return "voice_without_consent"
    return "marketing_without_consent" if asked.purpose == "marketing" else "no_basis"


def _against(consent: Consent, preset: Preset, asked: _Asked) -> Reason | None:
    """Say why one consent does not carry the touch, or ``None`` if it does."""
    ends = ends_at(consent, asked.channel, preset)
    expired = ends is not None and asked.now >= ends
    inquiry = consent.basis == "inquiry"
    if consent.basis not in _bases(preset, asked):
        # Where an inquiry carries a counted number of follow-ups, a check-in is one too many.
        counted = inquiry and asked.nurture and preset.follow_ups is not None and asked.purpose == "service"
        if not counted or asked.channel == "voice":
            return _lacking(asked)
        return "expired" if expired else "follow_ups_used"
    if asked.purpose == "marketing" and consent.purpose != "marketing":
        return "marketing_without_consent"
    if expired:
        return "expired"
    if inquiry and preset.follow_ups is not None:
        allowed = preset.follow_ups * MESSAGES_IN_A_FOLLOW_UP
        return "follow_ups_used" if asked.follow_ups_sent >= allowed else None
    return None


def _bases(preset: Preset, asked: _Asked) -> frozenset[Basis]:
    """Give the bases on which the touch is allowed at all."""
    if asked.channel == "voice" and (asked.voice_needs_express or asked.purpose == "marketing"):
        return frozenset({"express"})
    if asked.purpose == "marketing":
        bases = preset.marketing
    else:
        bases = preset.nurture if asked.nurture else frozenset(_STRENGTH)
    # The soft opt-in is for electronic mail, texts included (PECR reg. 22(3)), never for calls.
    return bases - {"soft_opt_in"} if asked.channel == "voice" else bases


_FURTHEST_WEST = timedelta(hours=-11)
"""The laws that count months are American: their people's clocks stand between here and UTC."""


def _months_after(at: datetime, months: int) -> datetime:
    """Count calendar months on, in UTC or on an American clock, wherever they end first.

    A law's months are those of the person's calendar: 28 February 21:00 in Toronto is 1 March in UTC, and counted
    there six months would end on 1 September, three days after they did in Toronto.
    """
    return min(_counted_on(at + shift, months) - shift for shift in (timedelta(), _FURTHEST_WEST))


def _counted_on(at: datetime, months: int) -> datetime:
    """A day that the month lacks becomes its last (31 August + 6: 28 February)."""
    years, month = divmod(at.month - 1 + months, 12)
    year = at.year + years
    return at.replace(year=year, month=month + 1, day=min(at.day, monthrange(year, month + 1)[1]))
