from __future__ import annotations

import subprocess
import sys
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers.tzdata import TIMEZONE_DATA

from sidecar.domain import phones
from sidecar.domain.area_codes import area_codes, area_of
from sidecar.domain.phones import BadPhone, is_anonymous, mask, mask_in, parse, states_of, zones_of


@pytest.mark.parametrize(
    ("raw", "region", "e164"),
    [
        ("07700 900001", "GB", "+447700900001"),
        ("07700 900001", "uk", "+447700900001"),
        ("+44 (0)7700 900001", None, "+447700900001"),
        ("00447700900001", None, "+447700900001"),
        ("tel:+44-7700-900001", None, "+447700900001"),
        ("whatsapp:+447700900001", None, "+447700900001"),
        ("sip:+12125550101@carrier.example;user=phone", None, "+12125550101"),
        ("(212) 555-0101", "US", "+12125550101"),
        ("1-416-555-0101", "CA", "+14165550101"),
        ("+1 514 555 0101 ext. 4", "GB", "+15145550101"),
        ("0117 496 0001", "GB", "+441174960001"),
        ("+13055550101", None, "+13055550101"),
    ],
)
def test_a_number_is_read_as_people_write_it(raw: str, region: str | None, e164: str) -> None:
    assert parse(raw, region) == e164


@pytest.mark.parametrize(
    ("raw", "region", "says"),
    [
        ("7700900001", None, "has no country: start it with +"),
        ("+4477", None, "too few digits"),
        ("555 0101", "US", "lacks its area code"),
        ("+44 77009000011234567", None, "too many digits"),
        ("+999 123 456 789", None, "country code that does not exist"),
        ("call me", "GB", "is not a phone number"),
        ("anonymous", "GB", "withheld or empty"),
        ("", "GB", "withheld or empty"),
        ("07700 900001", "XX", "region 'XX' is not known"),
        ("0" * 400, "GB", "withheld or empty"),
        ("1" * 400, "GB", "too many digits"),
    ],
)
def test_what_cannot_be_a_number_is_refused_with_a_remedy(raw: str, region: str | None, says: str) -> None:
    with pytest.raises(BadPhone, match=says.replace("+", r"\+")) as caught:
        parse(raw, region)
    digits = "".join(char for char in raw if char.isdigit())
    assert not digits or digits not in str(caught.value)


@given(st.text(max_size=40), st.sampled_from([None, "GB", "US", "CA", "FR"]))
def test_a_number_is_read_or_refused_and_stays_what_it_is(raw: str, region: str | None) -> None:
    try:
        e164 = parse(raw, region)
    except BadPhone:
        return
    assert e164.startswith("+")
    assert e164[1:].isdigit()
    assert parse(e164, None) == e164


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "",
        "  ",
        "-",
        "anonymous",
        "Anonymous",
        "ANONYMOUS",
        "unknown",
        "restricted",
        "private",
        "Private Number",
        "unavailable",
        "No Caller ID",
        "unknown caller",
        "Number Withheld",
        "withheld",
        "blocked",
        "+266696687",
        "266696687",
        "+7378742833",
        "+2562533",
        "+8656696",
        "+86282452253",
        "+0000000000",
        "sip:anonymous@anonymous.invalid",
        "Anonymous <sip:anonymous@anonymous.invalid>",
        "sip:restricted@198.51.100.7",
    ],
)
def test_nobody_is_named(raw: str | None) -> None:
    assert is_anonymous(raw)


@pytest.mark.parametrize(
    "raw", ["+447700900001", "07700 900001", "sip:+447700900001@x", "client:anna", "Private Eye Ltd"]
)
def test_somebody_is_named(raw: str) -> None:
    assert not is_anonymous(raw)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+447700900001", "+44 •••001"),
        ("+12125550101", "+1 •••101"),
        ("+353851234567", "+353 •••567"),
        ("07700 900001", "•••001"),
        ("%2B447700900001", "+44 •••001"),
        ("1234567", "•••67"),
        ("12345", "•••"),
        ("anna@example.com", "•••"),
        ("", "•••"),
    ],
)
def test_mask(number: str, shown: str) -> None:
    assert mask(number) == shown


@given(st.text(max_size=60))
def test_a_mask_shows_a_country_and_three_digits_at_most(text: str) -> None:
    shown = mask(text)
    assert "•••" in shown
    assert sum(char.isdecimal() for char in shown) <= 6


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("call from +447700900001 failed", "call from +44 •••001 failed"),
        ("To=%2B447700900001&From=%2B12125550101", "To=+44 •••001&From=+1 •••101"),
        ("ring 07700 900-001, or (212) 555-0101", "ring •••001, or •••101"),
        ("call07700900001now", "call•••001now"),
        ("tel:+44\u00a07700\u2011900\u2011001", "tel:+44 •••001"),
        ("at 2026-11-22T10:00:01.123Z", "at 2026-11-22T10:00:01.123Z"),
        ("from 127.0.0.1:5000", "from 127.0.0.1:5000"),
        ("sid CA0123456789abcdef0123456789abcdef", "sid CA0123456789abcdef0123456789abcdef"),
        ("id 01234567-89ab-4def-8123-456789abcdef", "id 01234567-89ab-4def-8123-456789abcdef"),
        ("12 tiles at £1,200 each, order 4711", "12 tiles at £1,200 each, order 4711"),
    ],
)
def test_numbers_inside_text_are_masked(text: str, hidden: str) -> None:
    assert mask_in(text) == hidden
    assert mask_in(hidden) == hidden


