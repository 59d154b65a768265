"""A Make blueprint as a graph, and whether it has the shape of one.

A blueprint nests: the routes of a router and the handlers of a module (`onerror`) are flows within the module. A
module reads what ran before it: earlier in its own flow, or in a flow around that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from sidecar.flows.expressions.iml import Iml, read
from sidecar.flows.strings import at, strings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sidecar.flows.documents import Document
    from sidecar.flows.findings import Place

BRANCHING: Final = ("routes", "branches", "tools")
"""Members of a module that hold flows, each as ``{"flow": […]}``."""


@dataclass(slots=True, eq=False)
class Flow:
    """Modules that run one after another: the scenario itself, a route, a branch, a handler, a tool of an agent."""

    kind: str
    """`scenario`, `routes`, `branches`, `tools` or `onerror`."""
    owner: Module | None
    modules: list[Module] = field(default_factory=list)
    index: int = 0
    """Which of its owner's routes it is."""

    def within(self, other: Flow) -> bool:
        """Whether it is the other one, or nested in it."""
        one: Flow | None = self
        while one is not None:
            if one is other:
                return True
            one = one.owner.flow if one.owner is not None else None
        return False


@dataclass(slots=True, eq=False)
class Module:
    """One module of a blueprint that has the shape of one."""

    id: int
    module: str
    """``app:Name``."""
    version: float
    parameters: dict[str, Any]
    mapper: dict[str, Any]
    raw: dict[str, Any]
    place: Place
    flow: Flow
    position: int
    """Of all modules of the blueprint, in the order in which they are written."""
    order: int
    """Of the modules of its own flow."""
    flows: list[Flow] = field(default_factory=list)
    _texts: list[tuple[Place, Iml]] | None = field(default=None, repr=False)

    @property
    def app(self) -> str:
        """``http`` of ``http:MakeRequest``."""
        return self.module.partition(":")[0]

    @property
    def kind(self) -> str:
        """``MakeRequest`` of ``http:MakeRequest``."""
        return self.module.partition(":")[2]

    @property
    def name(self) -> str:
        """What a person calls it: the name given on the canvas, or its kind and number."""
        metadata = self.raw.get("metadata")
        designer = metadata.get("designer") if isinstance(metadata, dict) else None
        given = designer.get("name") if isinstance(designer, dict) else None
        return given if isinstance(given, str) and given else f"{self.module} ({self.id})"

    @property
    def texts(self) -> list[tuple[Place, Iml]]:
        """Each text that Make evaluates, read: parameters, mapper, and the filter in front."""
        if self._texts is None:
            self._texts = [
                (place, read(text))
                for key in ("parameters", "mapper", "filter")
                for place, text in strings(self.raw.get(key), (*self.place, key))
                if "{{" in text
            ]
        return self._texts

    @property
    def handlers(self) -> list[Module]:
        """What runs when it fails."""
        return [one for flow in self.flows if flow.kind == "onerror" for one in flow.modules]

    @property
    def conditions(self) -> list[list[dict[str, Any]]]:
        """The filter in front: one of the outer list, all of the inner."""
        given = self.raw.get("filter")
        outer = given.get("conditions") if isinstance(given, dict) else None
        return [
            [one for one in inner if isinstance(one, dict)]
            for inner in (outer if isinstance(outer, list) else ())
            if isinstance(inner, list)
        ]


