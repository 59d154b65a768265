"""English ways to say "do not contact me" (see :mod:`sidecar.domain.optout_rules` for how they are read)."""

from __future__ import annotations

from typing import Final

from sidecar.domain.optout_rules import rule

_VERB = (
    r"(?:text|message|call|contact|phone|ring|email|mail|write|bother|disturb|spam|harass|annoy|pester|"
    r"hassle|reach|dm|whatsapp|solicit|communicate|hit|reply|bug|nag|respond|follow up)"
)
_ING = (
    r"(?:texting|messaging|calling|contacting|phoning|ringing|emailing|writing|bothering|disturbing|"
    r"spamming|harassing|annoying|pestering|hassling|bugging|nagging|replying|following up|reaching|"
    r"communicating|soliciting|blowing|trying to (?:call|reach|contact)|whatsapping)"
)
_NOUN = (
    r"(?:texts?|messages?|calls?|emails?|contact|communications?|spam|correspondence|robocalls?|harassment|"
    r"follow ups?|messaging|marketing|solicitations?)"
)
_NOUNS = (
    r"(?:texts|messages|calls|emails|follow ups|communications?|spam|correspondence|robocalls|marketing|"
    r"solicitations)"
)
_DONE = (
    r"(?:contacted|texted|called|messaged|emailed|bothered|disturbed|phoned|spammed|harassed|rung|"
    r"solicited)"
)
_LINK = (
    r"(?: (?:it|from|with|of|the|all|these|those|this|any|your|you|getting|receiving|me|us|to|more|further|"
    r"damn|bloody|fucking|constant|annoying|automated|unwanted|unsolicited|future|sending|and|or|that|such|"
    r"random|stupid))"
)
_ME = (
    r"(?:me|us|myself|(?:all )?(?:of )?(?:my|our|this|the|these) (?:\w+ )?(?:numbers?|names?|details|info|"
    r"information|data|phone|email)(?: number| details)?|(?:phone )?number)"
)

# ---------------------------------------------------------------- what speaks against a match

_NOT_STOPPING = (
    r"(?:(?<! you)(?<! u)(?<! yall) (?:wont|doesnt|didnt|cant|couldnt|never|dont|not|wouldnt|"
    r"shouldnt)(?: ever| please)?|(?:did|have|has|had|why|when) (?:you|they|he|she|i|we)(?: guys)?|"
    r"no need to|dont want you to|dont have to|(?<! do)(?<! can)(?<! could) (?:i|ill|ive|we|well|id|he|she|"
    r"they)(?: (?:will|can|could|should|shall|must|just|usually|always|might))?)"
)
_NOT_ASKING = (
    r"(?: (?:i|we|they|he|she|people|it|that|why|if|or|whether|did|does|do|just|may|might|could|"
    r"rather)(?: usually| really| often| just)?|would)"
)
_SELF = (
    r" (?:gave|give|given|put|typed|entered|sent|left|wrote|provided|supplied|listed|ordered|delivered|"
    r"brought|used|had|posted|texted you)(?: \w+){0,3}"
)

