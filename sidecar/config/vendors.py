"""The vendors' blocks of a business file: credentials, senders, addresses.

An address is the file's own, else the environment's (``TWILIO_BASE_URL``,
``HUBSPOT_BASE_URL``, ``RETELL_BASE_URL``: a proxy, a region or a sandbox for
every business at once), else the vendor's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sidecar.config.business import HubSpot, Retell, Smtp, Twilio
from sidecar.config.fields import given

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sidecar.config.fields import Fields


def read_vendors(fields: Fields, environ: Mapping[str, str]) -> dict[str, Any]:
    """Those of ``twilio``, ``retell``, ``hubspot`` and ``smtp`` that the file has."""
    readers = {"twilio": _twilio, "retell": _retell, "hubspot": _hubspot}
    present = [vendor for vendor in readers if fields.document.at((vendor,)) is not None]
    read: dict[str, Any] = {
        vendor: readers[vendor](fields, given(base_url=_base_url(fields, environ, vendor))) for vendor in present
    }
    if fields.document.at(("smtp",)) is not None:
        read["smtp"] = _smtp(fields)
    return read


def _base_url(fields: Fields, environ: Mapping[str, str], vendor: str) -> str | None:
    name = f"{vendor.upper()}_BASE_URL"
    url = fields.text(vendor, "base_url") or environ.get(name) or None
    if url is not None and not url.startswith(("http://", "https://")):
        said = f"environment variable {name} is not an address"
        fields.document.complain((vendor,), said, "write it like https://proxy.example.com")
    return url.rstrip("/") if url is not None else None


def _twilio(fields: Fields, base: Mapping[str, str]) -> Twilio:
    return Twilio(
        fields.text("twilio", "account_sid") or "",
        fields.text("twilio", "auth_token") or "",
        segment_price=fields.document.at(("twilio", "segment_price")),
        **base,
    )


def _retell(fields: Fields, base: Mapping[str, str]) -> Retell:
    return Retell(
        api_key=fields.text("retell", "api_key") or "",
        agent_id=fields.text("retell", "agent_id") or "",
        from_number=fields.phone("retell", "from_number") or "",
        **base,
    )


def _hubspot(fields: Fields, base: Mapping[str, str]) -> HubSpot:
    portal_id = fields.document.at(("hubspot", "portal_id"))
    return HubSpot(
        fields.text("hubspot", "access_token") or "",
        client_secret=fields.text("hubspot", "client_secret") or "",
        portal_id="" if portal_id is None else str(portal_id),
        **base,
    )


def _smtp(fields: Fields) -> Smtp:
    return Smtp(
        host=fields.text("smtp", "host") or "",
        port=fields.document.at(("smtp", "port")) or 587,
        from_address=fields.text("smtp", "from_address") or "",
        reply_to=fields.text("smtp", "reply_to") or "",
        username=fields.text("smtp", "username"),
        password=fields.text("smtp", "password"),
        **given(security=fields.document.at(("smtp", "security"))),
    )
