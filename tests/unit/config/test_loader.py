from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from sidecar.config.business import Flow, HubSpot, Retell, Smtp, Twilio
from sidecar.config.loader import business_files, load_business, load_businesses
from sidecar.domain.opt_out_rate import Limit
from sidecar.domain.retention import Retention
from sidecar.domain.windows import Window
from sidecar.errors import ConfigError
from tests.unit.config.conftest import ENVIRON, Load, Refuse, Write

TWILIO = {"account_sid": "${TWILIO_ACCOUNT_SID}", "auth_token": "${TWILIO_AUTH_TOKEN}"}
RETELL = {"api_key": "${RETELL_API_KEY}", "agent_id": "agent_1", "from_number": "0117 496 0199"}
SECOND = {"number": "0117 496 0124"}


def test_phones_are_read_in_the_business_s_region(load: Load) -> None:
    business = load(
        numbers=[{"number": "0117 496 0123", "ring": ["(07700) 900 111"]}],
        blocked=["07700 900222"],
        internal=["+1 212 555 0101"],
    )

    assert business.numbers[0].e164 == "+441174960123"
    assert business.numbers[0].ring == ("+447700900111",)
    assert business.blocked == {"+447700900222"}
    assert "+12125550101" in business.internal


def test_what_rings_and_what_staff_carry_is_internal_without_being_listed(load: Load) -> None:
    business = load(
        numbers=[{"number": "0117 496 0123", "ring": ["07700 900112"]}],
        staff=[{"name": "Sam", "phone": "07700 900111"}],
    )

    assert business.internal == {"+441174960123", "+447700900112", "+447700900111"}


def test_what_is_left_out_takes_its_default(load: Load) -> None:
    business = load()

    assert (business.min_ring, business.fold_within) == (timedelta(seconds=3), timedelta(minutes=30))
    assert (business.max_touches_per_day, business.currency, business.language) == (4, "GBP", "en-GB")
    assert (business.twilio, business.retell, business.hubspot, business.smtp, business.flow) == (None,) * 5
    assert (business.numbers[0].mode, business.numbers[0].can_text) == ("ring_staff", True)
    assert business.numbers[0].ring_seconds == 18
    assert business.opt_out_limit == Limit(2.0, timedelta(days=30), 100, pause=False)
    assert business.staff_hours is None


def test_everything_that_a_file_can_say(load: Load) -> None:
    nine_to_five: Window = Window(tuple(((540, 1020),) if day < 5 else () for day in range(7)))
    business = load(
        subdivision="GB-SCT",
        address="1 Quay Street, Bristol",
        strict_consent=True,
        staff_hours={"weekdays": "9-17"},
        windows={"voice": {"weekdays": "9-17"}},
        closed_days=["2026-12-24"],
        extra_openings={"2026-12-27": ["10-12", "13:00-14:30"]},
        numbers=[
            {"number": "0117 496 0123", "mode": "status", "texts_per_second": 3, "variant": "kitchen",
             "playbook": "contractor-two-text"},
            {"number": "0117 496 0124", "mode": "forwarded", "can_text": False, "text_from": "0117 496 0123"},
            {"number": "0117 496 0125", "ring": ["07700 900111"], "ring_seconds": 15, "press_one": False},
        ],
        twilio=TWILIO,
        retell=RETELL,
        hubspot={"access_token": "${RETELL_API_KEY}", "base_url": "http://127.0.0.1:4010/",
                 "client_secret": "${SMTP_PASSWORD}", "portal_id": 24680},
        smtp={"host": "mail.example", "from_address": "a@b.example", "reply_to": "r@b.example",
              "username": "a", "password": "${SMTP_PASSWORD}", "security": "tls", "port": 465},
        flow={"platform": "n8n", "callback_hosts": ["n8n.example.com", "10.0.0.5:5678"],
              "callback_base": "http://n8n:5678", "grace_first": "10s", "grace_later": "2m"},
        event_hosts=["hooks.example.com"],
        opt_outs={"percent": 1.5, "within": "2w", "people": 50, "pause": True},
        retention={"people": "1y", "deliveries": "4w"},
        min_ring="4s", fold_within="1h", cool_down="15m", max_touches_per_day=3, currency="EUR",
    )  # fmt: skip

    assert (business.subdivision, business.address, business.strict_consent) == (
        "GB-SCT",
        "1 Quay Street, Bristol",
        True,
    )
    assert business.staff_hours == nine_to_five
    assert business.windows == {"voice": nine_to_five}
    assert business.closed_days == {date(2026, 12, 24)}
    assert business.extra_openings == {date(2026, 12, 27): ((600, 720), (780, 870))}
    first, second, third = business.numbers
    assert (first.mode, first.texts_per_second, first.variant) == ("status", 3, "kitchen")
    assert business.playbook_for(first).name == "contractor-two-text"
    assert business.playbook_for(second).name == "uk-three-layer"
    assert (second.texts_from, third.texts_from) == ("+441174960123", "+441174960125")
    assert (third.ring_seconds, third.press_one) == (15, False)
    assert business.twilio == Twilio(ENVIRON["TWILIO_ACCOUNT_SID"], ENVIRON["TWILIO_AUTH_TOKEN"])
    assert business.retell == Retell(ENVIRON["RETELL_API_KEY"], "agent_1", "+441174960199")
    assert business.hubspot == HubSpot(
        ENVIRON["RETELL_API_KEY"], "http://127.0.0.1:4010", ENVIRON["SMTP_PASSWORD"], "24680"
    )
    assert business.smtp == Smtp(
        "mail.example", 465, "a@b.example", "r@b.example", "a", ENVIRON["SMTP_PASSWORD"], "tls"
    )
    assert business.flow == Flow(
        "n8n", ("n8n.example.com", "10.0.0.5:5678"), "http://n8n:5678", timedelta(seconds=10), timedelta(minutes=2)
    )
    assert business.event_hosts == ("hooks.example.com",)
    assert (business.min_ring, business.fold_within) == (timedelta(seconds=4), timedelta(hours=1))
    assert (business.cool_down, business.max_touches_per_day) == (timedelta(minutes=15), 3)
    assert business.currency == "EUR"
    assert business.opt_out_limit == Limit(1.5, timedelta(days=14), 50, pause=True)
    assert business.retention == Retention(timedelta(days=365), timedelta(days=28))


