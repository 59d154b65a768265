"""Flows of which something is another value, somewhere else, or gone: what the lint must bear."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from tests.support.flows import blueprint, module, node, workflow

if TYPE_CHECKING:
    from collections.abc import Sequence

ODD = st.sampled_from(
    ["", "={{", "={{ $json.a( }}", "={{ $('').item.json[", "={{ {} }}", "{{1.", "{{if(1.a; ", "{{999.x}}", "\ud800",
     "\0",
     "https://api.twilio.com", "=https://{{ $json }}", "recovery-lint: ignore", "__proto__", "0", "-1", "9" * 400]
)  # fmt: skip
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 5)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3)
    | ODD,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["node", "type", "index", "flow", "name", "value", "x"]), inner)
    ),
    max_leaves=6,
)
N8N_FLOW = workflow([node("A", "webhook", id="1", disabled=True), node("B", "noOp")], "A > B")
MAKE_FLOW = blueprint(
    module(1, "a:b", filter={"name": "f", "conditions": [[{"a": "1"}]]}, onerror=[module(2, "builtin:Ignore")]),
    module(3, "builtin:BasicRouter", routes=[{"flow": [module(4, "c:d")]}]),
)
Place = tuple[Any, ...]


def places(value: Any, at: Place = ()) -> list[Place]:
    """Where anything stands within a value, it itself included."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for key, one in inner for place in places(one, (*at, key)))]


@lru_cache(maxsize=512)
def _places(text: str) -> list[Place]:
    return places(json.loads(text))[1:]


@st.composite
def mutated(draw: st.DrawFn, flow: dict[str, Any], most: int = 1) -> dict[str, Any]:
    """A flow of which a member (or a few) is another value, one from elsewhere in it, or gone."""
    copy: dict[str, Any] = json.loads(json.dumps(flow))
    for _ in range(draw(st.integers(1, most))):
        before = json.dumps(copy)
        known = _places(before)
        if not known:
            break
        place = draw(st.sampled_from(known))
        parent: Any = _at(copy, place[:-1])
        change = draw(st.sampled_from(("other", "elsewhere", "gone")))
        if change == "gone":
            del parent[place[-1]]
        elif change == "other":
            parent[place[-1]] = draw(VALUES)
        else:
            parent[place[-1]] = _at(json.loads(before), draw(st.sampled_from(known)))
    return copy


@st.composite
def one_mutated(draw: st.DrawFn, flows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Any of these flows, with a few mutations."""
    return draw(mutated(draw(st.sampled_from(flows)), most=3))


def _at(value: Any, place: Place) -> Any:
    for key in place:
        value = value[key]
    return value
