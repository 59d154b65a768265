"""Structure: what the platform itself insists on. Nothing here is a matter of taste: a finding is a refused import.

n8n's is its own check (`safeParseWorkflowStructure` of the package `n8n-workflow`). Make's is the shape of a blueprint
and the references between its modules, which its editor resolves when a scenario is opened.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sidecar.flows import make, n8n
from sidecar.flows.findings import Found, shown
from sidecar.flows.rules import rule
from sidecar.flows.schemas import violations
from sidecar.flows.strings import at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_N8N = "n8n 2.x, package n8n-workflow: safeParseWorkflowStructure, run on create, update and import"
_MAKE = "https://developers.make.com/api-documentation/api-reference/scenarios (a blueprint is parsed on import)"


def _found_while_reading(_: Any) -> Iterable[Found]:
    return ()


rule(
    "S001",
    "the file cannot be read as JSON",
    on="file",
    reason="Both platforms read with JSON.parse: no comments, no trailing commas, no NaN, UTF-8.",
    remedy="export the flow again",
    source="RFC 8259; https://docs.n8n.io/workflows/export-import/",
)(_found_while_reading)

rule(
    "S002",
    "the JSON is neither an n8n workflow nor a Make blueprint",
    on="file",
    reason="A file that holds no flow protects nobody: it may be the wrong one, or an export that failed.",
    remedy="name the file that was exported from the editor; leave other JSON out with --exclude",
    source="https://docs.n8n.io/workflows/export-import/; https://help.make.com/blueprints",
)(_found_while_reading)


@rule(
    "S201",
    "n8n does not take a workflow of this shape",
    on="n8n",
    reason="n8n refuses to create, update or import it; one such workflow aborts a whole batch of imports.",
    remedy="give it the shape that the message names, or export it again",
    source=_N8N,
)
def n8n_shape(workflow: n8n.Workflow) -> Iterator[Found]:
    """The schema explains; a quicker check has said that there is something to explain."""
    if not n8n.has_shape(workflow.value):
        for found in _broken("n8n-workflow", workflow):
            yield replace(found, node=_n8n_name(workflow, found.place[len(workflow.place) :]))


@rule(
    "S202",
    "two nodes have one id",
    on="n8n",
    reason="An id names its node alone, where a name cannot; n8n refuses the import (duplicate_node_id).",
    remedy="take the id away from the copy: n8n gives it a new one",
    source=_N8N,
)
def duplicate_ids(workflow: n8n.Workflow) -> Iterator[Found]:
    """Each node after the first with its id."""
    seen: dict[str, str] = {}
    for node in workflow.nodes:
        own = node.raw.get("id")
        if isinstance(own, str) and own:  # n8n fills in those that are absent or empty
            if own in seen:
                said = f"{shown(node.name)} has the id of {shown(seen[own])}: {shown(own)}"
                yield Found((*node.place, "id"), said, node.name)
            seen.setdefault(own, node.name)


@rule(
    "S203",
    "two nodes have one name",
    on="n8n",
    reason="Wires and expressions name nodes; n8n refuses the import (duplicate_node_name).",
    remedy="rename one of them, and see which one each wire was meant for",
    source=_N8N,
)
def duplicate_names(workflow: n8n.Workflow) -> Iterator[Found]:
    """Each node after the first with its name."""
    seen: set[str] = set()
    for node in workflow.nodes:
        if node.name in seen:
            yield Found((*node.place, "name"), f"there is another node named {shown(node.name)}", node.name)
        seen.add(node.name)


@rule(
    "S204",
    "wires leave a node that does not exist",
    on="n8n",
    reason="Wires go by names; n8n refuses the import (unknown_connection_source). It is often a renamed node.",
    remedy="name the node as it is called now, or take the wires away",
    source=_N8N,
)
def unknown_sources(workflow: n8n.Workflow) -> Iterator[Found]:
    """Each key of `connections` that is no node's name."""
    connections = workflow.value.get("connections")
    for source in connections if isinstance(connections, dict) else ():
        if source not in workflow.by_name:
            yield Found(
                (*workflow.place, "connections", source),
                f"wires leave {shown(source)}, but no node is named so",
                remedy=_near(source, workflow),
            )


@rule(
    "S205",
    "a wire leads to a node that does not exist",
    on="n8n",
    reason="Wires go by names; n8n refuses the import (unknown_connection_target). It is often a renamed node.",
    remedy="name the node as it is called now, or take the wire away",
    source=_N8N,
)
def unknown_targets(workflow: n8n.Workflow) -> Iterator[Found]:
    """Each wire's end that is no node's name."""
    for source, kind, output, index, entry in n8n.wires(workflow.value.get("connections")):
        target = entry.get("node") if isinstance(entry, dict) else None
        if isinstance(target, str) and target and target not in workflow.by_name:
            place = (*workflow.place, "connections", source, kind, output, index, "node")
            said = f"a wire leads from {shown(source)} to {shown(target)}, but no node is named so"
            yield Found(place, said, source, remedy=_near(target, workflow))


