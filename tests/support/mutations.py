"""Flows of which something is another value, or gone: what the lint must bear."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from tests.support.flows import blueprint, module, node, workflow

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 5)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["node", "type", "index", "flow", "x"]), inner)
    ),
    max_leaves=6,
)
N8N_FLOW = workflow([node("A", "webhook", id="1", disabled=True), node("B", "noOp")], "A > B")
MAKE_FLOW = blueprint(
    module(1, "a:b", filter={"name": "f", "conditions": [[{"a": "1"}]]}, onerror=[module(2, "builtin:Ignore")]),
    module(3, "builtin:BasicRouter", routes=[{"flow": [module(4, "c:d")]}]),
)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for key, one in inner for place in places(one, (*at, key)))]


@st.composite
def mutated(draw: st.DrawFn, flow: dict[str, Any]) -> dict[str, Any]:
    """A flow of which one member is another value, or gone."""
    copy: dict[str, Any] = json.loads(json.dumps(flow))
    place = draw(st.sampled_from([place for place in places(flow) if place]))
    parent: Any = copy
    for key in place[:-1]:
        parent = parent[key]
    if draw(st.booleans()):
        parent[place[-1]] = draw(VALUES)
    else:
        del parent[place[-1]]
    return copy
