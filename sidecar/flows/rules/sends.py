"""Recovery: nothing is sent but through the gates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sidecar.flows import reach
from sidecar.flows.findings import Found, shown
from sidecar.flows.graphs import Make, N8n
from sidecar.flows.rules import rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sidecar.flows.linting import Flows


@rule(
    "R101",
    "a message can go out without a granted claim",
    on="flows",
    reason=(
        "Only a claim knows that the person has not said STOP, answered meanwhile, or is asleep, and only its success "
        "output is a yes: a look (gate/check) is not, nor is a refused claim's error output. A claim is good for one "
        "message and for 30 seconds."
    ),
    remedy=(
        "let the sidecar send (POST /v1/sequences/{id}/steps/{name}/run), or put a claim right in front whose refusal "
        "is an error, and report the result; an alert to staff names its recipient literally or in Settings"
    ),
    source="47 CFR 64.1200(a)(10) and (12); PECR reg. 22; schemas/openapi.json, claimStep",
)
def unclaimed_sends(flows: Flows) -> Iterator[Found]:
    """Each send that can be reached with no claim in hand, and the way there."""
    graphs: list[N8n | Make] = [N8n(flows.workflows), *(Make(blueprint) for blueprint in flows.blueprints)]
    for graph in graphs:
        for bypass in reach.bypasses(graph.points, graph.entries):
            point = bypass.point
            said = f"{point.send} can go out without a granted claim"
            if bypass.other == point.name:
                said = f"{point.send} goes out twice on one claim: two ways lead to it, and both are taken"
            elif bypass.other:
                said = f"{point.send} goes out on the claim that {shown(bypass.other)} has used up"
            yield Found(point.place, said, point.name, path=bypass.path, file=point.file)
