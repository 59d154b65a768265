"""Playbooks: what to do after a missed call, as values.

A playbook is written as YAML, checked by ``schemas/playbook.schema.json`` and
read into these values by :func:`playbook_from`. Nothing here knows of files,
clocks or databases: a playbook, the moment of the call and what happened to
earlier steps give the due times of the later ones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from sidecar.domain.texts import BrokenWords, UnknownPlaceholder, placeholders, render

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Channel = Literal["sms", "voice", "email", "staff"]
Purpose = Literal["service", "marketing"]

CALL = "call"
"""The anchor that every sequence has: the end of the missed call itself."""

GENERAL = "general"
"""The variant of a caller about whom nothing special is known."""

_DURATION = re.compile(r"(\d+)\s*(s|m|h|d|w)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
LONGEST = timedelta(days=366)
"""No wait of a playbook or a business is longer: a year is past every consent that a missed call gives."""

PLACEHOLDERS = frozenset({"first_name", "company", "agent_name", "number", "deal_stage", "opens", "unsubscribe_url"})
"""What a text may ask for; ``domain.texts`` fills them in."""

AFTER_HOURS_DEADLINE = timedelta(hours=2)
"""Words for after hours promise no minutes: a night's calls are answered one a second from the opening on, and the
last of a long queue is answered too, however soon the words of the day would be untrue."""

_ABOUT_THE_CALLER = frozenset({"first_name", "deal_stage"})


def duration(text: str) -> timedelta:
    """Read ``90s``, ``3m``, ``2h``, ``1w`` or ``1h30m``.

    Raises:
        ValueError: when the text is not such a duration; the message says how to write one.
    """
    compact = text.replace(" ", "")
    parts = _DURATION.findall(compact)
    if not parts or "".join(number + unit for number, unit in parts) != compact:
        message = f"{text!r} is not a duration; write it like 90s, 3m, 2h, 1w or 1h30m"
        raise ValueError(message)
    try:
        total = sum((timedelta(**{_UNITS[unit]: int(number)}) for number, unit in parts), timedelta())
    except OverflowError:
        total = timedelta.max
    if total > LONGEST:
        message = f"{text!r} is longer than a year; write a shorter time"
        raise ValueError(message)
    return total


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with a playbook beyond what its schema can say."""

    where: tuple[str | int, ...]
    """The field: ``("steps", 1, "after")``."""
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Anchor:
    """A moment that a step counts from: the call, or an earlier step that was sent or skipped."""

    step: str
    """Name of the earlier step, or :data:`CALL`."""
    wait: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Words:
    """One text in its four forms; ``{first_name}``-style placeholders are filled by ``domain.texts``."""

    known: str
    """To somebody whose first name we know."""
    unknown: str
    """The fallback: no name, or CRM hits that disagree about it."""
    after_hours: str | None = None
    """Instead of ``known`` when the text had to wait for the window."""
    after_hours_unknown: str | None = None

    def choose(self, *, name_known: bool, waited_for_window: bool) -> str:
        """Pick the form that is true at the moment of sending."""
        if waited_for_window:
            late = self.after_hours if name_known else (self.after_hours_unknown or None)
            if late is not None:
                return late
        return self.known if name_known else self.unknown


