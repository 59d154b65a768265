"""``recovery audit``: every fact and decision about one person, in order: why was this text sent?"""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from sidecar.cli.contacts import one_person
from sidecar.cli.opening import among_businesses, opened, print_json
from sidecar.cli.owed import line_of
from sidecar.cli.rules import Rule, rules_of
from sidecar.cli.story import Line, Record, tell
from sidecar.cli.taught import Taught
from sidecar.domain.phones import mask_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sidecar.config.business import Business

VERSION = 1
"""Of the JSON's shape (``schemas/audit.schema.json``); fields are added, never taken away."""

_EVENT = ("event_id", "type", "reason", "sequence_id", "step", "call_id", "touch_id", "data")
_DELIVERY = ("delivery_id", "kind", "state", "attempts", "last_error", "created_at", "settled_at", "sequence_id")
_PERSON = ("contact_id", "first_name", "last_name", "crm_id", "suppressed", "addresses", "consents")


@click.command(
    cls=Taught,
    examples=(
        'recovery audit "+44 7700 900123"',
        'recovery audit "+44 7700 900123" --format html   > audit.html',
        "recovery audit 07700900123 --business hartley-plumbing --format json",
    ),
)
@click.argument("who")
@among_businesses
@click.option("--format", "form", type=click.Choice(["text", "json", "html"]), default="text", show_default=True)
def audit(who: str, business_id: str | None, form: str) -> None:
    """Why was this text sent? Everything about one person, in order of time.

    Calls, messages both ways, every decision with the rule that allowed or stopped it and where that rule comes
    from, what was sent in which words and what became of it, consents, STOP and START, what the CRM and the staff
    were told: of all their sequences and all their numbers.

    WHO is a phone number (without a country it is read in the business's region) or an id from
    `recovery contacts list`. Their own number is shown; other people's are masked. Times are those of the business,
    in JSON in UTC (its shape: schemas/audit.schema.json). HTML is one file, without anything from elsewhere.
    """
    with opened() as sidecar:
        business, person = one_person(sidecar, business_id, who)
        seen = {**person, "deliveries": sidecar.timeline.owed(business.id, person)}
        now = sidecar.clock.now()
    lines = list(lines_of(business, seen))
    if form == "json":
        print_json(document(business, seen, lines, now.isoformat()))
    elif form == "html":
        from sidecar.cli.audit_page import page

        click.echo(page(business, seen, lines, now))
    else:
        from sidecar.cli.telling import tell_person

        tell_person(business, seen, lines)


def lines_of(business: Business, seen: Mapping[str, Any]) -> Iterator[Line]:
    """The whole story by time: the record's lines with their rules, and what was owed to others."""
    zone = ZoneInfo(business.zone)
    record = Record.of(seen, zone)
    own = {address["address"] for address in seen["addresses"]} | {number.e164 for number in business.numbers}
    owed = [replace(line_of(row, record), delivery=row) for row in seen["deliveries"]]
    lines = [*_with_rules(record, zone, business.preset.name), *owed]
    for line in sorted(lines, key=lambda one: one.at):
        yield replace(line, said=_others_masked(line.said, own))


def _with_rules(record: Record, zone: ZoneInfo, preset: str) -> Iterator[Line]:
    """Each decision with its rule; a send has the rules that allowed it, which its permission need not repeat."""
    sent = {_step(event) for event in record.events if event["type"] == "touch.sent"}
    allowed: dict[tuple[Any, Any], tuple[Rule, ...]] = {}
    for line in tell(record):
        if line.event is None:
            yield line
            continue
        step, rules = _step(line.event), rules_of(line.event, zone, preset)
        if line.event["type"] == "gate.send":
            allowed[step] = rules
            rules = () if step in sent else rules
        elif line.event["type"] == "touch.sent":
            rules = allowed.get(step, ())
        yield replace(line, rules=rules)


def _step(event: Mapping[str, Any]) -> tuple[Any, Any]:
    return event["sequence_id"], event["step"]


def _others_masked(said: str, own: set[str]) -> str:
    """Numbers that are neither the person's nor the business's are masked; words are shown as they were sent."""
    for number in sorted(own, key=len, reverse=True):
        before, found, after = said.partition(number)
        if found:
            return _others_masked(before, own) + found + _others_masked(after, own)
    return mask_in(said)


def document(business: Business, seen: Mapping[str, Any], lines: list[Line], as_of: str) -> dict[str, Any]:
    """The audit as JSON: who, and entries in order of time."""
    return {
        "version": VERSION,
        "as_of": as_of,
        "business_id": business.id,
        "preset": business.preset.name,
        "person": {name: seen[name] for name in _PERSON},
        "entries": [_entry(line) for line in lines],
    }


def _entry(line: Line) -> dict[str, Any]:
    return {
        "at": line.at.astimezone(UTC).isoformat(),
        "who": line.who,
        "said": line.said,
        "words": line.words,
        "rules": [asdict(rule) for rule in line.rules],
        "event": {name: line.event[name] for name in _EVENT} if line.event is not None else None,
        "delivery": {name: line.delivery[name] for name in _DELIVERY} if line.delivery is not None else None,
    }
