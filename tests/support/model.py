"""What must always hold (design §4), written down a second time, the slow and simple way.

The state machines tell this model what the world did, and show it each request at the moment it starts. The
model shares no code with the rooms that it judges: hours are literal, holidays are a list, a person is a
business and a number.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterable

Person = tuple[str, str]
"""A business's id and the person's number: what one business knows, another does not."""
StepKey = tuple[str, str, str]
"""Business, sequence, step."""
Kind = Literal["touch", "answer", "confirmation"]
Opening = Literal["opened", "folded", "superseded", "cooling_down", "suppressed"]

LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)
FOLD_WITHIN: Final = timedelta(minutes=30)
COOL_DOWN: Final = timedelta(minutes=30)
RINGS_FOR: Final = timedelta(minutes=3)
"""A call whose end nobody reported holds nobody up for longer than this."""
TOUCHES_A_DAY: Final = {"uk": 4, "us": 4}
FLORIDA_A_DAY: Final = 3

ZONES: Final = {
    "+447700900123": ("Europe/London",),
    "+447700900124": ("Europe/London",),
    "+13055550101": ("America/New_York",),
    "+12125550102": ("America/New_York",),
}
FLORIDA: Final = frozenset({"+13055550101"})

PROMISED: Final = {"uk": timedelta(seconds=90), "us": timedelta(seconds=60)}
"""How late the first text may be; later only where the hours made it wait."""
NOT_BEFORE: Final = {
    "callback": timedelta(minutes=3),
    "second_text": timedelta(hours=2),
    "week_one": timedelta(weeks=1),
    "week_three": timedelta(weeks=3),
}
"""How long after the first text these come at the earliest."""
EMAIL_NOT_BEFORE: Final = timedelta(minutes=45)
"""After the call."""

BANK_HOLIDAYS: Final = frozenset(
    {
        date(2026, 11, 30), date(2026, 12, 25), date(2026, 12, 26), date(2026, 12, 28),
        date(2027, 1, 1), date(2027, 1, 4), date(2027, 3, 17), date(2027, 3, 26), date(2027, 3, 29),
    }
)  # fmt: skip
"""Of any part of the United Kingdom: where the part is not known, all count."""


def may_go_out(preset: str, channel: str, zones: Iterable[str], at: datetime, *, florida: bool = False) -> bool:
    """Whether these hours are decent and legal on every clock that the person may live by."""
    return all(_open(preset, channel, at.astimezone(ZoneInfo(zone)), florida=florida) for zone in zones)


def _open(preset: str, channel: str, local: datetime, *, florida: bool) -> bool:
    hour = local.hour + local.minute / 60
    if preset == "us":
        if channel == "email":
            return True
        return 8 <= hour < (20 if florida else 21)
    if channel in ("sms", "email"):
        return 8 <= hour < 20
    if local.date() in BANK_HOLIDAYS or local.weekday() == 6:
        return False
    return 9 <= hour < (13 if local.weekday() == 5 else 18)


@dataclass(frozen=True, slots=True)
class Seen:
    """A request to a person, as it starts."""

    key: StepKey
    kind: Kind
    channel: str
    phone: str
    """Of the person whom it goes to, also where it is an email."""
    sender: str
    at: datetime
    nurture: bool = False
    slot_at: datetime | None = None
    """The moment that the sender's queue had given it, if it had to wait."""


@dataclass(slots=True)
class Lead:
    """One person of one business."""

    preset: str
    suppressed: bool = False
    express: bool = False
    """Gave express consent, and has not said STOP since: START alone does not give it again."""
    last_message_at: datetime | None = None
    open: str | None = None
    last_call_at: datetime = LONG_AGO
    closed_at: datetime | None = None
    ringing: dict[str, datetime] = field(default_factory=dict)
    """Calls of theirs that are not over, and since when we know of them."""
    taken: list[datetime] = field(default_factory=list)
    """When touches that really arrived were sent."""


