"""Expressions are parsed: strings, comments and quotes mislead nobody."""

from __future__ import annotations

import json

import pytest

from sidecar.flows.expressions import iml, n8n
from sidecar.flows.expressions.values import Constant, Fields, Reference, Text
from sidecar.flows.strings import strings
from tests.support.flows import exports


def read(text: str) -> list[tuple[str, str, tuple[str | int, ...]]]:
    return [(one.node, one.how, one.path) for one in n8n.read(text).references]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("={{ $json.a.b }}", [("", "json", ("a", "b"))]),
        ("={{ $json.body?.x ?? 'none' }}", [("", "json", ("body", "x"))]),
        ("={{ $('Report call').first().json.sequence.id }}", [("Report call", "first", ("sequence", "id"))]),
        ("={{ $('A').item.json['b c'][0].d }}", [("A", "item", ("b c", 0, "d"))]),
        ('={{ $node["A b"].json["x"].toLowerCase() }}', [("A b", "item", ("x",))]),
        ("={{ $node.A.json.x }}", [("A", "item", ("x",))]),
        ('={{ $items("A")[0].json.x }}', [("A", "all", ("x",))]),
        ("={{ $item(0).$node['A'].json.x }}", [("A", "item", ("x",))]),
        ("={{ $input.first().json.x + $input.item.json.y }}", [("", "first", ("x",)), ("", "item", ("y",))]),
        ("={{ $('A').isExecuted }}", [("A", "", ())]),
        ("={{ \"$('A').item.json.x\" /* $json.y */ }}", []),
        ("={{ $json[$json.key] }}", [("", "json", ()), ("", "json", ("key",))]),
        ("plain {{ $json.x }}", []),
    ],
)
def test_what_is_read_of_nodes(text: str, expected: list[tuple[str, str, tuple[str | int, ...]]]) -> None:
    assert read(text) == expected


def test_a_text_is_known_as_far_as_it_is_known() -> None:
    text = "={{ $json.base + '/v1/' + encodeURIComponent($json.x) + `/a/${ $json.y }/b` }}"
    value = n8n.read(text).value
    assert isinstance(value, Text)
    assert [part if isinstance(part, str) else "…" for part in value.parts] == ["…", "/v1/", "…", "/a/", "…", "/b"]


def test_an_object_is_known_by_its_fields() -> None:
    value = n8n.read("={{ JSON.stringify({ a: 1, 'b': $json.x?.y, ...rest }) }}").value
    assert value == Fields((("a", Constant(1.0)), ("b", Reference("", "json", ("x", "y")))), open=True)


@pytest.mark.parametrize(
    ("text", "said"),
    [("={{ $json.a( }}", "not JavaScript"), ("={{ $json.x", "“}}” is missing"), ("={{ a b }}", "not JavaScript")],
)
def test_what_is_no_javascript_says_where(text: str, said: str) -> None:
    assert said in n8n.read(text).broken


def test_sums_of_thousands_of_terms_are_read() -> None:
    assert not n8n.read("={{ " + "+".join(["'a'"] * 5000) + " }}").broken


def test_the_short_way_says_what_the_parser_says() -> None:
    texts = ["={{ $json.a.b }}", "={{$json}}", "={{ $('A b').first().json.x }}", '={{ $("A").item.json }}']
    for path in exports("n8n/valid"):
        value = json.loads(path.read_text("utf-8-sig"))
        texts += [text for _, text in strings(value.get("nodes")) if text.startswith("=")]
    for text in texts:
        for code in n8n.read(text).codes:
            again = n8n.parsed(code.source)
            if not code.broken:
                assert (again.references, again.names, again.value) == (code.references, code.names, code.value)


def test_of_the_samples_at_most_one_in_a_hundred_is_no_javascript() -> None:
    texts = [
        text
        for path in exports("n8n/valid")
        for _, text in strings(json.loads(path.read_text("utf-8-sig")).get("nodes"))
        if text.startswith("=") and "{{" in text
    ]
    broken = [text for text in texts if n8n.read(text).broken]
    assert len(broken) <= len(texts) // 100


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{3.body.sequence.id}}", [(3, ("body", "sequence", "id"))]),
        ("{{3.items[1].`Full name`}}", [(3, ("items", 1, "Full name"))]),
        ("{{3.items[].x}}", [(3, ("items", None, "x"))]),
        ("{{3.items[4.n].x}}", [(3, ("items", None, "x")), (4, ("n",))]),
        ('{{if(length(1.a) > 1.5; 2.b; "7.c }} no")}}', [(1, ("a",)), (2, ("b",))]),
        ("{{1.`a }} b`}}", [(1, ("a }} b",))]),
        (r"{{if(1.a > 70; \"hot\"; \"cold\")}}", [(1, ("a",))]),
        ('{{formatDate(now; "YYYY")}} {{10}} v1.2', []),
        ("{{add({{1.a}}; 2)}}", [(1, ("a",))]),
    ],
)
def test_what_is_read_of_modules(text: str, expected: list[tuple[int, tuple[str | int | None, ...]]]) -> None:
    found = iml.read(text)
    assert not found.broken
    assert [(one.module, one.path) for one in found.references] == expected


@pytest.mark.parametrize("text", ["{{if(1.a; 2", "{{1.a", "{{)}}", '{{"x}}', "{{1.`a}}", "{{" + "(" * 5000 + "}}"])
def test_what_make_cannot_read_is_said_and_never_raised(text: str) -> None:
    assert iml.read(text).broken
