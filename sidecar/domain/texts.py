"""The words that go out: fill them in, count what they cost, and say what is wrong with them.

A text is made of *words* (what a playbook says, with ``{first_name}`` placeholders) and *values* (what the
CRM and the business file say). Values come from strangers: nothing in them can add a line or a placeholder,
and what does not look like a first name never becomes one.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Purpose = Literal["service", "marketing"]
Channel = Literal["sms", "voice", "email", "staff"]
Encoding = Literal["GSM-7", "UCS-2"]


# ---------------------------------------------------------------- filling in


class BrokenWords(ValueError):
    """The words of a text have a brace that neither opens a placeholder nor is doubled."""


class UnknownPlaceholder(ValueError):
    """A placeholder for which there is no value; the message names it and those that exist."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        self.name = name
        self.known = known
        listed = ", ".join(f"{{{one}}}" for one in known) or "none"
        super().__init__(f"unknown placeholder {{{name}}}: use one of {listed}, or write {{{{ for a brace")


_BRACES = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


def render(words: str, values: Mapping[str, str]) -> str:
    """The text that goes out: each ``{name}`` replaced once, ``{{`` and ``}}`` turned into braces.

    Values lose control and invisible characters, and white space in them collapses to single spaces; braces
    in a value stay as they are. There are no format specifications and no attribute access.

    Raises :class:`UnknownPlaceholder`, :class:`BrokenWords`.
    """

    def fill(found: re.Match[str]) -> str:
        whole, name = found[0], found[1]
        if whole in {"{{", "}}"}:
            return whole[0]
        if name is None:
            problem = f"a lone {whole!r} at character {found.start() + 1}: write {whole * 2} for a brace"
            raise BrokenWords(problem)
        if name not in values:
            raise UnknownPlaceholder(name, tuple(sorted(values)))
        return _one_line(values[name])

    return _BRACES.sub(fill, words)


def placeholders(words: str) -> tuple[str, ...]:
    """Names of the placeholders in ``words``, each once, in order."""
    return tuple(dict.fromkeys(found[1] for found in _BRACES.finditer(words) if found[1] is not None))


def _one_line(value: str) -> str:
    spaced = "".join(" " if char in "\u2028\u2029" or char.isspace() else char for char in value)
    visible = "".join(char for char in spaced if unicodedata.category(char) not in {"Cc", "Cf", "Cs"})
    return " ".join(visible.split())


# ---------------------------------------------------------------- first names

_LONGEST_NAME: Final = 40
_TITLES: Final = frozenset(
    "mr mrs ms miss mx dr prof professor sir dame lady lord rev reverend fr father m mme mlle monsieur "
    "madame mademoiselle "
    "me maitre herr frau senor senora mister".split()
)
_NOT_NAMES: Final = frozenset(
    "unknown caller anonymous private restricted unavailable withheld blocked wireless mobile cell phone "
    "landline number home work office na none null nil nobody noname no not do dnc test tester testing "
    "demo asdf qwerty customer client customers contact lead prospect guest user admin info sales support "
    "new old deleted spam scam telemarketer voicemail sms hello the inconnu inconnue anonyme nouveau "
    "nouvelle appelant numero dear valued potential possible tbc tbd name first last "
    "firstname tenant landlord owner manager neighbour neighbor patient".split()
)
_COMPANY: Final = frozenset(
    "ltd limited llc llp inc incorporated corp corporation co company plc gmbh sarl sas sa eurl ltee ltd "
    "inc pty bv group holdings services service solutions systems plumbing plumbers heating roofing "
    "electrical electric builders building construction contractors contracting kitchens bathrooms "
    "landscaping cleaning motors garage dental clinic surgery hospital school academy college university "
    "church council restaurant cafe hotel bank insurance properties property estates lettings realty "
    "consulting agency studio shop store salon associates partners partnership enterprises industries "
    "logistics entreprise entreprises compagnie societe garagiste plomberie toiture renovations "
    "construction "
    "and et und sons fils bros brothers".split()
)
_SUFFIXES: Final = frozenset("jr sr ii iii iv md phd dds esq obe mbe cpa rn jd".split())
_ASIDE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\"[^\"]*\"")
_LINK = re.compile(r"[/\\@<>&+=|_#:;]|https?|www|\w\.[a-z]{2,}", re.IGNORECASE)
_NAME = re.compile(r"[^\W\d_]+(?:[-'][^\W\d_]+)*")
_REPEATED = re.compile(r"(.)\1*")