class Model:
    """The invariants. Every method that is told something may raise `AssertionError`."""

    def __init__(self, presets: dict[str, str]) -> None:
        """``presets`` by business."""
        self._presets = presets
        self.leads: dict[Person, Lead] = {}
        self.of: dict[str, Person] = {}
        """Whose sequence it is."""
        self.closed: set[str] = set()
        self.held: set[str] = set()
        self.arrived: Counter[StepKey] = Counter()
        self.sent_at: dict[StepKey, datetime] = {}
        self.opened_at: dict[str, datetime] = {}
        self._of_sender: defaultdict[tuple[str, str, str], list[datetime]] = defaultdict(list)

    def lead(self, person: Person) -> Lead:
        if person not in self.leads:
            self.leads[person] = Lead(self._presets[person[0]])
        return self.leads[person]

    # --- what the world does --------------------------------------------------------------------------------------

    def missed(self, person: Person, at: datetime) -> Opening:
        """A missed call came: what must become of it. `opened` and `superseded` ask for `open_as`."""
        lead = self.lead(person)
        if lead.suppressed:
            return "suppressed"
        if lead.open is not None:
            fold = lead.open in self.held or at - lead.last_call_at <= FOLD_WITHIN
            lead.last_call_at = at
            if fold:
                return "folded"
            self.close(lead.open, at)
            return "superseded"
        if lead.closed_at is not None and at - lead.closed_at < COOL_DOWN:
            return "cooling_down"
        return "opened"

    def open_as(self, person: Person, sequence_id: str, at: datetime) -> None:
        lead = self.lead(person)
        assert lead.open is None, "two open sequences for one person"
        assert sequence_id not in self.of, "a sequence was opened twice"
        lead.open, lead.last_call_at = sequence_id, at
        self.of[sequence_id] = person
        self.opened_at[sequence_id] = at

    def close(self, sequence_id: str, at: datetime) -> None:
        self.closed.add(sequence_id)
        self.held.discard(sequence_id)
        lead = self.leads[self.of[sequence_id]]
        if lead.open == sequence_id:
            lead.open, lead.closed_at = None, at

    def stop(self, person: Person, at: datetime) -> None:
        lead = self.lead(person)
        lead.suppressed, lead.express = True, False
        if lead.open is not None:
            self.close(lead.open, at)

    # --- what we do -----------------------------------------------------------------------------------------------

    def request(self, seen: Seen) -> None:
        """A request starts: it must be allowed by everything that the world has told us before."""
        business, sequence_id, step = seen.key
        lead = self.lead((business, seen.phone))
        if sequence_id in self.of:
            assert self.of[sequence_id] == (business, seen.phone), "one business's sequence reached another's lead"
        assert seen.kind == "confirmation" or not lead.suppressed, f"{step} started after STOP"
        assert not self.arrived[seen.key], f"{step} was sent although it had arrived before"
        if seen.kind == "touch":
            self._touch(seen, lead)
        elif seen.kind == "answer":
            fresh = lead.last_message_at is not None and seen.at - lead.last_message_at <= timedelta(hours=24)
            assert fresh or self._legal(seen), "an unasked answer went out at an illegal hour"
        self._paced(seen)

    def _touch(self, seen: Seen, lead: Lead) -> None:
        _, sequence_id, step = seen.key
        assert sequence_id not in self.closed, f"{step} started although its sequence was closed"
        assert sequence_id not in self.held, f"{step} started although its sequence was held"
        live = any(seen.at - since < RINGS_FOR for since in lead.ringing.values())
        assert not live, f"{step} started while they were ringing us"
        assert self._legal(seen), f"{step} started outside the hours: {seen.at}"
        limit = FLORIDA_A_DAY if lead.preset == "us" and seen.phone in FLORIDA else TOUCHES_A_DAY[lead.preset]
        today = sum(1 for at in lead.taken if at > seen.at - timedelta(hours=24))
        assert today < limit, f"{step} is number {today + 1} within 24 hours"
        self._in_time(seen)
        consented = seen.nurture or (lead.preset == "us" and seen.channel == "voice")
        assert lead.express or not consented, f"{step} needs express consent"

    def _in_time(self, seen: Seen) -> None:
        business, sequence_id, step = seen.key
        called = self.opened_at[sequence_id]
        if step == "acknowledge":
            promised = called + PROMISED[self._presets[business]]
            waited = not (self._legal(replace(seen, at=called)) and self._legal(replace(seen, at=promised)))
            assert seen.at <= promised or waited, f"{step} came {seen.at - called} after the call"
        first = self.sent_at.get((business, sequence_id, "acknowledge"))
        if step in NOT_BEFORE and first is not None:
            assert seen.at - first >= NOT_BEFORE[step], f"{step} came {seen.at - first} after the first text"
        assert step != "email" or seen.at - called >= EMAIL_NOT_BEFORE, f"{step} came early"

    def _legal(self, seen: Seen) -> bool:
        preset = self._presets[seen.key[0]]
        return may_go_out(preset, seen.channel, ZONES[seen.phone], seen.at, florida=seen.phone in FLORIDA)

    def _paced(self, seen: Seen) -> None:
        """One a second; a follow-up that has its moment may go beside a first text, but never three in a second.

        Who comes late (a restart, a retry) is not held up again, and is not counted here.
        """
        if seen.channel == "email" or (seen.slot_at is not None and seen.slot_at < seen.at):
            return
        recent = self._of_sender[seen.key[0], seen.sender, seen.channel]
        recent.append(seen.at)
        del recent[:-3]
        assert len(recent) < 3 or recent[-1] - recent[0] >= timedelta(seconds=1), f"{seen.sender} sent too fast"

    def taken(self, key: StepKey, phone: str, at: datetime) -> None:
        """The provider has it."""
        self.arrived[key] += 1
        assert self.arrived[key] == 1, f"{key[2]} arrived twice"
        self.sent_at[key] = at
        self.lead((key[0], phone)).taken.append(at)
