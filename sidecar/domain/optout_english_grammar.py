"""Pieces of English patterns: being in touch, and what speaks against a match. Each stands for whole words."""

from __future__ import annotations

from typing import Final

VERB: Final = (
    r"(?:text|message|call|contact|phone|ring|email|mail|write|bother|disturb|spam|harass|annoy|pester|"
    r"hassle|reach|dm|whatsapp|solicit|communicate|hit|reply|bug|nag|respond|follow up)"
)
"""Bare forms of being in touch: "text", "reach"."""
ING: Final = (
    r"(?:texting|messaging|calling|contacting|phoning|ringing|emailing|writing|bothering|disturbing|"
    r"spamming|harassing|annoying|pestering|hassling|bugging|nagging|replying|following up|reaching|"
    r"communicating|soliciting|blowing|trying to (?:call|reach|contact)|whatsapping)"
)
""""texting", "bothering"."""
NOUN: Final = (
    r"(?:texts?|messages?|calls?|emails?|contact|communications?|spam|correspondence|robocalls?|harassment|"
    r"follow ups?|messaging|marketing|solicitations?)"
)
"""What is sent, one or many."""
NOUNS: Final = (
    r"(?:texts|messages|calls|emails|follow ups|communications?|spam|correspondence|robocalls|marketing|"
    r"solicitations)"
)
"""What is sent, many."""
DONE: Final = (
    r"(?:contacted|texted|called|messaged|emailed|bothered|disturbed|phoned|spammed|harassed|rung|"
    r"solicited)"
)
""""(be) contacted"."""
LINK: Final = (
    r"(?: (?:it|from|with|of|the|all|these|those|this|any|your|you|getting|receiving|me|us|to|more|further|"
    r"damn|bloody|fucking|constant|annoying|automated|unwanted|unsolicited|future|sending|and|or|that|such|"
    r"random|stupid|promotional|marketing|sales|commercial|useless|pointless|repeated|daily|endless|silly|ridiculous|"
    r"creepy|persistent|excessive|text|sms|spam|junk|crap|friggin|goddamn|nonstop|continuous|cold))"
)
"""What may stand between a refusal and what is refused, with its space."""
ME: Final = (
    r"(?:me|us|myself|(?:all )?(?:of )?(?:my|our|this|the|these) (?:\w+ )?(?:numbers?|names?|details|info|"
    r"information|data|phone|email)(?: number| details)?|(?:phone )?number)"
)
"""Whom a list holds: the person, their number, their details."""

# ---------------------------------------------------------------- what speaks against a match

NOT_STOPPING: Final = (
    r"(?:(?<! you)(?<! u)(?<! yall) (?:wont|doesnt|didnt|cant|couldnt|never|dont|not|wouldnt|"
    r"shouldnt)(?: ever| please)?|(?:did|have|has|had|why|when) (?:you|they|he|she|i|we)(?: guys)?|"
    r"no need to|dont want you to|dont have to|(?<! do)(?<! can)(?<! could) (?:i|ill|ive|we|well|id|he|she|"
    r"they)(?: (?:will|can|could|should|shall|must|just|usually|always|might))?)"
)
"""Somebody else stops, or did."""
NOT_ASKING: Final = (
    r"(?: (?:i|we|they|he|she|people|it|that|why|if|or|whether|did|does|do|just|may|might|could|"
    r"rather)(?: usually| really| often| just)?|would)"
)
"""A statement, a question or a wish, not a request."""
SELF: Final = (
    r" (?:gave|give|given|put|typed|entered|sent|left|wrote|provided|supplied|listed|ordered|delivered|"
    r"brought|used|had|posted|texted you)(?: \w+){0,3}"
)
"""A mistake of their own about a number of ours."""
