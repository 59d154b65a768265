"""Signs of a refusal in words that no rule foresaw: refusal × contact × addressee, weighed against the day's work.

Rules know how people say it; people find new ways. What all of them share is a word of refusing ("done with",
"jamais"), a word of being contacted ("texts", "mon numéro") and one of the person or of for good ("me", "again").
A clause that holds enough of the first two is for a person to read, unless it also talks of leaks, quotes and
Mondays. The weights are few and small on purpose: 2 for a word that ordinary replies seldom hold, 1 for one that
they often do.
"""

from __future__ import annotations

import re
from typing import Final

from sidecar.domain.optout_words import CLAUSE


def _weighed(weight: int, words: str) -> dict[str, int]:
    return dict.fromkeys(words.split(), weight)


_REFUSAL: Final = _weighed(
    2,
    "stop quit cease halt desist discontinue refrain suspend terminate unsubscribe optout remove delete erase scrub "
    "purge wipe lose forget refuse decline withdraw revoke forbid object ban unwanted unsolicited intrusive nuisance "
    "pestering bothering harassing harassment harass spamming illegal complaint lawyer "
    "arreter arrete arretez arretes cesser cesse cessez stopper desabonner enlever enlevez enleve retirer retirez "
    "retire supprimer supprimez supprime effacer effacez efface oubliez perdez refuse interdit interdis "
    "achaler achalez achale harceler harcelez harcelement tannant tanne tannez ecoeure",
) | _weighed(
    1,
    "no not dont never none nothing wont cant shouldnt neither nor without enough done finished sick tired fed "
    "over out off rid block blocked blocking report reported reporting wrong mistake unwelcome wish rather "
    "isnt aint doesnt didnt nobody unknown "
    "ne n pas plus jamais rien aucun aucune assez fini marre laissez laisse lachez lache bloque bloquer bloquez "
    "signaler signale plainte mauvais mauvaise erreur trompe trompez sans ni",
)  # fmt: skip
_CONTACT: Final = _weighed(
    2,
    "texts texting texted messages messaging messaged contacting contacted contact spam robocalls robocall "
    "communication communications communicating communicate correspondence notifications solicitations solicitation "
    "solicit marketing database mailing registry dnc tps "
    "textez texter texte textes contactez contacter contacte recontacter recontactez ecrivez ecrire ecris appels "
    "sollicitations solliciter sollicitez liste courriels pourriel pourriels relances relancer",
) | _weighed(
    1,
    "text message call calls calling called email emails emailing number phone phoning write writing written reach "
    "reaching hear details data info name list lists send sending line consent permission "
    "appelez appeler appelle appel rappelez rappeler telephone telephoner envoyez envoyer envoie numero message "
    "coordonnees donnees consentement nom joindre deranger derangez derange",
)  # fmt: skip
_FOR_GOOD: Final = _weighed(
    1,
    "me us my our mine myself again anymore ever longer further future all these this those your you please "
    "m moi nous mon ma mes nos vos votre ces ce tous toutes encore svp",
)
_THE_DAYS_WORK: Final = frozenset(
    # a time, or another time
    "before after until till later tomorrow tonight today yet when while early late morning afternoon evening night "
    "monday tuesday wednesday thursday friday saturday sunday week weekend month soon free busy driving meeting "
    "avant apres demain tantot tard quand matin soir semaine lundi mardi mercredi jeudi vendredi samedi dimanche "
    # the trade
    "leak leaks leaking boiler tap water heating drain sink toilet kitchen bathroom shower roof wall door tiles pipe "
    "pump alarm invoice quote quotes estimate price appointment visit job jobs work works permit plate address "
    # papers that a name stands on
    "lease deed deeds mortgage tenancy credit card bank form contract injunction probate bail acte hypotheque "
    "eau fuite robinet toilette evier soumission devis facture prix rendez cuisine salle chauffe travaux "
    # what became of a message, and who is to be reached instead
    "missed received receive got didnt sorry back instead husband wife answer answered waiting voicemail urgent need "
    "recu repondu besoin urgent merci rappel".split()
)
_NO_REFUSAL = re.compile(
    r" (?:(?:dont|never|not|n|ne) (?:forget|hesit\w*|worry|mind|oubli\w*|manqu\w*)(?: pas)?|(?:oubli\w*|hesit\w*) pas|"
    r"(?:dont|didnt|why did (?:you|they)|never|not|n) (?:stop\w*|arret\w*)|no (?:problem|worries|rush|hurry)|"
    r"stop (?:at|by|in|off|over|outside)|(?:my|the|that) (?:last|earlier|previous|first|other) (?:text|message|"
    r"email))(?= )"
)
_ENOUGH: Final = 4


def add_up(words: str) -> bool:
    """Whether a clause of :func:`~sidecar.domain.optout_words.plain_words` adds up to a refusal of contact."""
    clauses = _NO_REFUSAL.sub(" ", words).split(CLAUSE)
    return any(_adds_up(clause.split()) for clause in clauses)


def _adds_up(words: list[str]) -> bool:
    refusal = sum(_REFUSAL.get(word, 0) for word in words)
    contact = sum(_CONTACT.get(word, 0) for word in words)
    if not refusal or not contact:
        return False
    for_good = sum(_FOR_GOOD.get(word, 0) for word in words)
    against = sum(word in _THE_DAYS_WORK for word in words)
    return min(refusal, 2) + min(contact, 2) + min(for_good, 2) - 2 * against >= _ENOUGH
