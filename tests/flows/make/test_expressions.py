"""The interpreter's expressions, held against the examples that Make and Adobe (the same engine) document.

https://help.make.com/general-functions · https://help.make.com/string-functions ·
https://experienceleague.adobe.com/en/docs/workfront-fusion/using/references/mapping-panel/functions/general-functions
· …/string-functions. Further texts stand in genuine exports.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.flows.make.conditions import passes
from tests.flows.make.expressions import evaluated
from tests.flows.make.values import BundleError, NotKnown

NOW = datetime(2026, 11, 18, 10, 5, 7, tzinfo=UTC)
OUTPUTS: dict[int, Any] = {
    1: {"name": 'Zoë "Z"', "empty": "", "items": [{"id": 4}, {"id": 5}], "Full name": "Zoë", "on": True, "price": 2.5},
    2: {"threshold": "4000", "data": {"usd": 3500}},
}


def of(text: str) -> Any:
    return evaluated(text, OUTPUTS, NOW)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        # general functions, as documented (their A and B written as texts)
        ('{{if(1 = 1; "A"; "B")}}', "A"),
        ('{{if(1 = 2; "A"; "B")}}', "B"),
        ('{{if(1 = 2 and 1 = 2; "A"; "B")}}', "B"),
        ('{{ifempty("A"; "B")}}', "A"),
        ('{{ifempty(1.unknown; "B")}}', "B"),
        ('{{ifempty(""; "B")}}', "B"),
        ('{{switch("B"; "A"; 1; "B"; 2; "C"; 3)}}', 2),
        ('{{switch("C"; "A"; 1; "B"; 2; "C"; 3)}}', 3),
        ('{{switch("X"; "A"; 1; "B"; 2; "C"; 3; 4)}}', 4),
        ('{{switch("X"; "A"; 1)}}', None),
        ("{{get(1.items; 1 + 1)}}", {"id": 5}),
        ('{{get(1; "name")}}', None),
        ('{{get(1.items; "2.id")}}', 5),
        # string functions, as documented
        ('{{length("hello")}}', 5),
        ('{{lower("Hello")}}', "hello"),
        ('{{upper("Hello")}}', "HELLO"),
        ('{{capitalize("workfront")}}', "Workfront"),
        ('{{startcase("hello WORLD")}}', "Hello World"),
        ('{{replace("Hello World"; "Hello"; "Hi")}}', "Hi World"),
        ('{{replace("All these numbers 1 2 3"; "/\\\\d/g"; "X")}}', "All these numbers X X X"),
        ('{{replace("1 2"; "/\\\\d/"; "<$&>")}}', "<1> 2"),
        ('{{substring("Hello"; 0; 3)}}', "Hel"),
        ('{{substring("Hello"; 1; 3)}}', "el"),
        ('{{contains("Hello World"; "Hello")}}', True),
        ('{{split("a,b"; ",")}}', ["a", "b"]),
        ('{{join(split("a,b"; ","); newline)}}', "a\nb"),
        ('{{trim("  a ")}}', "a"),
        ('{{encodeURL("a b&c")}}', "a%20b%26c"),
        ('{{parseNumber("1 "; ",")}}', 1),
        # texts of genuine exports
        ('{{if(5.leadScore >= 70; ":fire:"; ":snowflake:")}}', ":fire:"),
        ('{{if(1.on; "Yes - " + ifempty(1.channel; "email"); "No")}}', "Yes - email"),
        ('{{formatDate(now; "YYYY-MM-DDTHH:mm:ssZ")}}', "2026-11-18T10:05:07+00:00"),
        ('{{formatDate(now; "x")}}', "1794996307000"),
        # paths: arrays count from 1, backticks round odd names, what is not there is nothing
        ("{{1.items[2].id}}", 5),
        ("{{1.items[].id}}", 4),
        ("{{1.items[9].id}}", None),
        ("{{1.`Full name`}}", "Zoë"),
        ("{{1.nothing.at.all}}", None),
        ("{{1.items}}", [{"id": 4}, {"id": 5}]),
        # within a text everything becomes a text; alone a value keeps its type
        ("{{1.on}}", True),
        ("is {{1.on}}, {{1.price}}, {{1.nothing}}.", "is true, 2.5, ."),
        ("at {{now}}", "at 2026-11-18T10:05:07.000Z"),
        ("{{1 + 2 * 3}}", 7),
        ('{{"n = " + 1}}', "n = 1"),
        ("plain", "plain"),
        ("{{-1.price}}", -2.5),
        ("{{(1 + 2) * 3}}", 9),
        ("{{7 mod 4}}", 3),
    ],
)  # fmt: skip
def test_a_documented_example_comes_to_what_the_documents_say(text: str, value: Any) -> None:
    assert evaluated(text, {**OUTPUTS, 5: {"leadScore": 80}}, NOW) == value


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{{sha256(1.name)}}", "sha256"),
        ("{{9.name}}", "module 9"),
        ("{{1.items.id}}", r"write \[\].id"),
        ("{{if(1; unquoted; 2)}}", "unquoted"),
        ("{{1.items}} as a text", "list as a text"),
        ("{{1.name", "missing"),
        ('{{formatDate(now; "dddd")}}', "dddd"),
    ],
)
def test_what_it_does_not_know_it_refuses_by_name(text: str, what: str) -> None:
    with pytest.raises(NotKnown, match=what):
        of(text)


def test_a_number_that_is_none_fails_the_bundle_and_not_the_interpreter() -> None:
    with pytest.raises(BundleError, match="not a number"):
        of("{{1.name * 2}}")


@pytest.mark.parametrize(
    ("a", "operator", "b", "holds"),
    [
        # operators of genuine exports, and those of https://help.make.com/filtering
        ("{{2.threshold}}", "number:lessorequal", "{{2.data.usd}}", False),
        ("{{2.data.usd}}", "number:less", "{{2.threshold}}", True),
        ("{{1.nothing}}", "number:less", "5", False),
        ("sent", "text:equal", "sent", True),
        ("Sent", "text:equal", "sent", False),
        ("Sent", "text:equal:ci", "sent", True),
        ("{{1.nothing}}", "text:notequal", "sent", True),
        ("recovery.step.ready.v1", "text:startwith", "recovery.", True),
        ("please call", "text:contain", "call", True),
        ("please CALL", "text:notpattern:ci", "call", False),
        ("please call", "text:pattern", "^please", True),
        ("{{1.empty}}", "text:isempty", None, True),
        ("{{1.empty}}", "exist", None, True),
        ("{{1.nothing}}", "exist", None, False),
        ("{{1.nothing}}", "notexist", None, True),
        ("{{1.on}}", "boolean:equal", "true", True),
        ('{{split("a,b"; ",")}}', "array:contain", "b", True),
    ],
)  # fmt: skip
def test_a_filter_holds_or_not(a: str, operator: str, b: str | None, holds: bool) -> None:
    assert passes([[{"a": a, "o": operator, "b": b}]], OUTPUTS, NOW) is holds


def test_one_of_the_outer_list_all_of_the_inner() -> None:
    yes, no = {"a": "a", "o": "text:equal", "b": "a"}, {"a": "a", "o": "text:equal", "b": "b"}
    assert passes([[yes, no], [yes]], OUTPUTS, NOW)
    assert not passes([[yes, no], [no]], OUTPUTS, NOW)
    assert passes([], OUTPUTS, NOW), "genuine exports hold filters without conditions"


def test_an_unknown_operator_is_refused_by_name() -> None:
    with pytest.raises(NotKnown, match="semver:equal"):
        passes([[{"a": "1", "o": "semver:equal", "b": "1"}]], OUTPUTS, NOW)
