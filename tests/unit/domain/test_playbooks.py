from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.domain.playbooks import CALL, Anchor, Step, Words, due_at, duration, flaws, playbook_from

CALL_AT = datetime(2026, 11, 20, 18, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WORDS = {"known": "Hi {first_name}, {company}.", "unknown": "Hi, {company}."}


def document(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "own", "summary": "Ours.", "steps": list(steps), **more}


def step(name: str = "acknowledge", **more: Any) -> dict[str, Any]:
    return {"name": name, "channel": "sms", "after": {"wait": "0s"}, "words": WORDS, **more}


# ---------------------------------------------------------------- durations


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("90s", timedelta(seconds=90)),
        ("3m", timedelta(minutes=3)),
        ("2h", timedelta(hours=2)),
        ("1d", timedelta(days=1)),
        ("3w", timedelta(weeks=3)),
        ("1h30m", timedelta(minutes=90)),
        (" 1 h 30 m ", timedelta(minutes=90)),
        ("0s", timedelta()),
    ],
)
def test_durations_are_read_as_written(text: str, meant: timedelta) -> None:
    assert duration(text) == meant


@pytest.mark.parametrize("text", ["", "3", "m", "3 minutes", "-3m", "1.5h", "3m!", "three"])
def test_what_is_no_duration_is_told_how_to_be_written(text: str) -> None:
    with pytest.raises(ValueError, match="write it like 90s, 3m"):
        duration(text)


@pytest.mark.parametrize("text", ["53w", "9000h", "999999w", "9" * 40 + "w"])
def test_a_year_is_the_longest_wait(text: str) -> None:
    with pytest.raises(ValueError, match="longer than a year"):
        duration(text)


@given(st.integers(0, 300), st.integers(0, 23), st.integers(0, 59))
def test_the_parts_of_a_duration_add_up(days: int, hours: int, minutes: int) -> None:
    assert duration(f"{days}d{hours}h{minutes}m") == timedelta(days=days, hours=hours, minutes=minutes)


# ---------------------------------------------------------------- words


def test_words_are_chosen_by_name_and_by_whether_the_text_had_to_wait() -> None:
    words = Words("known", "unknown", "late", "late unknown")

    assert words.choose(name_known=True, waited_for_window=False) == "known"
    assert words.choose(name_known=False, waited_for_window=False) == "unknown"
    assert words.choose(name_known=True, waited_for_window=True) == "late"
    assert words.choose(name_known=False, waited_for_window=True) == "late unknown"


def test_without_words_for_after_hours_the_usual_ones_go_out() -> None:
    words = Words("known", "unknown")

    assert words.choose(name_known=True, waited_for_window=True) == "known"
    assert words.choose(name_known=False, waited_for_window=True) == "unknown"


def test_after_hours_a_stranger_never_gets_the_words_with_the_name() -> None:
    words = Words("known", "unknown", after_hours="late {first_name}")

    assert words.choose(name_known=False, waited_for_window=True) == "unknown"


def test_a_step_has_the_variant_s_words_or_the_general_ones() -> None:
    playbook = playbook_from(
        document(
            step(words={"general": WORDS, "kitchen": {"known": "K", "unknown": "k"}}),
            step("other", after={"step": "acknowledge"}),
            variants=["general", "kitchen"],
        )
    )

    assert playbook.step("acknowledge").words("kitchen").known == "K"
    assert playbook.step("acknowledge").words("basement").known == WORDS["known"]
    assert playbook.step("other").words("kitchen").known == WORDS["known"]


def test_a_step_is_found_by_name_and_the_first_answers_the_call() -> None:
    playbook = playbook_from(document(step(), step("second", after={"step": "acknowledge", "wait": "2h"})))

    assert playbook.first.name == "acknowledge"
    assert playbook.step("second").after == (Anchor("acknowledge", timedelta(hours=2)),)
    with pytest.raises(KeyError):
        playbook.step("third")


# ---------------------------------------------------------------- due times


def due(*anchors: Anchor, **settled: datetime) -> datetime | None:
    return due_at(Step("x", "sms", anchors), call_at=CALL_AT, settled=settled)


def test_a_step_after_the_call_is_due_from_the_call() -> None:
    assert due(Anchor(CALL, 45 * MINUTE)) == CALL_AT + 45 * MINUTE


def test_a_step_after_another_waits_until_that_is_settled() -> None:
    anchor = Anchor("acknowledge", 3 * MINUTE)

    assert due(anchor) is None
    assert due(anchor, acknowledge=CALL_AT + 60 * MINUTE) == CALL_AT + 63 * MINUTE


def test_of_several_anchors_the_last_to_come_decides() -> None:
    anchors = (Anchor(CALL, 45 * MINUTE), Anchor("callback", 10 * MINUTE))

    assert due(*anchors) is None
    assert due(*anchors, callback=CALL_AT + 3 * MINUTE) == CALL_AT + 45 * MINUTE
    assert due(*anchors, callback=CALL_AT + 40 * MINUTE) == CALL_AT + 50 * MINUTE


# ---------------------------------------------------------------- reading


