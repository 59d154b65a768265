"""A sequence or a person, printed: a few facts at the head, then the story, then what is still to come."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rich.text import Text

from sidecar.cli import sayings
from sidecar.cli.sayings import clean
from sidecar.cli.story import Record, tell, to_come
from sidecar.cli.terminal import console, print_facts, print_story

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sidecar.cli.story import Line
    from sidecar.config.business import Business

    Row = dict[str, Any]


def tell_sequence(business: Business, sequence: Row) -> None:
    """One sequence: who and what it is about, what happened in which order, what is still planned."""
    zone = ZoneInfo(business.zone)
    record = Record.of(sequence, zone)
    console().print(Text(sequence["sequence_id"], style="bold").append(f"  {_state(sequence)}", style="default"))
    print_facts(_facts(business, sequence, zone))
    _print_record(record)


def tell_person(business: Business, person: Row, lines: Sequence[Line] | None = None) -> None:
    """One person: name, addresses, consent, and everything that ever happened between them and the business.

    ``lines``: the story, where it is told with more than the record's own lines (an audit).
    """
    zone = ZoneInfo(business.zone)
    title = Text(person["contact_id"], style="bold").append(f"  {_name(person)}", style="default")
    if person["suppressed"]:
        title.append("  OPTED OUT", style="bold red")
    console().print(title)
    facts = [(address["kind"], _address(address)) for address in person["addresses"] if address["kind"] != "crm"]
    if person["crm_id"]:
        stage = f", deal stage {clean(person['deal_stage'])}" if person["deal_stage"] else ""
        facts.append(("crm", f"record {person['crm_id']}{stage}"))
    facts += [("consent", said) for said in _consents(person["consents"], zone)]
    facts.append(("business", f"{business.id}; times are those of {business.zone}"))
    print_facts(facts)
    _print_record(Record.of(person, zone), lines)


def _print_record(record: Record, lines: Sequence[Line] | None = None) -> None:
    print_story(record, list(tell(record)) if lines is None else lines)
    planned = list(to_come(record))
    if planned:
        console().print(Text("\nStill to come", style="bold"))
        print_facts([("-", said) for said in planned])


def _facts(business: Business, sequence: Row, zone: ZoneInfo) -> list[tuple[str, str]]:
    whom, call_at = sequence["contact"], datetime.fromisoformat(sequence["call_at"]).astimezone(zone)
    phone = f", {whom['phone']}" if whom["phone"] else ""
    stopped = ", opted out" if whom["suppressed"] else ""
    facts = [
        ("contact", f"{whom['contact_id']}, {_name(whom)}{phone}{stopped}"),
        ("called", f"{sequence['number']} ({business.id}), {call_at:%A} {call_at.day} {call_at:%B %Y at %H:%M:%S}"),
        ("playbook", f"{sequence['playbook'] or 'none'}, words for {sequence['variant']}"),
    ]
    if sequence["first_touch_seconds"] is not None:
        facts.append(("first touch", f"{_duration(sequence['first_touch_seconds'])} after the call"))
    if sequence["flow_platform"]:
        run = f", execution {sequence['flow_execution']}" if sequence["flow_execution"] else ""
        facts.append(("driver", f"{sequence['flow_platform']}{run}"))
    if sequence["value_minor"] is not None:
        facts.append(("worth", f"{sequence['value_minor'] / 100:.2f} {sequence['currency'] or ''}".strip()))
    return [*facts, ("times", business.zone)]


def _duration(seconds: float) -> str:
    """``4 s``, ``3 min 20 s``, ``13 h 8 min``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, left = divmod(minutes, 60)
    if hours:
        return f"{hours} h {left} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _state(sequence: Row) -> str:
    if sequence["state"] == "held":
        return f"held: {sayings.plain(clean(sequence['held_reason']), sayings.CLOSED)}"
    if sequence["state"] == "closed":
        return f"closed: {sayings.plain(clean(sequence['reason']), sayings.CLOSED)}"
    return str(sequence["state"])


def _name(person: Row) -> str:
    name = " ".join(clean(part) for part in (person["first_name"], person["last_name"]) if part)
    return name or "name unknown"


def _address(address: Row) -> str:
    note = f" ({sayings.plain(address['unreachable'], sayings.RULES)})" if address["unreachable"] else ""
    return clean(address["address"]) + note


def _consents(found: Sequence[Row], zone: ZoneInfo) -> list[str]:
    """The newest consent on each basis, and how many older ones there are (each missed call is one)."""
    by_basis: dict[tuple[str, str], list[Row]] = {}
    for consent in found:  # newest first
        by_basis.setdefault((consent["basis"], consent["purpose"]), []).append(consent)
    return [_consent(same[0], len(same) - 1, zone) for same in by_basis.values()]


def _consent(consent: Row, older: int, zone: ZoneInfo) -> str:
    def day(moment: str) -> str:
        return f"{datetime.fromisoformat(moment).astimezone(zone):%Y-%m-%d}"

    until = f" until {day(consent['expires_at'])}" if consent["expires_at"] else ""
    taken = f", withdrawn {day(consent['withdrawn_at'])}" if consent["withdrawn_at"] else ""
    more = f", and {older} older" if older else ""
    basis, channels = consent["basis"].replace("_", " "), ", ".join(consent["channels"])
    evidence = clean(consent["evidence"])
    return f"{basis} ({consent['purpose']}: {channels}) from {day(consent['given_at'])}{until}{taken}: {evidence}{more}"
