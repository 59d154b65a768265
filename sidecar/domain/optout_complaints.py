"""Complaints about being contacted, in English and French: a STOP that staff must hear of at once.

A threat to report, sue or complain counts unless it is about the work ("the tap you fitted leaks, I want to complain")
or about somebody else ("a debt collector is harassing me", to a law office).
Sources: PECR (the ICO hears complaints), TCPA (FCC, FTC), CASL (CRTC), RGPD (CNIL).
"""

from __future__ import annotations

import re
from typing import Final

from sidecar.domain.optout_rules import rule

_AUTHORITY = (
    r"(?:ico|ofcom|fcc|ftc|crtc|cnil|tps|bbb|better business bureau|trading standards|information commissioner|"
    r"attorney general|do not call registry|consumer (?:protection|affairs)|spam authorities|authorities|"
    r"data protection|casl|tcpa|gdpr|pecr|rgpd|regulators?|commissioner|my carrier|privacy (?:office|commissioner)|"
    r"office de la protection|opc|protection du consommateur|7726)"
)
_SENT = (
    r"(?:texts?|texting|messages?|messaging|contact|contacting|calls|calling|emails?|spam|communications?|robocalls?)"
)

COMPLAINTS: Final = (
    rule("harassment", "opt_out", "hara harr harc",
         r"(?:this|its|it|thats|that|is|pure|consider|constitutes|constant|call|plain|just|\||of|for|your|such|"
         r"considered|like|stop|borderline|the|to)(?: \w+)? harr?ass(?:ment|ive)|harr?ass(?:ment|ive)|"
         r"(?:you|youre|keep)(?: \w+){0,2} harass(?:ing)?|(?:these|your) harassing|harassing (?:texts?|messages|"
         r"calls) from "
         r"(?:you|your|this)|(?:feel|feeling|being|am|im) harassed|"
         r"\| (?:please )?(?:stop |quit )?harass(?:ing|ed) (?:me|us|my|people|my family)|"
         r"(?:stop|quit|cease|keep|dont|never|not|you|have|be) harass(?:ing|ed)?|harcel(?:e|ez|ement|er|es)\w*",
         never_after=r"(?:by|from|with) (?:my|the|our|another|other|a)(?: \w+)?|(?:landlord|neighbou?rs?|council|"
                     r"boss|ex|tenants?|they|he|she|voisin|proprietaire)(?: \w+){0,3}"),
    rule("reports_us", "opt_out", "repo",
         rf"report(?:ing|ed)? (?:as (?:spam|junk|scam|harassment)|you|u|your (?:number|company|business|firm)|yall|"
         rf"this (?:number|spam|as (?:spam|harassment|junk|abuse))|(?:it|these|your texts|these texts|the number|"
         rf"this|both) (?:as|for|to)(?: \w+){{0,2}} (?:spam|junk|harassment|abuse|scam|police|{_AUTHORITY}))|"
         rf"report(?:ing|ed)?(?: \w+){{0,4}} (?:{_AUTHORITY}|spam|spammers?)",
         never_after=r" (?:can|should|where do|how do|do|may) (?:i|we)"),
    rule("complains_to_an_authority", "opt_out",
         "comp file fili cont call lett writ noti goin goes go gone pass forw sent send hear stra head info lodg",
         rf"(?:complain|complaining|complained|complaint|complaints|contacting|contacted|notify|notifying|notified|"
         rf"writing|informing|calling|filing|filed|going|goes|go|gone|passed|passing|forwarded|forwarding|sent|"
         rf"sending|hear|hearing|straight|heading|lodged?|lodging)(?: \w+){{0,6}} {_AUTHORITY}|"
         rf"(?:complain|complaining|complaint)(?: \w+){{0,3}} (?:about|against|for|over|re|regarding)(?: \w+){{0,3}} "
         rf"(?:{_SENT}|harassment|privacy|your number|being (?:contacted|texted))",
         never_after=r" (?:can|should|where|how|did|do)(?: do| did)? (?:i|we|you)"),
    rule("cites_the_law", "opt_out", "tcpa casl pecr gdpr",
         rf"(?:{_SENT}|per|each|every)(?: \w+){{0,5}} (?:tcpa|casl|pecr)|(?:tcpa|casl|pecr|gdpr) (?:violations?|"
         r"breach(?:es)?|fines?|damages|lawsuits?|penalt\w+)",
         never_after=r" (?:do|can|could|would|did) you(?: \w+){0,3}"),
    rule("takes_us_to_law", "opt_out", "sue suin lawy soli atto lega cour poli cops liti dama",
         r"(?:hear|hearing|letter|call|contacted)(?: \w+)? (?:from|by) (?:my|our) (?:lawyer|solicitor|attorney)|"
         r"(?:sue|suing)(?: you| your| yall|(?= \|))|(?:straight|going|goes|forwarded|passed|reported|go) to (?:my|"
         r"our) (?:lawyer|solicitor|attorney)|(?:my|our) (?:lawyer|solicitor|attorney)s?(?: (?:will|is|has|have|"
         r"about|to|be|been))* (?:told|instructed|your (?:number|texts|messages)|hears?|hearing|knows?|contact\w*|"
         r"touch|writ\w*|sue|handle|aware|"
         r"involved|informed|in "
         r"touch)|(?:take|taking|pursue|pursuing|face|seek|facing) legal (?:action|advice)|legal action|see you in "
         r"court|(?:im|ill|i will|will be|going to|gonna|or i|next step is|next time i|time i)(?: \w+)? (?:call|"
         r"calling|contact|contacting|go to|going to|ring|ringing|phone|get|getting|involve|involving|tell) the "
         r"(?:police|cops)|(?:police|cops) (?:will|involved)",
         never_after=r" (?:can|could|should|may) (?:i|we)"),
    rule("says_it_is_unlawful", "opt_out", "ille unla brea viol agai crim law",
         rf"(?:illegal|unlawful|against the law|an offence|not legal|breaking the law)(?: \w+){{0,4}} {_SENT}|"
         rf"(?:{_SENT}|this|that|it|these|youre|you|what)(?: \w+){{0,4}} (?:illegal|unlawful|against the law|"
         rf"breaking the law)(?= (?:\||and|you|i|so|stop))|(?:breach|violation|violating|breaching|violates|"
         rf"breaches|violate) (?:of )?(?:the |my |our )?(?:tcpa|gdpr|pecr|casl|privacy|data protection|do not call|"
         rf"rgpd|telephone consumer)"),
    rule("porter_plainte", "opt_out", "plai sign pour avoc mise deno rapp poli ille comp",
         r"(?:port\w*|depos\w*|fai\w*|formul\w*|loge\w*)(?: \w+)? plainte(?! contre (?!vous|toi))|plainte (?:a|au|"
         r"aupres|chez|contre vous|pour|va)|(?:signal\w*|denonc\w*|rapport\w*)(?: \w+){0,4} (?:crtc|cnil|police|"
         r"autorites|spam|pourriel|arcep|33700|signal spam|office)|(?:vais|va|allons|je|j ai|on)(?: \w+){0,2} "
         r"(?:vous|t|te|ce numero|votre numero)(?: ai)? (?:signal|denonc|poursui)\w*|(?:signal|denonc)(?:e|er|ons) "
         r"(?:ce|votre) numero|(?:mon|notre) avocate?|mise en demeure|poursuites? (?:judiciaires?|en justice)|"
         r"appel\w* la police|c est illegal|votre compagnie au crtc",
         never_after=r" (?:puis je|peux pas|sans|pas|mon|ton)"),
)  # fmt: skip
"""Each is an opt-out and a complaint."""