class Blueprint:
    """A blueprint as a graph. Members that do not have their shape are left out: `structure` reports those."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.value = document.value
        self.place = document.place
        self.file = document.file
        self.main = Flow("scenario", None)
        self.modules: list[Module] = []
        self._read()
        self.by_id = {module.id: module for module in reversed(self.modules)}
        self.by_module: dict[str, list[Module]] = {}
        for module in self.modules:
            self.by_module.setdefault(module.module, []).append(module)

    @property
    def name(self) -> str:
        """What people call it."""
        name = self.value.get("name")
        return name if isinstance(name, str) else ""

    @property
    def scenario(self) -> dict[str, Any]:
        """Settings of the scenario as a whole."""
        metadata = self.value.get("metadata")
        found = metadata.get("scenario") if isinstance(metadata, dict) else None
        return found if isinstance(found, dict) else {}

    def of(self, *modules: str) -> Iterator[Module]:
        """The modules of these names."""
        for module in modules:
            yield from self.by_module.get(module, ())

    @cached_property
    def orphans(self) -> set[int]:
        """Modules that stand on the canvas and are wired to nothing."""
        found: set[int] = set()
        pending: list[Any] = [at(self.value, "metadata", "designer", "orphans")]
        while pending:
            one = pending.pop()
            if isinstance(one, list):
                pending += one
            elif _readable(one):
                found.add(int(one["id"]))
        return found

    @cached_property
    def notes(self) -> dict[int, list[str]]:
        """What people wrote, by the module that it is about; 0 for the whole scenario."""
        metadata = self.value.get("metadata")
        notes = metadata.get("notes") if isinstance(metadata, dict) else None
        found: dict[int, list[str]] = {}
        for note in notes if isinstance(notes, list) else ():
            if isinstance(note, dict) and isinstance(note.get("content"), str):
                about = note.get("moduleIds")
                for one in about if isinstance(about, list) and about else [0]:
                    if isinstance(one, int):
                        found.setdefault(one, []).append(note["content"])
        return found

    def sees(self, reader: Module, other: Module) -> bool:
        """Whether one module can read what another gave out: it ran before, in its own flow or in one around it."""
        return other.position < reader.position and reader.flow.within(other.flow)

    def _read(self) -> None:
        """In the order in which it is written, without recursion: routes may be nested as deep as they like."""
        pending: list[tuple[Any, Place, Flow]] = [(self.value.get("flow"), (*self.place, "flow"), self.main)]
        while pending:
            listed, place, flow = pending.pop()
            if isinstance(listed, tuple):
                index, rest = listed
                raws = rest
            else:
                index, raws = 0, listed
            if not isinstance(raws, list) or index >= len(raws):
                continue
            pending.append(((index + 1, raws), place, flow))
            raw = raws[index]
            if not _readable(raw):
                continue
            module = self._module(raw, (*place, index), flow)
            pending.extend(reversed(list(_inner(module))))

    def _module(self, raw: dict[str, Any], place: Place, flow: Flow) -> Module:
        version, parameters, mapper = raw.get("version"), raw.get("parameters"), raw.get("mapper")
        module = Module(
            id=int(raw["id"]),
            module=raw["module"],
            version=version if isinstance(version, (int, float)) else 0,
            parameters=parameters if isinstance(parameters, dict) else {},
            mapper=mapper if isinstance(mapper, dict) else {},
            raw=raw,
            place=place,
            flow=flow,
            position=len(self.modules),
            order=len(flow.modules),
        )
        flow.modules.append(module)
        self.modules.append(module)
        return module


def _readable(raw: Any) -> bool:
    return isinstance(raw, dict) and _is_whole(raw.get("id")) and isinstance(raw.get("module"), str)


def _inner(module: Module) -> Iterator[tuple[Any, Place, Flow]]:
    """The flows within a module."""
    for key in BRANCHING:
        branches = module.raw.get(key)
        for index, branch in enumerate(branches if isinstance(branches, list) else ()):
            if isinstance(branch, dict):
                flow = Flow(key, module, index=index)
                module.flows.append(flow)
                yield branch.get("flow"), (*module.place, key, index, "flow"), flow
    if isinstance(module.raw.get("onerror"), list):
        flow = Flow("onerror", module)
        module.flows.append(flow)
        yield module.raw["onerror"], (*module.place, "onerror"), flow


# ---------------------------------------------------------------- the shape


def has_shape(value: dict[str, Any]) -> bool:
    """Whether it has the shape of a blueprint; `schemas/make-blueprint.schema.json` says why not.

    A test holds this against the schema, on every sample and on mutations of them.
    """
    if type(value.get("name", "")) is not str or not _is_metadata(value):
        return False
    pending = [value.get("flow")]
    while pending:
        flow = pending.pop()
        if type(flow) is not list:
            return False
        for module in flow:
            if not _is_module(module):
                return False
            routes = module.get("routes")
            if routes is not None:
                if type(routes) is not list or not all(type(route) is dict for route in routes):
                    return False
                pending.extend(route.get("flow") for route in routes)
            if module.get("onerror") is not None:
                pending.append(module["onerror"])
    return True


def _is_metadata(value: dict[str, Any]) -> bool:
    metadata = value.get("metadata", _NOTHING)
    return (
        type(metadata) is dict
        and type(metadata.get("version", 1)) in _NUMBERS
        and type(metadata.get("scenario", _NOTHING)) is dict
    )


def _is_module(module: Any) -> bool:
    if type(module) is not dict:
        return False
    get = module.get
    name, version = get("module"), get("version")
    return (
        _is_whole(get("id"), least=0)
        and type(name) is str
        and name != ""
        and (version is None or type(version) in _NUMBERS)
        and _is_settings(get("parameters"))
        and _is_settings(get("mapper"))
        and type(get("metadata", _NOTHING)) in _OBJECT_OR_NULL
        and _is_filter(get("filter"))
    )


def _is_whole(value: Any, least: float = float("-inf")) -> bool:
    return (type(value) is int or (type(value) is float and value.is_integer())) and value >= least


def _is_settings(value: Any) -> bool:
    return value is None or type(value) is dict or value == []


def _is_filter(value: Any) -> bool:
    if value is None:
        return True
    if type(value) is not dict or type(value.get("name", "")) not in _TEXT_OR_NULL:
        return False
    conditions = value.get("conditions")
    return conditions is None or (
        type(conditions) is list
        and all(type(inner) is list and all(type(one) is dict for one in inner) for inner in conditions)
    )


_NUMBERS: Final = frozenset({int, float})
_OBJECT_OR_NULL: Final = frozenset({dict, type(None)})
_TEXT_OR_NULL: Final = frozenset({str, type(None)})
_NOTHING: Final[dict[str, Any]] = {}
