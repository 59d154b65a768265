"""What a rule about opt-outs is, and how one is applied to plain words.

The rules stand in ``optout_english``, ``optout_french`` and ``optout_spanish``. Their
sources: 47 CFR 64.1200(a)(10) (stop, quit, end, revoke, opt out, cancel, unsubscribe, "any reasonable
means"), Twilio's default keywords, CASL s. 11, PECR reg. 22. A rule is a pattern for one clause, the
beginnings of the words without which it cannot match (so that a message about a leak costs nothing), what
speaks against it before the place it found, and how the rest of the clause is weighed. Every repetition is
bounded: no message, however long, makes them slow.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Finding = Literal["opt_out", "unclear", "none"]
Weight = Literal["urged", "forbidden", "left", "doubted"]
"""``urged``: "stop texting …", ``forbidden``: "don't text …", ``left``: "unsubscribe from …", ``doubted``: the rest."""

STEM: Final = 4
"""How many first letters of a word the quick check looks at."""
LOOK_BACK: Final = 80
"""How many characters before a match can speak against it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason to see an opt-out, or a doubt, in a message."""

    name: str
    finding: Finding
    stems: frozenset[str]
    """First letters (up to four) of words one of which every match holds."""
    pattern: re.Pattern[str]
    never_after: re.Pattern[str] | None
    """What in the clause before the match turns it into something else."""
    weighed: Weight | None
    """How the rest of the clause ("… before 9", "… about it") has a say; ``None``: it has none."""


def rule(
    name: str,
    finding: Finding,
    stems: str,
    pattern: str,
    *,
    never_after: str | None = None,
    weighed: Weight | None = None,
) -> Rule:
    """Compile a rule: both patterns are made of whole words, and ``stems`` are separated by spaces."""
    before = re.compile(rf"(?:{never_after}) $") if never_after else None
    return Rule(name, finding, frozenset(stems.split()), re.compile(f" (?:{pattern})(?= )"), before, weighed)


_TIME = re.compile(
    r" (?:before|after|until|till|til|unless|while|whilst|when|during|tomorrow|between|early|late|past|"
    r"at \d\w*|for now|(?:so|too|this|that|very) (?:early|late|often|much)|at (?:night|lunch|lunchtime|"
    r"noon|midnight)|this (?:morning|afternoon|evening|week|month)|in the (?:morning|evening|night|middle)|"
    r"(?:on )?(?:a )?(?:mon|tues|wednes|thurs|fri|satur|sun)days?|(?:on )?(?:the )?weekends?|avant|apres|"
    r"pendant|quand|aujourd|demain|ce (?:soir|matin)|cette|le (?:soir|matin|samedi|dimanche|lundi)|"
    r"maintenant|jusqu|a \d\w*|si) "
)
_MOMENT = re.compile(r" (?:now|today|tonight|yet|at the moment|just now) ")
"""With "don't" these put off; with "stop" they urge ("stop texting me right now")."""
_PLACE = re.compile(r" (?:at (?:work|home|the office|school|my job)|au (?:travail|bureau)|a la maison|a mon travail) ")
_FOR_GOOD = re.compile(
    r" (?:again|anymore|ever|any longer|any further|in (?:the )?future|at all|no more|further|any reason|"
    r"any circumstances?|any time|whatsoever|period) "
)
_NOTHING_ELSE = re.compile(
    r"^(?: (?:me|us|you|i|here|anymore|again|ever|please|thanks|thank|out|to|this|that|these|those|all|"
    r"your|the|my|our|numbers?|phone|line|calls?|texts?|emails?|messages?|texting|calling|messaging|"
    r"emailing|writing|send|or|and|it|so|on|at|now|immediately|asap|already|sir|mate|guys|people|lady|man|"
    r"bro|contact|any|more|further|anything|stuff|shit|fucking|god|damn|wife|husband|mum|mom|mother|house|"
    r"home|landline|work|list|everything|everyday|every|day|hour|times?|constantly|for|sake|him|her|them|"
    r"with|about|regarding|from|via|by|sms|whatsapp|offers|ads|adverts|marketing|promotions|spam|crap|"
    r"nonsense|rubbish|because|since|as|im|ive|not|no|wrong|up|svp|s|il|vous|plait|merci|stp|moi|nous|a|ce|"
    r"numero|de|d|des|sur|mon|votre|par|du|tout|plus|rien|et|ni|encore|sans|arret|\d+))* $"
)
"""A clause that goes on with nothing but objects, courtesies and more of the same forbids contact as such."""
_NO_LIST_OF_OURS = r"(?!waiting|wait|cancellation|guest|shopping|(?:mon|tues|wednes|thurs|fri|satur|sun)day)"
OURS: Final = (
    rf"(?:\||{_NO_LIST_OF_OURS}(?:you|your|yours|this|these|those|that|it|here|them|all|any|every|everything|anything|"
    r"whatever|further|future|more|receiving|getting|being|contacting|texting|texts?|sms|messages?|messaging|calls?|"
    r"calling|emails?|marketing|mailing|spam|lists?|reminders?|alerts|updates|notifications|promos|offers|please|now|"
    rf"thanks|immediately|asap|and|the (?:{_NO_LIST_OF_OURS}\w+ )?(?:lists?|texts?|sms|messages?|messaging|calls?|"
    r"emails?|mailing|service|alerts|notifications|reminders|promos|offers|spam|system|database|records|thing)|vos|"
    r"votre|ton|tes|ce|cet|cette|ces|(?:la|les|l|toutes?|tous|vos)? ?(?:listes?|texts|messages|envois?|infolettre|"
    r"systeme|base|dossiers?|svp)|la|tout|tous|toutes?))(?= |$)(?! (?:hands|slot|booking|appointment|lease|deed|quote|"
    r"invoice|job|policy|mortgage|contract|bail))"
)
"""What one can leave that is ours: our list, these texts, or nothing named at all."""
_SOMETHING_LEFT = re.compile(rf"(?: (?:me|us|moi|nous|him|her|my \w+))? (?:from|of|de|d|du|des) (?!(?:{OURS}))")
_FROM_ANOTHER = re.compile(rf" from (?!(?:{OURS}))")
_OTHER_LINE = re.compile(
    r"^ (?:(?:me|us) )?(?:(?:on|at|via) )?(?:the|my|our|that) (?:landline|(?:house|home|office|work|shop|desk|old|"
    r"other) "
    r"(?:phone|number|line|landline))(?= )"
)


_WHILE = re.compile(r" (?:while|whilst|when|pendant|quand) ")
_WRITES = re.compile(r" (?:text|sms|messag|email|e?mail|writ|contact|repl|respond|m? ?ecri|courriel)")
"""Ours to keep to, whenever a text or an email may be due; what is said of calls is read as of their own day."""
_OR_WRITES = re.compile(r" (?:or|and|nor) (?:text|message|write|reply) ")


_THEIRS = re.compile(
    r" (?:me|us|this number|my (?:wife|husband|partner|mother|mum|mom|father|dad|parents?|daughter|son|kids?|child|"
    r"children|family|nan|gran|grandmother|grandfather|elderly|phone|number|line)) "
)


def _weigh(one: Rule, found: str, rest: str) -> tuple[Finding, str]:
    """What a match still means, given what follows: "never call me" is one thing, "… before 9" another."""
    if one.weighed == "left":
        return ("unclear", "left_something_else") if _SOMETHING_LEFT.match(rest) else ("opt_out", one.name)
    return _limited(one, found, rest) or _addressed(one, rest)


def _limited(one: Rule, found: str, rest: str) -> tuple[Finding, str] | None:
    """What a time, a place or another line makes of "don't call …", if it names one."""
    urged = one.weighed == "urged"
    if _FROM_ANOTHER.match(rest):
        return "unclear", "from_somebody_else"
    if _TIME.search(rest):
        of_texts = _WRITES.search(found) is not None and _WHILE.search(rest) is None
        doubtful = urged or of_texts or _FOR_GOOD.search(rest) is not None
        return ("unclear", "only_at_a_time") if doubtful else ("none", "not_at_that_time")
    if one.weighed == "doubted":
        return "unclear", one.name
    if not urged and _MOMENT.search(rest):
        return "none", "not_at_that_time"
    if _PLACE.search(rest):
        return "unclear", "not_at_that_place"
    if not urged and _OTHER_LINE.match(rest):
        return "unclear", "not_on_that_line"
    return ("opt_out", one.name) if _writes_no_more(found, rest) else None


def _addressed(one: Rule, rest: str) -> tuple[Finding, str]:
    """What "don't call …" means by the one it names: them, us, somebody else, or nobody."""
    urged = one.weighed == "urged"
    if rest.startswith(" you ") and not urged:
        return "none", "about_you"
    for_good = _FOR_GOOD.search(rest) is not None
    if rest.startswith((" me back ", " back ")) and not for_good:
        return "unclear", "not_call_back"
    if urged or for_good or _NOTHING_ELSE.match(rest):
        return "opt_out", one.name
    if _THEIRS.match(rest):
        return "unclear", "not_for_that"
    return "none", "about_something_else"


def _writes_no_more(found: str, rest: str) -> bool:
    """Whether this is "don't text back", the end of a talk by text; "don't call back" may only spare a call."""
    writes = _WRITES.search(found) or _OR_WRITES.search(rest)
    return " back " in rest and writes is not None and _NOTHING_ELSE.match(rest.replace(" back ", " ")) is not None


def findings(rules: Iterable[Rule], words: str, stems: frozenset[str]) -> Iterator[tuple[Finding, str]]:
    """What each rule that applies means here, with its name or that of what outweighed it."""
    for one in rules:
        if one.stems.isdisjoint(stems):
            continue
        for match in one.pattern.finditer(words):
            start = match.start()
            clause = words.rfind("|", 0, start + 1)
            before = words[max(clause, start - LOOK_BACK, 0) : start + 1]
            if one.never_after and one.never_after.search(before):
                continue
            if one.weighed is None:
                yield one.finding, one.name
            else:
                end = words.find("|", match.end())
                yield _weigh(one, match.group(), words[match.end() : end])
