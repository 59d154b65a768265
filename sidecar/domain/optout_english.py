"""English ways to say "do not contact me" (see :mod:`sidecar.domain.optout_rules` for how they are read)."""

from __future__ import annotations

from typing import Final

from sidecar.domain.optout_english_grammar import DONE, ING, LINK, ME, NOT_ASKING, NOT_STOPPING, NOUN, NOUNS, SELF, VERB
from sidecar.domain.optout_rules import OURS, rule

REFUSALS: Final = (
    rule("do_not_call_list", "opt_out", "dnc call cont text tps tele",
         r"dnc(?: list)?|(?:dont|no) (?:call|contact|text|disturb) (?:list|registry|register)|(?:on|"
         r"with) (?:the )?tps|telephone preference service"),
    rule("stop_contact", "opt_out", "stop stp quit ceas halt disc desi refr",
         rf"(?:stop|stp|quit|cease|halt|discontinue|desist|refrain){LINK}{{0,6}} (?:{ING}|{NOUN})",
         never_after=NOT_STOPPING,
         weighed="urged"),
    rule("stop_sending", "opt_out", "stop quit ceas",
         r"(?:stop|quit|cease) (?:sending|hitting|blowing|doing)(?: (?:me|us|up|my|phone|these|this|those|them|"
         r"that|it|all|any|your|stuff|things|anything|shit|crap|rubbish|to|here|please|now|line|"
         r"number)){0,6}(?= \|)|(?:stop|quit|cease) (?:receiving|getting)(?: (?:all|any|of))* (?:these|this|them|those|"
         r"anything|stuff|things)(?: anymore| please| now)?(?= \|)",
         never_after=NOT_STOPPING),
    rule("cease_and_desist", "opt_out", "ceas",
         r"cease and desist"),
    rule("no_more_contact", "opt_out", "more enou",
         rf"(?:no more|enough with){LINK}{{0,4}}(?: \w+)? (?:{ING}|{NOUN})",
         never_after=r" (?:have|has|had|got|are|is|were)"),
    rule("expects_none", "opt_out", "no",
         rf"(?:expect|want|wish|require|demand|request|prefer|need|like|accept)(?: (?:to have|for))? no (?:further "
         rf"|more |future |other )?(?:{NOUN})(?= (?:\||from|please|whatsoever|ever|at))"),
    rule("not_contacted_again", "opt_out", "not neve",
         rf"(?:not|never|no longer)(?: (?:be|to be|being|get))? {DONE}(?: \w+){{0,3}} (?:again|anymore|further|ever|"
         rf"future)",
         never_after=r" (?:was|were|have|wasnt|been|had|has|we|they)(?: \w+)?"),
    rule("data_rights", "opt_out", "obje eras forg proc gdpr",
         r"(?:object|objecting) to(?: \w+){0,4} (?:processing|contact|marketing|data|messages|texts)|right to "
         r"(?:object|erasure|be forgotten)|(?:gdpr|data|erasure|deletion) (?:deletion|erasure|removal) request"),
    rule("you_need_to_stop", "opt_out", "stop quit",
         r"(?:you|yall|u|you (?:guys|people|lot|folks|all))(?: \w+)? (?:need|have|ought|got|gotta|must|should|"
         r"better|can|had better)(?: to)?(?: really| just| please)? (?:stop|quit|cease)(?: (?:this|it|that|now|"
         r"please|all this|doing this))*(?= \|)",
         never_after=r" (?:when|where|why|if|do|does|time|which)(?: \w+){0,2}"),
    rule("no_contact", "opt_out", "no",
         rf"(?:\| )(?:please )?no(?: further| future)?(?: (?:texts|calls|phone|or|and))* (?:{NOUNS}|"
         r"contact|texting|calling)(?: or (?:texts|calls))?(?: please| thanks| ever| at all|"
         r" of any kind)*(?= \|)"),
    rule("end_messages", "opt_out", "end turn swit disa canc susp term kill subs",
         r"(?:\| (?:please )?(?:end|cancel|disable|turn off|switch off|suspend|terminate|kill)|(?:end|turn off|"
         r"switch off|disable|cancel|suspend|terminate|kill)(?: (?:all|these|those|the|your|my|any|text|texts|"
         r"further|future|automated|more|this))+) (?:texts|messages|messaging|texting|communications?|"
         r"correspondence|calls|alerts|notifications)(?= (?:\||please|now|to|from|immediately|thanks))|(?:end|"
         r"ending|cancel|cancell?ing|stop|terminate) (?:my|this|the|our|your|these) (?:(?:text|texts|sms|message|"
         r"messages|"
         r"messaging|texting|marketing) (?:text |texts |message )?(?:subscription|service|alerts?|updates|reminders|"
         r"notifications))(?= (?:\||please|now|for|to|thanks))|(?:end|ending|cancell?ing|"
         r"cancel|stop|terminate) (?:my|this|the|our) subscription(?: to (?:these|this|your|the|all)(?: text| sms| "
         r"message)?(?: texts| messages| service| list| alerts))?(?= \|)"),
    rule("never_contact", "opt_out", "dont neve not no",
         r"(?:dont|never|not|no longer)(?! bother (?:\||sorry|thanks|with|about|coming|please))(?: (?:ever|"
         rf"you|please|want|to|dare|even|again|for|like|wish|anyone|bother|keep|start|resume|continue|try|"
         rf"attempt|be)){{0,5}} (?:{VERB}(?:ing)?|be {DONE})",
         never_after=NOT_ASKING,
         weighed="forbidden"),
    rule("never_send", "opt_out", "send",
         rf"(?:dont|never|not)(?: (?:ever|please|want|you|to)){{0,4}} send(?:ing)?(?: (?:me|us|this|number|"
         rf"to|my|phone|any|more|these|anymore|another|of|your|the|such|further)){{0,5}} (?:{NOUN}|"
         r"anything|stuff|shit|crap|anymore|again)",
         never_after=NOT_ASKING),
    rule("unwanted_contact", "opt_out", "dont no not neve didn want reje does",
         rf"(?:dont|doesnt|no longer|not|never|didnt|wouldnt|wont)(?: (?:ever|really|even|currently|to|be))* "
         rf"(?:want|wants|wish|wishes|wanna|need|care|like|wanted|ask|asked|consent|consented|agree|agreed|sign up|"
         rf"signed up|authorise|authorize|authorised|authorized|optin|request|requested|interested|give|gave|given|"
         rf"permit|accept|appreciate)(?: (?:to|for|any|more|of|your|these|those|this|further|be|being|receive|"
         rf"receiving|get|getting|have|having|you|from|the|such|marketing|text|phone|automated|promotional|commercial|"
         rf"unsolicited|future|anymore|in|all|ever|"
         rf"permission|consent|my|spam|sms|on|me|here|by)){{0,8}} (?:{NOUNS}|{DONE}|{ING}|contact|hear from (?:you|"
         rf"your|this|any|anyone)|hearing from you|(?:permission|consent) to {VERB})|(?:dont|not|never|no "
         rf"longer)(?: (?:want|wish|care|like|to|be)){{1,3}} (?:receive|receiving|sent|getting)(?: (?:these|this|"
         rf"them|those|any|of|anything|more|from|you|further|such|stuff|things))+(?= (?:\\||please|thanks))|"
         rf"(?:dont|not|never|no longer)(?: (?:want|wish|to|even))+ (?:anything|nothing) (?:(?:more|else|further) "
         rf")?(?:from|to do with) (?:you|your)"),
    rule("never_use_number", "opt_out", "use",
         r"(?:dont|never|not)(?: \w+){0,2} use (?:this|my) number|(?:number|details)(?: \|)? (?:dont|never)(?: "
         r"ever)? use it"),
    rule("number_then_delete_it", "opt_out", "numb deta",
         r"(?:my|this|that) (?:phone )?(?:number|details)(?: (?:from|anyway|now|please|but|and|so))?(?: \|)? "
         r"(?:but |and |so )?(?:please |just |now |so |well )*(?:delete|remove|erase|lose|forget|bin|destroy|scrub|"
         r"get rid of) (?:it|them|that)"),
    rule("unwanted_plainly", "opt_out", "mess text cont sms",
         r"(?:dont|not|never|no|no more|doesnt)(?: (?:i|please))?(?: (?:want|wants|need|needs|send|sending|"
         r"give))(?: (?:receive|get|me|to|more|any|your|this|again)){0,4} (?:message|text|sms)(?= (?:\||from (?:you|"
         r"your)|more|anymore|again|please|thank|thanks|this number|me))",
         never_after=r" (?:why|did|you|if|he|she|they)(?: (?:did|do))?"),
    rule("polite_request", "opt_out", "grat appr than obli glad pref bett kind like best",
         rf"(?:grateful|appreciate(?: it)?|appreciated|obliged|thankful|thank you|glad|prefer(?: it)?|better|like "
         rf"it|kind|best) if (?:you|u|your \w+)(?: (?:would|could|can|will|please|all))* (?:not|dont|didnt|never|"
         rf"wouldnt|couldnt|wont|refrain from|refrained from|no longer|stop|stopped|cease|ceased)(?: (?:ever|to|"
         rf"from|be|please))* (?:{VERB}|{ING}|{DONE})"),
    rule("no_more_of_these", "opt_out", "more",
         r"\| (?:please |ok |just |and |but )*no more of (?:these|this|your|those)(?: \w+)?(?= \|)",
         never_after=r" (?:have|is|are)"),
    rule("never_hear", "opt_out", "hear",
         r"(?:never|dont|not|no longer|rather not)(?: (?:want|wish|like|need|care|to|"
         r"ever)){0,4} hear(?:ing)? from (?:you|your|any of you|this)"),
    rule("rid_of_number", "opt_out", "rid scru dest",
         r"(?:get rid of|scrub|destroy) (?:my|our|this) (?:phone )?(?:number|details|data|info)"),
    rule("enough_messages", "opt_out", "enou", rf"enough(?: (?:of|with|your|these|those|the|all|this))* {NOUNS}"),
    rule("weary_of_messages", "opt_out", "done fini thro fed sick tire bore over",
         rf"(?:done|finished|through|fed up|sick|sick and tired|tired|bored|over)(?: (?:of|with|by))?{LINK}{{0,4}} "
         rf"(?:{NOUNS}|being {DONE})|(?:fed up|sick|tired|bored)(?: (?:of|with|by))? (?:you(?: \w+)?|your|these|this|"
         rf"all (?:the|this|these|your)) {ING}",
         never_after=r" (?:not|isnt|arent|getting|havent|never|you)"),
    rule("not_another", "opt_out", "anot",
         r"(?:not|never|dont|no|without)(?: (?:want|need|send|receive|to|me|ever|get|single|i|please|even|"
         r"us)){0,5} another (?:single )?(?:text|message|call|email)"),
    rule("no_interest_in_messages", "opt_out", "inte desi",
         rf"(?:no|zero) (?:interest|desire)(?: (?:in|to|receiving|receive|getting|get|any|your|these|more|"
         rf"of|be))* (?:{NOUNS}|{DONE}|hear)",
         weighed="urged"),
    rule("rather_not", "opt_out", "rath pref",
         r"(?:rather|prefer)(?: (?:you|if|to|it))* (?:not|didnt|dont|wouldnt)(?: (?:to|be|get|receive|have|"
         rf"you|any|these|your)){{0,4}} (?:{DONE}|{NOUNS}|{VERB})"),
    rule("no_permission", "opt_out", "perm cons auth allo righ dare busi",
         rf"(?:no|not the|what|any) (?:right|business|authority|reason) (?:to )?(?:{VERB}|{ING})|how dare you(?: "
         rf"\w+)? (?:{VERB})|who (?:gave|said|told)(?: \w+){{0,3}} (?:permission|right|consent|could|can)(?: to)? "
         rf"(?:{VERB})|(?:not|never|arent|no longer) (?:authori[sz]ed|allowed|permitted) to {VERB}|(?:without|no|"
         rf"no longer have|dont have)(?: (?:my|any|our))? (?:permission|consent|authori[sz]ation) to {VERB}"),
    rule("take_off_list", "opt_out", "off from out",
         rf"(?:take|get|drop|strike|scratch|cut|scrub|cross|taken|remove|delete|wipe|cancel)(?: please)? (?:{ME}|"
         rf"\d[\d ]{{5,20}}) (?:off|from|out)(?: of)?(?= {OURS})(?! (?:at |the |your |my |a |our )*(?:wait|waiting|"
         r"schedule|next|calendar|diary|hold|invoice|quote|booking|appointment|rota|loop|job|shopping|address|work|"
         r"guest|meeting|group|account|bill|order|here|there|site))",
         never_after=r" (?:did (?:you|u|they|he|she|i|we)|where(?: \w+){0,2}|who(?: \w+){1,3})"),
    rule("remove_me", "opt_out", "remo dele eras unli purg excl wipe bloc",
         r"(?:remove|delete|erase|unlist|purge|exclude|wipe|"
         rf"block)(?: please)? {ME}(?: (?:from your system|from contacting me|please|now|immediately|asap|"
         r"thanks|thank|you|today|completely|permanently|at|once|anymore))*(?= \|)"),
    rule("erase_my_data", "opt_out", "data deta info numb name reco cont",
         r"(?:remove|delete|erase|wipe|purge|destroy|scrub|get rid of)(?: (?:please|all|any|of|every|everything|my|"
         r"our|the|this|personal|contact|phone)){0,5} (?:data|details|information|info|records?|number|name|"
         r"contact)(?: \w+){0,3}? (?:(?:you|u) (?:hold|have|keep|store|got)|(?:on|about) (?:me|us)|under (?:the "
         r")?gdpr|from (?:your|all|any|the)(?: \w+){0,2} (?:systems?|lists?|records|databases?|files?|books?|"
         r"phones?|contacts|crm|computer))"),
    rule("take_me_off", "opt_out", "take get drop remo dele",
         r"(?:take|get|drop) (?:me|us) off(?: (?:please|now|this|it|here))*(?= \|)|\| (?:please |kindly "
         r")?(?:removal|removed|deletion|unlist)(?: please| request| now)*(?= \|)|(?:remove|removed|delete|deleted|"
         r"off) (?:from|of) (?:the |your |this |all )?(?:\w+ )?lists?(?= (?:\||please|now))",
         never_after=r" (?:it|that|them|item|items|was)(?: \w+)?"),
    rule("number_removed", "opt_out", "remo dele eras take wipe purg",
         r"(?:my|our|this) (?:phone |mobile |contact )?(?:number|name|details|data|info|information|contact)(?: "
         r"(?:to|be|is|and|email|please|from|completely)){0,4} (?:removed|deleted|erased|taken (?:off|out)|wiped|"
         rf"purged|scrubbed)(?!(?: (?:from|off|of|out|out of))? (?!(?:from|off|of|out) )(?!{OURS}))",
         never_after=r" (?:was|why|accidentally|did|have you|has)(?: \w+)?"),
    rule("be_removed", "opt_out", "remo take dele unsu",
         r"(?:i|id|we|wed|ive|asked|want|wants|like|wish|can|could|please|must|demand)(?: (?:i|would|want|"
         r"like|wish|need|have|already|asked|to|please|repeatedly|number|my))* (?:be|been|get|"
         r"being) (?:removed|deleted|taken off|unsubscribed)(?= (?:\||please|now|immediately|(?:from|off|of) "
         rf"{OURS}))"),
    rule("off_a_list", "opt_out", "list data reco syst text mess",
         r"(?:take|remove|delete|get|off|scrub|drop|cancel|removed|taken|want|wanna be|on)(?! (?:it|that|them|the|"
         r"a|an|one) )(?: \w+){0,4}? (?:off|of|from|out of)(?: of)?(?: (?:your|this|the|any|all|that|"
         r"marketing|mailing|call|calling|contact|texting|text|sms|phone|messaging|spam|stupid|"
         r"damn)){1,5} (?:list|lists|database|system|records|messages|texts)",
         never_after=r" (?:did|have|has)(?: \w+){1,2}"),
    rule("lose_my_number", "opt_out", "lose loos forg dele eras",
         r"(?:lose|loose|forget|delete|erase)(?: (?:my|this|our|the|you|have|had|please|phone|ever|got|"
         r"that))* (?:number|contact(?: info| details)?|contacts|info|details)(?: please| thanks| now|"
         r" forever)*(?:(?= (?:and|or))|(?: \w+)?(?= \|))",
         never_after=r" (?:did|to|i|dont|if)(?: \w+)?"),
    rule("wrong_number", "opt_out", "wron",
         r"(?:the )?wrong (?:(?:phone )?number|no(?= \|))(?= (?:bud|chum|fam|fella|lady|\||please|sorry|"
         r"mate|pal|dude|buddy|bro|man|here|again|dont|do|stop|take|remove|i|im|this|my|no|not|lol|buddy|"
         r"hun|love|sir|madam|thanks|thank|you|ive|for this|and|so|friend))",
         never_after=rf"{SELF}| i (?:rang|dialled|dialed|called|phoned|texted|must have|may have|had|got)(?: \w+)?"),
    rule("wrong_person", "opt_out", "wron",
         r"(?:(?:have|got|ve|youve|texting|texted|calling|called|messaging|contacting|contacted|reached|"
         r"dialled|dialed|\||sorry|think|its|stop|no|hi|hello) )(?:(?:the|a) )?wrong (?:person|guy|girl|"
         r"lady|man|woman|contact|people|one|phone|house|dude|recipient|household|family|individual|fella|bloke|chap|"
         r"customer|client|home)(?= (?:\||please|sorry|mate|pal|"
         r"here|dont|do|stop|take|remove|i|im))",
         never_after=SELF),
    rule("another_persons_phone", "opt_out", "numb phon name",
         r"no \w+ (?:at|on|with|under|who has) this (?:number|phone|address|cell)|"
         r"this (?:isnt|is not|aint|is no longer) (?!(?:my|a|the|your|for|an) )\w+ (?:phone|number)|"
         r"(?:no one|nobody)(?: here| called| lives here| at this number)* (?:by|with|of) that name|"
         r"(?:no one|nobody)(?: here)? (?:named|called) (?!me |us |back |you |him |her )\w+|"
         r"(?:no one|nobody)(?: \w+){0,2} (?:by|with|of|under) (?:that|the|this) name|"
         r"(?:doesnt|dont|no longer|isnt|not) (?:have|has|had|own|owns|owned|use|uses|using|got|on|at) (?:this|that) "
         r"(?:number|phone)|this (?:number|phone|cell)(?: now)? (?:belongs?|belong) to (?!me |us )(?:someone|"
         r"somebody|another|a different|some other)|(?:someone|somebody) elses (?:number|phone)",
         never_after=r" (?:i|we|did|does|if)(?: \w+)?"),
    rule("not_the_person", "opt_out", "not isnt aint",
         r"(?:not|isnt|aint) (?:the |even the )?(?:right |same |correct )?(?:person|one|guy|man|woman|lady|number|"
         r"party|individual)(?: (?:that|who|whom))? (?:you|u|your|they)(?: (?:are|were|think|want|need|call|text|re|"
         r"seem|to|be|have|been|should|trying|looking|after|seeking))",
         never_after=r" (?:you|they|he|she|hes|shes|theyre)(?: are| were| is| was)?"),
    rule("threat_if_again", "opt_out", "agai more once",
         rf"(?:{VERB}(?: \w+){{0,3}} (?:again|more time|once more)|(?:one|any) more {NOUN})(?: (?:\w+|\|)){{0,4}} "
         rf"(?:report|reporting|block|"
         rf"blocking|sue|suing|police|cops|lawyer|solicitor|attorney|complain|complaint|complaining|legal|court|"
         rf"ico|fcc|ftc|crtc|ofcom|authorities)(?= )"),
    rule("blocking_us", "opt_out", "bloc",
         r"(?:\||i|im|ive|ill|id|we|well|were|going to|will|gonna|just|now|and|then|be|am|have|so) (?:block|blocking|"
         r"blocked) (?:you|your number|your numbers|this number|u|ya|all of you)(?! (?:by|accident|in|out|from))|"
         r"you (?:are )?(?:now |getting |being |been )?blocked(?= \|)",
         never_after=r" (?:did|why|have|if|accidentally|never|not|dont)(?: i| we| you)?"),
    rule("how_to_leave", "opt_out", "how",
         rf"how (?:do|can|could|would|should|to|dya|does one)(?: (?:i|we|you))?(?: (?:please|just|actually|go "
         rf"about|get|make|making|stop|end|cancel|quit|turn|switch|block|opt|be|come|taken|removed|receiving|"
         rf"getting|all|of|the|your|you|from|out|off|rid|leave|disable|being)){{1,6}} (?:(?:these|this|those|the|"
         rf"your|any|all|of|mailing|marketing|text|spam|damn|bloody){{0,3}} )*(?:these|{NOUNS}|{DONE}|{ING}|"
         rf"list)(?: me| us)?(?: stop| off| please| to| from| you| this| your| list| company)*(?= \|)"),
    rule("stop_means_stop", "opt_out", "stop",
         r"stop means(?: \w+)? stop|what part of (?:stop|no|dont|unsubscribe)|(?:understand|know what|read) stop"),
    rule("asked_not_to", "opt_out", "not",
         rf"(?:asked|told|requested|said)(?: you)?(?: \w+){{0,2}} not to (?:be )?(?:{VERB}|{DONE})"),
    rule("no_need_again", "opt_out", "need",
         rf"no need to {VERB}(?: me| us)?(?: back)? (?:again|anymore)"),
    rule("make_messages_stop", "opt_out", "stop",
         rf"{NOUNS} (?:to|must|should|need to|needs to|have to|has to) stop|(?:make|get)(?: (?:these|the|"
         rf"all|those|your|them|this))* {NOUNS}(?: to)? stop"),
    rule("leave_alone", "opt_out", "leav let",
         r"leave (?:me|us|my \w+|this number|this phone|him|her)(?: \w+){0,2} alone|leave (?:me|"
         r"us)(?: \w+)? be(?= \|)|let (?:me|us) be(?= \|)|leave (?:me|us) (?:in|the hell) (?:peace|out)",
         never_after=r" (?:it|he|she|they|dog|cat|kids?|that|which|who|neighbours?|neighbors?|landlord|to)"
                     r"(?: (?:wont|doesnt|didnt|never|dont|cant))?"),
    rule("hostile", "opt_out", "get gtfo stfu fuck piss bugg sod naff jog buzz scre eff f fk feck shov",
         r"(?:fuck|piss|bugger|sod|naff|jog|buzz|eff|f|feck|shove|screw) (?:right |the fuck |"
         r"the hell )?(?:off|on(?= \|))|gtfo|stfu|get off my phone|(?:fuck|f|eff) (?:you|yourself)|"
         r"\| f u(?= )|screw you|go fuck"),
    rule("go_away", "opt_out", "away lost shut clea hell off out one dead stuf shit bent your hike jog give "
         "pack beat hop life",
         r"\| (?:please |just |oh |now |ok |can you |will you |would you |for gods sake )*(?:(?!i |it |they |we |"
         r"he |she |to |will |did |wont |does |that |dont |didnt |wouldnt |never |and |or |if )\w+ )?(?:(?:stay|"
         r"keep) away(?: from me| from us)?|back off|knock (?:it|that) off|cut (?:it|that) out|do one|drop dead|"
         r"get stuffed|eat shit|get bent|up yours|take a hike|jog on|go away|get lost|shut up|clear off|go to hell|"
         r"give it (?:a rest|up)|give over|leave off|lay off|pack it in|beat it|get out of here|on your bike|sling "
         r"your hook|clear out|hop it|bog off|get a life)(?: with (?:the|these|your|all)(?: \w+){0,2}| please| now|"
         r" you| creep| spammers?| already| mate| pal| buddy| will you)*(?= \|)"),
    rule("unsubscribe", "opt_out", "unsu",
         r"unsubscrib(?:e|ing)|(?:already|have|ive|be|get|been|thought i|am|im|me) unsubscribed|"
         r"unsubscribed (?:me|us|this)|(?:just|i|we|ive) unsubscribed(?= from)(?! from (?:my|our|a|"
         r"the (?:old|other)) )|\| unsubscribed",
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
         r"(?:(?:need|want|asked|told|telling|tell|asking|ask|begging|order|beg|like|warned|demand) (?:you|them|"
         r"yall|u)(?: \w+){0,3}?(?: to)?(?: please| just| fucking)?|how many times(?: \w+){1,8}|(?:will|would|can|"
         r"could|wont|should|must) (?:you|yall)(?: guys| people)? (?:please|just|all|kindly)|you can(?: please| "
         r"all)?|(?:please|you must|you should|yall|would you guys|will you guys|guys|thanks|thank you|interested|"
         r"no|ok|kindly|and|so|just|now|you better|but|god|gosh|goodness|hell|fucks sake|sake|sick|time|times|"
         r"nah|nope|naw|yo|ugh|argh|jeez|jesus|christ|wtf|seriously|honestly|hey|lol|bye|person|number|sorted|off|"
         r"alone|again) )(?: ?)stop(?: (?:now|this|that|please|thanks|already|asap|immediately|all this|thank you|"
         r"doing this))*(?= \|)",
         never_after=r" (?:when|where|what time|how|if|does|do|did|dont)(?: \w+){0,3}"),
    rule("asked_again_to_stop", "opt_out", "stop",
         r"(?:asked|asking|told|telling|begged|warned) (?:you|u|yall)(?: \w+){0,4}? to stop"),
    rule("said_stop", "opt_out", "stop",
         r"(?:i|ive|we|already|weve)(?: (?:have|already|just|clearly|literally|even|also))* (?:said|say|"
         r"saying|told you|texted|replied|sent|typed|wrote|answered|responded)(?: (?:to|you|with|the|word|"
         r"already|all|please))* stop(?: (?:already|twice|before|again|yesterday|once|last|times|several|"
         r"three|two|many|multiple|a|week|days?|ago|hundred|like|you))*(?= (?:\||and|but|yet|so|why|still))",
         never_after=r" (?:if|do|should|when|never|did|didnt|unless)(?: \w+)?"),
    rule("stop_then_why", "opt_out", "stop",
         r"\| (?:please |ok |okay |no |just |and |hey |hi |thanks |thank you )*stop(?: please| now)? (?:i|"
         r"im|ive|id|we|weve|you|youve|no|not|thanks|thank|already|wrong|dont|who|do not|nobody|this is)"),
    rule("never_put_back", "opt_out", "dont neve",
         r"(?:dont|never)(?: \w+){0,2} (?:put|add|sign) (?:me|us)(?: back)? (?:up|on|to)(?: (?:for|to|your|the|any|"
         r"this|"
         r"these|text|mailing))* (?:texts|messages|lists?)"),
    rule("never_on_a_list", "opt_out", "list",
         r"(?:dont|not|never)(?: \w+){0,3} be on (?:your|this|any|that) (?:\w+ )?list"),
)  # fmt: skip
"""Each is an opt-out by itself."""