@given(st.text("ab :.,-()\n", max_size=20), st.integers(0, 999), st.text("ab :.,()\n", max_size=20))
def test_no_number_survives_masking(before: str, tail: int, after: str) -> None:
    number = f"+447700900{tail:03}"
    assert f"7700900{tail:03}" not in mask_in(f"{before}{number}{after}")


@pytest.mark.parametrize(
    ("e164", "national", "region", "kind", "texted"),
    [
        ("+447700900001", "7700900001", "GB", "unknown", True),
        ("+447400123456", "7400123456", "GB", "mobile", True),
        ("+441174960001", "1174960001", "GB", "landline", False),
        ("+12125550101", "2125550101", "US", "unknown", True),
        ("+14165550101", "4165550101", "CA", "unknown", True),
        ("+18005550101", "8005550101", "US", "toll_free", False),
        ("+448451234567", "8451234567", "GB", "premium", False),
        ("+445600123456", "5600123456", "GB", "voip", True),
        ("+80012345678", "12345678", None, "toll_free", False),
    ],
)
def test_what_a_number_is(e164: str, national: str, region: str | None, kind: phones.LineType, texted: bool) -> None:
    assert phones.national_digits(e164) == national
    assert phones.region_of(e164) == region
    assert phones.line_type(e164) == kind
    assert phones.can_receive_texts(kind) is texted


@pytest.mark.parametrize(
    ("e164", "zones", "states"),
    [
        ("+447700900001", ("Europe/London",), ()),
        ("+441174960001", ("Europe/London",), ()),
        ("+33612345678", ("Europe/Paris",), ()),
        ("+61292345678", ("Australia/Sydney",), ()),
        ("+13055550101", ("America/New_York",), ("US-FL",)),
        ("+18505550101", ("America/Chicago", "America/New_York"), ("US-FL",)),
        ("+15145550101", ("America/Toronto",), ("CA-QC",)),
        ("+19025550101", ("America/Halifax",), ("CA-NS", "CA-PE")),
        ("+17875550101", ("America/Puerto_Rico",), ("US-PR",)),
        ("+18765550101", ("America/Jamaica",), ()),
        ("+77012345678", ("Asia/Almaty", "Asia/Aqtobe"), ()),
        ("+18005550101", (), ()),
        ("+15005550006", (), ()),
        ("+12995550101", (), ()),
        ("+80012345678", (), ()),
        ("+881612345678", (), ()),
        ("junk", (), ()),
        ("", (), ()),
    ],
)
def test_where_a_number_is(e164: str, zones: tuple[str, ...], states: tuple[str, ...]) -> None:
    assert zones_of(e164) == zones
    assert states_of(e164) == states


def test_a_mobile_of_a_wide_country_has_every_zone_of_it() -> None:
    zones = zones_of("+61412345678")
    assert {"Australia/Perth", "Australia/Sydney"} <= set(zones)


def test_what_is_no_number_has_no_region_and_is_named_when_digits_are_asked_for() -> None:
    assert phones.region_of("junk") is None
    assert phones.line_type("junk") == "unknown"
    with pytest.raises(BadPhone, match=r"not in E\.164 form"):
        phones.national_digits("07700 900001")


def test_every_zone_of_the_table_exists_and_every_area_has_one() -> None:
    known = available_timezones()
    for code in area_codes():
        area = area_of(code)
        assert area is not None
        assert area.zones
        for zone in area.zones:
            assert zone in known, zone
            ZoneInfo(zone)
        assert all(len(state) == 5 and state[:3] in {"US-", "CA-"} for state in area.subdivisions)


def test_the_table_has_every_state_province_and_territory() -> None:
    seen = {state for code in area_codes() for state in (area_of(code) or ((), ()))[0]}
    assert len([state for state in seen if state.startswith("CA-")]) == 13
    assert len([state for state in seen if state.startswith("US-")]) == 50 + 1 + 5


def test_the_table_knows_every_geographic_area_code_that_the_library_knows() -> None:
    missing = []
    for code in map(str, range(200, 1000)):
        number = phonenumbers.parse(f"+1{code}2345678")
        if phonenumbers.number_type(number) != phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE:
            continue
        if phonenumbers.region_code_for_number(number) in {"US", "CA"} and area_of(code) is None:
            missing.append(code)
    assert missing == []


def test_the_table_agrees_with_the_librarys_zones() -> None:
    """Offsets in winter and summer, since the names differ; the exceptions are the library's."""
    from datetime import UTC, datetime

    exceptions = {
        "474": "Saskatchewan keeps Central standard time all year; the library has Winnipeg",
        "689": "an overlay of Orlando's 407, in Eastern time",
        "879": "the library adds Blanc-Sablon, which is in Quebec",
        "907": "the library adds Honolulu for Adak, which has a zone of its own",
        "867": "the library has Fort Nelson, which is in British Columbia",
    }
    for code in area_codes():
        theirs: set[str] = set()
        for prefix, zones in TIMEZONE_DATA.items():
            if prefix.startswith(f"1{code}"):
                theirs.update(zones)
        area = area_of(code)
        assert area is not None
        for month in (1, 7):
            at = datetime(2026, month, 15, 12, tzinfo=UTC)
            ours = {at.astimezone(ZoneInfo(zone)).utcoffset() for zone in area.zones}
            library = {at.astimezone(ZoneInfo(zone)).utcoffset() for zone in theirs}
            assert library <= ours or code in exceptions, (code, theirs, area.zones)


def test_the_geocoder_is_never_loaded() -> None:
    probe = (
        "import sys; from sidecar.domain import phones;"
        "phones.zones_of('+33612345678'); phones.states_of('+13055550101');"
        "print([name for name in sys.modules if 'geocoder' in name or 'geodata' in name or 'carrier' in name])"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
