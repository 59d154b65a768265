"""English that may mean "do not contact me", for a person to read."""

from __future__ import annotations

from typing import Final

from sidecar.domain.optout_english_grammar import ING, ME, NOT_STOPPING, NOUN, SELF, VERB
from sidecar.domain.optout_rules import rule

DOUBTS: Final = (
    rule("stop_something_sent", "unclear", "stop quit ceas",
         r"(?:stop|quit|cease) sending (?:me|us|these|this|your)",
         never_after=NOT_STOPPING),
    rule("wrong_number_doubt", "unclear", "wron",
         r"(?:may|might|could|is this|is that|possibly|maybe|this is the|"
         r"do i)(?: \w+){0,4} wrong (?:phone )?(?:number|person)"),
    rule("wrong_number_else", "unclear", "wron",
         r"wrong (?:phone )?(?:number|person)(?! of | (?:on|for) (?:the|my|our) (?:door|house|flat|gate|quote|invoice|"
         r"street|card|form))",
         never_after=SELF),
    rule("wrong_number_of_things", "none", "wron",
         r"wrong number of"),
    rule("forbidden_in_other_words", "unclear", "dont neve stop no not",
         r"\| (?:please |but |and |so |just |thanks |ok |hey |hi |you |sorry )*(?:dont|never|not|no more|"
         r"no)(?! (?:forget|hesitate|worry|mind|have|know|see|get|got|had|need|lose|leave|"
         r"be))(?: \w+){0,4} (?:texts?|texting|messages?|messaging|contact|contacting|calling|emailing|"
         r"spam|spamming|harass)",
         weighed="doubted"),
    rule("number_not_kept", "unclear", "scru forg lose drop dest disc rid tras bloc eras remo dele",
         r"(?:scrub|forget|lose|drop|destroy|discard|rid of|trash|block|erase|remove|"
         r"delete)(?: \w+){0,5} (?:my|our|this) (?:phone )?(?:number|details|data|info|contact)(?! plate)",
         never_after=r" (?:dont|not|never|did|i|we)(?: \w+)?"),
    rule("not_the_number", "unclear", "numb pers",
         r"(?:incorrect|not the right|isnt the right|not the correct) (?:phone )?(?:number|person)(?! for)|"
         r"this number (?:is no longer|is not|isnt|no longer|does not|doesnt)"),
    rule("consent_doubted", "unclear", "cons perm",
         r"(?:no|no longer|not|never|without|take back|taking back|dont have|dont give|cancel|end)(?: (?!planning|"
         r"building|landlord|listed)\w+){0,4} (?:consent|permission)(?! (?:granted|from|yet|to (?:enter|park|build|"
         r"dig)))"),
    rule("no_interest", "unclear", "inte", r"(?:no|zero) interest(?= (?:\||in (?:your|you|these|hearing|this|any)))"),
    rule("not_a_customer", "unclear", "not", r"not your (?:customer|client|patient)"),
    rule("warned_off", "unclear", "agai more",
         rf"if (?:you|i) (?:{VERB}|get)(?: \w+){{0,3}} (?:again|once more|one more time)"),
    rule("somebody_else", "unclear", "not isnt",
         r"(?:not|isnt) the (?:right |same )?(?:person|one|guy|man|woman|lady) (?:you|u|\|)|not who you"),
    rule("make_it_stop", "unclear", "stop",
         r"\| (?:please |just )*make (?:it|this|them) stop(?: please| now)*(?= \|)"),
    rule("other_channel", "unclear", "inst rath pref only",
         r"(?:rather|prefer)(?: (?:you|a|to|by|the|if|that|if you|using|phone|receive|get|have|your|an|we|"
         rf"spoke|it))* (?:{VERB}(?:ed|s)?|{ING}|texted|emailed|called|rang|texts|calls|emails)|"
         rf"(?:instead of|rather than)(?: \w+){{0,2}} (?:{ING}|{NOUN})|(?:call|text|email|phone|ring|"
         rf"message|write|{ING})(?: me| us)? (?:instead|rather)|(?:texts?|calls?|emails?|messages?) only|"
         r"only (?:text|call|email)"),
    rule("not_interested", "unclear", "inte",
         r"(?:not|no longer|isnt|dont|arent|never|un|pas|plus|non)(?: (?:really|at all|vraiment|du tout|im|"
         r"be))* interess?(?:ted|e|ee|es|ees)(?! in (?:the|a|that|an) )"),
    rule("enough", "unclear", "enou suff asse more bast halt fin alto annu bloc spam stp para mute neve noth coun conv "
         "chat thre disc",
         r"\| (?:ok |okay |please |thats |that is |this is |ca |non |now |no thanks |its )*(?:(?:enough|no "
         r"more)(?: (?:of|with) (?:this|these|that|it|your \w+))?|count me out|suffit|assez|no more|basta|alto|"
         r"parar|halt|is this spam|block|mute|never again|fin|annuler|annulez|spam|blocked|stp|nothing more|no "
         r"more please|enough already|enough is enough)(?: please| svp| now| thanks| merci| is| or what| already| "
         r"text)*(?= \|)|\| (?:please )?(?:end|stop|finish|drop|close) (?:this|the) (?:conversation|chat|thread|"
         r"discussion)"),
    rule("blocked", "unclear", "bloc",
         r"(?:block|blocking|blocked) (?:you|your number|this number|u)(?= (?:\||now|if|and|from|both))|"
         r"you (?:are )?blocked(?= \|)"),
    rule("not_this_person", "unclear", "not isnt nobo no aint",
         r"this (?:isnt|is not|aint|is no longer)(?: \w+){1,3} (?:number|phone)|not (?:my|his|her|"
         r"their) number|\| no \w+ here(?= \|)"),
    rule("how_did_you_get", "unclear", "who how wher howd neve didn",
         r"(?:who gave you|who (?:did )?you get|(?:where|how|whered|howd) (?:did )?you (?:get|got|find|found)|how do "
         r"you have|(?:never|didnt) "
         r"(?:give|gave|provide|share)d?(?: (?:you|anyone|out|them))?)(?: \w+){0,2} (?:number|details|name)"),
    rule("i_am_not_them", "unclear", "not isnt aint",
         r"(?:\||sorry|no|hi|hello|and|but|so) (?:im|i am|this is|its|this) (?:not|isnt|aint) (?!(?:a|an|the|my|"
         r"your|in|at|on|it|too|so|very|really|that|this|sure|home|ready|free|here|there|available|happy|well|able|"
         r"going|bad|good|right|urgent|possible|fair|great|safe|normal|cheap|easy|fun|funny|ok|okay|fine|enough|"
         r"now|yet|today|for|to|up|down|off|out|about|mine|yours|ours|them|us|you|new|old|true|correct|clear|local|"
         r"big|small|much|what|how|why|as|impressed|convinced|well|alone|late|early|long|far|near|hot|cold|dry|wet|"
         r"level|straight|loud|open|closed|rich|poor|sick|mad|angry|fussed|bothered|fussy|picky|wrong|acceptable|"
         r"professional|on|with|from|one|help)|\w+(?:ing|ed|ly|ble|ful|less|ous|ive|ent|ant|al)) ?(?<= )\w+(?= \|)"),
    rule("forget_me", "unclear", "forg",
         r"\| (?:please |just )?forget (?:about )?(?:me|us)(?= \|)"),
    rule("never_agreed", "unclear", "sign cons perm agre subs",
         r"(?:never|didnt|dont|did not|not|no|without)(?: (?!planning|building|landlord|listed)\w+){0,3} "
         r"(?:signed? up|subscribed?|consent(?:ed)?|permission|agreed?)(?= )(?! (?:yet|to (?:the|a|your|that|this|"
         r"those) (?:price|quote|date|cost|fee|charge|amount|job|work)|on|from|granted))"),
    rule("talk_to_machine", "unclear", "robo bot mach ai auto comp",
         r"(?:dont|not|no|stop|hate)(?: \w+){0,6} (?:robots?|bots?|machines?|ai|automated|computers?)"),
    rule("dont_bother", "unclear", "both",
         r"\| (?:please |just |no |ok )*dont (?:even )?bother(?: anymore| again| thanks| sorry| me|"
         r" us)?(?= \|)"),
    rule("no_need", "unclear", "need",
         r"no need to (?:text|message|contact)"),
    rule("never_called", "unclear", "neve didn have",
         r"(?:i|we) (?:never|didnt|havent)(?: (?:even|ever|actually))* (?:call|called|ring|rang|rung|phone|phoned|"
         r"dial|dialled|dialed|contact|contacted|text|texted) (?:you|anyone|anybody|your \w+|this number)(?: guys|"
         r" people| lot| at all| ever| before| today| sorry)*(?= \|)",
         never_after=r" (?:sorry|why|if|because|as)"),
    rule("not_asked_for", "unclear", "ask aske requ opti want",
         r"(?:never|didnt|not) (?:ask(?:ed)? for|request(?:ed)?|optin)(?: to)?(?= (?:\||you|your|it|them|this|"
         r"these|that|any|messages|texts|calls|to be|info|anything))|\| i want out(?= \|)"),
    rule("turn_off", "unclear", "turn swit",
         r"(?:turn|switch) (?:these|them) off|(?:turn|switch) off (?:these|them)(?= \|)"),
    rule("keeps_writing", "unclear", "keep kept why",
         rf"(?:you|u) (?:keep|kept|always|constantly) {ING}|why (?:are|do|did) you (?:keep )?(?:texting|"
         r"messaging|contacting|text|message|contact)"),
    rule("other_owner", "unclear", "numb phon",
         r"(?:this is|its) my (?:number|phone) now|(?:had|have) this number (?:for|since)|(?:just got|new owner of|"
         r"recently got|just bought) this (?:number|phone)|(?:number|phone)(?: now| no longer)? (?:belongs?|"
         r"belong) to|not (?:my|his|her) phone|new phone who"),
    rule("person_gone", "unclear", "pass dece died dead",
         r"passed away|deceased|decede\w*|(?:he|she|husband|wife|mother|father|mom|mum|dad|son|"
         r"daughter)(?: has| just| is)? (?:died|dead)"),
    rule("nothing_to_do", "unclear", "noth",
         r"nothing to do with (?:you|your)"),
    rule("dont_want_these", "unclear", "want",
         r"\| (?:i |we )?(?:really )?dont want (?:these|this|them|that|any|any of (?:this|these|"
         r"it))(?: anymore| please| thanks| ok)*(?= \|)"),
    rule("too_much", "unclear", "anno scam cree many much cons",
         rf"too (?:many|much) (?:{NOUN}|texting)|{VERB}(?:ing)?(?: me| us)? (?:too much|constantly|"
         r"all the time|non stop)|(?:so|very|really|super|\|) (?:its |this is |thats |"
         rf"youre )?annoying(?= )|scam(?:s|mers?|ming)?|creeps?|constant (?:{ING}|{NOUN})"),
    rule("how_to_leave_this", "unclear", "how",
         r"how (?:do|can|could|would)(?: i| we) (?:please |just )?(?:stop|cancel|end|get out of|get off|turn off|opt) "
         r"(?:this|that|it|out)(?: please| thing| now)?(?= \|)"),
    rule("insult", "unclear", "assh bitc wank cunt twat scum bast idio fuck midd",
         r"assholes?|arseholes?|bitch(?:es)?|wankers?|cunts?|twats?|scumbags?|bastards?|idiots|fuck|middlefinger"),
    rule("reads_no_texts", "unclear", "dont",
         r"dont (?:read|check|do|use|get|receive|like) (?:texts?|messages|emails|calls)"),
    rule("negated_contact", "unclear", "dont not neve no with nobo",
         r"(?:dont|not|never|no|without)(?: (?!hesitate|forget|mind|worry|stop|mean|"
         r"wait)\w+){0,4} (?:texting|messaging|contacting|contacted|(?:text|message|contact)(?:ing)? (?:me|"
         r"us))"),
    rule("remove_something", "unclear", "get remo take dele",
         rf"(?:remove|delete|take|get) (?:{ME})(?: off| from| out)(?= )(?! (?:of )?(?:hold|mute|speaker\w*|"
         r"(?:the |your |my |a |our )?(?:invoices?|bills?|quotes?|estimates?|(?:cancellation|guest) list|"
         r"group booking|hands|\w+ (?:slot|booking|appointment|deeds?|report|debit|form|list and|list i)|form|deeds?|"
         r"lease|"
         r"mortgage|tenancy|booking|appointment|\d\w*|(?:mon|tues|wednes|thurs|fri|satur|sun)day)) )|\| (?:please )?"
         r"(?:remove|delete)(?: please| this contact| contact)?(?= \|)"),
    rule("these_off", "unclear", "off",
         r"\| (?:texts|messages|alerts|notifications|sms) off(?: please)?(?= \|)"),
    rule("this_needs_to_stop", "unclear", "stop",
         r"(?:this|it|that|these|they) (?:\w+ )?(?:needs?|has|have|ought|must|should|got)(?: to)? stop(?: now)?(?= "
         r"\|)"),
    rule("dont_and_no_more", "unclear", "dont", r"\| (?:please |no |ok |just )*dont(?: please| thanks)*(?= \|)"),
    rule("wants_nothing", "unclear", "anyt call text mess emai",
         r"(?:dont|not) (?:need|want) anything(?: else| more)? from (?:you|yall)(?: lot| guys| people| anymore| "
         r"thanks)*"
         r"(?= \|)|dont want (?:a|any|the|your) (?:phone )?(?:call|text|message|email)(?= (?:\||please|thanks|from))"),
    rule("list_removal_doubt", "unclear", "list",
         r"off(?: of)? (?:your|this) (?:\w+ )?list"),
)  # fmt: skip
"""Each is for a person to read, unless a refusal stands beside it."""
