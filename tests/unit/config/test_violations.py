"""Each kind of broken business file gives file, line, field and remedy."""

from __future__ import annotations

import pytest

from sidecar.config.loader import load_business
from sidecar.errors import ConfigError, Mistake
from tests.unit.config.conftest import ENVIRON, Refuse, Write

HEAD = """\
id: harbour-plumbing
name: Harbour Plumbing
agent_name: Sam
region: GB
zone: Europe/London
legitimate_interest: {document: LIA-2026-03, reviewed_by: S. Field, reviewed_on: 2026-03-03}
playbook: by-hand
staff: [{name: Sam, phone: 07700 900111}]
"""
NUMBERS = "numbers: [{number: +44 117 496 0123}]\n"


def mistakes(write: Write, text: str) -> tuple[Mistake, ...]:
    with pytest.raises(ConfigError) as refused:
        load_business(write(text), ENVIRON)
    return refused.value.mistakes


@pytest.mark.parametrize(
    ("line", "field", "message", "remedy"),
    [
        ("nubmers: []", "nubmers", "no field `nubmers`", "did you mean `numbers`?"),
        ("currency: 3", "currency", "must be text, but is a number", "write it like GBP"),
        ("name: Twice", "name", "stands here twice", "keep one of them"),
        ("address:", "address", "but is empty", "give it a value, or leave it out"),
        ("address: ''", "address", "must not be empty", "give at least one"),
        ("strict_consent: yes", "strict_consent", "must be true or false, but is text", "write true or false"),
        ("min_ring: 4 seconds", "min_ring", "'4 seconds' is not a duration", "write it like 90s, 3m, 2h"),
        ("fold_within: 30", "fold_within", "must be text, but is a number", "write it like 90s, 3m, 2h"),
        ("cool_down: 60w", "cool_down", "longer than a year", "write a shorter time"),
        ("max_touches_per_day: 0", "max_touches_per_day", "must be at least 1", "within the bounds"),
        ("max_touches_per_day: 99", "max_touches_per_day", "must be at most 20", "within the bounds"),
        ("language: English", "language", "'English' is not a language tag", "write it like en-GB"),
        ("preset: ukk", "preset", "'ukk' is not known", "use one of uk, ca, us, custom"),
        ("subdivision: GB-XX", "subdivision", "is not a part of GB", "use one of"),
        ("windows: {sms: 9-18}", "windows.sms", "must be a mapping", 'weekdays: "9-18"'),
        ("windows: {staff: {daily: 9-18}}", "windows.staff", "no field `staff`", "use one of email, sms, voice"),
        ("windows: {sms: {montag: 9-18}}", "windows.sms.montag", "no field `montag`", "did you mean `mon`?"),
        ("windows: {sms: {mon: nine}}", "windows.sms.mon", "'nine' is not a span", '"09:00-18:00"'),
        ("windows: {sms: {mon: closed}}", "windows.sms", "is never open", "open at least one day"),
        ("windows: {voice: {sun: 9-18}}", "windows.voice", "no minute that preset uk allows", "preset's hours"),
        ("staff_hours: {daily: 9-99}", "staff_hours.daily", "'9-99'", "24:00"),
        ("closed_days: [2026-02-30]", "closed_days[0]", "not a day of the calendar", "2026-12-24"),
        ("closed_days: tomorrow", "closed_days", "must be a list", "write [2026-12-24"),
        ("closed_days: [2026-12-24, 2026-12-24]", "closed_days", "the same thing twice", "keep one"),
        ("extra_openings: {soon: 9-18}", "extra_openings.soon", "'soon' is not a date", "2026-12-24"),
        ("extra_openings: {2026-12-27: closed}", "extra_openings.2026-12-27", "never open", "closed_days"),
        ("blocked: [12]", "blocked[0]", "must be text, but is a number", "write it like +44 117 496 0123"),
        ("blocked: [none]", "blocked[0]", "no phone number", ""),
        ("internal: ['+44 7700']", "internal[0]", "lacks its area code", "area code (+1"),
        ("event_hosts: ['https://a.example/x']", "event_hosts[0]", "is not a host", "write the name alone"),
        ("flow: {platform: zapier}", "flow.platform", "'zapier' is not known", "use one of make, n8n"),
        ("flow: {platform: n8n, grace_first: soon}", "flow.grace_first", "not a duration", "90s"),
        ("smtp: {host: a, from_address: a@b.example}", "smtp", "`reply_to` is missing", "replies@harbour.example"),
        ("smtp: {host: a, from_address: x, reply_to: a@b.example}", "smtp.from_address", "not an email", "hello@"),
        ("retell: {api_key: '${RETELL_API_KEY}', agent_id: a}", "retell", "`from_number` is missing", "add"),
        ("hubspot: token", "hubspot", "must be a mapping", "write a mapping"),
        ("hubspot: {access_token: '${TOKEN}'}", "hubspot.access_token", "TOKEN is not set", "TOKEN_FILE"),
        ("twilio: {account_sid: 'AC12', auth_token: '${TWILIO_AUTH_TOKEN}'}", "twilio.account_sid", "SID", "AC and 32"),
    ],
)
def test_a_wrong_line_names_itself_its_field_and_the_way_out(
    write: Write, line: str, field: str, message: str, remedy: str
) -> None:
    (mistake,) = mistakes(write, f"{HEAD}{NUMBERS}{line}\n")

    assert mistake.file.endswith("harbour.yaml")
    assert mistake.line == len(f"{HEAD}{NUMBERS}".splitlines()) + 1
    assert mistake.field == field
    assert message in mistake.message
    assert remedy in mistake.remedy


