"""What always holds (design §4), on the real engine and both real stores, against what really reached the provider.

Nothing is started: each rule carries due work out in this thread, so that a failure can be replayed. The provider
is scripted fault by fault, and may end our process before or after it has taken a touch.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select, update

from sidecar.crm.port import CrmChange, Told
from sidecar.domain.assent import Asking
from sidecar.domain.consent import Consent
from sidecar.domain.reports import CallReport, MessageReport, SpokenStop
from sidecar.engine import gating, people, stopping
from sidecar.engine.consents import Given
from sidecar.engine.context import Turn
from sidecar.engine.gating import Key
from sidecar.engine.results import ClaimGranted, Conflict, NotFound
from sidecar.store import record, sequences
from sidecar.store.tables import claims, contacts, deliveries, events, questions, steps, touches
from sidecar.store.tables import sequences as sequence_rows
from tests.support import world
from tests.support.examples import examples
from tests.support.legality import Grant
from tests.support.model import Model, Seen
from tests.support.provider import BEHAVIOURS, Behaviour, Killed, Provider, Request, plug_in
from tests.support.world import ACME, CALLERS, GLOBEX, HOUSES, MAPLE, NUMBERS, STRICT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sidecar.app import Sidecar
    from sidecar.config.business import Business
    from sidecar.store.database import Tx
    from tests.support.clock import ManualClock
    from tests.support.model import Person
    from tests.support.provider import FakeDesk

STOPS = ("STOP", "please stop texting me", "Don't call me again", "ARRET")
STARTS = ("START", "unstop")
REPLIES = ("Yes please, tomorrow at ten?", "How much is a boiler service?", "Yes please")
YES = "Yes please"
STOPS_BY = ("email", "agent", "crm", "api")
"""By which a STOP comes that is no text; 21610 is the provider's answer, a complaint an outcome."""
ASIDE = (*STOPS_BY, "opt_in", "consent", "withdraw", "ask", "mailbox", "answer")
GIVEN: tuple[tuple[Any, tuple[Any, ...], int], ...] = (
    ("express", ("sms", "voice", "email"), 0), ("express", ("voice",), 2), ("express", ("sms", "voice"), 545),
    ("express", ("sms", "email"), 600), ("contract", ("sms", "email"), 30), ("soft_opt_in", ("sms", "voice"), 0),
    ("inquiry", ("sms", "email"), 170),
)  # fmt: skip
"""Basis, channels, and how many days ago: express consent to a phone ages out after 18 months."""
UNCLEAR = ("STOP - no wait, can you come tomorrow?",)
CLOSING = ("human_answered", "booked", "transferred", "converted")
STARTS_AT = (
    datetime(2026, 11, 18, 10, 0, tzinfo=UTC),  # a Wednesday: open in London, night in New York
    datetime(2026, 11, 18, 15, 0, tzinfo=UTC),  # open on both sides
    datetime(2026, 11, 20, 17, 58, tzinfo=UTC),  # Friday, two minutes before British calls end
    datetime(2026, 11, 21, 23, 30, tzinfo=UTC),  # Saturday night, before a Sunday without calls
    datetime(2026, 12, 24, 19, 59, 30, tzinfo=UTC),  # Christmas Eve, half a minute before texts end
)
PASSES = (
    timedelta(), timedelta(seconds=1), timedelta(seconds=5), timedelta(seconds=29), timedelta(minutes=4),
    timedelta(minutes=31), timedelta(hours=3), timedelta(hours=14), timedelta(days=8),
)  # fmt: skip
MISSES: dict[str, dict[str, Any]] = {
    "status": {"status": "no-answer", "ring_seconds": 20},
    "dial": {"dial_status": "no-answer"},
    "own": {"missed": True, "reason": "busy"},
}
DEAD_AFTER = timedelta(seconds=25)
"""A wait this long outlives the lease of a sender that died."""
SETTLED = ("sent", "delivered", "undelivered", "skipped", "cancelled", "failed", "unknown")

persons = st.sampled_from(
    [(ACME, CALLERS[0])] * 5
    + [(GLOBEX, CALLERS[0])] * 3
    + [(MAPLE, CALLERS[3])] * 3
    + [(STRICT, CALLERS[0])] * 2
    + [(business, caller) for business in (ACME, GLOBEX) for caller in CALLERS]
)
"""Mostly the same caller, so that much happens to one person; both businesses know them."""
picks = st.integers(0, 7)


