"""HubSpot's communication preferences v4: email subscriptions by address, and out of all of them.

Paths and shapes: HubSpot's published OpenAPI document "Communication Preferences Subscriptions" v4. The SDK
knows v3 only; v4 goes through ``client.api_request`` with ``channel=EMAIL`` in the query.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sidecar.sandbox.hubspot_errors import HubSpotRefused
from sidecar.sandbox.hubspot_store import HubSpotStore, iso
from sidecar.sandbox.listener import Answer, Incoming, json_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sidecar.sandbox.record import Json

_BASE = "/communication-preferences/v4"
_SUBSCRIPTION_ID = 7001
_STATES = ("SUBSCRIBED", "UNSUBSCRIBED", "NOT_SPECIFIED")


class HubSpotPreferences:
    """Answers for one address what it gets by email."""

    def __init__(self, store: HubSpotStore) -> None:
        """The opt-outs live in the store, and in ``hs_email_optout`` of the contact."""
        self._store = store

    def routes(self) -> list[tuple[str, str, str, Callable[[Incoming, Mapping[str, str]], Answer]]]:
        """The paths of communication preferences."""
        one = rf"{_BASE}/statuses/(?P<address>[^/]+)"
        return [
            ("GET", rf"{_BASE}/definitions", "preferences.definitions", self._definitions),
            ("POST", rf"{one}/unsubscribe-all", "preferences.unsubscribe_all", self._unsubscribe_all),
            ("GET", rf"{one}/unsubscribe-all", "preferences.fetch_all", self._wide_status),
            ("GET", one, "preferences.fetch", self._statuses),
            ("POST", one, "preferences.update", self._update),
        ]

    def _definitions(self, _incoming: Incoming, _parts: Mapping[str, str]) -> Answer:
        at = iso(self._store.now())
        return self._complete(
            [
                {
                    "id": str(_SUBSCRIPTION_ID),
                    "name": "One to One",
                    "description": "One to one emails",
                    "purpose": "Sales",
                    "communicationMethod": "Email",
                    "isActive": True,
                    "isDefault": True,
                    "isInternal": True,
                    "createdAt": at,
                    "updatedAt": at,
                }
            ]
        )

    def _unsubscribe_all(self, incoming: Incoming, parts: Mapping[str, str]) -> Answer:
        address = self._address(incoming, parts)
        self._store.opted_out.setdefault(address, self._store.now())
        self._mark(address, out=True)
        return self._complete([self._status(address) | {"setStatusSuccessReason": "UNSUBSCRIBE_FROM_ALL_OCCURRED"}])

    def _wide_status(self, incoming: Incoming, parts: Mapping[str, str]) -> Answer:
        address = self._address(incoming, parts)
        out = address in self._store.opted_out
        return self._complete(
            [
                {
                    "channel": "EMAIL",
                    "subscriberIdString": address,
                    "timestamp": self._since(address),
                    "status": "UNSUBSCRIBED" if out else "SUBSCRIBED",
                    "wideStatusType": "PORTAL_WIDE",
                }
            ]
        )

    def _statuses(self, incoming: Incoming, parts: Mapping[str, str]) -> Answer:
        return self._complete([self._status(self._address(incoming, parts))])

    def _update(self, incoming: Incoming, parts: Mapping[str, str]) -> Answer:
        body = incoming.body if isinstance(incoming.body, dict) else {}
        if body.get("channel") != "EMAIL" or body.get("statusState") not in _STATES or "subscriptionId" not in body:
            raise HubSpotRefused(400, "channel EMAIL, subscriptionId and statusState are required")
        address = parts["address"].lower()
        out = body["statusState"] == "UNSUBSCRIBED"
        if out:
            self._store.opted_out.setdefault(address, self._store.now())
        else:
            self._store.opted_out.pop(address, None)
        self._mark(address, out=out)
        return self._complete([self._status(address) | {"setStatusSuccessReason": "REQUESTED_CHANGE_OCCURRED"}])

    def _address(self, incoming: Incoming, parts: Mapping[str, str]) -> str:
        if incoming.query.get("channel") != "EMAIL":
            raise HubSpotRefused(400, "channel is required and must be EMAIL", context={"channel": ["EMAIL"]})
        if "@" not in parts["address"]:
            raise HubSpotRefused(400, f"{parts['address']} is not a valid email address")
        return parts["address"].lower()

    def _status(self, address: str) -> Json:
        return {
            "channel": "EMAIL",
            "source": "PUBLIC_STATUS_API",
            "subscriberIdString": address,
            "subscriptionId": _SUBSCRIPTION_ID,
            "subscriptionName": "One to One",
            "timestamp": self._since(address),
            "status": "UNSUBSCRIBED" if address in self._store.opted_out else "NOT_SPECIFIED",
        }

    def _since(self, address: str) -> str:
        return iso(self._store.opted_out.get(address, self._store.now()))

    def _mark(self, address: str, *, out: bool) -> None:
        contact = self._store.by_email(address)
        if contact is not None:
            self._store.change("contacts", contact, {"hs_email_optout": "true" if out else ""})

    def _complete(self, results: list[Json]) -> Answer:
        at = iso(self._store.now())
        return json_answer(
            200,
            {
                "status": "COMPLETE",
                "results": results,
                "numErrors": 0,
                "startedAt": at,
                "completedAt": at,
            },
        )