@pytest.mark.parametrize(
    ("line", "field", "message", "remedy"),
    [
        ("{numbr: +44 117 496 0123}", "numbers[0].numbr", "no field `numbr`", "did you mean `number`?"),
        ("{number: 12}", "numbers[0].number", "must be text", "+44 117 496 0123"),
        ("{number: 'lots of words'}", "numbers[0].number", "is not a phone number", "give its digits"),
        ("{number: +44 117 496 0123, mode: ring-staff}", "numbers[0].mode", "not known", "did you mean `ring_staff`?"),
        ("{number: +44 117 496 0123, ring_seconds: 90}", "numbers[0].ring_seconds", "at most 60", "bounds"),
        ("{number: +44 117 496 0123, texts_per_second: 0}", "numbers[0].texts_per_second", "more than 0", "bounds"),
        ("{number: +44 117 496 0123, playbook: nope}", "numbers[0].playbook", "no playbook 'nope' ships", "by-hand"),
        ("{number: +44 117 496 0123, variant: kitchen}", "numbers[0].variant", "no variant 'kitchen'", "general"),
        ("+44 117 496 0123", "numbers[0]", "must be a mapping", "- number:"),
    ],
)
def test_a_wrong_number_is_found_by_its_place_in_the_list(
    write: Write, line: str, field: str, message: str, remedy: str
) -> None:
    found = mistakes(write, f"{HEAD}numbers:\n  - {line}\n")

    mistake = next(one for one in found if one.field == field)
    assert mistake.line == len(HEAD.splitlines()) + 2
    assert message in mistake.message
    assert remedy in mistake.remedy


def test_every_required_field_is_asked_for_with_an_example_and_its_meaning(write: Write) -> None:
    found = mistakes(write, "name: Harbour Plumbing\n")

    remedies = {mistake.message: mistake.remedy for mistake in found}
    for field in ("id", "agent_name", "region", "zone", "playbook"):
        assert remedies[f"`{field}` is missing"].startswith(f"add `{field}: "), field
    assert remedies["`agent_name` is missing"] == (
        "add `agent_name: Sam` (First name of the person who signs the texts)"
    )
    assert "`numbers` is missing" in remedies


def test_all_mistakes_of_a_file_come_at_once_by_line(write: Write) -> None:
    text = HEAD.replace("zone: Europe/London", "zone: Europe/Londn").replace("playbook: by-hand", "playbook: by-hands")
    found = mistakes(write, f"{text}{NUMBERS}min_ring: soon\ntwilio: {{account_sid: x}}\nclosed_days: [2026-02-30]\n")

    assert [one.line for one in found] == [5, 7, 10, 11, 11, 12]
    assert {one.field for one in found} == {
        "zone", "playbook", "min_ring", "twilio", "twilio.account_sid", "closed_days[0]",
    }  # fmt: skip
    remedies = {one.field: one.remedy for one in found}
    assert remedies["zone"] == "did you mean `Europe/London`?"
    assert remedies["playbook"].startswith("did you mean `by-hand`?")


@pytest.mark.parametrize("text", ["- a\n- b\n", "just words\n", "12\n"])
def test_a_file_of_another_shape_is_refused_in_words(write: Write, text: str) -> None:
    (mistake,) = mistakes(write, text)

    assert "must be a mapping" in mistake.message


SECRET = "hush5f3759dfhush5f3759dfhush5f37"


@pytest.mark.parametrize(
    "line",
    [
        f"twilio: {{account_sid: '${{TWILIO_ACCOUNT_SID}}', auth_token: {SECRET}}}",
        f"twilio: {{account_sid: {SECRET}, auth_token: '${{TWILIO_AUTH_TOKEN}}'}}",
        f"twilio: {{account_sid: '${{TWILIO_ACCOUNT_SID}}', auth_tokn: {SECRET}}}",
        f"twilio: {SECRET}",
        f"twilio: [{SECRET}]",
        f"hubspot: {{access_token: [{SECRET}]}}",
        f"hubspot: {{access_token: '${{{SECRET}}}'}}",
        f"hubspot: {{access_token: 'Bearer {SECRET}'}}",
        f"retell: {{api_key: {SECRET}, agent_id: a, from_number: '{SECRET}'}}",
        f"smtp: {{host: a, from_address: {SECRET}, reply_to: a@b.example, password: {SECRET}, security: {SECRET}}}",
        f"hubspot: {{access_token: '${{TOKEN}}', base_url: 'https://me:{SECRET}@proxy.example'}}",
        f"staff_hours: {SECRET}",
        f"twilio: {{account_sid: '{SECRET}",
    ],
)
def test_a_secret_in_the_file_is_refused_and_never_shown(write: Write, line: str) -> None:
    found = mistakes(write, f"{HEAD}{NUMBERS}{line}\n")

    assert all("hush" not in f"{mistake}{mistake!r}" for mistake in found)


def test_a_literal_secret_is_told_how_to_be_written(refuse: Refuse) -> None:
    mistake = refuse(hubspot={"access_token": SECRET})

    assert mistake.field == "hubspot.access_token"
    assert mistake.message == "a secret must not stand in this file"
    assert "${NAME}" in mistake.remedy
    assert "NAME_FILE" in mistake.remedy
