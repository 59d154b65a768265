"""HubSpot's descriptions of itself: property definitions, deal pipelines, the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sidecar.sandbox.hubspot_errors import HubSpotRefused, json_object, only_fields
from sidecar.sandbox.hubspot_store import Definition, HubSpotStore, iso, plural
from sidecar.sandbox.listener import Answer, Incoming, json_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PROPERTY_FIELDS = frozenset(
    [
        "hidden",
        "displayOrder",
        "description",
        "label",
        "type",
        "formField",
        "groupName",
        "referencedObjectType",
        "name",
        "options",
        "calculationFormula",
        "hasUniqueValue",
        "fieldType",
        "externalOptions",
        "dataSensitivity",
    ]
)
_PROPERTY_TYPES = frozenset(("string", "number", "date", "datetime", "enumeration", "bool"))
_FIELD_TYPES = frozenset(
    [
        "textarea",
        "text",
        "date",
        "file",
        "number",
        "select",
        "radio",
        "checkbox",
        "booleancheckbox",
        "calculation_equation",
        "html",
        "phonenumber",
    ]
)


class HubSpotSchema:
    """Reads and creates property definitions; reads pipelines."""

    def __init__(self, store: HubSpotStore) -> None:
        """The definitions and stages live in the store."""
        self._store = store

    def routes(self) -> list[tuple[str, str, str, Callable[[Incoming, Mapping[str, str]], Answer]]]:
        """The paths of descriptions."""
        properties = r"/crm/v3/properties/(?P<kind>\w+)"
        return [
            ("GET", r"/crm/v3/pipelines/(?P<kind>\w+)", "pipelines.list", self._pipelines),
            ("GET", properties, "properties.list", self._properties),
            ("POST", properties, "properties.create", self._create_property),
            ("GET", rf"{properties}/(?P<name>\w+)", "properties.fetch", self._property),
            ("GET", r"/account-info/v3/details", "account.fetch", self._account),
        ]

    def _pipelines(self, _incoming: Incoming, parts: Mapping[str, str]) -> Answer:
        if plural(parts["kind"]) != "deals":
            return json_answer(200, {"results": []})
        at = iso(self._store.now())
        return json_answer(
            200,
            {
                "results": [
                    {
                        "id": "default",
                        "label": "Sales Pipeline",
                        "displayOrder": 0,
                        "archived": False,
                        "createdAt": at,
                        "updatedAt": at,
                        "stages": list(self._store.stages.values()),
                    }
                ]
            },
        )

    def _properties(self, _incoming: Incoming, parts: Mapping[str, str]) -> Answer:
        known = self._store.definitions.get(plural(parts["kind"]), {})
        return json_answer(200, {"results": [one.as_json() for one in known.values()]})

    def _property(self, _incoming: Incoming, parts: Mapping[str, str]) -> Answer:
        known = self._store.definitions.get(plural(parts["kind"]), {}).get(parts["name"])
        if known is None:
            raise HubSpotRefused(404, f"Property {parts['name']} does not exist", sub="PROPERTY_DOESNT_EXIST")
        return json_answer(200, known.as_json())

    def _create_property(self, incoming: Incoming, parts: Mapping[str, str]) -> Answer:
        body, known = json_object(incoming), self._store.definitions[plural(parts["kind"])]
        only_fields(body, tuple(_PROPERTY_FIELDS))
        for name in ("name", "label", "type", "fieldType", "groupName"):
            if not body.get(name):
                raise HubSpotRefused(400, f"{name} is required")
        if body["type"] not in _PROPERTY_TYPES or body["fieldType"] not in _FIELD_TYPES:
            raise HubSpotRefused(400, f"type {body['type']} with fieldType {body['fieldType']} is not valid")
        if body["type"] == "bool" and {o.get("value") for o in body.get("options") or []} != {
            "true",
            "false",
        }:
            raise HubSpotRefused(400, "A bool property needs exactly the options true and false.")
        if body["name"] in known:
            raise HubSpotRefused(409, f"A property named '{body['name']}' already exists.")
        options = tuple(option["value"] for option in body.get("options") or [])
        known[body["name"]] = Definition(body["name"], body["type"], options, dict(body))
        return json_answer(201, known[body["name"]].as_json())

    def _account(self, _incoming: Incoming, _parts: Mapping[str, str]) -> Answer:
        return json_answer(
            200,
            {
                "portalId": 1001,
                "accountType": "STANDARD",
                "timeZone": "Europe/London",
                "companyCurrency": "GBP",
                "additionalCurrencies": [],
                "utcOffset": "+00:00",
                "utcOffsetMilliseconds": 0,
                "uiDomain": "app.hubspot.com",
                "dataHostingLocation": "eu1",
            },
        )