REFUSALS: Final = (
    rule("do_not_call_list", "opt_out", "dnc call cont text tps tele",
         r"dnc(?: list)?|(?:dont|no) (?:call|contact|text|disturb) (?:list|registry|register)|(?:on|"
         r"with) (?:the )?tps|telephone preference service"),
    rule("stop_contact", "opt_out", "stop stp quit ceas halt disc desi refr",
         rf"(?:stop|stp|quit|cease|halt|discontinue|desist|refrain){_LINK}{{0,6}} (?:{_ING}|{_NOUN})",
         never_after=_NOT_STOPPING,
         weighed="urged"),
    rule("stop_sending", "opt_out", "stop quit ceas",
         r"(?:stop|quit|cease) (?:sending|hitting|blowing|doing)(?: (?:me|us|up|my|phone|these|this|those|"
         r"that|it|all|any|your|stuff|things|anything|shit|crap|rubbish|to|here|please|now|"
         r"number)){0,6}(?= \|)",
         never_after=_NOT_STOPPING),
    rule("cease_and_desist", "opt_out", "ceas",
         r"cease and desist"),
    rule("no_more_contact", "opt_out", "more enou",
         rf"(?:no more|enough with){_LINK}{{0,4}}(?: \w+)? (?:{_ING}|{_NOUN})",
         never_after=r" (?:have|has|had|got|are|is|were)"),
    rule("no_contact", "opt_out", "no",
         rf"(?:\| )(?:please )?no(?: further| future)?(?: (?:texts|calls|phone|or|and))* (?:{_NOUNS}|"
         r"contact|texting|calling)(?: or (?:texts|calls))?(?: please| thanks| ever| at all|"
         r" of any kind)*(?= \|)"),
    rule("end_messages", "opt_out", "end turn swit disa canc",
         r"(?:\| (?:please )?(?:end|cancel|disable|turn off|switch off)|(?:end|turn off|switch off|disable|"
         r"cancel)(?: (?:all|these|those|the|your|my|any|text|texts|further|future|automated))+) (?:texts|"
         r"messages|messaging|texting|communications?|calls|alerts|notifications)(?= (?:\||please|now|to|"
         r"from|immediately|thanks))"),
    rule("never_contact", "opt_out", "dont neve not no",
         r"(?:dont|never|not|no longer)(?! bother (?:\||sorry|thanks|with|about|coming|please))(?: (?:ever|"
         rf"you|please|want|to|dare|even|again|for|like|wish|anyone|bother|keep|start|resume|continue|try|"
         rf"attempt|be)){{0,5}} (?:{_VERB}(?:ing)?|be {_DONE})",
         never_after=_NOT_ASKING,
         weighed="forbidden"),
    rule("never_send", "opt_out", "send",
         rf"(?:dont|never|not)(?: (?:ever|please|want|you|to)){{0,4}} send(?:ing)?(?: (?:me|us|this|number|"
         rf"to|my|phone|any|more|these|anymore|another|of|your|the|such|further)){{0,5}} (?:{_NOUN}|"
         r"anything|stuff|shit|crap|anymore|again)",
         never_after=_NOT_ASKING),
    rule("unwanted_contact", "opt_out", "dont no not neve didn want reje",
         r"(?:dont|no longer|not|never|didnt|wouldnt|wont)(?: (?:ever|really|even|currently|to|"
         r"be))* (?:want|wants|wish|wanna|need|care|like|wanted|ask|asked|consent|consented|agree|agreed|"
         r"sign up|signed up|authorise|authorize|authorised|authorized|optin|request|requested|interested|"
         r"give|gave|given|permit|accept|appreciate)(?: (?:to|for|any|more|of|your|these|those|this|"
         r"further|be|being|receive|receiving|get|getting|have|having|you|from|the|such|marketing|"
         r"unsolicited|future|anymore|in|all|ever|permission|consent|my|spam|sms|on|me|here|by)){0,8} "
         rf"(?:{_NOUNS}|{_DONE}|{_ING}|contact|hear from (?:you|your|this|any|anyone)|hearing from you|"
         rf"(?:permission|consent) to {_VERB})"),
    rule("never_use_number", "opt_out", "use", r"(?:dont|never|not)(?: \w+){0,2} use (?:this|my) number"),
    rule("never_hear", "opt_out", "hear",
         r"(?:never|dont|not|no longer|rather not)(?: (?:want|wish|like|need|care|to|"
         r"ever)){0,4} hear(?:ing)? from (?:you|your|any of you|this)"),
    rule("rid_of_number", "opt_out", "rid scru dest",
         r"(?:get rid of|scrub|destroy) (?:my|our|this) (?:phone )?(?:number|details|data|info)"),
    rule("enough_messages", "opt_out", "enou", rf"enough(?: (?:of|with|your|these|those|the|all|this))* {_NOUNS}"),
    rule("not_another", "opt_out", "anot",
         r"(?:not|never|dont|no|without)(?: (?:want|need|send|receive|to|me|ever|get|single|i|please|even|"
         r"us)){0,5} another (?:single )?(?:text|message|call|email)"),
    rule("no_interest_in_messages", "opt_out", "inte desi",
         rf"(?:no|zero) (?:interest|desire)(?: (?:in|to|receiving|receive|getting|get|any|your|these|more|"
         rf"of|be))* (?:{_NOUNS}|{_DONE}|hear)",
         weighed="urged"),
    rule("rather_not", "opt_out", "rath pref",
         r"(?:rather|prefer)(?: (?:you|if|to|it))* (?:not|didnt|dont|wouldnt)(?: (?:to|be|get|receive|have|"
         rf"you|any|these|your)){{0,4}} (?:{_DONE}|{_NOUNS}|{_VERB})"),
    rule("no_permission", "opt_out", "perm cons auth allo",
         rf"(?:not|never|arent|no longer) (?:authori[sz]ed|allowed|permitted) to {_VERB}|(?:without|no|"
         rf"no longer have|dont have)(?: (?:my|any|our))? (?:permission|consent|"
         rf"authori[sz]ation) to {_VERB}"),
    rule("take_off_list", "opt_out", "off from out",
         rf"(?:take|get|drop|strike|scratch|cut|scrub|cross|taken|remove|delete|wipe)(?: please)? (?:{_ME}|"
         rf"\d[\d ]{{5,20}}) (?:off|from|out)(?! (?:the |your |my |a |our )?(?:wait|waiting|schedule|"
         r"calendar|diary|hold|invoice|quote|booking|appointment|rota|loop|job|shopping|address|work|guest|"
         r"meeting|group|account|bill|order|here|there|site))"),
    rule("remove_me", "opt_out", "remo dele eras unli purg excl wipe bloc",
         r"(?:remove|delete|erase|unlist|purge|exclude|wipe|"
         rf"block)(?: please)? {_ME}(?: (?:from your system|from contacting me|please|now|immediately|asap|"
         r"thanks|thank|you|today|completely|permanently|at|once|anymore))*(?= \|)"),
    rule("take_me_off", "opt_out", "take get",
         r"(?:take|get) me off(?: please| now)?(?= \|)"),
    rule("be_removed", "opt_out", "remo take dele",
         r"(?:i|id|we|wed|ive|asked|want|wants|like|wish|can|could|please|must|demand)(?: (?:i|would|want|"
         r"like|wish|need|have|already|asked|to|please|repeatedly|number|my))* (?:be|been|get|"
         r"being) (?:removed|deleted|taken off|unsubscribed)(?= (?:\||from|off|please|now|of|immediately))"),
    rule("off_a_list", "opt_out", "list data reco syst",
         r"(?:take|remove|delete|get|off|scrub|drop|removed|taken|want|wanna be|on)(?! (?:it|that|them|the|"
         r"a|an|one) )(?: \w+){0,4}? (?:off|of|from|out of)(?: of)?(?: (?:your|this|the|any|all|that|"
         r"marketing|mailing|call|calling|contact|texting|text|sms|phone|messaging|spam|stupid|"
         r"damn)){1,5} (?:list|lists|database|system|records|messages|texts)",
         never_after=r" (?:did|have|has)(?: \w+){1,2}"),
    rule("lose_my_number", "opt_out", "lose loos forg dele eras",
         r"(?:lose|loose|forget|delete|erase)(?: (?:my|this|our|the|you|have|had|please|phone|"
         r"that))* (?:number|contact(?: info| details)?|contacts|info|details)(?: please| thanks| now|"
         r" forever)*(?:(?= (?:and|or))|(?: \w+)?(?= \|))",
         never_after=r" (?:did|to|i|dont|if)(?: \w+)?"),
    rule("wrong_number", "opt_out", "wron",
         r"(?:the )?wrong (?:(?:phone )?number|no(?= \|))(?= (?:bud|chum|fam|fella|lady|\||please|sorry|"
         r"mate|pal|dude|buddy|bro|man|here|again|dont|do|stop|take|remove|i|im|this|my|no|not|lol|buddy|"
         r"hun|love|sir|madam|thanks|thank|you|ive|for this|and|so|friend))",
         never_after=_SELF),
    rule("wrong_person", "opt_out", "wron",
         r"(?:(?:have|got|ve|youve|texting|texted|calling|called|messaging|contacting|contacted|reached|"
         r"dialled|dialed|\||sorry|think|its|stop|no|hi|hello) )(?:(?:the|a) )?wrong (?:person|guy|girl|"
         r"lady|man|woman|contact|people|one|phone|house|dude|recipient)(?= (?:\||please|sorry|mate|pal|"
         r"here|dont|do|stop|take|remove|i|im))",
         never_after=_SELF),
    rule("another_persons_phone", "opt_out", "numb phon name",
         r"this (?:isnt|is not|aint|is no longer) (?!(?:my|a|the|your|for|an) )\w+ (?:phone|number)|"
         r"(?:no one|nobody)(?: here| called| lives here| at this number)* (?:by|with|of) that name|"
         r"(?:no one|nobody)(?: here)? (?:named|called) (?!me |us |back |you |him |her )\w+"),
    rule("asked_not_to", "opt_out", "not",
         rf"(?:asked|told|requested|said)(?: you)?(?: \w+){{0,2}} not to (?:be )?(?:{_VERB}|{_DONE})"),
    rule("no_need_again", "opt_out", "need",
         rf"no need to {_VERB}(?: me| us)?(?: back)? (?:again|anymore)"),
    rule("make_messages_stop", "opt_out", "stop",
         rf"{_NOUNS} (?:to|must|should|need to|needs to|have to|has to) stop|(?:make|get)(?: (?:these|the|"
         rf"all|those|your|them|this))* {_NOUNS}(?: to)? stop"),
    rule("leave_alone", "opt_out", "leav let",
         r"leave (?:me|us|my \w+|this number|this phone|him|her)(?: \w+){0,2} alone|leave (?:me|"
         r"us)(?: \w+)? be(?= \|)|let me be(?= \|)|leave me (?:in|the hell) (?:peace|out)"),
    rule("hostile", "opt_out", "get gtfo stfu fuck piss bugg sod naff jog buzz scre eff f fk feck shov",
         r"(?:fuck|piss|bugger|sod|naff|jog|buzz|eff|f|feck|shove|screw) (?:right |the fuck |"
         r"the hell )?(?:off|on(?= \|))|gtfo|stfu|get off my phone|(?:fuck|f|eff) (?:you|yourself)|"
         r"\| f u(?= )|screw you|go fuck"),
    rule("go_away", "opt_out", "away lost shut clea hell off out one dead stuf shit bent your hike on",
         r"\| (?:please |just |oh |now )*(?:stay away(?: from me| from us)?|back off|knock it off|"
         r"cut it out|do one|drop dead|get stuffed|eat shit|get bent|up yours|take a hike|jog on|go away|"
         r"get lost|shut up|clear off|go to hell)(?: please| now| you| creep| spammers?| already| mate|"
         r" pal| buddy)*(?= \|)"),
    rule("harassment", "opt_out", "hara harr",
         r"harr?ass(?:ment|ive)|(?:you|youre|keep) harassing|(?:feel|feeling|being|am|im) harassed|"
         r"harass(?:ing|ed) (?:me|us|my|people|my family)"),
    rule("complaint", "opt_out", "repo sue suin ille unla",
         r"report(?:ing|ed)? (?:you|your (?:number|company|business|firm)|this number)|report(?:ing|"
         r"ed)?(?: \w+){0,4} (?:ico|ofcom|fcc|ftc|crtc|spam|spammers?|police)|(?:sue|suing)(?: you|"
         r"(?= \|))|(?:illegal|unlawful|against the law)(?: \w+){0,3} (?:text|contact|message|call)"),
    rule("unsubscribe", "opt_out", "unsu",
         r"unsubscrib(?:e|ing)|(?:already|have|ive|be|get|been|thought i|am|im|me) unsubscribed|"
         r"unsubscribed (?:me|us|this)|\| unsubscribed",
         never_after=r" (?:dont|didnt|not|never|if|did|wont)(?: \w+){0,2}",
         weighed="left"),
    rule("opt_out_words", "opt_out", "opto opt",
         r"optout|opt (?:me|us|my number|this number|my phone) out",
         never_after=r" (?:dont|didnt|not|never|if|did|wont)(?: \w+){0,2}",
         weighed="left"),
    rule("revoke_consent", "opt_out", "cons take taki revo with rsci retr resc",
         r"i (?:hereby |formally )?revoke(?= \|)|consent (?:is |has been )?(?:withdrawn|revoked)|(?:revoke|"
         r"revoking|revoked|withdraw|withdrawing|withdrawn|withdrew|retract|rescind|take back|"
         r"taking back)(?: (?:my|all|any|the|prior|previous|express|our|permission|and|or|"
         r"consent))* (?:consent|permission|authori[sz]ation)",
         never_after=r" (?:dont|didnt|not|never)(?: \w+)?"),
    rule("asked_to_stop", "opt_out", "stop",
         r"(?:(?:need|want|asked|told|telling|tell|asking|ask|begging|order|beg|like|warned|demand) (?:you|"
         r"them|yall|u)(?: \w+){0,3}?(?: to)?(?: please| just| fucking)?|how many times(?: \w+){1,8}|"
         r"(?:will|would|can|could|wont|should|must) (?:you|yall)(?: guys| people)? (?:please|just|all|"
         r"kindly)|you can(?: please| all)?|(?:please|you must|you should|yall|would you guys|"
         r"will you guys|guys|thanks|thank you|interested|no|ok|kindly|and|so|just|now|you better|must|but|"
         r"time|times|nah|nope|naw|yo|ugh|argh|jeez|jesus|christ|wtf|seriously|honestly|hey|lol|bye|person|"
         r"number|sorted|off|alone|again) )(?: ?)stop(?: (?:now|this|that|please|thanks|already|asap|"
         r"immediately|all this|thank you|doing this))*(?= \|)",
         never_after=r" (?:when|where|time|how|if|does|do|did|dont)(?: \w+){0,3}"),
    rule("said_stop", "opt_out", "stop",
         r"(?:i|ive|we|already|weve)(?: (?:have|already|just|clearly|literally|even|also))* (?:said|say|"
         r"saying|told you|texted|replied|sent|typed|wrote|answered|responded)(?: (?:to|you|with|the|word|"
         r"already|all|please))* stop(?: (?:already|twice|before|again|yesterday|once|last|times|several|"
         r"three|two|many|multiple|a|week|days?|ago|hundred|like|and|you))*(?= \|)",
         never_after=r" (?:if|do|should|when|never|did|didnt|unless)(?: \w+)?"),
    rule("stop_then_why", "opt_out", "stop",
         r"\| (?:please |ok |okay |no |just |and |hey |hi |thanks |thank you )*stop(?: please| now)? (?:i|"
         r"im|ive|id|we|weve|you|youve|no|not|thanks|thank|already|wrong|dont|who|do not|nobody|this is)"),
    rule("never_on_a_list", "opt_out", "list",
         r"(?:dont|not|never)(?: \w+){0,3} be on (?:your|this|any|that) (?:\w+ )?list"),
)  # fmt: skip
"""Each is an opt-out by itself."""

