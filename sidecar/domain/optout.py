"""Does this message say STOP? What a person wants when they answer a text, in English, in French and in plain Spanish.

Decisions. An opt-out in any reasonable words counts (47 CFR 64.1200(a)(10)) and holds on every channel, so
"don't call me again" is one, and so are "wrong number" and a complaint. ``unclear`` holds the sequence and
asks a person: another channel is wanted, STOP beside an invitation or a change of mind, STOP for a time or
a place, "not interested", a keyword in a sentence of unknown sense, leaving what may not be ours ("unsubscribe
from HomeCover"), "don't ring the landline", a threat over the work. "Not now", "no thanks" and "don't call
before 9" are answers, not wishes about being written to: ``none``. A YES never opts in, since people answer
questions with it; HELP and START count as the whole message, or as a question or a wish that can mean nothing
else ("what is this text service?", "put me back on the texts").
"""

from __future__ import annotations

import re
from typing import Final, Literal

from sidecar.domain.optout_complaints import COMPLAINTS, about_another, about_the_work
from sidecar.domain.optout_english import REFUSALS
from sidecar.domain.optout_english_doubts import DOUBTS
from sidecar.domain.optout_french import FRENCH
from sidecar.domain.optout_rules import LOOK_BACK, STEM, Finding, findings
from sidecar.domain.optout_signs import add_up
from sidecar.domain.optout_spanish import SPANISH
from sidecar.domain.optout_words import CLAUSE, plain_words, within_one_slip

Intent = Literal["opt_out", "opt_in", "help", "unclear", "none"]

_RULES: Final = (*REFUSALS, *FRENCH, *SPANISH, *DOUBTS)

_POLITE: Final = frozenset(
    "please thanks thank you ok okay now just right sorry hi hello hey sir madam mate bro dude guys "
    "immediately it this that all again already kindly asap god sake for fs everything lol man omg no yes "
    "yeah hell bro fam ew ugh yo smh jeez tf wtf gosh the fucking bloody damn oh um svp s il vous te plait "
    "merci bonjour non oui ca cela tout maintenant moi me je donc stp allo want to wish d de suite "
    "immediatement veuillez".split()
)
_COURTESY: Final = frozenset("please thanks thank you hi hello svp s il vous plait merci bonjour".split())
_STOP_WORDS: Final = frozenset(
    "stop unsubscribe optout arret arrete arretez arretes arreter stopper stoppez desabonner desabonnez "
    "desinscrire "
    "desinscription quit cease cesse cessez cesser discontinue desist".split()
)
_BARE_STOP_WORDS: Final = _STOP_WORDS | {"end", "cancel", "revoke", "remove"}
"""The last four as a whole message only: in a sentence they are about an appointment, a week, a boiler."""
_THINGS: Final = frozenset({"it", "this", "that", "all", "everything"})
_START_WORDS: Final = frozenset({"start", "unstop", "optin"})
_HELP_WORDS: Final = frozenset({"help", "info", "infos", "aide", "helpp", "hlep", "hepl"})

_WIDE_NETS: Final = frozenset({"negated_contact", "forbidden_in_other_words", "refus_en_d_autres_mots"})
"""Doubts that a limit ("not before 9") settles."""

_THREATS: Final = frozenset({"reports_us", "complains_to_an_authority", "takes_us_to_law"})
"""Over the work these are no opt-out, but a person should see them before anything more is sent."""

