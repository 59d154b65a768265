"""The lint as a whole: files in, findings out, in the order of the files."""

from __future__ import annotations

import contextlib
import gc
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sidecar.flows import positions, suppressions
from sidecar.flows.documents import LOOKED_FOR, documents
from sidecar.flows.findings import Finding, Found, pointer, shown
from sidecar.flows.make import Blueprint
from sidecar.flows.n8n import Workflow
from sidecar.flows.reading import UnreadableError, decode, parse
from sidecar.flows.rules import Rule, rules
from sidecar.flows.strings import places_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sidecar.flows.findings import Place
    from sidecar.flows.node_types import NodeTypes
    from sidecar.flows.playbooks import Playbook

Flow = Workflow | Blueprint


@dataclass(frozen=True, slots=True)
class Source:
    """One file: what it is called, and what is in it."""

    name: str
    data: bytes


@dataclass(slots=True)
class Flows:
    """Every flow of a run: what a rule looks at that needs more than one."""

    nodes: NodeTypes | None = None
    playbooks: tuple[Playbook, ...] = ()
    workflows: list[Workflow] = field(default_factory=list)
    blueprints: list[Blueprint] = field(default_factory=list)

    def __iter__(self) -> Iterator[Flow]:
        """All of them."""
        yield from self.workflows
        yield from self.blueprints


@dataclass(slots=True)
class _File:
    name: str
    text: str = ""
    found: list[tuple[Rule, Found, Flow | None]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Report:
    """What a run found."""

    files: int
    flows: int
    findings: tuple[Finding, ...]
    lines: Mapping[tuple[str, int], str] = field(default_factory=dict)
    """The line of each finding, for the caret."""


def lint(
    sources: Iterable[Source],
    *,
    wanted: Callable[[Rule], bool] | None = None,
    nodes: NodeTypes | None = None,
    playbooks: Iterable[Playbook] = (),
) -> Report:
    """Read every file and hold every wanted rule against it. Nothing that is in a file makes this fail.

    ``nodes`` are those of the n8n that the workflows are for; without it, what is shipped of them. ``playbooks`` are
    those whose steps the flows drive, where that is known.
    """
    with _collecting_nothing():
        return _lint(sources, wanted, Flows(nodes, tuple(playbooks)))


@contextlib.contextmanager
def _collecting_nothing() -> Iterator[None]:
    """All that is read is kept to the end: to look through it for garbage takes a third of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _lint(sources: Iterable[Source], wanted: Callable[[Rule], bool] | None, flows: Flows) -> Report:
    known = {code: rule for code, rule in rules().items() if wanted is None or wanted(rule)}
    files: dict[str, _File] = {}
    for source in sources:
        file = files.setdefault(source.name, _File(source.name))
        _read(source, file, known, flows)
    owners = {(flow.file, flow.place): flow for flow in flows}
    for rule in known.values():
        if rule.subject == "flows":
            for found in rule.check(flows):
                files[found.file].found.append((rule, found, _owner(owners, found)))
        elif rule.subject != "file":
            for flow in flows.workflows if rule.subject == "n8n" else flows.blueprints:
                files[flow.file].found.extend((rule, found, flow) for found in rule.check(flow))
    findings: list[Finding] = []
    lines: dict[tuple[str, int], str] = {}
    for file in files.values():
        placed = sorted(_placed(file), key=lambda one: (one.line, one.column, one.code, one.pointer))
        findings += placed
        if placed:
            texts = file.text.split("\n") if file.text else []
            lines |= {(file.name, one.line): texts[one.line - 1] for one in placed if one.line <= len(texts)}
    return Report(len(files), len(flows.workflows) + len(flows.blueprints), tuple(findings), lines)


def _read(source: Source, file: _File, known: Mapping[str, Rule], flows: Flows) -> None:
    def report(code: str, found: Found) -> None:
        if code in known:
            file.found.append((known[code], found, None))

    try:
        text = decode(source.data)
        file.text = text.text
        parsed = parse(text.text)
    except UnreadableError as error:
        report("S001", Found((), error.message, remedy=error.remedy, at=(error.line, error.column)))
        return
    if text.marked or text.encoding != "utf-8":
        said = (
            "the file begins with a byte order mark" if text.encoding == "utf-8" else f"it is {text.encoding.upper()}"
        )
        report("P002", Found((), said))
    places = places_of(parsed.value, (one for one, _ in parsed.doubled))
    for one, keys in parsed.doubled:
        place = places.get(id(one))
        if place is not None:
            said = f"{', '.join(map(shown, keys))} is there twice in one object: the last one counts"
            report("P001", Found((*place, keys[0]), said))
    found = list(documents(source.name, parsed.value))
    if not found:
        report("S002", Found((), f"{_kind(parsed.value)}, which is neither; looked for {LOOKED_FOR}"))
    for document in found:
        if document.platform == "n8n":
            flows.workflows.append(Workflow(document, flows.nodes))
        else:
            flows.blueprints.append(Blueprint(document))


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        keys = ", ".join(shown(key, 20) for key in list(value)[:5])
        return f"it is an object with {keys}" if keys else "it is an empty object"
    if isinstance(value, list):
        return f"it is a list of {len(value)} things" if value else "it is an empty list"
    return f"it is {shown(value, 30)}"


def _owner(owners: Mapping[tuple[str, Place], Flow], found: Found) -> Flow | None:
    """The flow that a place is in."""
    around = (owners.get((found.file, found.place[:count])) for count in range(len(found.place) + 1))
    return next((flow for flow in around if flow is not None), None)


def _placed(file: _File) -> Iterator[Finding]:
    """Findings with their lines; those that a note suppresses are left out."""
    if not file.found:
        return
    offsets = positions.locate(file.text, [found.place for _, found, _ in file.found]) if file.text.strip() else {}
    places: dict[int, tuple[int, int]] = {}
    lines = positions.Lines(file.text)
    exceptions = {id(flow): list(suppressions.written(flow)) for _, _, flow in file.found if flow is not None}
    for rule, found, flow in file.found:
        offset = offsets.get(found.place, 0)
        if offset not in places:
            places[offset] = lines.of(offset)
        line, column = found.at or places[offset]
        finding = Finding(
            file=file.name,
            code=rule.code,
            family=rule.family,
            level=found.level or rule.level,
            pointer=pointer(found.place),
            node=found.node,
            message=found.message,
            remedy=found.remedy or rule.remedy,
            path=found.path,
            line=line,
            column=column,
            edits=found.edits,
        )
        if flow is None or not suppressions.cover(exceptions[id(flow)], finding):
            yield finding
