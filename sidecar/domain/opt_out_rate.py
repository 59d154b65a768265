"""Do too many people opt out, and why? Counted by people, for one playbook, over a rolling window.

The field's measure is under 2 %, and three causes are known behind more: the text came too late, it struck the wrong
tone, or people were written to too often. Which it is, is read from those who left: what they had got before they did.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

CauseName = Literal["too_late", "wrong_tone", "too_often"]

LATE: Final = timedelta(minutes=5)
"""A first contact later than this is late: the field's measure, and replies halve by then."""
OFTEN: Final = 3
"""So many messages and calls before the STOP are often."""

_SAID: Final[dict[CauseName, str]] = {
    "too_late": "too late",
    "wrong_tone": "wrong tone",
    "too_often": "too often",
}


@dataclass(frozen=True, slots=True)
class Limit:
    """When an alarm is raised."""

    percent: float = 2.0
    """More of the people contacted than this opted out."""
    within: timedelta = timedelta(days=30)
    people: int = 100
    """Fewer people contacted than this say nothing: one of ten is chance."""
    pause: bool = False
    """Open no new sequences of the playbook until an operator releases it."""

    def worth_counting(self, left: int) -> bool:
        """Whether so many opt-outs can be too many at all, however many people were contacted."""
        return left * 100 > self.percent * self.people


@dataclass(frozen=True, slots=True)
class Leaver:
    """Somebody who opted out after we had contacted them."""

    first_touch: timedelta
    """From their call to our first message."""
    touches: int
    """Messages and calls that they had got by then."""
    step: str
    """The last of these."""
    complained: bool = False


@dataclass(frozen=True, slots=True)
class Figures:
    """One playbook's window."""

    contacted: int
    """People, each once."""
    late: float
    """Share of all first messages that came later than :data:`LATE`."""
    leavers: Sequence[Leaver]

    @property
    def percent(self) -> float:
        """Opt-outs of each hundred people contacted."""
        return 100 * len(self.leavers) / self.contacted if self.contacted else 0.0


@dataclass(frozen=True, slots=True)
class Cause:
    """One of the three, and what speaks for it."""

    name: CauseName
    people: int
    """How many of those who left show its sign."""
    weight: float
    """0 to 1; the likeliest has the most."""
    because: str
    """One sentence."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """More people opt out than the limit allows."""

    figures: Figures
    causes: tuple[Cause, ...]
    """All three, the likeliest first."""

    @property
    def likely(self) -> Cause:
        """The likeliest."""
        return self.causes[0]


def judge(figures: Figures, limit: Limit) -> Alarm | None:
    """The alarm, if these figures are one."""
    if figures.contacted < limit.people or figures.percent <= limit.percent:
        return None
    causes = (_too_late(figures), _wrong_tone(figures), _too_often(figures))
    return Alarm(figures, tuple(sorted(causes, key=lambda cause: -cause.weight)))


def _is_late(one: Leaver) -> bool:
    return one.first_touch > LATE


def _is_often(one: Leaver) -> bool:
    return one.touches >= OFTEN


def _too_late(figures: Figures) -> Cause:
    """Lateness that everybody shares explains less than lateness of those who left."""
    people = sum(map(_is_late, figures.leavers))
    share = people / len(figures.leavers)
    because = (
        f"{people} of {len(figures.leavers)} first heard from us later than {_minutes(LATE)} after their call "
        f"(of everybody contacted: {100 * figures.late:.0f} %)"
    )
    return Cause("too_late", people, share * (1 - figures.late / 2), because)


def _wrong_tone(figures: Figures) -> Cause:
    """They complained, or left at once although it came in time: then it was the words."""
    complained = sum(one.complained for one in figures.leavers)
    people = sum(one.complained or not (_is_late(one) or _is_often(one)) for one in figures.leavers)
    step, times = Counter(one.step for one in figures.leavers).most_common(1)[0]
    because = (
        f"{people} of {len(figures.leavers)} complained ({complained}) or left after one or two messages that came in "
        f"time; {times} answered the step {step}"
    )
    return Cause("wrong_tone", people, people / len(figures.leavers), because)


def _too_often(figures: Figures) -> Cause:
    people = sum(map(_is_often, figures.leavers))
    because = f"{people} of {len(figures.leavers)} had had {OFTEN} messages or calls, or more"
    return Cause("too_often", people, people / len(figures.leavers), because)


def told(alarm: Alarm, playbook: str, limit: Limit) -> str:
    """The alarm in words, for those who run the playbook.

    >>> leavers = [Leaver(timedelta(seconds=20), 4, "nudge")] * 7
    >>> alarm = judge(Figures(206, 0.1, leavers), Limit())
    >>> print(told(alarm, "contractor-two-text", Limit()).splitlines()[0])
    3.4 % of those whom contractor-two-text contacted in 30 days opted out (7 of 206; the limit is 2 %).
    """
    figures, likely = alarm.figures, alarm.likely
    rate = (
        f"{figures.percent:.1f} % of those whom {playbook} contacted in {limit.within.days} days opted out "
        f"({len(figures.leavers)} of {figures.contacted}; the limit is {limit.percent:g} %)."
    )
    lines = [rate, f"Likely cause: {_SAID[likely.name]}. {likely.because}."]
    lines += [f"Less likely: {_SAID[cause.name]}. {cause.because}." for cause in alarm.causes[1:]]
    return "\n".join(lines)


def _minutes(span: timedelta) -> str:
    return f"{span // timedelta(minutes=1)} minutes"
