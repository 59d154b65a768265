"""How bundles flow: routes, filters, error routes, incomplete executions, and what a run costs.

A test that plays a sentence of the documents has it above it, with its page.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.flows.make.scenario import Scenario
from tests.flows.make.shapes import directive, hook, only_if, post, post_3, router, stored
from tests.flows.make.values import NotKnown
from tests.support.flows import blueprint, module

if TYPE_CHECKING:
    from sidecar.sandbox import Sandbox
    from tests.flows.make.modules import Account
    from tests.support.clock import ManualClock


def played(account: Account, *modules: dict[str, Any], bundle: Any = None, **settings: Any) -> Scenario:
    """A scenario that has run once."""
    scenario = Scenario(blueprint(hook(), *modules, scenario=settings), account)
    scenario.run(bundle or {})
    return scenario


def forms(sandbox: Sandbox) -> list[Any]:
    """What the receiver was sent, in order."""
    return [each.body for each in sandbox.received]


# -- routes and filters --------------------------------------------------------------------------------------------


def test_routes_run_one_after_the_other_each_to_its_end(account: Account, sandbox: Sandbox) -> None:
    # “Routes are processed sequentially, not in parallel. A bundle is not sent to the next route until it has been
    # completely processed by the previous route.” https://help.make.com/router
    url = sandbox.receiver_url + "/hooks/x"
    played(
        account,
        module(2, "builtin:BasicFeeder", {"array": "{{1.values}}"}),
        router(3, [post(4, url, {"at": "a{{2.value}}"}), post(5, url, {"at": "b{{2.value}}"})],
               [post(6, url, {"at": "c{{2.value}}"})]),
        bundle={"values": ["1", "2"]},
    )  # fmt: skip
    assert [form["at"] for form in forms(sandbox)] == ["a1", "b1", "c1", "a2", "b2", "c2"]


@pytest.mark.parametrize(("kind", "ran"), [("one", ["one"]), ("two", ["two"]), ("else", ["other"])])
def test_the_fallback_route_runs_only_if_no_other_has_passed(
    account: Account, sandbox: Sandbox, kind: str, ran: list[str]
) -> None:
    url = sandbox.receiver_url + "/hooks/x"
    routes = [
        [post(3, url, {"ran": "other"})],
        [post(4, url, {"ran": "one"}, filter=only_if("{{1.kind}}", "one"))],
        [post(5, url, {"ran": "two"}, filter=only_if("{{1.kind}}", "two"))],
    ]
    played(account, router(2, *routes, fallback=0), bundle={"kind": kind})
    assert [form["ran"] for form in forms(sandbox)] == ran


def test_a_filter_stops_what_follows_on_its_route_and_nothing_beside_it(account: Account, sandbox: Sandbox) -> None:
    url = sandbox.receiver_url + "/hooks/x"
    first = [post(3, url, {"at": "a"}), post(4, url, {"at": "b"}, filter=only_if("1", "2")), post(5, url, {"at": "c"})]
    played(account, router(2, first, [post(6, url, {"at": "d"})]))
    assert [form["at"] for form in forms(sandbox)] == ["a", "d"]


def test_operations_are_counted_but_not_for_routers_and_directives(account: Account, sandbox: Sandbox) -> None:
    # “When an error handler activates, it doesn't consume operations.” https://help.make.com/overview-of-error-
    # handling
    sandbox.reply("/hooks/bad", 500)
    bad = post(3, sandbox.receiver_url + "/hooks/bad", onerror=[directive(4, "Ignore")])
    scenario = played(account, router(2, [bad], [module(5, "util:FunctionSleep", {"duration": "30"})]))
    [run] = scenario.executions
    assert (run.operations, run.ran) == (3, ["http:MakeRequest (3)", "util:FunctionSleep (5)"])


# -- modules -------------------------------------------------------------------------------------------------------


def test_a_form_keeps_what_breaks_json_built_by_hand(account: Account, sandbox: Sandbox) -> None:
    said = 'He said "STOP"\nand & more = 50 % ünïcode'
    url = sandbox.receiver_url + "/hooks/x"
    json = post(4, url, mapper={"contentType": "json", "inputMethod": "jsonString",
                                "jsonStringBodyContent": '{"body": "{{1.said}}"}'})  # fmt: skip
    played(account, post(2, url, {"body": "{{1.said}}"}), post_3(3, url, {"body": "{{1.said}}"}, errors=True), json,
           bundle={"said": said})  # fmt: skip
    four, three, broken = forms(sandbox)
    assert four == three == {"body": said}
    assert isinstance(broken, str), "JSON built by hand is no JSON any more"


def test_an_answer_is_read_by_the_fields_of_its_version(account: Account, sandbox: Sandbox) -> None:
    # Genuine exports declare `data statusCode headers`; version 3 lists its headers, version 4 names them.
    sandbox.reply("/hooks/x", 202, body={"sequence": {"id": "s1"}})
    url = sandbox.receiver_url + "/hooks/x"
    read = {"four": "{{2.statusCode}} {{2.data.sequence.id}} {{2.headers.`content-type`}}",
            "three": "{{3.statusCode}} {{3.data.sequence.id}} {{3.headers[1].name}}"}  # fmt: skip
    scenario = played(
        account,
        post(2, url),
        post_3(3, url, {}, errors=True),
        module(4, "util:SetVariables", {"scope": "roundtrip", "variables": [
            {"name": name, "value": value} for name, value in read.items()]}),
        module(5, "util:GetVariables", {"variables": ["four", "three"]}),
    )  # fmt: skip
    [run] = scenario.executions
    assert run.outputs["util:GetVariables (5)"] == [
        {"four": "202 s1 application/json;charset=utf-8", "three": "202 s1 content-type"}
    ]


@pytest.mark.parametrize("stops", [True, False])
def test_an_http_error_is_an_error_only_where_the_module_says_so(
    account: Account, sandbox: Sandbox, stops: bool
) -> None:
    sandbox.reply("/hooks/bad", 409, body={"reason": "replied"})
    url = sandbox.receiver_url + "/hooks/bad"
    four = post(2, url, mapper={"stopOnHttpError": stops}, onerror=[directive(3, "Ignore")])
    three = post_3(4, url, {}, errors=stops, onerror=[directive(5, "Ignore")])
    seen = post(6, sandbox.receiver_url + "/hooks/seen", {"reason": "{{2.data.reason}} {{4.statusCode}}"})
    played(account, four, three, seen)
    assert [form["reason"] for form in forms(sandbox) if form] == ([] if stops else ["replied 409"])


def test_twilio_takes_the_text_or_its_refusal_is_the_modules_error(account: Account, sandbox: Sandbox) -> None:
    sandbox.twilio_number("+441174960001")
    send = {
        "fromType": "phone",
        "from": "+441174960001",
        "to": "{{1.to}}",
        "messageBody": "body",
        "body": "Hello {{1.to}}",
    }
    told = post(4, sandbox.receiver_url + "/hooks/x", {"failed": "{{1.to}}"})
    sms = module(2, "twilio:SendSMS", send, version=2, onerror=[told])
    sent = post(3, sandbox.receiver_url + "/hooks/x", {"sid": "{{2.sid}}"})
    played(account, sms, sent, bundle={"to": "+447700900301"})
    [refused] = played(account, sms, sent, bundle={"to": "no number"}).executions
    [text] = sandbox.texts
    assert (text.to, text.body) == ("+447700900301", "Hello +447700900301")
    assert forms(sandbox) == [{"sid": text.sid}, {"failed": "no number"}]
    [error] = refused.outputs["twilio:SendSMS (2)"]
    assert "21211" in error.message


@pytest.mark.parametrize(("duration", "works"), [("1", True), ("300", True), ("301", False), ("0", False)])
def test_a_sleep_takes_1_to_300_seconds(account: Account, clock: ManualClock, duration: str, works: bool) -> None:
    before = clock.now()
    [run] = played(account, module(2, "util:FunctionSleep", {"duration": duration})).executions
    assert (run.status == "success") is works
    assert clock.now() - before == timedelta(seconds=int(duration) if works else 0)


def test_text_that_is_no_json_fails_the_parser(account: Account) -> None:
    parse = module(2, "json:ParseJSON", {"json": '{"a": "{{1.a}}"}'}, onerror=[directive(3, "Resume", {"a": "none"})])
    told = module(4, "util:SetVariable2", {"name": "a", "scope": "roundtrip", "value": "{{2.a}}"})
    for said, read in [("fine", "fine"), ('"', "none")]:
        [run] = played(account, parse, told, bundle={"a": said}).executions
        assert run.variables == {"a": read}


# -- errors --------------------------------------------------------------------------------------------------------


def failing(sandbox: Sandbox, *error_route: dict[str, Any], status: int = 503) -> list[dict[str, Any]]:
    """For each of two values, a module that fails on the first, and one that follows it."""
    sandbox.reply("/hooks/first", status)
    base = sandbox.receiver_url + "/hooks/"
    return [
        module(2, "builtin:BasicFeeder", {"array": "{{1.values}}"}),
        post(3, base + "{{2.value}}", onerror=list(error_route)),
        post(4, base + "after", {"value": "{{2.value}}", "status": "{{3.statusCode}}"}),
    ]


BOTH = {"values": ["first", "second"]}


def after(sandbox: Sandbox) -> list[Any]:
    return [each.body for each in sandbox.received if each.path == "/hooks/after"]


@pytest.mark.parametrize(
    ("kind", "mapper", "followed", "status"),
    [
        ("Ignore", {}, [{"value": "second", "status": "200"}], "success"),
        ("Resume", {"statusCode": "substitute"},
         [{"value": "first", "status": "substitute"}, {"value": "second", "status": "200"}], "success"),
        ("Commit", {}, [], "success"),
        ("Rollback", {}, [], "error"),
        ("Break", {"retry": True, "count": 3, "interval": 5}, [{"value": "second", "status": "200"}], "warning"),
    ],
)  # fmt: skip
def test_what_a_directive_makes_of_the_bundle_and_of_those_behind_it(
    account: Account, sandbox: Sandbox, kind: str, mapper: dict[str, Any], followed: list[Any], status: str
) -> None:
    # https://help.make.com/quick-error-handling-reference: Break stores the bundle and processes the rest, Commit
    # stops with success, Ignore drops the bundle and processes the rest, Resume substitutes; Rollback stops with an
    # error, and the scenario stays on (https://make.com/en/help/errors/error-handlers/rollback-error-handler).
    scenario = played(account, *failing(sandbox, directive(5, kind, mapper)), bundle=BOTH)
    assert after(sandbox) == followed
    assert (scenario.executions[0].status, scenario.active) == (status, True)
    assert len(scenario.incomplete) == (1 if kind == "Break" else 0)


def test_an_error_route_without_a_directive_ignores_the_error(account: Account, sandbox: Sandbox) -> None:
    told = post(5, sandbox.receiver_url + "/hooks/told", {"failed": "{{2.value}}"})
    [run] = played(account, *failing(sandbox, told, status=429), bundle=BOTH).executions
    assert (run.status, after(sandbox)) == ("success", [{"value": "second", "status": "200"}])
    assert [each.body for each in sandbox.received if each.path == "/hooks/told"] == [{"failed": "first"}]
    assert run.outputs["http:MakeRequest (3)"][0].kind == "RateLimitError"


def test_an_error_that_nothing_handles_ends_the_run_and_switches_the_scenario_off(
    account: Account, sandbox: Sandbox
) -> None:
    scenario = played(account, *failing(sandbox), bundle=BOTH)
    [run] = scenario.executions
    assert (run.status, scenario.active, after(sandbox)) == ("error", False, [])
    assert run.error.startswith("http:MakeRequest (3): ConnectionError: 503")


def test_an_error_that_the_filter_of_the_error_route_stops_is_unhandled(account: Account, sandbox: Sandbox) -> None:
    # “If an error does not pass through the filter, it will be treated as if there is no error handler route defined.”
    # https://docs.axelor.com/connect-help-center/docs/HTML/en/errors/advanced-error-handling.html (a copy of Make's)
    ignored = directive(5, "Ignore") | {"filter": only_if("{{2.value}}", "second")}
    scenario = played(account, *failing(sandbox, ignored), bundle=BOTH)
    assert (scenario.executions[0].status, scenario.active) == ("error", False)


def test_an_error_route_may_have_one_of_its_own(account: Account, sandbox: Sandbox) -> None:
    told = post(5, sandbox.receiver_url + "/hooks/first", onerror=[directive(6, "Ignore")])
    scenario = played(account, *failing(sandbox, told), bundle=BOTH)
    assert (scenario.executions[0].status, scenario.active) == ("success", True)
    assert after(sandbox) == [{"value": "second", "status": "200"}]


def test_a_stored_execution_is_tried_again_from_the_module_that_failed(
    account: Account, sandbox: Sandbox, clock: ManualClock
) -> None:
    # “Make stores the error message, mappings and the remaining scenario flow as an incomplete execution. Depending
    # on the Break error handler settings, Make retries the incomplete scenario runs automatically or stores them
    # until you resolve them yourself.” https://make.com/en/help/errors/error-handlers/break-error-handler.html
    scenario = played(account, *failing(sandbox, stored(5, count=3, interval=5)), bundle=BOTH)
    assert scenario.next_due() == clock.now() + timedelta(minutes=5)
    scenario.retry_due()
    assert len(scenario.executions) == 1, "not before its time"
    clock.advance(minutes=5)
    scenario.retry_due()
    [left] = scenario.incomplete
    assert (left.left, left.due_at) == (2, clock.now() + timedelta(minutes=5))
    sandbox.receiver.clear()
    clock.advance(minutes=5)
    scenario.retry_due()
    assert scenario.incomplete == []
    assert after(sandbox) == [{"value": "second", "status": "200"}, {"value": "first", "status": "200"}]


def test_after_its_attempts_a_stored_execution_waits_for_a_person(
    account: Account, sandbox: Sandbox, clock: ManualClock
) -> None:
    scenario = played(account, *failing(sandbox, stored(5, count=2, interval=1)), bundle=BOTH)
    for _ in range(5):
        clock.advance(minutes=1)
        scenario.retry_due()
    [left] = scenario.incomplete
    assert (len(scenario.executions), left.due_at) == (3, None)
    sandbox.receiver.clear()
    scenario.replay(left)
    assert (scenario.incomplete, len(after(sandbox))) == ([], 2)


def test_nobody_at_the_other_end_is_a_connection_error(account: Account) -> None:
    [run] = played(account, post(2, "http://127.0.0.1:9/")).executions
    assert "ConnectionError" in run.error


def test_an_answer_that_takes_too_long_is_a_timeout(account: Account, sandbox: Sandbox) -> None:
    sandbox.fault("receiver", "hooks.post", "hang")
    [run] = played(account, post(2, sandbox.receiver_url + "/hooks/x", mapper={"timeout": "1"})).executions
    sandbox.release()
    assert "ModuleTimeoutError" in run.error


# -- what it does not know -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("modules", "settings", "what"),
    [
        ([module(2, "google-sheets:addRow", version=2)], {}, "google-sheets:addRow version 2"),
        ([module(2, "http:MakeRequest", version=3)], {}, "http:MakeRequest version 3"),
        ([router(2, [module(3, "slack:CreateMessage", version=4)])], {}, "slack:CreateMessage"),
        ([post(2, "x", onerror=[module(3, "slack:CreateMessage")])], {}, "slack:CreateMessage"),
        ([post(2, "x", onerror=[stored(3)])], {"dlq": False}, "incomplete executions"),
        ([directive(2, "Ignore")], {}, "outside an error route"),
        ([post(2, "{{md5(1.a)}}")], {}, "md5"),
        ([post(2, "{{1.a")], {}, "missing"),
    ],
)
def test_a_blueprint_with_something_unknown_is_refused_when_it_is_imported(
    account: Account, modules: list[dict[str, Any]], settings: dict[str, Any], what: str
) -> None:
    with pytest.raises(NotKnown, match=what):
        Scenario(blueprint(hook(), *modules, scenario=settings), account)


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"paginationType": "urlBased"}, "pages"),
        ({"shareCookies": True}, "cookies"),
        ({"contentType": "multipart"}, "multipart"),
        ({"proxy": "x"}, "proxy"),
    ],
)
def test_a_field_of_the_http_module_that_it_does_not_know_is_refused(
    account: Account, more: dict[str, Any], what: str
) -> None:
    with pytest.raises(NotKnown, match=what):
        played(account, post(2, "http://127.0.0.1:9/", mapper=more))
