"""Asking for consent in the conversation, and reading the answer: a plain yes, a plain no, or neither.

"May we text you about the kitchen?" Only a YES that says nothing else is express consent: "yes, but not by
phone" and "yes, what's the price?" are conversation, which a person goes on with. So the whole message must be
made of words that agree, or of words that refuse, beside courtesies; one word that is unknown, a question mark,
or both at once, and it is neither. Consent is to be clear and positive (UK GDPR art. 4(11), CASL s. 10(1));
a doubt costs a question more, a wrong yes a call that nobody agreed to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal

from sidecar.domain.consent import Consent
from sidecar.domain.optout_words import CLAUSE, plain_words

if TYPE_CHECKING:
    from datetime import datetime

    from sidecar.domain.compliance import Channel, Purpose

Answer = Literal["yes", "no", "neither"]

OPEN_FOR: Final = timedelta(hours=72)
"""How long a question can be answered. Our own rule: a YES of next week is hardly an answer to it."""

_AGREEING: Final = (
    # English
    "yes, yess, yea, yeah, yeahh, yeh, ye, yep, yepp, yup, yas, ya, aye, y, sure, surely, ok, okay, okey, okie, k, kk, "
    "fine, of course, ofc, certainly, absolutely, definitely, indeed, agreed, agree, i agree, i consent, i do, "
    "i accept, go ahead, go for it, by all means, please do, you can, you may, you are welcome to, feel free, "
    "that is fine, thats fine, this is fine, its fine, it is fine, thats ok, that is ok, thats okay, that is okay, "
    "its ok, it is ok, its okay, fine by me, fine with me, ok by me, ok with me, okay with me, no problem, "
    "no problem at all, not a problem, no worries, no objection, no objections, sounds good, sounds great, sounds "
    "fine, thatd be great, that would be great, that would be fine, that works, works for me, happy to, happy for "
    "you to, im happy with that, im ok with that, im fine with that, im happy for you to, you have my permission, "
    "you have my consent, all good, alright, all right, sure thing, for sure, why yes, yes indeed, "
    # French
    "oui, ouais, ouaip, oui oui, d accord, daccord, dac, ok d accord, je suis d accord, entendu, bien sur, bien "
    "entendu, bien sure, certainement, absolument, volontiers, avec plaisir, allez y, vas y, je veux bien, j accepte, "
    "je consens, ca marche, ca me va, ca me convient, pas de probleme, pas de souci, pas de soucis, aucun probleme, "
    "sans probleme, sans souci, c est bon, c est bon pour moi, c est correct, c est d accord, cest correct, parfait"
)
_REFUSING: Final = (
    "no, noo, nope, nah, naw, n, na, never, no way, not interested, im not interested, not really, not at all, "
    "absolutely not, certainly not, definitely not, of course not, rather not, id rather not, i would rather not, "
    "i would rather you didnt, id rather you didnt, prefer not, i prefer not, prefer not to, id prefer not, "
    "id prefer not to, i would prefer not, i would prefer not to, dont, please dont, i dont, i dont agree, "
    "i do not consent, i dont consent, i disagree, negative, not for me, dont want to, i dont want to, "
    "i dont want that, no need, no chance, not ok, not okay, thats not ok, you may not, you cant, "
    "non, nan, non non, pas question, hors de question, pas interesse, pas interessee, je ne suis pas interesse, "
    "je ne suis pas interessee, ca ne m interesse pas, surtout pas, absolument pas, certainement pas, pas du tout, "
    "je refuse, je ne veux pas, je veux pas, jamais, je prefere pas, je ne prefere pas, je prefere que non, "
    "je n accepte pas, je ne suis pas d accord, pas d accord, sans facon"
)
_COURTEOUS: Final = (
    "please, thanks, thank you, many thanks, thanks a lot, thank you very much, thanks very much, cheers, ta, hi, "
    "hello, hey, hiya, sir, madam, mate, sorry, im sorry, very, just, much, so much, very much, that, do, it, "
    "at all, with me, by me, for me, "
    "merci, merci beaucoup, s il vous plait, s il te plait, svp, stp, bonjour, bonsoir, allo, salut, monsieur, madame, "
    "desole, desolee, beaucoup, bien"
)


def _phrases() -> dict[tuple[str, ...], Answer | None]:
    """Each phrase as words; ``None``: it means nothing by itself."""
    known: dict[tuple[str, ...], Answer | None] = {}
    for meaning, listed in ((None, _COURTEOUS), ("yes", _AGREEING), ("no", _REFUSING)):
        for phrase in listed.split(","):
            # Read as messages are, so that "do not" and "don't" need to stand here once.
            known[tuple(word for word in plain_words(phrase).split() if word != CLAUSE)] = meaning  # type: ignore[assignment]
    return known


_KNOWN: Final = _phrases()
_LONGEST: Final = max(map(len, _KNOWN))
_ASKS: Final = re.compile(r"[?？¿]")
_FRIENDLY: Final = str.maketrans(dict.fromkeys("🙂😊😀😃😄👍👌🙏\ufe0f", " "))
"""Signs that go with a yes as with a no, and say nothing alone."""
_MOST: Final = 120
"""Characters; whoever writes more says more than yes or no."""


def plain_answer(body: str) -> Answer:
    """Read the answer to a question that can be answered by yes or no, in English or French.

    >>> plain_answer("Yes please!"), plain_answer("non merci"), plain_answer("yes but not by phone")
    ('yes', 'no', 'neither')
    """
    said = body.translate(_FRIENDLY)
    if len(said) > _MOST or _ASKS.search(said) or _has_signs(said):
        return "neither"
    words = [word for word in plain_words(said).split() if word != CLAUSE]
    meanings: set[Answer] = set()
    at = 0
    while at < len(words):
        length = next((n for n in range(_LONGEST, 0, -1) if tuple(words[at : at + n]) in _KNOWN), 0)
        if length == 0:
            return "neither"
        meaning = _KNOWN[tuple(words[at : at + length])]
        if meaning is not None:
            meanings.add(meaning)
        at += length
    return meanings.pop() if len(meanings) == 1 else "neither"


def _has_signs(body: str) -> bool:
    """Signs outside of Latin script that may say anything: a thumb turned down, another alphabet."""
    return any(ord(char) >= 0x2190 or 0x0370 <= ord(char) < 0x1E00 for char in body)  # noqa: PLR2004


@dataclass(frozen=True, slots=True)
class Asking:
    """What a question asks consent to."""

    channels: frozenset[Channel]
    purpose: Purpose
    about: str
    """What we would write or ring about, in the words of whoever asks: ``your kitchen quote``."""

    def consent(self, at: datetime, *, touch_id: str, message_id: str) -> Consent:
        """Make the express consent that a plain YES at ``at`` (UTC) gives; question and answer are the proof."""
        evidence = f"asked by {touch_id}, answered YES by {message_id}: {self.about}"
        return Consent("express", self.channels, self.purpose, at, None, evidence)


def is_answerable(asked_at: datetime, at: datetime) -> bool:
    """Say whether a message of ``at`` can answer a question that went out at ``asked_at`` (both UTC)."""
    return asked_at <= at <= asked_at + OPEN_FOR
