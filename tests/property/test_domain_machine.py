"""What always holds (design §4), on the pure domain: ten thousand histories of two businesses and their callers.

The store is in memory (`tests.support.memory`), the judge is `tests.support.model`, which shares no code with the
domain. Windows are checked against hours that are written there a second time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from sidecar.config.playbooks import shipped_playbook
from sidecar.domain.calls import Rules
from sidecar.domain.compliance import preset
from sidecar.domain.consent import Consent
from sidecar.domain.optout import classify
from sidecar.domain.reports import CallReport
from tests.support.examples import examples
from tests.support.memory import Answer, Attempt, Contact, Memory, Row, Sequence
from tests.support.model import ZONES, Model, Seen
from tests.support.world import ACME, GLOBEX, PRESETS, mixed_playbook

if TYPE_CHECKING:
    from sidecar.domain.playbooks import Playbook
    from tests.support.model import Person

CALLERS = ("+447700900123", "+13055550101", "+12125550102")
STARTS_AT = (
    datetime(2026, 11, 18, 10, 0, tzinfo=UTC),
    datetime(2026, 11, 20, 17, 58, tzinfo=UTC),
    datetime(2026, 11, 21, 23, 30, tzinfo=UTC),
    datetime(2026, 12, 24, 19, 59, 30, tzinfo=UTC),
    datetime(2027, 3, 14, 6, 30, tzinfo=UTC),  # New York's clocks go forward
    datetime(2027, 3, 28, 0, 30, tzinfo=UTC),  # London's do, on Easter Sunday
)
PASSES = (
    timedelta(seconds=1), timedelta(seconds=7), timedelta(minutes=4), timedelta(minutes=31), timedelta(hours=3),
    timedelta(hours=14), timedelta(days=8),
)  # fmt: skip
MESSAGES = {
    "STOP": "opt_out",
    "Please don't call me again": "opt_out",
    "START": "opt_in",
    "Tomorrow at ten is fine": "none",
    "STOP - no wait, can you come tomorrow?": "unclear",
}
REPORTS: tuple[tuple[tuple[dict[str, object], ...], str], ...] = (
    (({"status": "no-answer"},), "missed"),
    (({"status": "completed"}, {"dial_status": "busy"}), "missed"),
    (({"status": "completed"}, {"dial_status": "completed"}, {"accepted": False}), "missed"),
    (({"status": "completed"}, {"accepted": True}, {"dial_status": "completed"}), "answered"),
    (({"dial_status": "no-answer"}, {"status": "completed"}), "missed"),
    (({"status": "canceled", "ring_seconds": 1},), "ignored"),
    (({"missed": True, "reason": "after_hours"},), "missed"),
    (({"missed": False},), "answered"),
)
"""Reports of one call in an order in which they may come, and what the call is in the end."""

THREE_LAYERS, MIXED = shipped_playbook("uk-three-layer"), mixed_playbook()

persons = st.sampled_from(
    [(ACME, CALLERS[0])] * 5
    + [(GLOBEX, CALLERS[1])] * 4
    + [(business, caller) for business in (ACME, GLOBEX) for caller in CALLERS]
)
"""Mostly the same two, so that much happens to one person; the first calls both businesses now and then."""
ANSWERS: tuple[Answer, ...] = ("accept", "down", "refuse", "lose", "accept_then_lose")


class DomainMachine(RuleBasedStateMachine):
    """The world, two businesses in memory, and the model that judges each request."""

    def __init__(self) -> None:
        super().__init__()
        self.now = STARTS_AT[0]
        self.model = Model(PRESETS)
        self.script: list[Answer] = []
        self.meanwhile = ""
        """What the person writes while the next request to them is under way."""
        self.doubts: list[tuple[str, Contact, Sequence, Row, bool]] = []
        self.count = 0
        self.businesses = {
            ACME: self.business(ACME, THREE_LAYERS, "Europe/London", "GB"),
            GLOBEX: self.business(GLOBEX, MIXED, "America/New_York", "US"),
        }

    def business(self, business_id: str, playbook: Playbook, zone: str, region: str) -> Memory:
        memory = Memory(
            preset(PRESETS[business_id]), playbook, zone, region, lambda attempt: self.send(business_id, attempt)
        )
        for phone in CALLERS:
            memory.contacts[phone] = Contact(phone, ZONES[phone])
        return memory

    # --- the provider ----------------------------------------------------------------------------------------------

    def send(self, business_id: str, attempt: Attempt) -> Answer:
        row, phone = attempt.row, attempt.contact.phone
        key = (business_id, f"{business_id}/{phone}/{attempt.sequence.sequence_id}", row.name)
        nurture = row.definition is not None and row.definition.nurture
        self.model.request(
            Seen(key, row.kind, row.channel, phone, business_id, attempt.at, nurture=nurture, slot_at=row.slot_at)
        )
        assert row.channel != "email" or attempt.contact.email is not None, "an email to nobody"
        meanwhile, self.meanwhile = self.meanwhile, ""
        if meanwhile:
            self.write((business_id, phone), meanwhile)
        answer: Answer = self.script.pop() if self.script else "accept"
        arrived = answer in ("accept", "accept_then_lose")
        if arrived:
            self.model.taken(key, phone, attempt.at)
        if answer in ("lose", "accept_then_lose"):
            self.doubts.append((business_id, attempt.contact, attempt.sequence, row, arrived))
        return answer

    # --- what we do -------------------------------------------------------------------------------------------------

    def work(self) -> None:
        for business_id, memory in self.businesses.items():
            memory.work(self.now)
            self.agree(business_id)

    def agree(self, business_id: str) -> None:
        """What ended by itself ended for a reason, and the rest stands as the world left it."""
        for phone, contact in self.businesses[business_id].contacts.items():
            lead = self.model.lead((business_id, phone))
            assert contact.suppressed == lead.suppressed
            for sequence in contact.sequences:
                name = f"{business_id}/{phone}/{sequence.sequence_id}"
                if sequence.closed and name not in self.model.closed:
                    assert sequence.closed == "exhausted", f"closed as {sequence.closed} by nobody"
                    self.model.close(name, self.now)
                assert bool(sequence.closed) == (name in self.model.closed)
            assert sum(not sequence.closed for sequence in contact.sequences) == (lead.open is not None)

    # --- what the world does ----------------------------------------------------------------------------------------

    def whom(self, person: Person) -> tuple[Memory, Contact]:
        memory = self.businesses[person[0]]
        return memory, memory.contacts[person[1]]

    @initialize(start=st.sampled_from(STARTS_AT))
    def begin(self, start: datetime) -> None:
        self.now = start

    @rule(person=persons, told=st.sampled_from(REPORTS), twice=st.booleans())
    def call(self, person: Person, told: tuple[tuple[dict[str, object], ...], str], twice: bool) -> None:
        memory, contact = self.whom(person)
        self.count += 1
        pieces, state = told
        results = []
        for piece in [piece for piece in pieces for _ in range(1 + twice)]:
            report = CallReport(f"CA{self.count}", "twilio", self.now, caller=person[1], **piece)  # type: ignore[arg-type]
            results.append(memory.report(contact, report, Rules(), self.now))
        told_once = [result for result in results if result not in ("already", "pending")]
        if state == "missed":
            expected = self.model.missed(person, self.now)
            assert told_once == [expected]
            if expected in ("opened", "superseded"):
                assert contact.open is not None
                self.model.open_as(person, f"{person[0]}/{person[1]}/{contact.open.sequence_id}", self.now)
        else:
            assert told_once == [state]
            lead = self.model.lead(person)
            if state == "answered" and lead.open is not None:
                self.model.close(lead.open, self.now)
        self.agree(person[0])

    @rule(person=persons)
    def ring(self, person: Person) -> None:
        """A call whose end is not known yet; who rings is left alone."""
        memory, contact = self.whom(person)
        self.count += 1
        report = CallReport(f"CA{self.count}", "twilio", self.now, caller=person[1], status="in-progress")
        assert memory.report(contact, report, Rules(), self.now) == "pending"
        self.model.lead(person).ringing[report.call_id] = self.now

    @rule(person=persons)
    def hang_up(self, person: Person) -> None:
        """They spoke to staff."""
        memory, contact = self.whom(person)
        ringing = self.model.lead(person).ringing
        for call_id in list(ringing):
            report = CallReport(call_id, "twilio", self.now, dial_status="completed", accepted=True)
            assert memory.report(contact, report, Rules(), self.now) == "answered"
            del ringing[call_id]
            self.end(person, "answered")
        self.agree(person[0])

    @rule(person=persons, body=st.sampled_from(sorted(MESSAGES)))
    def write(self, person: Person, body: str) -> None:
        memory, contact = self.whom(person)
        lead = self.model.lead(person)
        lead.last_message_at = contact.last_message_at = self.now
        intent = classify(body)
        assert intent == MESSAGES[body]
        if intent == "opt_out":
            memory.stop(contact, self.now)
            self.model.stop(person, self.now)
            if contact.sequences:
                memory.add(contact.sequences[-1], "confirmation", self.now)
        elif intent == "unclear":
            if contact.open is not None and lead.open is not None:
                contact.open.held = "unclear_stop"
                self.model.held.add(lead.open)
        else:
            if intent == "opt_in":
                contact.suppressed = lead.suppressed = False
            self.end(person, "replied")
        self.agree(person[0])

    def end(self, person: Person, reason: str) -> None:
        memory, contact = self.whom(person)
        lead = self.model.lead(person)
        if contact.open is not None:
            memory.close(contact.open, reason, self.now)
        if lead.open is not None:
            self.model.close(lead.open, self.now)

    @rule(person=persons, what=st.sampled_from(("booked", "hold", "resume", "answer", "express", "email")))
    def act(self, person: Person, what: str) -> None:
        memory, contact = self.whom(person)
        lead, current = self.model.lead(person), contact.open
        if what == "booked":
            self.end(person, "booked")
        elif what == "express":
            channels = frozenset({"sms", "voice", "email"})
            contact.consents += (Consent("express", channels, "service", self.now, None, "signed"),)  # type: ignore[arg-type]
            lead.express = True
        elif what == "email":
            contact.email = "lead@lead.example"
        elif what == "answer" and contact.sequences:
            memory.add(contact.sequences[-1], "answer", self.now)
        elif current is not None and lead.open is not None:
            if what == "hold":
                current.held = "operator"
                self.model.held.add(lead.open)
            elif what == "resume":
                memory.resume(current, self.now)
                self.model.held.discard(lead.open)

    @rule(answers=st.lists(st.sampled_from(ANSWERS), min_size=1, max_size=3))
    def trouble(self, answers: list[Answer]) -> None:
        self.script.extend(answers)

    @rule(body=st.sampled_from(sorted(MESSAGES)), answer=st.sampled_from(ANSWERS))
    def interrupt(self, body: str, answer: Answer) -> None:
        self.meanwhile = body
        self.script.append(answer)

    @rule(person=persons, which=st.integers(0, 4))
    def push(self, person: Person, which: int) -> None:
        """A flow says *now*: the gates say whether it is."""
        memory, contact = self.whom(person)
        if contact.sequences:
            rows = list(contact.sequences[-1].steps.values())
            rows = [row for row in rows if row.state == "planned" and row.due_at is not None] or rows
            memory.push(contact.sequences[-1], contact, rows[which % len(rows)], self.now)
            self.agree(person[0])

    @precondition(lambda self: self.doubts)
    @rule()
    def ask(self) -> None:
        business_id, _, sequence, row, arrived = self.doubts.pop(0)
        self.businesses[business_id].found(sequence, row, arrived, self.now)
        self.agree(business_id)

    @rule(span=st.sampled_from(PASSES), asleep=st.booleans())
    def time_passes(self, span: timedelta, asleep: bool) -> None:
        """Asleep: nobody worked, and all that became due is found at once."""
        self.live(timedelta() if asleep else span)
        if asleep:
            self.now += span
            self.work()

    def live(self, span: timedelta) -> None:
        end = self.now + span
        self.work()
        for _ in range(1_000):
            moments = [moment for memory in self.businesses.values() if (moment := memory.next_due()) is not None]
            if not moments or min(moments) > end:
                self.now = end
                return
            self.now = max(self.now, min(moments))
            self.work()
        raise AssertionError("something is due again and again")

    def teardown(self) -> None:
        """In the end nothing is left, and every decision said why."""
        self.script.clear()
        self.meanwhile = ""
        for memory in self.businesses.values():
            for contact in memory.contacts.values():
                if contact.open is not None:
                    memory.resume(contact.open, self.now)
        self.model.held.clear()
        while self.doubts:
            self.ask()
        self.live(timedelta(days=40))
        for memory in self.businesses.values():
            assert memory.next_due() is None, "a step was lost"
            assert all(decision.reason for decision in memory.decisions)
            assert all(contact.open is None for contact in memory.contacts.values()), "a sequence never ends"


def test_what_always_holds() -> None:
    run_state_machine_as_test(
        DomainMachine,
        settings=settings(max_examples=examples(dev=200, ci=10_000), stateful_step_count=16),
    )
