"""The rules that find a wish not to be contacted in plain words (see :func:`sidecar.domain.optout_words.plain_words`).

Sources: 47 CFR 64.1200(a)(10) (stop, quit, end, revoke, opt out, cancel, unsubscribe, "any reasonable means"), Twilio's default
keywords, CASL s. 11, PECR reg. 22. A rule is a pattern for one clause, the beginnings of the words without which it cannot match
(so that a message about a leak costs nothing), and what speaks against it before or after the place it found.
Every repetition is bounded: no message, however long, makes them slow.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

Finding = Literal["opt_out", "unclear", "none"]

_LOOK_BACK: Final = 80
"""How many characters before a match can speak against it."""
STEM: Final = 4
"""How many first letters of a word the quick check looks at."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason to see an opt-out, or a doubt, in a message."""

    name: str
    finding: Finding
    stems: frozenset[str]
    """First letters (up to four) of words one of which every match holds."""
    pattern: re.Pattern[str]
    never_after: re.Pattern[str] | None = None
    """What in the clause before the match turns it into something else."""
    weighed: bool = False
    """Whether the rest of the clause ("… before 9", "… at work", "… about it") still has a say."""


def rule(
    name: str, finding: Finding, stems: str, pattern: str, *, never_after: str | None = None, weighed: bool = False
) -> Rule:
    before = re.compile(rf"(?:{never_after}) $") if never_after else None
    return Rule(name, finding, frozenset(stems.split()), re.compile(f" (?:{pattern})(?= )"), before, weighed)


# ---------------------------------------------------------------- the rest of the clause

_TIME = re.compile(
    r" (?:before|after|until|till|til|unless|while|whilst|when|during|tomorrow|between|(?:so|too|this|that|very) (?:early|late|often|much)|"
    r"early|late|past|at \d\w*|at (?:night|lunch|lunchtime|noon|midnight)|this (?:morning|afternoon|evening|week|month)|for now|"
    r"(?:on )?(?:a )?(?:mon|tues|wednes|thurs|fri|satur|sun)days?|(?:on )?(?:the )?weekends?|in the (?:morning|evening|night|middle)|"
    r"avant|apres|pendant|quand|aujourd|demain|ce (?:soir|matin)|cette|le (?:soir|matin|samedi|dimanche|lundi)|maintenant|jusqu|a \d\w*|si) "
)
_MOMENT = re.compile(r" (?:now|today|tonight|yet|at the moment|just now) ")
"""With "don't" these put off; with "stop" they urge ("stop texting me right now")."""
_PLACE = re.compile(r" (?:at (?:work|home|the office|school|my job)|au (?:travail|bureau)|a la maison|a mon travail) ")
_FOR_GOOD = re.compile(r" (?:again|anymore|ever|any longer|any further|in (?:the )?future|at all|no more|further) ")
_OBJECT = re.compile(
    r"^(?: (?:me|us|you|i|here|anymore|again|ever|please|thanks|thank|out|to|this|that|these|those|all|your|the|my|our|number|phone|line|numbers|"
    r"call|calls|text|texts|email|emails|message|messages|texting|calling|messaging|emailing|writing|send|or|and|it|so|on|at|now|immediately|asap|"
    r"already|sir|mate|guys|people|lady|man|bro|contact|any|more|further|anything|stuff|shit|fucking|god|damn|wife|husband|mum|mom|mother|"
    r"house|home|landline|work|list|everything|everyday|every|day|hour|time|times|constantly|for|sake|him|her|them|with|about|regarding|from|via|by|sms|"
    r"whatsapp|offers|ads|adverts|marketing|promotions|spam|crap|nonsense|rubbish|because|since|as|im|ive|not|no|wrong|immediatly|up|"
    r"svp|s|il|vous|plait|merci|stp|moi|nous|a|ce|numero|de|d|des|sur|mon|votre|par|du|tout|plus|rien|et|ni|encore|sans|arret|\d+))* $"
)


def rest_of(words: str, end: int) -> str:
    """What follows a match up to the end of its clause, padded with spaces."""
    bar = words.find("|", end)
    return words[end : bar if bar >= 0 else None]


def weigh(rule: Rule, rest: str) -> tuple[Finding, str]:
    """What a match still means, given the rest of its clause: "never call me" is one thing, "… before 9" another."""
    is_stop = rule.name.startswith(("stop", "arreter"))
    if rule.name in {"unsubscribe", "opt_out_words"}:
        other = re.match(r" (?:from|of) (?:the|my|our|a|an|that) (?!\w*\s?(?:list|lists|texts|messages|calls|mailing|service|alerts))", rest)
        return ("unclear", "opt_out_of_something") if other else ("opt_out", rule.name)
    if _TIME.search(rest):
        return ("unclear", "stop_at_a_time") if is_stop else ("none", "not_at_that_time")
    if not is_stop and _MOMENT.search(rest):
        return "none", "not_at_that_time"
    if _PLACE.search(rest):
        return "unclear", "not_at_that_place"
    if is_stop or _FOR_GOOD.search(rest) or _OBJECT.match(rest):
        if rest.startswith((" me back ", " back ")) and not _FOR_GOOD.search(rest):
            return "unclear", "not_call_back"
        return "opt_out", rule.name
    if rest.startswith((" me ", " us ", " this number ")):
        return "unclear", "not_for_that"
    return "none", "about_something_else"


def findings(rules: Iterable[Rule], words: str, stems: frozenset[str]) -> Iterator[tuple[Finding, str, int]]:
    """Every rule that applies, with what it means here and where it was found."""
    for one in rules:
        if rule.stems.isdisjoint(stems):
            continue
        for match in rule.pattern.finditer(words):
            start = match.start()
            clause_start = words.rfind("|", 0, start + 1)
            before = words[max(clause_start, start - _LOOK_BACK, 0) : start + 1]
            if rule.never_after and rule.never_after.search(before):
                continue
            finding, name = rule.finding, rule.name
            if rule.weighed:
                finding, name = weigh(rule, rest_of(words, match.end()))
            yield finding, name, start
