"""French ways to say "do not contact me", as written in Quebec and in France.

Accents are gone and elisions are two words: "n'envoyez plus" reads ``n envoyez plus``.
"""

from __future__ import annotations

from typing import Final

from sidecar.domain.optout_rules import rule

_VERB = (
    r"(?:m|n|r)?(?:ecri(?:re|vez|ve|s|t)|r?appel(?:er|ez|le|les)|text(?:er|ez|e|es)|(?:re)?contact(?:er|ez|"
    r"e|es|iez)|envoy(?:er|ez|e)|envoi(?:e|es)?|messag(?:er|ez)|harcel(?:er|ez|e)|derang(?:er|ez|e)|"
    r"embet(?:er|ez|e)|telephon(?:er|ez|e)|sollicit(?:er|ez|e)|relanc(?:er|ez|e)|importun(?:er|ez|e)|"
    r"parl(?:er|ez|e)|spam(?:mer|mez|me|er)|joindre|communiqu(?:er|ez))"
)
_NOUN = (
    r"(?:messages?|texts?|appels?|courriels?|mails?|emails?|communications?|contacts?|sollicitations?|"
    r"notifications?|pubs?|publicites?)"
)

FRENCH: Final = (
    rule("arreter_de_contacter", "opt_out", "arre cess stop fini",
         r"(?:arret(?:e|ez|er|es|iez)|cess(?:e|ez|er|iez)|stopp?(?:e|ez|er)?|finissez)(?: (?:de|d|s|il|"
         r"vous|plait|svp|tout|tous|toute|vos|les|ces|donc|ca|m|me|nous|a|envoyer|avec|la|le|n|importe|"
         rf"plus|recevoir|aux|au|tes|te|immediatement|suite)){{0,7}} (?:{_VERB}|{_NOUN}|harcelement|spam)",
         never_after=r" (?:n|ne)(?: \w+)?",
         weighed="urged"),
    rule("ne_plus_contacter", "opt_out", "plus jama",
         rf"(?:ne |n |m |me |nous |les |le )+(?:{_VERB})(?: (?:moi|nous|svp|ce numero|donc|surtout|"
         rf"vraiment|"
         r"rien))* (?:plus|jamais)(?! (?:tard|tot|vite|souvent|longtemps|que|rapidement))"),
    rule("ne_plus_infinitif", "opt_out", "plus pas jama",
         r"(?:ne (?:plus|pas|jamais)(?: jamais)?|(?:plus|pas|jamais) (?:me|m|nous|n))(?: (?:me|m|nous|n|l|"
         rf"d|les))* (?:{_VERB})(?= (?:\||svp|s|merci|du|sur|a|au|par|de|d|stp|ni|et|ou|ce|ici|ca))",
         never_after=r" (?:pour|peut|peux|pouvez|pourquoi)",
         weighed="forbidden"),
    rule("ne_plus_recevoir", "opt_out", "plus pas rece",
         r"ne plus (?:en )?recevoir(?= (?:\||svp|rien|de))|(?:ne )?(?:plus|pas) (?:en )?recevoir(?: (?:de|"
         rf"d|des|vos|ces|les|aucun|aucune|autres?)){{0,3}} {_NOUN}"),
    rule("ne_pas_contacter", "opt_out", "pas",
         rf"(?:ne |n |m |me |nous )+(?:{_VERB})(?: (?:moi|nous|svp))* pas",
         never_after=r" (?:je|tu|il|elle|on|vous|j|si)",
         weighed="forbidden"),
    rule("contact_non_voulu", "opt_out", "plus pas jama rien aucu",
         r"(?:veux|souhaite|desire|voudrais|veut|voulons|souhaitons|aimerais|interesse|accepte|"
         r"demande)(?: \w+)? (?:plus|pas|jamais|rien|aucun|aucune)(?: (?:de|du|d|des|vos|ces|les|a|etre|"
         r"recevoir|avoir|que|vous|rien|me|m|entendre|votre|qu|tels|"
         rf"aucun|aucune|l|par|jamais|en|on|nous|ce|genre)){{0,7}} (?:{_NOUN}|{_VERB}|contacte\w*|"
         r"appele\w*|sollicite\w*|derange\w*|rejoints?|recevoir|entendre parler|textiez|contactiez|"
         r"ecriviez|appeliez)"),
    rule("arretez_de_me", "opt_out", "arre cess",
         r"(?:arret|cess)(?:e|ez|er|iez)(?: (?:donc|svp))? de (?:m|me|nous) \w+",
         never_after=r" (?:n|ne|pour)(?: \w+)?"),
    rule("dit_d_arreter", "opt_out", "arre stop",
         r"(?:dit|demande|demandez|prie|demander|exige)(?: \w+){0,3}? (?:d|de) (?:arreter|cesser|"
         r"stopper)(?= (?:\||de|d|svp|les|vos|ca|tout))|(?:j ai|je t ai|je vous ai)(?: deja)? (?:dit|ecrit|"
         r"repondu|envoye)(?: \w+)? (?:stop|arret)(?= \|)"),
    rule("assez_de", "opt_out", "asse",
         rf"assez (?:de|d)(?: (?:vos|ces|tes|l|les|recevoir))* {_NOUN}"),
    rule("plus_de_messages", "opt_out", "plus pas aucu asse fini stop",
         r"\| (?:merci |svp |non )?(?:plus|pas|fini|assez|stop|aucun)(?: (?:de|d|les|aux|vos|ces|autres|"
         rf"aucun|aucune|autre)|(?<= aucun))+ {_NOUN}(?= (?:\||svp|s|merci|stp|a|de votre))"),
    rule("plus_me_envoyer", "opt_out", "plus",
         r"(?:n |m |me |ne )(?:envoye[rz]|envoie)(?: moi)? plus(?: (?:de|d|rien|vos|aucun|ces)|(?= \|))"),
    rule("enlever_de_la_liste", "opt_out", "enle reti supp effa raye oter otez biff dese radi",
         r"(?:enlev|retir|supprim|effac|ray|ot|biff|radi)(?:e|ez|er|es) (?:(?:svp|donc|"
         r"s il vous plait) )*(?:moi|nous)(?: (?:svp|donc))*(?= (?:\||de|des|du))|(?:enlev|retir|supprim|"
         r"effac|ray|ot|biff|radi)(?:e|ez|er|es) (?:(?:svp|donc) )*(?:mon|ma|mes|notre|nos|ce|"
         r"le) (?:\w+ )?(?:numero|nom|coordonnees|donnees|infos?|telephone|contact)|(?:me|m|"
         r"nous) (?:enlever|retirer|supprimer|oter|rayer|effacer)(?= (?:\||de|des))"),
    rule("desabonner", "opt_out", "desa desi",
         r"desabonn\w*|desinscri\w*",
         never_after=r" (?:pas|n|ne)(?: \w+){0,2}"),
    rule("mauvais_numero", "opt_out", "mauv faux erre trom bon bonn",
         r"(?:mauvaise?|faux|pas le bon|pas la bonne|erreur de|erreur sur le|trompee?s? de|trompez de|"
         r"trompes de) (?:numero|number|num|personne|destinataire)(?! (?:de |d |sur |dans ))|"
         r"ce numero n est pas le bon|ce n est pas mon numero",
         never_after=r" (?:donne|laisse|ecrit|mis|indique|tape|note|entre)(?: \w+){0,2}"),
    rule("laisser_tranquille", "opt_out", "lais fich fout lach cris",
         r"laiss(?:e|ez)(?: (?:moi|nous|donc|svp)){1,3} (?:tranquilles?|en paix|la paix)|(?:fich|fout|"
         r"cris?)(?:e|ez|s|es)?(?:(?: (?:moi|nous|donc)){1,2} (?:la paix|patience)|(?: moi)? le camp)|"
         r"lach(?:e|ez) (?:moi|nous)(?= (?:\||la|un|avec|donc|svp))"),
    rule("hostile_fr", "opt_out", "fair harc dega",
         r"(?:va|allez|aller) (?:te|vous) faire(?= (?:\||f|v|e))|harcel\w+|\| degage[rz]?(?= \|)"),
    rule("etre_retire", "opt_out", "reti enle supp effa raye desa",
         r"(?:je|j)(?: \w+){1,3} (?:etre|me faire) (?:retire|enleve|supprime|efface|raye|"
         r"desabonne)e?s?(?= (?:\||de|des|svp))"),
    rule("refuser", "opt_out", "refu",
         rf"(?:refuse|refusons)(?: (?:de|d|recevoir|tous|tout|toute|toutes|vos|ces|les|autres?|que|me|"
         rf"etre)){{0,5}} (?:{_NOUN}|{_VERB})"),
    rule("oublier", "opt_out", "oubl perd",
         r"(?:oubli|perd)(?:e|ez|s) (?:moi(?= (?:\||svp))|(?:mon|ce) numero)"),
    rule("consentement_retire", "opt_out", "cons",
         r"(?:retire|revoque|annule|retirer)(?: \w+)? consentement"),
    rule("appelez_plus", "unclear", "plus",
         rf"{_VERB} (?:moi|nous) plus(?= )(?! (?:tard|tot|vite|souvent|de))"),
    rule("refus_en_d_autres_mots", "unclear", "plus pas rien jama aucu cess arre",
         r"(?:plus|pas|rien|jamais|aucune?|cess(?:e|ez|er)|arret(?:e|ez|er))(?! (?:hesit|"
         r"oubli))(?: \w+){0,4} (?:recevoir|contacter|recontacter|joindre|texter|solliciter|m (?:ecrire|"
         r"appeler|envoyer)|me (?:texter|rappeler))",
         never_after=r" (?:hesitez|hesite|oubliez|peux|peut|pouvez|pu)(?: \w+)?", weighed="doubted"),
    rule("other_channel", "unclear", "plut lieu",
         rf"au lieu de(?: \w+){{0,2}} (?:{_VERB}|{_NOUN})|(?:{_VERB})(?: moi)? plutot"),
)  # fmt: skip
"""Refusals, and a few doubts."""