@pytest.mark.parametrize(("region", "days"), [("GB", 720), ("CA", 1096), ("US", 1461)])
def test_nothing_personal_is_kept_for_ever_where_nothing_is_said(load: Load, region: str, days: int) -> None:
    zone = {"GB": "Europe/London"}.get(region, "America/New_York")
    assert load(region=region, zone=zone).retention == Retention(timedelta(days=days), timedelta(days=90))
    kept = load(region=region, zone=zone, retention={"deliveries": "30d"}).retention
    assert kept == Retention(timedelta(days=days), timedelta(days=30))


@pytest.mark.parametrize(
    ("given", "field", "remedy"),
    [({"people": "5mo"}, "people", "180d or more"), ({"deliveries": "6d"}, "deliveries", "7d or more"),
     ({"people": "11y"}, "people", "shorter"), ({"people": "24m"}, "people", "24mo"), ({"calls": "2y"}, "calls", "")],
)  # fmt: skip
def test_a_period_that_cannot_be_is_named(refuse: Refuse, given: dict[str, str], field: str, remedy: str) -> None:
    mistake = refuse(retention=given)

    assert mistake.field == f"retention.{field}"
    assert remedy in mistake.remedy


@pytest.mark.parametrize(
    ("region", "zone", "preset"),
    [("GB", "Europe/London", "uk"), ("UK", "Europe/London", "uk"), ("ca", "America/Toronto", "ca"),
     ("US", "America/New_York", "us")],
)  # fmt: skip
def test_the_preset_follows_the_region(load: Load, region: str, zone: str, preset: str) -> None:
    business = load(region=region, zone=zone)

    assert business.preset.name == preset
    assert business.region == {"UK": "GB"}.get(region, region.upper())


@pytest.mark.parametrize(
    ("given", "missing"), [({"client_secret": "${SMTP_PASSWORD}"}, "portal_id"), ({"portal_id": "7"}, "client_secret")]
)
def test_the_crms_webhook_needs_both_whose_it_is_and_what_proves_it(
    refuse: Refuse, given: dict[str, str], missing: str
) -> None:
    mistake = refuse(hubspot={"access_token": "${RETELL_API_KEY}", **given})

    assert mistake.field == f"hubspot.{next(iter(given))}"
    assert missing in mistake.remedy


@pytest.mark.parametrize(
    ("given", "field"),
    [({"percent": 0}, "percent"), ({"percent": 101}, "percent"), ({"people": 0}, "people"), ({"pause": "yes"}, "pause"),
     ({"within": "a month"}, "within"), ({"limit": 2}, "limit")],
)  # fmt: skip
def test_an_opt_out_limit_that_cannot_be_is_named(refuse: Refuse, given: dict[str, object], field: str) -> None:
    assert refuse(opt_outs=given).field == f"opt_outs.{field}"


