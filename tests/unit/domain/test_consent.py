"""Consent: one test for each row of the rules, then what must hold for any set of consents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.domain.compliance import Channel, Purpose, preset
from sidecar.domain.consent import Basis, Consent, Reason, Refusal, ends_at, from_inquiry, permits, standing
from sidecar.domain.presets import PRESETS

CALLED = datetime(2026, 11, 20, 18, tzinfo=UTC)
SOON = CALLED + timedelta(hours=2)
PERSON: frozenset[Channel] = frozenset({"sms", "voice", "email"})


def given_on(basis: Basis, purpose: Purpose = "service", **changes: object) -> Consent:
    values: dict[str, object] = {
        "channels": PERSON, "given_at": CALLED, "expires_at": None, "evidence": "SM1", **changes,
    }  # fmt: skip
    return Consent(basis=basis, purpose=purpose, **values)  # type: ignore[arg-type]


def ask(
    name: str,
    *consents: Consent,
    channel: Channel = "sms",
    purpose: Purpose = "service",
    nurture: bool = False,
    sent: int = 0,
    strict: bool = False,
    now: datetime = SOON,
) -> Consent | Refusal:
    return permits(
        preset(name), consents, channel, purpose,
        nurture=nurture, follow_ups_sent=sent, strict=strict, now=now,
    )  # fmt: skip


def reason(answer: Consent | Refusal) -> Reason | None:
    return answer.reason if isinstance(answer, Refusal) else None


def called(name: str) -> Consent:
    return from_inquiry(preset(name), CALLED)


class TestInquiry:
    @pytest.mark.parametrize("name", PRESETS)
    @pytest.mark.parametrize("channel", ["sms", "email"])
    def test_a_missed_call_carries_its_own_follow_up(self, name: str, channel: Channel) -> None:
        assert ask(name, called(name), channel=channel) == called(name)

    @pytest.mark.parametrize("name", PRESETS)
    def test_it_carries_no_marketing(self, name: str) -> None:
        for channel in ("sms", "email"):
            answer = ask(name, called(name), purpose="marketing", channel=channel)
            assert reason(answer) == "marketing_without_consent"

    def test_it_names_its_evidence(self) -> None:
        assert from_inquiry(preset("uk"), CALLED, "CA123").evidence == "CA123"

    def test_nothing_on_record_is_no_basis(self) -> None:
        answer = ask("uk")
        assert reason(answer) == "no_basis"
        assert isinstance(answer, Refusal)
        assert "express consent" in answer.remedy

    def test_another_channels_consent_is_none(self) -> None:
        assert reason(ask("uk", given_on("express", channels=frozenset({"email"})))) == "no_basis"

    def test_a_consent_of_tomorrow_is_none_today(self) -> None:
        assert reason(ask("uk", given_on("express", given_at=SOON + timedelta(seconds=1)))) == "no_basis"
        assert reason(ask("uk", given_on("express", given_at=SOON))) is None


class TestUnitedKingdom:
    def test_voice_follows_up_the_persons_own_call(self) -> None:
        assert ask("uk", called("uk"), channel="voice") == called("uk")

    @pytest.mark.parametrize("basis", ["inquiry", "contract", "soft_opt_in"])
    def test_strict_mode_asks_express_consent_for_voice(self, basis: Basis) -> None:
        assert reason(ask("uk", given_on(basis), channel="voice", strict=True)) == "voice_without_consent"
        assert reason(ask("uk", given_on("express"), channel="voice", strict=True)) is None

    def test_strict_mode_changes_nothing_for_texts(self) -> None:
        assert reason(ask("uk", called("uk"), strict=True)) is None

    @pytest.mark.parametrize(
        ("basis", "expected"),
        [("express", None), ("soft_opt_in", None), ("contract", None), ("inquiry", "no_basis")],
    )
    def test_a_check_in_needs_more_than_the_inquiry(self, basis: Basis, expected: Reason | None) -> None:
        assert reason(ask("uk", given_on(basis), nurture=True)) == expected

    @pytest.mark.parametrize(
        ("basis", "expected"),
        [
            ("express", None),
            ("soft_opt_in", None),
            ("contract", "marketing_without_consent"),
            ("inquiry", "marketing_without_consent"),
        ],
    )
    def test_marketing_by_text_needs_consent_or_soft_opt_in(self, basis: Basis, expected: Reason | None) -> None:
        assert reason(ask("uk", given_on(basis, "marketing"), purpose="marketing")) == expected

    @pytest.mark.parametrize("basis", ["soft_opt_in", "contract", "inquiry"])
    def test_marketing_by_an_automated_voice_needs_express(self, basis: Basis) -> None:
        answer = ask("uk", given_on(basis, "marketing"), purpose="marketing", channel="voice")
        assert reason(answer) == "marketing_without_consent"
        answer = ask("uk", given_on("express", "marketing"), purpose="marketing", channel="voice")
        assert reason(answer) is None

    def test_a_soft_opt_in_is_never_one_for_calls(self) -> None:
        assert reason(ask("uk", given_on("soft_opt_in"), channel="voice")) == "no_basis"
        assert reason(ask("uk", given_on("contract"), channel="voice")) is None

    def test_no_count_of_texts_by_law(self) -> None:
        assert reason(ask("uk", called("uk"), sent=9)) is None

    def test_the_inquiry_does_not_run_out_by_itself(self) -> None:
        assert called("uk").expires_at is None


class TestCanada:
    def test_both_contractor_texts_are_the_one_follow_up(self) -> None:
        assert [reason(ask("ca", called("ca"), sent=sent)) for sent in range(4)] == [
            None, None, "follow_ups_used", "follow_ups_used",
        ]  # fmt: skip

    def test_check_ins_need_express_consent(self) -> None:
        for basis in ("contract", "soft_opt_in"):
            assert reason(ask("ca", given_on(basis), nurture=True)) == "no_basis"
        assert reason(ask("ca", called("ca"), nurture=True)) == "follow_ups_used"
        assert reason(ask("ca", called("ca"), given_on("express"), nurture=True, sent=5)) is None

    def test_the_inquiry_holds_for_six_months_to_the_instant(self) -> None:
        end = datetime(2027, 5, 20, 18, tzinfo=UTC)
        assert called("ca").expires_at == end
        assert reason(ask("ca", called("ca"), now=end - timedelta(microseconds=1))) is None
        assert reason(ask("ca", called("ca"), now=end)) == "expired"
        assert reason(ask("ca", called("ca"), now=end, nurture=True)) == "expired"

    @pytest.mark.parametrize(
        ("at", "end"),
        [
            ((2026, 8, 31), (2027, 2, 28)),
            ((2027, 8, 31), (2028, 2, 29)),
            ((2027, 8, 29), (2028, 2, 29)),
            ((2026, 10, 31), (2027, 4, 30)),
            ((2028, 2, 29), (2028, 8, 29)),
            ((2026, 12, 31), (2027, 6, 30)),
            ((2026, 6, 30), (2026, 12, 30)),
        ],
    )
    def test_six_months_are_calendar_months_clipped_at_their_end(
        self, at: tuple[int, int, int], end: tuple[int, int, int]
    ) -> None:
        consent = from_inquiry(preset("ca"), datetime(*at, 12, tzinfo=UTC))
        assert consent.expires_at == datetime(*end, 12, tzinfo=UTC)

    def test_an_ai_voice_is_off_without_express_consent(self) -> None:
        assert reason(ask("ca", called("ca"), channel="voice")) == "voice_without_consent"
        assert reason(ask("ca", called("ca"), channel="voice", nurture=True)) == "voice_without_consent"
        assert reason(ask("ca", given_on("express"), channel="voice")) is None


class TestUnitedStates:
    def test_an_ai_voice_needs_express_consent(self) -> None:
        for basis in ("inquiry", "contract", "soft_opt_in"):
            answer = ask("us", given_on(basis), channel="voice")
            assert reason(answer) == "voice_without_consent"
        assert reason(ask("us", channel="voice")) == "voice_without_consent"
        assert reason(ask("us", given_on("express"), channel="voice")) is None

    @pytest.mark.parametrize("basis", ["inquiry", "contract", "soft_opt_in"])
    def test_check_ins_and_marketing_need_express_consent(self, basis: Basis) -> None:
        consent = given_on(basis, "marketing")
        assert reason(ask("us", consent, nurture=True)) == "no_basis"
        assert reason(ask("us", consent, purpose="marketing")) == "marketing_without_consent"
        express = given_on("express", "marketing")
        assert reason(ask("us", express, nurture=True)) is None
        assert reason(ask("us", express, purpose="marketing")) is None

    def test_consent_to_service_calls_is_none_to_marketing_calls(self) -> None:
        answer = ask("us", given_on("express"), channel="voice", purpose="marketing")
        assert reason(answer) == "marketing_without_consent"

    def test_an_inquiry_holds_for_three_months(self) -> None:
        assert called("us").expires_at == datetime(2027, 2, 20, 18, tzinfo=UTC)


class TestCustom:
    def test_takes_the_strictest_known_rules(self) -> None:
        assert reason(ask("custom", called("custom"), channel="voice")) == "voice_without_consent"
        assert reason(ask("custom", given_on("contract"), nurture=True)) == "no_basis"
        assert reason(ask("custom", given_on("soft_opt_in", "marketing"), purpose="marketing")) is not None
        assert reason(ask("custom", given_on("express"), nurture=True)) is None
        assert called("custom").expires_at == datetime(2027, 2, 20, 18, tzinfo=UTC)


class TestExpress:
    @pytest.mark.parametrize("channel", ["sms", "voice"])
    def test_on_a_phone_it_ages_out_after_18_months(self, channel: Channel) -> None:
        end = datetime(2028, 5, 20, 18, tzinfo=UTC)
        consent = given_on("express")
        assert ends_at(consent, channel, preset("us")) == end
        assert reason(ask("us", consent, channel=channel, now=end - timedelta(microseconds=1))) is None
        assert reason(ask("us", consent, channel=channel, now=end)) == "expired"

    def test_on_an_email_address_it_does_not(self) -> None:
        assert ends_at(given_on("express"), "email", preset("us")) is None
        assert reason(ask("us", given_on("express"), channel="email", now=SOON + timedelta(days=3_650))) is None

    def test_its_own_earlier_end_holds(self) -> None:
        end = CALLED + timedelta(days=30)
        assert ends_at(given_on("express", expires_at=end), "sms", preset("us")) == end
        assert ends_at(given_on("express", expires_at=end), "email", preset("us")) == end

    def test_a_later_end_does_not_keep_a_phone_alive(self) -> None:
        far = given_on("express", expires_at=CALLED + timedelta(days=3_650))
        assert ends_at(far, "voice", preset("us")) == datetime(2028, 5, 20, 18, tzinfo=UTC)

    def test_only_express_ages_out(self) -> None:
        assert ends_at(given_on("contract"), "sms", preset("us")) is None


class TestEnds:
    """The first instant at which it no longer holds, on whatever day and however it came on record."""

    @pytest.mark.parametrize(
        ("at", "end"),
        [
            # 28 February, evening, in Toronto: 1 March in UTC. Its six months end with 28 August there.
            ((2027, 3, 1, 2), (2027, 8, 29, 2)),
            ((2027, 5, 1, 1), (2027, 10, 31, 1)),
            ((2027, 3, 1, 12), (2027, 9, 1, 12)),
            ((2026, 9, 1, 1), (2027, 3, 1, 1)),
            ((2028, 3, 1, 2), (2028, 8, 30, 2)),
        ],
    )
    def test_months_are_those_of_the_persons_calendar(self, at: tuple[int, ...], end: tuple[int, ...]) -> None:
        consent = from_inquiry(preset("ca"), datetime(*at, tzinfo=UTC))  # type: ignore[misc, arg-type]
        assert consent.expires_at == datetime(*end, tzinfo=UTC)  # type: ignore[misc, arg-type]

    @pytest.mark.parametrize(
        ("at", "end"),
        [((2026, 8, 31), (2028, 2, 29)), ((2027, 8, 31), (2029, 2, 28)), ((2028, 2, 29), (2029, 8, 29))],
    )
    def test_an_express_consent_to_a_phone_ends_on_the_last_day_that_the_month_has(
        self, at: tuple[int, int, int], end: tuple[int, int, int]
    ) -> None:
        consent = given_on("express", given_at=datetime(*at, 12, tzinfo=UTC))
        ends = datetime(*end, 12, tzinfo=UTC)
        assert ends_at(consent, "sms", preset("us")) == ends
        assert reason(ask("us", consent, channel="voice", now=ends - timedelta(microseconds=1))) is None
        assert reason(ask("us", consent, channel="voice", now=ends)) == "expired"

    def test_an_inquiry_without_an_end_has_the_laws(self) -> None:
        """Imported, or put on record by the API: who leaves the end out does not make it last."""
        endless = given_on("inquiry")
        assert ends_at(endless, "sms", preset("ca")) == called("ca").expires_at
        assert ends_at(endless, "email", preset("us")) == called("us").expires_at
        assert ends_at(endless, "sms", preset("uk")) is None
        end = called("ca").expires_at
        assert end is not None
        assert reason(ask("ca", endless, now=end - timedelta(microseconds=1))) is None
        assert reason(ask("ca", endless, now=end)) == "expired"
        late = given_on("inquiry", expires_at=CALLED + timedelta(days=3_650))
        assert reason(ask("ca", late, now=end)) == "expired"

    def test_a_new_inquiry_renews_the_basis_and_no_express_consent(self) -> None:
        end = called("ca").expires_at
        assert end is not None
        new = from_inquiry(preset("ca"), end)
        worn = given_on("express", given_at=CALLED - timedelta(days=600))
        assert reason(ask("ca", called("ca"), worn, new, now=end)) is None
        for question in ({"channel": "voice"}, {"nurture": True}):
            answer = ask("ca", called("ca"), worn, new, now=end, **question)
            assert reason(answer) in ("expired", "follow_ups_used")
        assert reason(ask("ca", called("ca"), new, channel="voice", now=end)) == "voice_without_consent"


class TestWithdrawn:
    def test_it_holds_until_the_instant(self) -> None:
        taken = given_on("express", withdrawn_at=SOON)
        before = SOON - timedelta(microseconds=1)
        assert reason(ask("us", taken, channel="voice", now=before)) is None
        assert reason(ask("us", taken, channel="voice", now=SOON)) == "withdrawn"
        assert (standing(taken, preset("us"), before), standing(taken, preset("us"), SOON)) == ("holds", "withdrawn")

    def test_another_consent_still_carries(self) -> None:
        assert reason(ask("uk", given_on("express", withdrawn_at=SOON), called("uk"))) is None

    def test_one_that_would_not_have_carried_is_not_told_of(self) -> None:
        answer = ask("us", given_on("inquiry", withdrawn_at=SOON), channel="voice")
        assert reason(answer) == "voice_without_consent"

    def test_one_that_had_run_out_is_expired(self) -> None:
        ended = given_on("express", expires_at=CALLED + timedelta(minutes=1), withdrawn_at=SOON)
        assert reason(ask("us", ended, channel="voice")) == "expired"


class TestStanding:
    def test_it_holds_while_one_of_its_channels_does(self) -> None:
        aged = CALLED + timedelta(days=600)
        assert standing(given_on("express"), preset("us"), aged) == "holds", "on the email address it does"
        phone_only = given_on("express", channels=frozenset({"sms", "voice"}))
        assert standing(phone_only, preset("us"), aged) == "expired"


class TestChoice:
    def test_the_strongest_consent_is_given_and_the_newest_of_equals(self) -> None:
        old, new = given_on("express"), given_on("express", given_at=CALLED + timedelta(hours=1))
        for order in ((old, new, called("uk")), (called("uk"), new, old)):
            assert ask("uk", *order) is new
        assert ask("uk", called("uk"), given_on("soft_opt_in")) == given_on("soft_opt_in")

    def test_the_reason_is_of_the_consent_that_lacked_least(self) -> None:
        ended = given_on("express", expires_at=CALLED + timedelta(minutes=1))
        assert reason(ask("us", called("us"), ended, channel="voice")) == "expired"
        assert reason(ask("ca", called("ca"), ended, sent=2)) == "follow_ups_used"

    def test_every_reason_has_a_remedy(self) -> None:
        cases = {
            "no_basis": ask("uk"),
            "expired": ask("ca", called("ca"), now=CALLED + timedelta(days=365)),
            "withdrawn": ask("uk", given_on("express", withdrawn_at=SOON)),
            "follow_ups_used": ask("ca", called("ca"), sent=2),
            "voice_without_consent": ask("us", channel="voice"),
            "marketing_without_consent": ask("us", purpose="marketing"),
        }
        assert set(cases) == set(get_args(Reason))
        for expected, answer in cases.items():
            assert reason(answer) == expected
            assert isinstance(answer, Refusal)
            assert answer.remedy

    def test_staff_are_not_asked_about(self) -> None:
        with pytest.raises(ValueError, match="staff steps need no consent"):
            ask("uk", called("uk"), channel="staff")


class TestConsent:
    def test_without_evidence_it_is_refused(self) -> None:
        with pytest.raises(ValueError, match="evidence"):
            given_on("express", evidence=" ")

    @pytest.mark.parametrize("channels", [frozenset(), frozenset({"staff"}), frozenset({"sms", "fax"})])
    def test_one_for_no_channel_of_a_persons_is_refused(self, channels: frozenset[Channel]) -> None:
        with pytest.raises(ValueError, match="channels"):
            given_on("express", channels=channels)

    def test_the_same_consent_is_equal_whatever_shows_it_and_whatever_became_of_it(self) -> None:
        assert given_on("express") == given_on("express", evidence="SM2", withdrawn_at=SOON, consent_id="cns_1")
        assert given_on("express") != given_on("express", given_at=SOON)

    def test_one_that_never_holds_is_refused(self) -> None:
        with pytest.raises(ValueError, match="expires_at"):
            given_on("express", expires_at=CALLED)


MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2029, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
CHANNELS: st.SearchStrategy[Channel] = st.sampled_from(("sms", "voice", "email"))


@st.composite
def a_consent(draw: st.DrawFn) -> Consent:
    at = draw(MOMENTS)
    lasts = draw(st.none() | st.timedeltas(timedelta(seconds=1), timedelta(days=1_000)))
    return Consent(
        draw(st.sampled_from(get_args(Basis))),
        draw(st.frozensets(CHANNELS, min_size=1)),
        draw(st.sampled_from(get_args(Purpose))),
        at,
        None if lasts is None else at + lasts,
        "SM1",
    )


@st.composite
def questions(draw: st.DrawFn) -> dict[str, object]:
    return {
        "name": draw(st.sampled_from(sorted(PRESETS))),
        "channel": draw(CHANNELS),
        "purpose": draw(st.sampled_from(get_args(Purpose))),
        "nurture": draw(st.booleans()),
        "sent": draw(st.integers(0, 4)),
        "strict": draw(st.booleans()),
        "now": draw(MOMENTS),
    }


def allowed(question: dict[str, object], consents: list[Consent], **changes: object) -> bool:
    asked = {**question, **changes}
    name = asked.pop("name")
    return isinstance(ask(name, *consents, **asked), Consent)  # type: ignore[arg-type]


@given(questions(), st.lists(a_consent(), max_size=5), a_consent())
def test_one_more_consent_never_forbids(question: dict[str, object], consents: list[Consent], another: Consent) -> None:
    assert allowed(question, [*consents, another]) >= allowed(question, consents)


@given(questions(), st.lists(a_consent(), max_size=5))
def test_asking_for_more_never_allows(question: dict[str, object], consents: list[Consent]) -> None:
    before = allowed(question, consents)
    assert allowed(question, consents, strict=True) <= before
    assert allowed(question, consents, nurture=True) <= allowed(question, consents, nurture=False)
    assert allowed(question, consents, purpose="marketing") <= allowed(question, consents, purpose="service")
    assert allowed(question, consents, sent=9) <= before


@given(questions(), st.lists(a_consent(), max_size=5), st.timedeltas(timedelta(), timedelta(days=900)))
def test_waiting_never_allows_what_was_given_before(
    question: dict[str, object], consents: list[Consent], wait: timedelta
) -> None:
    now = question["now"]
    assert isinstance(now, datetime)
    given_before = [consent for consent in consents if consent.given_at <= now]
    assert allowed(question, given_before, now=now + wait) <= allowed(question, given_before)


@given(questions(), st.lists(a_consent(), max_size=5))
def test_what_carries_a_touch_holds_for_it(question: dict[str, object], consents: list[Consent]) -> None:
    asked = dict(question)
    name, now = str(asked.pop("name")), question["now"]
    answer = ask(name, *consents, **asked)  # type: ignore[arg-type]
    if isinstance(answer, Consent):
        assert isinstance(now, datetime)
        assert answer in consents
        assert question["channel"] in answer.channels
        assert answer.given_at <= now
        assert answer.expires_at is None or now < answer.expires_at
        assert question["purpose"] == "service" or answer.purpose == "marketing"
