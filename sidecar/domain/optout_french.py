"""French ways to say "do not contact me", as written in Quebec and in France.

Accents are gone and elisions are two words: "n'envoyez plus" reads ``n envoyez plus``.
"""

from __future__ import annotations

from typing import Final

from sidecar.domain.optout_rules import OURS, rule

_VERB = (
    r"(?:m|n|r)?(?:ecri(?:re|vez|ve|s|t)|r?appel(?:er|ez|le|les)|text(?:er|ez|e|es)|(?:re)?contact(?:er|ez|e|es|iez)|"
    r"envoy(?:er|ez|e)|envoi(?:e|es)?|messag(?:er|ez)|harcel(?:er|ez|e)|derang(?:er|ez|e)|embet(?:er|ez|e)|"
    r"telephon(?:er|ez|e)|sollicit(?:er|ez|e)|relanc(?:er|ez|e)|importun(?:er|ez|e)|parl(?:er|ez|e)|spam(?:mer|mez|"
    r"me|er)|(?:re)?join(?:dre|gnez)|communiqu(?:er|ez)|achal(?:er|ez|e)|tann(?:er|ez|e)|gos(?:ser|sez|se)|"
    r"relanc(?:er|ez|e)|derang(?:er|ez|e)|ecoeur(?:er|ez|e))"
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
    rule("n_essayez_plus", "opt_out", "plus pas jama",
         rf"(?:n|ne) (?!hesit|oubli|manqu|peu|pouv|sais|save)\w+ (?:plus|pas|jamais) (?:(?:de|a|pour) )?(?:me|m|"
         rf"nous|ce numero|mon numero) (?:{_VERB})(?= \|)",
         never_after=r" (?:je|j|tu|il|elle|on|vous|si|qui|pourquoi)"),
    rule("que_ca_arrete", "opt_out", "arre cess stop",
         r"(?:veux|voudrais|aimerais|veut|faut|exige|demande)(?: \w+)? que (?:ca|cela|ce|les messages|vos \w+|tout ca) "
         r"(?:arrete|arretent|cesse|cessent|stop)(?= (?:\||svp|s|maintenant|la))"),
    rule("ne_plus_recevoir", "opt_out", "plus pas rece",
         r"ne plus (?:en )?recevoir(?= (?:\||svp|rien|de))|(?:ne )?(?:plus|pas) (?:a |de )?(?:en )?recevoir(?: (?:de|"
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
    rule("arretez_de_me", "opt_out", "arre cess fini",
         r"(?:arret|cess|fini)(?:e|ez|er|iez|ssez)(?: (?:donc|svp))? de (?:m|me|nous) \w+",
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
    rule("enlever_de_la_liste", "opt_out", "enle reti supp effa raye oter otez biff dese radi sort",
         rf"(?:enlev|retir|supprim|effac|ray|ot|biff|radi|sort)(?:e|ez|er|es) (?:(?:svp|donc|"
         rf"s il vous plait) )*(?:moi|nous)(?: (?:svp|donc))*(?= (?:\||(?:de|des|du|d) {OURS}))|(?:enlev|retir|supprim|"
         rf"effac|ray|ot|biff|radi)(?:e|ez|er|es) (?:(?:svp|donc) )*(?:mon|ma|mes|notre|nos|ce|"
         rf"le) (?:\w+ )?(?:numero|nom|coordonnees|donnees|infos?|telephone|contact)(?! (?:de|du|des) (?!{OURS}))|"
         rf"(?:me|m|"
         rf"nous) (?:enlever|retirer|supprimer|oter|rayer|effacer)(?= (?:\||de|des))"),
    rule("desabonner", "opt_out", "desa desi",
         r"desabonn\w*(?: moi)?|desinscri\w*(?: moi)?",
         never_after=r" (?:pas|n|ne)(?: \w+){0,2}",
         weighed="left"),
    rule("enlever_d_ailleurs", "unclear", "enle reti supp effa raye oter otez",
         r"(?:enlev|retir|supprim|effac|ray|ot)(?:e|ez|er) (?:moi|nous|mon (?:nom|numero)|mes coordonnees) (?:de|du|"
         r"des)"
         r"(?! (?:rendez|bail|devis|contrat|la facture))"),
    rule("mauvais_numero", "opt_out", "mauv faux erre trom bon bonn nume suis est pers aucu pas",
         r"(?:mauvaise?|faux|pas le bon|pas la bonne|pas au bon|erreur de|erreur sur le|trompee?s? de|trompez de|"
         r"trompes de|mauvais) (?:numero|number|num|personne|destinataire|gars|monsieur|client|contact)(?! (?:de |d "
         r"|sur |dans ))|ce numero n est pas le bon|ce n est pas (?:mon|son|le) numero|(?:suis|est) pas (?:la|"
         r"cette) personne(?! qui)|(?:pas|aucun|aucune|personne) (?:de |d )?\w+ (?:ici|a ce numero|a cette "
         r"adresse)(?= \|)|ce numero (?:n est|est) (?:plus|pas) (?:a|le sien|celui|au nom)|(?:a|appartient) (?:plus|"
         r"pas) ce numero|ce numero appartient (?:maintenant )?a (?:quelqu|une autre|un autre)|(?:personne|pas de|"
         r"aucun)(?: \w+){0,2} (?:de ce nom|a ce nom|qui s appelle)",
         never_after=r" (?:donne|laisse|ecrit|mis|indique|tape|note|entre)(?: \w+){0,2}"),
    rule("laisser_tranquille", "opt_out", "lais fich fout lach cris sacr cali call paix arre deba occu",
         r"laiss(?:e|ez|er)(?: (?:moi|nous|donc|me|svp|le|la|ma|mon|\w+ mere)){1,3} (?:tranquilles?|en paix|la paix|"
         r"tranquile)|(?:me|nous) laisser (?:tranquilles?|en paix)|(?:fich|fout|criss?|sacr|calli?ss?)(?:e|ez|s|es|er)?"
         r"(?:(?: (?:moi|nous|donc|mon)){0,2} (?:la (?:sainte )?paix|patience)|(?: moi)? (?:le|ton|votre) camp)|"
         r"lach(?:e|ez) (?:moi|nous)(?= (?:\||la|un|avec|donc|svp|les|patience|tranquille|le))|(?:la )?paix svp|"
         r"fich\w* la paix|arret\w* ca|(?:debarrass\w*|occup\w*)(?: toi| vous)? (?:de vos affaires|de tes affaires)"),
    rule("hostile_fr", "opt_out", "fair chie diab prom mard merd decr deca deco dega cass gueu ferm bala alle en",
         r"(?:va|allez|aller) (?:te|vous) faire(?= (?:\||f|v|e))|(?:va|allez) (?:chier|au diable|promener)|mang\w* "
         r"(?:de la |d la |la )?(?:marde|merde)|\| (?:decriss\w*|decalliss\w*|decaliss\w*|decolle[rz]?|degage[rz]?|"
         r"cass\w* (?:toi|vous)|ta gueule|la ferme|fermez la|ferme la|du balai|allez vous en|va t en)(?: \w+)?(?= "
         r"\|)"),
    rule("etre_retire", "opt_out", "reti enle supp effa raye desa",
         r"(?:je|j)(?: \w+){1,3} (?:etre|me faire) (?:retire|enleve|supprime|efface|raye|"
         r"desabonne)e?s?(?= (?:\||de|des|svp))"),
    rule("refuser", "opt_out", "refu",
         rf"(?:refuse|refusons)(?: (?:de|d|recevoir|tous|tout|toute|toutes|vos|ces|les|autres?|que|me|"
         rf"etre)){{0,5}} (?:{_NOUN}|{_VERB})"),
    rule("oublier", "opt_out", "oubl perd",
         r"(?:oubli|perd)(?:e|ez|s) (?:moi(?= (?:\||svp))|(?:mon|ce) numero)"),
    rule("consentement_retire", "opt_out", "cons",
         r"(?:retir|revoqu|annul|enlev)(?:e|ez|er|ons)(?: \w+)? consentement|consentement (?:est )?(?:retire|"
         r"revoque|annule)"),
    rule("bloquer", "opt_out", "bloq",
         r"bloqu(?:e|er|ez|ons) (?:vous|toi|ce numero|votre numero|ton numero)|(?:vous|te|t) (?:ai |avons |vais "
         r")?bloqu\w+|(?:vous etes|t es|tu es) (?:maintenant )?bloqu\w+",
         never_after=r" (?:pourquoi|ai pas|pas|par erreur)(?: \w+)?"),
    rule("lasse_des_messages", "opt_out", "marr tann ecoe bol fati asse bout",
         rf"(?:marre|tannee?s?|ecoeuree?s?|ras le bol|fatiguee?s?|au bout)(?: (?:de|d|des|du|par|avec|tous|tout|"
         rf"vos|ces|tes|les|recevoir|me faire|etre)){{1,5}} (?:{_NOUN}|{_VERB}|contacte\w*|texte\w*)|assez(?: "
         rf"(?:de|d|les|des|avec|vos|ces|tous|tes)){{1,3}} {_NOUN}"),
    rule("rien_savoir", "opt_out", "savo ente",
         r"(?:veux|veut|voulons)(?: \w+)? (?:plus |pas |jamais )?rien savoir|plus (?:vous|te|t) (?:lire|entendre|voir)|"
         r"(?:veux|veut) (?:plus|pas)(?: \w+){0,2} (?:de vos nouvelles|entendre parler)|\| rien savoir"),
    rule("comment_arreter", "opt_out", "comm",
         r"comment(?: (?:je|on|j|peut|peux|puis|fais|fait|faire|dois|est ce que|pour|me|m|ne|plus|vous|nous|"
         r"se)){1,6} (?:desabonne[rz]?|arrete[rz]?|cesse[rz]?|stoppe[rz]?|enleve[rz]?|retire[rz]?|recevoir|"
         r"bloque[rz]?)(?: (?:de|d|ces|les|vos|tous|recevoir|la|votre|mon|liste|ca|cela|tout)){0,4}(?= (?:\||"
         r"messages|texts|appels|numero|nom|svp))(?! nom (?:du|de la|de l) )",
         never_after=r" (?:savez|sais)(?: \w+)?"),
    rule("interdire", "opt_out", "inte defe droi auto perm",
         rf"(?:interdis|interdit|interdiction|defense|defends|pas le droit|aucun droit|pas la permission|pas l "
         rf"autorisation|pas autorisee?s?)(?: \w+){{0,3}}? (?:de |d |a )(?:me |m |nous |ce |encore )*(?:{_VERB})"),
    rule("numero_a_effacer", "opt_out", "nume coor",
         r"(?:numero|coordonnees)(?: (?:\||mais|et|donc|alors))* (?:svp |donc |veuillez |merci de l? ?)?(?:effac|"
         r"supprim|enlev|oubli|retir|perd)(?:ez|e|er)(?: (?:le|la|les|moi ca|ca))(?= )"),
    rule("mettre_fin", "opt_out", "fin term abon",
         rf"(?:mett\w*|met) (?:fin|un terme|terme)(?: (?:a|aux|ces|vos|tous|les|de|toute|cette))* {_NOUN}|\| "
         rf"(?:svp )?fin (?:des|aux|de ces|de vos) {_NOUN}|annul\w* (?:mon|l|cet|notre) abonnement"),
    rule("stop_et_raison", "opt_out", "stop",
         r"\| (?:svp |bon |la |ok |non )*stop(?: svp| la| maintenant)? (?:j ai|je |vous|c est (?:du|assez|illegal|"
         r"le)|tout|ca suffit)(?: \w+)*(?= \|)"),
    rule("arretez_a_la_fin", "opt_out", "arre cess",
         r"(?:mais|donc|alors|illegal|spam|plait|interesse|interessee|numero|personne|svp|vous|merci (?:d|de)|"
         r"pourriez vous|veuillez|tannant|tannants|assez|maintenant) (?:d |de )?(?:arretez|arreter|cessez|"
         r"cesser)(?: (?:svp|merci|s il vous plait|ca|tout|la|maintenant|immediatement))*(?= \|)",
         never_after=r" (?:pouvez|quand|que|si|comment)(?: \w+){0,2}"),
    rule("n_insistez_pas", "opt_out", "insi",
         r"(?:n )?insist(?:e|ez) (?:plus|pas)|inutile d insister"),
    rule("erreur_sur_la_personne", "opt_out", "erre nume",
         r"(?:faites|fais) erreur (?:sur|de) (?:la )?(?:personne|numero)|(?:est|n est) (?:plus|pas) le (?:numero|"
         r"telephone) de \w+"),
    rule("moi_plus", "opt_out", "plus jama",
         rf"\| (?:svp )?(?:appel|ecriv|text|contact|rappel|envoy|derang)(?:ez|e) (?:plus|jamais)(?: jamais| svp| "
         rf"ici)*(?= \|)|{_VERB} (?:moi|nous) (?:donc )?(?:plus|jamais)(?: (?:jamais|svp|s il vous plait|merci|ok|"
         rf"la|rien|plus|pantoute|stp))*(?= \|)"),
    rule("appelez_plus", "unclear", "plus",
         rf"{_VERB} (?:moi|nous) plus(?= )(?! (?:tard|tot|vite|souvent|de|d))"),
    rule("refus_en_d_autres_mots", "unclear", "plus pas rien jama aucu cess arre",
         r"(?:plus|pas|rien|jamais|aucune?|cess(?:e|ez|er)|arret(?:e|ez|er))(?! (?:hesit|"
         r"oubli))(?: \w+){0,4} (?:recevoir|contacter|recontacter|joindre|texter|solliciter|m (?:ecrire|"
         r"appeler|envoyer)|me (?:texter|rappeler))",
         never_after=r" (?:hesitez|hesite|oubliez|peux|peut|pouvez|pu)(?: \w+)?", weighed="doubted"),
    rule("pas_la_bonne_personne", "unclear", "moi conn comm donn avez",
         r"\| (?:non )?(?:ce n est|c est|est) pas moi(?= \|)|connais (?:pas|personne)(?! (?:encore|le prix|la|les|"
         r"votre prix))|comment avez vous (?:eu|obtenu)|qui vous a donne|ou avez vous (?:eu|pris)"),
    rule("jamais_consenti", "unclear", "jama pas aucu",
         r"(?:jamais|pas|aucun)(?: \w+){0,3} (?:consenti|consentement|inscrite?|abonnee?|autorise|demande (?:ca|cela|a "
         r"recevoir|rien|ces)|donne (?:mon|ce|le) (?:accord|numero|consentement))"),
    rule("trop_de_messages", "unclear", "trop",
         rf"trop(?: (?:de|d|vos))* {_NOUN}|(?:m|me) (?:ecrivez|textez|appelez|contactez|derangez) trop"),
    rule("pas_de_messages", "unclear", "pas plus aucu",
         rf"\| (?:svp |s il vous plait |merci |non )*(?:pas|plus|aucun)(?: (?:de|d|un|plus|aucun))* {_NOUN}(?! "
         rf"(?:recu|de vous|encore|vocal))",
         weighed="doubted"),
    rule("assez_en_general", "unclear", "fair asse aver affa erre trom spam pour ici",
         r"(?:la )?ca va faire|\| (?:c est|la c est|j en ai) assez(?: la)?(?= \|)|dernier avertissement|mel\w* "
         r"vous de vos affaires|\| (?:vous (?:vous )?)?(?:faites erreur|trompez)(?= \|)|\| (?:c est )?du (?:spam|"
         r"pourriel)(?= \|)|(?:c est|y a|est) pas (?:de |d )?\w+ ici(?= \|)"),
    rule("arreter_cela", "unclear", "comm enle reti",
         r"comment(?: \w+){0,5} (?:arreter|stopper) (?:ca|cela|tout)|\| (?:svp )?(?:enlevez|retirez) moi(?= \|)"),
    rule("other_channel", "unclear", "plut lieu",
         rf"au lieu de(?: \w+){{0,2}} (?:{_VERB}|{_NOUN})|(?:{_VERB})(?: moi)? plutot"),
)  # fmt: skip
"""Refusals, and a few doubts."""