class EngineMachine(RuleBasedStateMachine):
    """The world and a sidecar; `Model` judges each request at the moment it starts."""

    sidecar: Sidecar
    clock: ManualClock
    provider: Provider
    desk: FakeDesk
    decisions: list[object]

    def __init__(self) -> None:
        super().__init__()
        world.empty(self.sidecar.store)
        self.provider.reset()
        self.desk.alerts.clear()
        self.decisions.clear()
        self.model = Model(HOUSES)
        self.provider.watch = self.watch
        self.provider.hold = self.interrupt
        self.meanwhile = ""
        """What the person writes while the next request to them is under way."""
        self.count = 0
        self.asked: dict[Person, datetime | None] = {}
        """When they were asked, if that was the last thing that reached them."""
        self.noted = 0
        self.flow_sent: Counter[tuple[str, str, str]] = Counter()
        self.claims: list[tuple[str, str, bool]] = []
        self.reported: list[tuple[str, CallReport]] = []

    # --- what a request must stand up to ---------------------------------------------------------------------------

    def watch(self, request: Request) -> None:
        key = (request.business_id, request.sequence_id, request.step)
        row, phone = self.read(lambda tx: self.look_up(tx, request))
        definition = next((step for step in self.business(key[0]).playbook.steps if step.name == key[2]), None)
        self.model.request(
            Seen(
                key, row["kind"], request.channel, phone, request.sender, request.at,
                nurture=bool(definition and definition.nurture),
                purpose=definition.purpose if definition else "service", slot_at=row["slot_at"],
            )
        )  # fmt: skip
        question = row["kind"] == "answer" and self.read(lambda tx: self.asks(tx, request))
        if question:
            self.asked[key[0], phone] = request.at
        assert request.sender in (NUMBERS[key[0]], "sam@acme.example"), "sent by another business's number"
        if self.provider.answering == "opted_out":
            self.model.stop((key[0], phone), self.now)

    def interrupt(self, request: Request) -> None:
        body, self.meanwhile = self.meanwhile, ""
        if body:
            _, phone = self.read(lambda tx: self.look_up(tx, request))
            self.write((request.business_id, phone), body, twice=False)

    def look_up(self, tx: Tx, request: Request) -> tuple[Any, str]:
        """The step's row, and the number of the person whose sequence it is, in the request's own business."""
        row = sequences.step(tx, request.business_id, request.sequence_id, request.step)
        sequence = sequences.get(tx, request.business_id, request.sequence_id)
        assert row is not None
        assert sequence is not None, "a request for a sequence of another business"
        turn = Turn(self.sidecar.context, tx, self.business(request.business_id))
        who = people_of(turn, sequence["contact_id"])
        assert request.to in (who.phone, who.email), "a request to somebody whose sequence it is not"
        assert who.phone is not None
        return row, who.phone

    @staticmethod
    def asks(tx: Tx, request: Request) -> bool:
        asked = select(questions.c.question_id).where(
            questions.c.sequence_id == request.sequence_id, questions.c.step == request.step
        )
        return tx.conn.execute(asked).first() is not None

    def note_arrivals(self) -> None:
        """Count what the provider has taken since we last looked."""
        taken = self.provider.accepted()
        for seen in taken[self.noted :]:
            person = self.model.of.get(seen.sequence_id) or (seen.business_id, seen.to)
            self.model.taken((seen.business_id, seen.sequence_id, seen.step), person[1], seen.at, seen.channel)
            asked = self.asked.get(person)
            if asked is not None and seen.at > asked:
                self.asked[person] = None
        self.noted = len(taken)

    # --- our side --------------------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def business(self, business_id: str) -> Business:
        found = self.sidecar.businesses.get(business_id)
        assert found is not None
        return found

    def read(self, work: Callable[[Tx], Any]) -> Any:
        return self.sidecar.store.read(work)

    def survive(self, work: Callable[[], object]) -> None:
        """Do it; where our process dies over it, start anew."""
        try:
            work()
        except Killed:
            self.restart()

    def restart(self) -> None:
        self.sidecar.store.write(sequences.give_back_all)
        self.sidecar.store.write(record.give_back_all)

    def bury(self) -> None:
        """The leases of the dead run out."""

        def work(tx: Tx) -> None:
            tx.conn.execute(update(contacts).where(contacts.c.lease_until.is_not(None)).values(lease_until=1.0))
            tx.conn.execute(update(touches).where(touches.c.lease_until.is_not(None)).values(lease_until=1.0))

        self.sidecar.store.write(work)

    def settle(self) -> None:
        """All that is due now, until nothing is; our process may die over it, again and again."""
        for _ in range(200):
            with contextlib.suppress(Killed):
                if not self.settle_once():
                    return
                continue
            self.restart()
        raise AssertionError("work goes round in circles")

    def settle_once(self) -> bool:
        store, now = self.sidecar.store, self.now
        due = store.write(lambda tx: sequences.take_due(tx, now, 30, 50))
        for row in due:
            self.sidecar.runner.carry_out(Key(row["business_id"], row["sequence_id"], row["name"]), row["channel"])
        owed = store.write(lambda tx: record.take_deliveries(tx, now, 30, 50))
        for row in owed:
            self.sidecar.deliveries.carry_out(row)
        return bool(due or owed)

    def next_moment(self) -> datetime | None:
        def look(tx: Tx) -> list[datetime | None]:
            ask = select(func.min(touches.c.ask_at)).where(touches.c.state.in_(("sending", "unknown")))
            run_out = select(func.min(claims.c.expires_at)).where(claims.c.state == "granted")
            doubts = [tx.conn.execute(query).scalar() for query in (ask, run_out)]
            return [sequences.next_due(tx), record.next_delivery(tx), *doubts]

        moments = [moment for moment in self.read(look) if moment is not None]
        return min(moments) if moments else None

    def live(self, span: timedelta) -> None:
        """Let time pass, stopping where something is due, asking about doubts on the way."""
        end, buried = self.now + span, self.now
        self.settle()
        for _ in range(2_000):
            moment = self.next_moment()
            if moment is None or moment > end:
                break
            # A touch in doubt whose sender may still live is not asked about yet: look again a second later.
            self.clock.set(max(moment, self.now + timedelta(seconds=moment <= self.now)))
            self.settle()
            self.survive(self.sidecar.reconcile.doubts)
            if self.now - buried > DEAD_AFTER:
                self.bury()
                buried = self.now
        else:
            raise AssertionError("something is due again and again")
        self.clock.set(end)
        self.settle()

    # --- the world's moves -----------------------------------------------------------------------------------------

    @initialize(start=st.sampled_from(STARTS_AT), callers=st.lists(persons, min_size=1, max_size=3, unique=True))
    def begin(self, start: datetime, callers: list[Person]) -> None:
        self.clock.set(start)
        for person in callers:
            self.learn_email(person, shared=False)
            self.miss(person, "status")

    def call_id(self) -> str:
        self.count += 1
        return f"CA{self.count:032x}"

    @rule(person=persons, how=st.sampled_from(sorted(MISSES)))
    def miss(self, person: Person, how: str) -> None:
        kinds: dict[str, dict[str, Any]] = {
            "status": {"status": "no-answer", "ring_seconds": 20},
            "dial": {"dial_status": "no-answer"},
            "own": {"missed": True, "reason": "busy"},
        }
        report = CallReport(
            self.call_id(), "twilio", self.now, to=NUMBERS[person[0]], caller=person[1], ended_at=self.now, **kinds[how]
        )
        expected = self.model.missed(person, self.now)
        result = self.sidecar.intake.call(self.business(person[0]), report, source="twilio")
        assert result.decision == expected
        if expected in ("opened", "superseded"):
            self.model.open_as(person, result.sequence_id or "", self.now)
        elif expected == "folded":
            assert result.sequence_id == self.model.lead(person).open
        self.reported.append((person[0], report))

    @precondition(lambda self: self.reported)
    @rule(pick=picks, late=st.booleans())
    def report_again(self, pick: int, late: bool) -> None:
        """Delivered twice, or `completed` long after the verdict: nothing new."""
        business_id, report = self.reported[pick % len(self.reported)]
        if late:
            report = CallReport(
                report.call_id, "twilio", self.now, to=report.to, caller=report.caller, status="completed"
            )
        result = self.sidecar.intake.call(self.business(business_id), report, source="log")
        assert result.already

    @rule(person=persons, what=st.sampled_from(("ring", "hang_up", "call_in_pieces")))
    def speak(self, person: Person, what: str) -> None:
        """They ring; staff may take it."""
        {"ring": self.ring, "hang_up": self.hang_up, "call_in_pieces": self.call_in_pieces}[what](person)

    def call_in_pieces(self, person: Person) -> None:
        """`completed` comes before the dial result: the call stays pending until it can be judged."""
        business, call_id = self.business(person[0]), self.call_id()
        first = CallReport(call_id, "twilio", self.now, to=NUMBERS[person[0]], caller=person[1], status="completed")
        assert self.sidecar.intake.call(business, first, source="twilio").decision == "pending"
        second = CallReport(call_id, "twilio", self.now, accepted=True, dial_status="completed")
        assert self.sidecar.intake.call(business, second, source="twilio").decision == "answered"
        lead = self.model.lead(person)
        if lead.open is not None:
            self.model.close(lead.open, self.now)

    def ring(self, person: Person) -> None:
        """A call whose end is not known yet; who rings is left alone."""
        report = CallReport(
            self.call_id(), "twilio", self.now, to=NUMBERS[person[0]], caller=person[1], status="in-progress"
        )
        assert self.sidecar.intake.call(self.business(person[0]), report, source="twilio").decision == "pending"
        self.model.lead(person).ringing[report.call_id] = self.now

    def hang_up(self, person: Person) -> None:
        """They spoke to staff."""
        lead = self.model.lead(person)
        for call_id in list(lead.ringing):
            report = CallReport(call_id, "twilio", self.now, accepted=True, dial_status="completed")
            assert self.sidecar.intake.call(self.business(person[0]), report, source="twilio").decision == "answered"
            del lead.ringing[call_id]
            if lead.open is not None:
                self.model.close(lead.open, self.now)

    @rule(person=persons, body=st.sampled_from((*STOPS, *STARTS, *REPLIES, *UNCLEAR)), twice=st.booleans())
    def write(self, person: Person, body: str, twice: bool) -> None:
        self.count += 1
        report = MessageReport(f"SM{self.count:032x}", "sms", self.now, NUMBERS[person[0]], person[1], body)
        lead = self.model.lead(person)
        result = self.sidecar.intake.message(self.business(person[0]), report, source="twilio")
        lead.last_message_at = self.now
        if body in STOPS:
            self.model.stop(person, self.now)
        elif body in UNCLEAR:
            if lead.open is not None:
                self.model.held.add(lead.open)
        else:
            asked = self.asked.get(person)
            if body == YES and asked is not None and self.now - asked <= timedelta(days=3) and not lead.suppressed:
                lead.grants.append(Grant("express", frozenset({"sms", "voice"}), "service", self.now))
            lead.suppressed = lead.suppressed and body not in STARTS
            if lead.open is not None:
                self.model.close(lead.open, self.now)
        if twice:
            again = self.sidecar.intake.message(self.business(person[0]), report, source="log")
            assert again.already
            assert again.intent == result.intent

    @rule(
        person=persons, what=st.sampled_from((*STOPS_BY, "opt_in", "consent", "withdraw", "ask", "mailbox", "answer"))
    )
    def aside(self, person: Person, what: str) -> None:
        """What reaches us, or leaves us, by other ways than a call and a text."""
        if what in STOPS_BY:
            self.stop_by(person, what)
        elif what == "opt_in":
            self.sidecar.intake.opt_in(self.business(person[0]), phone=person[1], source="api")
            self.model.lead(person).suppressed = False
        elif what == "mailbox":
            self.learn_email(person, shared=True)
        else:
            {"consent": self.consent, "withdraw": self.withdraw, "ask": self.ask, "answer": self.answer}[what](person)

    def stop_by(self, person: Person, way: str) -> None:
        """Said in an email, to the agent, to staff who note it by API, or marked in the CRM."""
        business, intake = self.business(person[0]), self.sidecar.intake
        self.count += 1
        if way == "email":
            number = self.count
            report = MessageReport(
                f"<{number}@lead.example>", "email", self.now, "replies@acme.example", f"{person[1][1:]}@lead.example",
                "STOP",
            )  # fmt: skip
            self.learn_email(person, shared=False)
            intake.message(business, report, source="smtp")
            self.model.lead(person).last_message_at = self.now
        elif way == "agent":
            intake.spoken_stop(business, SpokenStop(f"call_{self.count}", phone=person[1], words="don't ring again"))
        elif way == "crm":
            self.learn_crm(person)
            # Later than any START of ours: what is older would be the CRM's echo of the STOP before it.
            later = self.now + timedelta(minutes=30)
            intake.crm_changes(business, [CrmChange("portal", self.crm_id(person), Told.STOP, on=True, at=later)])
        else:
            intake.opt_out(business, phone=person[1], source="api")
        self.model.stop(person, self.now)

    @staticmethod
    def crm_id(person: Person) -> str:
        return f"crm-{person[1][1:]}"

    def learn_crm(self, person: Person) -> None:
        def work(tx: Tx) -> None:
            turn = Turn(self.sidecar.context, tx, self.business(person[0]))
            people.add_address(turn, people.contact_of(turn, phone=person[1]), "crm", self.crm_id(person))

        self.sidecar.store.write(work)

    @rule(person=persons, outcome=st.sampled_from((*CLOSING, "not_now", "complained")))
    def outcome(self, person: Person, outcome: Any) -> None:
        self.sidecar.intake.outcome(self.business(person[0]), outcome, source="api", phone=person[1])
        lead = self.model.lead(person)
        if outcome == "complained":
            self.model.stop(person, self.now)
        elif outcome in CLOSING and lead.open is not None:
            self.model.close(lead.open, self.now)

    def consent(self, person: Person) -> None:
        """Given on a form just now, or imported from a list of some days or years ago."""
        self.count += 1
        basis, channels, days_ago = GIVEN[self.count % len(GIVEN)]
        at = self.now - timedelta(days=days_ago)
        given = Consent(basis, frozenset(channels), "service", at, None, "a signed form")
        self.sidecar.intake.consents(self.business(person[0]), [Given(given, phone=person[1])], source="import")
        self.model.lead(person).grants.append(Grant(basis, frozenset(channels), "service", at))

    def withdraw(self, person: Person) -> None:
        """They take back what they agreed to, by voice alone or altogether."""
        self.count += 1
        channels: frozenset[Any] = frozenset({"voice"}) if self.count % 2 else frozenset({"sms", "voice", "email"})
        with contextlib.suppress(NotFound):  # nobody whom we know
            self.sidecar.intake.withdraw(
                self.business(person[0]), phone=person[1], evidence="said so", source="api", channels=channels
            )
        for grant in self.model.lead(person).grants:
            for channel in channels:
                grant.taken_back.setdefault(channel, self.now)

    def ask(self, person: Person) -> None:
        """A person at the business asks for consent to calls; `write` may answer it."""
        self.answer(person, Asking(frozenset({"sms", "voice"}), "service", "your kitchen"))

    def learn_email(self, person: Person, shared: bool) -> None:
        """As a CRM would tell us; a mailbox that somebody else has stays theirs."""
        email = "office@lead.example" if shared else f"{person[1][1:]}@lead.example"

        def work(tx: Tx) -> None:
            turn = Turn(self.sidecar.context, tx, self.business(person[0]))
            people.add_address(turn, people.contact_of(turn, phone=person[1]), "email", email)

        self.sidecar.store.write(work)

    # --- the operator's and the flow's moves -----------------------------------------------------------------------

    def sequence(self, pick: int) -> str | None:
        """One that is open, most of the time."""
        known = list(self.model.of)
        wanted = [sequence_id for sequence_id in known if sequence_id not in self.model.closed] if pick else known
        return (wanted or known)[-1 - pick % len(wanted or known)] if known else None

    @precondition(lambda self: self.model.of)
    @rule(pick=picks, what=st.sampled_from(("hold", "resume", "close")))
    def hand(self, pick: int, what: str) -> None:
        sequence_id = self.sequence(pick)
        assert sequence_id is not None
        business = self.business(self.model.of[sequence_id][0])
        hand = self.sidecar.hand
        try:
            if what == "resume":
                hand.resume(business, sequence_id)
            else:
                (hand.hold if what == "hold" else hand.close)(business, sequence_id, "operator")
        except Conflict:
            assert sequence_id in self.model.closed
            return
        assert sequence_id not in self.model.closed
        if what == "hold":
            self.model.held.add(sequence_id)
        elif what == "resume":
            self.model.held.discard(sequence_id)
        else:
            self.model.close(sequence_id, self.now)

    def step_of(self, pick: int, which: int) -> tuple[Business, str, str] | None:
        sequence_id = self.sequence(pick)
        if sequence_id is None:
            return None
        business = self.business(self.model.of[sequence_id][0])
        rows = self.read(lambda tx: sequences.steps_of(tx, business.id, sequence_id))
        planned = [row for row in rows if row["state"] == "planned" and row["kind"] == "touch"]
        due = [row for row in planned if row["due_at"] is not None and row["due_at"] <= self.now]
        wanted = [row["name"] for row in (due if which % 2 else planned)]
        wanted = wanted or [step.name for step in business.playbook.steps]
        return business, sequence_id, wanted[which % len(wanted)]

    @precondition(lambda self: self.model.of)
    @rule(pick=picks, which=picks, skip=st.booleans())
    def drive(self, pick: int, which: int, skip: bool) -> None:
        step = self.step_of(pick, which)
        assert step is not None
        if skip:
            self.sidecar.driving.skip(*step, "the flow says so")
        else:
            self.survive(lambda: self.sidecar.driving.run(*step))

    @precondition(lambda self: self.model.of)
    @rule(pick=picks, which=picks, sends=st.booleans())
    def claim(self, pick: int, which: int, sends: bool) -> None:
        """A flow sends by itself: only with a claim, and the claim passes every gate."""
        step = self.step_of(pick, which)
        assert step is not None
        business, sequence_id, name = step
        before = self.read(lambda tx: sequences.step(tx, business.id, sequence_id, name))
        granted = self.sidecar.claims.claim(*step)
        if not isinstance(granted, ClaimGranted):
            return
        definition = business.playbook.step(name)
        key, person = (business.id, sequence_id, name), self.model.of[sequence_id]
        self.model.request(
            Seen(
                key, "touch", granted.channel, person[1], granted.sender.removeprefix("voice:"), self.now,
                nurture=definition.nurture, purpose=definition.purpose, slot_at=before["slot_at"],
            )
        )  # fmt: skip
        self.claims.append((business.id, granted.claim_id, sends))
        if sends:
            self.model.taken(key, person[1], self.now, granted.channel)

    @precondition(lambda self: self.claims)
    @rule(pick=picks)
    def report_claim(self, pick: int) -> None:
        business_id, claim_id, sent = self.claims[pick % len(self.claims)]
        result = self.sidecar.claims.result(self.business(business_id), claim_id, sent=sent)
        assert result.result == ("sent" if sent else "failed")

    def answer(self, person: Person, asks: Asking | None = None) -> None:
        """A person at the business writes back."""
        business = self.business(person[0])
        text = "May we ring you?" if asks else "Tomorrow at ten suits us."
        if self.read(lambda tx: people.find_contact(Turn(self.sidecar.context, tx, business), phone=person[1])):
            self.survive(
                lambda: self.sidecar.answers.send(
                    business,
                    channel="sms",
                    text=text,
                    by="human",
                    phone=person[1],
                    asks=asks,
                )
            )

    # --- time, and what goes wrong ---------------------------------------------------------------------------------

    @rule(body=st.sampled_from((*STOPS, *REPLIES, *UNCLEAR)), behaviour=st.sampled_from(BEHAVIOURS))
    def write_meanwhile(self, body: str, behaviour: Behaviour) -> None:
        """The next request is under way when they write to us."""
        self.meanwhile = body
        self.provider.script.append(behaviour)

    @rule(behaviours=st.lists(st.sampled_from(BEHAVIOURS), min_size=1, max_size=4))
    def trouble(self, behaviours: list[Behaviour]) -> None:
        self.provider.script.extend(behaviours)

    @rule(span=st.sampled_from(PASSES), asleep=st.booleans())
    def time_passes(self, span: timedelta, asleep: bool) -> None:
        """Asleep: our process was not running, and finds all that became due at once."""
        if span > DEAD_AFTER:
            self.bury()
        if asleep:
            self.clock.advance(span)
        else:
            self.live(span)
            self.survive(self.sidecar.reconcile.doubts)

    # --- what always holds -----------------------------------------------------------------------------------------

    @invariant()
    def the_record_and_the_rows_agree_with_the_world(self) -> None:
        self.note_arrivals()
        self.read(self.agree)

    def agree(self, tx: Tx) -> None:
        gates = tx.conn.execute(
            select(func.count()).select_from(events).where(events.c.type.startswith("gate."))
        ).scalar()
        assert gates == len(self.decisions), "a gate decision left no event"
        states = tx.conn.execute(select(sequence_rows).where(sequence_rows.c.playbook != "")).mappings().all()
        for row in states:
            sequence_id, closed = row["sequence_id"], row["state"] == "closed"
            if closed and sequence_id not in self.model.closed:
                assert row["reason"] == "exhausted", f"closed as {row['reason']} by nobody"
                self.model.close(sequence_id, row["closed_at"])
            assert closed == (sequence_id in self.model.closed)
            assert (row["state"] == "held") == (sequence_id in self.model.held)
        whole = [(row["business_id"], row["contact_id"]) for row in states if row["state"] != "closed"]
        assert len(whole) == len(set(whole)), "two open sequences for one person"
        left = select(steps.c.sequence_id).where(steps.c.state == "planned", steps.c.kind.in_(("touch", "task")))
        for sequence_id in tx.conn.execute(left).scalars():
            assert sequence_id not in self.model.closed, "a closed sequence has a planned step"

    def teardown(self) -> None:
        """In the end nothing is lost: every step is settled, or somebody was asked to look."""
        self.provider.script.clear()
        self.meanwhile = ""
        for sequence_id in list(self.model.held):
            self.sidecar.hand.resume(self.business(self.model.of[sequence_id][0]), sequence_id)
            self.model.held.discard(sequence_id)
        self.bury()
        self.live(timedelta(days=60))
        self.the_record_and_the_rows_agree_with_the_world()
        self.read(self.nothing_is_lost)

    def nothing_is_lost(self, tx: Tx) -> None:
        in_doubt = set()
        for row in tx.conn.execute(select(steps)).mappings():
            left = f"{row['name']} is {row['state']} for ever"
            assert row["state"] in SETTLED or row["due_at"] is None, left
            if row["state"] == "unknown":
                in_doubt.add(row["touch_id"])
        told = tx.conn.execute(select(deliveries.c.payload).where(deliveries.c.kind == "staff")).scalars()
        asked = {payload.get("touch_id") for payload in told if payload["about"] == "in_doubt"}
        assert in_doubt <= asked, "nobody was asked about a touch in doubt"
        for row in tx.conn.execute(select(steps).where(steps.c.state == "planned")).mappings():
            unknown = {
                s["name"]
                for s in sequences.steps_of(tx, row["business_id"], row["sequence_id"])
                if s["state"] == "unknown"
            }
            assert unknown, f"{row['name']} waits for nothing"