@dataclass(frozen=True, slots=True)
class Step:
    """One planned touch of a playbook."""

    name: str
    channel: Channel
    after: tuple[Anchor, ...]
    """Due when the last of these moments has come."""
    purpose: Purpose = "service"
    deadline: timedelta | None = None
    """How long after its due time the step may still go out; counted anew when the window made it wait."""
    nurture: bool = False
    """A check-in weeks later: needs more consent than the first answer to a missed call."""
    variants: Mapping[str, Words] = field(default_factory=dict)
    """Words by variant. Never empty for sms, email and staff. Staff: words that are ready to be sent to the
    caller. Voice: those that a person gets where the agent may not call (there may be none)."""
    subjects: Mapping[str, Words] = field(default_factory=dict)
    """By variant; email: the subject line, staff: what the person is asked to do (there may be none)."""
    agent: str | None = None
    """Voice only: name of the agent's script."""

    def deadline_after_hours(self, variant: str) -> timedelta | None:
        """How long after the opening the step may still go out when it waited for it; ``None``: it has no deadline."""
        if self.deadline is None or not self.variants or self.words(variant).after_hours is None:
            return self.deadline
        return max(self.deadline, AFTER_HOURS_DEADLINE)

    def words(self, variant: str) -> Words:
        """The words of a variant, or of ``general`` where the step has none of its own."""
        return self.variants.get(variant) or self.variants[GENERAL]

    def subject(self, variant: str) -> Words:
        """The subject of a variant, or of ``general`` where the step has none of its own."""
        return self.subjects.get(variant) or self.subjects[GENERAL]


@dataclass(frozen=True, slots=True)
class Playbook:
    """A named list of steps, first to last."""

    name: str
    version: int
    summary: str
    language: str
    steps: tuple[Step, ...]
    variants: tuple[str, ...] = (GENERAL,)

    def step(self, name: str) -> Step:
        """The step of that name; raises ``KeyError`` when the playbook has none."""
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)

    @property
    def first(self) -> Step:
        """The step that answers the call: it goes ahead of every follow-up in the senders' queue."""
        return self.steps[0]


def due_at(step: Step, *, call_at: datetime, settled: Mapping[str, datetime]) -> datetime | None:
    """When the step is due (UTC), or ``None`` while an anchor of it has neither been sent nor skipped.

    Args:
        step: the step in question.
        call_at: when the missed call ended (UTC).
        settled: for each step already sent or skipped, when that was (UTC).
    """
    moments: list[datetime] = []
    for anchor in step.after:
        moment = call_at if anchor.step == CALL else settled.get(anchor.step)
        if moment is None:
            return None
        moments.append(moment + anchor.wait)
    return max(moments)


def playbook_from(document: Mapping[str, Any]) -> Playbook:
    """Read a document that the schema has accepted.

    Raises:
        ValueError: what a schema cannot say (see :func:`flaws`); the message names the field and the remedy.
    """
    for flaw in flaws(document):
        message = f"{'.'.join(map(str, flaw.where))}: {flaw.message}; {flaw.remedy}"
        raise ValueError(message)
    return Playbook(
        name=document["name"],
        version=int(document.get("version", 1)),
        summary=document["summary"],
        language=document.get("language", "en-GB"),
        steps=tuple(_step(raw) for raw in document["steps"]),
        variants=tuple(document.get("variants", (GENERAL,))),
    )


def flaws(document: Mapping[str, Any]) -> Iterator[Flaw]:
    """Everything that is wrong with a document whose shape the schema has accepted.

    An anchor that is not an earlier step, two steps of one name, a wait longer than a year, words for a
    variant that is not listed or none for one that is, a placeholder that does not exist or cannot be filled
    in where it stands. A field that is missing or ``None`` (the schema has complained) is passed over.
    """
    variants = [name for name in document.get("variants") or (GENERAL,) if isinstance(name, str)]
    earlier: list[str] = []
    for index, raw in enumerate(document.get("steps") or ()):
        if not isinstance(raw, dict):
            continue
        where = ("steps", index)
        name = raw.get("name")
        if name in (*earlier, CALL):
            yield Flaw((*where, "name"), f"the name {name!r} is taken", "give every step a name of its own")
        yield from _time_flaws(raw, where, earlier)
        for part in ("words", "subject"):
            yield from _words_flaws(raw.get(part), (*where, part), variants, str(raw.get("channel")))
        if isinstance(name, str):
            earlier.append(name)