_BACK_IN = re.compile(
    r"(?:you (?:can|may)|(?:happy|ok|okay|fine|glad) (?:for|with) you (?:to|texting)|i want you to) (?:text(?:ing)?|"
    r"message|write to|contact) me again|(?:want|like|wish|love) to (?:receive|get) (?:your|the|these) (?:texts|"
    r"messages)(?: and \w+)? again|(?:sign|put|add) (?:me|us) back (?:up|on|to)(?: (?:to|for|"
    r"the|your|these|this|text|sms|reminder|message|mailing))* (?:texts?|lists?|messages?|reminders?|alerts|\||please|"
    r"thanks)|(?:can|could|may) (?:i|we) (?:get|receive|have) (?:your|the|these) (?:texts|messages|reminders) "
    r"again|opt(?:ing)? (?:(?:me|us) )?back in(?= (?:\||please|thanks|again|to (?:(?:the|your|these|text|sms) "
    r")*(?:texts?|messages?|reminders?|alerts|list)))|(?:turn|switch) (?:(?:the|these|your|my) )?(?:texts|messages|"
    r"reminders|alerts) back on|(?:start|resume|restart) sending (?:me|us) (?:the|your|these) (?:texts|messages|"
    r"reminders|alerts)|recommence(?:r|z)? a (?:m|me|nous) (?:ecrire|texte[rz]|contacter|envoyer (?:des|vos|les) "
    r"(?:texts|messages))|(?:remettez|remettre) moi (?:sur|dans) (?:vos|les|la|votre) (?:texts|messages|liste)|"
    r"(?:pouvez|peux|peut|veux que vous)(?: \w+)? "
    r"(?:m|me) (?:ecrire|ecriviez|texter|contacter|textiez) (?:de nouveau|a nouveau|encore)|(?:veux|voudrais|"
    r"souhaite|aimerais) (?:recevoir|avoir) vos (?:texts|messages) (?:de nouveau|a nouveau|encore)|(?:reabonnez|"
    r"reinscrivez) moi|me (?:reabonner|reinscrire)|\| (?:please |yes |ok |you can |you may |can you |svp "
    r")*(?:(?:start|resume|restart) (?:(?:sending|me|the|your) )*(?:texting|messaging|texts|messages)|optin|opt me "
    r"(?:back )?in|(?:re ?)?subscribe|resubscribe|reabonne[rz]|unstop)(?: (?:me|us|moi|back|in|again|please|svp|to|"
    r"your|texts|messages))* \|"
)
_FORMER_STOP = re.compile(
    r" (?:(?:i|we|ive)(?: (?:accidentally|have|had|must have|mustve|just|already|previously|wrongly|had "
    r"accidentally))? "
    r"(?:optout|unsubscribed|(?:sent|hit|typed|texted|pressed|said|replied|put) stop)|j ai (?:fait|envoye|tape|ecrit|"
    r"repondu) (?:stop|arret))(?: (?:by|par|last|a|yesterday|before|week|month|mistake|accident|erreur|accidentally))*"
    r"(?= )"
)
"""A STOP of another day, told together with the wish to be written to again."""
_ASKS_FOR_HELP = re.compile(
    r"^\| (?:(?:hi|hello|hey|please|sorry)(?: \|)? )*(?:(?:what is|whats|c est quoi) (?:this|the|ce) (?:(?:text|"
    r"texting|"
    r"message|messaging|sms) )?service|(?:help|aide|info)(?: \|)? (?:(?:what is|whats|what are|c est quoi) (?:this|"
    r"these|"
    r"ce|ca)(?: (?:text|message|messaging|sms))?(?: (?:service|texts?|messages?|number))?|(?:with|on|about) (?:this|"
    r"these|your) (?:text |message |messaging |sms )?(?:service|texts?|messages?))|(?:(?:more|some|need|want|send|me) "
    r")*(?:info|information|details) (?:on|about) (?:this|these|the|your) (?:text |message |messaging |sms "
    r")?(?:service|"
    r"texts?|messages?|program|programme))(?: (?:please|thanks|svp))* \|$"
)
_NOT_BACK_IN = re.compile(r" (?:dont|not|never|no|ne|pas) ")

