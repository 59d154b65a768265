"""The playbooks that ship: their times, and every one of their texts as a person would get it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from sidecar.config.playbooks import read_playbook, shipped_playbook, shipped_playbooks
from sidecar.domain import texts
from sidecar.domain.playbooks import PLACEHOLDERS, Playbook, Step, due_at
from sidecar.errors import ConfigError
from sidecar.shipped import shipped

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES = ("by-hand", "contractor-two-text", "contractor-two-text-fr", "uk-three-layer")
FORMS = ("known", "unknown", "after_hours", "after_hours_unknown")
VALUES = {
    "first_name": "Charlotte",
    "company": "Harbour Plumbing and Heating",
    "agent_name": "Alexandra",
    "number": "+441174960123",
    "deal_stage": "Appointment scheduled",
    "opens": "Wednesday at 8:30",
    "unsubscribe_url": "https://recovery.example.com/u/eyJhbGciOi0123456789abcdef",
}

HOW_TO_STOP = {"en": "STOP to opt out", "fr": "ARRET pour se désabonner"}
NO_RUSH = {"contractor-two-text": "No rush", "contractor-two-text-fr": "Rien ne presse"}

Text = tuple[Playbook, Step, str, str, str]
"""Playbook, step, variant, form, words."""


def all_texts() -> Iterator[Text]:
    for name in NAMES:
        playbook = shipped_playbook(name)
        for step in playbook.steps:
            for variant, words in step.variants.items():
                for form in FORMS:
                    text = getattr(words, form)
                    if text is not None:
                        yield playbook, step, variant, form, text


TEXTS = list(all_texts())
IDS = [f"{playbook.name}-{step.name}-{variant}-{form}" for playbook, step, variant, form, _ in TEXTS]
SMS = [one for one in TEXTS if one[1].channel == "sms"]
SMS_IDS = [name for name, one in zip(IDS, TEXTS, strict=True) if one[1].channel == "sms"]


def test_four_playbooks_ship_and_each_bears_the_name_of_its_file() -> None:
    assert shipped_playbooks() == NAMES
    assert tuple(shipped_playbook(name).name for name in NAMES) == NAMES


def test_the_schemas_are_schemas() -> None:
    for name in ("playbook", "business"):
        Draft202012Validator.check_schema(json.loads((shipped("schemas") / f"{name}.schema.json").read_text()))


# ---------------------------------------------------------------- times

CALL_AT = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)


def timeline(playbook: Playbook, first_sent: datetime, call_at: datetime = CALL_AT) -> dict[str, timedelta]:
    """When each step is due after the call, where every later step goes out the moment it is due."""
    settled = {playbook.first.name: first_sent}
    for step in playbook.steps[1:]:
        due = due_at(step, call_at=call_at, settled=settled)
        assert due is not None
        settled[step.name] = due
    return {name: at - call_at for name, at in settled.items()}


def test_uk_three_layer_texts_at_once_calls_after_three_minutes_and_emails_after_forty_five() -> None:
    playbook = shipped_playbook("uk-three-layer")

    assert [(step.name, step.channel) for step in playbook.steps] == [
        ("acknowledge", "sms"), ("callback", "voice"), ("email", "email"),
    ]  # fmt: skip
    assert playbook.first.deadline == timedelta(seconds=90)
    assert due_at(playbook.first, call_at=CALL_AT, settled={}) == CALL_AT
    assert timeline(playbook, CALL_AT + timedelta(seconds=20)) == {
        "acknowledge": timedelta(seconds=20),
        "callback": timedelta(minutes=3, seconds=20),
        "email": timedelta(minutes=45),
    }


def test_uk_three_layer_emails_at_forty_five_minutes_even_when_the_callback_comes_at_its_deadline() -> None:
    playbook = shipped_playbook("uk-three-layer")
    callback = playbook.step("callback")
    assert callback.deadline is not None
    latest = CALL_AT + timedelta(seconds=90) + timedelta(minutes=3) + callback.deadline

    settled = {"acknowledge": CALL_AT, "callback": latest}

    assert due_at(playbook.step("email"), call_at=CALL_AT, settled=settled) == CALL_AT + timedelta(minutes=45)


def test_uk_three_layer_does_not_bring_all_of_a_weekend_in_one_minute_on_monday() -> None:
    friday_evening = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
    monday = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    due = timeline(shipped_playbook("uk-three-layer"), monday, friday_evening)

    assert due["callback"] - due["acknowledge"] == timedelta(minutes=3)
    assert due["email"] - due["callback"] == timedelta(minutes=10)


def test_uk_three_layer_waits_with_the_email_while_the_callback_waits() -> None:
    playbook = shipped_playbook("uk-three-layer")

    assert due_at(playbook.step("email"), call_at=CALL_AT, settled={"acknowledge": CALL_AT}) is None


def test_contractor_two_text_comes_again_after_two_hours_one_week_and_three() -> None:
    playbook = shipped_playbook("contractor-two-text")
    sent = CALL_AT + timedelta(seconds=5)

    assert playbook.first.deadline == timedelta(seconds=60)
    assert playbook.variants == ("general", "kitchen", "basement")
    assert {step.channel for step in playbook.steps} == {"sms"}
    assert [step.nurture for step in playbook.steps] == [False, False, True, True]
    assert {name: CALL_AT + after - sent for name, after in timeline(playbook, sent).items()} == {
        "acknowledge": timedelta(),
        "second_text": timedelta(hours=2),
        "week_one": timedelta(weeks=1),
        "week_three": timedelta(weeks=3),
    }


def test_contractor_two_text_counts_the_third_week_from_the_first_text_whatever_came_between() -> None:
    playbook = shipped_playbook("contractor-two-text")
    late = {"acknowledge": CALL_AT, "second_text": CALL_AT + timedelta(days=1), "week_one": CALL_AT + timedelta(days=9)}

    due = due_at(playbook.step("week_three"), call_at=CALL_AT, settled=late)

    assert due == CALL_AT + timedelta(weeks=3)


def test_contractor_two_text_has_words_of_its_own_for_every_variant_of_every_text() -> None:
    for step in shipped_playbook("contractor-two-text").steps:
        assert set(step.variants) == {"general", "kitchen", "basement"}
        assert "kitchen" in step.words("kitchen").known
        assert "basement" in step.words("basement").known
        for form in FORMS:
            assert not re.search("kitchen|basement", getattr(step.words("general"), form) or "")


def test_by_hand_alerts_at_once_and_reminds_after_five_minutes() -> None:
    playbook = shipped_playbook("by-hand")

    assert {step.channel for step in playbook.steps} == {"staff"}
    assert timeline(playbook, CALL_AT) == {"alert": timedelta(), "reminder": timedelta(minutes=5)}
    assert all(step.subjects and step.variants for step in playbook.steps)


def test_the_voice_step_names_a_script_that_ships_and_has_words_for_a_person_instead() -> None:
    step = shipped_playbook("uk-three-layer").step("callback")

    assert (shipped("agents") / f"{step.agent}.yaml").is_file()
    assert step.words("general").known


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(("playbook", "step", "variant", "form", "words"), TEXTS, ids=IDS)
def test_every_text_is_filled_in_signed_and_in_the_house_s_tone(
    playbook: Playbook, step: Step, variant: str, form: str, words: str
) -> None:
    text = texts.render(words, VALUES)

    assert "{" not in text
    assert VALUES["agent_name"] in text
    assert VALUES["company"] in text
    assert "!" not in text
    assert "  " not in text
    assert texts.complaints(words, step.purpose, channel=step.channel) == ()


@pytest.mark.parametrize(("playbook", "step", "variant", "form", "words"), TEXTS, ids=IDS)
def test_a_stranger_is_never_addressed_by_a_name(
    playbook: Playbook, step: Step, variant: str, form: str, words: str
) -> None:
    asked = set(texts.placeholders(words))

    assert asked <= PLACEHOLDERS
    assert ("first_name" in asked) == (form in {"known", "after_hours"})


@pytest.mark.parametrize(("playbook", "step", "variant", "form", "words"), TEXTS, ids=IDS)
def test_after_hours_nobody_promises_minutes_or_speaks_of_just_now(
    playbook: Playbook, step: Step, variant: str, form: str, words: str
) -> None:
    if form.startswith("after_hours"):
        assert not re.search(r"minute|just now|just missed|right away|shortly|moment|viens de|tout de suite", words)


@pytest.mark.parametrize(("playbook", "step", "variant", "form", "words"), SMS, ids=SMS_IDS)
def test_a_text_is_cheap_and_says_how_to_stop(
    playbook: Playbook, step: Step, variant: str, form: str, words: str
) -> None:
    longest = texts.segments(texts.render(words, VALUES))
    usual = texts.segments(texts.render(words, {**VALUES, "company": "Harbour Plumbing", "agent_name": "Sam"}))

    assert longest.encoding == "GSM-7"
    assert longest.count <= 2
    assert usual.count == 1
    assert words.rstrip().endswith(HOW_TO_STOP[playbook.language[:2]])


def test_the_first_text_asks_one_question() -> None:
    for playbook, step, variant, form, words in SMS:
        if step is playbook.first:
            assert words.count("?") == 1, (playbook.name, variant, form)


def test_the_second_text_says_no_rush() -> None:
    for name, said in NO_RUSH.items():
        for words in shipped_playbook(name).step("second_text").variants.values():
            assert said in words.known
            assert said in words.unknown


def test_the_french_texts_come_when_the_english_ones_do() -> None:
    english, french = shipped_playbook("contractor-two-text"), shipped_playbook("contractor-two-text-fr")

    assert [(step.name, step.after, step.deadline, step.nurture) for step in french.steps] == [
        (step.name, step.after, step.deadline, step.nurture) for step in english.steps
    ]
    assert [sorted(step.variants) for step in french.steps] == [sorted(step.variants) for step in english.steps]


def test_the_email_says_who_writes_and_how_to_stop() -> None:
    step = shipped_playbook("uk-three-layer").step("email")

    for text in (step.words("general").known, step.words("general").unknown):
        assert text.startswith(("Hi {first_name},\n\n", "Hello,\n\n"))
        assert text.endswith("{unsubscribe_url}")
    assert "{first_name}" not in step.subject("general").unknown


# ---------------------------------------------------------------- broken files

OWN = """\
name: own
summary: Ours.
steps:
  - name: acknowledge
    channel: sms
    after: {wait: 0s}
    words:
      known: "Hi {first_name}, {company}. STOP to opt out"
      unknown: "{company}. STOP to opt out"
