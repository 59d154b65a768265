"""HubSpot's records: objects with string properties, their definitions, associations and pipelines."""

from __future__ import annotations

import itertools
import re
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sidecar.sandbox.record import Json

PHONE_PROPERTIES = ("phone", "mobilephone")
_CALCULATED = {
    "phone": "hs_searchable_calculated_phone_number",
    "mobilephone": "hs_searchable_calculated_mobile_number",
}
_INDEX_DIGITS = 7
_COUNTRY_CODES = ("44", "353", "1")
_LONGEST_NATIONAL = 10

_STANDARD: dict[str, str] = {
    "contacts": (
        "firstname lastname email phone mobilephone company jobtitle lifecyclestage hs_lead_status address "
        "city zip country website message hs_language hs_timezone hubspot_owner_id hs_email_optout:bool "
        "createdate:datetime lastmodifieddate:datetime notes_last_updated:datetime "
        "notes_last_contacted:datetime hs_last_sales_activity_timestamp:datetime num_associated_deals:read "
        "hs_searchable_calculated_phone_number:read hs_searchable_calculated_mobile_number:read "
        "hs_object_id:read"
    ),
    "deals": (
        "dealname dealstage pipeline amount:number closedate:datetime createdate:datetime dealtype "
        "hubspot_owner_id hs_lastmodifieddate:datetime hs_closed_won_date:datetime deal_currency_code "
        "description hs_is_closed:read hs_is_closed_won:read hs_deal_stage_probability:read "
        "amount_in_home_currency:read hs_object_id:read"
    ),
    "communications": (
        "hs_communication_channel_type hs_communication_logged_from hs_communication_body "
        "hs_timestamp:datetime hubspot_owner_id hs_attachment_ids hs_createdate:datetime "
        "hs_lastmodifieddate:datetime hs_object_id:read"
    ),
    "calls": (
        "hs_timestamp:datetime hs_call_title hs_call_body hs_call_duration:number hs_call_from_number "
        "hs_call_to_number hs_call_status hs_call_direction hs_call_disposition hs_call_source "
        "hs_call_recording_url hs_call_callee_object_id hs_call_callee_object_type_id hubspot_owner_id "
        "hs_activity_type hs_attachment_ids hs_createdate:datetime hs_lastmodifieddate:datetime "
        "hs_object_id:read"
    ),
    "emails": (
        "hs_timestamp:datetime hs_email_direction hs_email_status hs_email_subject hs_email_text hs_email_html "
        "hs_email_headers hubspot_owner_id hs_attachment_ids hs_createdate:datetime "
        "hs_lastmodifieddate:datetime hs_object_id:read"
    ),
}
_SINGULAR = {"contact": "contacts", "deal": "deals", "0-1": "contacts", "0-3": "deals"}
_OPTIONS: dict[tuple[str, str], tuple[str, ...]] = {
    ("communications", "hs_communication_channel_type"): ("SMS", "WHATS_APP", "LINKEDIN_MESSAGE"),
    ("communications", "hs_communication_logged_from"): ("CRM",),
    ("emails", "hs_email_direction"): ("EMAIL", "INCOMING_EMAIL", "FORWARDED_EMAIL"),
    ("emails", "hs_email_status"): ("BOUNCED", "FAILED", "SCHEDULED", "SENDING", "SENT"),
    ("calls", "hs_call_direction"): ("INBOUND", "OUTBOUND"),
    ("calls", "hs_call_status"): (
        "BUSY",
        "CALLING_CRM_USER",
        "CANCELED",
        "COMPLETED",
        "CONNECTING",
        "FAILED",
        "IN_PROGRESS",
        "MISSED",
        "NO_ANSWER",
        "QUEUED",
        "RINGING",
    ),
}
REQUIRED: dict[str, tuple[str, ...]] = {
    "communications": ("hs_communication_channel_type", "hs_communication_logged_from", "hs_timestamp"),
    "calls": ("hs_timestamp",),
    "emails": ("hs_timestamp", "hs_email_direction"),
}
STAGES = (
    # id, label, closed, won
    ("appointmentscheduled", "Appointment Scheduled", False, False),
    ("qualifiedtobuy", "Qualified To Buy", False, False),
    ("presentationscheduled", "Presentation Scheduled", False, False),
    ("decisionmakerboughtin", "Decision Maker Bought-In", False, False),
    ("contractsent", "Contract Sent", False, False),
    ("closedwon", "Closed Won", True, True),
    ("closedlost", "Closed Lost", True, False),
)


