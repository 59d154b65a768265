"""One scenario at a time without a sidecar: its events as they come, and a receiver for whatever it sends."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.flows.make.modules import Keychain
from tests.flows.make.stack import PUBLIC, TEAM

if TYPE_CHECKING:
    from sidecar.sandbox import Sandbox
    from tests.flows.make.modules import Account

SETTINGS = {"sidecar_url": PUBLIC, "team_webhook": f"{TEAM}/team"}


def event(kind: str, **data: Any) -> dict[str, Any]:
    """One of the sidecar's, about one caller's sequence."""
    contact = {"id": "con_1", "first_name": "Maya", "phone": "+447700900123", "email": None}
    return {
        "id": "evt_1", "type": f"recovery.{kind}.v1",
        "data": {"business": "acme", "sequence_id": "seq_1", "reason": "", "contact": contact, **data},
    }  # fmt: skip


def to_the_receiver(account: Account, sandbox: Sandbox) -> Account:
    """The account with a key, in which sidecar and team are the sandbox's receiver."""
    hooks = f"{sandbox.receiver_url}/hooks"
    return replace(account, keychain=Keychain("authorization", "Bearer rk_x"), hosts={PUBLIC: hooks, TEAM: hooks})
