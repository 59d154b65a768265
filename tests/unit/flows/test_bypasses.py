"""No path around the gates: each known way past a claim is reported with its nodes, and no honest flow is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.claims import (
    AGENT,
    BASE,
    CALL,
    CLAIM,
    HOOK,
    MAKE_BASE,
    MAKE_CLAIM,
    MAKE_HOOK,
    MAKE_TEXT,
    MESSAGES,
    RESULT,
    SETTINGS,
    SUB,
    TEXT,
    http,
    post,
)
from tests.support.flows import blueprint, linted, module, node, workflow

BYPASSES: dict[str, tuple[list[dict[str, Any]], list[str]]] = {
    "a Twilio node": ([workflow([HOOK, TEXT], "Hook > Text")], ["Hook", "Text"]),
    "HTTP to Twilio's API": ([workflow([HOOK, post("Post", MESSAGES)], "Hook > Post")], ["Hook", "Post"]),
    "through a merge": (
        [
            workflow(
                [HOOK, CLAIM, node("Merge", "merge"), TEXT],
                "Hook > Claim",
                "Claim > Merge",
                "Hook > Merge",
                "Merge > Text",
            )
        ],
        ["Hook", "Merge", "Text"],
    ),
    "on a claim's error output": (
        [workflow([HOOK, CLAIM, node("Log", "noOp"), TEXT], "Hook > Claim", "Claim > Log", "Claim >1 Text")],
        ["Hook", "Claim", "Text"],
    ),
    "in a loop": (
        [
            workflow(
                [HOOK, CLAIM, TEXT, node("Again?", "if")],
                "Hook > Claim",
                "Claim > Text",
                "Text > Again?",
                "Again? > Text",
            )
        ],
        ["Hook", "Claim", "Text", "Again?", "Text"],
    ),
    "through a sub-workflow": ([workflow([HOOK, CALL], "Hook > Call"), SUB], ["Hook", "Call", "Called", "Text"]),
    "by an agent's tool": (
        [
            workflow(
                [HOOK, AGENT, node("Tool", "twilioTool", {"to": "={{ $fromAI('to') }}"})],
                "Hook > Agent",
                "Tool ai_tool> Agent",
            )
        ],
        ["Hook", "Agent", "Tool"],
    ),
    "from a Code node": (
        [
            workflow(
                [
                    HOOK,
                    node(
                        "Code",
                        "code",
                        {
                            "jsCode": "// no fetch\nawait this.helpers.httpRequest({ method: 'POST', "
                            f"url: '{MESSAGES}' }});\nreturn items;"
                        },
                    ),
                ],
                "Hook > Code",
            )
        ],
        ["Hook", "Code"],
    ),
    "by a computed address": ([workflow([HOOK, post("Post", "={{ $json.where }}")], "Hook > Post")], ["Hook", "Post"]),
    "after a look only": (
        [workflow([HOOK, post("Look", "={{ $json.sidecar_url }}/v1/gate/check"), TEXT], "Hook > Look", "Look > Text")],
        ["Hook", "Look", "Text"],
    ),
    "by Gmail": (
        [workflow([HOOK, node("Mail", "gmail", {"sendTo": "={{ $json.email }}"})], "Hook > Mail")],
        ["Hook", "Mail"],
    ),
    "by Retell": (
        [workflow([HOOK, post("Call", "https://api.retellai.com/v2/create-phone-call")], "Hook > Call")],
        ["Hook", "Call"],
    ),
    "in a route of Make": (
        [
            blueprint(
                MAKE_HOOK, module(3, "builtin:BasicRouter", routes=[{"flow": [MAKE_CLAIM]}, {"flow": [MAKE_TEXT]}])
            )
        ],
        ["gateway:CustomWebHook (1)", "builtin:BasicRouter (3)", "twilio:SendSMS (9)"],
    ),
    "in an onerror route of Make": (
        [blueprint(MAKE_HOOK, {**MAKE_CLAIM, "onerror": [MAKE_TEXT]}, module(4, "json:ParseJSON"))],
        ["gateway:CustomWebHook (1)", "http:ActionSendData (2)", "twilio:SendSMS (9)"],
    ),
    # siblings of the fourteen
    "a claim that swallows its refusal": (
        [workflow([HOOK, {**CLAIM, "onError": "continueRegularOutput"}, TEXT], "Hook > Claim", "Claim > Text")],
        ["Hook", "Claim", "Text"],
    ),
    "a claim that never fails": (
        [
            workflow(
                [
                    HOOK,
                    post(
                        "Claim",
                        BASE + "/claim",
                        parameters={"options": {"response": {"response": {"neverError": True}}}},
                    ),
                    TEXT,
                ],
                "Hook > Claim",
                "Claim > Text",
            )
        ],
        ["Hook", "Claim", "Text"],
    ),
    "a disabled claim": (
        [workflow([HOOK, {**CLAIM, "disabled": True}, TEXT], "Hook > Claim", "Claim > Text")],
        ["Hook", "Claim", "Text"],
    ),
    "a claim that has lapsed": (
        [
            workflow(
                [HOOK, CLAIM, node("Wait", "wait", {"amount": 3, "unit": "minutes"}), TEXT],
                "Hook > Claim",
                "Claim > Wait",
                "Wait > Text",
            )
        ],
        ["Hook", "Claim", "Wait", "Text"],
    ),
    "two sends for one claim": (
        [
            workflow(
                [HOOK, CLAIM, TEXT, node("Mail", "emailSend", {"toEmail": "={{ $json.email }}"})],
                "Hook > Claim",
                "Claim > Text",
                "Text > Mail",
            )
        ],
        ["Hook", "Claim", "Text", "Mail"],
    ),
    "a run is no claim": (
        [workflow([HOOK, post("Run", BASE + "/run"), TEXT], "Hook > Run", "Run > Text")],
        ["Hook", "Run", "Text"],
    ),
    "a workflow within a node": (
        [
            workflow(
                [HOOK, node("Call", "executeWorkflow", {"source": "parameter", "workflowJson": json.dumps(SUB)})],
                "Hook > Call",
            )
        ],
        ["Hook", "Call", "Called", "Text"],
    ),
    "an agent's workflow as a tool": (
        [
            workflow(
                [HOOK, AGENT, node("Tool", "@n8n/n8n-nodes-langchain.toolWorkflow", {"workflowId": "sub"})],
                "Hook > Agent",
                "Tool ai_tool> Agent",
            ),
            SUB,
        ],
        ["Hook", "Agent", "Tool", "Called", "Text"],
    ),
    "an address in Settings": (
        [
            workflow(
                [
                    HOOK,
                    node("Settings", "set", {"values": {"string": [{"name": "api", "value": "https://api.vapi.ai"}]}}),
                    post("Call", "={{ $json.api + '/call' }}"),
                ],
                "Hook > Settings",
                "Settings > Call",
            )
        ],
        ["Hook", "Settings", "Call"],
    ),
    "in an error workflow": ([workflow([node("Failed", "errorTrigger"), TEXT], "Failed > Text")], ["Failed", "Text"]),
    "a claim of Make whose refusal is no error": (
        [blueprint(MAKE_HOOK, http(2, MAKE_BASE + "/claim"), MAKE_TEXT)],
        ["gateway:CustomWebHook (1)", "http:ActionSendData (2)", "twilio:SendSMS (9)"],
    ),
    "resumed after a refused claim": (
        [blueprint(MAKE_HOOK, {**MAKE_CLAIM, "onerror": [module(5, "builtin:Resume")]}, MAKE_TEXT)],
        ["gateway:CustomWebHook (1)", "http:ActionSendData (2)", "builtin:Resume (5)", "twilio:SendSMS (9)"],
    ),
    "many sends for one claim of Make": (
        [blueprint(MAKE_HOOK, MAKE_CLAIM, module(3, "builtin:BasicFeeder"), MAKE_TEXT)],
        ["gateway:CustomWebHook (1)", "http:ActionSendData (2)", "builtin:BasicFeeder (3)", "twilio:SendSMS (9)"],
    ),
}


@pytest.mark.parametrize("name", BYPASSES)
def test_a_way_round_the_gates_is_reported_node_by_node(name: str) -> None:
    flows, path = BYPASSES[name]
    found = [one for one in linted(*flows).findings if one.code == "R101"]
    assert [list(one.path) for one in found] == [path]
    assert found[0].level == "error"
    assert found[0].node == path[-1]


HONEST: dict[str, list[dict[str, Any]]] = {
    "claim, own Twilio node, result": [
        workflow(
            [HOOK, SETTINGS, CLAIM, TEXT, RESULT],
            "Hook > Settings",
            "Settings > Claim",
            "Claim > Text",
            "Text > Result",
        )
    ],
    "claim, HTTP to Twilio, result": [
        workflow(
            [HOOK, {**CLAIM, "onError": "stopWorkflow"}, post("Post", MESSAGES), RESULT],
            "Hook > Claim",
            "Claim > Post",
            "Post > Result",
        )
    ],
    "the sidecar sends": [workflow([HOOK, SETTINGS, post("Run", BASE + "/run")], "Hook > Settings", "Settings > Run")],
    "an alert to staff, by mail": [
        workflow(
            [HOOK, node("Mail", "emailSend", {"toEmail": "owner@hartley.example", "subject": "Missed"})], "Hook > Mail"
        )
    ],
    "an alert to staff, by Settings": [
        workflow(
            [HOOK, SETTINGS, node("Text", "twilio", {"to": "={{ $('Settings').first().json.staff_phone }}"})],
            "Hook > Settings",
            "Settings > Text",
        )
    ],
    "an alert to an address that is still to be set": [
        workflow(
            [
                HOOK,
                node("Settings", "set", {"assignments": {"assignments": [{"name": "team_channel", "value": ""}]}}),
                post("Tell", "={{ $('Settings').first().json.team_channel }}"),
            ],
            "Hook > Settings",
            "Settings > Tell",
        )
    ],
    "an alert in the business's Slack": [
        workflow(
            [
                HOOK,
                node("Slack", "slack", {"channelId": {"mode": "name", "value": "#calls"}, "text": "={{ $json.x }}"}),
            ],
            "Hook > Slack",
        )
    ],
    "a claim in each round of a loop": [
        workflow(
            [HOOK, CLAIM, TEXT, node("Again?", "if")], "Hook > Claim", "Claim > Text", "Text > Again?", "Again? > Claim"
        )
    ],
    "a claim in front of a sub-workflow": [workflow([HOOK, CLAIM, CALL], "Hook > Claim", "Claim > Call"), SUB],
    "a sub-workflow that claims": [
        workflow([HOOK, CALL], "Hook > Call"),
        workflow([node("Called", "executeWorkflowTrigger"), CLAIM, TEXT], "Called > Claim", "Claim > Text", id="sub"),
    ],
    "a log between claim and send": [
        workflow(
            [HOOK, CLAIM, node("Look", "executeWorkflow", {"workflowId": "log"}), TEXT],
            "Hook > Claim",
            "Claim > Look",
            "Look > Text",
            "Claim >1 Look2",
        ),
        workflow([node("Called", "executeWorkflowTrigger"), node("Log", "noOp")], "Called > Log", id="log"),
    ],
    "a disabled send": [workflow([HOOK, {**TEXT, "disabled": True}], "Hook > Text")],
    "a send that nothing reaches": [workflow([HOOK, TEXT])],
    "code that only reads": [
        workflow([HOOK, node("Code", "code", {"jsCode": "const said = 'fetch(x)';\nreturn items;"})], "Hook > Code")
    ],
    "a look-up at Twilio": [workflow([HOOK, node("Get", "httpRequest", {"url": MESSAGES}, version=4.2)], "Hook > Get")],
    "Make: claim, own Twilio module": [blueprint(MAKE_HOOK, MAKE_CLAIM, MAKE_TEXT)],
    "Make: claim, status checked, own Twilio module": [
        blueprint(
            MAKE_HOOK,
            http(2, MAKE_BASE + "/claim"),
            {**MAKE_TEXT, "filter": {"conditions": [[{"a": "{{2.statusCode}}", "b": "200", "o": "number:equal"}]]}},
        )
    ],
    "Make: the sidecar sends": [blueprint(MAKE_HOOK, http(2, MAKE_BASE + "/run"))],
    "Make: an alert to an address that is still to be set": [
        blueprint(
            MAKE_HOOK,
            module(2, "util:SetVariables", {"variables": [{"name": "team_webhook", "value": ""}]}),
            http(3, "{{2.team_webhook}}"),
        )
    ],
    "Make: an alert to staff": [
        blueprint(MAKE_HOOK, module(2, "email:ActionSendEmail", {"to": ["owner@hartley.example"]}, version=7))
    ],
    "Make: version 4 stops at errors": [
        blueprint(
            MAKE_HOOK,
            module(
                2,
                "http:MakeRequest",
                {"url": MAKE_BASE + "/claim", "method": "post", "stopOnHttpError": True},
                version=4,
            ),
            MAKE_TEXT,
        )
    ],
}


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_flow_is_not_reported(name: str) -> None:
    assert [one.path for one in linted(*HONEST[name]).findings if one.code == "R101"] == []


def test_thousands_of_nodes_in_a_ring_are_walked_once() -> None:
    names = [f"N{number}" for number in range(3000)]
    ring = [f"{one} > {other}" for one, other in zip(names, names[1:] + names[:1], strict=True)]
    flow = workflow([HOOK, *(node(name, "noOp") for name in names), TEXT], "Hook > N0", *ring, "N2999 > Text")
    (finding,) = [one for one in linted(flow).findings if one.code == "R101"]
    assert len(finding.path) == 3002
