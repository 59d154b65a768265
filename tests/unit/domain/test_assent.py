"""A plain yes, a plain no, or neither: only a YES that says nothing else is consent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.domain.assent import OPEN_FOR, Asking, is_answerable, plain_answer
from sidecar.domain.optout import classify

YES = (
    "yes", "Yes.", "YES!!", "y", "yeah", "yep", "yup", "yess", "yesssss", "sure", "Sure thing", "ok", "OK", "okay",
    "ok please", "yes please", "Yes, please!", "yes thank you", "Yes thanks very much", "Of course you can",
    "of course", "certainly", "absolutely", "go ahead", "please do", "by all means", "that's fine",
    "Thats ok with me",
    "yes that is fine", "no problem", "No worries at all", "not a problem", "I do", "I agree", "i consent",
    "you have my permission", "yes of course", "Hi, yes please", "Yes 🙂", "Yes 👍", "yes\n", "  yes  ",
    "oui", "Oui!", "ouais", "oui oui", "d'accord", "D’accord", "ok d'accord", "oui merci", "Oui, s'il vous plaît",
    "oui svp", "bien sûr", "Bien sûr !", "volontiers", "avec plaisir", "allez-y", "vas-y", "je veux bien",
    "j'accepte", "ça marche", "ça me va", "pas de problème", "pas de souci", "c'est bon", "c'est correct",
)  # fmt: skip
NO = (
    "no", "No.", "NO!", "nooo", "n", "nope", "nah", "no thanks", "No, thank you", "no sorry", "not interested",
    "I'd rather not", "i would rather not thanks", "please don't", "Please do not", "I do not", "not really",
    "absolutely not", "certainly not", "no way", "never", "prefer not to", "No 🙏",
    "non", "Non merci", "non, désolé", "pas question", "pas intéressée", "surtout pas", "absolument pas",
    "je ne veux pas", "je préfère pas", "pas d'accord", "Non non",
)  # fmt: skip
NEITHER = (
    "", "   ", "?", "👍", "👎", "yes 👎", "🙂", "thanks", "please", "merci", "maybe", "perhaps", "not sure", "later",
    "not now", "pas maintenant", "peut-être", "yes but not by phone", "yes, but only by text", "yes what's the price?",
    "yes?", "Yes? Who is this", "ok who is this", "yes and no", "yeah no", "no yes", "yes tomorrow", "yes at 5",
    "yes if it is free", "yes text me", "yes you can text me", "no problem but not today", "ok I'll think about it",
    "yes I rang you", "sure, what about", "no just come round", "no call me", "yes don't", "I don't mind", "STOP",
    "yes STOP", "no stop", "start", "help", "oui mais pas par téléphone", "oui combien ?", "oui et non", "non mais oui",
    "Yes\n\nAnn Lee\n12 High Street", "d'accord pour les textos", "да", "はい", "yes да", "x" * 500, "yes " * 200,
    "“Yes” is what she said", "Liked “May we ring you about your quote? YES or NO”",
)  # fmt: skip


@pytest.mark.parametrize("said", YES)
def test_a_plain_yes(said: str) -> None:
    assert plain_answer(said) == "yes"
    assert classify(said) in ("none", "opt_in"), "and it is no STOP"


@pytest.mark.parametrize("said", NO)
def test_a_plain_no(said: str) -> None:
    assert plain_answer(said) == "no"
    assert classify(said) in ("none", "unclear"), "a refusal is no STOP"


@pytest.mark.parametrize("said", NEITHER)
def test_anything_else_is_neither(said: str) -> None:
    assert plain_answer(said) == "neither"


@given(
    st.sampled_from(YES), st.sampled_from(("but not by phone", "what's the price?", "tomorrow", "Ann", "no", "если"))
)
def test_a_yes_that_says_more_is_not_plain(yes: str, more: str) -> None:
    assert plain_answer(f"{yes} {more}") == "neither"


@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    assert plain_answer(text) in ("yes", "no", "neither")


@given(
    st.sampled_from((*YES, *NO)), st.sampled_from((str.upper, str.title, str.lower)), st.sampled_from((".", "!", " "))
)
def test_case_and_full_stops_change_nothing(said: str, case: object, end: str) -> None:
    assert plain_answer(case(said) + end) == plain_answer(said)  # type: ignore[operator]


ASKED = datetime(2026, 11, 18, 10, tzinfo=UTC)


def test_a_question_is_open_for_three_days_to_the_instant() -> None:
    assert not is_answerable(ASKED, ASKED - timedelta(microseconds=1))
    assert is_answerable(ASKED, ASKED)
    assert is_answerable(ASKED, ASKED + OPEN_FOR)
    assert not is_answerable(ASKED, ASKED + OPEN_FOR + timedelta(microseconds=1))


def test_the_consent_is_what_was_asked_with_question_and_answer_as_evidence() -> None:
    asking = Asking(frozenset({"voice"}), "service", "your kitchen quote")
    consent = asking.consent(ASKED, touch_id="tch_1", message_id="SM1")
    assert (consent.basis, consent.channels, consent.purpose) == ("express", frozenset({"voice"}), "service")
    assert (consent.given_at, consent.expires_at) == (ASKED, None)
    assert all(part in consent.evidence for part in ("tch_1", "SM1", "your kitchen quote"))
