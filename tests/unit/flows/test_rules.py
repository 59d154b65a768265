"""Each rule has a bad example, which it catches, and a good one, which it lets pass."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest

from sidecar.flows.linting import Source, lint
from sidecar.flows.node_types import NodeTypes
from sidecar.flows.playbooks import Playbook
from sidecar.flows.report.text import lines
from sidecar.flows.rules import rules
from sidecar.flows.rules.excerpts import EXCERPTS
from tests.support.flows import blueprint, codes, linted, module, node, workflow

SIDECAR = "={{ $('Settings').first().json.sidecar_url }}"
RUN = SIDECAR + "/v1/sequences/{{ $json.sequence.id }}/steps/acknowledge/run"
MANUAL = node("Go", "manualTrigger")
HOOK = node("Hook", "webhook", {"httpMethod": "POST", "path": "a", "authentication": "headerAuth"})
MAKE_HOOK = module(1, "gateway:CustomWebHook")
ALIVE = {"onError": "continueErrorOutput"}


def after(*nodes: dict[str, Any], wires: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """A workflow that somebody starts by hand, one node after another."""
    names = ["Go", *(one["name"] for one in nodes)]
    chain = [f"{one} > {other}" for one, other in pairwise(names)]
    return workflow([MANUAL, *nodes], *chain, *wires, **more)


def post(name: str = "Call", url: str = RUN, body: str | None = None, **more: Any) -> dict[str, Any]:
    parameters: dict[str, Any] = {"method": "POST", "url": url}
    if body is not None:
        parameters |= {"sendBody": True, "specifyBody": "json", "jsonBody": body}
    return node(name, "httpRequest", parameters, version=4.2, **more)


def wait(name: str = "Wait", **more: Any) -> dict[str, Any]:
    parameters = {"resume": "webhook", "httpMethod": "POST", "limitWaitTime": True, **more}
    return node(name, "wait", parameters, version=1.1)


def ring(suffix: str) -> dict[str, Any]:
    body = f"={{{{ {{ resume_url: $execution.resumeUrl.replace('?', '/{suffix}?') }} }}}}"
    return post(f"Run {suffix}", body=body, **ALIVE)


def http(number: int = 2, url: str = "https://crm.example.com/x", **more: Any) -> dict[str, Any]:
    mapper = {"url": url, "method": more.pop("method", "post"), **more.pop("mapper", {})}
    return module(number, "http:ActionSendData", mapper, version=3, parameters={"handleErrors": True}, **more)


IGNORE = [module(90, "builtin:Ignore")]
MAKE_RUN = "{{1.sidecar_url}}/v1/sequences/{{1.sequence_id}}/steps/acknowledge/run"

CLAIM = RUN.removesuffix("/run") + "/claim"
REPORT = SIDECAR + "/v1/claims/{{ $json.claim_id }}/result"
NAMES = ("manualTrigger", "noOp")
SENDING = {"from": "+441174960001", "to": "+447700900123", "message": "A call was missed"}
TO_LEAD = {**SENDING, "to": "={{ $json.to }}"}

EXAMPLES: dict[str, tuple[Any, Any]] = {
    "S001": (b"{", b'{"nodes": [], "connections": {}}'),
    "S002": ({"openapi": "3.1.0"}, workflow([])),
    "S201": (workflow([{"name": "A"}]), workflow([node("A", "noOp")])),
    "S202": (
        workflow([node("A", "noOp", id="1"), node("B", "noOp", id="1")]),
        workflow([node("A", "noOp", id="1"), node("B", "noOp")]),
    ),
    "S203": (workflow([MANUAL, MANUAL]), workflow([MANUAL, node("Go on", "noOp")])),
    "S204": (workflow([MANUAL], "Gone > Go"), workflow([MANUAL, node("A", "noOp")], "Go > A")),
    "S205": (workflow([MANUAL], "Go > Gone"), workflow([MANUAL, node("A", "noOp")], "Go > A")),
    "S301": (blueprint({"id": 1}), blueprint(MAKE_HOOK)),
    "S302": (blueprint(MAKE_HOOK, http(1)), blueprint(MAKE_HOOK, http(2))),
    "S303": (
        blueprint(MAKE_HOOK, module(2, "a:b", {"x": "{{7.y}}"})),
        blueprint(MAKE_HOOK, module(2, "a:b", {"x": "{{1.y}}"})),
    ),
    "S304": (
        blueprint(module(1, "a:b", {"x": "{{2.y}}"}), module(2, "c:d")),
        blueprint(module(1, "a:b"), module(2, "c:d", {"x": "{{1.y}}"})),
    ),
    "S305": (
        blueprint(
            module(
                1,
                "builtin:BasicRouter",
                routes=[{"flow": [module(2, "a:b")]}, {"flow": [module(3, "c:d", {"x": "{{2.y}}"})]}],
            )
        ),
        blueprint(
            module(1, "builtin:BasicRouter", routes=[{"flow": [module(2, "a:b"), module(3, "c:d", {"x": "{{2.y}}"})]}])
        ),
    ),
    "P001": (b'{"nodes": [], "nodes": [], "connections": {}}', b'{"nodes": [], "connections": {}}'),
    "P002": (json.dumps(workflow([])).encode("utf-16"), workflow([])),
    "P004": (
        after(node("A", "noOp", notes="recovery-lint: ignore P203")),
        after(node("A", "noOp", notes="recovery-lint: ignore P203 the form on our page cannot sign in")),
    ),
    "P101": (
        after(node("A", "set", {"values": {"string": [{"name": "k", "value": "sk-" + "a1B2" * 8}]}})),
        after(node("A", "set", {"values": {"string": [{"name": "k", "value": "sk-YOUR-KEY"}]}})),
    ),
    "P201": (workflow([HOOK], settings={}), workflow([HOOK], settings={"errorWorkflow": "tellSomebody"})),
    "P202": (
        after(node("A", "noOp", retryOnFail=True, maxTries=10, waitBetweenTries=5000)),
        after(node("A", "noOp", retryOnFail=True, maxTries=5, waitBetweenTries=5000)),
    ),
    "P203": (workflow([node("Hook", "webhook", {"httpMethod": "POST", "path": "a"})]), workflow([HOOK])),
    "P204": (
        after(ring("a"), wait(limitWaitTime=False, options={"webhookSuffix": "a"})),
        after(ring("a"), wait(options={"webhookSuffix": "a"})),
    ),
    "P205": (
        after(ring("a"), wait("W1", options={"webhookSuffix": "a"}), wait("W2", options={"webhookSuffix": "a"})),
        after(ring("a"), wait("W1", options={"webhookSuffix": "a"}), wait("W2", options={"webhookSuffix": "b"})),
    ),
    "P206": (after(ring("a"), wait(httpMethod="GET")), after(ring("a"), wait())),
    "P207": (
        after(ring("a"), wait(options={"webhookSuffix": "b"})),
        after(ring("a"), wait(options={"webhookSuffix": "a"})),
    ),
    "P208": (
        after(post(onError="continueRegularOutput"), node("A", "set", {"x": "={{ $json.result }}"})),
        after(post(onError="continueRegularOutput"), node("A", "if", {"value1": "={{ $json.error }}"})),
    ),
    "P209": (
        after(post(retryOnFail=True)),
        after(post(**ALIVE), node("A", "noOp"), node("Again", "noOp"), wires=("Call >1 Again",)),
    ),
    "P212": (
        after(node("A", "noOp", {"x": "={{ $('Old name').first().json.y }}"})),
        after(node("A", "noOp", {"x": "={{ $('Go').first().json.y }}"})),
    ),
    "P213": (
        after(node("A", "noOp", {"x": "={{ $('B').first().json.y }}"}), node("B", "noOp")),
        after(node("B", "noOp"), node("A", "noOp", {"x": "={{ $('B').first().json.y }}"})),
    ),
    "P214": (after(node("A", "function")), after(node("A", "code"))),
    "P215": (after(node("A", "noOp", {"x": "={{ $json.a( }}"})), after(node("A", "noOp", {"x": "={{ $json.a() }}"}))),
    "P216": (
        [workflow([HOOK]), workflow([HOOK])],
        [workflow([HOOK]), workflow([node("Hook", "webhook", {"httpMethod": "POST", "path": "b"})])],
    ),
    "P217": (after(node("A", "noOp", {"x": "={{ $env.KEY }}"})), after(node("A", "noOp", {"x": "={{ '$env' }}"}))),
    "P218": (after(ring("a")), after(ring("a"), wait(options={"webhookSuffix": "a"}), wires=("Wait > Run a",))),
    "P221": (
        after(post(credentials={"httpBearerAuth": {"id": "7", "name": "Recovery sidecar"}})),
        after(post(credentials={"httpBearerAuth": {"id": None, "name": "Recovery sidecar"}})),
    ),
    "P222": (after(post(), pinData={"Go": [{"json": {"name": "Maya"}}]}), after(post(), pinData={})),
    "P223": (
        after(post(), node("Sub", "executeWorkflow", {"workflowId": {"value": "s7"}})),
        [
            after(post(), node("Sub", "executeWorkflow", {"workflowId": {"value": "s7"}})),
            workflow([node("Called", "executeWorkflowTrigger")], id="s7"),
        ],
    ),
    "P231": (after(node("A", "executeCommand")), after(node("A", "noOp"))),
    "P232": (
        after(node("A", "httpRequest", {"url": RUN}, version=4.15)),
        [after(node("A", "httpRequest", {"url": RUN}, version=version)) for version in (4.2, 99)],
    ),
    "P233": (
        after(node("A", "wait", {"resume": "specificTime"}, version=1.1)),
        after(node("A", "wait", {"resume": "specificTime", "dateTime": "={{ $json.wake_by }}"}, version=1.1)),
    ),
    "P234": (
        after(node("A", "twilio", {"operation": "make", **SENDING}, credentials={"httpBearerAuth": {"name": "T"}})),
        after(node("A", "twilio", {"operation": "make", **SENDING}, credentials={"twilioApi": {"name": "T"}})),
    ),
    "P301": (blueprint(MAKE_HOOK, http()), blueprint(MAKE_HOOK, http(onerror=IGNORE))),
    "P302": (
        blueprint(MAKE_HOOK, http(onerror=[module(3, "builtin:Break")]), scenario={"dlq": False}),
        blueprint(MAKE_HOOK, http(onerror=[module(3, "builtin:Break")])),
    ),
    "P303": (blueprint(MAKE_HOOK, scenario={"sequential": True}), blueprint(MAKE_HOOK)),
    "P304": (
        blueprint(MAKE_HOOK, module(2, "util:FunctionSleep", {"duration": "301"})),
        blueprint(MAKE_HOOK, module(2, "util:FunctionSleep", {"duration": "300"})),
    ),
    "P305": (
        blueprint(MAKE_HOOK, {**http(), "parameters": {"handleErrors": False}}),
        blueprint(
            MAKE_HOOK,
            {**http(), "parameters": {}},
            module(3, "a:b", filter={"conditions": [[{"a": "{{2.statusCode}}", "b": "200", "o": "number:equal"}]]}),
        ),
    ),
    "P306": (
        blueprint(MAKE_HOOK, http(mapper={"data": '{"text": "{{1.Body}}"}'})),
        blueprint(MAKE_HOOK, http(mapper={"qs": [{"name": "text", "value": "{{1.Body}}"}]})),
    ),
    "P307": (
        blueprint(MAKE_HOOK, module(2, "a:b", filter={"name": "Missed", "conditions": []})),
        blueprint(
            MAKE_HOOK, module(2, "a:b", filter={"name": "Missed", "conditions": [[{"a": "{{1.x}}", "o": "exist"}]]})
        ),
    ),
    "P309": (
        blueprint(module(1, "gateway:CustomWebHook", parameters={"hook": 12345})),
        blueprint(module(1, "gateway:CustomWebHook", parameters={"maxResults": 1})),
    ),
    "P310": (
        blueprint(MAKE_HOOK, module(2, "a:b", {"x": '{{if(1.a; "b"}}'})),
        blueprint(MAKE_HOOK, module(2, "a:b", {"x": '{{if(1.a; "b"; 1.`c d`)}}'})),
    ),
    "P311": (blueprint(MAKE_HOOK, scenario={"dataloss": False}), blueprint(MAKE_HOOK)),
    "P312": (
        blueprint(MAKE_HOOK, module(2, "gateway:WebhookRespond", {"status": "42", "body": "{{1.x}}"})),
        blueprint(MAKE_HOOK, module(2, "gateway:WebhookRespond", {"status": "200", "body": "{{1.x}}"})),
    ),
    "P313": (
        blueprint(MAKE_HOOK, module(2, "twilio:SendSMS", {"to": "", "messageBody": "template"}, version=2)),
        blueprint(MAKE_HOOK, module(2, "twilio:SendSMS", {"to": "{{1.To}}", "messageBody": "template"}, version=2)),
    ),
    "P314": (
        blueprint(MAKE_HOOK, http(mapper={"parseResponse": False}), module(3, "a:b", {"x": "{{2.data.id}}"})),
        blueprint(MAKE_HOOK, http(mapper={"parseResponse": True}), module(3, "a:b", {"x": "{{2.data.id}}"})),
    ),
    "R101": (after(node("A", "twilio", {"to": "={{ $json.to }}"})), after(post())),
    "R102": (
        after(post("Claim", CLAIM, **ALIVE), node("A", "twilio", SENDING)),
        after(
            post("Claim", CLAIM, **ALIVE), node("A", "twilio", SENDING), post("Result", REPORT, '{"status": "sent"}')
        ),
    ),
    "R103": (
        after(post("Claim", CLAIM, **ALIVE), node("A", "twilio", TO_LEAD, retryOnFail=True)),
        after(post("Claim", CLAIM, retryOnFail=True, **ALIVE), node("A", "twilio", TO_LEAD)),
    ),
    "R201": (
        after(post(url=SIDECAR + "/v1/sequence/{{ $json.id }}/run")),
        after(post(url=SIDECAR + "/v1/sequences/{{ $json.id }}/close")),
    ),
    "R202": (
        after(node("A", "httpRequest", {"method": "PUT", "url": RUN}, version=4.2)),
        [after(post()), after(post(url="https://api.anthropic.com/v1/messages"))],
    ),
    "R203": (
        after(post(body="={{ { resumeUrl: $execution.resumeUrl } }}")),
        after(post(body="={{ { resume_url: $execution.resumeUrl } }}")),
    ),
    "R204": (
        after(post(), node("A", "if", {"value1": "={{ $json.status }}"})),
        after(post(), node("A", "if", {"value1": "={{ $json.result }} {{ $('Call').last().json.wake_by }}"})),
    ),
    "R206": (after(post(url=RUN.replace("acknowledge", "acknowledged"))), after(post())),
    "R207": (
        after(post()),
        after(post(), post("Leave out", RUN.replace("acknowledge/run", "callback/skip"), '{"reason": "they wrote"}')),
    ),
    "R208": (
        blueprint(MAKE_HOOK, http(url=MAKE_RUN, mapper={"bodyType": "x_www_form_urlencoded"})),
        blueprint(MAKE_HOOK, http(url="{{1.sidecar_url}}/v1/outcomes", mapper={"bodyType": "x_www_form_urlencoded"})),
    ),
    "R205": (
        blueprint(MAKE_HOOK, http(url=MAKE_RUN), module(3, "a:b", {"x": "{{2.data.status}}"})),
        blueprint(MAKE_HOOK, http(url=MAKE_RUN), module(3, "a:b", {"x": "{{2.data.result}}{{2.statusCode}}"})),
    ),
}


NODES = {"P231": NodeTypes([{"name": f"n8n-nodes-base.{name}", "version": 1} for name in NAMES], whole=True)}
"""What is known of an installation, for rules that ask."""


PLAYBOOKS = {code: [Playbook("ours", ("acknowledge", "callback"))] for code in ("R206", "R207")}


def found(example: Any, code: str) -> set[str]:
    if isinstance(example, bytes):
        return {one.code for one in lint([Source("a.json", example)]).findings}
    flows = example if isinstance(example, list) else [example]
    return codes(*flows, nodes=NODES.get(code), playbooks=PLAYBOOKS.get(code, ()))


def test_every_rule_has_its_examples() -> None:
    assert set(rules()) == set(EXAMPLES) == set(EXCERPTS)


@pytest.mark.parametrize("code", EXAMPLES)
def test_the_bad_example_is_caught_and_the_good_one_is_not(code: str) -> None:
    bad, good = EXAMPLES[code]
    assert code in found(bad, code)
    assert code not in found(good, code)


def written(example: Any) -> str:
    """As it stands in a file."""
    if isinstance(example, bytes):
        return "a file in UTF-16" if example[:2] == b"\xff\xfe" else example.decode()
    return json.dumps(example)


@pytest.mark.parametrize("code", EXAMPLES)
def test_what_is_shown_of_the_examples_is_cut_out_of_them(code: str) -> None:
    bad, good = EXCERPTS[code]
    assert bad in written(EXAMPLES[code][0])
    assert good in written(EXAMPLES[code][1]) or good == "a file in UTF-8"


@pytest.mark.parametrize("code", EXAMPLES)
def test_every_rule_says_why_what_to_do_and_where_that_is_written(code: str) -> None:
    rule = rules()[code]
    assert rule.reason.endswith(".")
    assert rule.remedy
    assert (
        "http" in rule.source
        or "n8n" in rule.source
        or ".json" in rule.source
        or "RFC" in rule.source
        or ".md" in rule.source
    )


def test_an_exception_with_a_reason_holds_for_its_node_and_its_code() -> None:
    open_hook = node("Hook", "webhook", {"httpMethod": "POST", "path": "a"})
    noted = {**open_hook, "notes": "Ours.\nrecovery-lint: ignore P203 the form on our page cannot sign in"}
    assert "P203" in codes(workflow([open_hook]))
    assert "P203" not in codes(workflow([noted]))
    assert "P203" in codes(workflow([{**noted, "notes": "recovery-lint: ignore P204 another code"}]))
    sticky = node("Note", "stickyNote", {"content": "recovery-lint: ignore P203 the whole flow is behind a proxy"})
    assert "P203" not in codes(workflow([open_hook, sticky]))


@pytest.mark.parametrize(
    ("read", "missed"),
    [
        ("$json.touches", ""),
        ("$json.touch", "'touch'"),
        ("$json.steps[0].name.length", ""),
        ("$json.steps[0].nam", "'nam'"),
        ("$json.steps.length", ""),
        ("$json.error.status", ""),
    ],
)
def test_fields_within_fields_are_looked_at(read: str, missed: str) -> None:
    look = node("Look", "httpRequest", {"url": SIDECAR + "/v1/sequences/{{ $json.id }}"}, version=4.2, **ALIVE)
    flow = after(look, node("A", "set", {"x": f"={{{{ {read} }}}}"}))
    said = [one.message for one in linted(flow).findings if one.code == "R204"]
    assert bool(said) == bool(missed)
    assert all(f"answers no {missed};" in one for one in said)


def test_an_answer_in_its_envelope_and_a_refusal_are_read_as_they_are() -> None:
    envelope = {"response": {"response": {"fullResponse": True, "neverError": True}}}
    call = {**post(), "parameters": {**post()["parameters"], "options": envelope}}
    for read, missed in (
        ("body.result", False),
        ("body.detail", False),
        ("body.status_code", True),
        ("statusCode", False),
    ):
        assert ("R204" in codes(after(call, node("A", "if", {"x": f"={{{{ $json.{read} }}}}"})))) == missed


def test_other_apis_with_such_paths_are_left_alone() -> None:
    chat = '={{ { model: "m", max_tokens: 5, messages: [] } }}'
    others = (
        post(url="={{ $json.base }}/v1/messages", body=chat),
        post(url="https://api.example.com/v1/recovery/start", body=chat),
        post(url="https://api.example.com/v1/calls", body=chat),
    )
    assert not {code for other in others for code in codes(after(other)) if code.startswith("R20")}
    read = node("A", "set", {"x": "={{ $json.content[0].text }}"})
    assert "R204" not in codes(after(others[0], read))
    assert "R203" in codes(after(post(url="={{ $json.base }}/v1/messages", body="={{ { channel: 'sms', txt: 'x' } }}")))
    assert "R201" in codes(after(post(url="https://recovery.example.com/v1/start")))


def test_a_webhook_whose_signature_the_flow_checks_is_not_open() -> None:
    open_hook = node("Hook", "webhook", {"httpMethod": "POST", "path": "a"})
    check = node("Check", "code", {"jsCode": "return require('crypto').createHmac('sha256', k)"})
    for checked in (check, node("Check", "crypto", {"action": "hmac"})):
        assert "P203" not in codes(workflow([open_hook, checked], "Hook > Check"))


def test_a_secret_is_never_printed() -> None:
    secret = "sk-" + "a1B2" * 8
    report = lint([Source("a.json", json.dumps(EXAMPLES["P101"][0], indent=1).encode())])
    assert secret not in "\n".join(lines(report))
