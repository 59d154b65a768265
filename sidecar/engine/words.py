"""What a touch says: the playbook's words, filled with what we know at the moment of sending."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sidecar.domain import texts
from sidecar.domain.windows import first_open
from sidecar.engine import facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import RowMapping

    from sidecar.domain.playbooks import Step, Words
    from sidecar.engine.context import Turn
    from sidecar.engine.facts import Person

CONFIRMATION = "You will get no more messages from {company}. Reply START if that was a mistake."
CONFIRMATION_FR = "Vous ne recevrez plus de messages de {company}. Répondez START en cas d'erreur."
"""The one confirmation of a STOP says nothing but that (47 CFR 64.1200(a)(12))."""

HELP = (
    "This is {company}: we text people whose call we missed. Reach us on {number}. Reply STOP to get no more messages."
)
HELP_FR = (
    "Ici {company} : nous écrivons à ceux dont nous avons manqué l'appel. Joignez-nous au {number}. "
    "Répondez STOP pour ne plus recevoir de messages."
)
"""The answer to HELP: who we are, how to reach us, how to stop (CTIA Messaging Principles)."""


_OURS = {"confirmation": (CONFIRMATION, CONFIRMATION_FR), "help": (HELP, HELP_FR)}
"""Words that no playbook holds, by kind of step: in English and in French."""


@dataclass(frozen=True, slots=True)
class Content:
    """The rendered words of one touch."""

    body: str
    subject: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)


def compose(turn: Turn, who: Person, sequence: RowMapping, row: RowMapping, step: Step | None) -> Content:
    """Render one step's words for one person."""
    values = _values(turn, who, sequence)
    if row["kind"] in _OURS:
        return Content(texts.render(_OURS[row["kind"]][turn.business.language.startswith("fr")], values))
    if row["body"] is not None:
        # A task's headline is the alert's own: who it is about.
        return Content(row["body"], subject="" if row["kind"] == "task" else f"Re: your call to {turn.business.name}")
    if step is None:
        return Content("")
    if step.channel == "voice":
        return Content("", variables=_variables(values))
    known = who.row["first_name"] is not None
    late = bool(row["waited_for_window"])
    subject = ""
    if step.subjects:
        subject = _chosen(step.subject(sequence["variant"]), values, known=known, late=late)
    return Content(_chosen(step.words(sequence["variant"]), values, known=known, late=late), subject)


def staff_task(turn: Turn, who: Person, sequence: RowMapping, row: RowMapping, step: Step, reason: str) -> str:
    """The task that takes a step's place: what was not sent, why, and the ready words where there are some."""
    values = _values(turn, who, sequence)
    why = _WHY.get(reason, reason.replace("_", " "))
    what = {"voice": "ring them back", "sms": "text them yourself"}.get(step.channel, "get in touch with them yourself")
    task = f"Please {what}: the automatic {step.name} did not go out ({why})."
    if step.variants and step.channel != "email":  # a letter with its foot is no use to somebody who rings
        ready = step.words(sequence["variant"]).choose(
            name_known=who.row["first_name"] is not None, waited_for_window=bool(row["waited_for_window"])
        )
        task = f"{task} Ready words: {texts.render(ready, values)}"
    return task


_WHY = {
    "voice_without_consent": "an AI voice needs their consent here",
    "withdrawn": "they have taken their consent to it back",
    "landline": "their number takes no texts",
    "no_address": "we have no address for it",
    "no_credentials": "this channel is not set up",
    "no_legal_time": "no permitted hour within 14 days",
    "undelivered": "it did not reach their phone",
    "stale": "it was too late for these words",
    "invalid": "the number does not exist",
    "too_many_today": "they have heard from us often enough today",
}


def _chosen(words: Words, values: Mapping[str, str], *, known: bool, late: bool) -> str:
    return texts.render(words.choose(name_known=known, waited_for_window=late), values)


def _values(turn: Turn, who: Person, sequence: RowMapping) -> dict[str, str]:
    business = turn.business
    return {
        "first_name": who.row["first_name"] or "",
        "company": business.name,
        "agent_name": business.agent_name,
        "number": sequence["number"],
        "deal_stage": who.row["deal_stage"] or "",
        "opens": _opens(turn),
        "unsubscribe_url": turn.context.unsubscribe_url(business.id, who.row["contact_id"]),
    }


def _variables(values: Mapping[str, str]) -> dict[str, str]:
    """Dynamic variables of the voice agent: strings only; the generic script where the caller is unknown."""
    return {name: values[name] for name in ("first_name", "deal_stage", "company", "agent_name") if values[name]}


def _opens(turn: Turn) -> str:
    """When staff are next there, in the business's own time: ``today at 9``, ``Monday at 9:30``."""
    windows = facts.windows(turn.business, "staff", None)
    opens = first_open(windows, turn.now) if windows else turn.now
    french = turn.business.language.startswith("fr")
    today, tomorrow = ("aujourd'hui", "demain") if french else ("today", "tomorrow")
    if opens is None or opens == turn.now:
        return today
    zone = ZoneInfo(turn.business.zone)
    local = opens.astimezone(zone)
    days = (local.date() - turn.now.astimezone(zone).date()).days
    day = {0: today, 1: tomorrow}.get(days, (_DAYS_FR if french else _DAYS)[local.weekday()])
    if days > 6:  # noqa: PLR2004 - the same day of the week would be taken for the next one
        day += f" {local.day} {(_MONTHS_FR if french else _MONTHS)[local.month - 1]}"
    if french:
        return f"{day} à {local.hour} h" + (f" {local.minute:02d}" if local.minute else "")
    return f"{day} at {local.hour}" + (f":{local.minute:02d}" if local.minute else "")


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DAYS_FR = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_MONTHS_FR = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
