"""What we write on a contact: that it opted out, and that a sequence ended unanswered.

HubSpot's own subscriptions know EMAIL only, so STOP is kept in properties of ours, which are made when
HubSpot first says that they do not exist, and as unsubscribe-all for the email address beside them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sidecar.crm.hubspot.account import CONTACTS_READ, CONTACTS_WRITE, SCHEMA_WRITE, SUBSCRIPTIONS_WRITE
from sidecar.crm.hubspot.refusals import CONFLICT, MISSING_PROPERTY
from sidecar.crm.hubspot.touches import timestamp
from sidecar.crm.port import CrmError

if TYPE_CHECKING:
    from datetime import datetime

    from sidecar.crm.hubspot.account import Account

_GROUP: Final = "contactinformation"
"""Every account has this group; ours are named so that they stand together in it."""
_OURS: Final[tuple[dict[str, Any], ...]] = (
    {
        "name": "recovery_opt_out",
        "label": "Recovery: opted out",
        "type": "bool",
        "fieldType": "booleancheckbox",
        "description": "The person said STOP: no text, call or email from missed-call recovery.",
        "options": [
            {"label": "Yes", "value": "true", "displayOrder": 0, "hidden": False},
            {"label": "No", "value": "false", "displayOrder": 1, "hidden": False},
        ],
    },
    {
        "name": "recovery_opt_out_at",
        "label": "Recovery: opted out or back in at",
        "type": "datetime",
        "fieldType": "date",
        "description": "When the person last said STOP or START.",
    },
    {
        "name": "recovery_opt_out_source",
        "label": "Recovery: opt-out source",
        "type": "string",
        "fieldType": "text",
        "description": "How it reached us: sms, voice, email, unsubscribe link, an operator.",
    },
    {
        "name": "recovery_exhausted_at",
        "label": "Recovery: no answer by",
        "type": "datetime",
        "fieldType": "date",
        "description": "When a recovery sequence ended without an answer; a nurture workflow can start here.",
    },
)


def set_opt_out(account: Account, crm_id: str, *, opted_out: bool, source: str, at: datetime) -> None:
    """Write STOP or START on the contact; STOP also unsubscribes its email address. Raises :class:`CrmError`.

    START lifts our own property only: HubSpot asks for a legal basis before it subscribes anybody again, and
    that is the client's to give.
    """
    _change(
        account,
        crm_id,
        {
            "recovery_opt_out": "true" if opted_out else "false",
            "recovery_opt_out_at": timestamp(at),
            "recovery_opt_out_source": source,
        },
    )
    if opted_out:
        _unsubscribe(account, crm_id)


def set_exhausted(account: Account, crm_id: str, at: datetime) -> None:
    """Note when a sequence ended unanswered. Raises :class:`CrmError`."""
    _change(account, crm_id, {"recovery_exhausted_at": timestamp(at)})


def _change(account: Account, crm_id: str, properties: dict[str, str]) -> None:
    try:
        _update(account, crm_id, properties)
    except CrmError as problem:
        # A 400 has changed nothing, and writing the same values twice is one write: this repeat does no harm.
        if problem.code != MISSING_PROPERTY or account.has_properties:
            raise
    else:
        account.has_properties = True
        return
    _make_properties(account)
    _update(account, crm_id, properties)


def _update(account: Account, crm_id: str, properties: dict[str, str]) -> None:
    account.write(
        account.objects.update,
        "contacts",
        crm_id,
        {"properties": properties},
        doing="writing to a contact",
        scope=CONTACTS_WRITE,
    )


def _make_properties(account: Account) -> None:
    """Make the properties; those that exist (409) are left as they are."""
    for ours in _OURS:
        try:
            account.write(
                account.properties.create,
                "contacts",
                {**ours, "groupName": _GROUP},
                doing="making our contact properties",
                scope=SCHEMA_WRITE,
            )
        except CrmError as problem:
            if problem.code != CONFLICT:
                raise
    account.has_properties = True


def _unsubscribe(account: Account, crm_id: str) -> None:
    """Unsubscribe the contact's email address from everything (communication preferences v4).

    The SDK stops at v3, which knows no unsubscribe-all, and its ``api_request`` has no timeout and another
    setting for the host: so the path goes through the same generated client as everything else.
    """
    contact = account.read(
        account.objects.get_by_id,
        "contacts",
        crm_id,
        properties=["email"],
        doing="reading a contact's email address",
        scope=CONTACTS_READ,
        deadline=account.deadline(),
    )
    email = (contact.properties or {}).get("email")
    if not email:
        return
    account.write(
        account.objects.api_client.call_api,
        "/communication-preferences/v4/statuses/{subscriberIdString}/unsubscribe-all",
        "POST",
        path_params={"subscriberIdString": email},
        query_params=[("channel", "EMAIL")],
        header_params={"Accept": "application/json", "Content-Type": "application/json"},
        response_types_map={200: "object"},
        auth_settings=["oauth2"],
        _return_http_data_only=True,
        doing="unsubscribing an email address",
        scope=SUBSCRIPTIONS_WRITE,
    )
