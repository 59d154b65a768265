from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.domain.texts import (
    BrokenWords,
    Expensive,
    Segments,
    UnknownPlaceholder,
    complaints,
    expensive_characters,
    placeholders,
    render,
    segments,
    usable_first_name,
)

GOOD = "Hi {first_name}, {company} here. We missed your call. What can we help with? Reply STOP to opt out."


def test_words_are_filled_in() -> None:
    values = {"first_name": "Anna", "company": "Bell & Sons"}
    assert render("Hi {first_name}, {{{company}}}", values) == "Hi Anna, {Bell & Sons}"
    assert placeholders("{a} {{b}} {c} {a}") == ("a", "c")


def test_a_value_adds_no_line_and_no_placeholder() -> None:
    values = {"first_name": "A\nb\t {company}\u202e\u200b\x00", "company": "C"}
    assert render("Hi {first_name}.", values) == "Hi A b {company}."


@pytest.mark.parametrize("name", ["frist_name", "first_name!r", "first_name:>9", "first_name.__class__", "", "0"])
def test_an_unknown_placeholder_is_named_with_the_known_ones(name: str) -> None:
    with pytest.raises(UnknownPlaceholder) as caught:
        render(f"Hi {{{name}}}", {"first_name": "Anna", "company": "Bell"})
    assert caught.value.name == name
    assert "{company}, {first_name}" in str(caught.value)


@pytest.mark.parametrize("words", ["{", "}", "a {b", "a} b", "{{{a", "{a{b}"])
def test_a_lone_brace_is_refused(words: str) -> None:
    with pytest.raises(BrokenWords, match="for a brace"):
        render(words, {"a": "1", "b": "2"})


@given(st.text())
def test_a_value_is_always_one_line_of_visible_characters(value: str) -> None:
    text = render("{v}", {"v": value})
    assert not any(unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp"} for char in text)
    assert text == " ".join(text.split())


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("JOHN  SMITH", "John"),
        ("john", "John"),
        ("Mary-Jane Watson", "Mary-Jane"),
        ("MARY-JANE", "Mary-Jane"),
        ("O’Neil", "O'Neil"),
        ("o'neil", "O'Neil"),
        ("Zoë", "Zoë"),
        ("ÉLODIE Tremblay", "Élodie"),
        ("Jean-François", "Jean-François"),
        ("Mr John Smith", "John"),
        ("Mme. Sophie Roy", "Sophie"),
        ("Dr. Prof. Anna Bell", "Anna"),
        ("Smith, John", "John"),
        ("John Smith, MD", "John"),
        ("John (work)", "John"),
        ("🔥 John 🔥", "John"),
        ("McKenzie", "McKenzie"),
        ("JP Smith", "JP"),
        ("AL SMITH", "Al"),
        ("田中 太郎", "田中"),
        ("Al\u200bex\nSmith", "Alex"),
    ],
)
def test_a_first_name(raw: str, name: str) -> None:
    assert usable_first_name(raw) == name


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "",
        "   ",
        "Unknown",
        "unknown caller",
        "WIRELESS CALLER",
        "N/A",
        "Caller",
        "Mr Smith",
        "M. Dupont",
        "Mr. & Mrs. Jones",
        "John & Mary",
        "John/Mary",
        "J. Smith",
        "anna@example.com",
        "Acme Ltd",
        "Smith & Sons",
        "Bell Plumbing",
        "TORONTO, ON",
        "+447700900001",
        "Bob123",
        "http://x.example",
        "buy.now",
        "www.example",
        "<b>John</b>",
        "xxx",
        "A" * 41,
        "Inconnu",
    ],
)
def test_what_is_no_first_name(raw: str | None) -> None:
    assert usable_first_name(raw) is None


@given(st.text())
def test_a_first_name_is_short_letters_and_no_link(raw: str) -> None:
    name = usable_first_name(raw)
    if name is not None:
        assert 1 <= len(name) <= 40
        assert all(char.isalpha() or char in "-'" for char in name)


