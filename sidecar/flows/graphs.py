"""Flows as points and wires for `reach`: what a claim is, what it opens, and where data goes on each platform."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from sidecar.flows.contract import CLAIM
from sidecar.flows.documents import Document
from sidecar.flows.make_requests import request_of as make_request_of
from sidecar.flows.make_requests import stops_at_errors
from sidecar.flows.n8n import BASE, LANGCHAIN, Node, Workflow, is_trigger
from sidecar.flows.reach import Hand, Point, Wire
from sidecar.flows.requests import request_of
from sidecar.flows.sends.make import make_send
from sidecar.flows.sends.n8n import CODE, code_of, n8n_send
from sidecar.flows.strings import at, text_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sidecar.flows.make import Blueprint, Flow, Module

_CALLERS: Final = frozenset({"executeWorkflow", "toolWorkflow"})
_CALLED: Final = "executeWorkflowTrigger"
_SHORT: Final = 20
"""Seconds that a claim of 30 survives."""
_UNITS: Final = {"seconds": 1.0, "minutes": 60.0, "hours": 3600.0, "days": 86400.0}


class N8n:
    """All workflows of a run as one graph."""

    def __init__(self, workflows: Iterable[Workflow]) -> None:
        self.points: list[Point] = []
        self.entries: list[int] = []
        self._workflows: list[Workflow] = []
        self._index: dict[tuple[int, str], int] = {}
        self._called: set[int] = set()
        self._by_key: dict[str, list[Workflow]] = {}
        for workflow in workflows:
            self._add(workflow)
        self._callable = [one for one in self._workflows if any(one.of(_CALLED))]
        for workflow in list(self._workflows):
            self._wire(workflow)
        for workflow in self._workflows:
            self._enter(workflow)

    def _add(self, workflow: Workflow) -> None:
        self._workflows.append(workflow)
        for key in {workflow.id, workflow.name} - {""}:
            self._by_key.setdefault(key, []).append(workflow)
        for node in workflow.by_name.values():
            serves = _serves(workflow, node)
            self._index[id(workflow), node.name] = len(self.points)
            self.points.append(
                Point(
                    name=node.name,
                    file=workflow.file,
                    place=node.place,
                    send=n8n_send(workflow, node),
                    loses=not serves and _loses(node),
                    swallows=node.swallows_errors,
                    joins=_joins(workflow, node),
                    grants=_is_claim(workflow, node),
                    ends=not serves and not workflow.after(node.name, 0),
                )
            )

    def _wire(self, workflow: Workflow) -> None:
        for node in workflow.by_name.values():
            point = self.points[self._index[id(workflow), node.name]]
            every = at(node.parameters, "options", "allMatchingOutputs") is True
            for edge in workflow.outgoing.get(node.name, ()):
                target = self._index[id(workflow), edge.target]
                if edge.kind != "main":  # a part serves its node: it runs when the node does, as often as it likes
                    self.points[target].wires.append(Wire(self._index[id(workflow), node.name]))
                    point.wires.append(Wire(target))
                elif not node.disabled or edge.output == 0:
                    failed = node.has_error_output and edge.output == _last_output(workflow, node)
                    gives = Hand.HELD if point.grants and edge.output == 0 and not failed else None
                    output = 0 if every and not failed else edge.output
                    point.wires.append(Wire(target, gives, failed=failed, output=output))
            if node.short in _CALLERS and not node.disabled:
                for called in self._callees(workflow, node):
                    for trigger in called.of(_CALLED):
                        index = self._index[id(called), trigger.name]
                        point.calls.append(index)
                        self._called.add(index)

    def _callees(self, workflow: Workflow, node: Node) -> list[Workflow]:
        inline = node.parameters.get("workflowJson")
        if isinstance(inline, str) and node.parameters.get("source") == "parameter":
            return self._inline(workflow, node, inline)
        given = node.parameters.get("workflowId")
        keys = [given] if isinstance(given, str) else [text_at(given, "value"), text_at(given, "cachedResultName")]
        if any(key.startswith("=") for key in keys):  # computed: it may be any that can be called
            return self._callable
        return next((found for key in keys if (found := self._by_key.get(key, []))), [])

    def _inline(self, workflow: Workflow, node: Node, text: str) -> list[Workflow]:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return []
        if not isinstance(value, dict):
            return []
        place = (*node.place, "parameters", "workflowJson")
        inner = Workflow(Document(workflow.file, "n8n", value, place))
        self._add(inner)
        self._wire(inner)
        return [inner]

    def _enter(self, workflow: Workflow) -> None:
        names = [node.name for node in workflow.triggers]
        roots = [n for n in workflow.by_name.values() if not n.disabled and not _fed(workflow, n) and not is_trigger(n)]
        names += [n.name for n in roots if not names or not n.type.startswith((BASE, LANGCHAIN))]
        indices = (self._index[id(workflow), name] for name in names)
        self.entries += [index for index in indices if index not in self._called]


def _fed(workflow: Workflow, node: Node) -> bool:
    """Whether something leads to it, or it is a part of a node."""
    return bool(workflow.incoming.get(node.name)) or _serves(workflow, node)


def _serves(workflow: Workflow, node: Node) -> bool:
    """Whether it is a part of a node: what goes on is that node's data, however much the part gave out."""
    return any(edge.kind != "main" for edge in workflow.outgoing.get(node.name, ()))


