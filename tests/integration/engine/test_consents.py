"""Consents on record: each once; STOP takes them back, START gives none again; follow-ups count for each inquiry."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sidecar.config.playbooks import shipped_playbook
from sidecar.domain.compliance import preset
from sidecar.domain.consent import Consent, standing
from sidecar.engine.consents import Given
from sidecar.engine.results import NotFound
from sidecar.store import consents
from tests.integration.engine.seeing import contact, contact_row, step, texts_to
from tests.support.house import CALLER

if TYPE_CHECKING:
    from collections.abc import Callable

    from sidecar.sandbox import Sandbox
    from tests.support.clock import ManualClock
    from tests.support.house import House

ANN = "ann@example.com"


def express(home: House, **changes: Any) -> Consent:
    values: dict[str, Any] = {
        "channels": frozenset({"sms", "voice"}), "purpose": "service", "given_at": home.clock.now(),
        "expires_at": None, "evidence": "web form 4711", **changes,
    }  # fmt: skip
    return Consent("express", **values)


def add(home: House, consent: Consent) -> str:
    return home.sidecar.intake.consent(home.business, phone=CALLER, consent=consent)


def of(home: House, phone: str = CALLER) -> list[Consent]:
    contact_id = contact_row(home, phone)["contact_id"]
    return list(home.sidecar.store.read(lambda tx: consents.of_contact(tx, home.business.id, contact_id)))


def standings(home: House) -> list[tuple[str, str]]:
    """Basis and standing of each, oldest first."""
    now = home.clock.now()
    return [(one.basis, standing(one, home.business.preset, now)) for one in reversed(of(home))]


def test_the_same_consent_twice_is_one(home: House) -> None:
    consent = express(home)
    assert add(home, consent) == add(home, consent)
    assert len(of(home)) == 1
    home.clock.advance(seconds=1)
    assert add(home, express(home)) != add(home, consent), "given again later it is another"


def test_a_stop_takes_back_what_was_given_and_start_gives_none_of_it_again(home: House) -> None:
    home.miss()
    home.clock.advance(minutes=1)
    add(home, express(home))
    home.clock.advance(minutes=1)
    home.text("STOP")
    assert standings(home) == [("inquiry", "withdrawn"), ("express", "withdrawn")]
    home.clock.advance(hours=1)
    home.text("START")
    assert standings(home) == [("inquiry", "withdrawn"), ("express", "withdrawn")]
    home.clock.advance(hours=25)
    home.miss()
    assert standings(home)[-1] == ("inquiry", "holds"), "their next call is a new inquiry"


def test_after_start_the_ai_voice_needs_a_new_consent(make_home: Callable[..., House]) -> None:
    home = make_home(strict_consent=True)
    add(home, express(home))
    home.clock.advance(minutes=1)
    home.text("STOP", vendor_intent="opt_out", vendor_answered=True)
    home.text("START")
    home.clock.advance(hours=1)
    opened = home.miss()
    home.live(minutes=30)
    assert step(home, opened.sequence_id, "callback") == ("skipped", "withdrawn")
    assert "callback-task" in {one["name"] for one in home.sequence(opened.sequence_id)["steps"]}


def test_a_consent_of_before_the_stop_that_is_reported_after_it_is_withdrawn(home: House) -> None:
    before = express(home)
    home.clock.advance(minutes=1)
    home.sidecar.intake.opt_out(home.business, phone=CALLER, source="api")
    home.clock.advance(minutes=1)
    home.sidecar.intake.opt_in(home.business, phone=CALLER, source="api", evidence="by letter")
    add(home, before)
    assert standings(home) == [("express", "withdrawn")]
    add(home, express(home))
    assert standings(home)[-1] == ("express", "holds")


def test_a_stop_said_again_takes_back_what_was_given_between_the_two(home: House) -> None:
    home.sidecar.intake.opt_out(home.business, phone=CALLER, source="api")
    home.clock.advance(days=2)
    between = express(home)
    home.clock.advance(days=2)
    home.sidecar.intake.opt_out(home.business, phone=CALLER, source="api")
    home.sidecar.intake.opt_in(home.business, phone=CALLER, source="api")
    add(home, between)
    assert standings(home) == [("express", "withdrawn")]


def test_a_stop_of_one_takes_back_what_those_who_share_the_mailbox_gave(home: House) -> None:
    both = [Given(express(home), "+447700900123", ANN), Given(express(home), "+447700900124", ANN)]
    assert home.sidecar.intake.consents(home.business, both, source="import") == 2
    home.text("STOP", caller="+447700900124")
    assert standings(home) == [("express", "withdrawn")]


class TestWithdrawal:
    def withdraw(self, home: House, **which: Any) -> list[str]:
        return home.sidecar.intake.withdraw(
            home.business, phone=CALLER, evidence="told Sam", source="operator", **which
        )

    def test_everything(self, home: House) -> None:
        home.miss()
        given = add(home, express(home))
        taken = self.withdraw(home)
        assert given in taken
        assert len(taken) == 2
        assert {fate for _, fate in standings(home)} == {"withdrawn"}
        assert self.withdraw(home) == [], "twice is once"
        assert [event["type"] for event in contact(home)["events"]].count("consent.withdrawn") == 2

    def test_one_of_them(self, home: House) -> None:
        home.miss()
        given = add(home, express(home))
        assert self.withdraw(home, consent_id=given) == [given]
        assert sorted(standings(home)) == [("express", "withdrawn"), ("inquiry", "holds")]
        with pytest.raises(NotFound):
            self.withdraw(home, consent_id="cns_none")

    def test_one_channel_leaves_the_others_as_they_were_given(self, home: House) -> None:
        consent = express(home)
        add(home, consent)
        home.clock.advance(days=3)
        self.withdraw(home, channels=frozenset({"voice"}))
        now = home.clock.now()
        left = [one for one in of(home) if standing(one, home.business.preset, now) == "holds"]
        assert [(one.channels, one.given_at, one.evidence) for one in left] == [
            (frozenset({"sms"}), consent.given_at, consent.evidence)
        ]
        assert self.withdraw(home, channels=frozenset({"email"})) == []

    def test_the_same_consent_put_on_record_again_stays_withdrawn(self, home: House) -> None:
        consent = express(home)
        add(home, consent)
        self.withdraw(home)
        add(home, consent)
        assert standings(home) == [("express", "withdrawn")]

    def test_nobody(self, home: House) -> None:
        with pytest.raises(NotFound):
            self.withdraw(home)


class TestFollowUpsInCanada:
    @pytest.fixture
    def canada(self, make_home: Callable[..., House]) -> House:
        return make_home(preset=preset("ca"), playbook=shipped_playbook("contractor-two-text"))

    def states(self, home: House, sequence_id: str) -> dict[str, tuple[str, str]]:
        rows = home.sequence(sequence_id)["steps"]
        return {row["name"]: (row["state"], row["reason"]) for row in rows}

    def test_the_two_texts_are_the_one_follow_up_of_each_inquiry(
        self, canada: House, sandbox: Sandbox, clock: ManualClock
    ) -> None:
        clock.set(datetime(2026, 11, 18, 15, 0, tzinfo=UTC))
        first = canada.miss()
        canada.live(days=30)
        states = self.states(canada, first.sequence_id)
        assert states["acknowledge"][0] in ("sent", "delivered")
        assert states["second_text"][0] in ("sent", "delivered")
        assert states["week_one"] == ("skipped", "follow_ups_used")
        assert states["week_three"] == ("skipped", "follow_ups_used")
        again = canada.miss()
        canada.live(hours=8)
        assert self.states(canada, again.sequence_id)["second_text"][0] in ("sent", "delivered"), "a new inquiry"
        assert len(texts_to(sandbox)) == 4

    def test_a_new_inquiry_does_not_stand_in_for_the_consent_that_check_ins_need(
        self, canada: House, clock: ManualClock
    ) -> None:
        clock.set(datetime(2026, 11, 18, 15, 0, tzinfo=UTC))
        ends = clock.now() + timedelta(days=10)
        add(canada, express(canada, expires_at=ends))
        first = canada.miss()
        canada.live(days=30)
        states = self.states(canada, first.sequence_id)
        assert states["week_one"][0] in ("sent", "delivered")
        assert states["week_three"] == ("skipped", "follow_ups_used"), "the express consent had ended by then"


def test_a_phone_and_an_email_of_one_line_are_one_person(home: House) -> None:
    by_mail = Given(express(home), None, ANN)
    home.sidecar.intake.consents(home.business, [by_mail], source="import")
    home.clock.advance(seconds=1)
    home.sidecar.intake.consents(home.business, [Given(express(home), CALLER, ANN)], source="import")
    assert len(of(home)) == 2
    assert {row["address"] for row in contact(home)["addresses"]} == {CALLER, ANN}


def test_an_import_tells_no_subscriber_of_each_line(home: House) -> None:
    home.sidecar.intake.consents(home.business, [Given(express(home), CALLER)], source="import")
    assert [event["type"] for event in contact(home)["events"]] == ["consent.imported"]