def usable_first_name(raw: str | None) -> str | None:
    """The first name to greet somebody with; ``None``: take the fallback words.

    "JOHN  SMITH" gives "John", "Smith, Anne-Marie" gives "Anne-Marie", "Mr Smith" nothing (a surname).
    Anything that is not plainly a person (digits, links, e-mail addresses, firms, "Unknown Caller", more
    than 40 characters) gives ``None``: a wrong name is worse than none.
    """
    if raw is None:
        return None
    text = _one_line(unicodedata.normalize("NFC", raw)).replace("\u2019", "'").replace("\u02bc", "'")
    aside_gone = _ASIDE.sub(" ", text)
    if len(text) > _LONGEST_NAME or _LINK.search(aside_gone) or any(char.isnumeric() for char in aside_gone):
        return None
    first_part = _given_part(aside_gone)
    tokens = [token for token in (_edges_gone(token) for token in first_part.split()) if token]
    plain = [_plain(token) for token in tokens]
    if any(token in _COMPANY for token in plain) or any(token in _NOT_NAMES for token in plain[:2]):
        return None
    titled = 0
    while titled < len(tokens) and plain[titled] in _TITLES:
        titled += 1
    rest = tokens[titled:]
    if not rest or (titled and len(rest) == 1):
        return None
    name = rest[0]
    if not _NAME.fullmatch(name) or (len(name) == 1 and name.isascii()) or _REPEATED.fullmatch(name.casefold()):
        return None
    return _in_case(name, shouted=aside_gone.isupper())


def _given_part(text: str) -> str:
    """The half of "Smith, John" that holds the first name; "John Smith, MD" keeps its first half."""
    before, comma, after = text.partition(",")
    words = [_plain(word) for word in after.split()]
    if not comma or not words or words[0] in _SUFFIXES:
        return before
    is_place = len(words) == 1 and len(words[0]) == len("NY")
    return "" if is_place or "," in after else after


def _edges_gone(token: str) -> str:
    start, end = 0, len(token)
    while start < end and not token[start].isalpha():
        start += 1
    while end > start and not (token[end - 1].isalpha() or unicodedata.combining(token[end - 1])):
        end -= 1
    return token[start:end]


def _plain(word: str) -> str:
    decomposed = unicodedata.normalize("NFD", word.casefold())
    return "".join(char for char in decomposed if char.isalpha())


def _in_case(name: str, *, shouted: bool) -> str:
    """Capitals where all letters are one case ("MARY-JANE", "o'neil"); "McKenzie" and "JP" stay."""
    if not (name.islower() or (name.isupper() and (shouted or len(name) > len("JP")))):
        return name
    return re.sub(r"[^\W\d_]+", lambda part: part[0][:1].upper() + part[0][1:].lower(), name)


# ---------------------------------------------------------------- what a text costs

_GSM_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ "
    "!\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED: Final = frozenset("\f^{}\\[~]|€")
_SINGLE: Final[dict[Encoding, int]] = {"GSM-7": 160, "UCS-2": 70}
_JOINED: Final[dict[Encoding, int]] = {"GSM-7": 153, "UCS-2": 67}
"""A part of a longer text gives 6 octets to the header that joins it: 7 septets or 3 UCS-2 characters."""
_BEYOND_BMP: Final = 0xFFFF


@dataclass(frozen=True, slots=True)
class Segments:
    """What a carrier charges for: ``count`` parts, of ``units`` septets or UTF-16 units in all."""

    encoding: Encoding
    units: int
    count: int


def segments(text: str) -> Segments:
    """Count the parts of an SMS by GSM 03.38: 160/153 septets, or 70/67 UTF-16 units where needed.

    A character of the extension table (``€ { }`` …) takes two septets, one beyond the BMP (emoji) two
    units; neither is split between two parts. An empty text has no part.
    """
    encoding: Encoding = "GSM-7" if all(c in _GSM_BASIC or c in _GSM_EXTENDED for c in text) else "UCS-2"
    if encoding == "GSM-7":
        widths = [2 if char in _GSM_EXTENDED else 1 for char in text]
    else:
        widths = [2 if ord(char) > _BEYOND_BMP else 1 for char in text]
    units = sum(widths)
    if units <= _SINGLE[encoding]:
        return Segments(encoding, units, 1 if text else 0)
    count, used = 1, 0
    for width in widths:
        if used + width > _JOINED[encoding]:
            count, used = count + 1, 0
        used += width
    return Segments(encoding, units, count)


@dataclass(frozen=True, slots=True)
class Expensive:
    """A character that makes the whole text UCS-2, where it stands, and what to write ('' = leave it out)."""

    character: str
    index: int
    suggestion: str


