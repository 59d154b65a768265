"""Periods as people write them, and from when they are counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sidecar.domain.compliance import preset
from sidecar.domain.consent import Consent, from_inquiry
from sidecar.domain.retention import SHORTEST_DELIVERIES, SHORTEST_PEOPLE, last_moment, period, usual

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=900)


@pytest.mark.parametrize(("text", "days"), [("90d", 90), ("12 w", 84), ("24mo", 720), ("2y", 730), ("10y", 3650)])
def test_a_period_is_read(text: str, days: int) -> None:
    assert period(text) == timedelta(days=days)


@pytest.mark.parametrize("text", ["", "24", "24m", "1y6mo", "-3d", "two years", "11y", "9999mo"])
def test_what_is_none_says_how_to_write_one(text: str) -> None:
    with pytest.raises(ValueError, match="; write"):
        period(text)


@pytest.mark.parametrize(("name", "years"), [("uk", 1), ("custom", 1), ("ca", 3), ("us", 4)])
def test_nothing_is_kept_for_ever_nor_less_than_claims_may_come(name: str, years: int) -> None:
    kept = usual(preset(name))

    assert timedelta(days=365 * years) <= kept.people < timedelta(days=365 * (years + 1))
    assert kept.people >= SHORTEST_PEOPLE
    assert kept.deliveries >= SHORTEST_DELIVERIES


def test_an_inquiry_without_an_end_counts_from_the_call() -> None:
    inquiry = from_inquiry(preset("uk"), LONG_AGO)

    assert last_moment([LONG_AGO - timedelta(days=1)], [inquiry], preset("uk"), NOW) == LONG_AGO


def test_one_that_the_law_ends_counts_from_there() -> None:
    inquiry = from_inquiry(preset("ca"), LONG_AGO)

    assert last_moment([], [inquiry], preset("ca"), NOW) == inquiry.expires_at
    assert last_moment([], [inquiry], preset("ca"), LONG_AGO + timedelta(days=100)) is None


def test_express_consent_to_a_phone_ages_out_and_to_email_stands_until_it_is_withdrawn() -> None:
    phone = Consent("express", frozenset({"sms"}), "service", LONG_AGO, None, "form")
    email = Consent("express", frozenset({"email"}), "service", LONG_AGO, None, "form")
    withdrawn = Consent("express", frozenset({"email"}), "service", LONG_AGO, None, "form", withdrawn_at=NOW)

    counted = last_moment([], [phone], preset("uk"), NOW)
    assert counted is not None
    assert LONG_AGO + timedelta(days=540) < counted < NOW
    assert last_moment([], [phone, email], preset("uk"), NOW) is None
    assert last_moment([], [phone, withdrawn], preset("uk"), NOW) == NOW
