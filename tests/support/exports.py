"""Flows as the platforms' editors export them, made up here; and a folder in which they ship."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def n8n_workflow(**members: Any) -> dict[str, Any]:
    """As the editor of n8n 2 downloads it, with everything in it that belongs to one instance."""
    return {
        "updatedAt": "2026-11-01T10:00:00.000Z",
        "name": "Missed-call recovery",
        "nodes": [
            {
                "parameters": {"content": "## A call was missed\nTwilio posts it here.", "height": 320, "width": 400},
                "type": "n8n-nodes-base.stickyNote", "typeVersion": 1, "position": [-60, -200],
                "id": "00000000-0000-4000-8000-000000000001", "name": "Note",
            },
            {
                "parameters": {"httpMethod": "POST", "path": "missed-call", "options": {}},
                "type": "n8n-nodes-base.webhook", "typeVersion": 2.1, "position": [0.4, 7],
                "id": "00000000-0000-4000-8000-000000000002", "name": "Twilio call",
                "webhookId": "recovery-missed-call",
                "credentials": {"httpHeaderAuth": {"id": "Ab3dE5", "name": "Phone system"}},
            },
            {
                "parameters": {"assignments": {"assignments": [
                    {"id": "a", "name": "sidecar_url", "value": "https://recovery.example.com", "type": "string"},
                    {"id": "b", "name": "business_id", "value": "", "type": "string"},
                    {"id": "c", "name": "staff_email", "value": "", "type": "string"},
                ]}},
                "type": "n8n-nodes-base.set", "typeVersion": 3.4, "position": [219, 0],
                "id": "00000000-0000-4000-8000-000000000003", "name": "Settings",
            },
            {
                "parameters": {
                    "method": "POST", "url": "={{ $('Settings').first().json.sidecar_url }}/v1/calls",
                    "authentication": "genericCredentialType", "genericAuthType": "httpBearerAuth",
                },
                "type": "n8n-nodes-base.httpRequest", "typeVersion": 4.2, "position": [448, 0],
                "id": "00000000-0000-4000-8000-000000000004", "name": "Report call",
                "credentials": {"httpBearerAuth": {"id": "Xy7pQ1", "name": "Recovery sidecar"}},
                "onError": "continueErrorOutput",
            },
            {
                "parameters": {"workflowId": {
                    "__rl": True, "mode": "list", "value": "recoveryErrors01", "cachedResultName": "Errors",
                    "cachedResultUrl": "/workflow/recoveryErrors01",
                }},
                "type": "n8n-nodes-base.executeWorkflow", "typeVersion": 1.2, "position": [672, 160],
                "id": "00000000-0000-4000-8000-000000000005", "name": "Tell the team",
            },
        ],
        "connections": {
            "Settings": {"main": [[{"node": "Report call", "type": "main", "index": 0}]]},
            "Twilio call": {"main": [[{"node": "Settings", "type": "main", "index": 0}]]},
            "Report call": {"main": [[], [{"node": "Tell the team", "type": "main", "index": 0}]]},
        },
        "pinData": {"Twilio call": [{"json": {"From": "+447700900123"}}]},
        "settings": {"timezone": "UTC", "executionOrder": "v1", "errorWorkflow": "recoveryErrors01"},
        "staticData": {"node:Twilio call": {"seen": 3}},
        "meta": {"instanceId": "9f0c", "templateCredsSetupCompleted": True},
        "id": "recoveryMissed01", "active": True, "versionId": "5d3f", "triggerCount": 1,
        "tags": [{"createdAt": "2026-01-01T00:00:00.000Z", "id": "t1", "name": "recovery"}],
        **members,
    }  # fmt: skip


def make_blueprint(**members: Any) -> dict[str, Any]:
    """As Make's editor exports it: a webhook, a router with a filter and a way for the rest, an error handler."""
    return {
        "name": "Sequence driver",
        "flow": [
            {
                "id": 1, "module": "gateway:CustomWebHook", "version": 1, "parameters": {"hook": 81, "maxResults": 1},
                "mapper": {}, "metadata": {
                    "designer": {"x": 0, "y": 1, "name": "Event of the sidecar"},
                    "restore": {"parameters": {"hook": {"label": "Hartley's hook", "data": {"editable": "true"}}}},
                    "parameters": [{"name": "hook", "type": "hook:gateway-webhook", "label": "Webhook"}],
                },
            },
            {
                "id": 2, "module": "builtin:BasicRouter", "version": 1, "mapper": None,
                "metadata": {"designer": {"x": 302.5, "y": 0}},
                "routes": [
                    {"flow": [{
                        "id": 3, "module": "http:MakeRequest", "version": 4,
                        "parameters": {"authenticationType": "apiKey", "apiKeyKeychain": 1174, "tlsType": ""},
                        "filter": {"name": "A step is ready", "conditions": [[
                            {"a": "{{1.type}}", "b": "recovery.step.ready.v1", "o": "text:equal"}]]},
                        "mapper": {"url": "https://recovery.example.com/v1/sequences/{{1.data.sequence_id}}/steps/run"},
                        "metadata": {"designer": {"x": 600, "y": -150, "name": "Run the step"}},
                        "onerror": [{
                            "id": 5, "module": "builtin:Ignore", "version": 1, "parameters": {}, "mapper": {},
                            "metadata": {"designer": {"x": 900, "y": -150}},
                        }],
                    }]},
                    {"flow": [{
                        "id": 4, "module": "twilio:SendSMS", "version": 2, "parameters": {"__IMTCONN__": 4242},
                        "mapper": {"body": "A reply came"}, "metadata": {
                            "designer": {"x": 600, "y": 150, "name": "Tell the team"},
                            "restore": {"parameters": {"__IMTCONN__": {"label": "My Twilio (sam@hartley.example)"}}},
                        },
                    }]},
                ],
                "parameters": {"else": 1},
            },
        ],
        "metadata": {
            "zone": "eu2.make.com", "instant": True, "version": 1, "notes": [
                {"moduleIds": [1], "content": "<p>The sidecar posts its events here.</p>"}],
            "scenario": {"roundtrips": 1, "maxErrors": 3, "dlq": True, "sequential": False},
            "designer": {"orphans": []},
        },
        **members,
    }  # fmt: skip


def ship(root: Path) -> Path:
    """A folder as ``sidecar/data`` of an installation: two workflows, of which one is the other's, and a blueprint."""
    errors = {
        "id": "recoveryErrors01", "name": "Errors", "description": "Tells the team that a flow failed.",
        "nodes": [{
            "parameters": {}, "type": "n8n-nodes-base.errorTrigger", "typeVersion": 1, "position": [0, 0],
            "id": "00000000-0000-4000-8000-000000000009", "name": "A flow failed",
        }],
        "connections": {}, "settings": {"executionOrder": "v1"},
    }  # fmt: skip
    write(root / "n8n-workflows" / "missed-call-recovery.json", n8n_workflow())
    write(root / "n8n-workflows" / "recovery-errors.json", errors)
    write(root / "n8n-workflows" / "replies.json", n8n_workflow(id="recoveryReplies1", name="Replies", nodes=[]))
    write(root / "make-blueprints" / "replies.blueprint.json", make_blueprint())
    return root


def write(path: Path, value: Any) -> Path:
    """The value as a file, its folder made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")
    return path