def people_of(turn: Turn, contact_id: str) -> Any:
    from sidecar.engine import facts

    return facts.person(turn, contact_id)


@pytest.fixture
def machine(store_url: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[EngineMachine]]:
    decisions: list[object] = []
    gate = gating.gate

    def counted(*args: Any, **kwargs: Any) -> Any:
        decided = gate(*args, **kwargs)
        if decided is not None:
            decisions.append(decided)
        return decided

    monkeypatch.setattr(gating, "gate", counted)
    monkeypatch.setattr(stopping, "WAIT_SECONDS", 0.0)  # nothing runs beside this thread: who waits, waits in vain
    provider = Provider(clock.now)
    with world.hasty_sqlite(), world.sidecar(store_url, clock, world.everybody(), send_threads=1) as built:
        desk = plug_in(built, provider)

        class Machine(EngineMachine):
            pass

        Machine.sidecar, Machine.clock, Machine.provider, Machine.desk = built, clock, provider, desk
        Machine.decisions = decisions
        built.driving._ring = lambda: _machine_settles(built)
        yield Machine


def _machine_settles(built: Sidecar) -> None:
    """`run` rings the bell and waits: here the work is done before the ring returns."""
    store, now = built.store, built.clock.now()
    for row in store.write(lambda tx: sequences.take_due(tx, now, 30, 50)):
        built.runner.carry_out(Key(row["business_id"], row["sequence_id"], row["name"]), row["channel"])


def test_what_always_holds(machine: type[EngineMachine]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(max_examples=examples(dev=25, ci=500), stateful_step_count=24),
    )