def _time_flaws(raw: Mapping[str, Any], where: tuple[str | int, ...], earlier: list[str]) -> Iterator[Flaw]:
    yield from _duration_flaws(raw.get("deadline"), (*where, "deadline"))
    after = raw.get("after")
    anchors = enumerate(after) if isinstance(after, list) else [(None, after)]
    for index, anchor in anchors:
        place = (*where, "after") if index is None else (*where, "after", index)
        if isinstance(anchor, dict):
            yield from _duration_flaws(anchor.get("wait"), (*place, "wait"))
            step = anchor.get("step", CALL)
            if step is not None and step not in (CALL, *earlier):
                known = ", ".join((CALL, *earlier))
                yield Flaw((*place, "step"), f"{step!r} is not an earlier step", f"use one of {known}")


def _duration_flaws(text: str | None, where: tuple[str | int, ...]) -> Iterator[Flaw]:
    if text is not None:
        try:
            duration(text)
        except ValueError as error:
            message, _, remedy = str(error).partition("; ")
            yield Flaw(where, message, remedy)


def _words_flaws(
    raw: Mapping[str, Any] | None, where: tuple[str | int, ...], variants: Sequence[str], channel: str
) -> Iterator[Flaw]:
    if not raw:
        return
    if not _is_by_variant(raw):
        yield from _form_flaws(raw, where, channel)
        return
    for variant, forms in raw.items():
        if variant not in (*variants, GENERAL):
            listed = ", ".join(variants)
            yield Flaw((*where, variant), f"{variant!r} is not among `variants`", f"list it there, or use {listed}")
        yield from _form_flaws(forms, (*where, variant), channel)
    missing = [variant for variant in variants if variant not in raw]
    if missing and GENERAL not in raw:
        yield Flaw(where, f"no words for variant {missing[0]!r} and no general ones", f"add `{GENERAL}:`")


def _form_flaws(forms: Mapping[str, Any], where: tuple[str | int, ...], channel: str) -> Iterator[Flaw]:
    for form, text in forms.items():
        if not isinstance(text, str):
            continue
        place = (*where, form)
        names = placeholders(text)
        try:
            render(text, dict.fromkeys(PLACEHOLDERS, ""))
        except (BrokenWords, UnknownPlaceholder) as error:
            message, _, remedy = str(error).partition(": ")
            yield Flaw(place, message, remedy)
        if form.endswith("unknown"):
            for name in sorted(_ABOUT_THE_CALLER.intersection(names)):
                yield Flaw(place, f"{{{name}}} is not known here", "say it without, as to a stranger")
        if "opens" in names and not form.startswith("after_hours"):
            yield Flaw(place, "{opens} has a meaning after hours only", "use it in after_hours words only")
        if "unsubscribe_url" in names and channel != "email":
            yield Flaw(place, "{unsubscribe_url} is for emails", "write `STOP to opt out` in a text")


def _step(raw: Mapping[str, Any]) -> Step:
    after = raw["after"] if isinstance(raw["after"], list) else [raw["after"]]
    return Step(
        name=raw["name"],
        channel=raw["channel"],
        after=tuple(Anchor(a.get("step", CALL), duration(a.get("wait", "0s"))) for a in after),
        purpose=raw.get("purpose", "service"),
        deadline=duration(raw["deadline"]) if "deadline" in raw else None,
        nurture=bool(raw.get("nurture", False)),
        variants=_by_variant(raw.get("words")),
        subjects=_by_variant(raw.get("subject")),
        agent=raw.get("agent"),
    )


def _is_by_variant(raw: Mapping[str, Any]) -> bool:
    """``words`` is either the four forms themselves, or a mapping from variant to them."""
    return all(isinstance(value, dict) for value in raw.values())


def _by_variant(raw: Mapping[str, Any] | None) -> Mapping[str, Words]:
    if raw is None:
        return {}
    by_variant = raw if _is_by_variant(raw) else {GENERAL: raw}
    return {
        variant: Words(**{form: text.strip() for form, text in forms.items()}) for variant, forms in by_variant.items()
    }
