"""Whatever a file holds, it is read or refused with a line, never with a traceback."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sidecar.flows import positions
from sidecar.flows.linting import Source, lint
from tests.support.flows import blueprint, codes, linted, module, node, workflow

FLOW = workflow([node("A", "webhook"), node("B", "noOp")], "A > B")


def found(data: bytes) -> list[tuple[str, int, int]]:
    return [(one.code, one.line, one.column) for one in lint([Source("a.json", data)]).findings]


@pytest.mark.parametrize(
    ("data", "code", "line", "column"),
    [
        (b"", "S001", 1, 1),
        (b"   \n", "S001", 1, 1),
        (b'{"nodes": [1,]}', "S001", 1, 14),
        (b'{"nodes": [],\n  "connections": {}\n', "S001", 3, 1),
        (b"{'nodes': []}", "S001", 1, 2),
        (b'{"nodes": NaN}', "S001", 1, 11),
        (b'{"a": "\xff"}', "S001", 1, 8),
        (b"[" * 200_000, "S001", 1, 200_000),
        (b'{"flow": ' + b"[" * 50_000 + b"]" * 50_000 + b"}", "S001", 1, 50_009),
        (b"{}", "S002", 1, 1),
        (b"[]", "S002", 1, 1),
        (b'"text"', "S002", 1, 1),
        (b'\n{"openapi": "3.1.0"}', "S002", 2, 1),
    ],
)
def test_what_is_no_flow_is_refused_with_its_place(data: bytes, code: str, line: int, column: int) -> None:
    assert (code, line, column) in found(data)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_other_encodings_are_read_and_named(encoding: str) -> None:
    assert [code for code, _, _ in found(json.dumps(FLOW).encode(encoding)) if code != "P101"] == ["P002"]


def test_a_key_twice_is_named_at_its_place() -> None:
    text = b'{"nodes": [],\n "connections": {},\n "settings": {"a": 1, "a": 2}}'
    assert ("P001", 3, 23) in found(text)


def test_ten_thousand_keys_twice_are_each_named_in_time() -> None:
    twice = b'{"a": 1, "a": 2}'
    text = b'{"nodes": [], "connections": {}, "x": [' + b",".join([twice] * 10_000) + b"]}"
    assert [code for code, _, _ in found(text)].count("P001") == 10_000


def test_thousands_of_flows_of_one_file_are_told_apart() -> None:
    flows = [workflow([node("A", "noOp"), node("A", "noOp")])] * 2_000
    assert [one.pointer for one in linted(flows).findings if one.code == "S203"][-1] == "/1999/nodes/1/name"


@pytest.mark.parametrize(
    "wrapped",
    [
        [FLOW, FLOW],
        {"data": [FLOW]},
        {"workflows": [FLOW]},
        {"response": {"blueprint": blueprint(module(1, "builtin:BasicFeeder"))}},
        {"blueprint": json.dumps(blueprint(module(1, "builtin:BasicFeeder")))},
    ],
)
def test_wrapped_answers_and_several_flows_are_unwrapped(wrapped: Any) -> None:
    report = linted(wrapped)
    assert report.flows == (2 if isinstance(wrapped, list) else 1)
    assert not [one for one in report.findings if one.family == "structure"]


def test_findings_in_the_second_flow_of_a_file_have_its_pointer() -> None:
    bad = workflow([node("A", "noOp"), node("A", "noOp")])
    (finding,) = [one for one in linted([FLOW, bad]).findings if one.code == "S203"]
    assert finding.pointer == "/1/nodes/1/name"


def test_a_number_of_a_thousand_digits_is_a_number() -> None:
    assert "S001" not in {code for code, _, _ in found(b'{"nodes": [], "connections": {}, "x": ' + b"9" * 5000 + b"}")}


def test_places_are_those_of_the_text() -> None:
    text = '{"a": [10, {"b": "\\u0041"}],\n "c": {"d": null}, "a b": 1}'
    places = positions.locate(text, [("a", 1, "b"), ("c", "d"), ("a", 0), ("a b",), ("nowhere",), ()])
    assert text[places["a", 1, "b"] :].startswith('"b"')
    assert text[places["c", "d"] :].startswith('"d"')
    assert text[places["a", 0] :].startswith("10")
    assert text[places["a b",] :].startswith('"a b"')
    assert places["nowhere",] == places[()] == 0


def test_routes_nested_hundreds_deep_are_walked() -> None:
    inner = [module(900, "builtin:BasicRouter")]
    for number in range(150):
        inner = [module(number, "builtin:BasicRouter", routes=[{"flow": inner}])]
    assert "S301" not in codes(blueprint(*inner))


def test_a_file_of_fifty_megabytes_is_read() -> None:
    flow = {**FLOW, "pinData": {"A": ["x" * 1_000_000] * 50}}
    assert "S001" not in codes(flow)
