"""What is known of n8n's node types: their versions, and what each version needs to be told.

Two sources, one shape (that of n8n's own descriptions): `schemas/n8n-nodes.json`, written down for the nodes that the
shipped workflows use, and what `n8n export:nodes` writes of all nodes of an installation, which stays where it is.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sidecar.flows.schemas import shipped_json
from sidecar.flows.strings import at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sidecar.flows.n8n import Node

_MISSED: Final = frozenset({"string", "dateTime", "options", "multiOptions"})
_LOCATED: Final = frozenset({"resourceLocator", "workflowSelector", "agentSelector"})
_TOOL: Final = "Tool"
_NOTHING: Final[tuple[Any, ...]] = (None, "", [], {})


class NoNodeTypesError(Exception):
    """A file is not what `n8n export:nodes` writes; says what to do."""


@dataclass(frozen=True, slots=True)
class NodeType:
    """One description: a node type in some of its versions."""

    name: str
    versions: frozenset[float]
    properties: tuple[dict[str, Any], ...]
    credentials: frozenset[str]
    open: bool
    """It takes whatever credential a parameter names."""

    def missing(self, node: Node) -> Iterator[str]:
        """The parameters that n8n insists on and that are not there (its `getNodeParametersIssues`)."""
        values = _Values(self, node)
        for one in self.properties:
            if one.get("required") is True and values.shows(one) and not _is_given(one, values.of(one["name"])):
                yield one["name"]


class NodeTypes:
    """Node types by name and version."""

    def __init__(self, described: list[dict[str, Any]], *, whole: bool) -> None:
        self.whole = whole
        """It is all that an installation has: what is not in it is not there."""
        self._by_name: dict[str, list[NodeType]] = {}
        for one in described:
            self._by_name.setdefault(one["name"], []).append(_read(one))

    def versions(self, kind: str) -> frozenset[float]:
        """Every version of a type; none where nothing is known of it."""
        return frozenset().union(*(one.versions for one in self._of(kind)))

    def of(self, node: Node) -> NodeType | None:
        """The description of a node's own version."""
        return next((one for one in self._of(node.type) if node.version in one.versions), None)

    def _of(self, kind: str) -> list[NodeType]:
        """n8n makes a tool of any node that says so, and calls it by the name with `Tool` behind it."""
        found = self._by_name.get(kind)
        return found if found is not None else self._by_name.get(kind.removesuffix(_TOOL), [])


@cache
def shipped_types() -> NodeTypes:
    """Those that the shipped workflows use."""
    return NodeTypes(shipped_json("n8n-nodes")["nodes"], whole=False)


def exported_types(path: Path) -> NodeTypes:
    """What `n8n export:nodes --output=FILE` wrote.

    Raises:
        NoNodeTypesError: The file cannot be read, or is something else.
    """
    remedy = "write it with: n8n export:nodes --output=FILE"
    try:
        described = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise NoNodeTypesError(f"{path} cannot be read as node types ({error}); {remedy}") from error
    if not isinstance(described, list) or not described or not all(map(_is_description, described)):
        raise NoNodeTypesError(f"{path} is no list of node types; {remedy}")
    return NodeTypes(described, whole=True)


def _is_description(one: Any) -> bool:
    if not isinstance(one, dict) or not isinstance(one.get("name"), str) or not _versions(one):
        return False
    members = (one.get("properties", []), one.get("credentials", []))
    return all(
        isinstance(listed, list) and all(isinstance(it, dict) and isinstance(it.get("name"), str) for it in listed)
        for listed in members
    )


def _versions(described: dict[str, Any]) -> frozenset[float]:
    given = described.get("version")
    listed = given if isinstance(given, list) else [given]
    return frozenset(float(one) for one in listed if isinstance(one, (int, float)))


