"""Make blueprints without their account."""

from __future__ import annotations

from typing import Any, Final

from sidecar.flows.tidying.shape import ordered, snapped

GRID: Final = 50
"""Make's canvas has no grid of its own; its auto-align sets modules 300 by 150 apart."""

BOUND: Final = frozenset({"__IMTCONN__", "__IMTHOOK__", "__IMTKEY__", "datastore", "hook", "makeConnectionId"})
"""Parameters that hold the id of something in one account; those that end in ``Keychain`` do too."""

_BOUND_TYPES: Final = frozenset({"account", "datastore", "hook", "keychain"})
"""What a module's own description (`metadata.parameters`) calls such a parameter: ``keychain:basicauth``."""

_FIRST: Final = ("name", "flow", "metadata")
_MODULE_FIRST: Final = ("id", "module", "version", "parameters", "filter", "mapper", "metadata")
_MODULE_LAST: Final = ("routes", "tools", "onerror")
_METADATA_FIRST: Final = ("designer", "restore", "parameters", "expect", "interface")


def tidied(value: dict[str, Any]) -> dict[str, Any]:
    """A blueprint as it should be kept. Members that do not have their shape stay as they are."""
    kept = dict(value)
    kept["flow"] = _flow(kept.get("flow"))
    if isinstance(kept.get("metadata"), dict):
        kept["metadata"] = ordered(kept["metadata"], ("version", "scenario", "designer", "zone", "instant", "notes"))
    return ordered(kept, _FIRST)


def _flow(flow: Any) -> Any:
    if not isinstance(flow, list):
        return flow
    return [_module(module) if isinstance(module, dict) else module for module in flow]


def _module(module: dict[str, Any]) -> dict[str, Any]:
    kept = dict(module)
    bound = _bound(kept.get("metadata"))
    for key in ("parameters", "mapper"):
        kept |= _without(kept, key, bound)
    if isinstance(kept.get("metadata"), dict):
        kept["metadata"] = _metadata(kept["metadata"], bound)
    for key in ("routes", "tools"):
        if isinstance(kept.get(key), list):
            kept[key] = [
                {**branch, "flow": _flow(branch["flow"])} if isinstance(branch, dict) and "flow" in branch else branch
                for branch in kept[key]
            ]
    if "onerror" in kept:
        kept["onerror"] = _flow(kept["onerror"])
    return ordered(kept, _MODULE_FIRST, _MODULE_LAST)


def _bound(metadata: Any) -> frozenset[str]:
    """Parameters that the module itself describes as a connection, key, hook or data store."""
    described = metadata.get("parameters") if isinstance(metadata, dict) else None
    return BOUND | {
        one["name"]
        for one in (described if isinstance(described, list) else ())
        if isinstance(one, dict)
        and isinstance(one.get("name"), str)
        and str(one.get("type")).partition(":")[0] in _BOUND_TYPES
    }


def _without(holder: dict[str, Any], key: str, bound: frozenset[str]) -> dict[str, Any]:
    """The member ``key`` without what is bound to an account; empty where it is no object."""
    members = holder.get(key)
    if not isinstance(members, dict):
        return {}
    return {key: {name: one for name, one in members.items() if not _is_bound(name, one, bound)}}


def _is_bound(name: str, value: Any, bound: frozenset[str]) -> bool:
    """A value that the flow itself works out (``{{…}}``) belongs to the flow."""
    computed = isinstance(value, str) and "{{" in value
    return not computed and (name in bound or name.endswith("Keychain"))


def _metadata(metadata: dict[str, Any], bound: frozenset[str]) -> dict[str, Any]:
    kept = dict(metadata)
    designer = kept.get("designer")
    if isinstance(designer, dict):
        placed = {key: snapped(one, GRID) if key in {"x", "y"} else one for key, one in designer.items()}
        placed.pop("messages", None)  # what the editor's own check said when it was saved
        kept["designer"] = ordered(placed, ("x", "y", "name"))
    restore = kept.get("restore")
    if isinstance(restore, dict):  # labels: the names of connections and hooks in the account
        kept["restore"] = restore | _without(restore, "parameters", bound) | _without(restore, "expect", bound)
    return ordered(kept, _METADATA_FIRST)