_INVITATION = re.compile(
    r" (?:(?:call|text|ring|phone|message|email|contact|write) (?:me|us|him|her|back|this (?:one|number|phone)|my "
    r"(?:wife|husband|"
    r"partner|son|daughter|office|other|new|email|phone|home|work|mum|dad))|r?appelez? (?:moi|nous)|"
    r"(?:ecrivez|ecris|textez|texte|contactez) (?:moi|nous)|give (?:me|us) a (?:call|ring|bell|shout|"
    r"buzz))(?= )(?! (?:again|once more|one more time|any|ever|plus|jamais|pas))"
)
_BEGINS_ANEW = re.compile(r".*(?:\||\b(?:and|but|just|then|so|instead|please|et|mais|plutot|no)\b)")
_REFUSING = re.compile(
    r" (?:dont|not|never|stop|stopped|quit|cease|to|or|ever|refrain|didnt|wont|you|they|who|keep|ne|n|m|me|"
    r"nous|plus|pas|de|if|why|cant|doesnt|shouldnt)(?= )"
)
_SLIP = r"by (?:mistake|accident)|accidentally|didnt mean|autocorrect|par (?:erreur|accident)"
_RANG_BY_MISTAKE = re.compile(
    rf" (?:called|call|rang|rung|ring|phoned|dialled|dialed|dial|contacted|texted you|messaged you)(?: \w+){{0,3}} "
    rf"(?:{_SLIP})(?= )| (?:accidentally|by mistake) (?:called|rang|phoned|dialled|dialed)(?= )"
)
_BY_MISTAKE = re.compile(rf" (?:{_SLIP})(?= )")
_CHANGE_OF_MIND = re.compile(
    rf" (?:(?:ill|i will|well|we will|let me)(?: \w+)? (?:ring|call|text|phone|message|email|get back to) (?:you|u)(?: "
    rf"back)? (?:later|tomorrow|when|tonight|soon|next|after|in a|on|this)|(?:i )?think (?:we|i|were|im|its|it)(?: "
    rf"are| "
    rf"am| is)?(?: all)? (?:good|ok|fine|set|sorted)|use my phone|i meant|can (?:we|you) (?:do|make it|move it)|"
    rf"actually no|just kidding|jk|only kidding|only "
    rf"joking|kidding|finalement|ignore (?:that|my|me|the|last)|"
    rf"please ignore|disregard|scratch that|wait no|go ahead|book (?:it|me|us)|still (?:want|need|interested|like)|"
    rf"(?:do|but i|but we) (?:still )?(?:need|want|would like|do)|when can (?:you|i|we)|what time|how much|come "
    rf"(?:round|over|tomorrow|today)|see you (?:tomorrow|at|on|then|later)|can you come|looking forward|not you|just "
    rf"(?:turn up|come|show up|pop in|send (?:me|it|the))|{_SLIP}|second thoughts?|wrong (?:thing|chat|button|text|"
    rf"group)|or (?:go|not|what|continue|carry on)(?= \|)|(?:use|try) my (?:other|new|work|home|personal|own) "
    rf"(?:phone|number|line|email)|(?:texts?|calls?|emails?|messages?|texting|calling|emailing|whatsapp)(?: (?:is|"
    rf"are))? (?:fine|ok|okay|better|best|good|works)|mais j|mais je)(?= )"
)
_NOT_THEIR_OWN = re.compile(r">|(?:re|fwd?) ?:|sent from (?:my|outlook|yahoo)|on .{1,80} wrote:")
"""Lines that a mail program adds to an answer."""
_AROUND: Final = ' \t.,!?;:…"()[]*~-'
_STOP_WORD = re.compile(r" (?:stop|unsubscribe|optout|desabonn\w*|arret|arretez|arrete)(?= )")
_OTHER_SENSE = re.compile(
    r" (?:(?:bus|tram|train|do you|door|pit|last|next|first|full|non|wont|doesnt|didnt|cant|not|never|to|i|"
    r"we|ill|emergency|tail|truck|shut|couldnt|wouldnt|dont|its|it|they|which|what|each|every|a|one|any|"
    r"short|back|can you|could you|will you|would you|can we|someone|anyone|help|made|make) stop|"
    r"me stop|stop (?:a|an|me if|the presses|halfway|short|messing|faffing|mucking|dithering|by|in|at|over|off|"
    r"for(?! (?:now|good|today|the (?:time|moment)|a (?:bit|while))(?: being| thanks| please)* )|on|when|cock|tap|"
    r"valve|work|"
    r"working|here|there|sign|light|signs|lights|"
    r"end|ends|using|(?:the|my|our|this|that|any|these|it) (?:\w+ )?(?:leak\w*|water|drip\w*|noise\w*|"
    r"flow\w*|draughts?|draft|damp|gas|smell|alarm|boiler|toilet|tap|bleeding|mould|mold|rain|flood\w*|job|"
    r"build|pump|machine|running|debit|direct debit|work|works|payment|payments|order|cheque|delivery|overflow\w*|"
    r"heating|fan|squeak\w*|rattl\w*|condensation|from|car|tv|"
    r"fridge|dryer|washer)|"
    r"it (?:ha ?ha\w*|hehe\w*|thats (?:so |too |really )?(?:funny|hilarious)|you (?:too |so "
    r")?(?:funny|kind|sweet|hilarious|making)))|(?:l|d|un|en|n|s|sans|ai|a|cet|prochain|m|j|comment|pour|"
    r"pouvez vous|peut on|faut|pourriez vous|il|est|sont|etait|a|ete|t|et) arret\w*|arret\w* (?:d|"
    r"de|du|vous|la|le|l|par|chez|pas))(?= )"
)
"""The stop of a bus, of a leak, of a visitor."""