"""


@pytest.mark.parametrize(
    ("sound", "broken", "line", "field", "message", "remedy"),
    [
        ("name: own", "name: Our own", 1, "name", "'Our own' is not a name", "like uk-three-layer"),
        ("summary: Ours.", "sumary: Ours.", 2, "sumary", "no field `sumary`", "did you mean `summary`?"),
        ("wait: 0s", "wait: 0", 6, "steps[0].after.wait", "must be text", "write it like 90s"),
        ("wait: 0s", "wait: now", 6, "steps[0].after.wait", "'now' is not a duration", "write it like 90s"),
        ("wait: 0s", "wait: 99w", 6, "steps[0].after.wait", "longer than a year", "shorter"),
        ("{wait: 0s}", "{step: later}", 6, "steps[0].after.step", "not an earlier step", "use one of call"),
        ("{wait: 0s}", "3m", 6, "steps[0].after", "must be a mapping", "{step: acknowledge, wait: 3m}"),
        ("{wait: 0s}", "[]", 6, "steps[0].after", "must not be empty", "give at least one"),
        ("channel: sms", "channel: text", 5, "steps[0].channel", "'text' is not known", "use one of email, sms"),
        ("channel: sms", "channel: email", 4, "steps[0]", "`subject` is missing", "add `subject:`"),
        ("channel: sms", "channel: voice", 4, "steps[0]", "`agent` is missing", "add `agent:`"),
        ("channel: sms", "channel: sms\n    agent: x", 6, "steps[0].agent", "does not belong", "only voice steps"),
        ("channel: sms", "channel: sms\n    subject: {known: a, unknown: b}", 6, "steps[0].subject",
         "does not belong", "only email and staff"),
        ("known: ", "knwon: ", 8, "steps[0].words.knwon", "no field `knwon`", "did you mean `known`?"),
        ('unknown: "{company}.', 'unknown: "{first_name}.', 9, "steps[0].words.unknown", "not known here", "stranger"),
        ('known: "Hi {first_name}', 'known: "Hi {name}', 8, "steps[0].words.known", "placeholder {name}", "use one of"),
    ],
)  # fmt: skip
def test_a_broken_playbook_names_file_line_field_and_remedy(
    tmp_path: Path, sound: str, broken: str, line: int, field: str, message: str, remedy: str
) -> None:
    assert OWN.count(sound) >= 1
    path = tmp_path / "own.yaml"
    path.write_text(OWN.replace(sound, broken, 1), encoding="utf-8")

    with pytest.raises(ConfigError) as refused:
        read_playbook(path)

    mistake = next(one for one in refused.value.mistakes if one.field == field)
    assert (mistake.file, mistake.line) == (str(path), line)
    assert message in mistake.message
    assert remedy in mistake.remedy


def test_all_mistakes_of_a_playbook_come_at_once(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    text = OWN.replace("name: own", "name: Own").replace("wait: 0s", "wait: x").replace("{first_name}", "{name}")
    path.write_text(text, encoding="utf-8")

    with pytest.raises(ConfigError) as refused:
        read_playbook(path)

    assert [one.line for one in refused.value.mistakes] == [1, 6, 8]
