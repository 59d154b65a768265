"""Events as the sidecar sends them, and Settings as a person fills them in, for one scenario at a time."""

from __future__ import annotations

import copy
from typing import Any

from sidecar.flows.stamping import settings_of


def event(kind: str, **data: Any) -> dict[str, Any]:
    """One of the sidecar's, about one caller's sequence."""
    contact = {"id": "con_1", "first_name": "Maya", "phone": "+447700900123", "email": None}
    return {
        "id": "evt_1", "type": f"recovery.{kind}.v1",
        "data": {"business": "acme", "sequence_id": "seq_1", "reason": "", "contact": contact, **data},
    }  # fmt: skip


def filled(blueprint: dict[str, Any], address: str, **settings: str) -> dict[str, Any]:
    """A blueprint whose sidecar and team are at an address of the tests; settings that it does not have are left."""
    made = copy.deepcopy(blueprint)
    given = {"sidecar_url": f"{address}/hooks", "team_webhook": f"{address}/hooks/team", **settings}
    for one in settings_of("make", made):
        one["value"] = given.get(one["name"], one["value"])
    for route in made["flow"][-1].get("routes", ()):
        for condition in (one for group in route["flow"][0]["filter"]["conditions"] for one in group):
            if condition["b"] == "https://":
                condition["b"] = "http://"  # the tests' receiver has no certificate
    return made