@pytest.mark.parametrize("portal", ["app.hubspot.com/7", "", -7, 1.5])
def test_a_portal_is_a_number(refuse: Refuse, portal: object) -> None:
    mistake = refuse(
        hubspot={"access_token": "${RETELL_API_KEY}", "client_secret": "${SMTP_PASSWORD}", "portal_id": portal}
    )

    assert mistake.field == "hubspot.portal_id"


def test_another_region_has_to_give_its_own_hours(load: Load, refuse: Refuse) -> None:
    hours = {"daily": "9-18"}
    business = load(region="IE", zone="Europe/Dublin", windows={"sms": hours, "voice": hours, "email": hours})
    mistake = refuse(region="IE", zone="Europe/Dublin")

    assert business.preset.name == "custom"
    assert mistake.field.startswith("windows.")
    assert "sets no hours" in mistake.message


def test_an_unknown_region_names_the_known_ones(refuse: Refuse) -> None:
    mistake = refuse(region="XX")

    assert (mistake.line, mistake.field) == (4, "region")
    assert "GB" in mistake.remedy
    assert "CA" in mistake.remedy


def test_the_uk_asks_for_a_legitimate_interest_assessment(refuse: Refuse) -> None:
    mistake = refuse(legitimate_interest=None)

    assert "no reviewed legitimate-interest assessment" in mistake.message
    assert "`recovery lia " in mistake.remedy
    assert "harbour.yaml --output assessment.md` writes the draft" in mistake.remedy


@pytest.mark.parametrize("region", ["FR", "IE", "NO"])
def test_so_does_every_country_of_the_gdpr(refuse: Refuse, region: str) -> None:
    hours = {"daily": "9-18"}
    windows = {"sms": hours, "voice": hours, "email": hours}

    assert "assessment" in refuse(region=region, windows=windows, legitimate_interest=None).message


def test_other_countries_do_not(load: Load) -> None:
    assert load(region="US", zone="America/New_York", legitimate_interest=None).legitimate_interest is None


@pytest.mark.parametrize(
    ("changed", "field", "message"),
    [
        ({"reviewed_by": None}, "legitimate_interest", "`reviewed_by` is missing"),
        ({"reviewed_on": None}, "legitimate_interest", "`reviewed_on` is missing"),
        ({"document": None}, "legitimate_interest", "`document` is missing"),
        ({"reviewed_by": ""}, "legitimate_interest.reviewed_by", "must not be empty"),
        ({"reviewed_on": "2026-02-30"}, "legitimate_interest.reviewed_on", "not a day of the calendar"),
        ({"reviewed_on": "3 March"}, "legitimate_interest.reviewed_on", "is not a date"),
        ({"reviewed_state": "yes"}, "legitimate_interest.reviewed_state", "is not a state"),
    ],
)
def test_a_review_without_a_person_a_day_or_a_paper_is_none(
    refuse: Refuse, changed: dict[str, Any], field: str, message: str
) -> None:
    whole = {"document": "LIA-2026-03", "reviewed_by": "S. Field", "reviewed_on": "2026-03-03"}
    written = {name: value for name, value in {**whole, **changed}.items() if value is not None}

    mistake = refuse(legitimate_interest=written)

    assert mistake.field == field
    assert message in mistake.message
    assert mistake.remedy


# ---------------------------------------------------------------- what must fit together


@pytest.mark.parametrize(
    ("number", "message"),
    [
        ({"can_text": False}, "cannot text, and the playbook texts its callers"),
        ({"can_text": False, "text_from": "07700 900333"}, "is not a number of this business"),
        ({"can_text": False, "text_from": "0117 496 0124"}, "cannot text either"),
        ({"text_from": "0117 496 0125"}, "can text by itself"),
    ],
)
def test_a_sender_that_cannot_be_answered_is_refused(refuse: Refuse, number: dict[str, object], message: str) -> None:
    mistake = refuse(
        numbers=[
            {"number": "0117 496 0123", **number},
            {"number": "0117 496 0124", "can_text": False, "playbook": "by-hand"},
            {"number": "0117 496 0125"},
        ]
    )

    assert mistake.field.startswith("numbers[0].")
    assert message in mistake.message
    assert mistake.remedy