def iso(at: datetime) -> str:
    """A time as HubSpot writes it: ``2026-11-22T10:00:00.000Z``."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def digits_of(text: str) -> str:
    """The digits alone."""
    return re.sub(r"\D", "", text)


def national_digits(phone: str) -> str:
    """What ``hs_searchable_calculated_phone_number`` holds: digits without country code and trunk zero."""
    digits = digits_of(phone)
    international = phone.strip().startswith("+") or digits.startswith("00")
    digits = digits.removeprefix("00") if digits.startswith("00") else digits
    if international or len(digits) > _LONGEST_NATIONAL:
        digits = next((digits.removeprefix(c) for c in _COUNTRY_CODES if digits.startswith(c)), digits)
    return digits.removeprefix("0")


@dataclass(slots=True)
class Thing:
    """One CRM object. Property values are strings, as HubSpot keeps them."""

    id: str
    properties: dict[str, str | None]
    created: datetime
    updated: datetime

    def as_json(self, wanted: Iterable[str] = (), default: Iterable[str] = ()) -> Json:
        """The object with the wanted properties (else the default ones), always with its id and dates."""
        names = [
            *(wanted or default),
            "hs_object_id",
            "createdate",
            "lastmodifieddate",
            "hs_lastmodifieddate",
        ]
        shown = {name: self.properties.get(name) for name in names if name in self.properties or name in wanted}
        return {
            "id": self.id,
            "properties": shown,
            "createdAt": iso(self.created),
            "updatedAt": iso(self.updated),
            "archived": False,
        }


@dataclass(slots=True)
class Definition:
    """A property's definition; ``kind`` is HubSpot's type, or ``read``: read only."""

    name: str
    kind: str = "string"
    options: tuple[str, ...] = ()
    given: dict[str, object] = field(default_factory=dict)

    def as_json(self) -> Json:
        """The property resource."""
        data_type = "string" if self.kind == "read" else self.kind
        field_types = {
            "bool": "booleancheckbox",
            "datetime": "date",
            "number": "number",
            "enumeration": "select",
        }
        return {
            "name": self.name,
            "label": self.name,
            "type": data_type,
            "description": "",
            "fieldType": field_types.get(data_type, "text"),
            "groupName": "contactinformation",
            "hidden": False,
            "options": [
                {"label": option, "value": option, "displayOrder": number, "hidden": False}
                for number, option in enumerate(self.options)
            ],
            "hubspotDefined": not self.given,
            "archived": False,
            "calculated": False,
            "externalOptions": False,
            "hasUniqueValue": False,
            "formField": False,
            "displayOrder": -1,
            **self.given,
        }


class HubSpotStore:
    """Objects by type and id, with an index of phone digits so that searches stay quick."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """``now`` is the injected clock."""
        self.now = now
        self.on_change: Callable[[str, dict[str, str | None]], None] = lambda _id, _properties: None
        """Hears of each change of a contact: its id, and the properties that are other than before."""
        self.lock = threading.RLock()
        self.definitions: dict[str, dict[str, Definition]] = {}
        self.stages: dict[str, Json] = {}
        self.clear(everything=True)

    def clear(self, *, everything: bool = False) -> None:
        """Forget all objects; with ``everything`` also own properties and pipeline stages."""
        with self.lock:
            self.things: defaultdict[str, dict[str, Thing]] = defaultdict(dict)
            self.links: defaultdict[tuple[str, str, str], dict[str, int]] = defaultdict(dict)
            self._by_digits: defaultdict[str, set[str]] = defaultdict(set)
            self._ids = itertools.count(101)
            self.opted_out: dict[str, datetime] = {}
            if everything:
                self.definitions = {kind: _standard(kind) for kind in _STANDARD}
                self.stages = {}
                for stage_id, label, closed, won in STAGES:
                    self.add_stage(stage_id, label, closed=closed, won=won)

    def add_stage(self, stage_id: str, label: str, *, closed: bool = False, won: bool = False) -> None:
        """Add a stage to the deal pipeline ``default``."""
        at = iso(self.now())
        self.stages[stage_id] = {
            "id": stage_id,
            "label": label,
            "displayOrder": len(self.stages),
            "archived": False,
            "createdAt": at,
            "updatedAt": at,
            "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
            "metadata": {
                "isClosed": str(closed).lower(),
                "probability": "1.0" if won else "0.0" if closed else "0.5",
            },
        }

    def stage_id(self, stage: str) -> str:
        """The id of a stage given by id or label; an unknown label becomes a stage."""
        for stage_id, known in self.stages.items():
            if stage in (stage_id, known["label"]):
                return stage_id
        stage_id = digits_of(str(hash(stage)))[:8]
        self.add_stage(stage_id, stage)
        return stage_id

    def add(self, kind: str, properties: Mapping[str, str | None]) -> Thing:
        """Create an object; the read-only properties are worked out here."""
        now = self.now()
        with self.lock:
            thing = Thing(str(next(self._ids)), {}, now, now)
            thing.properties["hs_object_id"] = thing.id
            thing.properties["hs_createdate" if kind in ("communications", "calls", "emails") else "createdate"] = iso(
                now
            )
            self.things[kind][thing.id] = thing
            self.change(kind, thing, properties)
        return thing

    def change(self, kind: str, thing: Thing, properties: Mapping[str, str | None]) -> None:
        """Set properties ("" or None empties one) and everything that follows from them."""
        with self.lock:
            thing.updated = self.now()
            thing.properties["lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"] = iso(thing.updated)
            given = {name: value or None for name, value in properties.items()}
            other = {name: value for name, value in given.items() if thing.properties.get(name) != value}
            thing.properties |= given
            if kind == "contacts":
                self._index(thing)
                self.on_change(thing.id, other)
            elif kind == "deals":
                self._close(thing)

    def link(self, one: tuple[str, str], other: tuple[str, str], *, type_id: int, back_id: int) -> None:
        """Associate two objects, each (kind, id), both ways."""
        with self.lock:
            self.links[*one, other[0]][other[1]] = type_id
            self.links[*other, one[0]][one[1]] = back_id

    def remove(self, kind: str, thing_id: str) -> None:
        """Delete an object, as a person does in the CRM (or by merging it into another)."""
        with self.lock:
            del self.things[kind][thing_id]
            for ids in self._by_digits.values():
                ids.discard(thing_id)

    def candidates(self, kind: str, values: Iterable[str]) -> list[Thing] | None:
        """Objects whose phone digits can match one of the values; None where the index cannot tell."""
        if kind != "contacts":
            return None
        found: set[str] = set()
        for value in values:
            digits = digits_of(value)
            if len(digits) < _INDEX_DIGITS:
                return None
            found |= self._by_digits.get(digits[-_INDEX_DIGITS:], set())
        return [self.things[kind][thing_id] for thing_id in sorted(found, key=int)]

    def by_email(self, email: str) -> Thing | None:
        """The contact with that email address, whatever its case."""
        wanted = email.lower()
        for thing in self.things["contacts"].values():
            if (thing.properties.get("email") or "").lower() == wanted:
                return thing
        return None

    def _index(self, thing: Thing) -> None:
        for name in PHONE_PROPERTIES:
            phone = thing.properties.get(name)
            thing.properties[_CALCULATED[name]] = national_digits(phone) if phone else None
            if phone:
                self._by_digits[digits_of(phone)[-_INDEX_DIGITS:]].add(thing.id)

    def _close(self, thing: Thing) -> None:
        stage = self.stages.get(thing.properties.get("dealstage") or "")
        closed = stage is not None and stage["metadata"]["isClosed"] == "true"
        won = closed and stage is not None and stage["metadata"]["probability"] == "1.0"
        thing.properties |= {"hs_is_closed": str(closed).lower(), "hs_is_closed_won": str(won).lower()}


def _standard(kind: str) -> dict[str, Definition]:
    table: dict[str, Definition] = {}
    for entry in _STANDARD[kind].split():
        name, _, data_type = entry.partition(":")
        options = _OPTIONS.get((kind, name), ())
        table[name] = Definition(name, "enumeration" if options else data_type or "string", options)
    return table


def plural(kind: str) -> str:
    """An object type by its plural name, however it was named (``contact``, ``0-1``)."""
    return _SINGULAR.get(kind, kind)
