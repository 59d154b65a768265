"""An n8n workflow as a graph, and whether n8n would take it.

The shape is the one that n8n 2.x checks on create, update and import (`safeParseWorkflowStructure` of the package
`n8n-workflow`): what is not checked there is accepted, so it is accepted here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from sidecar.flows.expressions.n8n import Expression, read
from sidecar.flows.node_types import shipped_types
from sidecar.flows.strings import strings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sidecar.flows.documents import Document
    from sidecar.flows.findings import Place
    from sidecar.flows.node_types import NodeTypes
    from sidecar.flows.requests import Request

BASE: Final = "n8n-nodes-base."
LANGCHAIN: Final = "@n8n/n8n-nodes-langchain."


@dataclass(frozen=True, slots=True)
class Edge:
    """One wire. ``kind`` is `main`, or `ai_tool` and the like, which run from the part to the node that uses it."""

    source: str
    target: str
    kind: str
    output: int
    input: int


@dataclass(slots=True)
class Node:
    """One node of a workflow that has the shape of one."""

    name: str
    type: str
    version: float
    parameters: dict[str, Any]
    raw: dict[str, Any]
    place: Place
    disabled: bool
    short: str
    """The type without the package's name: `httpRequest`, `agent`."""
    _texts: list[tuple[Place, str]] | None = field(default=None, repr=False)
    _expressions: list[tuple[Place, Expression]] | None = field(default=None, repr=False)

    @property
    def texts(self) -> list[tuple[Place, str]]:
        """Each text among its parameters."""
        if self._texts is None:
            self._texts = list(strings(self.parameters, (*self.place, "parameters")))
        return self._texts

    @property
    def expressions(self) -> list[tuple[Place, Expression]]:
        """Each parameter that n8n evaluates (it begins with ``=``), read."""
        if self._expressions is None:
            self._expressions = [
                (place, read(text)) for place, text in self.texts if text.startswith("=") and "{{" in text
            ]
        return self._expressions

    @property
    def options(self) -> dict[str, Any]:
        """The collection `options` of most nodes."""
        options = self.parameters.get("options")
        return options if isinstance(options, dict) else {}

    @property
    def notes(self) -> str:
        """What a person wrote on the node."""
        notes = self.raw.get("notes")
        return notes if isinstance(notes, str) else ""

    @property
    def swallows_errors(self) -> bool:
        """A failure goes on along the ordinary output (`continueRegularOutput`, or the older `continueOnFail`)."""
        if "onError" in self.raw:
            return bool(self.raw["onError"] == "continueRegularOutput")
        return self.raw.get("continueOnFail") is True

    @property
    def has_error_output(self) -> bool:
        """A failure leaves by an output of its own, the last one."""
        return bool(self.raw.get("onError") == "continueErrorOutput")


