"""What must always hold (design §4), written down a second time, the slow and simple way.

The state machines tell this model what the world did, and show it each request at the moment it starts. The
model shares no code with the rooms that it judges; what law and business allow is `tests.support.legality`. A person
is a business and a number.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

from tests.support.legality import (
    LISTED_UNTIL,
    SEARCH,
    Grant,
    Wish,
    agreed,
    attempts,
    first_legal_minute,
    open_at,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.legality import House

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

NOT_BEFORE: Final = {
    "callback": timedelta(minutes=3),
    "second_text": timedelta(hours=2),
    "week_one": timedelta(weeks=1),
    "week_three": timedelta(weeks=3),
}
"""How long after the first text these come at the earliest."""
EMAIL_NOT_BEFORE: Final = timedelta(minutes=45)
"""After the call."""

MESSAGES: Final = frozenset({"sms", "email"})


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
    purpose: str = "service"
    slot_at: datetime | None = None
    """The moment that the sender's queue had given it, if it had to wait."""


@dataclass(slots=True)
class Lead:
    """One person of one business."""

    suppressed: bool = False
    last_stop: datetime | None = None
    grants: list[Grant] = field(default_factory=list)
    """All they ever agreed to; what was given before the last STOP holds no more, and START gives none of it again."""
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

    def __init__(self, houses: Mapping[str, House]) -> None:
        """``houses`` by business: the raw facts by which its sends are judged."""
        self.houses = houses
        self.leads: dict[Person, Lead] = {}
        self.of: dict[str, Person] = {}
        """Whose sequence it is."""
        self.closed: set[str] = set()
        self.held: set[str] = set()
        self.arrived: Counter[StepKey] = Counter()
        self.sent_at: dict[StepKey, datetime] = {}
        self.opened_at: dict[str, datetime] = {}
        self.messages: Counter[str] = Counter()
        """Texts and emails of a playbook that arrived, by sequence."""
        self._of_sender: defaultdict[tuple[str, str, str], list[datetime]] = defaultdict(list)

    def lead(self, person: Person) -> Lead:
        if person not in self.leads:
            self.leads[person] = Lead()
        return self.leads[person]

    # --- what the world does --------------------------------------------------------------------------------------

    def missed(self, person: Person, at: datetime) -> Opening:
        """A missed call came: what must become of it. `opened` and `superseded` ask for `open_as`."""
        lead = self.lead(person)
        if lead.suppressed:
            return "suppressed"
        lead.grants.append(Grant("inquiry", frozenset({"sms", "voice", "email"}), "service", at))
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
        lead.suppressed, lead.last_stop = True, at
        for grant in lead.grants:  # of this very moment too: the STOP came after them
            for channel in grant.channels:
                grant.taken_back.setdefault(channel, at)
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
            assert fresh or self._agreed(seen, lead), "an unasked answer went out without consent"
        self._paced(seen)

    def _touch(self, seen: Seen, lead: Lead) -> None:
        _, sequence_id, step = seen.key
        assert sequence_id not in self.closed, f"{step} started although its sequence was closed"
        assert sequence_id not in self.held, f"{step} started although its sequence was held"
        live = any(seen.at - since < RINGS_FOR for since in lead.ringing.values())
        assert not live, f"{step} started while they were ringing us"
        assert self._legal(seen), f"{step} started outside the hours: {seen.at}"
        limit = attempts(self.houses[seen.key[0]], seen.phone)
        today = sum(1 for at in lead.taken if at > seen.at - timedelta(hours=24))
        assert today < limit, f"{step} is number {today + 1} within 24 hours"
        self._in_time(seen)
        assert self._agreed(seen, lead), f"{step} by {seen.channel} started without the consent that it needs"

    def _agreed(self, seen: Seen, lead: Lead) -> bool:
        before = self.messages[seen.key[1]]
        wish = Wish(seen.channel, seen.phone, seen.at, seen.purpose, nurture=seen.nurture, messages_before=before)
        return agreed(self.houses[seen.key[0]], lead.grants, lead.last_stop, wish)

    def deferred(self, business: str, channel: str, phone: str, at: datetime, until: datetime | None) -> None:
        """Something waits for its hours (``None``: in vain): until the first legal minute, and no other."""
        if at + SEARCH < LISTED_UNTIL:
            assert until == first_legal_minute(self.houses[business], channel, phone, at), "not the first legal minute"

    def _in_time(self, seen: Seen) -> None:
        business, sequence_id, step = seen.key
        called = self.opened_at[sequence_id]
        if step == "acknowledge":
            promised = called + self.houses[business].first_text_within
            waited = not (self._legal(replace(seen, at=called)) and self._legal(replace(seen, at=promised)))
            assert seen.at <= promised or waited, f"{step} came {seen.at - called} after the call"
        first = self.sent_at.get((business, sequence_id, "acknowledge"))
        if step in NOT_BEFORE and first is not None:
            assert seen.at - first >= NOT_BEFORE[step], f"{step} came {seen.at - first} after the first text"
        assert step != "email" or seen.at - called >= EMAIL_NOT_BEFORE, f"{step} came early"

    def _legal(self, seen: Seen) -> bool:
        return open_at(self.houses[seen.key[0]], seen.channel, seen.phone, seen.at)

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

    def taken(self, key: StepKey, phone: str, at: datetime, channel: str = "") -> None:
        """The provider has it."""
        self.arrived[key] += 1
        assert self.arrived[key] == 1, f"{key[2]} arrived twice"
        self.sent_at[key] = at
        self.messages[key[1]] += channel in MESSAGES
        self.lead((key[0], phone)).taken.append(at)