def classify(body: str) -> Intent:
    """What the person wants: see :func:`classify_reason`."""
    return classify_reason(body)[0]


def classify_reason(body: str) -> tuple[Intent, str]:
    """What a message means for being contacted, and the name of the rule that decided.

    ``opt_out``: suppress on every channel. ``opt_in``: START. ``help``: answer with who we are.
    ``unclear``: hold the sequence and ask a person. ``none``: an ordinary reply. Any text is accepted;
    case, and punctuation and white space around it, change nothing. Time grows in line with the length of
    the message.
    """
    words = plain_words(body)
    tokens = [word for word in words.split() if word != CLAUSE]
    if not tokens:
        return "none", "no_words"
    keyword = _keyword(tokens) or _keyword_of_a_reply(body)
    if keyword is not None:
        return keyword
    back_in = _BACK_IN.search(f" {words} ") is not None
    if back_in:
        words = _FORMER_STOP.sub(" ", words)
    padded = f" {words} "
    stems = frozenset(token[:STEM] for token in tokens)
    found = [*_complaints(padded, stems, tokens), *findings(_RULES, padded, stems)]
    limited = any(finding == "none" for finding, _ in found)
    doubts = [name for finding, name in found if finding == "unclear"]
    if limited:
        doubts = [name for name in doubts if name not in _WIDE_NETS]
    refusal = _sentence_of_its_own(words) or next((name for finding, name in found if finding == "opt_out"), "")
    if refusal and "other_channel" in doubts:
        return "unclear", "other_channel"
    if refusal:
        return _unless_taken_back(padded, refusal)
    if back_in and not _NOT_BACK_IN.search(padded):
        return "opt_in", "asks_to_be_written_to"
    if doubts:
        return "unclear", doubts[0]
    return _in_no_rules_words(words, padded, limited=limited)


def _in_no_rules_words(words: str, padded: str, *, limited: bool) -> tuple[Intent, str]:
    """What is left when no rule applies: a question what this is, signs of a refusal, a STOP, or a reply."""
    if _ASKS_FOR_HELP.match(words):
        return "help", "asks_what_this_is"
    if not limited and add_up(words):
        return "unclear", "signs_of_a_refusal"
    return _stop_left_over(padded)


