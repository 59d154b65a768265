"""The presets as data: what each law's rules come to, with the source of every row.

These tables implement facts that were collected in November 2026; they are not legal advice. Where a source
leaves room the stricter reading is taken, and rules of our own are marked so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from sidecar.domain.playbooks import Channel, Purpose
from sidecar.domain.windows import ALWAYS, Span, Window

if TYPE_CHECKING:
    from collections.abc import Mapping

Basis = Literal["inquiry", "express", "soft_opt_in", "contract"]
"""Why a person may be written to: they asked us something, they agreed in so many words, they bought and were
offered a way out, or a contract is running."""

MESSAGES_IN_A_FOLLOW_UP = 2
"""The first text after a missed call and the reminder that follows it make up one follow-up."""


@dataclass(frozen=True, slots=True)
class Preset:
    """The rules of one law as the gates use them."""

    name: str
    windows: Mapping[Channel, Window]
    """When a channel may be used at all; a channel that is not named is left to the business."""
    by_state: Mapping[str, Mapping[Channel, Window]] = field(default_factory=dict)
    """Further windows by ISO 3166-2 code of the recipient; they hold together with :attr:`windows`."""
    zone_of: Literal["recipient", "business"] = "recipient"
    """Whose clock the windows are read on; staff are always asked by the business's own."""
    voice_needs_express: bool = True
    """An AI voice speaks to nobody who did not agree to it; a business in strict mode asks for it anyway."""
    inquiry_months: int | None = None
    """Calendar months for which an inquiry is a basis; ``None``: it does not run out by itself."""
    follow_ups: int | None = None
    """Follow-ups that an inquiry carries (see :data:`MESSAGES_IN_A_FOLLOW_UP`); ``None``: no such limit."""
    nurture: frozenset[Basis] = frozenset({"express"})
    """Bases on which a check-in weeks later is allowed."""
    marketing: frozenset[Basis] = frozenset({"express"})
    """Bases on which marketing by text or email is allowed; by voice only express consent is one."""
    attempts_per_day: int | None = None
    """Attempts (texts and calls) to one person in any 24 h; ``None``: no limit by law."""
    attempts_per_day_by_state: Mapping[str, int] = field(default_factory=dict)
    recording_notice: bool = True
    """Whether a recorded call must say so, wherever the person is."""
    recording_states: frozenset[str] = frozenset()
    """Where it must, if :attr:`recording_notice` does not say so for all."""
    ai_notice: bool = True
    """Whether the agent's first sentence says that it is an AI assistant."""


def _week(
    weekday: Span,
    saturday: Span,
    sunday: Span | None,
    *,
    holidays: tuple[Span, ...] | None = None,
) -> Window:
    """Build a window from the hours of a weekday, a Saturday and a Sunday (``None``: closed)."""
    days = [(span,) if span is not None else () for span in (weekday, saturday, sunday)]
    return Window((*[days[0]] * 5, days[1], days[2]), holidays)


def _hours(start: float, end: float) -> Span:
    return round(start * 60), round(end * 60)


def _called(window: Window) -> Mapping[Channel, Window]:
    """Put a rule about telephone calls on texts as well: a text is a call (FCC 03-153, para. 165)."""
    return {"sms": window, "voice": window}


def _daily(start: float, end: float) -> Window:
    hours = _hours(start, end)
    return _week(hours, hours, hours)


UK = Preset(
    name="uk",
    windows={
        # Usual UK hours; no statute sets them (Ofcom and the DMA code speak of reasonable times).
        "sms": _daily(8, 20),
        "email": _daily(8, 20),
        # A bank holiday counts as a Sunday: no calls.
        "voice": _week(_hours(9, 18), _hours(9, 13), None, holidays=()),
    },
    # PECR reg. 19 asks specific consent for automated *marketing* calls. Whether an AI voice that follows up
    # the person's own call is one is unsettled, so strict mode asks for it.
    voice_needs_express=False,
    # The service follow-up rests on a legitimate-interest assessment. Weeks later the person must have
    # agreed, bought with a way out (PECR reg. 22(3)), or be a customer.
    nurture=frozenset({"express", "soft_opt_in", "contract"}),
    marketing=frozenset({"express", "soft_opt_in"}),
)

_ADAD = _week(_hours(9, 21.5), _hours(10, 18), _hours(10, 18), holidays=(_hours(10, 18),))

CA = Preset(
    name="ca",
    # CRTC Unsolicited Telecommunications Rules, Part IV (automatic dialling-announcing devices), the called
    # person's time. CASL knows no hours: that texts and emails keep the same ones, and a holiday those of a
    # weekend, is our own rule.
    windows={"sms": _ADAD, "email": _ADAD, "voice": _ADAD},
    # Part IV: a synthesised voice that solicits needs express consent.
    voice_needs_express=True,
    # CASL s. 10(10)(e): consent implied by an inquiry lasts six months. One follow-up; more needs express.
    inquiry_months=6,
    follow_ups=1,
)

_EIGHT_TO_EIGHT = _daily(8, 20)

US = Preset(
    name="us",
    windows={
        # 47 CFR 64.1200(c)(1): 8 to 21 at the called party's location.
        **_called(_daily(8, 21)),
        # Neither the TCPA nor CAN-SPAM (15 USC 7704) sets hours for email.
        "email": ALWAYS,
    },
    by_state={
        "US-FL": _called(_EIGHT_TO_EIGHT),  # Fla. Stat. 501.616(6)(a)
        "US-OK": _called(_EIGHT_TO_EIGHT),  # Okla. Stat. tit. 15, 775C.4
        "US-MD": _called(_EIGHT_TO_EIGHT),  # Md. Code, Com. Law 14-4502
        # Tex. Bus. & Com. Code 301.051
        "US-TX": _called(_week(_hours(9, 21), _hours(9, 21), _hours(12, 21))),
        "US-CT": _called(_daily(9, 20)),  # Conn. Gen. Stat. 42-288a
        # R.I. Gen. Laws 5-61-3.6; the hours as commonly published for weekends
        "US-RI": _called(_week(_hours(9, 18), _hours(10, 17), _hours(10, 17))),
    },
    # FCC 24-17 with 47 CFR 64.1200(a)(1): an AI voice is an artificial voice.
    voice_needs_express=True,
    # 47 CFR 64.1200(f)(5): an inquiry makes an established business relationship for three months.
    inquiry_months=3,
    # The same three statutes: three attempts in 24 h. They count calls; a text counts as one.
    attempts_per_day_by_state={"US-FL": 3, "US-OK": 3, "US-MD": 3},
    # All-party consent to recording.
    recording_notice=False,
    recording_states=frozenset(
        {"US-CA", "US-FL", "US-IL", "US-MD", "US-MA", "US-MT", "US-NH", "US-PA", "US-WA"},
    ),
)

CUSTOM = Preset(
    name="custom",
    # Hours come from the business file alone. The rest is unknown: the strictest known rules hold.
    windows={},
    voice_needs_express=True,
    inquiry_months=3,
)

GDPR_REGIONS = frozenset(
    "GB AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK".split()
)
"""The United Kingdom (UK GDPR) and the European Economic Area (Regulation (EU) 2016/679), ISO 3166-1."""

PRESETS: Mapping[str, Preset] = {known.name: known for known in (UK, CA, US, CUSTOM)}

__all__ = ["GDPR_REGIONS", "MESSAGES_IN_A_FOLLOW_UP", "PRESETS", "Basis", "Channel", "Preset", "Purpose"]
