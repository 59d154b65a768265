from __future__ import annotations

import csv
import string
import timeit
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.domain import optout_complaints, optout_english, optout_english_doubts, optout_french, optout_spanish
from sidecar.domain.optout import classify, classify_reason, is_complaint
from sidecar.domain.optout_rules import STEM
from sidecar.domain.optout_words import plain_words, within_one_slip

RULES = (
    *optout_complaints.COMPLAINTS,
    *optout_english.REFUSALS,
    *optout_english_doubts.DOUBTS,
    *optout_french.FRENCH,
    *optout_spanish.SPANISH,
)
INTENTS = ("opt_out", "unclear", "none", "opt_in", "help")
with Path(__file__).with_name("phrases.csv").open(encoding="utf-8", newline="") as _file:
    PHRASES = [(row["intent"], row["language"], row["text"]) for row in csv.DictReader(_file)]


def test_the_table_of_phrases_is_recognised(capsys: pytest.CaptureFixture[str]) -> None:
    """The bars: precision and recall of ``opt_out``, and recall of ``opt_out`` or ``unclear``, in each language."""
    with capsys.disabled():
        for language in ("en", "fr", "es"):
            table: Counter[tuple[str, str]] = Counter(
                (meant, classify(text)) for meant, tongue, text in PHRASES if tongue == language
            )
            for line in lines_of(table, language):
                print(line)  # noqa: T201 - the table is what this test is for
            meant_out = sum(count for (meant, _), count in table.items() if meant == "opt_out")
            assert recall(table, "opt_out") >= 0.95
            assert (table["opt_out", "opt_out"] + table["opt_out", "unclear"]) / meant_out >= 0.995
            assert precision(table, "opt_out") >= 0.995


def recall(table: Counter[tuple[str, str]], intent: str) -> float:
    meant = sum(table[intent, said] for said in INTENTS)
    return table[intent, intent] / meant if meant else 1.0


def precision(table: Counter[tuple[str, str]], intent: str) -> float:
    said = sum(table[meant, intent] for meant in INTENTS)
    return table[intent, intent] / said if said else 1.0


def lines_of(table: Counter[tuple[str, str]], language: str) -> list[str]:
    """Rows: what is meant; columns: what was understood; then how much of it is right."""
    head = "".join(f"{intent:>9}" for intent in INTENTS)
    lines = [f"\n{language}: {table.total()} phrases", f"{'meant':8}{head}   recall  precision"]
    for meant in INTENTS:
        counts = "".join(f"{table[meant, said]:9}" for said in INTENTS)
        lines.append(f"{meant:8}{counts}{recall(table, meant):9.3f}{precision(table, meant):11.3f}")
    return lines


def test_the_table_is_large_and_without_repeats() -> None:
    assert len(PHRASES) >= 300
    assert len({text for _, _, text in PHRASES}) == len(PHRASES)
    assert {intent for intent, _, _ in PHRASES} == set(INTENTS)
    assert {language for _, language, _ in PHRASES} == {"en", "fr", "es"}


@pytest.mark.parametrize("language", ["en", "fr", "es"])
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
        ("don't text me after 9", "unclear", "only_at_a_time"),
        ("I don't want to bother you", "none", "no_rule"),
        ("I forbid that these texts reach my phone", "unclear", "signs_of_a_refusal"),
        ("do not hesitate to message my phone again", "none", "no_rule"),
        ("I'm reporting you to the ICO", "opt_out", "reports_us"),
        ("my landlord is harassing me about the leak", "none", "no_rule"),
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
        "how do i stop the " * 550,
        "my number and delete " * 480,
        "this is harassment by my " * 400,
        "forbid texts to my phone " * 400,
        "je vais vous signaler au " * 400,
        "\U0001f6d1" * 10_000,
    ],
)
def test_a_very_long_message_is_read_in_well_under_a_second(body: str) -> None:
    assert min(timeit.repeat(lambda: classify(body), number=1, repeat=2)) < 0.5


def test_a_rule_can_only_match_where_one_of_its_stems_stands() -> None:
    """The quick check must not hide a rule: with and without it the findings are the same."""
    for _, _, text in PHRASES:
        words = f" {plain_words(text)} "
        stems = {word[:STEM] for word in words.split()}
        for rule in RULES:
            if rule.pattern.search(words):
                assert not rule.stems.isdisjoint(stems), (rule.name, text)


def test_stems_are_as_long_as_the_quick_check_looks() -> None:
    for rule in RULES:
        assert all(0 < len(stem) <= STEM for stem in rule.stems), rule.name


def test_names_of_rules_are_unique_within_a_language() -> None:
    english = (*optout_complaints.COMPLAINTS, *optout_english.REFUSALS, *optout_english_doubts.DOUBTS)
    for rules in (english, optout_french.FRENCH):
        names = [rule.name for rule in rules]
        assert [name for name, count in Counter(names).items() if count > 1] == []


COMPLAINS = (
    "I'm reporting you to the ICO",
    "I will report you to the FCC",
    "filing a complaint with the CRTC about these texts",
    "this is harassment",
    "You are harassing me",
    "reported as spam",
    "my lawyer will be in touch",
    "I'll sue you",
    "Text me again and I'm calling the police",
    "texting me is illegal",
    "je vais porter plainte",
    "je vous signale au CRTC",
    "c'est du harcèlement",
    "je vais contacter mon avocat",
)
ORDINARY = (
    "the tap you fitted leaks again, I want to complain",
    "I'd like to make a complaint",
    "I want to complain about your plumber",
    "my landlord is harassing me about the leak",
    "our solicitor will send you the contract",
    "I called the police about the break-in, can you fix the lock",
    "I reported the leak to the council",
    "je veux porter plainte pour les travaux",
    "je veux porter plainte contre le voisin pour l'arbre",
    "mon avocat veut la facture",
)


THREATS_OVER_THE_WORK = (
    "I'll report you to trading standards, the boiler you fitted is dangerous",
    "I will sue you for the damage to my kitchen",
    "Refund by Friday or I'm taking legal action",
)


@pytest.mark.parametrize("body", THREATS_OVER_THE_WORK)
def test_a_threat_over_the_work_is_for_a_person_and_no_stop(body: str) -> None:
    assert classify_reason(body) == ("unclear", "threat_about_the_work")
    assert not is_complaint(body)


@pytest.mark.parametrize("body", COMPLAINS)
def test_a_complaint_about_being_contacted_is_a_stop_and_a_complaint(body: str) -> None:
    assert classify(body) == "opt_out"
    assert is_complaint(body)


@pytest.mark.parametrize("body", ORDINARY)
def test_a_complaint_about_the_work_is_a_reply(body: str) -> None:
    assert classify(body) == "none"
    assert not is_complaint(body)


@pytest.mark.parametrize(
    "body", ["STOP", "please don't text me again", "wrong number", "ne m'écrivez plus", "hello", ""]
)
def test_a_stop_is_no_complaint(body: str) -> None:
    assert not is_complaint(body)


@given(st.text(max_size=400))
def test_every_complaint_is_an_opt_out(body: str) -> None:
    assert not is_complaint(body) or classify(body) == "opt_out"


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