def test_an_alphanumeric_sender_is_refused(refuse: Refuse) -> None:
    mistake = refuse(numbers=[{"number": "0117 496 0123", "can_text": False, "text_from": "HARBOUR"}])

    assert mistake.field == "numbers[0].text_from"
    assert "not a phone number" in mistake.message


def test_a_number_that_never_texts_needs_no_sender(load: Load) -> None:
    business = load(playbook="by-hand", numbers=[{"number": "0117 496 0123", "can_text": False}])

    assert not business.numbers[0].can_text


def test_a_number_listed_twice_is_refused(refuse: Refuse) -> None:
    mistake = refuse(numbers=[{"number": "0117 496 0123"}, {"number": "+44 117 4960123"}])

    assert (mistake.field, mistake.message) == ("numbers[1].number", "this number is listed twice")


def test_a_number_that_rings_itself_is_refused(refuse: Refuse) -> None:
    mistake = refuse(numbers=[{"number": "0117 496 0123", "ring": ["0117 496 0124"]}, SECOND])

    assert (mistake.field, mistake.line) == ("numbers[0].ring", 13)
    assert "come back" in mistake.message


def test_nobody_rings_where_nobody_is_rung(refuse: Refuse) -> None:
    mistake = refuse(numbers=[{"number": "0117 496 0123", "mode": "forwarded", "ring": ["07700 900111"]}])

    assert "nobody rings in mode forwarded" in mistake.message


def test_staff_on_a_number_of_the_business_are_refused(refuse: Refuse) -> None:
    mistake = refuse(staff=[{"name": "Sam", "phone": "0117 496 0123"}])

    assert (mistake.field, mistake.remedy) == ("staff[0].phone", "give the person's own mobile phone")


def test_staff_whom_nobody_can_reach_are_refused(refuse: Refuse) -> None:
    mistake = refuse(staff=[{"name": "Sam"}])

    assert (mistake.field, mistake.message) == ("staff[0]", "nothing says how to reach this person")


def test_tasks_for_nobody_are_refused(load: Load, refuse: Refuse) -> None:
    assert refuse(playbook="by-hand", staff=None).field == "staff"
    assert load(playbook="uk-three-layer", staff=None).staff == ()


# ---------------------------------------------------------------- vendors' addresses


@pytest.mark.parametrize("vendor", ["twilio", "retell", "hubspot"])
def test_an_address_is_the_file_s_then_the_environment_s_then_the_vendor_s(write: Write, vendor: str) -> None:
    blocks = {
        "twilio": 'account_sid: "${TWILIO_ACCOUNT_SID}", auth_token: "${TWILIO_AUTH_TOKEN}"',
        "retell": 'api_key: "${RETELL_API_KEY}", agent_id: a, from_number: "+44 117 496 0199"',
        "hubspot": 'access_token: "${RETELL_API_KEY}"',
    }
    head = (
        "id: a\nname: A\nagent_name: S\nregion: US\nzone: America/New_York\nplaybook: contractor-two-text\n"
        "numbers: [{number: +1 212 555 0123}]\n"
    )
    own, environ = "http://own.example:1", {**ENVIRON, f"{vendor.upper()}_BASE_URL": "http://proxy.example/"}
    plain = f"{head}{vendor}: {{{blocks[vendor]}}}\n"
    with_own = f"{head}{vendor}: {{{blocks[vendor]}, base_url: {own}}}\n"

    def address(text: str, environ: dict[str, str]) -> str:
        found: str = getattr(load_business(write(text), environ), vendor).base_url
        return found

    assert address(with_own, environ) == own
    assert address(plain, environ) == "http://proxy.example"
    assert address(plain, ENVIRON) == {
        "twilio": "https://api.twilio.com", "retell": "https://api.retellai.com", "hubspot": "https://api.hubapi.com",
    }[vendor]  # fmt: skip


def test_an_address_of_the_environment_is_checked(write: Write) -> None:
    text = (
        "id: a\nname: A\nagent_name: S\nregion: US\nzone: America/New_York\nplaybook: contractor-two-text\n"
        "numbers: [{number: +1 212 555 0123}]\nhubspot: {access_token: '${RETELL_API_KEY}'}\n"
    )

    with pytest.raises(ConfigError, match="HUBSPOT_BASE_URL is not an address"):
        load_business(write(text), {**ENVIRON, "HUBSPOT_BASE_URL": "proxy.example"})


# ---------------------------------------------------------------- a playbook of one's own

OWN = """\
name: our-own
summary: Ours.
steps:
  - name: acknowledge
    channel: sms
    after: {wait: 0s}
    words: {known: "Hi {first_name}, {company}. STOP to opt out", unknown: "{company}. STOP to opt out"}
"""


