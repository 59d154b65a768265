from __future__ import annotations

import csv
import string
import timeit
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.domain import optout_english, optout_french
from sidecar.domain.optout import classify, classify_reason
from sidecar.domain.optout_rules import STEM
from sidecar.domain.optout_words import plain_words, within_one_slip

INTENTS = ("opt_out", "unclear", "none", "opt_in", "help")
with Path(__file__).with_name("phrases.csv").open(encoding="utf-8", newline="") as _file:
    PHRASES = [(row["intent"], row["language"], row["text"]) for row in csv.DictReader(_file)]


def test_the_table_of_phrases_is_recognised(capsys: pytest.CaptureFixture[str]) -> None:
    table = Counter[tuple[str, str]]((meant, classify(text)) for meant, _, text in PHRASES)
    with capsys.disabled():
        print(f"\n{len(PHRASES)} phrases; rows: what is meant, columns: what was understood")  # noqa: T201
        print(" " * 8 + "".join(f"{intent:>9}" for intent in INTENTS))  # noqa: T201
        for meant in INTENTS:
            print(f"{meant:8}" + "".join(f"{table[meant, said]:9}" for said in INTENTS))  # noqa: T201
    meant_out = sum(count for (meant, _), count in table.items() if meant == "opt_out")
    said_out = sum(count for (_, said), count in table.items() if said == "opt_out")
    assert table["opt_out", "opt_out"] / meant_out >= 0.95
    assert (table["opt_out", "opt_out"] + table["opt_out", "unclear"]) / meant_out >= 0.995
    assert table["opt_out", "opt_out"] / said_out >= 0.995


def test_the_table_is_large_and_without_repeats() -> None:
    assert len(PHRASES) >= 300
    assert len({text for _, _, text in PHRASES}) == len(PHRASES)
    assert {intent for intent, _, _ in PHRASES} == set(INTENTS)
    assert {language for _, language, _ in PHRASES} == {"en", "fr"}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_ordinary_replies_are_seldom_held(language: str) -> None:
    ordinary = [text for meant, tongue, text in PHRASES if meant == "none" and tongue == language]
    held = [text for text in ordinary if classify(text) == "unclear"]
    assert len(held) <= len(ordinary) * 0.03, held


@pytest.mark.parametrize(
    ("body", "intent", "reason"),
    [
        ("STOP", "opt_out", "keyword"),
        ("Cancel", "opt_out", "keyword"),
        ("cancel please", "unclear", "keyword_in_a_sentence"),
        ("please remove", "opt_out", "keyword"),
        ("please remove it", "unclear", "keyword_in_a_sentence"),
        ("Thanks for the quote. Stop.", "opt_out", "stop_as_a_sentence"),
        ("stop. actually no, call me tomorrow", "unclear", "stop_and_a_change_of_mind"),
        ("stop texting and call me", "unclear", "stop_and_an_invitation"),
        ("please call me instead of texting", "unclear", "other_channel"),
        ("stop texting me at work", "unclear", "not_at_that_place"),
        ("stop calling me before 9", "unclear", "only_at_a_time"),
        ("don't call me again before Monday", "unclear", "only_at_a_time"),
        ("stop texting me right now", "opt_out", "stop_contact"),
        ("don't call me before 9", "none", "no_rule"),
        ("don't call me back", "unclear", "not_call_back"),
        ("opt out of the maintenance plan", "unclear", "left_something_else"),
        ("the bus stop", "none", "stop_in_another_sense"),
        ("stop the madness", "unclear", "stop_unexplained"),
        ("step", "unclear", "perhaps_a_slip_for_stop"),
        ("start texting me again", "opt_in", "asks_to_be_written_to"),
        ("don't start texting me again", "opt_out", "never_contact"),
        ("yes", "none", "no_rule"),
        ("Yes, start", "none", "no_rule"),
        ("help me choose tiles", "none", "no_rule"),
        ("", "none", "no_words"),
        ("👍", "none", "no_words"),
    ],
)
def test_the_reason_names_the_rule_that_decided(body: str, intent: str, reason: str) -> None:
    assert classify_reason(body) == (intent, reason)


@pytest.mark.parametrize("word", ["stop", "stopall", "unsubscribe", "end", "quit", "cancel", "revoke", "optout"])
def test_every_default_keyword_of_twilio_is_an_opt_out(word: str) -> None:
    assert classify(word) == classify(f"  {word.upper()}!! ") == "opt_out"


