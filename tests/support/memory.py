"""The domain put to work without a database: dictionaries for rows, one method for each transaction.

It decides nothing by itself: calls are judged by `domain.calls`, due times come from `domain.playbooks`, and each
step asks `domain.gates`. What a provider does with a request is handed in.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

from sidecar.domain.assent import is_answerable, plain_answer
from sidecar.domain.calls import LIVE, Evidence, Rules, Verdict, judge, opening
from sidecar.domain.compliance import attempts_allowed, preset, windows_for
from sidecar.domain.consent import Consent, from_inquiry
from sidecar.domain.gates import Decision, Facts, SenderFacts, StepFacts, decide
from sidecar.domain.pace import Pace
from sidecar.domain.playbooks import due_at
from sidecar.domain.windows import Window
from tests.support.legality import PEOPLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from sidecar.domain.assent import Asking
    from sidecar.domain.gates import Kind
    from sidecar.domain.playbooks import Channel, Playbook, Step
    from sidecar.domain.reports import CallReport
    from tests.support.legality import House

    Deferred = Callable[[Channel, str, datetime, datetime | None], None]

StepState = Literal["planned", "sending", "unknown", "sent", "skipped", "cancelled", "failed"]
Answer = Literal["accept", "down", "refuse", "lose", "accept_then_lose"]
"""What a provider does with a request; the last two give no answer."""

RETRY: Final = timedelta(seconds=5)
FOLD_WITHIN: Final = timedelta(minutes=30)
COOL_DOWN: Final = timedelta(minutes=30)


@dataclass(slots=True)
class Row:
    """A step."""

    definition: Step | None
    name: str
    channel: Channel
    kind: Kind
    first: bool
    asking: Asking | None = None
    """What it asks the person's consent to."""
    asked_at: datetime | None = None
    state: StepState = "planned"
    due_at: datetime | None = None
    release_at: datetime | None = None
    deadline_at: datetime | None = None
    slot_at: datetime | None = None
    settled_at: datetime | None = None


@dataclass(slots=True)
class Sequence:
    """One run of a playbook."""

    sequence_id: str
    call_at: datetime
    steps: dict[str, Row]
    last_call_at: datetime
    closed: str = ""
    closed_at: datetime | None = None
    held: str = ""


