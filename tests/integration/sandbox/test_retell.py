"""The real Retell SDK against the sandbox, and its webhooks verified by the SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sidecar.sandbox import Sandbox
    from tests.integration.sandbox.conftest import Application
    from tests.support.clock import ManualClock

OURS, THEIRS = "+441174960001", "+447700900123"


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Any]:
    from retell import Retell

    with Retell(api_key=sandbox.retell_api_key, base_url=sandbox.retell_url, max_retries=0) as sdk:
        yield sdk


def place(client: Any, **changes: Any) -> Any:
    return client.call.create_phone_call(
        **{
            "from_number": OURS,
            "to_number": THEIRS,
            "override_agent_id": "agent_7",
            "metadata": {"sequence_id": "seq_1", "step_id": "callback", "attempt": 1},
            "retell_llm_dynamic_variables": {"first_name": "Maya"},
        }
        | changes
    )


def by_metadata(**values: str) -> dict[str, Any]:
    return {"metadata": [{"type": "string", "op": "eq", "key": k, "value": v} for k, v in values.items()]}


def test_a_call_is_placed_and_found_by_its_metadata(sandbox: Sandbox, client: Any) -> None:
    sandbox.voice_script("booked", when="asked")
    call = place(client)

    assert (call.call_status, call.agent_id, call.direction) == ("registered", "agent_7", "outbound")
    (placed,) = sandbox.calls_placed
    assert (placed.call_id, placed.to, placed.from_) == (call.call_id, THEIRS, OURS)
    assert placed.dynamic_variables == {"first_name": "Maya"}
    found = client.call.list(filter_criteria=by_metadata(sequence_id="seq_1", step_id="callback"))
    assert [(one.call_id, one.metadata["attempt"]) for one in found.items] == [(call.call_id, 1)]
    assert client.call.list(filter_criteria=by_metadata(sequence_id="seq_2")).items == []
    number = {"to_number": {"type": "string", "op": "eq", "value": THEIRS}}
    assert client.call.list(filter_criteria=number, include_total=True).total == 1
    assert client.call.retrieve(call.call_id).call_id == call.call_id


def test_pages_are_followed(sandbox: Sandbox, client: Any, clock: ManualClock) -> None:
    sandbox.voice_script("booked", when="asked")
    ids = []
    for _ in range(3):
        ids.append(place(client).call_id)
        clock.advance(seconds=1)

    first = client.call.list(limit=2)
    rest = client.call.list(limit=2, pagination_key=first.pagination_key)
    assert [one.call_id for one in first.items + rest.items] == ids[::-1]
    assert (first.has_more, rest.has_more) == (True, False)


@pytest.mark.parametrize(
    "changes",
    [
        {"to_number": "07700 900123"},
        {"retell_llm_dynamic_variables": {"attempt": 1}},
        {"extra_body": {"agent_id": "agent_7"}},
        {"metadata": "seq_1"},
    ],
)
def test_what_retell_would_refuse_is_refused(sandbox: Sandbox, client: Any, changes: dict[str, Any]) -> None:
    from retell import BadRequestError

    with pytest.raises(BadRequestError) as caught:
        place(client, **changes)
    assert caught.value.response.json()["status"] == "error"
    assert sandbox.calls_placed == []


@pytest.mark.parametrize(
    "criteria",
    [
        {"metadata": {"sequence_id": "seq_1"}},
        {"to_number": [THEIRS]},
        {"metadata": [{"type": "string", "op": "is", "key": "a", "value": "b"}]},
        {"colour": "red"},
        {"metadata": [{"type": "string", "op": "eq", "value": "b"}]},
    ],
)
def test_filters_of_another_shape_are_refused(sandbox: Sandbox, client: Any, criteria: dict[str, Any]) -> None:
    from retell import BadRequestError

    sandbox.voice_script("booked", when="asked")
    place(client)
    with pytest.raises(BadRequestError):
        client.call.list(filter_criteria=criteria)


def test_keys_numbers_and_limits(sandbox: Sandbox, client: Any) -> None:
    from retell import AuthenticationError, BadRequestError, RateLimitError, Retell, UnprocessableEntityError

    stranger = Retell(api_key="wrong", base_url=sandbox.retell_url, max_retries=0)
    with stranger, pytest.raises(AuthenticationError):
        stranger.call.list()
    sandbox.retell_number(OURS, "retell-twilio")
    with pytest.raises(BadRequestError, match="United States only"):
        place(client)
    with pytest.raises(UnprocessableEntityError):
        place(client, from_number="+441174960002")
    sandbox.fault("retell", "calls.create", "status", status=429)
    with pytest.raises(RateLimitError):
        place(client)
    assert client.concurrency.retrieve().current_concurrency == 0
    assert [one.phone_number for one in client.phone_number.list().items] == [OURS]


def test_the_same_idempotency_key_places_one_call(sandbox: Sandbox, client: Any) -> None:
    first, second = (place(client, idempotency_key="step-1-attempt-1") for _ in range(2))

    assert first.call_id == second.call_id
    assert len(sandbox.calls_placed) == 1


def events(app: Application) -> list[tuple[str, str]]:
    return [(one.body["event"], one.body["call"]["call_status"]) for one in app.seen]


def test_a_booked_call_tells_its_story_signed(sandbox: Sandbox, client: Any, app: Application) -> None:
    from retell.lib.webhook_auth import symmetric

    sandbox.point_at(app.url)
    sandbox.voice_script("booked", ring_seconds=12, talk_seconds=48, analysis={"slot": "Tuesday"})
    call = place(client)
    sandbox.settle()

    assert events(app) == [("call_started", "ongoing"), ("call_ended", "ended"), ("call_analyzed", "ended")]
    assert app.paths == ["/retell/events"] * 3
    at_ms = int(sandbox.now().timestamp() * 1000)
    for one in app.seen:
        verify = symmetric["verify"]
        raw, signature = one.raw.decode(), one.headers["x-retell-signature"]
        assert verify(raw, sandbox.retell_api_key, signature, {"timestamp": at_ms})
        assert not verify(raw, "another", signature, {"timestamp": at_ms})
        assert set(one.body) == {"event", "call"}
    ended, analysed = (one.body["call"] for one in app.seen[1:])
    assert "call_analysis" not in ended
    assert (ended["disconnection_reason"], ended["duration_ms"]) == ("agent_hangup", 48_000)
    assert ended["end_timestamp"] - ended["start_timestamp"] == 48_000
    assert ended["metadata"]["sequence_id"] == "seq_1"
    assert analysed["call_analysis"]["custom_analysis_data"] == {"outcome": "booked", "slot": "Tuesday"}
    assert client.call.retrieve(call.call_id).call_analysis.call_successful is True


@pytest.mark.parametrize(
    ("outcome", "events_told", "status"),
    [
        ("dial_no_answer", ["call_ended", "call_analyzed"], "not_connected"),
        ("concurrency_limit_reached", ["call_ended", "call_analyzed"], "not_connected"),
        ("voicemail_reached", ["call_started", "call_ended", "call_analyzed"], "ended"),
        ("error_llm_websocket_open", ["call_started", "call_ended", "call_analyzed"], "error"),
    ],
)
def test_a_call_that_does_not_connect_never_starts(
    sandbox: Sandbox, client: Any, *, outcome: str, events_told: list[str], status: str, app: Application
) -> None:
    sandbox.point_at(app.url)
    sandbox.voice_script(outcome, THEIRS)
    place(client)
    sandbox.settle()

    assert [name for name, _ in events(app)] == events_told
    last = app.seen[-1].body["call"]
    assert (last["disconnection_reason"], last["call_status"]) == (outcome, status)
    assert last["call_analysis"]["in_voicemail"] is (outcome == "voicemail_reached")


def test_a_ringing_call_is_stopped(sandbox: Sandbox, client: Any, app: Application) -> None:
    from retell import BadRequestError

    sandbox.point_at(app.url)
    sandbox.voice_script("booked", when="asked")
    call = place(client)
    client.call.stop(call.call_id)
    sandbox.settle()

    assert [name for name, _ in events(app)] == ["call_ended", "call_analyzed"]
    assert app.seen[0].body["call"]["disconnection_reason"] == "manual_stopped"
    with pytest.raises(BadRequestError):
        client.call.stop(call.call_id)
    with pytest.raises(KeyError):
        sandbox.finish_call(call.call_id)


def test_a_call_ends_when_it_is_due_or_when_it_is_told(
    sandbox: Sandbox, client: Any, app: Application, clock: ManualClock
) -> None:
    sandbox.point_at(app.url)
    sandbox.voice_script("not_now", when="when_due", ring_seconds=10, talk_seconds=30)
    due = place(client)
    clock.advance(seconds=39)
    assert sandbox.tick() == []
    clock.advance(seconds=1)
    assert sandbox.tick() == [due.call_id]

    sandbox.voice_script("dial_no_answer", when="asked")
    asked = place(client)
    answers = sandbox.finish_call(asked.call_id, "transferred", transfer_to="+447700900700")
    assert [answer.status for answer in answers] == [200] * 3
    assert client.call.retrieve(asked.call_id).transfer_destination == "+447700900700"


def test_a_webhook_without_2xx_comes_three_times(sandbox: Sandbox, client: Any, app: Application) -> None:
    sandbox.point_at(app.url)
    app.status = 500
    place(client)
    sandbox.settle()

    assert [name for name, _ in events(app)] == ["call_ended"] * 3 + ["call_analyzed"] * 3


def test_a_forged_event(sandbox: Sandbox, client: Any, app: Application) -> None:
    from retell.lib.webhook_auth import symmetric

    sandbox.point_at(app.url)
    sandbox.voice_script("booked", when="asked")
    call = sandbox.callee.event_of(place(client).call_id)
    sandbox.callee.post("call_ended", call, sign="wrong")
    sandbox.callee.post("call_ended", call, sign="none")

    at_ms = int(sandbox.now().timestamp() * 1000)
    wrong, unsigned = app.seen
    signature = wrong.headers["x-retell-signature"]
    assert not symmetric["verify"](wrong.raw.decode(), sandbox.retell_api_key, signature, {"timestamp": at_ms})
    assert "x-retell-signature" not in unsigned.headers


def test_an_agent_as_code(sandbox: Sandbox, client: Any, app: Application) -> None:
    from retell import UnprocessableEntityError

    llm = client.llm.create(
        start_speaker="agent",
        begin_message="Hello, this is an AI assistant.",
        general_prompt="Be brief.",
        general_tools=[{"type": "end_call", "name": "end_call"}],
        starting_state="greet",
        states=[
            {
                "name": "greet",
                "state_prompt": "Greet.",
                "edges": [{"destination_state_name": "book", "description": "They want a visit."}],
            },
            {"name": "book", "state_prompt": "Book."},
        ],
        default_dynamic_variables={"first_name": ""},
    )
    agent = client.agent.create(
        response_engine={"type": "retell-llm", "llm_id": llm.llm_id},
        voice_id="11labs-Adrian",
        agent_name="Callback",
        max_call_duration_ms=180_000,
        ring_duration_ms=20_000,
        webhook_url=f"{app.url}/own/events",
        post_call_analysis_data=[
            {
                "type": "enum",
                "name": "outcome",
                "description": "How it ended",
                "choices": ["booked", "not_now"],
            }
        ],
    )
    client.agent.publish(agent.agent_id, version=agent.version)

    assert client.agent.retrieve(agent.agent_id).is_published is True
    assert client.llm.retrieve(llm.llm_id).starting_state == "greet"
    place(client, override_agent_id=agent.agent_id)
    sandbox.settle()
    assert set(app.paths) == {"/own/events"}
    with pytest.raises(UnprocessableEntityError):
        place(client, override_agent_id="agent_unknown")


def test_agents_that_retell_would_refuse(client: Any) -> None:
    from retell import BadRequestError

    llm = client.llm.create(start_speaker="agent")
    agent = client.agent.create(response_engine={"type": "retell-llm", "llm_id": llm.llm_id}, voice_id="v")
    with pytest.raises(BadRequestError, match="max_call_duration_ms"):
        client.agent.update(agent.agent_id, max_call_duration_ms=1000)
    with pytest.raises(BadRequestError, match="starting_state"):
        client.llm.create(start_speaker="agent", states=[{"name": "greet"}], starting_state="hello")


@pytest.mark.parametrize("details", [{"outcome": "abducted"}, {"outcome": "booked", "when": "someday"}])
def test_a_script_that_no_call_can_follow_is_refused(sandbox: Sandbox, details: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"unknown|use at_once"):
        sandbox.voice_script(**details)
