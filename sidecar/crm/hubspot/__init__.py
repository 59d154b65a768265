"""HubSpot, through its own SDK (``hubspot-api-client``), which is loaded when first used."""

from __future__ import annotations

from sidecar.crm.hubspot.adapter import HubSpotCrm

__all__ = ["HubSpotCrm"]
