"""HubSpot's webhook: somebody set or took off an opt-out in the CRM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response, g, request
from pydantic_core import from_json

from sidecar.crm.hubspot import webhooks as hubspot
from sidecar.web.operations import Asked, Operation, Possible
from sidecar.web.problem import Problem

if TYPE_CHECKING:
    from sidecar.config.business import Business

SIGNATURE, STAMP = "X-HubSpot-Signature-v3", "X-HubSpot-Request-Timestamp"
_AS_IT_CAME = "send HubSpot's webhook as it came: a JSON list of events"


def events(asked: Asked) -> Response:
    """Take in one batch; on disk, and in force, when it is answered."""
    payload, changes = _read(request.get_data(), asked)
    businesses = _genuine(asked, hubspot.accounts_of(payload))
    for business in businesses:
        account = business.hubspot
        theirs = [change for change in changes if account is not None and change.account == account.portal_id]
        if theirs:
            asked.sidecar.intake.crm_changes(business, theirs)
    g.business = ",".join(business.id for business in businesses)
    return Response(status=204)


def _read(raw: bytes, asked: Asked) -> tuple[Any, tuple[Any, ...]]:
    try:
        payload = from_json(raw)
        return payload, hubspot.read_changes(payload, asked.sidecar.clock.now())
    except hubspot.UnreadableEvents as error:
        raise Problem("malformed", str(error).capitalize(), remedy=_AS_IT_CAME) from None
    except ValueError:
        raise Problem("malformed", "The body is not JSON", remedy=_AS_IT_CAME) from None


def _genuine(asked: Asked, portals: set[str]) -> list[Business]:
    """The businesses whose portals these are, and whose app signed the batch; several may share a portal."""
    named = [one for one in asked.sidecar.businesses if one.hubspot is not None and one.hubspot.portal_id in portals]
    if not named:
        raise Problem(
            "not-found",
            "No business has this HubSpot portal",
            remedy="set portal_id and client_secret under `hubspot` in the business's file",
            pointer="/0/portalId",
        )
    query = request.query_string.decode("latin-1")
    public = asked.sidecar.settings.public_url.rstrip("/")
    tried = f"{public}{request.path}" + (f"?{query}" if query else "")
    genuine = [business for business in named if _signed(business, tried, asked)]
    if not genuine:
        raise Problem(
            "bad-signature",
            f"No valid signature of HubSpot's over this body and {tried}",
            remedy="client_secret in the business's file must be that of the app which sends the webhook, and its "
            "target URL the address above; a proxy in between must pass the X-HubSpot headers on",
        )
    return genuine


def _signed(business: Business, url: str, asked: Asked) -> bool:
    return business.hubspot is not None and hubspot.verify(
        business.hubspot.client_secret,
        request.method,
        url,
        request.get_data(),
        request.headers.get(SIGNATURE, ""),
        request.headers.get(STAMP, ""),
        asked.sidecar.clock.now(),
    )


OPERATIONS = (
    Operation(
        id="hubspotEvents",
        method="POST",
        path="/hubspot/events",
        tag="Hooks",
        summary="Somebody opted a person out in the CRM",
        description="The webhook of the client's HubSpot app, subscribed to changes of the contact properties "
        "`recovery_opt_out` (a STOP on every channel), `hs_email_optout` and `hs_email_optout_<id>` (no email). Other "
        "events, and people whom we do not know, are answered and dropped. Taking `recovery_opt_out` off lifts "
        "nothing: START alone does, and staff are told so.",
        view=events,
        answers=(Possible(204, "It is in force."),),
        problems=("bad-signature", "malformed", "not-found", "too-large"),
        security="hubspot",
        payload_list={
            "subscriptionType": "`contact.propertyChange`.",
            "portalId": "Whose HubSpot it is.",
            "objectId": "The contact's id.",
            "propertyName": "What was changed.",
            "propertyValue": "`true` or `false`.",
            "occurredAt": "When, in milliseconds since 1970.",
        },
    ),
)