ABOUT_THE_WORK: Final = frozenset(
    "leak leaks leaked leaking tap taps boiler fitted fit installed install installation job jobs work works "
    "workmanship plumber plumbing engineer engineers electrician invoice refund refunds quote quoted price bill "
    "charged deposit paid money damage damaged damages broke broken flood flooded kitchen bathroom roof "
    "toilet shower floor wall ceiling pipe pipes heating repair repaired fixed service unsafe dangerous "
    "shoddy standard guarantee warranty builder tenant landlord fault faulty gas delivery late turned van "
    "driver parked fence neighbour theft burglary locks fuite robinet chaudiere travaux facture "
    "remboursement plombier plomberie reparation toit cuisine salle douche plancher mur degat degats "
    "installe installation pose brise prix devis soumission assurance proprietaire garantie chauffe eau "
    "chantier ouvrier".split()
)
_ANOTHER = re.compile(
    r" (?:harass\w*|harcel\w*)(?: \w+){0,3}? (?:by|from|de|par) (?!(?:you|your|yall|this|these|those|texts?|sms|"
    r"phone|email|vos|votre|vous|ce|ces|all|being|me|m|contacting|calling|texting) )|(?:workplace|sexual|racial|"
    r"street|debt|housing) (?:harassment|harcelement)|(?:my|a|an|the|our|"
    r"his|her|some|mon|ma|un|une) (?:\w+ )?(?:ex|boss|landlord|neighbou?rs?|employer|manager|cowork\w*|colleague|"
    r"collectors?|agency|"
    r"scammers?|stalker|patron|voisine?|proprietaire|collegue)(?: \w+){0,3} (?:harass\w*|harcel\w*)|(?:do|can|could) "
    r"you (?:handle|take|"
    r"deal|do|help)(?: \w+){0,4} (?:harass\w*|harcel\w*|cases?|claims?)"
)
_US = re.compile(
    r" (?:(?<! do )(?<! can )(?<! could )(?:you|youre|yall|vous)(?: \w+){0,3} harass\w*|(?:your|these|vos) (?:\w+ "
    r")?(?:texts|messages|calls|company))"
)
_ABOUT_CONTACT: Final = frozenset(
    "text texts texting texted message messages messaging contact contacting contacted calls calling spam harassment "
    "harassing email emails number privacy textos appels messages harcelement numero courriels textez ecrire".split()
)


def about_another(padded: str) -> bool:
    """Whether it is somebody else who harasses them: what a caller of a law office may write."""
    return _ANOTHER.search(padded) is not None and _US.search(padded) is None


def about_the_work(words: frozenset[str]) -> bool:
    """Whether a threat is over what was done or charged rather than over being written to."""
    return not words.isdisjoint(ABOUT_THE_WORK) and words.isdisjoint(_ABOUT_CONTACT)
