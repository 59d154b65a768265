"""The legitimate-interest assessment: a draft filled from a business, for a person to review.

UK GDPR and GDPR art. 6(1)(f) ask for purpose, necessity and balance, weighed before the first text and kept
current. What the law asks for, and the questions that only a person can answer, stand in ``assessment.md``; here
stands what the business file knows. It is not legal advice.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sidecar.domain.compliance import attempts_allowed
from sidecar.domain.playbooks import CALL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sidecar.config.business import Business
    from sidecar.domain.playbooks import Playbook, Step, Words
    from sidecar.domain.windows import Span, Window

REVIEW_AGAIN = timedelta(days=365)
"""An assessment is looked at again after this; our own rule: the law says only that it must be current."""

_TEMPLATE = Path(__file__).parent / "assessment.md"
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_CHANNELS = {"sms": "text", "voice": "call by an AI voice agent", "email": "email", "staff": "task for a person"}
_FORMS = {
    "known": "to a known person",
    "unknown": "to somebody unknown",
    "after_hours": "after hours, to a known person",
    "after_hours_unknown": "after hours, to somebody unknown",
}
_UNITS = (("week", 604_800), ("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def draft(business: Business, *, document: str) -> str:
    """The whole paper in Markdown; ``document`` is where it will be filed, as the business file will say it."""
    facts = _facts(business)
    values = facts | {"file": business.source, "document": json.dumps(document), "state": _digest(facts)}
    text = _TEMPLATE.read_text(encoding="utf-8")
    return re.sub("@@([a-z_]+)@@", lambda found: values[found[1]], text)


def state_of(business: Business) -> str:
    """Twelve characters that change when what the paper says of the business changes: steps, words, hours, vendors."""
    return _digest(_facts(business))


def _digest(facts: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12]


def _facts(business: Business) -> dict[str, str]:
    playbooks = list({id(book): book for book in map(business.playbook_for, business.numbers)}.values())
    return {
        "name": business.name,
        "address": f", {business.address}" if business.address else "",
        "numbers": ", ".join(number.e164 for number in business.numbers),
        "region": business.region,
        "preset": business.preset.name,
        "agent_name": business.agent_name,
        "steps": "\n".join(_steps(playbooks)),
        "hours": "\n".join(_hours(business)),
        "often": _often(business),
        "voice": _voice(business, playbooks),
        "processors": "\n".join(_processors(business)),
        "retention": _retention(business),
        "words": "\n\n".join(_words(business, playbooks)),
    }


# ---------------------------------------------------------------- what, when, how often


def _steps(playbooks: Sequence[Playbook]) -> Iterator[str]:
    yield "| step | by | when | not later than | purpose |"
    yield "|---|---|---|---|---|"
    for playbook in playbooks:
        for step in playbook.steps:
            name = step.name if len(playbooks) == 1 else f"{playbook.name}: {step.name}"
            late = f"{_length(step.deadline)} after its time" if step.deadline is not None else "any time"
            purpose = f"{step.purpose}, a check-in that needs consent" if step.nurture else step.purpose
            yield f"| {name} | {_CHANNELS[step.channel]} | {_when(step)} | {late} | {purpose} |"


def _when(step: Step) -> str:
    parts = []
    for anchor in step.after:
        after = "the call" if anchor.step == CALL else f"`{anchor.step}`"
        parts.append(f"{_length(anchor.wait)} after {after}" if anchor.wait else f"right after {after}")
    return ", and ".join(parts)


def _length(time: timedelta) -> str:
    seconds, parts = round(time.total_seconds()), []
    for unit, size in _UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}{'s' if count != 1 else ''}")
    return " ".join(parts) or "no time"


def _hours(business: Business) -> Iterator[str]:
    yield "| by | by the rules of the preset | by the business itself |"
    yield "|---|---|---|"
    for channel in ("sms", "voice", "email"):
        law, own = business.preset.windows.get(channel), business.windows.get(channel)
        yield f"| {_CHANNELS[channel]} | {_window(law)} | {_window(own)} |"
    if business.closed_days:
        yield f"\nClosed on {', '.join(day.isoformat() for day in sorted(business.closed_days))}."
    for day, spans in sorted(business.extra_openings.items()):
        yield f"\nOpen on {day.isoformat()}: {_spans(spans)}."


def _window(window: Window | None) -> str:
    """``Mon-Fri 09:00-18:00, Sat 09:00-13:00, Sun closed; public holidays closed``."""
    if window is None:
        return "no hours of its own"
    days: list[tuple[int, int, tuple[Span, ...]]] = []
    for index, spans in enumerate(window.weekdays):
        if days and days[-1][2] == spans:
            days[-1] = (days[-1][0], index, spans)
        else:
            days.append((index, index, spans))
    said = [
        f"{_DAYS[first]}{f'-{_DAYS[last]}' if last != first else ''} {_spans(spans)}" for first, last, spans in days
    ]
    holidays = "" if window.holidays is None else f"; public holidays {_spans(window.holidays)}"
    return ", ".join(said) + holidays


def _spans(spans: Sequence[Span]) -> str:
    def clock(minute: int) -> str:
        return f"{minute // 60:02}:{minute % 60:02}"

    return " and ".join(f"{clock(start)}-{clock(end)}" for start, end in spans) or "closed"


def _often(business: Business) -> str:
    most = business.max_touches_per_day
    allowed = attempts_allowed(business.preset, ())
    most = most if allowed is None else min(most, allowed)
    return (
        f"at most {most} texts, calls and emails to one person in any 24 hours. A repeat call within "
        f"{_length(business.fold_within)} starts nothing new; nor does one within {_length(business.cool_down)} after "
        "the end, of which only staff are told."
    )


def _retention(business: Business) -> str:
    kept = business.retention
    return (
        f"Who has neither rung nor written nor been written to for {kept.people.days} days is forgotten by itself, "
        "unless a consent of theirs still stands or something about them waits for a person; what was delivered to "
        f"staff, the CRM and flows goes after {kept.deliveries.days} days. A STOP stays, as a keyed hash."
    )


def _voice(business: Business, playbooks: Sequence[Playbook]) -> str:
    if business.retell is None or not any(step.channel == "voice" for book in playbooks for step in book.steps):
        return "No machine rings them."
    consent = " Such a call is placed only with recorded consent." if _asks_for_consent(business) else ""
    return (
        "The voice agent's first sentence says that it is an AI assistant and, where the call is recorded, that it is."
        f" Its script does not sell.{consent}"
    )


def _asks_for_consent(business: Business) -> bool:
    return business.preset.voice_needs_express or business.strict_consent


# ---------------------------------------------------------------- who


def _processors(business: Business) -> Iterator[str]:
    yield "| who | what for | what they get |"
    yield "|---|---|---|"
    yield "| this service, on the machine of whoever runs it | everything | everything on record |"
    if business.twilio is not None:
        yield "| Twilio | calls and texts | numbers, times, words |"
    if business.retell is not None:
        yield "| Retell | the AI voice agent | number, first name, last deal; what is said in the call |"
    if business.hubspot is not None:
        yield "| HubSpot | the CRM | looked up by number; each touch, opt-outs, outcomes |"
    if business.smtp is not None:
        yield f"| the mail server {business.smtp.host} | emails | address, words |"
    if business.flow is not None:
        yield f"| {business.flow.platform} | drives the steps | events: ids, times, decisions; no words, no numbers |"
    if any(member.webhook for member in business.staff):
        yield "| the chat that staff are alerted in | alerts | name, number, what they wrote |"


# ---------------------------------------------------------------- words


def _words(business: Business, playbooks: Sequence[Playbook]) -> Iterator[str]:
    used = {number.variant for number in business.numbers}
    for playbook in playbooks:
        for step in playbook.steps:
            for part, by_variant in (("subject", step.subjects), ("words", step.variants)):
                for variant, words in by_variant.items():
                    if variant in used or variant == "general":
                        yield from _forms(f"{playbook.name}, {step.name}, {part} ({variant})", words)


def _forms(title: str, words: Words) -> Iterator[str]:
    for form, said in _FORMS.items():
        text = getattr(words, form)
        if text is not None:
            quoted = "\n".join(f"> {line}".rstrip() for line in text.splitlines())
            yield f"{title}, {said}:\n\n{quoted}"