def _last_output(workflow: Workflow, node: Node) -> int:
    """The error output comes after the ordinary ones: one for most nodes."""
    ordinary = {"if": 2, "filter": 1, "splitInBatches": 2}.get(node.short, 1)
    if node.short == "switch":
        ordinary = max((edge.output for edge in workflow.after(node.name)), default=1)
    return ordinary


def _is_claim(workflow: Workflow, node: Node) -> bool:
    """A claim whose first output is taken only when it was granted: a refusal is a 409, which must be an error."""
    request = request_of(workflow, node)
    if request is None or node.disabled or node.short != "httpRequest" or request.method != "POST":
        return False
    if node.swallows_errors or node.raw.get("alwaysOutputData") is True:
        return False
    never = at(node.options, "response", "response", "neverError") is True or node.parameters.get("neverError") is True
    return not never and all(path == CLAIM for path in request.paths)


_MANY: Final = frozenset({"splitOut", "splitInBatches", "itemLists", "extractFromFile", "rssFeedRead"})
"""Nodes that make many items of one: a claim is good for one of them."""
_LISTING: Final = re.compile(r"^(?:getAll|getMany|getRows|search|list|select|executeQuery|readRows)", re.IGNORECASE)
_GROWING: Final = re.compile(
    r"\.push\(|\.flatMap\(|\.concat\(|Array\.from|\byield\b|\[\s*\.\.\.|\.append\(|\bfor\b.*\bin\b.*\]"
)
"""Code that puts items together."""


def _loses(node: Node) -> bool:
    """Whether a claim is no longer good behind it: it may have lapsed, or there are several items now."""
    if node.disabled:
        return False
    operation = node.parameters.get("operation")
    if node.short == "wait":
        return not _is_short(node)
    if node.short in CODE:
        return any(_GROWING.search(code) for code in code_of(node))
    if node.short in _MANY or operation == "sendAndWait":
        return True
    return isinstance(operation, str) and _LISTING.match(operation) is not None


def _is_short(wait: Node) -> bool:
    amount, unit = wait.parameters.get("amount", 1), wait.parameters.get("unit", "hours")
    short = isinstance(amount, (int, float)) and isinstance(unit, str) and amount * _UNITS.get(unit, 1e9) <= _SHORT
    return wait.parameters.get("resume", "timeInterval") == "timeInterval" and short


def _joins(workflow: Workflow, node: Node) -> bool:
    """A Merge that makes one item of those that come by its inputs; `append` lets each through."""
    if node.short != "merge" or node.disabled or node.parameters.get("mode", "append") == "append":
        return False
    return len({edge.input for edge in workflow.before(node.name)}) > 1


# ---------------------------------------------------------------- Make


