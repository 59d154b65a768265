"""More ways round the gates of n8n than the fourteen, each reported with its nodes, and honest flows like them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from tests.support.claims import (
    AGENT,
    CALL,
    CLAIM,
    HOOK,
    RESULT,
    SUB,
    TEXT,
)
from tests.support.flows import linted, node, workflow

MAIL = node("Mail", "emailSend", {"toEmail": "={{ $json.email }}"})
SET = node("Set", "set")
OTHER_HOOK = node("Other hook", "webhook", {"httpMethod": "POST", "path": "other"})
CLAIMING = workflow(
    [node("Asked", "executeWorkflowTrigger"), {**CLAIM, "onError": "stopWorkflow"}], "Asked > Claim", id="claims"
)
ASK = node("Ask", "executeWorkflow", {"workflowId": {"value": "claims"}})


def claimed(*nodes: dict[str, Any], wires: tuple[str, ...]) -> list[dict[str, Any]]:
    return [workflow([HOOK, CLAIM, *nodes], "Hook > Claim", *wires)]


BYPASSES: dict[str, tuple[list[dict[str, Any]], list[str]]] = {
    "two sends fanned out from one claim": (
        claimed(TEXT, MAIL, wires=("Claim > Text", "Claim > Mail")),
        ["Hook", "Claim", "Mail"],
    ),
    "two sends fanned out behind a node": (
        claimed(SET, TEXT, MAIL, wires=("Claim > Set", "Set > Text", "Set > Mail")),
        ["Hook", "Claim", "Set", "Mail"],
    ),
    "one send that two ways from one claim lead to": (
        claimed(SET, TEXT, wires=("Claim > Set", "Claim > Text", "Set > Text")),
        ["Hook", "Claim", "Text"],
    ),
    "two ways that a merge only appends": (
        claimed(
            SET, node("Merge", "merge"), TEXT, wires=("Claim > Set", "Claim > Merge", "Set > Merge", "Merge > Text")
        ),
        ["Hook", "Claim", "Merge", "Text"],
    ),
    "a switch whose outputs all match": (
        claimed(
            node("Switch", "switch", {"options": {"allMatchingOutputs": True}}),
            TEXT,
            MAIL,
            wires=("Claim > Switch", "Switch > Text", "Switch >1 Mail"),
        ),
        ["Hook", "Claim", "Switch", "Mail"],
    ),
    "two sub-workflows for one claim": (
        [
            workflow(
                [HOOK, CLAIM, CALL, {**CALL, "name": "Call again"}], "Hook > Claim", "Claim > Call", "Call > Call again"
            ),
            SUB,
        ],
        ["Hook", "Claim", "Call", "Call again", "Called", "Text"],
    ),
    "a sub-workflow with a trigger of its own": (
        [
            workflow([HOOK, CLAIM, CALL], "Hook > Claim", "Claim > Call"),
            workflow(
                [node("Called", "executeWorkflowTrigger"), OTHER_HOOK, TEXT],
                "Called > Text",
                "Other hook > Text",
                id="sub",
            ),
        ],
        ["Other hook", "Text"],
    ),
    "a sub-workflow whose refusal is swallowed": (
        [workflow([HOOK, {**ASK, "onError": "continueRegularOutput"}, TEXT], "Hook > Ask", "Ask > Text"), CLAIMING],
        ["Hook", "Ask", "Text"],
    ),
    "a sub-workflow that ends beside its claim": (
        [
            workflow([HOOK, ASK, TEXT], "Hook > Ask", "Ask > Text"),
            workflow(
                [node("Asked", "executeWorkflowTrigger"), node("May we?", "if"), CLAIM],
                "Asked > May we?",
                "May we? >1 Claim",
                id="claims",
            ),
        ],
        ["Hook", "Ask", "Text"],
    ),
    "a second trigger": (
        [workflow([HOOK, CLAIM, OTHER_HOOK, TEXT], "Hook > Claim", "Claim > Text", "Other hook > Text")],
        ["Other hook", "Text"],
    ),
    "a claim in a loop, the send behind it": (
        [
            workflow(
                [HOOK, node("Loop", "splitInBatches", version=3), CLAIM, TEXT],
                "Hook > Loop",
                "Loop >1 Claim",
                "Claim > Loop",
                "Loop > Text",
            )
        ],
        ["Hook", "Loop", "Text"],
    ),
    "a send that goes back to itself when it failed": (
        claimed({**TEXT, "onError": "continueErrorOutput"}, SET, wires=("Claim > Text", "Text >1 Set", "Set > Text")),
        ["Hook", "Claim", "Text", "Set", "Text"],
    ),
    "a switch's fallback": (
        [
            workflow(
                [HOOK, node("Switch", "switch", {"options": {"fallbackOutput": "extra"}}, version=3.2), CLAIM, TEXT],
                "Hook > Switch",
                "Switch > Claim",
                "Claim > Text",
                "Switch >1 Text",
            )
        ],
        ["Hook", "Switch", "Text"],
    ),
    "many contacts for one claim": (
        claimed(
            node("Everybody", "hubspot", {"resource": "contact", "operation": "getAll"}),
            TEXT,
            wires=("Claim > Everybody", "Everybody > Text"),
        ),
        ["Hook", "Claim", "Everybody", "Text"],
    ),
    "code that makes many of one": (
        claimed(
            node("Many", "code", {"jsCode": "const all = []; for (const x of $json.list) all.push(x); return all;"}),
            TEXT,
            wires=("Claim > Many", "Many > Text"),
        ),
        ["Hook", "Claim", "Many", "Text"],
    ),
    "a person's yes in between, tomorrow": (
        claimed(
            node("Ok?", "slack", {"operation": "sendAndWait", "channelId": {"value": "C1"}}),
            TEXT,
            wires=("Claim > Ok?", "Ok? > Text"),
        ),
        ["Hook", "Claim", "Ok?", "Text"],
    ),
    "an agent with a claim, as often as it likes": (
        [
            workflow(
                [HOOK, CLAIM, AGENT, node("Tool", "twilioTool")], "Hook > Claim", "Claim > Agent", "Tool ai_tool> Agent"
            )
        ],
        ["Hook", "Claim", "Agent", "Tool", "Agent", "Tool"],
    ),
}


@pytest.mark.parametrize("name", BYPASSES)
def test_another_way_round_the_gates_is_reported_node_by_node(name: str) -> None:
    flows, path = BYPASSES[name]
    found = [one for one in linted(*flows).findings if one.code == "R101"]
    assert [list(one.path) for one in found] == [path]
    assert (found[0].level, found[0].node) == ("error", path[-1])


HONEST: dict[str, list[dict[str, Any]]] = {
    "a claim's text, and a note in the CRM beside it": claimed(
        TEXT,
        node("Note", "hubspot", {"operation": "create"}),
        RESULT,
        wires=("Claim > Text", "Claim > Note", "Text > Result"),
    ),
    "an agent that looks people up writes the text": [
        workflow(
            [HOOK, CLAIM, AGENT, node("People", "hubspotTool", {"operation": "getAll"}), TEXT],
            "Hook > Claim",
            "Claim > Agent",
            "People ai_tool> Agent",
            "Agent > Text",
        )
    ],
    "a claim in each round of a batch": [
        workflow(
            [HOOK, node("Loop", "splitInBatches", version=3), CLAIM, TEXT],
            "Hook > Loop",
            "Loop >1 Claim",
            "Claim > Text",
            "Text > Loop",
        )
    ],
    "a switch by channel": claimed(
        node("Channel", "switch"), TEXT, MAIL, wires=("Claim > Channel", "Channel > Text", "Channel >1 Mail")
    ),
    "two ways that a merge makes one": [
        workflow(
            [HOOK, CLAIM, SET, node("Merge", "merge", {"mode": "combine", "combineBy": "combineByPosition"}), TEXT],
            "Hook > Claim",
            "Claim > Set",
            "Claim > Merge",
            "Set > Merge:1",
            "Merge > Text",
        )
    ],
    "a claim for each of two sends": claimed(
        TEXT,
        {**CLAIM, "name": "Second claim"},
        MAIL,
        wires=("Claim > Text", "Text > Second claim", "Second claim > Mail"),
    ),
    "two claims side by side": [
        workflow(
            [HOOK, CLAIM, TEXT, {**CLAIM, "name": "Second claim"}, MAIL],
            "Hook > Claim",
            "Hook > Second claim",
            "Claim > Text",
            "Second claim > Mail",
        )
    ],
    "a sub-workflow that ends with its claim": [workflow([HOOK, ASK, TEXT], "Hook > Ask", "Ask > Text"), CLAIMING],
    "a sub-workflow that claims and hands on": [
        workflow([HOOK, ASK, TEXT], "Hook > Ask", "Ask > Text"),
        workflow([node("Asked", "executeWorkflowTrigger"), CLAIM, SET], "Asked > Claim", "Claim > Set", id="claims"),
    ],
    "a send's error output to a person": claimed(
        {**TEXT, "onError": "continueErrorOutput"},
        RESULT,
        node("Alert", "slack", {"channelId": {"value": "#calls"}, "text": "={{ $json.error }}"}),
        wires=("Claim > Text", "Text > Result", "Text >1 Alert"),
    ),
    "the claim asked again after a pause": claimed(
        node("Wait", "wait", {"amount": 3, "unit": "minutes"}),
        TEXT,
        wires=("Claim > Text", "Claim >1 Wait", "Wait > Claim"),
    ),
}


@pytest.mark.parametrize("name", HONEST)
def test_another_honest_flow_is_not_reported(name: str) -> None:
    assert [one.path for one in linted(*HONEST[name]).findings if one.code == "R101"] == []


def test_a_double_names_the_send_that_used_the_claim() -> None:
    flows, _ = BYPASSES["two sends fanned out from one claim"]
    (found,) = [one for one in linted(*flows).findings if one.code == "R101"]
    assert found.message == "a message by email goes out on the claim that 'Text' has used up"


def test_fan_outs_by_the_thousand_are_walked_in_time() -> None:
    names = [f"N{number}" for number in range(2000)]
    wires = [f"{a} > {b}" for a, b in pairwise(names)]
    wires += [f"{a} > {b}" for a, b in zip(names, names[2:], strict=False)]
    flow = workflow(
        [HOOK, CLAIM, *(node(name, "noOp") for name in names), TEXT],
        "Hook > Claim",
        "Claim > N0",
        *wires,
        "N1999 > Text",
    )
    assert [one.node for one in linted(flow).findings if one.code == "R101"] == ["Text"]