@dataclass(slots=True)
class Contact:
    """A person of a business."""

    phone: str
    zones: tuple[str, ...]
    email: str | None = None
    suppressed: bool = False
    stopped_at: datetime | None = None
    last_touch: Row | None = None
    consents: tuple[Consent, ...] = ()
    last_message_at: datetime | None = None
    sequences: list[Sequence] = field(default_factory=list)
    ringing: dict[str, datetime] = field(default_factory=dict)
    """Calls that cannot be judged yet, and since when we know of them."""
    touched: list[datetime] = field(default_factory=list)
    """When something went, or may have gone, to them."""

    @property
    def open(self) -> Sequence | None:
        return self.sequences[-1] if self.sequences and not self.sequences[-1].closed else None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request that is about to start."""

    contact: Contact
    sequence: Sequence
    row: Row
    at: datetime


class Memory:
    """One business, in memory."""

    def __init__(self, house: House, playbook: Playbook, send: Callable[[Attempt], Answer], deferred: Deferred) -> None:
        """``deferred`` is told of each wait for legal hours: channel, phone, now, until (``None``: in vain)."""
        self._house = house
        self._preset = preset(house.law)
        self._own: dict[Any, Window] = {channel: Window(own.week, own.holidays) for channel, own in house.own.items()}
        self._playbook = playbook
        self._send = send
        self._deferred = deferred
        self.contacts: dict[str, Contact] = {}
        self.calls: dict[str, tuple[Evidence, Verdict]] = {}
        self.decisions: list[Decision] = []
        self._pace: dict[str, Pace] = {}
        self._count = 0

    # --- what the world does --------------------------------------------------------------------------------------

    def report(self, contact: Contact, report: CallReport, rules: Rules, now: datetime) -> str:
        """One report of one call; what it came to."""
        evidence, verdict = self.calls.get(report.call_id, (Evidence(), Verdict("pending")))
        if verdict.state != "pending":
            return "already"
        evidence = evidence.learn(report)
        verdict = judge(evidence, rules)
        self.calls[report.call_id] = (evidence, verdict)
        if verdict.state == "pending":
            contact.ringing.setdefault(report.call_id, now)
        else:
            contact.ringing.pop(report.call_id, None)
        if verdict.state == "answered" and contact.open is not None:
            self.close(contact.open, "answered", now)
        return self._missed(contact, now) if verdict.state == "missed" else verdict.state

    def _missed(self, contact: Contact, now: datetime) -> str:
        if contact.suppressed:
            return "suppressed"
        contact.consents += (from_inquiry(self._preset, now),)
        current, last = contact.open, contact.sequences[-1] if contact.sequences else None
        what = opening(
            now,
            open_since=current.last_call_at if current else None,
            last_closed_at=last.closed_at if last else None,
            fold_within=FOLD_WITHIN,
            cool_down=COOL_DOWN,
            held=bool(current and current.held),
        )
        if what == "fold" and current is not None:
            current.last_call_at = now
            return "folded"
        if what == "cool_down":
            return "cooling_down"
        if current is not None:
            self.close(current, "superseded", now)
        self._open(contact, now)
        return "opened" if current is None else "superseded"

    def _open(self, contact: Contact, now: datetime) -> None:
        self._count += 1
        rows = {
            step.name: Row(step, step.name, step.channel, "touch", ordinal == 0)
            for ordinal, step in enumerate(self._playbook.steps)
        }
        sequence = Sequence(f"seq{self._count}", now, rows, now)
        contact.sequences.append(sequence)
        self._plan(sequence)

    def _plan(self, sequence: Sequence) -> None:
        settled = {row.name: row.settled_at for row in sequence.steps.values() if row.settled_at is not None}
        for row in sequence.steps.values():
            if row.state == "planned" and row.due_at is None and row.definition is not None:
                row.due_at = row.release_at = due_at(row.definition, call_at=sequence.call_at, settled=settled)
                if row.due_at is not None and row.definition.deadline is not None:
                    row.deadline_at = row.due_at + row.definition.deadline

    def stop(self, contact: Contact, now: datetime) -> None:
        contact.suppressed, contact.stopped_at = True, now
        contact.consents = tuple(replace(one, withdrawn_at=one.withdrawn_at or now) for one in contact.consents)
        if contact.open is not None:
            self.close(contact.open, "opted_out", now)

    def close(self, sequence: Sequence, reason: str, now: datetime) -> None:
        sequence.closed, sequence.closed_at, sequence.held = reason, now, ""
        for row in sequence.steps.values():
            if row.state == "planned" and row.kind == "touch":
                self._settle(row, "cancelled", now)

    def resume(self, sequence: Sequence, now: datetime) -> None:
        sequence.held = ""
        for row in sequence.steps.values():
            if row.state == "planned" and row.due_at is not None:
                row.release_at = max(now, row.due_at)

    @staticmethod
    def give(contact: Contact, consent: Consent) -> None:
        """Put one on record; what was given before their last STOP was taken back by it."""
        if contact.stopped_at is not None and consent.given_at <= contact.stopped_at:
            consent = replace(consent, withdrawn_at=contact.stopped_at)
        contact.consents += (consent,)

    @staticmethod
    def withdraw(contact: Contact, channels: frozenset[Channel], now: datetime) -> None:
        """They take back what they agreed to, on these channels; it stands on the others."""
        kept = []
        for one in contact.consents:
            gone = one.channels & channels if one.withdrawn_at is None else frozenset()
            kept.append(replace(one, withdrawn_at=now) if gone else one)
            if gone and one.channels - gone:
                kept.append(replace(one, channels=one.channels - gone))
        contact.consents = tuple(kept)

    @staticmethod
    def hear(contact: Contact, body: str, now: datetime) -> None:
        """A plain yes to the question that was the last thing we said."""
        last = contact.last_touch
        if last is None or last.asking is None or last.asked_at is None or contact.suppressed:
            return
        if is_answerable(last.asked_at, now) and plain_answer(body) == "yes":
            contact.consents += (last.asking.consent(now, touch_id=last.name, message_id="SM1"),)
            contact.last_touch = None

    def add(self, sequence: Sequence, kind: Kind, now: datetime, asking: Asking | None = None) -> None:
        """A step that no playbook holds: an answer, or the confirmation of a STOP."""
        self._count += 1
        name = f"{kind}-{self._count}"
        sequence.steps[name] = Row(None, name, "sms", kind, first=False, asking=asking, due_at=now, release_at=now)

    # --- what we do -----------------------------------------------------------------------------------------------

    def due(self, now: datetime) -> list[tuple[Contact, Sequence, Row]]:
        """What is due, first texts first."""
        found = [
            (contact, sequence, row)
            for contact in self.contacts.values()
            for sequence in contact.sequences
            for row in sequence.steps.values()
            if row.state == "planned" and row.release_at is not None and row.release_at <= now
        ]
        return sorted(found, key=lambda one: (not one[2].first, one[2].release_at))

    def next_due(self) -> datetime | None:
        return min(
            (
                row.release_at
                for contact in self.contacts.values()
                for sequence in contact.sequences
                for row in sequence.steps.values()
                if row.state == "planned" and row.release_at is not None
            ),
            default=None,
        )

    def work(self, now: datetime) -> None:
        """Carry out what is due, until nothing is."""
        for _ in range(100):
            due = self.due(now)
            if not due:
                return
            for contact, sequence, row in due:
                if row.state == "planned":
                    self._gate(contact, sequence, row, now)
        raise AssertionError("work goes round in circles")

    def _gate(self, contact: Contact, sequence: Sequence, row: Row, now: datetime) -> None:
        facts = self._facts(contact, sequence, row, now)
        asking = StepFacts(
            row.channel,
            row.definition.purpose if row.definition else "service",
            row.kind,
            first=row.first,
            nurture=row.definition.nurture if row.definition else False,
            due_at=row.due_at,
            deadline_at=row.deadline_at,
            slot_at=row.slot_at,
        )
        decision = decide(asking, facts, now)
        self.decisions.append(decision)
        if decision.gate == "window":
            self._deferred(row.channel, contact.phone, now, decision.until)
        if decision.pace is not None:
            self._pace[row.channel] = decision.pace
        if decision.verdict == "send":
            self._start(contact, sequence, row, now)
        elif decision.verdict == "defer":
            self._defer(row, decision)
        else:
            self._settle(row, "skipped", now)
            if decision.verdict == "close" and not sequence.closed:
                self.close(sequence, decision.reason, now)
            self._go_on(sequence, now)

    def _facts(self, contact: Contact, sequence: Sequence, row: Row, now: datetime) -> Facts:
        house, states = self._house, PEOPLE[contact.phone].states
        limits = [limit for limit in (attempts_allowed(self._preset, states), house.most_a_day) if limit]
        return Facts(
            preset=self._preset,
            suppressed=contact.suppressed,
            closed=sequence.closed,
            held=sequence.held,
            consents=contact.consents,
            follow_ups_sent=sum(
                1
                for step in sequence.steps.values()
                if step.state in ("sent", "unknown") and step.channel in ("sms", "email")
            ),
            strict_consent=house.strict,
            address=contact.email if row.channel == "email" else contact.phone,
            touches_last_day=sum(1 for at in contact.touched if at > now - timedelta(hours=24)),
            max_touches_per_day=min(limits),
            last_message_at=contact.last_message_at,
            on_the_line=any(now - since < LIVE for since in contact.ringing.values()),
            windows=windows_for(
                self._preset,
                row.channel,
                zones=contact.zones,
                states=states,
                business_zone=house.zone,
                region=house.place[:2],
                subdivision=house.place[3:] or None,
                overrides=self._own,
                closed_days=house.closed,
                extra=house.extra,
            ),
            sender=SenderFacts(None if row.channel == "email" else self._pace.get(row.channel, Pace())),
        )

    @staticmethod
    def _defer(row: Row, decision: Decision) -> None:
        row.release_at = decision.until
        if decision.gate == "window" and decision.until is not None:
            row.due_at, row.slot_at = decision.until, None
            if row.definition is not None and row.definition.deadline is not None:
                row.deadline_at = decision.until + row.definition.deadline
        if decision.reason == "pace":
            row.slot_at = decision.slot

    def _start(self, contact: Contact, sequence: Sequence, row: Row, now: datetime) -> None:
        row.state = "sending"
        answer = self._send(Attempt(contact, sequence, row, now))
        if answer not in ("down", "refuse"):
            contact.last_touch, row.asked_at = row, now
        if answer == "accept":
            contact.touched.append(now)
            self._settle(row, "sent", now)
        elif answer in ("lose", "accept_then_lose"):
            contact.touched.append(now)
            row.state, row.release_at = "unknown", None
        elif answer == "refuse":
            self._settle(row, "failed", now)
        else:
            row.state, row.release_at = "planned", now + RETRY
        self._go_on(sequence, now)

    def push(self, sequence: Sequence, contact: Contact, row: Row, now: datetime) -> None:
        """A flow says *now*, whatever the time is; what counts from nothing yet has no gates to ask."""
        if row.state == "planned" and row.due_at is not None:
            self._gate(contact, sequence, row, now)

    def found(self, sequence: Sequence, row: Row, arrived: bool, now: datetime) -> None:
        """The provider was asked about a step in doubt."""
        if arrived:
            self._settle(row, "sent", now)
        elif sequence.closed and row.kind == "touch":
            self._settle(row, "cancelled", now)
        else:
            row.state, row.release_at = "planned", now
        self._go_on(sequence, now)

    @staticmethod
    def _settle(row: Row, state: StepState, now: datetime) -> None:
        row.state, row.settled_at, row.release_at = state, now, None

    def _go_on(self, sequence: Sequence, now: datetime) -> None:
        if sequence.closed:
            return
        self._plan(sequence)
        own = [row for row in sequence.steps.values() if row.kind == "touch"]
        if all(row.state not in ("planned", "sending", "unknown") for row in own):
            self.close(sequence, "exhausted", now)