class Workflow:
    """A workflow as a graph. Members that do not have their shape are left out: `structure` reports those."""

    def __init__(self, document: Document, types: NodeTypes | None = None) -> None:
        self.document = document
        self.value = document.value
        self.place = document.place
        self.file = document.file
        self._types = types
        self.requests: dict[str, Request | None] = {}
        """What its nodes ask of the network, as far as it was looked at (`requests.request_of`)."""
        self.nodes = list(_nodes(document))
        self.by_name = {node.name: node for node in reversed(self.nodes)}
        self.by_type: dict[str, list[Node]] = {}
        for node in self.nodes:
            self.by_type.setdefault(node.short, []).append(node)
        self.outgoing: dict[str, list[Edge]] = {}
        self.incoming: dict[str, list[Edge]] = {}
        for edge in _edges(document.value.get("connections")):
            if edge.source in self.by_name and edge.target in self.by_name:
                self.outgoing.setdefault(edge.source, []).append(edge)
                self.incoming.setdefault(edge.target, []).append(edge)

    @property
    def types(self) -> NodeTypes:
        """What is known of the node types of the n8n that it is for."""
        return self._types if self._types is not None else shipped_types()

    @property
    def name(self) -> str:
        """What people call it."""
        name = self.value.get("name")
        return name if isinstance(name, str) else ""

    @property
    def id(self) -> str:
        """What other workflows call it by."""
        value = self.value.get("id")
        return str(value) if isinstance(value, (str, int)) else ""

    @property
    def settings(self) -> dict[str, Any]:
        """Settings of the workflow as a whole."""
        settings = self.value.get("settings")
        return settings if isinstance(settings, dict) else {}

    def of(self, *types: str) -> Iterator[Node]:
        """The enabled nodes of these short types, in no promised order."""
        for kind in types:
            for node in self.by_type.get(kind, ()):
                if not node.disabled:
                    yield node

    def after(self, name: str, output: int | None = None) -> list[Edge]:
        """Wires of data that leave a node (by one of its outputs)."""
        return [
            edge
            for edge in self.outgoing.get(name, ())
            if edge.kind == "main" and (output is None or edge.output == output)
        ]

    def before(self, name: str) -> list[Edge]:
        """Wires of data that reach a node."""
        return [edge for edge in self.incoming.get(name, ()) if edge.kind == "main"]

    def parts(self, name: str) -> list[Node]:
        """What serves a node: an agent's tools, models and memories."""
        return [self.by_name[edge.source] for edge in self.incoming.get(name, ()) if edge.kind != "main"]

    @cached_property
    def triggers(self) -> list[Node]:
        """Where an execution begins."""
        return [node for node in self.nodes if not node.disabled and is_trigger(node)]

    def reachable(self, names: Iterable[str]) -> set[str]:
        """Every node that data can come to from these, themselves included."""
        seen = set(names)
        pending = list(seen)
        while pending:
            for edge in self.outgoing.get(pending.pop(), ()):
                if edge.kind == "main" and edge.target not in seen:
                    seen.add(edge.target)
                    pending.append(edge.target)
        return seen

    @cached_property
    def named(self) -> list[tuple[Node, Place, str]]:
        """Each name by which an expression reads a node: the reader, where, and the name."""
        return [
            (node, place, name)
            for node in self.nodes
            if node.short != "stickyNote"
            for place, expression in node.expressions
            for name in dict.fromkeys(one.node for one in expression.references if one.node and one.how)
        ]

    @cached_property
    def ancestors(self) -> _Ancestors:
        """Who may have run before whom."""
        return _Ancestors(self)


class _Ancestors:
    """Every node's as the bits of one number. Loops are taken as one, so that each wire is looked at once."""

    def __init__(self, workflow: Workflow) -> None:
        self._bits = {name: 1 << number for number, name in enumerate(workflow.by_name)}
        before: dict[str, list[str]] = {name: [] for name in workflow.by_name}
        after: dict[str, list[str]] = {name: [] for name in workflow.by_name}
        for edges in workflow.outgoing.values():
            for edge in edges:
                ends = [(edge.source, edge.target)]
                if edge.kind != "main":  # a part (a tool, a model) sees what its node sees
                    ends.append((edge.target, edge.source))
                for source, target in ends:
                    before[target].append(source)
                    after[source].append(target)
        self._known: dict[str, int] = {}
        for loop in _loops(before, after):
            own = sum(self._bits[name] for name in loop)
            found = own if len(loop) > 1 or loop[0] in before[loop[0]] else 0
            for name in loop:
                for source in before[name]:
                    found |= self._known.get(source, 0) | (self._bits[source] & ~own)
            self._known |= dict.fromkeys(loop, found)

    def any(self, name: str) -> bool:
        """Whether anything runs before it."""
        return self._known[name] != 0

    def has(self, name: str, other: str) -> bool:
        """Whether data can come from the other one to this one; a node in a loop runs before itself."""
        return bool(self._known[name] & self._bits[other])


def _loops(before: dict[str, list[str]], after: dict[str, list[str]]) -> Iterator[list[str]]:
    """Nodes that lead to each other, together, those in front first (Kosaraju's algorithm, without recursion)."""
    finished: list[str] = []
    seen: set[str] = set()
    for start in after:
        pending = [(start, False)]
        while pending:
            name, left = pending.pop()
            if left:
                finished.append(name)
            elif name not in seen:
                seen.add(name)
                pending.append((name, True))
                pending.extend((one, False) for one in after[name] if one not in seen)
    taken: set[str] = set()
    for start in reversed(finished):
        loop: list[str] = []
        reached = [start]
        while reached:
            name = reached.pop()
            if name not in taken:
                taken.add(name)
                loop.append(name)
                reached.extend(before[name])
        if loop:
            yield loop


