"""``any-phone-system.json`` in a real n8n: a missed call that some phone system posts, and what it is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.flows.n8n.servers import exchange, until
from tests.flows.n8n.stack import SECOND_LATE
from tests.flows.n8n.workflows import for_client, path_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.flows.n8n.stack import Lead, Published, Stack

    Post = Callable[..., tuple[int, dict[str, Any]]]

pytestmark = pytest.mark.n8n


@pytest.fixture(scope="module")
def key(stack: Stack) -> dict[str, str]:
    """The header that the phone system sends."""
    return stack.key_header("Phone system")


@pytest.fixture(scope="module")
def workflow(stack: Stack, key: dict[str, str]) -> Published:
    """The workflow, published."""
    return stack.publish("any-phone-system")


@pytest.fixture
def post(stack: Stack, workflow: Published, key: dict[str, str]) -> Post:
    """What the phone system does: post a call as JSON or as a form, and read the answer."""

    def posted(call: dict[str, Any], *, form: bool = False, path: str = workflow.path) -> tuple[int, dict[str, Any]]:
        body: dict[str, Any] = {"data": call} if form else {"json": call}
        answer = requests.post(stack.n8n.url + path, headers=key, timeout=90, **body)
        return answer.status_code, answer.json()

    return posted


def call_of(lead: Lead, **more: Any) -> dict[str, Any]:
    """A missed call, as a simple phone system tells it."""
    return {"call_id": f"pbx-{lead.phone}", "to": SECOND_LATE, "from": lead.phone, **more}


@pytest.mark.parametrize("form", [False, True])
def test_a_missed_call_is_taken_and_texted_at_once(stack: Stack, workflow: Published, post: Post, form: bool) -> None:
    lead = stack.lead()
    assert post(call_of(lead), form=form) == (200, {"taken": True, "decision": "opened", "reason": "no_answer"})
    execution = stack.ended(lead, of=workflow)
    assert (execution.status, execution.last_node) == ("success", "The sidecar goes on")
    assert execution.outputs("Text the caller")[0]["result"] == "sent"
    assert len(stack.texts(lead)) == 1


def test_a_call_that_is_told_twice_is_texted_once(stack: Stack, workflow: Published, post: Post) -> None:
    lead = stack.lead()
    for _ in range(2):
        status, answer = post(call_of(lead))
        assert (status, answer["decision"]) == (200, "opened")
    ended = [stack.ended(lead, of=workflow, nth=nth) for nth in (1, 2)]
    assert [execution.outputs("Text the caller")[0]["result"] for execution in ended] == ["sent", "sent"]
    assert len(stack.texts(lead)) == 1


@pytest.mark.parametrize(
    ("more", "decision"), [({"missed": "false"}, "answered"), ({"from": ""}, "ignored"), ({"from": None}, "ignored")]
)
def test_what_is_no_missed_call_of_somebody_is_left_alone(
    stack: Stack, post: Post, more: dict[str, Any], decision: str
) -> None:
    lead = stack.lead()
    status, answer = post(call_of(lead, **more))
    assert (status, answer["taken"], answer["decision"]) == (200, True, decision)
    assert stack.touched(lead) == (0, 0, 0)


def test_who_said_stop_is_not_texted_though_they_ring(stack: Stack, workflow: Published, post: Post) -> None:
    lead = stack.lead()
    post(call_of(lead))
    stack.ended(lead, of=workflow)
    stack.says(lead, SECOND_LATE, "STOP")
    before = stack.touched(lead)
    status, answer = post(call_of(lead, call_id="another"))
    assert (status, answer["decision"]) == (200, "suppressed")
    assert stack.ended(lead, of=workflow, nth=2).last_node == "Nothing to do"
    assert stack.touched(lead) == before


@pytest.mark.parametrize(
    ("more", "status", "reason"),
    [({"to": "+441174960999"}, 404, "No business here has the number +44 •••999"),
     ({"call_id": ""}, 422, "`call_id`: "),
     ({"to": "the office"}, 422, "is not a phone number: give its digits with the country (+44 …)")],
)  # fmt: skip
def test_a_call_that_cannot_be_meant_is_refused_with_the_reason(
    stack: Stack, workflow: Published, post: Post, more: dict[str, Any], status: int, reason: str
) -> None:
    lead = stack.lead()
    answered, answer = post(call_of(lead, **more))
    assert (answered, answer["taken"]) == (status, False)
    assert reason in answer["reason"]
    assert stack.ended(lead, of=workflow).last_node == "Call refused"
    assert stack.touched(lead) == (0, 0, 0)


def test_what_is_our_own_fault_is_not_put_on_the_phone_system(stack: Stack, key: dict[str, str], post: Post) -> None:
    """A key that the sidecar does not take: the phone system hears 502, on which it may come again."""
    stack.sandbox.reply("/hooks/strict/v1/calls", 401, body={"title": "no such key"})
    strict = for_client("any-phone-system", "strict", sidecar_url=f"{stack.sandbox.receiver_url}/hooks/strict")
    stack.api.create_workflow(strict)
    stack.n8n.wait_for_webhook(path_of(strict))
    status, answer = post(call_of(stack.lead()), path=path_of(strict))
    assert (status, answer["taken"]) == (502, False)


def test_who_has_not_the_key_is_refused(stack: Stack, workflow: Published) -> None:
    lead = stack.lead()
    assert exchange(stack.n8n.url + workflow.path, "POST", call_of(lead))[0] == 403
    assert stack.touched(lead) == (0, 0, 0)


def test_a_sidecar_that_is_away_gets_the_call_when_it_is_back(stack: Stack, workflow: Published, post: Post) -> None:
    lead = stack.lead()
    stack.sidecar.stop()
    try:
        status, answer = post(call_of(lead))
        assert (status, answer["taken"]) == (202, False)
        stack.execution(lead, "another try", lambda it: it.count("Try again soon"), of=workflow)
    finally:
        stack.sidecar.start()
    execution = stack.ended(lead, of=workflow)
    assert (execution.status, execution.last_node) == ("success", "The sidecar goes on")
    until(lambda: len(stack.texts(lead)) == 1, "the text")