class Make:
    """One blueprint as a graph."""

    def __init__(self, blueprint: Blueprint) -> None:
        self._blueprint = blueprint
        self.points = [
            Point(module.name, blueprint.file, module.place, make_send(blueprint, module), loses=_make_loses(module))
            for module in blueprint.modules
        ]
        self.entries = [0] if blueprint.main.modules else []
        for module in blueprint.modules:
            self._wire(module)

    def _wire(self, module: Module) -> None:
        point = self.points[module.position]
        onward = [(one, "") for one in _onward(module)]
        firsts = [(flow.modules[0], flow.kind) for flow in module.flows if flow.modules]
        for flow in module.flows:
            for end in _ends(flow):
                if flow.kind == "tools":
                    self.points[end.position].wires.append(Wire(module.position))
                elif flow.kind == "onerror" and end.module == "builtin:Resume":
                    self.points[end.position].wires += [Wire(one.position) for one, _ in onward]
        for target, kind in firsts + onward:
            point.wires.append(self._way(module, target, kind))

    def _way(self, source: Module, target: Module, kind: str) -> Wire:
        """The routes of a router are all taken, one after the other, where their filters let the bundle through."""
        wire = Wire(target.position, proves=self._proves(target), output=0 if kind == "routes" else -1)
        if kind == "routes":
            wire.apart = frozenset(_apart(source, target))
        if kind == "onerror":
            wire.failed = True
        elif self._is_claim(source):
            wire.gives = Hand.HELD if stops_at_errors(source) or wire.proves else Hand.ASKED
        return wire

    def _proves(self, target: Module) -> bool:
        """Its filter lets only those through whose claim was granted."""
        return bool(target.conditions) and all(
            any(self._is_status(one) for one in inner) for inner in target.conditions
        )

    def _is_status(self, condition: dict[str, Any]) -> bool:
        """``{{3.statusCode}} = 200``, where 3 is a claim."""
        a, b, sign = condition.get("a"), condition.get("b"), str(condition.get("o"))
        found = re.fullmatch(r"\{\{\s*(\d+)\.statusCode\s*\}\}", a) if isinstance(a, str) else None
        module = self._blueprint.by_id.get(int(found[1])) if found is not None else None
        equal = sign in {"number:equal", "text:equal"} and str(b) == "200"
        return module is not None and equal and self._is_claim(module)

    def _is_claim(self, module: Module) -> bool:
        request = make_request_of(self._blueprint, module)
        return request is not None and request.method == "POST" and request.paths[0] == CLAIM


def _apart(router: Module, first: Module) -> Iterator[int]:
    """The routes that are never taken together with this one: by their filters, or as the router's fallback."""
    fallback = router.parameters.get("else")
    index = first.flow.index
    for flow in router.flows:
        if flow.kind == "routes" and flow.index != index and flow.modules:
            other = flow.modules[0]
            if fallback in (index, flow.index) or _exclude(first.conditions, other.conditions):
                yield other.position


def _exclude(one: list[list[dict[str, Any]]], other: list[list[dict[str, Any]]]) -> bool:
    """No bundle passes both filters: each pair of their alternatives contradicts itself."""
    return bool(one and other) and all(
        any(_contradict(a, b) for a in first for b in second) for first in one for second in other
    )


_OPPOSITES: Final = ({"exist", "notexist"}, {"equal", "notequal"}, {"contain", "notcontain"})


def _contradict(one: dict[str, Any], other: dict[str, Any]) -> bool:
    signs = [str(condition.get("o", "")).removesuffix(":ci").rpartition(":")[2] for condition in (one, other)]
    if one.get("a") != other.get("a"):
        return False
    if signs == ["equal", "equal"]:
        known = all(isinstance(b, (str, int, float)) and "{{" not in str(b) for b in (one.get("b"), other.get("b")))
        return known and str(one.get("b")).lower() != str(other.get("b")).lower()
    return set(signs) in _OPPOSITES and (one.get("b") == other.get("b"))


def _onward(module: Module) -> Iterator[Module]:
    """The module that runs after this one, or after the flow that it ends."""
    one: Module | None = module
    while one is not None:
        if one.order + 1 < len(one.flow.modules):
            yield one.flow.modules[one.order + 1]
            return
        if one.flow.kind in {"onerror", "tools"}:
            return
        one = one.flow.owner


def _ends(flow: Flow) -> list[Module]:
    return flow.modules[-1:]


_LISTING_MODULE: Final = re.compile(r"^(?:Action)?(?:search|list|filter|watch|getAll|query|select)", re.IGNORECASE)


def _make_loses(module: Module) -> bool:
    if module.module in {"builtin:BasicFeeder", "builtin:Iterator", "builtin:BasicIterator", "builtin:BasicRepeater"}:
        return True
    if module.module not in {"util:FunctionSleep", "builtin:Sleep"}:
        return _LISTING_MODULE.match(module.kind) is not None
    duration = module.mapper.get("duration", module.mapper.get("delay"))
    return not str(duration).isdecimal() or int(str(duration)) > _SHORT
