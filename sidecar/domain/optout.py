"""Does this message say STOP? What a person wants when they answer a text, in English and in French.

Decisions: an opt-out in any reasonable words counts (47 CFR 64.1200(a)(10)), on every channel, so "don't call me again" is one.
``unclear`` holds the sequence and asks a person: another channel is wanted, STOP with an invitation, STOP with a
time or a place, "not interested". "Not now" and "no thanks" are answers, not wishes about being written to: ``none``. A YES never
opts in, since people answer questions with it; HELP and START count only as the whole message.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from sidecar.domain.optout_rules import STEM, findings
from sidecar.domain.optout_words import CLAUSE, plain_words, within_one_slip

Intent = Literal["opt_out", "opt_in", "help", "unclear", "none"]

_POLITE: Final = frozenset(
    "please thanks thank you ok okay now just right sorry hi hello hey sir madam mate bro dude guys immediately it this that all "
    "again already kindly asap god sake for fs everything lol man omg no yes yeah hell the fucking bloody damn oh um svp s il "
    "vous te plait merci bonjour non oui ca cela tout maintenant moi me je donc stp allo want to wish d de suite immediatement veuillez".split()
)
_STOP_WORDS: Final = frozenset(
    "stop unsubscribe optout arret arrete arretez arretes arreter stopper stoppez desabonner desabonnez desinscrire "
    "desinscription desabonnement quit cease cesse cessez cesser discontinue desist".split()
)
_BARE_STOP_WORDS: Final = _STOP_WORDS | {"end", "cancel", "revoke", "remove"}
_REMOVE_IT: Final = frozenset({"it", "this", "that", "all", "everything"})
"""Keywords as a whole message only: in a sentence they are about an appointment, a week, a boiler."""
_START_WORDS: Final = frozenset({"start", "unstop", "optin"})
_HELP_WORDS: Final = frozenset({"help", "info", "aide"})
_COURTESY: Final = frozenset("please thanks thank you hi hello svp s il vous plait merci bonjour".split())

_BACK_IN: Final = re.compile(
    r"\| (?:please |yes |ok |you can |you may |can you |svp )*(?:(?:start|resume|restart) (?:(?:sending|me|the|your) )*(?:texting|messaging|texts|messages)"
    r"|(?:optin|opt me (?:back )?in|(?:re ?)?subscribe|resubscribe|reabonnez|reabonner)|unstop)(?: (?:me|us|moi|back|in|again|please|svp|to|your|texts|messages))* \|"
)
_NEVER_BACK_IN: Final = re.compile(r" (?:dont|not|never|no|ne|pas) ")

_INVITE: Final = re.compile(
    r" (?:(?:call|text|ring|phone|message|email|contact|write) (?:me|us|him|her|back|my (?:wife|husband|partner|son|daughter|office|other|new|email|phone|home|work|mum|dad))"
    r"|r?appelez? (?:moi|nous)|(?:ecrivez|ecris|textez|texte|contactez) (?:moi|nous)|give (?:me|us) a (?:call|ring|bell|shout|buzz))(?= )"
)
_SET_AGAIN: Final = re.compile(r".*(?:\||\b(?:and|but|just|then|so|instead|please|et|mais|plutot|no)\b)")
_REFUSING: Final = re.compile(
    r" (?:dont|not|never|stop|stopped|quit|cease|to|or|ever|refrain|didnt|wont|you|they|who|keep|ne|n|m|me|nous|plus|pas|de|if|why|cant|doesnt|shouldnt)(?= )"
)
_MIND_CHANGED: Final = re.compile(
    r" (?:actually no|just kidding|jk|only kidding|only joking|kidding|finalement|ignore (?:that|my|me|the|last)|please ignore|disregard|scratch that|"
    r"wait no|go ahead|book (?:it|me|us)|still (?:want|need|interested|like)|(?:do|but i|but we) (?:still )?(?:need|want|would like|do)|when can (?:you|i|we)|"
    r"what time|how much|come (?:round|over|tomorrow|today)|see you (?:tomorrow|at|on|then|later)|can you come|looking forward|"
    r"by (?:mistake|accident)|accidentally|didnt mean|autocorrect|not you|mais j|mais je)(?= )"
)
_STOP_IN_PLACE: Final = re.compile(
    r" (?:(?:bus|tram|train|door|pit|last|next|first|full|non|wont|doesnt|didnt|cant|not|never|to|i|we|ill|emergency|tail|truck|shut|couldnt|wouldnt|"
    r"dont|its|it|they|which|what|each|every|a|one|any|short|back|can you|could you|will you|would you|can we|someone|anyone|help|made|make) stop"
    r"|stop (?:by|in|at|over|off|for|on|when|cock|tap|valve|work|working|here|there|sign|light|signs|lights|end|ends|using|off|"
    r"(?:the|my|our|this|that|any|these|it) (?:\w+ )?(?:leak\w*|water|drip\w*|noise\w*|flow\w*|draughts?|draft|damp|gas|smell|alarm|boiler|toilet|tap|bleeding|"
    r"mould|mold|rain|flood\w*|job|build|pump|machine|running|overflow\w*|heating|fan|squeak\w*|rattl\w*|condensation|from|car|tv|fridge|dryer|washer))"
    r"|stop(?:s|ped|ping|cock|valve|tap|watch|gap))(?= )"
)
_ARRET_IN_PLACE: Final = re.compile(
    r" (?:(?:l|d|un|en|n|s|sans|ai|a|cet|prochain|m|j|comment|pour|pouvez vous|peut on|faut|pourriez vous|il) arret\w*|arret\w* (?:d|de|du|vous|la|le|l|par|chez))(?= )"
)
_STOP_SOMEWHERE: Final = re.compile(r" (?:stop|unsubscribe|optout|desabonn\w*|arret|arretez|arrete)(?= )")
_WHOLE: Final = "keyword"


def classify(body: str) -> Intent:
    """What the person wants: see :func:`classify_reason`."""
    return classify_reason(body)[0]


def classify_reason(body: str) -> tuple[Intent, str]:
    """What a message means for being contacted, and the name of the rule that decided.

    ``opt_out``: suppress on every channel. ``opt_in``: START. ``help``: answer with who we are. ``unclear``: hold the
    sequence and ask a person. ``none``: an ordinary reply. Any text is accepted; case, and punctuation and white space around
    it, change nothing. Time is linear in the length of the message.
    """
    words = plain_words(body)
    tokens = [word for word in words.split() if word != CLAUSE]
    if not tokens:
        return "none", "no_words"
    keyword = _keyword(tokens)
    if keyword is not None:
        return keyword
    padded = f" {words} "
    stems = frozenset(token[:STEM] for token in tokens)
    found = list(findings(padded, stems))
    refusal = _sentence_of_its_own(words) or next((name for finding, name, _ in found if finding == "opt_out"), None)
    limited = any(finding == "none" for finding, _, _ in found)
    doubts = [name for finding, name, _ in found if finding == "unclear" and not (limited and name == "negated_contact")]
    if refusal is not None:
        return ("unclear", "other_channel") if "other_channel" in doubts else _unless_taken_back(padded, refusal)
    if _BACK_IN.search(padded) and not _NEVER_BACK_IN.search(padded):
        return "opt_in", "asks_to_be_written_to"
    if doubts:
        return "unclear", doubts[0]
    return _stop_left_over(padded, tokens)


def _keyword(tokens: list[str]) -> tuple[Intent, str] | None:
    """A message that is nothing but a keyword, with or without a polite word."""
    core = [token for token in tokens if token not in _POLITE]
    kinds = set(core)
    if kinds and kinds <= _STOP_WORDS:
        return "opt_out", _WHOLE
    if len(set(tokens)) == 1 and kinds <= _BARE_STOP_WORDS and kinds:
        return "opt_out", _WHOLE
    if kinds == {"remove"} and _REMOVE_IT.isdisjoint(tokens):
        return "opt_out", _WHOLE
    if kinds and kinds <= _BARE_STOP_WORDS:
        return "unclear", "keyword_in_a_sentence"
    bare = {token for token in tokens if token not in _COURTESY}
    if bare and bare <= _START_WORDS:
        return "opt_in", _WHOLE
    if bare and bare <= _HELP_WORDS:
        return "help", _WHOLE
    if len(tokens) == 1 and within_one_slip(tokens[0], "stop"):
        return "unclear", "perhaps_a_slip_for_stop"
    return None


def _sentence_of_its_own(words: str) -> str | None:
    """"Thanks for the quote. Stop." — a clause that is nothing but STOP and politeness."""
    for clause in words.split(CLAUSE):
        core = [word for word in clause.split() if word not in _POLITE]
        if core and set(core) <= _STOP_WORDS and clause.split()[0] not in {"to", "de", "d"}:
            return "stop_as_a_sentence"
    return None


def _unless_taken_back(padded: str, refusal: str) -> tuple[Intent, str]:
    """STOP together with an invitation or a change of mind is for a person to read."""
    if _MIND_CHANGED.search(padded):
        return "unclear", "stop_and_a_change_of_mind"
    for match in _INVITE.finditer(padded):
        bar = padded.rfind(CLAUSE, 0, match.start() + 1)
        before = padded[bar : match.start() + 1]
        since = _SET_AGAIN.match(before)
        if not _REFUSING.search(f" {before[since.end() if since else 0 :].strip()} "):
            return "unclear", "stop_and_an_invitation"
    return "opt_out", refusal


def _stop_left_over(padded: str, tokens: list[str]) -> tuple[Intent, str]:
    """The word STOP where no rule knew what to make of it: harmless company, or a person has to look."""
    if _STOP_SOMEWHERE.search(padded) and _MIND_CHANGED.search(padded):
        return "unclear", "stop_and_a_change_of_mind"
    rest = _ARRET_IN_PLACE.sub(" ", _STOP_IN_PLACE.sub(" ", padded))
    if _STOP_SOMEWHERE.search(rest):
        return "unclear", "stop_unexplained"
    return "none", "stop_in_another_sense" if "stop" in tokens else "no_rule"
