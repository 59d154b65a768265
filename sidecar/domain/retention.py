"""How long what is personal is kept, and from when that is counted (UK GDPR and GDPR art. 5(1)(e): storage limitation).

A period is counted from the last thing that happened between a person and the business, and a consent that still
stands is a reason to keep who gave it: its evidence must be there as long as somebody may be written to on it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sidecar.domain.consent import ends_at, standing

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sidecar.domain.compliance import Preset
    from sidecar.domain.consent import Consent

_PERIOD = re.compile(r"(\d+)(d|w|mo|y)")
_DAYS = {"d": 1, "w": 7, "mo": 30, "y": 365}
"""A month and a year are counted short: nothing is kept longer than was said."""

SHORTEST_PEOPLE: Final = timedelta(days=180)
"""An inquiry counts for six months in Canada (CASL s. 10(10)(e)), and in every place a person may ask why they were
written to: whoever forgets sooner can neither count nor answer."""
SHORTEST_DELIVERIES: Final = timedelta(days=7)
"""What is said once a day, and what the CRM is told in order, is read from the deliveries of the last days."""
LONGEST: Final = timedelta(days=3650)

_UNDER = {"ca": timedelta(days=3 * 365 + 1), "us": timedelta(days=4 * 365 + 1)}
"""Claims come late, and the sender must then show the consent: three years under CASL (s. 13, 47(2)), four under the
TCPA (28 U.S.C. 1658)."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long one business keeps what."""

    people: timedelta = timedelta(days=24 * 30)
    """Since the last call, message, touch or consent: then the person is forgotten."""
    deliveries: timedelta = timedelta(days=90)
    """Since it was delivered: then what was delivered is removed, its words with it."""


def usual(preset: Preset) -> Retention:
    """Give what holds where the business says nothing: never for ever, and as long as claims may come."""
    people = _UNDER.get(preset.name)
    return Retention() if people is None else Retention(people)


def period(text: str) -> timedelta:
    """Read ``90d``, ``12w``, ``24mo`` (of 30 days) or ``2y`` (of 365).

    Raises:
        ValueError: when the text is no such period; the message says how to write one.
    """
    found = _PERIOD.fullmatch(text.replace(" ", ""))
    days = int(found[1]) * _DAYS[found[2]] if found else 0
    if not found:
        message = f"{text!r} is not a period; write it like 90d, 12w, 24mo or 2y"
        raise ValueError(message)
    if days > LONGEST.days:
        message = f"{text!r} is longer than ten years; write a shorter period"
        raise ValueError(message)
    return timedelta(days=days)


def last_moment(
    happened: Iterable[datetime | None], consents: Iterable[Consent], preset: Preset, now: datetime
) -> datetime | None:
    """Give the instant (UTC) from which a person's period is counted; ``None``: a consent still stands.

    A missed call that has no end by law is no reason to keep anybody for ever: it counts when it was made. A consent
    that has ended counts from its end.
    """
    moments = [moment for moment in happened if moment is not None]
    for consent in consents:
        ends = [ends_at(consent, channel, preset) for channel in consent.channels]
        endless = consent.basis == "inquiry" and None in ends
        if not endless and standing(consent, preset, now) == "holds":
            return None
        moments.append(consent.given_at)
        if consent.withdrawn_at is not None:
            moments.append(consent.withdrawn_at)
        elif not endless:
            moments += [end for end in ends if end is not None]
    return max(moments, default=now)