def _read(described: dict[str, Any]) -> NodeType:
    properties = tuple(described.get("properties", ()))
    return NodeType(
        name=described["name"],
        versions=_versions(described),
        properties=properties,
        credentials=frozenset(one["name"] for one in described.get("credentials", ())),
        open=any(one.get("type") == "credentialsSelect" for one in properties),
    )


def _is_given(described: dict[str, Any], value: Any) -> bool:
    kind = described.get("type")
    if kind in _LOCATED:
        return at(value, "value") not in _NOTHING if isinstance(value, dict) else value not in _NOTHING
    return kind not in _MISSED or value not in _NOTHING


class _Values:
    """A node's parameters with the defaults of those that are not written down, as its own conditions see them."""

    def __init__(self, kind: NodeType, node: Node) -> None:
        self._kind = kind
        self._node = node
        self._defaults: dict[str, Any] = {}
        self._by_name: dict[str, list[dict[str, Any]]] = {}
        for one in kind.properties:
            self._by_name.setdefault(one["name"], []).append(one)

    def of(self, name: str) -> Any:
        """What is written, or the default of the property that shows."""
        if name in self._node.parameters:
            return self._node.parameters[name]
        if name not in self._defaults:
            self._defaults[name] = None  # for properties that wait for each other
            listed = self._by_name.get(name, ())
            shown = listed if len(listed) == 1 else filter(self.shows, listed)
            self._defaults[name] = next((one.get("default") for one in shown), None)
        return self._defaults[name]

    def shows(self, described: dict[str, Any]) -> bool:
        """Whether n8n shows it (`displayParameter`): all that `show` names holds, and nothing of what `hide` names."""
        for name, wanted in _conditions(described, "show"):
            values = self._seen(name)
            if any(isinstance(value, str) and value.startswith("=") for value in values):
                return True
            if not _holds(wanted, values):
                return False
        return not any(_holds(wanted, self._seen(name)) for name, wanted in _conditions(described, "hide"))

    def _seen(self, name: str) -> list[Any]:
        if name == "@version":
            return [self._node.version]
        if name == "@tool":
            return [self._node.type.endswith(_TOOL)]
        head, *rest = name.removeprefix("/").split(".")
        value = at(self.of(head), *rest)
        if isinstance(value, dict) and value.get("__rl"):
            value = value.get("value")
        return value if isinstance(value, list) else [value]


def _conditions(described: dict[str, Any], key: str) -> list[tuple[str, list[Any]]]:
    found = at(described, "displayOptions", key)
    return (
        [(name, wanted) for name, wanted in found.items() if isinstance(wanted, list)]
        if isinstance(found, dict)
        else []
    )


def _holds(wanted: list[Any], values: list[Any]) -> bool:
    for one in wanted:
        condition = one.get("_cnd") if isinstance(one, dict) else None
        if isinstance(condition, dict) and len(condition) == 1:
            ((sign, bound),) = condition.items()
            if values and all(_compares(sign, value, bound) for value in values):
                return True
        elif any(value == one and isinstance(value, bool) == isinstance(one, bool) for value in values):
            return True
    return False


def _compares(sign: str, value: Any, bound: Any) -> bool:
    if sign in {"eq", "not"}:
        return bool((value == bound) == (sign == "eq"))
    if sign == "exists":
        return value not in (None, "")
    if sign == "between":
        return _compares("gte", value, at(bound, "from")) and _compares("lte", value, at(bound, "to"))
    if isinstance(value, (int, float)) and isinstance(bound, (int, float)):
        return {"gte": value >= bound, "lte": value <= bound, "gt": value > bound, "lt": value < bound}.get(sign, False)
    if isinstance(value, str) and isinstance(bound, str):
        if sign == "regex":
            return _matches(bound, value)
        return {
            "startsWith": value.startswith(bound),
            "endsWith": value.endswith(bound),
            "includes": bound in value,
        }.get(sign, False)
    return False


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.search(pattern, value) is not None
    except re.error:
        return False