def test_a_document_becomes_a_playbook() -> None:
    playbook = playbook_from(
        document(
            step(deadline="90s"),
            {
                "name": "email",
                "channel": "email",
                "after": [{"wait": "45m"}, {"step": "acknowledge", "wait": "10m"}],
                "purpose": "marketing",
                "nurture": True,
                "words": {**WORDS, "after_hours": "Late.", "after_hours_unknown": "Late\n"},
                "subject": {"known": "Your call", "unknown": "Your call"},
            },
            {"name": "call_back", "channel": "voice", "after": {"step": "email"}, "agent": "callback"},
            version=3,
            language="en-CA",
        )
    )

    first, email, voice = playbook.steps
    assert (playbook.name, playbook.version, playbook.language) == ("own", 3, "en-CA")
    assert playbook.variants == ("general",)
    assert (first.deadline, first.purpose, first.nurture) == (timedelta(seconds=90), "service", False)
    assert email.after == (Anchor(CALL, 45 * MINUTE), Anchor("acknowledge", 10 * MINUTE))
    assert (email.purpose, email.nurture, email.deadline) == ("marketing", True, None)
    assert email.words("general").after_hours_unknown == "Late"
    assert email.subject("general").known == "Your call"
    assert (voice.agent, dict(voice.variants), voice.after) == ("callback", {}, (Anchor("email"),))


@pytest.mark.parametrize(
    ("broken", "where", "message"),
    [
        (document(step(), step()), ("steps", 1, "name"), "'acknowledge' is taken"),
        (document(step("call")), ("steps", 0, "name"), "'call' is taken"),
        (document(step(after={"step": "later"}), step("later")), ("steps", 0, "after", "step"), "not an earlier step"),
        (document(step(after={"step": "acknowledge"})), ("steps", 0, "after", "step"), "not an earlier step"),
        (document(step(after=[{"wait": "1m"}, {"step": "x"}])), ("steps", 0, "after", 1, "step"), "earlier"),
        (document(step(after={"wait": "60w"})), ("steps", 0, "after", "wait"), "longer than a year"),
        (document(step(deadline="60w")), ("steps", 0, "deadline"), "longer than a year"),
        (document(step(words={"general": WORDS, "kitchen": WORDS})), ("steps", 0, "words", "kitchen"), "not among"),
        (
            document(step(words={"kitchen": WORDS}), variants=["kitchen", "basement"]),
            ("steps", 0, "words"),
            "no words for variant 'basement'",
        ),
        (
            document(step(words={**WORDS, "known": "Hi {firstname}"})),
            ("steps", 0, "words", "known"),
            "unknown placeholder {firstname}",
        ),
        (document(step(words={**WORDS, "known": "Hi {first_name"})), ("steps", 0, "words", "known"), "lone '{'"),
        (
            document(step(words={**WORDS, "unknown": "Hi {first_name}"})),
            ("steps", 0, "words", "unknown"),
            "{first_name} is not known here",
        ),
        (
            document(step(words={**WORDS, "after_hours_unknown": "Your {deal_stage}"})),
            ("steps", 0, "words", "after_hours_unknown"),
            "{deal_stage} is not known here",
        ),
        (
            document(step(words={**WORDS, "known": "Back {opens}"})),
            ("steps", 0, "words", "known"),
            "{opens} has a meaning after hours only",
        ),
        (
            document(step(words={**WORDS, "known": "{unsubscribe_url}"})),
            ("steps", 0, "words", "known"),
            "{unsubscribe_url} is for emails",
        ),
        (
            document(step(words={"general": WORDS, "kitchen": {**WORDS, "known": "{x}"}} ), variants=["kitchen"]),
            ("steps", 0, "words", "kitchen", "known"),
            "unknown placeholder {x}",
        ),
        (
            document(step(channel="email", subject={"known": "{x}", "unknown": "Your call"})),
            ("steps", 0, "subject", "known"),
            "unknown placeholder {x}",
        ),
    ],
)  # fmt: skip
def test_what_a_schema_cannot_say_is_found_with_its_place_and_a_remedy(
    broken: dict[str, Any], where: tuple[str | int, ...], message: str
) -> None:
    found = list(flaws(broken))

    assert [flaw.where for flaw in found] == [where]
    assert message in found[0].message
    assert found[0].remedy
    with pytest.raises(ValueError, match="steps"):
        playbook_from(broken)


def test_all_flaws_are_found_not_the_first_alone() -> None:
    broken = document(step(deadline="60w", words={**WORDS, "known": "{x}"}), step(after={"step": "nobody"}))

    assert [flaw.where[-1] for flaw in flaws(broken)] == ["deadline", "known", "name", "step"]


def test_what_the_schema_has_struck_out_is_passed_over() -> None:
    struck: dict[str, Any] = {
        "variants": [None, "general"],
        "steps": [None, {}, {"name": "a", "after": [None, {}], "words": {"known": None, "kitchen": {}}}],
    }

    assert list(flaws({})) == []
    assert list(flaws(struck)) == []


def test_braces_may_be_doubled_as_in_every_text() -> None:
    assert list(flaws(document(step(words={**WORDS, "known": "{{really}} {company}"})))) == []
