"""Whatever is done to a flow, it is judged: never a traceback, in no format, nor by what mends it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.flows import make, n8n
from sidecar.flows.fixing import fixed
from sidecar.flows.linting import Source, lint
from sidecar.flows.report.machine import FORMATS
from sidecar.flows.report.text import lines
from sidecar.flows.schemas import validator
from tests.support.flows import ROOT, exports
from tests.support.mutations import MAKE_FLOW, N8N_FLOW, mutated, one_mutated
from tests.unit.flows import test_bypasses, test_rules, test_sends, test_ways_round, test_ways_round_make

if TYPE_CHECKING:
    from sidecar.flows.findings import Edit

SHIPPED = [
    json.loads(path.read_bytes())
    for folder in ("n8n-workflows", "make-blueprints")
    for path in sorted((ROOT / folder).glob("*.json"))
]


def _real() -> list[dict[str, Any]]:
    genuine = exports("n8n/valid") + exports("make/valid")
    return SHIPPED + [json.loads(path.read_text("utf-8-sig")) for path in genuine]


REAL = st.deferred(lambda: one_mutated(_real()))


def _of_tests() -> list[dict[str, Any]]:
    """Every family of nodes and modules that the tests of rules and of bypasses know."""
    found: list[Any] = [flow for pair in test_rules.EXAMPLES.values() for flow in pair]
    for room in (test_bypasses, test_ways_round, test_ways_round_make):
        found += [flows for flows, _ in room.BYPASSES.values()] + list(room.HONEST.values())
    found += [flows for flows, _ in test_sends.SENDS.values()] + list(test_sends.HARMLESS.values())
    listed = (one if isinstance(one, list) else [one] for one in found)
    return [flow for flows in listed for flow in flows if isinstance(flow, dict)]


def judged(flow: Any) -> None:
    text = json.dumps(flow, indent=1)
    report = lint([Source("a.json", text.encode())])
    for write in FORMATS.values():
        write(report)
    list(lines(report))
    edits: list[Edit] = [edit for finding in report.findings for edit in finding.edits]
    mended, _ = fixed(text, edits)
    json.loads(mended)


@given(one_mutated(_of_tests()))
@settings(deadline=None)
def test_flows_of_every_family_are_judged_whatever_is_done_to_them(flow: dict[str, Any]) -> None:
    judged(flow)


@given(REAL)
@settings(deadline=None)
def test_real_flows_are_judged_whatever_is_done_to_them(flow: dict[str, Any]) -> None:
    judged(flow)


@given(mutated(N8N_FLOW) | REAL)
@settings(deadline=None)
def test_the_quick_check_of_n8n_agrees_with_the_schema(flow: dict[str, Any]) -> None:
    assert n8n.has_shape(flow) == validator("n8n-workflow").is_valid(flow)


@given(mutated(MAKE_FLOW) | REAL)
@settings(deadline=None)
def test_the_quick_check_of_make_agrees_with_the_schema(flow: dict[str, Any]) -> None:
    assert make.has_shape(flow) == validator("make-blueprint").is_valid(flow)
