from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from sidecar.cli.findings import Finding, business_findings, playbook_findings
from sidecar.config.business import Business, Flow, Number, Retell, Smtp, StaffMember, Twilio
from sidecar.config.playbooks import shipped_playbook
from sidecar.domain.compliance import preset
from sidecar.domain.playbooks import Playbook, playbook_from

NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
SMTP = Smtp("mail.example", 587, "a@b.example", "r@b.example")
RETELL = Retell("key", "agent_1", "+441174960199")

SOUND = Business(
    id="harbour-plumbing",
    name="Harbour Plumbing",
    agent_name="Sam",
    region="GB",
    zone="Europe/London",
    preset=preset("uk"),
    playbook=shipped_playbook("uk-three-layer"),
    numbers=(Number("+441174960123", ring=("+447700900111",)),),
    address="1 Quay Street",
    staff=(StaffMember("Sam", phone="+447700900111"),),
    twilio=Twilio("AC0", "token"),
    retell=RETELL,
    smtp=SMTP,
)


def found(**changes: Any) -> list[Finding]:
    """Warnings and errors of a business with some fields changed."""
    everything = business_findings(replace(SOUND, **changes), NOON)
    assert everything[0].level == "ok"
    return [finding for finding in everything if finding.level != "ok"]


def only(**changes: Any) -> Finding:
    (finding,) = found(**changes)
    assert finding.remedy
    return finding


def test_a_sound_business_has_nothing_to_complain_about() -> None:
    assert found() == []


@pytest.mark.parametrize(("missing", "step"), [("twilio", "acknowledge"), ("retell", "callback"), ("smtp", "email")])
def test_steps_without_credentials_become_staff_tasks_and_that_is_said(missing: str, step: str) -> None:
    staff = (StaffMember("Sam", webhook="https://hooks.example.com"),)
    finding = only(**{missing: None, "staff": staff})

    assert (finding.level, finding.field) == ("warning", missing)
    assert f"step {step}" in finding.message
    assert "staff task takes its place" in finding.message


def test_nobody_to_alert_is_a_warning() -> None:
    assert only(staff=()).field == "staff"


def test_a_person_without_a_way_to_them_is_an_error() -> None:
    finding = only(staff=(StaffMember("Sam", email="sam@b.example"),), smtp=None, playbook=shipped_playbook("by-hand"))

    assert (finding.level, finding.field) == ("error", "staff[0]")


@pytest.mark.parametrize(
    ("number", "level", "field", "message"),
    [
        (Number("+441174960123"), "warning", "ring", "nobody rings"),
        (Number("+441174960123", ring=("+447700900111",), ring_seconds=25), "warning", "ring_seconds", "rings 25 s"),
        (Number("+441174960123", ring=("+447700900111",), press_one=False), "warning", "press_one", "voicemail"),
        (Number("+448081570000", mode="status"), "error", "can_text", "nobody can answer its texts"),
        (Number("+448435230000", mode="status"), "error", "can_text", "nobody can answer its texts"),
    ],
)
def test_what_would_surprise_about_a_number(number: Number, level: str, field: str, message: str) -> None:
    finding = only(numbers=(number,))

    assert (finding.level, finding.field) == (level, f"numbers[0].{field}")
    assert message in finding.message


def test_a_toll_free_number_may_text_in_north_america_and_where_another_texts_for_it() -> None:
    texting = Number("+441174960123", ring=("+447700900111",))
    free = Number("+448081570000", mode="status", can_text=False, text_from=texting.e164)

    assert found(numbers=(texting, free)) == []
    assert found(numbers=(Number("+18005550123", mode="status"),)) == []


def test_a_number_that_is_not_texted_from_may_be_of_any_kind() -> None:
    assert found(numbers=(Number("+448081570000", mode="status", playbook=shipped_playbook("by-hand")),)) == []


def test_an_ai_voice_that_needs_consent_is_told() -> None:
    assert "AI voice needs consent" in only(strict_consent=True).message
    assert "AI voice needs consent" in only(preset=preset("us")).message


def test_check_ins_that_need_more_consent_than_the_call_are_told() -> None:
    finding = only(playbook=shipped_playbook("contractor-two-text"))

    assert "week_one, week_three" in finding.message
    assert "express" in finding.message


def test_steps_that_the_preset_never_allows_on_a_call_alone_are_told() -> None:
    canada = {"preset": preset("ca"), "region": "CA", "zone": "America/Toronto"}
    finding = only(**canada, playbook=shipped_playbook("contractor-two-text"))
    assert "week_one, week_three" in finding.message
    assert "left out" in finding.message
    finding = only(**canada)
    assert "callback is left to staff" in finding.message
    assert "recovery consents import" in finding.remedy


def test_a_text_beyond_the_one_follow_up_is_told() -> None:
    contractor = shipped_playbook("contractor-two-text")
    third = replace(contractor.steps[1], name="third_text")
    longer = replace(contractor, steps=(*contractor.steps[:2], third))
    finding = only(preset=preset("ca"), playbook=longer)
    assert "third_text" in finding.message
    assert "one follow-up" in finding.message
    assert found(playbook=longer) == []


def test_marketing_that_needs_consent_is_told() -> None:
    contractor = shipped_playbook("contractor-two-text")
    offer = replace(contractor.steps[1], name="offer", purpose="marketing")
    finding = next(one for one in found(playbook=replace(contractor, steps=(contractor.steps[0], offer))))
    assert "marketing" in finding.message


