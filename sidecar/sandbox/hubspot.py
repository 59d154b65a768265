"""HubSpot's CRM API as hubspot-api-client calls it, with communication preferences v4."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sidecar.sandbox.hubspot_errors import HubSpotRefused, json_object, only_fields
from sidecar.sandbox.hubspot_preferences import HubSpotPreferences
from sidecar.sandbox.hubspot_schema import HubSpotSchema
from sidecar.sandbox.hubspot_search import search
from sidecar.sandbox.hubspot_store import REQUIRED, HubSpotStore, Thing, iso, plural
from sidecar.sandbox.listener import Answer, Incoming, json_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sidecar.sandbox.faults import Fault
    from sidecar.sandbox.record import Journal, Json, SeenRequest
    from sidecar.sandbox.vendor import Handler

_KINDS = "contacts|deals|communications|calls|emails"
_MAX_BATCH = 100
_DEFAULTS = {
    "contacts": ("firstname", "lastname", "email"),
    "deals": ("dealname", "amount", "closedate", "pipeline", "dealstage"),
}
ASSOCIATION_TYPES: dict[tuple[str, str], int] = {
    ("contacts", "deals"): 4,
    ("deals", "contacts"): 3,
    ("communications", "contacts"): 81,
    ("contacts", "communications"): 82,
    ("communications", "deals"): 85,
    ("deals", "communications"): 86,
    ("calls", "contacts"): 194,
    ("contacts", "calls"): 193,
    ("emails", "contacts"): 198,
    ("contacts", "emails"): 197,
    ("calls", "deals"): 206,
    ("deals", "calls"): 205,
}


class HubSpotApi:
    """The side of HubSpot that our SDK talks to."""

    name = "hubspot"

    def __init__(self, store: HubSpotStore, journal: Journal) -> None:
        """``tokens`` are the private-app tokens that pass."""
        self.store = store
        self.tokens: set[str] = set()
        self._journal = journal
        kind, batch = (
            rf"/crm/v3/objects/(?P<kind>{_KINDS})",
            r"/crm/v4/associations/(?P<kind>\w+)/(?P<other>\w+)",
        )
        self._routes: list[tuple[str, re.Pattern[str], str, Callable[[Incoming, Mapping[str, str]], Answer]]] = [
            (method, re.compile(path), operation, handler)
            for method, path, operation, handler in (
                ("POST", rf"{kind}/search", "search", self._search),
                ("POST", rf"{kind}/batch/read", "batch_read", self._batch_read),
                ("POST", kind, "create", self._create),
                ("GET", rf"{kind}/(?P<id>\d+)", "fetch", self._fetch),
                ("PATCH", rf"{kind}/(?P<id>\d+)", "update", self._update),
                ("POST", rf"{batch}/batch/read", "associations.batch_read", self._batch_links),
                (
                    "GET",
                    r"/crm/v4/objects/(?P<kind>\w+)/(?P<id>\d+)/associations/(?P<other>\w+)",
                    "associations.list",
                    self._links,
                ),
                *HubSpotSchema(store).routes(),
                *HubSpotPreferences(store).routes(),
            )
        ]

    def route(self, incoming: Incoming) -> tuple[str, Handler]:
        """The operation of this path (``contacts.search``), guarded by the token; else 404."""
        for method, pattern, operation, handler in self._routes:
            if method == incoming.method and (match := pattern.fullmatch(incoming.path)):
                parts = match.groupdict()
                prefix = f"{parts['kind']}." if "." not in operation else ""
                return prefix + operation, self._guarded(handler, parts)
        return "unknown", lambda _incoming, _seen: HubSpotRefused(404, "resource not found").answer()

    def refuse(self, fault: Fault) -> Answer:
        """A scripted refusal in HubSpot's shape."""
        limited = "You have reached your secondly limit."
        message = fault.message or (limited if fault.status == 429 else "internal error")  # noqa: PLR2004
        headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        sub = None if fault.code is None else str(fault.code)
        return HubSpotRefused(fault.status, message, sub=sub).answer(headers)

    def _guarded(self, handler: Callable[[Incoming, Mapping[str, str]], Answer], parts: Mapping[str, str]) -> Handler:
        def answer(incoming: Incoming, _seen: SeenRequest) -> Answer:
            scheme, _, token = incoming.headers.get("authorization", "").partition(" ")
            if scheme.lower() != "bearer" or token not in self.tokens:
                return HubSpotRefused(401, "Authentication credentials not found.").answer()
            try:
                return handler(incoming, parts)
            except HubSpotRefused as refused:
                return refused.answer()

        return answer

    def _search(self, incoming: Incoming, parts: Mapping[str, str]) -> Answer:
        kind, body = parts["kind"], json_object(incoming)
        hits, total, after = search(self.store, kind, body)
        wanted = body.get("properties") or ()
        answer: Json = {
            "total": total,
            "results": [hit.as_json(wanted, _DEFAULTS.get(kind, ())) for hit in hits],
        }
        if after is not None:
            answer["paging"] = {"next": {"after": after}}
        return json_answer(200, answer)

    def _batch_read(self, incoming: Incoming, parts: Mapping[str, str]) -> Answer:
        kind, body = parts["kind"], json_object(incoming)
        ids = _inputs(body)
        found = [thing for one in ids if (thing := self._find(kind, one, body.get("idProperty"))) is not None]
        results = [thing.as_json(body.get("properties") or (), _DEFAULTS.get(kind, ())) for thing in found]
        missing = [one for one in ids if self._find(kind, one, body.get("idProperty")) is None]
        answer = self._batch(results)
        if missing:
            answer |= {
                "numErrors": 1,
                "errors": [
                    {
                        "status": "error",
                        "category": "OBJECT_NOT_FOUND",
                        "message": "Could not get some objects",
                        "context": {"ids": missing},
                        "errors": [],
                        "links": {},
                    }
                ],
            }
        return json_answer(207 if missing else 200, answer)

    def _create(self, incoming: Incoming, parts: Mapping[str, str]) -> Answer:
        kind, body = parts["kind"], json_object(incoming)
        only_fields(body, ("properties", "associations", "objectWriteTraceId"))
        properties = self._checked(kind, body.get("properties"))
        lacking = [name for name in REQUIRED.get(kind, ()) if not properties.get(name)]
        if lacking:
            raise HubSpotRefused(
                400,
                f"Error creating {kind[:-1]}. Some required properties were not set.",
                context={"properties": lacking},
            )
        if kind == "contacts" and (email := properties.get("email")) and (known := self.store.by_email(email)):
            raise HubSpotRefused(409, f"Contact already exists. Existing ID: {known.id}")
        links = [self._link_of(kind, one) for one in body.get("associations") or []]
        thing = self.store.add(kind, properties)
        for other, other_id, type_id in links:
            back = ASSOCIATION_TYPES[other, kind]
            self.store.link((kind, thing.id), (other, other_id), type_id=type_id, back_id=back)
        return json_answer(201, thing.as_json(tuple(properties)))

    def _link_of(self, kind: str, association: Json) -> tuple[str, str, int]:
        target = str((association.get("to") or {}).get("id") or "")
        types = association.get("types") or []
        if not target or not types:
            raise HubSpotRefused.invalid_json("associations need to.id and types")
        given = types[0]
        for (from_kind, other), type_id in ASSOCIATION_TYPES.items():
            if from_kind == kind and type_id == given.get("associationTypeId"):
                if given.get("associationCategory") != "HUBSPOT_DEFINED" or target not in self.store.things[other]:
                    break
                return other, target, type_id
        raise HubSpotRefused(400, f"{kind[:-1]} to {target} is not a valid association: {json.dumps(types)}")

    def _fetch(self, incoming: Incoming, parts: Mapping[str, str]) -> Answer:
        thing = self._existing(parts["kind"], parts["id"])
        wanted = [name for name in incoming.query.get("properties", "").split(",") if name]
        return json_answer(200, thing.as_json(wanted, _DEFAULTS.get(parts["kind"], ())))

    def _update(self, incoming: Incoming, parts: Mapping[str, str]) -> Answer:
        body = json_object(incoming)
        only_fields(body, ("properties", "objectWriteTraceId"))
        thing = self._existing(parts["kind"], parts["id"])
        properties = self._checked(parts["kind"], body.get("properties"))
        self.store.change(parts["kind"], thing, properties)
        return json_answer(200, thing.as_json(tuple(properties)))

    def _checked(self, kind: str, properties: Any) -> dict[str, str | None]:
        if not isinstance(properties, dict):
            raise HubSpotRefused.invalid_json("properties is required")
        problems = [
            problem for name, value in properties.items() if (problem := self._problem(kind, name, value)) is not None
        ]
        if problems:
            raise HubSpotRefused.bad_properties(problems)
        return {name: None if value is None else str(value) for name, value in properties.items()}

    def _problem(self, kind: str, name: str, value: Any) -> tuple[str, str, str] | None:
        known = self.store.definitions[kind].get(name)
        if known is None:
            return name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist'
        if known.kind == "read":
            return name, "READ_ONLY_VALUE", f'"{name}" is a read only property; its value cannot be set.'
        text = "" if value is None else str(value)
        if known.kind == "number" and text and not re.fullmatch(r"-?\d+(\.\d+)?", text):
            return name, "INVALID_INTEGER", f"{text} was not a valid number."
        if known.kind in ("datetime", "date") and text and not _is_time(text):
            return name, "INVALID_LONG", f"{text} was not a valid long."
        if known.kind == "bool" and text not in ("", "true", "false"):
            return name, "INVALID_OPTION", f"{text} was not one of the allowed options: [true, false]"
        if known.kind == "enumeration" and text and text not in known.options:
            return name, "INVALID_OPTION", f"{text} was not one of the allowed options: {list(known.options)}"
        if (kind, name) == ("deals", "dealstage") and text and text not in self.store.stages:
            return (
                name,
                "INVALID_OPTION",
                f"{text} was not one of the allowed options: {list(self.store.stages)}",
            )
        return None

    def _links(self, _incoming: Incoming, parts: Mapping[str, str]) -> Answer:
        kind, other = plural(parts["kind"]), plural(parts["other"])
        self._existing(kind, parts["id"])
        return json_answer(200, {"results": self._linked(kind, parts["id"], other)})

    def _batch_links(self, incoming: Incoming, parts: Mapping[str, str]) -> Answer:
        kind, other = plural(parts["kind"]), plural(parts["other"])
        results = [
            {"from": {"id": one}, "to": linked}
            for one in _inputs(json_object(incoming))
            if (linked := self._linked(kind, one, other))
        ]
        return json_answer(200, self._batch(results))

    def _linked(self, kind: str, thing_id: str, other: str) -> list[Json]:
        return [
            {
                "toObjectId": int(other_id),
                "associationTypes": [{"category": "HUBSPOT_DEFINED", "typeId": type_id, "label": None}],
            }
            for other_id, type_id in self.store.links.get((kind, thing_id, other), {}).items()
        ]

    def _find(self, kind: str, value: str, id_property: str | None) -> Thing | None:
        if kind == "contacts" and id_property == "email":
            return self.store.by_email(value)
        return self.store.things[kind].get(value)

    def _existing(self, kind: str, thing_id: str) -> Thing:
        thing = self.store.things[kind].get(thing_id)
        if thing is None:
            raise HubSpotRefused(404, "resource not found")
        return thing

    def _batch(self, results: list[Json]) -> Json:
        at = iso(self._journal.now())
        return {"status": "COMPLETE", "results": results, "startedAt": at, "completedAt": at}


def _inputs(body: Json) -> list[str]:
    inputs = body.get("inputs")
    if not isinstance(inputs, list) or len(inputs) > _MAX_BATCH:
        raise HubSpotRefused(400, f"inputs is required, with at most {_MAX_BATCH} items")
    return [str(one["id"]) for one in inputs]


def _is_time(text: str) -> bool:
    if re.fullmatch(r"-?\d{9,15}", text):
        return True
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