@pytest.mark.parametrize(
    ("text", "encoding", "units", "count"),
    [
        ("", "GSM-7", 0, 0),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("é" * 160, "GSM-7", 160, 1),
        ("€" * 80, "GSM-7", 160, 1),
        ("€" * 81, "GSM-7", 162, 2),
        # 76 euros are 152 septets; the 77th does not fit in what is left of 153
        ("€" * 152, "GSM-7", 304, 2),
        ("€" * 153, "GSM-7", 306, 3),
        ("ê" * 70, "UCS-2", 70, 1),
        ("ê" * 71, "UCS-2", 71, 2),
        ("’" + "a" * 134, "UCS-2", 135, 3),
        ("😀" * 35, "UCS-2", 70, 1),
        ("😀" * 36, "UCS-2", 72, 2),
        # 33 emoji are 66 units: a part of 67 takes no half of the 34th
        ("😀" * 66, "UCS-2", 132, 2),
        ("😀" * 67, "UCS-2", 134, 3),
        ("a\x1bb", "UCS-2", 3, 1),
    ],
)
def test_segments(text: str, encoding: str, units: int, count: int) -> None:
    assert segments(text) == Segments(encoding, units, count)  # type: ignore[arg-type]


@given(st.text(max_size=700))
def test_no_part_is_longer_than_a_carrier_allows(text: str) -> None:
    counted = segments(text)
    single, joined = (160, 153) if counted.encoding == "GSM-7" else (70, 67)
    floor = 1 if counted.units <= single else -(-counted.units // joined)
    assert counted.count >= min(floor, 1 if text else 0)
    assert counted.units <= max(single, counted.count * joined)
    assert (counted.encoding == "GSM-7") == (not expensive_characters(text))


def test_expensive_characters_have_a_cheap_one_instead() -> None:
    text = "Don’t – naïve 😀 œ…"
    assert expensive_characters(text) == (
        Expensive("’", 3, "'"),
        Expensive("–", 6, "-"),
        Expensive("ï", 10, "i"),
        Expensive("😀", 14, ""),
        Expensive("œ", 16, "oe"),
        Expensive("…", 17, "..."),
    )
    assert expensive_characters("£5 à côté"[:4]) == ()


@given(st.text(max_size=200))
def test_the_suggestions_bring_a_text_back_to_gsm(text: str) -> None:
    for found in reversed(expensive_characters(text)):
        text = text[: found.index] + found.suggestion + text[found.index + 1 :]
    assert segments(text).encoding == "GSM-7"


def codes(words: str, **kwargs: object) -> list[str]:
    return [found.code for found in complaints(words, "service", **kwargs)]  # type: ignore[arg-type]


def test_a_good_text_has_no_complaint() -> None:
    assert complaints(GOOD, "service") == ()
    assert complaints(GOOD, "marketing") == ()


@pytest.mark.parametrize(
    ("words", "word"),
    [
        ("Book a free quote today.", "free"),
        ("Get 20% off this week.", "20% off"),
        ("We have special offers.", "special offers"),
        ("Hurry, last chance.", "hurry"),
        ("Save up to £50.", "save up to"),
        ("Profitez de nos rabais.", "profitez"),
        ("Une offre spéciale pour vous.", "offre spéciale"),
    ],
)
def test_a_promotional_word_in_a_service_text_is_named(words: str, word: str) -> None:
    found = [one for one in complaints(f"{GOOD} {words}", "service") if one.code == "promotional"]
    assert found
    assert word in found[0].message
    assert found[0].remedy
    assert "promotional" not in [one.code for one in complaints(f"{GOOD} {words}", "marketing")]


@pytest.mark.parametrize(
    "words",
    [
        "Are you free tomorrow?",
        "Let us know when you are free, and we will ring.",
        "Feel free to reply here.",
        "No hurry, and no rush.",
        "We can deal with it on Monday.",
        "Are you free on Tuesday?",
    ],
)
def test_words_that_only_look_promotional(words: str) -> None:
    assert codes(f"{GOOD} {words}") == []


def test_tone_and_what_must_be_there() -> None:
    assert codes("Hi {first_name}! {company} here. Reply STOP to opt out.") == ["exclamation"]
    assert codes(f"{GOOD} So sorry about that.") == ["apology"]
    assert codes(f"{GOOD} Sorry. We apologise.") == ["apology"]
    assert codes(f"{GOOD} Sorry we missed you.") == []
    assert codes("Hi {first_name}, what can we help with?") == ["identification", "opt_out_words"]
    assert codes("Ici {company}. ARRET pour vous desabonner.") == []
    assert codes("{company}: we will stop by.") == ["opt_out_words"]
    assert codes("{company}: what can we help with?", channel="email") == []
    assert codes("Ring them now!", channel="staff") == []