def test_an_n8n_flow_that_cannot_be_woken_is_told() -> None:
    assert only(flow=Flow("n8n")).field == "flow"
    assert found(flow=Flow("n8n", callback_hosts=("n8n.example.com",))) == []
    assert found(flow=Flow("make")) == []


def test_emails_without_a_postal_address_are_told() -> None:
    assert only(address="").field == "address"


def test_texts_in_another_language_than_the_business_s_are_told() -> None:
    findings = business_findings(replace(SOUND, language="fr-CA"), NOON)

    assert [one.field for one in findings if "speaks fr-CA" in one.message] == ["playbook"]
    french = replace(SOUND, language="fr-CA", playbook=shipped_playbook("contractor-two-text-fr"))
    assert not [one for one in business_findings(french, NOON) if "speaks" in one.message]


def test_a_channel_that_does_not_open_within_two_weeks_is_an_error() -> None:
    closed = frozenset(date(2026, 11, 18) + timedelta(days=day) for day in range(20))
    findings = found(closed_days=closed)

    assert {finding.field for finding in findings} == {"windows.sms", "windows.voice", "windows.email"}
    assert all(finding.level == "error" for finding in findings)


def test_a_channel_that_is_closed_now_says_when_it_opens() -> None:
    sunday = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    said = [finding.message for finding in business_findings(SOUND, sunday) if finding.level == "ok"]

    assert "voice is closed now, and opens Monday at 09:00" in said


# ---------------------------------------------------------------- texts


def playbook(known: str, channel: str = "sms", purpose: str = "service", **more: Any) -> Playbook:
    words = {"known": known, "unknown": "Hi, {company}. STOP to opt out"}
    step = {"name": "acknowledge", "channel": channel, "after": {}, "purpose": purpose, "words": words, **more}
    return playbook_from({"name": "own", "summary": "Ours.", "steps": [step]})


def about(known: str, **more: Any) -> list[tuple[str, str]]:
    findings = playbook_findings(playbook(known, **more), SOUND)
    assert all(finding.field.startswith("own.acknowledge") for finding in findings)
    return [(finding.level, finding.message) for finding in findings if finding.level != "ok"]


def test_a_text_of_three_segments_is_too_dear() -> None:
    ((level, message),) = about("{company} " + "word " * 65 + "STOP to opt out")

    assert (level, message) == ("warning", "is charged as 3 segments (357 characters)")


def test_a_dear_character_is_named_once_with_what_to_write() -> None:
    (finding,) = [
        one
        for one in playbook_findings(
            playbook("{company} isn’t far, it’s near and easy to find 😀. STOP to opt out"), SOUND
        )
        if one.level != "ok"
    ]

    assert finding.field == "own.acknowledge.general.known"
    assert finding.message == "is charged as 2 segments instead of 1, since it is not plain GSM text"
    assert finding.remedy.count("’") == 1
    assert '(write "\'")' in finding.remedy
    assert "(leave it out)" in finding.remedy


def test_a_dear_character_in_the_company_s_own_name_is_found() -> None:
    plain = playbook("{company}. STOP to opt out")

    found = playbook_findings(plain, replace(SOUND, name="Žák Plumbing"))

    assert any("not plain GSM text" in finding.message for finding in found)


@pytest.mark.parametrize(
    ("words", "level", "message"),
    [
        ("{company}: a discount for you. STOP to opt out", "error", "discount"),
        ("{company} here! STOP to opt out", "error", "exclamation"),
        ("Hi there. STOP to opt out", "error", "who writes"),
        ("{company} is very, very sorry, so sorry. STOP to opt out", "warning", "apologises"),
        ("{company} here.", "error", "how to stop"),
    ],
)
def test_what_a_service_text_should_not_say_or_should(words: str, level: str, message: str) -> None:
    ((found_level, found_message),) = about(words)

    assert found_level == level
    assert message in found_message


def test_marketing_may_promote() -> None:
    assert about("{company}: a discount for you. STOP to opt out", purpose="marketing") == []


def test_a_company_that_is_written_out_is_named_well_enough() -> None:
    assert about("Harbour Plumbing here. STOP to opt out") == []


def test_subjects_are_read_for_tone_only() -> None:
    subject = {"known": "A discount", "unknown": "Your call"}

    assert [message for _, message in about("{company}.", channel="email", subject=subject)] == [
        "has promotional words: 'discount'"
    ]


def test_words_for_staff_are_their_own_affair() -> None:
    assert about("Ring them!", channel="staff") == []
    assert about("Ring them!", channel="voice", agent="callback") == []


def test_what_a_text_costs_is_told_by_list_price_and_by_the_account_s_own() -> None:
    texts = playbook("{company}. STOP to opt out")
    assert SOUND.twilio is not None
    own = replace(SOUND, twilio=replace(SOUND.twilio, segment_price=0.0463))

    said = [finding.message for business in (SOUND, own) for finding in playbook_findings(texts, business)]

    assert said == [
        "a text is charged as 1 segment at most, about 0.05 USD by Twilio's list price",
        "a text is charged as 1 segment at most, 0.0463 at your 0.0463 a segment",
    ]


def test_where_no_price_is_known_none_is_told() -> None:
    (finding,) = playbook_findings(playbook("{company}. STOP to opt out"), replace(SOUND, region="FR"))

    assert finding.message == "a text is charged as 1 segment at most"


def test_the_longest_text_of_each_step_is_told() -> None:
    findings = playbook_findings(shipped_playbook("contractor-two-text"))

    assert [(one.level, one.field, one.message) for one in findings] == [
        ("ok", f"contractor-two-text.{name}", "a text is charged as 1 segment at most")
        for name in ("acknowledge", "second_text", "week_one", "week_three")
    ]