def is_complaint(body: str) -> bool:
    """Whether an opt-out is a complaint about being contacted, too ("I am reporting you to the ICO").

    One about the work ("the tap you fitted leaks again, I want to complain") is not: it is an ordinary reply.
    """
    if classify(body) != "opt_out":
        return False
    words = plain_words(body)
    tokens = [word for word in words.split() if word != CLAUSE]
    found = _complaints(f" {words} ", frozenset(token[:STEM] for token in tokens), tokens)
    return any(finding == "opt_out" for finding, _ in found)


def _complaints(padded: str, stems: frozenset[str], tokens: list[str]) -> list[tuple[Finding, str]]:
    found = list(findings(COMPLAINTS, padded, stems))
    if not found or about_another(padded):
        return []
    if about_the_work(frozenset(tokens)):
        return [("unclear", "threat_about_the_work") for _, name in found if name in _THREATS]
    return found


def _keyword(tokens: list[str]) -> tuple[Intent, str] | None:
    """A message that is nothing but a keyword, with or without a polite word."""
    core = {token for token in tokens if token not in _POLITE}
    bare = {token for token in tokens if token not in _COURTESY}
    if core and core <= _STOP_WORDS:
        return "opt_out", "keyword"
    if core and core <= _BARE_STOP_WORDS:
        alone = (
            len(set(tokens)) == 1
            or not core.isdisjoint(_STOP_WORDS)
            or (core == {"remove"} and _THINGS.isdisjoint(tokens))
        )
        return ("opt_out", "keyword") if alone else ("unclear", "keyword_in_a_sentence")
    if bare and bare <= _START_WORDS:
        return "opt_in", "keyword"
    if bare and bare <= _HELP_WORDS:
        return "help", "keyword"
    if len(tokens) == 1 and within_one_slip(tokens[0], "stop"):
        return "unclear", "perhaps_a_slip_for_stop"
    return None


def _keyword_of_a_reply(body: str) -> tuple[Intent, str] | None:
    """A stop word under a quoted message and over a signature ("> Hi Anna", "Sent from my iPhone")."""
    lines = body.splitlines()
    own = [line for line in lines if not _NOT_THEIR_OWN.match(line.lstrip(_AROUND).casefold())]
    if not 0 < len(own) < len(lines):
        return None
    tokens = [word for word in plain_words("\n".join(own)).split() if word != CLAUSE]
    keyword = _keyword(tokens) if tokens else None
    return keyword if keyword and keyword[0] == "opt_out" else None


def _sentence_of_its_own(words: str) -> str | None:
    """A clause that is nothing but STOP and courtesies: "Thanks for the quote. Stop."."""
    for clause in words.split(CLAUSE):
        said = clause.split()
        core = {word for word in said if word not in _POLITE}
        if core and core <= _STOP_WORDS and said[0] not in {"to", "de", "d"}:
            return "stop_as_a_sentence"
    return None


def _unless_taken_back(padded: str, refusal: str) -> tuple[Intent, str]:
    """STOP together with an invitation or a change of mind is for a person to read."""
    if _CHANGE_OF_MIND.search(_RANG_BY_MISTAKE.sub(" ", padded)):
        return "unclear", "stop_and_a_change_of_mind"
    for match in _INVITATION.finditer(padded):
        bar = padded.rfind(CLAUSE, 0, match.start() + 1)
        before = padded[max(bar, match.start() - LOOK_BACK) : match.start() + 1]
        anew = _BEGINS_ANEW.match(before)
        if not _REFUSING.search(f" {before[anew.end() if anew else 0 :].strip()} "):
            return "unclear", "stop_and_an_invitation"
    return "opt_out", refusal


def _stop_left_over(padded: str) -> tuple[Intent, str]:
    """The word STOP where no rule knew what to make of it: in another sense, or a person has to look."""
    if not _STOP_WORD.search(padded):
        return "none", "no_rule"
    if not _STOP_WORD.search(_OTHER_SENSE.sub(" ", padded)) and not _BY_MISTAKE.search(padded):
        return "none", "stop_in_another_sense"
    return "unclear", "stop_and_a_change_of_mind" if _CHANGE_OF_MIND.search(padded) else "stop_unexplained"
