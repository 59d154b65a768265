"""STOP on the phone: the agent's own tool, over real HTTP and signed, while the person is still on the line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sidecar.sandbox.signing import retell_signature
from tests.integration.engine.seeing import alerts, contact, suppressed, texts_to
from tests.integration.web.conftest import CALLER
from tests.support.contract import conforms
from tests.support.house import House

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from sidecar.sandbox import Sandbox
    from tests.integration.web.conftest import Web

OTHER = "+447700900456"
PATH = "/retell/tools/opt_out"


@pytest.fixture
def home(posted: Web) -> House:
    """The same sidecar, with time that a test can let pass."""
    business = posted.sidecar.businesses.get("acme")
    assert business is not None
    return House(posted.sidecar, business, posted.clock)


def on_the_line(home: House, sandbox: Sandbox) -> Any:
    """Ann was called back by the agent, and talks to it."""
    sandbox.hubspot_contact("Ann", "Lee", CALLER, "ann@example.com")
    sandbox.voice_script("human_answered", when="asked")
    home.miss()
    home.live(minutes=4)
    [call] = sandbox.calls_placed
    return call


def use(web: Web, payload: dict[str, Any], *, key: str | None = None) -> TestResponse:
    business = web.sidecar.businesses.get("acme")
    assert business is not None
    assert business.retell is not None
    raw = json.dumps(payload)
    made = retell_signature(key or business.retell.api_key, raw, int(web.clock.now().timestamp() * 1000))
    answer = web.client.post(PATH, data=raw, headers={"x-retell-signature": made, "Content-Type": "application/json"})
    conforms("POST", PATH, answer)
    return answer


def test_who_says_stop_to_the_agent_is_suppressed_before_the_call_is_over(home: House, sandbox: Sandbox) -> None:
    call = on_the_line(home, sandbox)
    answer = sandbox.callee.use_tool("opt_out", sandbox.callee.event_of(call.call_id), {"words": "Leave me alone."})
    assert answer is not None
    assert (answer.status, "you will not be contacted again" in answer.json()["say"]) == (200, True)
    assert suppressed(home)
    home.live(minutes=1)
    assert sandbox.requests("retell", "calls.stop") == [], "the agent says goodbye; it is not cut off"
    sandbox.finish_call(call.call_id, "opted_out")
    home.live(hours=24)
    assert (len(texts_to(sandbox)), sandbox.emails) == (1, []), "nothing more, and no text confirms what was said aloud"
    found = contact(home)
    told = [(event["type"], event["reason"]) for event in found["events"]]
    assert told.count(("suppression.added", "outcome_voice")) == 1
    assert told.count(("outcome.recorded", "opted_out")) == 1
    assert [message["body"] for message in found["messages"] if message["channel"] == "note"] == ["Leave me alone."]
    assert sum("opted out" in alert for alert in alerts(sandbox)) == 1


def test_a_whole_call_with_a_stop_in_it(home: House, sandbox: Sandbox) -> None:
    """As it goes by itself: started, the tool, ended, analysed."""
    sandbox.voice_script("opted_out", says_stop="Take me off your list.")
    home.miss()
    home.live(minutes=4)
    sandbox.settle()
    assert [hook.event for hook in sandbox.webhooks] == ["call_started", "opt_out", "call_ended", "call_analyzed"]
    assert [hook.status for hook in sandbox.webhooks] == [204, 200, 204, 204]
    assert suppressed(home)


def test_told_twice_it_is_one_stop(home: House, sandbox: Sandbox) -> None:
    call = on_the_line(home, sandbox)
    for _ in range(3):
        sandbox.callee.use_tool("opt_out", sandbox.callee.event_of(call.call_id), {"words": "Stop."})
    found = contact(home)
    assert sum(event["type"] == "suppression.added" for event in found["events"]) == 1
    assert sum(message["channel"] == "note" for message in found["messages"]) == 1


@pytest.mark.parametrize("noted", ["not_now", "booked", "transferred", "human_answered"])
def test_what_the_analysis_makes_of_it_takes_nothing_back(home: House, sandbox: Sandbox, noted: str) -> None:
    call = on_the_line(home, sandbox)
    sandbox.callee.use_tool("opt_out", sandbox.callee.event_of(call.call_id), {"words": "Stop."})
    sandbox.finish_call(call.call_id, noted)
    assert suppressed(home)
    [sequence] = contact(home)["sequences"]
    assert sequence["outcome"] == "opted_out"


def test_a_complaint_in_the_same_call_is_heard_too(home: House, sandbox: Sandbox) -> None:
    call = on_the_line(home, sandbox)
    sandbox.callee.use_tool("opt_out", sandbox.callee.event_of(call.call_id), {"words": "This is harassment."})
    sandbox.finish_call(call.call_id, "complained")
    home.settle()
    assert suppressed(home)
    assert any("complained" in alert for alert in alerts(sandbox))


def test_a_voicemail_opts_nobody_out(home: House, sandbox: Sandbox) -> None:
    call = on_the_line(home, sandbox)
    sandbox.finish_call(call.call_id, "voicemail_reached", analysis={"outcome": "opted_out"})
    assert not suppressed(home)


def test_a_call_that_is_none_of_ours_is_known_by_its_number(web: Web) -> None:
    """They rang the agent's number, or somebody tries the agent in Retell's dashboard."""
    call = {"call_id": "call_9", "agent_id": "agent_1", "from_number": OTHER, "to_number": "+441174960001"}
    assert use(web, {"name": "opt_out", "call": call | {"direction": "inbound"}, "args": {}}).status_code == 200
    looked = web.post("/v1/gate/check", {"phone": OTHER, "channel": "sms", "purpose": "service"})
    assert looked.get_json()["reason"] == "opted_out"
    nobody = {"call_id": "call_10", "agent_id": "agent_1", "call_type": "web_call"}
    refused = use(web, {"name": "opt_out", "call": nobody, "args": {}})
    assert (refused.status_code, "opt-out" in refused.get_json()["remedy"]) == (404, True)


def test_only_retell_may_use_it(web: Web) -> None:
    call = {"call_id": "call_9", "agent_id": "agent_1", "to_number": OTHER}
    assert use(web, {"name": "opt_out", "call": call}, key="not the key").status_code == 403
    assert use(web, {"name": "opt_out", "call": {"agent_id": "agent_1"}}).status_code == 422
    assert web.client.post(PATH, data="{").status_code == 400
    looked = web.post("/v1/gate/check", {"phone": OTHER, "channel": "sms", "purpose": "service"})
    assert looked.get_json()["reason"] != "opted_out"
