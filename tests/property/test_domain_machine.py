"""What always holds (design §4), on the pure domain: ten thousand histories of two businesses and their callers.

The store is in memory (`tests.support.memory`), the judge is `tests.support.model` with `tests.support.legality`,
which share no code with the domain: every law's hours, holidays, consents and limits are written there a second time,
the slow way. Each history has two businesses, under two of the laws. That the judge objects where it should is shown
in `test_domain_controls`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from sidecar.config.playbooks import shipped_playbook
from sidecar.domain.assent import Asking
from sidecar.domain.calls import Rules
from sidecar.domain.consent import Consent
from sidecar.domain.optout import classify
from sidecar.domain.reports import CallReport
from tests.support.examples import examples
from tests.support.legality import PEOPLE, Grant, House, Own
from tests.support.memory import Answer, Attempt, Contact, Memory, Row, Sequence
from tests.support.model import Model, Seen
from tests.support.world import ACME, GLOBEX, mixed_playbook

if TYPE_CHECKING:
    from sidecar.domain.playbooks import Playbook
    from tests.support.model import Person

CALLERS = tuple(PEOPLE)
WHOLE_WEEK = (((0, 1_440),),) * 7
HOUSES = {
    "uk": House("uk", "Europe/London", "GB"),
    "uk, strict, closed on days": House(
        "uk", "Europe/London", "GB", strict=True, closed=frozenset({date(2026, 11, 19), date(2026, 12, 24)}),
        extra={date(2026, 12, 24): ((600, 720),)}, most_a_day=2,
    ),
    "custom, open at night": House(
        "custom", "Europe/London", "GB", closed=frozenset({date(2026, 11, 21)}),
        own={
            "sms": Own((((18 * 60, 2 * 60),),) * 6 + ((),), ()),
            "voice": Own((((9 * 60, 17 * 60),),) * 5 + ((), ())),
            "email": Own(WHOLE_WEEK),
        },
    ),
    "us": House("us", "America/New_York", "US-NY", first_text_within=timedelta(seconds=60)),
    "ca": House("ca", "America/Toronto", "CA-QC", first_text_within=timedelta(seconds=60)),
    "ca, closed on days": House(
        "ca", "America/Toronto", "CA-QC", closed=frozenset({date(2026, 11, 18), date(2026, 11, 23)}),
        own={"sms": Own((((10 * 60, 19 * 60),),) * 7, ())}, first_text_within=timedelta(seconds=60),
    ),
}  # fmt: skip
"""Under which law each of the two businesses works: one of the first three, and one of the rest."""
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
    timedelta(hours=14), timedelta(days=8), timedelta(days=50),
)  # fmt: skip
MESSAGES = {
    "STOP": "opt_out",
    "Please don't call me again": "opt_out",
    "START": "opt_in",
    "Tomorrow at ten is fine": "none",
    "STOP - no wait, can you come tomorrow?": "unclear",
    "HELP": "help",
    "Yes please": "none",
    "oui, merci": "none",
    "yes, but not by phone": "none",
}
ASKED_FOR: frozenset[Any] = frozenset({"sms", "voice"})
YES = ("Yes please", "oui, merci")
WAYS = ("email", "the agent's tool", "crm", "api", "21610", "complained")
"""By which a STOP comes that is no text; whichever it was, it holds the same."""
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


def with_an_offer(playbook: Playbook) -> Playbook:
    """Its last step is marketing."""
    return replace(playbook, steps=(*playbook.steps[:-1], replace(playbook.steps[-1], purpose="marketing")))


LAYERS_AND_LATER = replace(
    shipped_playbook("uk-three-layer"), steps=(*shipped_playbook("uk-three-layer").steps, *mixed_playbook().steps[-2:])
)
PLAYBOOKS = {
    ACME: (shipped_playbook("uk-three-layer"), LAYERS_AND_LATER, with_an_offer(LAYERS_AND_LATER)),
    GLOBEX: (mixed_playbook(), shipped_playbook("contractor-two-text"), with_an_offer(mixed_playbook())),
}

persons = st.sampled_from(
    [(ACME, "+447700900123")] * 8
    + [(GLOBEX, "+13055550101")] * 4
    + [(GLOBEX, "+15145550101")] * 4
    + [(business, caller) for business in (ACME, GLOBEX) for caller in CALLERS]
)
"""Mostly the same two, so that much happens to one person; the first calls both businesses now and then."""
ANSWERS: tuple[Answer, ...] = ("accept", "down", "refuse", "lose", "accept_then_lose")


class DomainMachine(RuleBasedStateMachine):
    """The world, two businesses in memory, and the model that judges each request."""

    def __init__(self) -> None:
        super().__init__()
        self.now = STARTS_AT[0]
        self.script: list[Answer] = []
        self.meanwhile = ""
        """What the person writes while the next request to them is under way."""
        self.doubts: list[tuple[str, Contact, Sequence, Row, bool]] = []
        self.count = 0
        self.asked: dict[Person, datetime | None] = {}
        """When the last thing that we said to them was a question; ``None``: it was none."""
        self.businesses: dict[str, Memory] = {}

    def business(self, business_id: str, house: House, playbook: Playbook) -> Memory:
        memory = Memory(
            house,
            playbook,
            lambda attempt: self.send(business_id, attempt),
            lambda channel, phone, at, until: self.model.deferred(business_id, channel, phone, at, until),
        )
        for phone, somebody in PEOPLE.items():
            memory.contacts[phone] = Contact(phone, somebody.zones)
        return memory

    # --- the provider ----------------------------------------------------------------------------------------------

    def send(self, business_id: str, attempt: Attempt) -> Answer:
        row, phone = attempt.row, attempt.contact.phone
        key = (business_id, f"{business_id}/{phone}/{attempt.sequence.sequence_id}", row.name)
        step = row.definition
        self.model.request(
            Seen(
                key, row.kind, row.channel, phone, business_id, attempt.at, nurture=bool(step and step.nurture),
                purpose=step.purpose if step else "service", slot_at=row.slot_at,
            )
        )  # fmt: skip
        assert row.channel != "email" or attempt.contact.email is not None, "an email to nobody"
        meanwhile, self.meanwhile = self.meanwhile, ""
        if meanwhile:
            self.write((business_id, phone), meanwhile)
        answer: Answer = self.script.pop() if self.script else "accept"
        arrived = answer in ("accept", "accept_then_lose")
        if arrived:
            self.model.taken(key, phone, attempt.at, row.channel)
        if answer not in ("down", "refuse"):
            self.asked[business_id, phone] = attempt.at if row.asking else None
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

    @initialize(
        start=st.sampled_from(STARTS_AT),
        houses=st.tuples(st.sampled_from(list(HOUSES)[:3]), st.sampled_from(list(HOUSES)[3:])),
        playbooks=st.tuples(st.sampled_from(PLAYBOOKS[ACME]), st.sampled_from(PLAYBOOKS[GLOBEX])),
    )
    def begin(self, start: datetime, houses: tuple[str, str], playbooks: tuple[Playbook, Playbook]) -> None:
        self.now = start
        under = {business: HOUSES[name] for business, name in zip((ACME, GLOBEX), houses, strict=True)}
        self.model = Model(under)
        for (business, house), playbook in zip(under.items(), playbooks, strict=True):
            self.businesses[business] = self.business(business, house, playbook)

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
            memory.hear(contact, body, self.now)
            self.heard(person, body)
            if intent == "opt_in":
                contact.suppressed = lead.suppressed = False
            self.end(person, "replied")
        self.agree(person[0])

    def heard(self, person: Person, body: str) -> None:
        """A YES, said to the question that was the last thing they heard, not three days later."""
        asked, lead = self.asked.get(person), self.model.lead(person)
        if body in YES and asked is not None and self.now - asked <= timedelta(days=3) and not lead.suppressed:
            lead.grants.append(Grant("express", ASKED_FOR, "service", self.now))

    @rule(person=persons, way=st.sampled_from(WAYS), start=st.booleans())
    def opt(self, person: Person, way: str, start: bool) -> None:
        """STOP by whichever other way, or START, which lifts it."""
        memory, contact = self.whom(person)
        if start:
            contact.suppressed = self.model.lead(person).suppressed = False
        else:
            memory.stop(contact, self.now)
            self.model.stop(person, self.now)
        self.agree(person[0])

    @rule(
        person=persons,
        basis=st.sampled_from(("express", "express", "soft_opt_in", "contract", "inquiry")),
        channels=st.frozensets(st.sampled_from(("sms", "voice", "email")), min_size=1),
        marketing=st.booleans(),
        days_ago=st.sampled_from((0, 0, 2, 100, 181, 540, 560)),
        lasts=st.sampled_from((None, None, 1, 20)),
    )
    def consent(
        self, person: Person, basis: Any, channels: frozenset[Any], marketing: bool, days_ago: int, lasts: int | None
    ) -> None:
        """Given just now, or imported from an older list; with an end of its own in days from now, or without."""
        given_at = self.now - timedelta(days=days_ago)
        ends = None if lasts is None else self.now + timedelta(days=lasts)
        purpose: Any = "marketing" if marketing else "service"
        self.whom(person)[0].give(self.whom(person)[1], Consent(basis, channels, purpose, given_at, ends, "a form"))
        self.model.lead(person).grants.append(Grant(basis, channels, purpose, given_at, ends))

    @rule(person=persons, channels=st.frozensets(st.sampled_from(("sms", "voice", "email")), min_size=1))
    def withdraw(self, person: Person, channels: frozenset[Any]) -> None:
        self.whom(person)[0].withdraw(self.whom(person)[1], channels, self.now)
        for grant in self.model.lead(person).grants:
            for channel in channels:
                grant.taken_back.setdefault(channel, self.now)

    def end(self, person: Person, reason: str) -> None:
        memory, contact = self.whom(person)
        lead = self.model.lead(person)
        if contact.open is not None:
            memory.close(contact.open, reason, self.now)
        if lead.open is not None:
            self.model.close(lead.open, self.now)

    @rule(person=persons, what=st.sampled_from(("booked", "hold", "resume", "answer", "ask", "email")))
    def act(self, person: Person, what: str) -> None:
        memory, contact = self.whom(person)
        lead, current = self.model.lead(person), contact.open
        if what == "booked":
            self.end(person, "booked")
        elif what == "email":
            contact.email = "lead@lead.example"
        elif what in ("answer", "ask") and contact.sequences:
            asking = Asking(ASKED_FOR, "service", "your kitchen quote") if what == "ask" else None
            memory.add(contact.sequences[-1], "answer", self.now, asking)
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
