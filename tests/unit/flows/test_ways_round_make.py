"""More ways round the gates of Make, each reported with its modules, and honest scenarios that look like them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.claims import MAKE_BASE, MAKE_CLAIM, MAKE_HOOK, MAKE_TEXT, MESSAGES, http
from tests.support.flows import blueprint, linted, module

MAKE_MAIL = module(10, "email:ActionSendEmail", {"to": ["{{1.email}}"]}, version=7)


def routed(*routes: dict[str, Any], claim: dict[str, Any] = MAKE_CLAIM, **more: Any) -> list[dict[str, Any]]:
    flows = [{"flow": [one]} for one in routes]
    return [blueprint(MAKE_HOOK, claim, module(3, "builtin:BasicRouter", routes=flows, **more))]


def where(a: str, b: str, sign: str = "text:equal") -> dict[str, Any]:
    return {"name": "which", "conditions": [[{"a": a, "b": b, "o": sign}]]}


BYPASSES: dict[str, tuple[list[dict[str, Any]], list[str]]] = {
    "two routes for one claim": (
        routed(MAKE_TEXT, MAKE_MAIL),
        [
            "gateway:CustomWebHook (1)",
            "http:ActionSendData (2)",
            "builtin:BasicRouter (3)",
            "email:ActionSendEmail (10)",
        ],
    ),
    "two routes whose filters let both through": (
        routed({**MAKE_TEXT, "filter": where("{{1.a}}", "1")}, {**MAKE_MAIL, "filter": where("{{1.b}}", "1")}),
        [
            "gateway:CustomWebHook (1)",
            "http:ActionSendData (2)",
            "builtin:BasicRouter (3)",
            "email:ActionSendEmail (10)",
        ],
    ),
    "a status that is asked for twice": (
        [
            blueprint(
                MAKE_HOOK,
                http(2, MAKE_BASE + "/claim"),
                {**MAKE_TEXT, "filter": where("{{2.statusCode}}", "200", "number:equal")},
                {**MAKE_MAIL, "filter": where("{{2.statusCode}}", "200", "number:equal")},
            )
        ],
        ["gateway:CustomWebHook (1)", "http:ActionSendData (2)", "twilio:SendSMS (9)", "email:ActionSendEmail (10)"],
    ),
    "a status that is asked for too late": (
        [
            blueprint(
                MAKE_HOOK,
                http(2, MAKE_BASE + "/claim"),
                module(3, "util:FunctionSleep", {"duration": "300"}),
                {**MAKE_TEXT, "filter": where("{{2.statusCode}}", "200", "number:equal")},
            )
        ],
        ["gateway:CustomWebHook (1)", "http:ActionSendData (2)", "util:FunctionSleep (3)", "twilio:SendSMS (9)"],
    ),
    "the fallback of a router": (
        [
            blueprint(
                MAKE_HOOK,
                module(
                    3,
                    "builtin:BasicRouter",
                    parameters={"else": 1},
                    routes=[
                        {"flow": [{**MAKE_CLAIM, "filter": where("{{1.a}}", "1")}, MAKE_TEXT]},
                        {"flow": [MAKE_MAIL]},
                    ],
                ),
            )
        ],
        ["gateway:CustomWebHook (1)", "builtin:BasicRouter (3)", "email:ActionSendEmail (10)"],
    ),
    "a password of Twilio's": (
        [
            blueprint(
                MAKE_HOOK,
                module(2, "http:ActionSendDataBasicAuth", {"url": MESSAGES, "method": "post"}, version=3),
            )
        ],
        ["gateway:CustomWebHook (1)", "http:ActionSendDataBasicAuth (2)"],
    ),
    "many contacts for one claim": (
        [blueprint(MAKE_HOOK, MAKE_CLAIM, module(3, "hubspotcrm:searchContacts"), MAKE_TEXT)],
        ["gateway:CustomWebHook (1)", "http:ActionSendData (2)", "hubspotcrm:searchContacts (3)", "twilio:SendSMS (9)"],
    ),
    "TwiML in the answer to the webhook": (
        [
            blueprint(
                MAKE_HOOK,
                module(
                    2, "gateway:WebhookRespond", {"status": "200", "body": "<Response><Message>Hi</Message></Response>"}
                ),
            )
        ],
        ["gateway:CustomWebHook (1)", "gateway:WebhookRespond (2)"],
    ),
    "a draft that is sent": (
        [blueprint(MAKE_HOOK, module(2, "microsoft-email:sendADraft"))],
        ["gateway:CustomWebHook (1)", "microsoft-email:sendADraft (2)"],
    ),
    "a copy to the caller": (
        [
            blueprint(
                MAKE_HOOK,
                module(2, "google-email:sendAnEmail", {"to": ["owner@hartley.example"], "cc": ["{{1.email}}"]}),
            )
        ],
        ["gateway:CustomWebHook (1)", "google-email:sendAnEmail (2)"],
    ),
    "a name that is known, at an address that is not": (
        [
            blueprint(
                MAKE_HOOK, module(2, "email:ActionSendEmail", {"to": [{"name": "Owner", "address": "{{1.email}}"}]})
            )
        ],
        ["gateway:CustomWebHook (1)", "email:ActionSendEmail (2)"],
    ),
    "code": (
        [
            blueprint(
                MAKE_HOOK, module(2, "code:ExecuteCode", {"code": f"await fetch('{MESSAGES}', {{method: 'POST'}})"})
            )
        ],
        ["gateway:CustomWebHook (1)", "code:ExecuteCode (2)"],
    ),
    "an app that says that it sends": (
        [blueprint(MAKE_HOOK, module(2, "highlevel:sendMessage", {"contactId": "{{1.contact}}"}))],
        ["gateway:CustomWebHook (1)", "highlevel:sendMessage (2)"],
    ),
    "an agent's tool": (
        [blueprint(MAKE_HOOK, module(2, "ai-local-agent:RunLocalAIAgent", tools=[{"flow": [MAKE_TEXT]}]))],
        ["gateway:CustomWebHook (1)", "ai-local-agent:RunLocalAIAgent (2)", "twilio:SendSMS (9)"],
    ),
}


@pytest.mark.parametrize("name", BYPASSES)
def test_another_way_round_the_gates_is_reported_module_by_module(name: str) -> None:
    flows, path = BYPASSES[name]
    found = [one for one in linted(*flows).findings if one.code == "R101"]
    assert [list(one.path) for one in found] == [path]
    assert (found[0].level, found[0].node) == ("error", path[-1])


HONEST: dict[str, list[dict[str, Any]]] = {
    "a claim for each of many": [blueprint(MAKE_HOOK, module(3, "builtin:BasicFeeder"), MAKE_CLAIM, MAKE_TEXT)],
    "a refused claim that is ignored": [
        blueprint(MAKE_HOOK, {**MAKE_CLAIM, "onerror": [module(5, "builtin:Ignore")]}, MAKE_TEXT)
    ],
    "a message to nobody in particular": [
        blueprint(MAKE_HOOK, module(2, "pushover:sendMessage", {"title": "{{1.text}}"})),
        blueprint(MAKE_HOOK, module(2, "anthropic-claude:createAMessage", {"messages": ["{{1.text}}"]})),
    ],
    "routes by channel": routed(
        {**MAKE_TEXT, "filter": where("{{2.data.channel}}", "sms")},
        {**MAKE_MAIL, "filter": where("{{2.data.channel}}", "email")},
    ),
    "a route and its fallback": routed(
        {**MAKE_TEXT, "filter": where("{{2.data.channel}}", "sms")}, MAKE_MAIL, parameters={"else": 1}
    ),
    "a text, and a note in the CRM beside it": routed(MAKE_TEXT, module(11, "hubspotcrm:createNote")),
    "the status looked at behind a router": routed(
        {**MAKE_TEXT, "filter": where("{{2.statusCode}}", "200", "number:equal")},
        module(11, "slack:createMessage", {"channel": "#calls"}),
        claim=http(2, MAKE_BASE + "/claim"),
    ),
    "a form to the sidecar": [
        blueprint(
            MAKE_HOOK,
            http(2, "{{1.sidecar_url}}/v1/outcomes", mapper={"formFields": [{"key": "phone", "value": "{{1.From}}"}]}),
        )
    ],
}


@pytest.mark.parametrize("name", HONEST)
def test_another_honest_scenario_is_not_reported(name: str) -> None:
    assert [one.path for one in linted(*HONEST[name]).findings if one.code == "R101"] == []
