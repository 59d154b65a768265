"""A shipped flow made into one business's own copy: its settings, name, tag, ids and webhook path.

Copies are the same each time: an id follows from the business and the flow, so that importing a copy again into n8n
replaces the first instead of standing beside it.
"""

from __future__ import annotations

import copy
import hashlib
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sidecar.flows.loading import refused
from sidecar.flows.tidying import tidy
from sidecar.flows.tidying.n8n import tidied
from sidecar.flows.webhooks import webhook_nodes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sidecar.flows.catalogue import ShippedFlow

SETTINGS: Final = "Settings"
"""The name of the one node (n8n: Set; Make: Set variables) that holds what a client changes."""

_KEY: Final = "httpBearerAuth"
"""The kind of credential that holds the sidecar's key; others (Twilio's, a webhook's) are not the business's key."""
_LONGEST_NAME, _LONGEST_TAG = 128, 24
"""Of a workflow and of a tag in n8n (its `WorkflowEntity` and `TagEntity`)."""
_LETTERS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ID_LENGTH: Final = 16
_NAMESPACE: Final = uuid.UUID("0a8f1c1e-7a0e-5b0f-9c53-4e1d7f0f2b11")


@dataclass(frozen=True, slots=True)
class Stamp:
    """What is put into a copy."""

    business_id: str
    business_name: str
    zone: str
    """IANA zone, in which n8n reads times of day."""
    settings: Mapping[str, str]
    """Values by the names that the flow's Settings use: ``sidecar_url``, ``business_id``…"""
    prefix: str
    """In front of each webhook path."""
    credential: str = ""
    """Name of the n8n credential that holds the business's key; empty: the name that the flow has."""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What must not be in a copy, by what it is."""


def own_id(business_id: str, stem: str) -> str:
    """The id of a business's copy, in the letters and the length of n8n's own."""
    number = int.from_bytes(hashlib.sha256(f"{business_id}/{stem}".encode()).digest())
    letters = []
    for _ in range(_ID_LENGTH):
        number, rest = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[rest])
    return "".join(letters)


def stamped(flow: ShippedFlow, stamp: Stamp, among: Iterable[ShippedFlow] = ()) -> dict[str, Any]:
    """The business's copy of a flow. References to other shipped flows (``among``) become those to their copies.

    Raises:
        ConfigError: A secret of the business would stand in the copy.
    """
    value = copy.deepcopy(tidy(flow.document))
    value["name"] = f"{stamp.business_name}: {flow.name}"[:_LONGEST_NAME]
    for setting in settings_of(flow.document.platform, value):
        setting["value"] = stamp.settings.get(setting["name"], setting.get("value"))
    if flow.document.platform == "n8n":
        _stamp_n8n(value, flow, stamp)
        ids = {one.id: own_id(stamp.business_id, one.stem) for one in (flow, *among) if one.id}
        value = tidied(_renamed(value, ids))
    _refuse_secrets(flow, value, stamp.secrets)
    return value


def settings_of(platform: str, value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Each ``{name, value}`` of the flow's Settings."""
    found = _n8n_settings(value) if platform == "n8n" else _make_settings(value)
    for listed in found:
        for one in listed if isinstance(listed, list) else ():
            if isinstance(one, dict) and isinstance(one.get("name"), str):
                yield one


def _n8n_settings(value: dict[str, Any]) -> Iterator[Any]:
    for node in _objects(value.get("nodes")):
        if node.get("name") == SETTINGS and node.get("type") == "n8n-nodes-base.set":
            yield _at(node, "parameters", "assignments", "assignments")


def _make_settings(value: dict[str, Any]) -> Iterator[Any]:
    for module in _objects(value.get("flow")):
        named = _at(module, "metadata", "designer", "name") == SETTINGS
        if named and module.get("module") == "util:SetVariables":
            yield _at(module, "mapper", "variables")


def _objects(listed: Any) -> Iterator[dict[str, Any]]:
    return (one for one in (listed if isinstance(listed, list) else ()) if isinstance(one, dict))


def _at(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _stamp_n8n(value: dict[str, Any], flow: ShippedFlow, stamp: Stamp) -> None:
    settings = value.get("settings")
    value["id"] = flow.id or own_id(stamp.business_id, flow.stem)
    value["settings"] = {**(settings if isinstance(settings, dict) else {}), "timezone": stamp.zone}
    value["tags"] = [{"name": stamp.business_id[:_LONGEST_TAG]}]
    for node in webhook_nodes(value):
        node["parameters"]["path"] = f"{stamp.prefix}/{node['parameters']['path'].strip('/')}".strip("/")
    for node in _objects(value.get("nodes")):
        if "webhookId" in node:  # n8n finds a form, a chat and a dynamic path by it: it is one workflow's alone
            node["webhookId"] = str(uuid.uuid5(_NAMESPACE, f"{stamp.business_id}/{flow.stem}/{node.get('name')}"))
        key = _at(node, "credentials", _KEY)
        if stamp.credential and isinstance(key, dict):
            key["name"] = stamp.credential


def _renamed(value: Any, ids: Mapping[str, str]) -> Any:
    """Each text that is one of the ids (a sub-workflow, an error workflow) replaced by the new one."""
    if isinstance(value, str):
        return ids.get(value, value)
    if isinstance(value, list):
        return [_renamed(one, ids) for one in value]
    if isinstance(value, dict):
        return {key: _renamed(one, ids) for key, one in value.items()}
    return value


def _refuse_secrets(flow: ShippedFlow, value: Any, secrets: Mapping[str, str]) -> None:
    for text in _texts(value):
        for what, secret in secrets.items():
            if secret in text:
                said = f"the copy would hold a secret: {what}"
                raise refused(flow.document.file, said, "keep it in a credential of n8n or in Make's keychain")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)


def unknown_settings(given: Iterable[str], flows: Sequence[ShippedFlow]) -> tuple[list[str], list[str]]:
    """The names that no Settings of these flows has, and those that they have."""
    known = {one["name"] for flow in flows for one in settings_of(flow.document.platform, flow.document.value)}
    return sorted(set(given) - known), sorted(known)
