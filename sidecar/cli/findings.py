"""What ``check`` says about a business that loads: what would not work, cost too much, or surprise.

Pure: a business in, findings out. What a file must not contain at all is refused
by the loader; here stands what may be meant so.
"""

from __future__ import annotations

from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from sidecar.config.assessment import REVIEW_AGAIN, state_of
from sidecar.domain import texts
from sidecar.domain.compliance import windows_for
from sidecar.domain.consent import Refusal, from_inquiry, permits
from sidecar.domain.phones import line_type, mask
from sidecar.domain.prices import cost_of
from sidecar.domain.windows import HORIZON, RuleError, first_open

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from sidecar.config.business import Business, Number
    from sidecar.domain.playbooks import Channel, Playbook, Step, Words

Level = Literal["ok", "warning", "error"]

LONGEST_RING = 20
"""Seconds; a mobile's own voicemail answers after that."""

_MOST_SEGMENTS = 2
_NOT_IN_SUBJECTS = frozenset({"identification", "opt_out_words"})
_SAMPLE = {
    "first_name": "Charlotte",
    "company": "Harbour Plumbing",
    "agent_name": "Sam",
    "number": "+441174960123",
    "deal_stage": "Quote sent",
    "opens": "Monday at 8:30",
    "unsubscribe_url": "https://recovery.example.com/u/0123456789abcdef",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of ``check``."""

    level: Level
    subject: str
    """What it is about: a file, a business's id, ``database``."""
    message: str
    remedy: str = ""
    field: str = ""
    file: str = ""
    line: int | None = None


def business_findings(business: Business, now: datetime) -> list[Finding]:
    """Everything worth saying about one business at an instant (UTC); the first finding sums it up."""
    playbooks = _playbooks(business)
    found = [*_credentials(business, playbooks), *_people(business), *_numbers(business)]
    found += [*_assessment(business, now), *_hours(business, playbooks, now)]
    for playbook in playbooks:
        found += [*_consent_needed(business, playbook, now), *_language(business, playbook)]
        found += playbook_findings(playbook, business)
    names = ", ".join(playbook.name for playbook in playbooks)
    count = len(business.numbers)
    summary = f"{business.name}: {count} number{'s' if count != 1 else ''}, playbook {names}"
    return [Finding("ok", business.id, summary), _retention(business), *found]


def _retention(business: Business) -> Finding:
    kept = business.retention
    said = (
        f"people are forgotten {kept.people.days} days after their last call, message or consent, deliveries removed "
        f"after {kept.deliveries.days}; a STOP holds on"
    )
    return Finding("ok", business.id, said, field="retention")


def playbook_findings(playbook: Playbook, business: Business | None = None) -> list[Finding]:
    """What the texts of a playbook cost and say, filled in for a business (or for a sample one)."""
    subject = business.id if business is not None else playbook.name
    values = dict(_SAMPLE)
    if business is not None:
        values |= {"company": business.name, "agent_name": business.agent_name}
        values["number"] = business.numbers[0].e164
    found: list[Finding] = []
    for step in playbook.steps:
        found += _step_findings(playbook, step, values, subject, business)
    return found


# ---------------------------------------------------------------- set-up


def _playbooks(business: Business) -> list[Playbook]:
    """Those that callers of any of its numbers can meet."""
    used = {id(book): book for book in map(business.playbook_for, business.numbers)}
    return list(used.values())


def _language(business: Business, playbook: Playbook) -> Iterator[Finding]:
    """Callers are written to in the language that the business speaks (in Quebec a right: Charter, s. 5)."""
    if playbook.language[:2] == business.language[:2]:
        return
    said = f"the texts of {playbook.name} are {playbook.language}, and the business speaks {business.language}"
    remedy = "take a playbook in that language (contractor-two-text-fr is French), or correct `language`"
    yield Finding("warning", business.id, said, remedy, "playbook")


def _steps(playbooks: list[Playbook], channel: Channel) -> list[Step]:
    return [step for playbook in playbooks for step in playbook.steps if step.channel == channel]


def _credentials(business: Business, playbooks: list[Playbook]) -> Iterator[Finding]:
    blocks: tuple[tuple[Channel, str, object], ...] = (
        ("sms", "twilio", business.twilio),
        ("voice", "retell", business.retell),
        ("email", "smtp", business.smtp),
    )
    for channel, block, there in blocks:
        steps = _steps(playbooks, channel)
        if steps and there is None:
            names = ", ".join(dict.fromkeys(step.name for step in steps))
            said = f"no `{block}:` for step {names}, so a staff task takes its place"
            yield Finding("warning", business.id, said, f"add `{block}:` with its credentials", block)
    flow = business.flow
    if flow is not None and flow.platform == "n8n" and not (flow.callback_hosts or flow.callback_base):
        said = "no callback host is allowed, so the flow cannot be woken"
        yield Finding("warning", business.id, said, "add `callback_hosts: [your n8n's host]`", "flow")
    if business.smtp is not None and not business.address:
        said = "emails go out without a postal address, which the US and Canada ask for"
        yield Finding("warning", business.id, said, "add `address:`", "address")


def _people(business: Business) -> Iterator[Finding]:
    if not business.staff:
        said = "there are no staff, so NOBODY IS ALERTED: callers' replies, complaints and tasks reach no person"
        yield Finding("warning", business.id, said, "add `staff:` with a name and a phone", "staff")
    for index, member in enumerate(business.staff):
        ways = ((member.phone, business.twilio), (member.email, business.smtp), (member.webhook, True))
        if not any(address and sender for address, sender in ways):
            said = f"{member.name} cannot be reached: there are no credentials for the phone or email given"
            yield Finding("error", business.id, said, "add `twilio:`, `smtp:` or a `webhook:`", f"staff[{index}]")


def _numbers(business: Business) -> Iterator[Finding]:
    for index, number in enumerate(business.numbers):
        yield from _number(business, number, f"numbers[{index}]")


def _number(business: Business, number: Number, field: str) -> Iterator[Finding]:
    kind = line_type(number.texts_from)
    texted = any(step.channel == "sms" for step in business.playbook_for(number).steps)
    nanp = number.texts_from.startswith("+1")  # North America's toll-free numbers can be enabled for texts
    if texted and (kind == "premium" or (kind == "toll_free" and not nanp)):
        said = f"{mask(number.texts_from)} is a {kind.replace('_', '-')} number: nobody can answer its texts"
        remedy = "write `can_text: false`, and `text_from:` with a number that can"
        yield Finding("error", business.id, said, remedy, f"{field}.can_text")
    if number.mode != "ring_staff":
        return
    if not number.ring:
        said = f"nobody rings when {mask(number.e164)} is called, so every call is a missed one"
        remedy = "add `ring:` with phones, or write `mode: forwarded`"
        yield Finding("warning", business.id, said, remedy, f"{field}.ring")
    if number.ring_seconds > LONGEST_RING:
        said = f"rings {number.ring_seconds} s: a mobile's own voicemail answers first"
        remedy = f"ring {LONGEST_RING} s at most; 15 to 20 is usual"
        yield Finding("warning", business.id, said, remedy, f"{field}.ring_seconds")
    if not number.press_one:
        said = "nobody presses 1, so a voicemail counts as an answered call"
        yield Finding("warning", business.id, said, "leave `press_one` out", f"{field}.press_one")


# ---------------------------------------------------------------- rules and hours


def _assessment(business: Business, now: datetime) -> Iterator[Finding]:
    reviewed = business.legitimate_interest
    if reviewed is None:
        return
    field = "legitimate_interest"
    command = f"recovery lia {quote(business.source)}" if business.source else "recovery lia"
    if reviewed.reviewed_on > now.astimezone(ZoneInfo(business.zone)).date():
        said = f"the assessment cannot have been reviewed on {reviewed.reviewed_on}: that day is still to come"
        yield Finding("error", business.id, said, "write the day of the review", f"{field}.reviewed_on")
    elif now.date() - reviewed.reviewed_on > REVIEW_AGAIN:
        said = f"the assessment was last reviewed on {reviewed.reviewed_on}, more than a year ago"
        remedy = f"have it reviewed again (`{command}` writes a fresh draft), and write the new day"
        yield Finding("warning", business.id, said, remedy, f"{field}.reviewed_on")
    if reviewed.reviewed_state and reviewed.reviewed_state != state_of(business):
        said = "what the assessment weighed has changed since its review: steps, words, hours, numbers or vendors"
        remedy = f"`{command}` writes the draft of today; have it reviewed, and write its last lines here"
        yield Finding("warning", business.id, said, remedy, f"{field}.reviewed_state")


def _consent_needed(business: Business, playbook: Playbook, now: datetime) -> Iterator[Finding]:
    """Steps that the missed call alone does not allow: the gate itself is asked, as it will be."""
    lacking: dict[tuple[Refusal, bool], list[str]] = {}
    sent = 0
    for step in playbook.steps:
        if step.channel == "staff" or (step.channel == "voice" and business.retell is None):
            continue  # the second: a staff task takes its place anyway, and that has been said
        answer = permits(
            business.preset, [from_inquiry(business.preset, now)], step.channel, step.purpose,
            nurture=step.nurture, follow_ups_sent=sent, strict=business.strict_consent, now=now,
        )  # fmt: skip
        if isinstance(answer, Refusal):
            lacking.setdefault((answer, step.nurture), []).append(step.name)
        elif step.channel != "voice":
            sent += 1
    for (refusal, nurture), names in lacking.items():
        yield _consent_finding(business, playbook, refusal, names, nurture=nurture)


def _consent_finding(
    business: Business, playbook: Playbook, refusal: Refusal, names: list[str], *, nurture: bool
) -> Finding:
    rules, steps = business.preset, ", ".join(names)
    fate = "left out" if nurture else "left to staff"
    if refusal.reason == "voice_without_consent":
        strict = "" if rules.voice_needs_express else ", strict_consent"
        said = f"an AI voice needs consent (preset {rules.name}{strict}): {steps} is {fate} unless it is on record"
    elif nurture:
        bases = ", ".join(sorted(rules.nurture)).replace("_", " ")
        said = f"the missed call alone is no consent to {steps}, {fate} unless there is one on record: {bases}"
    elif refusal.reason == "follow_ups_used":
        said = f"a missed call allows one follow-up (preset {rules.name}): {steps} comes after it, and is {fate}"
    else:
        bases = ", ".join(sorted(rules.marketing)).replace("_", " ")
        said = f"the missed call alone is no consent to marketing: {steps} is {fate} unless there is: {bases}"
    remedy = "ask for it in the conversation (`asks_consent` of POST /v1/messages), or `recovery consents import`"
    return Finding("warning", business.id, said, remedy, f"{playbook.name}.{names[0]}")


def _hours(business: Business, playbooks: list[Playbook], now: datetime) -> Iterator[Finding]:
    for channel in ("sms", "voice", "email"):
        if not _steps(playbooks, channel):
            continue
        try:
            windows = windows_for(
                business.preset,
                channel,
                zones=(business.zone,),
                states=(),
                business_zone=business.zone,
                region=business.region,
                subdivision=business.subdivision,
                overrides=business.windows,
                closed_days=business.closed_days,
                extra=business.extra_openings,
            )
            opens = first_open(windows, now)
        except RuleError as error:
            yield Finding("error", business.id, error.message, error.remedy, error.field)
            continue
        if opens is None:
            said = f"{channel} is not open once in the next {HORIZON.days} days: its steps would be skipped"
            yield Finding("error", business.id, said, "look at `windows` and `closed_days`", f"windows.{channel}")
        elif opens > now:
            local = opens.astimezone(ZoneInfo(business.zone))
            yield Finding("ok", business.id, f"{channel} is closed now, and opens {local:%A at %H:%M}")


# ---------------------------------------------------------------- words


def _step_findings(
    playbook: Playbook, step: Step, values: dict[str, str], subject: str, business: Business | None
) -> Iterator[Finding]:
    segments: list[int] = []
    company = values["company"]
    for name, text in _texts(playbook, step, step.variants):
        if step.channel != "voice":  # a voice step's words are for the person who takes its place
            yield from (_said(one, name, subject) for one in _complaints(text, step, company))
        if step.channel == "sms":
            rendered = texts.render(text, values)
            segments.append(texts.segments(rendered).count)
            yield from _cost(rendered, name, subject)
    for name, text in _texts(playbook, step, step.subjects):
        found = (one for one in _complaints(text, step, company) if one.code not in _NOT_IN_SUBJECTS)
        yield from (_said(one, name, subject) for one in found)
    if segments:
        longest = max(segments)
        said = f"a text is charged as {_counted(longest)} at most"
        price = _price_of(longest, business)
        said += f", {price}" if price else ""
        yield Finding("ok", subject, said, field=f"{playbook.name}.{step.name}")


def _texts(playbook: Playbook, step: Step, variants: Mapping[str, Words]) -> Iterator[tuple[str, str]]:
    """Each text of a step, and what to call it."""
    for variant, words in variants.items():
        for form in ("known", "unknown", "after_hours", "after_hours_unknown"):
            text = getattr(words, form)
            if text is not None:
                yield f"{playbook.name}.{step.name}.{variant}.{form}", text


def _complaints(text: str, step: Step, company: str) -> Iterator[texts.Complaint]:
    """What the text should not say, or should and does not; a company written out is named well enough."""
    for complaint in texts.complaints(text, step.purpose, channel=step.channel):
        if complaint.code != "identification" or company not in text:
            yield complaint


def _price_of(segments: int, business: Business | None) -> str | None:
    if business is None:
        return None
    return cost_of(segments, business.region, business.twilio.segment_price if business.twilio else None)


def _said(complaint: texts.Complaint, name: str, subject: str) -> Finding:
    """Who writes, how to stop, and that a service text sells nothing is law (PECR, CASL, the TCPA); tone is advice."""
    level: Level = "warning" if complaint.code == "apology" else "error"
    return Finding(level, subject, complaint.message, complaint.remedy, name)


def _counted(segments: int) -> str:
    return f"{segments} segment{'' if segments == 1 else 's'}"


def _cost(rendered: str, field: str, subject: str) -> Iterator[Finding]:
    size = texts.segments(rendered)
    dear = texts.expensive_characters(rendered)
    if dear:
        listed = ", ".join(
            f"{one.character!r}" + (f" (write {one.suggestion!r})" if one.suggestion else " (leave it out)")
            for one in {one.character: one for one in dear}.values()
        )
        plain = texts.segments(texts.in_plain_characters(rendered)).count
        said = f"is charged as {_counted(size.count)} instead of {plain}, since it is not plain GSM text"
        yield Finding("warning", subject, said, f"replace {listed}", field)
    elif size.count > _MOST_SEGMENTS:
        said = f"is charged as {size.count} segments ({size.units} characters)"
        yield Finding("warning", subject, said, "shorten it to 160 characters, or 306 for two", field)
