"""Spanish ways to say "do not contact me": the plain ones, as callers of an English-speaking business write them.

Accents are gone: "no me escriba más" reads ``no me escriba mas``. What is said in other words goes unnoticed.
"""

from __future__ import annotations

from typing import Final

from sidecar.domain.optout_rules import rule

_VERB = (
    r"(?:(?:escrib|envi|mand|llam|contact|molest|texte)(?:a|e)(?:n|s)?|(?:escribir|enviar|mandar|llamar|contactar|"
    r"molestar|textear)(?:me|nos)?|(?:escribiendo|enviando|mandando|llamando|molestando)(?:me|nos)?)"
)
_SENT = r"(?:mensajes?|llamadas?|correos?)"
_AND_NO_MORE = r"(?= (?:\||mas (?!tarde|temprano)|mas(?= \|)|nunca|jamas|por favor|gracias|otra vez|a este|mensajes))"

SPANISH: Final = (
    rule("no_me_escriba", "opt_out", "no nunc jama",
         rf"(?:no|nunca|jamas)(?: (?:me|nos|mas|ya|vuelva|vuelvan|vuelvas|a|quiero|deseo|que))+ {_VERB}{_AND_NO_MORE}"),
    rule("deje_de_escribir", "opt_out", "deje deja pare para cese",
         rf"(?:dej|par|ces)(?:e|en|a|ar)(?: ya)? de (?:me |nos )?{_VERB}"),
    rule("no_mas_mensajes", "opt_out", "mens llam corr text emai",
         rf"(?:no|sin|basta de|ya no|nunca)(?: (?:quiero|deseo|recibir|ya|mande|manden|envie|envien|me|nos|mas|de|sus|"
         rf"estos|estas|tus)){{0,5}} {_SENT}|(?:no|sin)(?: (?:quiero|deseo|recibir|me|mande|envie))* mas (?:texts?|"
         r"emails?)"),
    rule("quiteme_de_la_lista", "opt_out", "quit saqu elim borr remu sace",
         r"(?:quit|saqu|elimin|borr|remuev)(?:e|en|a|an|ar)(?:me|nos)?(?: (?:me|mi|numero|nombre|telefono|por|favor|"
         r"datos|y)){0,5} (?:de|del) (?:su|sus|la|esta|tu|las)(?: \w+)? ?(?:(?<= )list[ae]s?|(?<= )base|(?<= )sistema)|"
         r"(?:quit|elimin|borr)(?:e|en|a|ar) mi (?:numero|nombre|telefono|datos|contacto)"),
    rule("darse_de_baja", "opt_out", "baja susc desu",
         r"(?:darme|deme|denme|dame|dar) de baja|(?:cancel|anul)(?:ar|e|en|a)(?: (?:mi|la|esta))? "
         r"suscripcion|desuscrib\w+"),
    rule("numero_equivocado", "opt_out", "equi",
         r"numero equivocado|equivoc\w+ de (?:numero|persona)|persona equivocada"),
    rule("en_paz", "opt_out", "paz", r"dej(?:e|en|a)(?:me|nos)? en paz"),
    rule("alto", "opt_out", "alto pare para canc",
         r"\| (?:por favor |ya )*(?:alto|paren?|parar|cancelar)(?: ya| por favor| gracias| los mensajes)*(?= \|)"),
)  # fmt: skip
