"""Parts of flows that send: a claim, what it stands in front of, and what goes round it."""

from __future__ import annotations

from typing import Any

from tests.support.flows import module, node, workflow

BASE = "={{ $('Settings').first().json.sidecar_url }}/v1/sequences/{{ $json.sequence.id }}/steps/acknowledge"
MAKE_BASE = "{{1.sidecar_url}}/v1/sequences/{{1.sequence_id}}/steps/acknowledge"
MESSAGES = "https://api.twilio.com/2010-04-01/Accounts/AC0/Messages.json"
HOOK = node("Hook", "webhook", {"httpMethod": "POST", "path": "missed"})
TEXT = node("Text", "twilio", {"to": "={{ $json.to }}", "message": "={{ $json.body }}"})
SETTINGS = node(
    "Settings",
    "set",
    {
        "assignments": {
            "assignments": [
                {"name": "sidecar_url", "value": "https://recovery.example.com", "type": "string"},
                {"name": "staff_phone", "value": "+447700900123", "type": "string"},
            ]
        }
    },
    version=3.4,
)


def post(name: str, url: str, **more: Any) -> dict[str, Any]:
    return node(name, "httpRequest", {"method": "POST", "url": url, **more.pop("parameters", {})}, version=4.2, **more)


CLAIM = post("Claim", BASE + "/claim", onError="continueErrorOutput")
RESULT = post("Result", "={{ $('Settings').first().json.sidecar_url }}/v1/claims/{{ $json.claim_id }}/result")


def http(number: int, url: str, **more: Any) -> dict[str, Any]:
    mapper = {"url": url, "method": "post", **more.pop("mapper", {})}
    return module(number, "http:ActionSendData", mapper, version=3, **more)


MAKE_HOOK = module(1, "gateway:CustomWebHook")
MAKE_CLAIM = http(2, MAKE_BASE + "/claim", parameters={"handleErrors": True})
MAKE_TEXT = module(9, "twilio:SendSMS", {"to": "{{1.from}}", "body": "Sorry we missed you"}, version=2)

SUB = workflow([node("Called", "executeWorkflowTrigger"), TEXT], "Called > Text", id="sub", name="Send a text")
AGENT = node("Agent", "@n8n/n8n-nodes-langchain.agent")
CALL = node("Call", "executeWorkflow", {"workflowId": {"value": "sub", "mode": "list"}})
