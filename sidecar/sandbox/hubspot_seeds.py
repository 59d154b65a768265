"""What people did in the CRM before and beside us: contacts, deals, properties of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sidecar.sandbox.hubspot import ASSOCIATION_TYPES
from sidecar.sandbox.hubspot_store import Definition, HubSpotStore, iso

if TYPE_CHECKING:
    from datetime import datetime


class HubSpotSeeds:
    """The part of the sandbox's surface that fills HubSpot."""

    crm: HubSpotStore

    def hubspot_contact(
        self,
        first: str | None,
        last: str | None,
        phone: str | None = None,
        email: str | None = None,
        *,
        deal_stage: str | None = None,
        last_activity: datetime | None = None,
        **properties: str,
    ) -> str:
        """Seed a contact, with a deal at that stage (id or label) where given; its id."""
        given = {"firstname": first, "lastname": last, "phone": phone, "email": email, **properties}
        if last_activity is not None:
            given["notes_last_updated"] = iso(last_activity)
        contact = self.crm.add("contacts", {name: value for name, value in given.items() if value is not None})
        if last_activity is not None:
            contact.updated = last_activity
            contact.properties["lastmodifieddate"] = iso(last_activity)
        if deal_stage is not None:
            self.hubspot_deal(contact.id, deal_stage)
        return contact.id

    def hubspot_deal(self, contact_id: str, stage: str, *, amount: str | None = None, **properties: str) -> str:
        """Seed a deal of a contact; its id."""
        given: dict[str, str | None] = {
            "dealname": "Enquiry",
            "pipeline": "default",
            "dealstage": self.crm.stage_id(stage),
            "amount": amount,
            **properties,
        }
        deal = self.crm.add("deals", given)
        self.crm.link(
            ("contacts", contact_id),
            ("deals", deal.id),
            type_id=ASSOCIATION_TYPES["contacts", "deals"],
            back_id=ASSOCIATION_TYPES["deals", "contacts"],
        )
        return deal.id

    def hubspot_move_deal(self, deal_id: str, stage: str, **properties: str) -> None:
        """A person moves a deal in the CRM (``closedwon``, with ``amount`` and ``closedate``)."""
        deal = self.crm.things["deals"][deal_id]
        self.crm.change("deals", deal, {"dealstage": self.crm.stage_id(stage), **properties})

    def hubspot_property(self, name: str, kind: str = "string", *, object_type: str = "contacts") -> None:
        """Define a property of one's own, as a client's administrator would."""
        options = ("true", "false") if kind == "bool" else ()
        self.crm.definitions[object_type][name] = Definition(name, kind, options, {"label": name})

    def hubspot_properties_of(self, object_id: str, kind: str = "contacts") -> dict[str, str | None]:
        """The properties of an object as they stand now. Raises `KeyError` for an unknown id."""
        return dict(self.crm.things[kind][object_id].properties)

    def hubspot_delete(self, contact_id: str) -> None:
        """A person deletes a contact. Raises `KeyError` for an unknown id."""
        self.crm.remove("contacts", contact_id)