@pytest.mark.parametrize("word", ["stop", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe"])
def test_every_word_of_47_cfr_64_1200_a_10_is_an_opt_out(word: str) -> None:
    assert classify(word) == classify(word.title()) == "opt_out"


@pytest.mark.parametrize("body", ["yes", "YES", "Yes please", "oui", "y", "ok", "sure"])
def test_a_yes_never_opts_in(body: str) -> None:
    assert classify(body) == "none"


@given(st.text(max_size=400))
def test_any_text_has_an_intent(body: str) -> None:
    intent, reason = classify_reason(body)
    assert intent in INTENTS
    assert reason


@given(
    st.sampled_from([text for _, _, text in PHRASES if text.isascii()]),
    st.sampled_from([str.upper, str.lower, str.title, str.swapcase]),
)
def test_case_changes_nothing(body: str, change: object) -> None:
    assert callable(change)
    assert classify(change(body)) == classify(body)


@given(
    st.sampled_from([text for _, _, text in PHRASES]),
    st.text(' \t\n.,!?;:…"()[]*~-', max_size=6),
    st.text(' \t\n.,!?;:…"()[]*~-', max_size=6),
)
def test_what_stands_around_a_message_changes_nothing(body: str, before: str, after: str) -> None:
    assert classify(f"{before} {body} {after}") == classify(body)


@given(st.text(string.printable, max_size=300))
def test_case_changes_nothing_in_any_ascii_text(body: str) -> None:
    assert classify(body.upper()) == classify(body.lower())


@pytest.mark.parametrize(
    "body",
    [
        "stop " * 2000,
        "s.t.o.p." * 1250,
        "a " * 5000,
        "x" * 10_000,
        "'" * 10_000,
        "m'" * 5000,
        "dont " * 2000,
        "stop sending me " * 625,
        "please stop texting call me " * 370,
        "ne me ecrivez " * 700,
        "je veux plus de " * 625,
        "take me off my " * 660,
        "\U0001f6d1" * 10_000,
    ],
)
def test_a_very_long_message_is_read_in_well_under_a_second(body: str) -> None:
    assert min(timeit.repeat(lambda: classify(body), number=1, repeat=2)) < 0.5


def test_a_rule_can_only_match_where_one_of_its_stems_stands() -> None:
    """The quick check must not hide a rule: with and without it the findings are the same."""
    rules = (*optout_english.REFUSALS, *optout_english.DOUBTS, *optout_french.FRENCH)
    for _, _, text in PHRASES:
        words = f" {plain_words(text)} "
        stems = {word[:STEM] for word in words.split()}
        for rule in rules:
            if rule.pattern.search(words):
                assert not rule.stems.isdisjoint(stems), (rule.name, text)


def test_stems_are_as_long_as_the_quick_check_looks() -> None:
    for rule in (*optout_english.REFUSALS, *optout_english.DOUBTS, *optout_french.FRENCH):
        assert all(0 < len(stem) <= STEM for stem in rule.stems), rule.name


def test_names_of_rules_are_unique_within_a_language() -> None:
    english = [rule.name for rule in (*optout_english.REFUSALS, *optout_english.DOUBTS)]
    assert len(set(english)) == len(english)
    french = [rule.name for rule in optout_french.FRENCH]
    assert len(set(french)) == len(french)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("Don’t txt me!!", "| dont text me |"),
        ("ne m’écrivez plus", "| ne m ecrivez plus |"),
        ("S.T.O.P.", "| stop |"),
        ("S T O P", "| stop |"),
        ("STOOOOP", "| stop |"),
        ("st0p", "| stop |"),
        ("plse stpo textng", "| please stop texting |"),
        ("stop—please", "| stop | please |"),
        ("opt-out", "| optout |"),
        ("I will not", "| i wont |"),
        ("wrong #", "| wrong number |"),
        ("shop", "| shop |"),
        ("contract", "| contract |"),
        ("", "|"),
    ],
)
def test_plain_words(body: str, words: str) -> None:
    assert plain_words(body) == words


@pytest.mark.parametrize(
    ("left", "right", "near"),
    [
        ("stop", "stop", True),
        ("stp", "stop", True),
        ("stoop", "stop", True),
        ("sotp", "stop", True),
        ("shop", "stop", True),
        ("spot", "stop", False),
        ("st", "stop", False),
        ("", "a", True),
        ("ab", "ba", True),
        ("abc", "cab", False),
    ],
)
def test_within_one_slip(left: str, right: str, near: bool) -> None:
    assert within_one_slip(left, right) is near
    assert within_one_slip(right, left) is near