_STARTERS: Final = frozenset({"webhook", "cron", "interval", "start", "manualTrigger", "emailReadImap", "n8nTrigger"})


def is_trigger(node: Node) -> bool:
    """Whether an execution can begin with it."""
    return node.short in _STARTERS or node.short.lower().endswith("trigger") or "Trigger" in node.short


def _nodes(document: Document) -> Iterator[Node]:
    nodes = document.value.get("nodes")
    for index, raw in enumerate(nodes if isinstance(nodes, list) else ()):
        if not isinstance(raw, dict):
            continue
        name, kind = raw.get("name"), raw.get("type")
        if not (isinstance(name, str) and isinstance(kind, str)):
            continue
        parameters = raw.get("parameters")
        version = raw.get("typeVersion")
        yield Node(
            name=name,
            type=kind,
            version=version if isinstance(version, (int, float)) else 1,
            parameters=parameters if isinstance(parameters, dict) else {},
            raw=raw,
            place=(*document.place, "nodes", index),
            disabled=raw.get("disabled") is True,
            short=kind.rsplit(".", 1)[-1],
        )


def wires(connections: Any) -> Iterator[tuple[str, str, int, int, Any]]:
    """Source, kind, output, number and entry of each wire; members that are no lists or objects are stepped over."""
    for source, kinds in (connections if isinstance(connections, dict) else {}).items():
        for kind, outputs in (kinds if isinstance(kinds, dict) else {}).items():
            for output, entries in enumerate(outputs if isinstance(outputs, list) else ()):
                for number, entry in enumerate(entries if isinstance(entries, list) else ()):
                    yield source, kind, output, number, entry


def _edges(connections: Any) -> Iterator[Edge]:
    for source, kind, output, _, entry in wires(connections):
        if isinstance(entry, dict) and isinstance(entry.get("node"), str):
            index = entry.get("index")
            yield Edge(source, entry["node"], kind, output, index if isinstance(index, int) else 0)


# ---------------------------------------------------------------- the shape


def has_shape(value: dict[str, Any]) -> bool:
    """Whether n8n's own check of the shape would pass; `schemas/n8n-workflow.schema.json` says why not.

    A test holds this against the schema, on every sample and on mutations of them.
    """
    nodes, connections = value.get("nodes"), value.get("connections")
    if not (isinstance(nodes, list) and isinstance(connections, dict)):
        return False
    return all(map(_is_node, nodes)) and all(map(_is_wiring, connections.values()))


def _is_node(node: Any) -> bool:
    if type(node) is not dict:
        return False
    get = node.get
    name, kind, position = get("name"), get("type"), get("position")
    return (
        type(name) is str
        and name != ""
        and type(kind) is str
        and kind != ""
        and type(position) is list
        and len(position) == 2  # noqa: PLR2004 - x and y
        and type(position[0]) in _NUMBERS
        and type(position[1]) in _NUMBERS
        and type(get("parameters", _NOTHING)) is dict
        and type(get("id", "")) is str
        and type(get("typeVersion", 1)) in _NUMBERS
        and type(get("disabled", False)) is bool
    )


def _is_wiring(kinds: Any) -> bool:
    return type(kinds) is dict and all(
        type(outputs) is list
        and all(entries is None or (type(entries) is list and all(map(_is_entry, entries))) for entries in outputs)
        for outputs in kinds.values()
    )


def _is_entry(entry: Any) -> bool:
    if type(entry) is not dict:
        return False
    node, kind, index = entry.get("node"), entry.get("type"), entry.get("index")
    if type(index) is float and index.is_integer():
        index = 0 if index >= 0 else -1
    return type(node) is str and node != "" and type(kind) is str and kind != "" and type(index) is int and index >= 0


_NUMBERS: Final = frozenset({int, float})
_NOTHING: Final[dict[str, Any]] = {}
