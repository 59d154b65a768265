"""Structure: what the platform refuses is refused, what it takes is not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sidecar.flows import n8n
from sidecar.flows.linting import Source, lint
from tests.support.flows import blueprint, exports, linted, module, node

if TYPE_CHECKING:
    from sidecar.flows.findings import Finding

TWO = [node("A", "webhook", id="1"), node("B", "noOp", id="2")]


def structure(flow: Any) -> list[Finding]:
    return [one for one in linted(flow).findings if one.family == "structure"]


def without(flow: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in flow.items() if name != key}


N8N_BAD = {
    "name empty": ([{**TWO[0], "name": ""}], {}, "S201", "/nodes/0/name"),
    "type empty": ([{**TWO[0], "type": ""}], {}, "S201", "/nodes/0/type"),
    "no position": ([without(TWO[0], "position")], {}, "S201", "/nodes/0"),
    "position of one": ([{**TWO[0], "position": [1]}], {}, "S201", "/nodes/0/position"),
    "position of texts": ([{**TWO[0], "position": ["1", 2]}], {}, "S201", "/nodes/0/position/0"),
    "parameters a list": ([{**TWO[0], "parameters": []}], {}, "S201", "/nodes/0/parameters"),
    "id a number": ([{**TWO[0], "id": 5}], {}, "S201", "/nodes/0/id"),
    "version a text": ([{**TWO[0], "typeVersion": "1"}], {}, "S201", "/nodes/0/typeVersion"),
    "disabled a text": ([{**TWO[0], "disabled": "no"}], {}, "S201", "/nodes/0/disabled"),
    "wire without index": (TWO, {"A": {"main": [[{"node": "B", "type": "main"}]]}}, "S201", "/connections/A/main/0/0"),
    "wire of index -1": (
        TWO, {"A": {"main": [[{"node": "B", "type": "main", "index": -1}]]}}, "S201", "/connections/A/main/0/0/index"
    ),
    "wire not in a list": (
        TWO, {"A": {"main": [{"node": "B", "type": "main", "index": 0}]}}, "S201", "/connections/A/main/0"
    ),
    "connections a list": (TWO, [], "S201", "/connections"),
    "id twice": ([TWO[0], {**TWO[1], "id": "1"}], {}, "S202", "/nodes/1/id"),
    "name twice": ([TWO[0], {**TWO[1], "name": "A"}], {}, "S203", "/nodes/1/name"),
    "source unknown": (TWO, {"C": {"main": []}}, "S204", "/connections/C"),
    "target unknown": (
        TWO, {"A": {"main": [[{"node": "C", "type": "main", "index": 0}]]}}, "S205", "/connections/A/main/0/0/node"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", N8N_BAD)
def test_what_n8n_refuses_is_refused_at_its_place(case: str) -> None:
    nodes, connections, code, pointer = N8N_BAD[case]
    found = structure({"nodes": nodes, "connections": connections})
    assert [(one.code, one.pointer) for one in found] == [(code, pointer)]


def test_a_member_of_a_list_is_named_with_its_number() -> None:
    (found,) = structure({"nodes": [TWO[0], None], "connections": {}})
    assert found.message == "'nodes[1]' must be an object, but is null"


def test_what_n8n_does_not_look_at_is_taken() -> None:
    strange = [without({**TWO[0], "type": "nobody.knows", "typeVersion": 99.5, "future": {}}, "parameters")]
    wires: Any = {TWO[0]["name"]: {"main": [None, []]}}
    assert structure({"nodes": strange, "connections": wires, "settings": 5, "tags": None}) == []


MAKE_BAD = {
    "id a text": (blueprint({**module(1, "a:b"), "id": "1"}), "S301", "/flow/0/id"),
    "no module": (blueprint(without(module(1, "a:b"), "module")), "S301", "/flow/0"),
    "route without flow": (blueprint(module(1, "builtin:BasicRouter", routes=[{}])), "S301", "/flow/0/routes/0"),
    "condition a text": (
        blueprint(module(1, "a:b", filter={"conditions": [["x"]]})), "S301", "/flow/0/filter/conditions/0/0"
    ),
    "id twice": (
        blueprint(module(1, "a:b"), module(2, "builtin:BasicRouter", routes=[{"flow": [module(1, "c:d")]}])),
        "S302", "/flow/1/routes/0/flow/0/id",
    ),
    "module unknown": (blueprint(module(1, "a:b"), module(2, "c:d", {"x": "{{9.y}}"})), "S303", "/flow/1/mapper/x"),
    "module later": (blueprint(module(1, "a:b", {"x": "{{2.y}}"}), module(2, "c:d")), "S304", "/flow/0/mapper/x"),
    "another route": (
        blueprint(
            module(1, "builtin:BasicRouter", routes=[{"flow": [module(2, "a:b")]},
                                                     {"flow": [module(3, "c:d", {"x": "{{if(2.y; 1; 2)}}"})]}])
        ),
        "S305", "/flow/0/routes/1/flow/0/mapper/x",
    ),
    "out of a handler": (
        blueprint(module(1, "a:b", onerror=[module(2, "c:d")]), module(3, "e:f", {"x": "{{2.y}}"})),
        "S305", "/flow/1/mapper/x",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", MAKE_BAD)
def test_what_make_refuses_is_refused_at_its_place(case: str) -> None:
    flow, code, pointer = MAKE_BAD[case]
    assert [(one.code, one.pointer) for one in structure(flow)] == [(code, pointer)]


def test_a_module_that_is_wired_to_nothing_is_there() -> None:
    flow = blueprint(module(1, "a:b"), module(2, "c:d", {"x": "{{9.y}}"}), designer={"orphans": [[module(9, "a:b")]]})
    assert structure(flow) == []


def test_modules_read_what_ran_before_them_in_any_flow_around() -> None:
    inner = module(3, "c:d", {"x": "{{1.a}} {{2.b}}"}, onerror=[module(4, "e:f", {"x": "{{3.error}}{{1.a}}"})])
    routes = [{"flow": [module(5, "g:h"), inner]}]
    assert structure(blueprint(module(1, "a:b"), module(2, "builtin:BasicRouter", routes=routes))) == []


def test_no_genuine_export_has_an_error_of_structure() -> None:
    for path in exports("n8n/valid") + exports("make/valid"):
        found = lint([Source(path.name, path.read_bytes())]).findings
        assert [one for one in found if one.family == "structure"] == [], path


REASONS = {"000": "S201", "001": "S203", "002": "S205", "009": "S203"}
"""Why n8n itself refuses the samples; the others have wires that are not in a list for each output."""


def test_each_export_that_n8n_refuses_is_refused_for_that_reason() -> None:
    for path in exports("n8n/invalid"):
        found = lint([Source(path.name, path.read_bytes())]).findings
        reason = REASONS.get(path.stem, "S201")
        assert reason in {one.code for one in found if one.family == "structure"}, path
        assert n8n.has_shape(json.loads(path.read_bytes())) == (reason != "S201")
