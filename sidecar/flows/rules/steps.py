"""Recovery: steps are asked for by the names that the playbook gives them, and none is left out by mistake.

Which playbook a flow is for stands in no flow; so these rules speak only where one is named (`--playbook`, or
`playbook` in `.recovery-lint.toml`). A flow that takes the step's name from the sidecar's answer or event asks for
whatever there is. A step that no flow runs is still sent by the sidecar, in its own time: what is missing is the flow.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sidecar.flows.contract import HOLE
from sidecar.flows.findings import Found, shown
from sidecar.flows.rules import rule
from sidecar.flows.rules.calls import calls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sidecar.flows.linting import Flows
    from sidecar.flows.rules.calls import Call

_STEP: Final = re.compile(r"/v1/sequences/[^/]+/steps/(?P<name>[^/?]+)/(?:run|skip|claim)\b")
_SOURCE: Final = "schemas/openapi.json, runStep and skipStep; schemas/playbook.schema.json, steps"


def _asked(flows: Flows) -> Iterator[tuple[Call, str]]:
    for call in calls(flows):
        found = _STEP.search(call.url)
        if found is not None:
            yield call, found["name"]


@rule(
    "R206",
    "a step that the playbook does not have",
    on="flows",
    reason="The sidecar answers 404, and the step that was meant waits for its own time.",
    remedy="call the step by the playbook's name for it",
    source=_SOURCE,
)
def unknown_steps(flows: Flows) -> Iterator[Found]:
    """Each call for a step that none of the named playbooks has."""
    there = [step for playbook in flows.playbooks for step in playbook.steps]
    for call, name in _asked(flows) if there else ():
        if HOLE not in name and name not in there:
            said = f"there is no step {shown(name)}; there are {', '.join(dict.fromkeys(there))}"
            yield Found((*call.place, "url"), said, call.name, file=call.file)


@rule(
    "R207",
    "a step of the playbook that no flow runs or skips",
    on="flows",
    reason="Nobody asks for it when its time has come, or says that it shall be left out.",
    remedy="run it, claim it, or skip it with a reason",
    source=_SOURCE,
)
def left_out_steps(flows: Flows) -> Iterator[Found]:
    """Each step of a named playbook that no call of any flow names, where none takes names from the sidecar."""
    asked = list(_asked(flows)) if flows.playbooks else []
    if any(HOLE in name for _, name in asked):
        return
    names = {name for _, name in asked}
    for playbook in flows.playbooks:
        left = [step for step in playbook.steps if step not in names]
        if names.intersection(playbook.steps) and left:
            last = [call for call, name in asked if name in playbook.steps][-1]
            said = f"of {playbook.name} nobody runs or skips {', '.join(left)}"
            yield Found((*last.place, "url"), said, last.name, file=last.file)