_PLAINER: Final = {
    **dict.fromkeys("‘’‚‛′`´", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("‐‑‒–—―−•·‣", "-"),
    "…": "...",
    "™": "TM",
    "©": "(c)",
    "®": "(R)",
    "œ": "oe",
    "Œ": "OE",
    "×": "x",
}


def expensive_characters(text: str) -> tuple[Expensive, ...]:
    """Every character outside GSM-7, each of which more than doubles the price of a text."""
    return tuple(
        Expensive(char, index, _plainer(char))
        for index, char in enumerate(text)
        if char not in _GSM_BASIC and char not in _GSM_EXTENDED
    )


def in_plain_characters(text: str) -> str:
    """The same text with every expensive character replaced by its suggestion: what it could cost."""
    return "".join(char if char in _GSM_BASIC or char in _GSM_EXTENDED else _plainer(char) for char in text)


def _plainer(char: str) -> str:
    if char in _PLAINER:
        return _PLAINER[char]
    if char.isspace():
        return " "
    bare = "".join(part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part))
    return bare if all(part in _GSM_BASIC for part in bare) else ""


# ---------------------------------------------------------------- what is wrong with a text


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a text should not say, or should and does not; ``message`` holds the word."""

    code: Literal["exclamation", "promotional", "apology", "identification", "opt_out_words"]
    message: str
    remedy: str


_PROMOTIONAL: Final = (
    r"(?<!you )(?<!feel )(?<!you are )(?<!you're )free(?! (?:to|of|on|at|up|now|tomorrow|later|for)\b|\?)",
    r"discount\w*|\d+ ?% off|% off|coupons?|vouchers?|cash ?back|giveaway|prizes?|winner|bargains?|deals",
    r"(?:special|limited|exclusive) offers?|offers?(?= ends?\b)|our (?:latest )?offers?",
    r"(?:great|special|best|good) deals?|sale(?: now on| ends?| price)?|promo(?:tion|tions|tional)?",
    r"save (?:up to|money|£|\$|€|\d)\S*|best prices?|lowest prices?|unbeatable|guaranteed|no obligation",
    r"limited[- ]time|act now|(?<!no )hurry|don'?t miss(?: out)?|last chance|buy now|order now",
    r"once in a lifetime|refer a friend|newsletter",
    r"gratuite?s?(?:ment)?|rabais|soldes?|promotions?|nos offres|[ée]conomisez|r[ée]ductions?|remises?",
    r"offres? (?:sp[ée]ciales?|exclusives?|limit[ée]es?)|meilleurs? prix|aubaines?|profitez|concours",
    r"derni[èe]re chance|bon de r[ée]duction|infolettre|cadeaux?",
)
_APOLOGY: Final = r"sorry|apolog\w+|regret|forgive|pardon|d[ée]sol[ée]e?s?|excuses?|excusez|regrettons|navr[ée]e?s?"
_HEAVY_APOLOGY: Final = (
    r"(?:so|very|really|truly|terribly|deeply|extremely|awfully) sorry|sincere(?:ly|st)? apolog\w+|"
    r"apolog\w+ sincerely|(?:vraiment|sinc[èe]rement|profond[ée]ment|tr[èe]s|tellement) d[ée]sol[ée]e?s?|"
    r"(?:sinc[èe]res|mille) excuses"
)
_OPT_OUT_WORDS = re.compile(r"\b(?:STOP|ARR[EÊ]T)\b")


@cache
def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.IGNORECASE)


def complaints(words: str, purpose: Purpose, *, channel: Channel = "sms") -> tuple[Complaint, ...]:
    """What a playbook's lint says about the words of a step, before values are filled in.

    A ``service`` text follows up a call the person made and sells nothing (UK PECR reg. 22, CASL s. 6); who
    writes is named in every text, email and call, and every SMS says how to stop. ``staff`` words go to the
    business itself.
    """
    if channel == "staff":
        return ()
    found = [*_tone(words)] if purpose == "service" else []
    apology = _words(_HEAVY_APOLOGY).search(words)
    apologies = _words(_APOLOGY).findall(words)
    if apology or len(apologies) > 1:
        said = apology[0] if apology else " … ".join(apologies)
        remedy = "say sorry once and plainly, or not at all"
        found.append(Complaint("apology", f"apologises too much: {said!r}", remedy))
    if "company" not in placeholders(words):
        found.append(Complaint("identification", "does not say who writes", "add {company}"))
    if channel == "sms" and not _OPT_OUT_WORDS.search(words):
        remedy = "add 'Reply STOP to opt out' (in French 'ARRET pour vous desabonner')"
        found.append(Complaint("opt_out_words", "does not say how to stop", remedy))
    return tuple(found)


def _tone(words: str) -> list[Complaint]:
    found = []
    if "!" in words:
        remedy = "end the sentence with a full stop"
        found.append(Complaint("exclamation", "has an exclamation mark: '!'", remedy))
    promotional = dict.fromkeys(hit[0].lower() for hit in _words("|".join(_PROMOTIONAL)).finditer(words))
    remedy = "a service text only follows up the call: leave the word out, or mark the step as marketing"
    found += [Complaint("promotional", f"has promotional words: {word!r}", remedy) for word in promotional]
    return found