@rule(
    "S301",
    "Make does not take a blueprint of this shape",
    on="make",
    reason="The editor answers an import of it with “invalid blueprint”, or loses what it cannot place.",
    remedy="give it the shape that the message names, or export it again",
    source=_MAKE,
)
def make_shape(blueprint: make.Blueprint) -> Iterator[Found]:
    """The schema explains; a quicker check has said that there is something to explain."""
    if not make.has_shape(blueprint.value):
        yield from _broken("make-blueprint", blueprint)


def _broken(schema: str, flow: n8n.Workflow | make.Blueprint) -> Iterator[Found]:
    for place, message in violations(schema, flow.value):
        yield Found((*flow.place, *place), message)


@rule(
    "S302",
    "two modules have one id",
    on="make",
    reason="Expressions name modules by their ids; with one id twice, nobody knows which is read.",
    remedy="give the copy a number that is not taken, and mend the expressions that mean it",
    source=_MAKE,
)
def duplicate_modules(blueprint: make.Blueprint) -> Iterator[Found]:
    """Each module after the first with its id."""
    times = Counter(module.id for module in blueprint.modules)
    for module in blueprint.modules:
        if times[module.id] > 1 and module is not blueprint.by_id[module.id]:
            first = blueprint.by_id[module.id]
            said = f"{shown(module.name)} has the id of {shown(first.name)}: {module.id}"
            yield Found((*module.place, "id"), said, module.name)


@rule(
    "S303",
    "an expression reads a module that does not exist",
    on="make",
    reason="The module was deleted or renumbered; Make marks the expression as broken, and what it gives is empty.",
    remedy="read a module that is there; the number before the first dot names it",
    source="https://help.make.com/mapping",
)
def unknown_modules(blueprint: make.Blueprint) -> Iterator[Found]:
    """Each reference to an id that no module has, and each aggregator of a module that is not there."""
    for module in blueprint.modules:
        for place, number in _references(module):
            if number not in blueprint.by_id and number not in blueprint.orphans:
                yield Found(place, f"module {number} is read, but there is none of that number", module.name)
        feeder = module.parameters.get("feeder")
        if isinstance(feeder, int) and not isinstance(feeder, bool) and feeder not in blueprint.by_id:
            said = f"module {feeder} is aggregated, but there is none of that number"
            yield Found((*module.place, "parameters", "feeder"), said, module.name)


@rule(
    "S304",
    "an expression reads a module that runs later",
    on="make",
    reason="A module reads what ran before it; what runs later has no output yet, and the expression is empty.",
    remedy="move the module that is read in front, or read another",
    source="https://help.make.com/mapping",
)
def later_modules(blueprint: make.Blueprint) -> Iterator[Found]:
    """Each reference to a module behind the reader, in the reader's own flow or in one around it."""
    for module in blueprint.modules:
        for place, number in _references(module):
            other = blueprint.by_id.get(number)
            if other is not None and other.position >= module.position and module.flow.within(other.flow):
                said = "itself" if other is module else f"{shown(other.name)}, which runs after it"
                yield Found(place, f"{shown(module.name)} reads {said}", module.name)


@rule(
    "S305",
    "an expression reads a module on another route",
    on="make",
    reason="Routes of a router do not see each other's output, and neither does what comes after them.",
    remedy="read what ran before the router, or keep the value with “Set variable” and “Get variable”",
    source="https://help.make.com/router",
)
def other_routes(blueprint: make.Blueprint) -> Iterator[Found]:
    """Each reference to a module that is neither in the reader's flow nor in one around it."""
    for module in blueprint.modules:
        for place, number in _references(module):
            other = blueprint.by_id.get(number)
            if other is not None and not module.flow.within(other.flow) and not _merged(other):
                said = f"{shown(module.name)} reads {shown(other.name)}, which is on another route"
                yield Found(place, said, module.name)


def _merged(module: make.Module) -> bool:
    """Within the branches of an if-else, which a merge may bring together again."""
    flow: make.Flow | None = module.flow
    while flow is not None:
        if flow.kind in {"branches", "tools"}:
            return True
        flow = flow.owner.flow if flow.owner is not None else None
    return False


def _references(module: make.Module) -> Iterator[tuple[tuple[str | int, ...], int]]:
    for place, text in module.texts:
        for number in dict.fromkeys(reference.module for reference in text.references):
            yield place, number


def _n8n_name(workflow: n8n.Workflow, place: tuple[str | int, ...]) -> str:
    name = at(workflow.value, *place[:2], "name") if place[:1] == ("nodes",) else None
    return name if isinstance(name, str) else ""


def _near(name: str, workflow: n8n.Workflow) -> str:
    from difflib import get_close_matches

    if len(workflow.by_name) > 500:  # noqa: PLR2004 - comparing with thousands of names takes seconds
        return ""
    near = get_close_matches(name, workflow.by_name, n=1, cutoff=0.7)
    return f"did you mean {shown(near[0])}? Otherwise take the wires away" if near else ""
