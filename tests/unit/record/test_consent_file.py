"""Consents as CSV: every mistake is named, and what is written reads back the same."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.domain.compliance import Basis, Purpose
from sidecar.domain.consent import Consent
from sidecar.engine.consents import Given
from sidecar.record.consent_file import COLUMNS, BadLine, UnreadableFileError, read, row_of
from tests.unit.cli.test_findings import SOUND as BUSINESS

NOW = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
HEAD = "phone,email,basis,channels,purpose,given_at,expires_at,evidence\n"


def lines(*rows: str, head: str = HEAD) -> list[Given | BadLine]:
    text = head + "".join(f"{row}\n" for row in rows)
    return list(read(io.StringIO(text, newline=""), BUSINESS, name="crm.csv", now=NOW))


def good(row: str, head: str = HEAD) -> Given:
    [one] = lines(row, head=head)
    assert isinstance(one, Given), one
    return one


def bad(row: str, head: str = HEAD) -> BadLine:
    [one] = lines(row, head=head)
    assert isinstance(one, BadLine), one
    assert one.remedy
    return one


def test_a_line_is_a_consent_and_whose_it_is() -> None:
    one = good(
        "+447700900123,Ann@Example.com,express,sms voice,marketing,2026-05-03T14:30:00Z,2027-05-03,web form 4711"
    )
    assert (one.phone, one.email) == ("+447700900123", "ann@example.com")
    assert one.consent == Consent(
        "express", frozenset({"sms", "voice"}), "marketing", datetime(2026, 5, 3, 14, 30, tzinfo=UTC),
        datetime(2027, 5, 2, 23, tzinfo=UTC), "web form 4711",
    )  # fmt: skip
    assert one.consent.evidence == "web form 4711"


def test_what_may_be_left_out() -> None:
    one = good("07700 900123,,inquiry,email,,2026-05-03,,")
    assert (one.phone, one.email) == ("+447700900123", None), "a phone without a country is of the business's region"
    assert (one.consent.purpose, one.consent.expires_at) == ("service", None)
    assert one.consent.given_at == datetime(2026, 5, 2, 23, tzinfo=UTC), "a day begins on the business's clock"
    assert one.consent.evidence == "crm.csv line 2"


@pytest.mark.parametrize("channels", ["sms voice", '"sms, voice"', "SMS;Voice", "voice|sms", "sms/voice"])
def test_channels_are_parted_in_any_usual_way(channels: str) -> None:
    assert good(f"+447700900123,,express,{channels},,2026-05-03,,").consent.channels == {"sms", "voice"}


@pytest.mark.parametrize(
    ("row", "field", "said"),
    [
        (",,express,sms,,2026-05-03,,", "phone", "nobody"),
        ("12,,express,sms,,2026-05-03,,", "phone", "too few digits"),
        ("4.4770E+11,,express,sms,,2026-05-03,,", "phone", ""),
        ("+447700900123,ann,express,sms,,2026-05-03,,", "email", "no @"),
        ("+447700900123,,verbal,sms,,2026-05-03,,", "basis", "'verbal'"),
        ("+447700900123,,,sms,,2026-05-03,,", "basis", "empty"),
        ("+447700900123,,express,,,2026-05-03,,", "channels", "at least one"),
        ("+447700900123,,express,fax,,2026-05-03,,", "channels", "'fax'"),
        ("+447700900123,,express,staff,,2026-05-03,,", "channels", "'staff'"),
        ("+447700900123,,express,sms,sales,2026-05-03,,", "purpose", "'sales'"),
        ("+447700900123,,express,sms,,,,", "given_at", "empty"),
        ("+447700900123,,express,sms,,03/05/2026,,", "given_at", "2026-05-03"),
        ("+447700900123,,express,sms,,2026-11-19,,", "given_at", "future"),
        ("+447700900123,,express,sms,,2026-05-03,soon,", "expires_at", "'soon'"),
        ("+447700900123,,express,sms,,2026-05-03,2026-05-01,", "expires_at", "after given_at"),
        ("+447700900123,,express,sms,,9999-12-31,,", "given_at", ""),
        ("+447700900123,,express,sms,,0001-01-01T00:00:00+14:00,,", "given_at", ""),
        (f"+447700900123,,express,sms,,2026-05-03,,{'x' * 2001}", "evidence", "2000"),
        ("+447700900123,express,sms,,2026-05-03", "", "5 cells"),
        ("+447700900123,,express,sms,voice,,2026-05-03,,", "", "9 cells"),
    ],
)
def test_each_mistake_is_named(row: str, field: str, said: str) -> None:
    found = bad(row)
    assert (found.line, found.field) == (2, field)
    assert said in f"{found.message}; {found.remedy}"
    assert "7700900123" not in found.message, "no whole number stands in a message"


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    row = '+447700900123,,express,sms,,2026-05-03,,"signed\nin the shop"'
    found = lines(row, "", row, "nonsense")
    assert [one.line for one in found if isinstance(one, BadLine)] == [7]
    assert len(found) == 3, "an empty line is none"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "does not name phone, basis, channels, given_at"),
        ("phone,basis,chanels,given_at\n", "did you mean 'channels'?"),
        ("phone,basis,channels,given_at,shoe size\n", "there are: phone, email"),
        ("basis,channels,given_at\n", "does not name phone"),
        ("phone,phone,basis,channels,given_at\n", "twice"),
        (HEAD + '+447700900123,"', "not closed"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(text: str, said: str) -> None:
    with pytest.raises(UnreadableFileError) as refused:
        list(read(io.StringIO(text, newline=""), BUSINESS, name="x", now=NOW))
    assert said in str(refused.value)


def test_what_is_not_utf8_says_so() -> None:
    raw = io.TextIOWrapper(io.BytesIO(HEAD.encode() + "René".encode("latin-1")), encoding="utf-8", newline="")
    with pytest.raises(UnreadableFileError, match="UTF-8"):
        list(read(raw, BUSINESS, name="x", now=NOW))


def test_a_file_of_excel_is_read() -> None:
    """A mark at its beginning, semicolons, capitals, apostrophes before phones, another order of columns."""
    head = "\ufeffPhone;Given_at;Basis;Channels\r\n"
    [one] = lines("'+447700900123;2026-05-03 14:30;Soft opt-in;sms,email\r", head=head)
    assert isinstance(one, Given)
    assert (one.phone, one.consent.basis) == ("+447700900123", "soft_opt_in")
    assert one.consent.channels == {"sms", "email"}


# --- there and back -----------------------------------------------------------------------------------------------


def written(consent: Consent, *addresses: tuple[str, str]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    rows: Any = [{"kind": kind, "address": address} for kind, address in addresses]
    writer.writerow(row_of(consent, rows))
    return out.getvalue()


@pytest.mark.parametrize("evidence", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "'=1", "''", "'", "=cmd|' /C calc'!A0"])
def test_no_cell_is_a_formula_in_a_spreadsheet(evidence: str) -> None:
    consent = Consent("express", frozenset({"sms"}), "service", NOW, None, evidence)
    text = written(consent, ("phone", "+447700900123"), ("email", "=1+1@example.com"))
    [_, cells] = csv.reader(io.StringIO(text))
    for cell in cells[1:]:
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cells[0] == "+447700900123"
    [back] = read(io.StringIO(text), BUSINESS, name="x", now=NOW)
    assert isinstance(back, Given)
    assert back.email == "=1+1@example.com"
    assert back.consent.evidence == evidence


MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2026, 11, 1), timezones=st.just(UTC))  # noqa: DTZ001


@st.composite
def a_consent(draw: st.DrawFn) -> Consent:
    at = draw(MOMENTS)
    lasts = st.none() | st.timedeltas(timedelta(seconds=1), timedelta(days=5)).map(lambda lasts: at + lasts)
    text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60)
    return Consent(
        draw(st.sampled_from(get_args(Basis))),
        draw(st.frozensets(st.sampled_from(["sms", "voice", "email"]), min_size=1)),
        draw(st.sampled_from(get_args(Purpose))),
        at,
        draw(lasts),
        draw(text.map(str.strip).filter(bool)),
        draw(lasts),
    )


@given(a_consent())
def test_what_is_written_reads_back_the_same(consent: Consent) -> None:
    text = written(consent, ("phone", "+447700900100"), ("phone", "+447700900123"), ("email", "ann@example.com"))
    [back] = read(io.StringIO(text, newline=""), BUSINESS, name="x", now=NOW)
    assert isinstance(back, Given), back
    assert (back.phone, back.email) == ("+447700900123", "ann@example.com"), "the newest phone"
    assert back.consent == consent
    assert (back.consent.evidence, back.consent.withdrawn_at) == (consent.evidence, consent.withdrawn_at)