DOUBTS: Final = (
    rule("stop_something_sent", "unclear", "stop quit ceas",
         r"(?:stop|quit|cease) sending (?:me|us|these|this|your)",
         never_after=_NOT_STOPPING),
    rule("wrong_number_doubt", "unclear", "wron",
         r"(?:may|might|could|is this|is that|possibly|maybe|this is the|"
         r"do i)(?: \w+){0,4} wrong (?:phone )?(?:number|person)"),
    rule("wrong_number_else", "unclear", "wron",
         r"wrong (?:phone )?(?:number|person)(?! of )",
         never_after=_SELF),
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
    rule("not_the_number", "unclear", "numb",
         r"(?:incorrect|not the right|isnt the right|not the correct) (?:phone )?(?:number|person)|"
         r"this number (?:is no longer|is not|isnt|no longer|does not|doesnt)"),
    rule("consent_doubted", "unclear", "cons perm",
         r"(?:no|no longer|not|never|without|take back|taking back|dont have|dont give|cancel|"
         r"end)(?: \w+){0,4} (?:consent|permission)"),
    rule("no_interest", "unclear", "inte", r"(?:no|zero) interest(?= (?:\||in (?:your|you|these|hearing|this|any)))"),
    rule("not_a_customer", "unclear", "not", r"not your (?:customer|client|patient)"),
    rule("warned_off", "unclear", "agai more",
         rf"if (?:you|i) (?:{_VERB}|get)(?: \w+){{0,3}} (?:again|once more|one more time)"),
    rule("somebody_else", "unclear", "not",
         r"not the (?:right |same )?(?:person|one|guy|man|woman|lady) (?:you|u|\|)|not who you"),
    rule("make_it_stop", "unclear", "stop",
         r"\| (?:please |just )*make (?:it|this|them) stop(?: please| now)*(?= \|)"),
    rule("other_channel", "unclear", "inst rath pref only",
         r"(?:rather|prefer)(?: (?:you|a|to|by|the|if|that|if you|using|phone|receive|get|have|your|an|we|"
         rf"spoke|it))* (?:{_VERB}(?:ed|s)?|{_ING}|texted|emailed|called|rang|texts|calls|emails)|"
         rf"(?:instead of|rather than)(?: \w+){{0,2}} (?:{_ING}|{_NOUN})|(?:call|text|email|phone|ring|"
         rf"message|write|{_ING})(?: me| us)? (?:instead|rather)|(?:texts?|calls?|emails?|messages?) only|"
         r"only (?:text|call|email)"),
    rule("not_interested", "unclear", "inte",
         r"(?:not|no longer|isnt|dont|arent|never|un|pas|plus|non)(?: (?:really|at all|vraiment|du tout|im|"
         r"be))* interess?(?:ted|e|ee|es|ees)(?! in (?:the|a|that|an) )"),
    rule("enough", "unclear", "enou suff asse more bast halt fin alto annu bloc spam stp para mute neve noth",
         r"\| (?:ok |okay |please |thats |that is |this is |ca |non |now |no thanks |its )*(?:enough|"
         r"suffit|assez|no more|basta|alto|parar|halt|is this spam|block|mute|never again|fin|annuler|"
         r"annulez|spam|blocked|stp|nothing more|no more please|enough already|enough is enough)(?: please|"
         r" svp| now| thanks| merci| is| or what| already| text)*(?= \|)"),
    rule("blocked", "unclear", "bloc",
         r"(?:block|blocking|blocked) (?:you|your number|this number|u)(?= (?:\||now|if|and|from|both))|"
         r"you (?:are )?blocked(?= \|)"),
    rule("not_this_person", "unclear", "not isnt nobo no aint",
         r"this (?:isnt|is not|aint|is no longer)(?: \w+){1,3} (?:number|phone)|not (?:my|his|her|"
         r"their) number|\| no \w+ here(?= \|)"),
    rule("how_did_you_get", "unclear", "who how wher",
         r"(?:who gave you|where did you get|how did you get|how do you have)(?: \w+){0,2} (?:number|"
         r"details|name)"),
    rule("never_agreed", "unclear", "sign cons perm agre subs",
         r"(?:never|didnt|dont|did not|not|no|without)(?: \w+){0,3} (?:signed? up|subscribed?|"
         r"consent(?:ed)?|permission|agreed?)(?= )"),
    rule("talk_to_machine", "unclear", "robo bot mach ai auto comp",
         r"(?:dont|not|no|stop|hate)(?: \w+){0,6} (?:robots?|bots?|machines?|ai|automated|computers?)"),
    rule("dont_bother", "unclear", "both",
         r"\| (?:please |just |no |ok )*dont (?:even )?bother(?: anymore| again| thanks| sorry| me|"
         r" us)?(?= \|)"),
    rule("no_need", "unclear", "need",
         r"no need to (?:text|message|contact)"),
    rule("not_asked_for", "unclear", "ask aske requ opti want",
         r"(?:never|didnt|not) (?:ask(?:ed)? for|request(?:ed)?|optin)(?: to)?(?: (?:this|these|that|"
         r"any of))?(?= )|\| i want out"),
    rule("turn_off", "unclear", "turn swit",
         r"(?:turn|switch) (?:these|them) off|(?:turn|switch) off (?:these|them)(?= \|)"),
    rule("keeps_writing", "unclear", "keep kept why",
         rf"(?:you|u) (?:keep|kept|always|constantly) {_ING}|why (?:are|do|did) you (?:keep )?(?:texting|"
         r"messaging|contacting|text|message|contact)"),
    rule("other_owner", "unclear", "numb phon",
         r"(?:just got|new owner of|recently got|just bought) this (?:number|phone)|(?:number|"
         r"phone)(?: now| no longer)? (?:belongs?|belong) to|not (?:my|his|her) phone|new phone who"),
    rule("person_gone", "unclear", "pass dece died dead",
         r"passed away|deceased|decede\w*|(?:he|she|husband|wife|mother|father|mom|mum|dad|son|"
         r"daughter)(?: has| just| is)? (?:died|dead)"),
    rule("nothing_to_do", "unclear", "noth",
         r"nothing to do with (?:you|your)"),
    rule("dont_want_these", "unclear", "want",
         r"\| (?:i |we )?(?:really )?dont want (?:these|this|them|that|any|any of (?:this|these|"
         r"it))(?: anymore| please| thanks| ok)*(?= \|)"),
    rule("too_much", "unclear", "anno scam cree many much cons",
         rf"too (?:many|much) (?:{_NOUN}|texting)|{_VERB}(?:ing)?(?: me| us)? (?:too much|constantly|"
         r"all the time|non stop)|(?:so|very|really|super|\|) (?:its |this is |thats |"
         rf"youre )?annoying(?= )|scam(?:s|mers?|ming)?|creeps?|constant (?:{_ING}|{_NOUN})"),
    rule("insult", "unclear", "assh bitc wank cunt twat scum bast idio fuck",
         r"assholes?|arseholes?|bitch(?:es)?|wankers?|cunts?|twats?|scumbags?|bastards?|idiots|fuck"),
    rule("reads_no_texts", "unclear", "dont",
         r"dont (?:read|check|do|use|get|receive|like) (?:texts?|messages|emails|calls)"),
    rule("negated_contact", "unclear", "dont not neve no with nobo",
         r"(?:dont|not|never|no|without)(?: (?!hesitate|forget|mind|worry|stop|mean|"
         r"wait)\w+){0,4} (?:texting|messaging|contacting|contacted|(?:text|message|contact)(?:ing)? (?:me|"
         r"us))"),
    rule("remove_something", "unclear", "get remo take dele",
         rf"(?:remove|delete|take|get) (?:{_ME})(?: off| from| out)(?= )|\| (?:please )?(?:remove|"
         r"delete)(?: please)?(?= \|)"),
    rule("list_removal_doubt", "unclear", "list",
         r"off(?: of)? (?:your|this) (?:\w+ )?list"),
)  # fmt: skip
"""Each is for a person to read, unless a refusal stands beside it."""
