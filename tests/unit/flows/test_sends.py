"""What counts as a send in n8n, each reported with its path, and what looks like one and sends nothing to a lead."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.claims import AGENT, HOOK, MESSAGES, post
from tests.support.flows import linted, node, workflow


def code(script: str, **more: Any) -> dict[str, Any]:
    return workflow([HOOK, node("Code", "code", {"jsCode": script, **more})], "Hook > Code")


def one(kind: str, parameters: dict[str, Any], name: str = "It") -> list[dict[str, Any]]:
    return [workflow([HOOK, node(name, kind, parameters)], f"Hook > {name}")]


def tool(kind: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    return [workflow([HOOK, AGENT, node("Tool", kind, parameters)], "Hook > Agent", "Tool ai_tool> Agent")]


BLAND = {"specifyBody": "json", "jsonBody": "={{ { phone_number: $json.From, task: 'say hi' } }}"}
REPORT = {"specifyBody": "json", "jsonBody": "={{ { call_id: $json.CallSid, from: $json.From } }}"}
SENDS: dict[str, tuple[list[dict[str, Any]], list[str]]] = {
    "an address like the sidecar's, whose host is computed": (
        [workflow([HOOK, post("It", "={{ $json.api }}/v1/calls", parameters=BLAND)], "Hook > It")],
        ["Hook", "It"],
    ),
    "a setting that what came in overwrites": (
        [
            workflow(
                [
                    HOOK,
                    node("Set", "set", {"mode": "raw", "jsonOutput": "={{ { to: '+447700900123', ...$json.body } }}"}),
                    node("Text", "twilio", {"to": "={{ $json.to }}"}),
                ],
                "Hook > Set",
                "Set > Text",
            )
        ],
        ["Hook", "Set", "Text"],
    ),
    "code that asks such an address": (
        [code("await fetch(`${$json.api}/v1/calls`, {method: 'POST'})")],
        ["Hook", "Code"],
    ),
    "an agent's request": (
        tool("@n8n/n8n-nodes-langchain.toolHttpRequest", {"method": "POST", "url": MESSAGES}),
        ["Hook", "Agent", "Tool"],
    ),
    "an agent's request to wherever it likes": (
        tool("@n8n/n8n-nodes-langchain.toolHttpRequest", {"method": "POST", "url": "{url}"}),
        ["Hook", "Agent", "Tool"],
    ),
    "an agent's code": (
        tool("@n8n/n8n-nodes-langchain.toolCode", {"jsCode": f"return fetch('{MESSAGES}', {{method: 'POST'}})"}),
        ["Hook", "Agent", "Tool"],
    ),
    "an agent's MCP server": (
        tool("@n8n/n8n-nodes-langchain.mcpClientTool", {"endpointUrl": "https://mcp.example.com/twilio/sse"}),
        ["Hook", "Agent", "Tool"],
    ),
    "tools that others may use": (
        [
            workflow(
                [node("Server", "@n8n/n8n-nodes-langchain.mcpTrigger"), node("Tool", "twilioTool")],
                "Tool ai_tool> Server",
            )
        ],
        ["Server", "Tool"],
    ),
    "curl": (one("executeCommand", {"command": f"curl -X POST {MESSAGES}"}), ["Hook", "It"]),
    "a command that is put together": (one("ssh", {"command": "={{ $json.command }}"}), ["Hook", "It"]),
    "code with a credential": (
        [code("this.helpers.httpRequestWithAuthentication.call(this, 'twilioApi', {method: 'POST', url: $json})")],
        ["Hook", "Code"],
    ),
    "code under another name": ([code("const go = fetch;\nawait go($json.url, {method: 'POST'});")], ["Hook", "Code"]),
    "code by way of what is global": (
        [code(f"await globalThis.fetch('{MESSAGES}', {{method: 'POST'}})")],
        ["Hook", "Code"],
    ),
    "code that names the host alone": (
        [code("require('https').request({hostname: 'api.twilio.com', path: '/x', method: 'POST'})")],
        ["Hook", "Code"],
    ),
    "a host with its dot": (
        [workflow([HOOK, post("It", MESSAGES.replace(".com/", ".com./"))], "Hook > It")],
        ["Hook", "It"],
    ),
    "a part of Twilio that is computed": (
        [workflow([HOOK, post("It", "=https://{{ $json.part }}.twilio.com/v1/Services")], "Hook > It")],
        ["Hook", "It"],
    ),
    "a domain that is computed": (
        [workflow([HOOK, post("It", "=https://{{ $json.shop }}.co.uk/api")], "Hook > It")],
        ["Hook", "It"],
    ),
    "a node that says that it sends": (
        one("mautic", {"operation": "sendEmail", "contactId": "={{ $json.id }}"}),
        ["Hook", "It"],
    ),
    "code that is put together": ([code("return eval($json.script)")], ["Hook", "Code"]),
    "code with a module of Node": (
        [code("const { execSync: run } = require('child_process'); run($json.it)")],
        ["Hook", "Code"],
    ),
    "a reply, with a known address left over": (
        one("gmail", {"operation": "reply", "messageId": "={{ $json.id }}", "sendTo": "owner@hartley.example"}),
        ["Hook", "It"],
    ),
    "GraphQL": (one("graphql", {"endpoint": "={{ $json.api }}", "query": "mutation { text }"}), ["Hook", "It"]),
    "a function at Twilio": ([workflow([HOOK, post("It", "https://x-1.twil.io/text")], "Hook > It")], ["Hook", "It"]),
    "an MCP server by a node of the community": (
        one("n8n-nodes-mcp.mcpClient", {"operation": "executeTool", "toolName": "send_sms"}),
        ["Hook", "It"],
    ),
    "Python": (
        one("code", {"language": "python", "pythonCode": "from js import fetch\nawait fetch('https://x')"}),
        ["Hook", "It"],
    ),
    "a node of the community": (
        one("n8n-nodes-evolution-api.evolutionApi", {"resource": "messages-api", "operation": "send-text"}),
        ["Hook", "It"],
    ),
    "a gateway of one's own": (
        [workflow([HOOK, post("It", "https://wa.example.com/message/sendText/shop")], "Hook > It")],
        ["Hook", "It"],
    ),
    "a credential that tells": (
        [
            workflow(
                [HOOK, post("It", "https://proxy.example.com/x", parameters={"nodeCredentialType": "twilioApi"})],
                "Hook > It",
            )
        ],
        ["Hook", "It"],
    ),
    "a GET that sends": (
        one("httpRequest", {"url": "=https://api.telegram.org/bot1:x/sendMessage?chat_id={{ $json.chat }}&text=hi"}),
        ["Hook", "It"],
    ),
    "TwiML in the answer to the webhook": (
        one(
            "respondToWebhook",
            {"respondWith": "text", "responseBody": "<Response><Message>Sorry!</Message></Response>"},
        ),
        ["Hook", "It"],
    ),
    "WhatsApp to the caller": (one("whatsApp", {"recipientPhoneNumber": "={{ $json.From }}"}), ["Hook", "It"]),
    "Telegram to whoever wrote": (one("telegram", {"chatId": "={{ $json.message.chat.id }}"}), ["Hook", "It"]),
    "Slack to a user who is computed": (one("slack", {"user": {"value": "={{ $json.user }}"}}), ["Hook", "It"]),
    "a copy to the caller": (
        one("emailSend", {"toEmail": "owner@hartley.example", "options": {"bccEmail": "={{ $json.email }}"}}),
        ["Hook", "It"],
    ),
    "a draft that is sent": (one("microsoftOutlook", {"resource": "draft", "operation": "send"}), ["Hook", "It"]),
    "a recipient beside one that is known": (
        [
            workflow(
                [
                    HOOK,
                    post(
                        "It",
                        "={{ $json.gateway }}",
                        parameters={
                            "specifyBody": "json",
                            "jsonBody": "={{ { phone: '+447700900123', destination: $json.From, text: 'hi' } }}",
                        },
                    ),
                ],
                "Hook > It",
            )
        ],
        ["Hook", "It"],
    ),
}


@pytest.mark.parametrize("name", SENDS)
def test_a_send_is_reported_with_its_path(name: str) -> None:
    flows, path = SENDS[name]
    found = [one for one in linted(*flows).findings if one.code == "R101"]
    assert [list(one.path) for one in found] == [path]


HARMLESS: dict[str, list[dict[str, Any]]] = {
    "code that reports to the sidecar": [
        code("await fetch(`${$('Settings').first().json.sidecar_url}/v1/calls`, {method: 'POST', body: '{}'})")
    ],
    "a report by a setting that is called anything": [
        workflow([HOOK, post("It", "={{ $json.base }}/v1/calls", parameters=REPORT)], "Hook > It")
    ],
    "staff in a Settings node of raw JSON": [
        workflow(
            [
                HOOK,
                node(
                    "Settings",
                    "set",
                    {"mode": "raw", "jsonOutput": json.dumps({"staff_phone": "+447700900123"})},
                    version=3.4,
                ),
                node("Text", "twilio", {"to": "={{ $('Settings').first().json.staff_phone }}"}),
            ],
            "Hook > Settings",
            "Settings > Text",
        )
    ],
    "staff in n8n's own variables": one("twilio", {"to": "={{ $vars.staff_phone }}"}),
    "Telegram in the team's room": one("telegram", {"chatId": "-100200300", "text": "={{ $json.text }}"}),
    "WhatsApp to the owner": one("whatsApp", {"recipientPhoneNumber": "+447700900123"}),
    "a mail with a copy to a colleague": one(
        "emailSend", {"toEmail": "owner@hartley.example", "options": {"ccEmail": "office@hartley.example"}}
    ),
    "XML that is no TwiML": one("respondToWebhook", {"responseBody": "<Message>thanks</Message>"}),
    "TwiML that says nothing": one("respondToWebhook", {"respondWith": "text", "responseBody": "<Response/>"}),
    "an agent that looks at the calendar": tool(
        "@n8n/n8n-nodes-langchain.mcpClientTool", {"endpointUrl": "https://mcp.example.com/calendar/sse"}
    ),
    "code that reads": [
        code("const x = await this.helpers.httpRequest({method: 'GET', url: $json.url});\nreturn items;")
    ],
    "code that speaks of what it does not do": [
        code("// eval(x), fetch(y)\nconst text = 'we fetch it';\nreturn items;")
    ],
    "a CRM written to": one("httpRequest", {"method": "POST", "url": "https://api.hubapi.com/crm/v3/objects/contacts"}),
    "a CRM at an address of the client's own": [
        workflow([HOOK, post("It", "=https://{{ $json.shop }}.zendesk.com/api/v2/tickets.json")], "Hook > It")
    ],
    "a message for a queue": one("awsSqs", {"operation": "sendMessage", "queue": "={{ $json.queue }}"}),
    "code that keeps a value for later": [code("globalThis.seen = 1;\nreturn items;")],
    "a command at home": one("executeCommand", {"command": "ls -l /data"}),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_sends_nothing_to_a_lead_is_not_reported(name: str) -> None:
    assert [one.path for one in linted(*HARMLESS[name]).findings if one.code == "R101"] == []