def test_a_playbook_of_one_s_own_is_found_beside_the_business_file(load: Load, write: Write) -> None:
    write(OWN, "own.yaml")

    assert load(playbook="./own.yaml").playbook.name == "our-own"
    assert load(playbook="own.yaml").playbook.name == "our-own"


def test_mistakes_of_one_s_own_playbook_name_its_file_and_line(refuse: Refuse, write: Write) -> None:
    write(OWN.replace("wait: 0s", "wait: soon"), "own.yaml")

    mistake = refuse(playbook="./own.yaml")

    assert mistake.file.endswith("own.yaml")
    assert (mistake.line, mistake.field) == (6, "steps[0].after.wait")


def test_a_playbook_that_is_not_there_is_refused(refuse: Refuse) -> None:
    assert "no such playbook file" in refuse(playbook="./gone.yaml").message


# ---------------------------------------------------------------- many businesses


def named(name: str, number: str, text: str = "") -> str:
    return (
        f"id: {name}\nname: A\nagent_name: S\nregion: US\nzone: America/New_York\nplaybook: contractor-two-text\n"
        f"numbers: [{{number: {number}}}]\n{text}"
    )


def test_a_folder_of_businesses_is_known_by_id_and_by_number(write: Write, tmp_path: Path) -> None:
    write(named("one", "+1 212 555 0123"), "one.yaml")
    write(named("two", "+1 305 555 0123"), "two.yml")
    write("not a business", "notes.txt")

    businesses = load_businesses(tmp_path, {})

    assert [business.id for business in businesses] == ["one", "two"]
    assert len(businesses) == 2
    assert businesses["two"] is businesses.by_number("+13055550123")
    assert "one" in businesses
    assert businesses.get("three") is None
    assert businesses.by_number("+14165550123") is None
    assert businesses["one"].source == str(tmp_path / "one.yaml")
    assert businesses["one"].playbook is businesses["two"].playbook


def test_a_playbook_in_the_folder_of_businesses_is_not_read_as_one(write: Write, tmp_path: Path) -> None:
    write(OWN, "own.yaml")
    write(named("one", "+1 212 555 0123").replace("contractor-two-text", "./own.yaml"), "one.yaml")

    businesses = load_businesses(tmp_path, {})

    assert [business.playbook.name for business in businesses] == ["our-own"]


def test_playbooks_alone_are_no_businesses(write: Write, tmp_path: Path) -> None:
    write(OWN, "own.yaml")

    with pytest.raises(ConfigError, match="no business file"):
        load_businesses(tmp_path, {})


@pytest.mark.parametrize(
    ("other", "field"),
    [(named("one", "+1 305 555 0123"), "id"), (named("two", "(212) 555-0123"), "numbers")],
)
def test_two_files_with_one_id_or_one_number_are_refused_naming_both(
    write: Write, tmp_path: Path, other: str, field: str
) -> None:
    write(named("one", "+1 212 555 0123"), "one.yaml")
    write(other, "two.yaml")

    with pytest.raises(ConfigError) as refused:
        load_businesses(tmp_path, {})

    assert refused.value.field == field
    assert refused.value.file == str(tmp_path / "two.yaml")
    assert str(tmp_path / "one.yaml") in refused.value.message
    assert "5550123" not in str(refused.value)


def test_the_mistakes_of_every_file_come_at_once_and_a_shared_playbook_s_once(write: Write, tmp_path: Path) -> None:
    write(OWN.replace("wait: 0s", "wait: soon"), "own.playbook")
    (tmp_path / "books").mkdir()
    for name in ("one", "two"):
        text = named(name, "+1 212 555 0123", "min_ring: soon\n")
        write(text.replace("contractor-two-text", "./own.playbook"), f"{name}.yaml")

    with pytest.raises(ConfigError) as refused:
        load_businesses(tmp_path, {})

    places = [(Path(one.file).name, one.field) for one in refused.value.mistakes]
    assert places == [
        ("one.yaml", "min_ring"), ("own.playbook", "steps[0].after.wait"), ("two.yaml", "min_ring"),
    ]  # fmt: skip


def test_a_single_file_may_be_given(write: Write) -> None:
    assert len(load_businesses(write(named("one", "+1 212 555 0123")), {})) == 1


def test_a_place_without_business_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="recovery init"):
        business_files(tmp_path)
    with pytest.raises(ConfigError, match="no such file or folder"):
        business_files(tmp_path / "gone")
