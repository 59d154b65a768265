"""What every answer keeps to: bodies, problems, headers, the log, the operations' own pages."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from sidecar.engine.results import Conflict, EngineError, Invalid, NotFound
from sidecar.web.problem import LIMIT, pointer_to
from tests.support.contract import conforms
from tests.unit.web.conftest import HEADERS, NUMBER, FakeSidecar

if TYPE_CHECKING:
    from flask.testing import FlaskClient

CALLER = "+447700900123"
CALL = {"call_id": "c", "to": NUMBER, "from": CALLER, "missed": True}


def report(client: FlaskClient, **how: Any) -> Any:
    answer = client.post("/v1/calls", **{"json": CALL, "headers": HEADERS, **how})
    conforms("POST", "/v1/calls", answer)
    return answer


def test_a_good_call_reaches_the_engine_as_a_value(client: FlaskClient, fake: FakeSidecar) -> None:
    assert report(client).get_json()["sequence"] == {"id": "seq_1"}
    [(business, told, source, flow)] = fake.intake.reports
    assert (business, told.to, told.caller, told.missed, source, flow) == ("acme", NUMBER, CALLER, True, "api", None)
    assert told.at == fake.clock.now()


@pytest.mark.parametrize(
    ("raw", "kind", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b"[1]", "application/json", 400),
        (b"null", "application/json", 400),
        (b'{"call_id": "\xff"}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"a": 1e999}', "application/json", 422),
        (b"{}", "text/plain", 415),
        (b"{}", "", 415),
        (b"<a/>", "application/xml", 415),
        (b"call_id=1&call_id=2", "application/x-www-form-urlencoded", 422),
        (b"call_id=%00", "application/x-www-form-urlencoded", 422),
        (b"flow=x&flow.platform=n8n", "application/x-www-form-urlencoded", 422),
        (b"", "application/x-www-form-urlencoded", 422),
        (b"\xff=\xfe", "application/x-www-form-urlencoded", 422),
    ],
)
def test_a_body_that_cannot_be_read_is_a_problem(client: FlaskClient, raw: bytes, kind: str, status: int) -> None:
    answer = report(client, json=None, data=raw, content_type=kind)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), answer.text


def test_json_with_a_suffix_is_json(client: FlaskClient) -> None:
    answer = report(
        client, json=None, data=json.dumps(CALL), content_type="application/cloudevents+json; charset=utf-8"
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
def test_a_body_over_the_limit_is_413(client: FlaskClient, kind: str) -> None:
    answer = report(client, json=None, data=b"x=" + b"y" * LIMIT, content_type=kind)
    assert (answer.status_code, answer.get_json()["type"]) == (413, "/docs#too-large")
    assert "256 KiB" in answer.get_json()["remedy"]


@pytest.mark.parametrize(("size", "status"), [(LIMIT, 400), (LIMIT + 1, 413), (3 * LIMIT, 413)])
def test_a_body_without_a_length_is_measured_as_it_comes(client: FlaskClient, size: int, status: int) -> None:
    headers = HEADERS | {"Transfer-Encoding": "chunked"}
    chunked = {"wsgi.input_terminated": True, "wsgi.input": io.BytesIO(b"y" * size), "CONTENT_LENGTH": ""}
    answer = client.post("/v1/calls", headers=headers, content_type="application/json", environ_overrides=chunked)
    assert answer.status_code == status, answer.text


def test_a_form_without_a_length_arrives_whole(client: FlaskClient, fake: FakeSidecar) -> None:
    raw = urlencode(CALL | {"missed": "true", "caller_name": "Ann"}).encode()
    chunked = {"wsgi.input_terminated": True, "wsgi.input": io.BytesIO(raw), "CONTENT_LENGTH": ""}
    kind = "application/x-www-form-urlencoded"
    assert client.post("/v1/calls", headers=HEADERS, content_type=kind, environ_overrides=chunked).status_code == 200
    assert fake.intake.reports[0][1].caller_name == "Ann"


def test_hooks_take_no_more_either(client: FlaskClient) -> None:
    for path in ("/twilio/sms", "/retell/events"):
        assert (
            client.post(path, data=b"a=" + b"b" * LIMIT, content_type="application/x-www-form-urlencoded").status_code
            == 413
        )


@pytest.mark.parametrize(
    ("fault", "status", "pointer"),
    [
        (NotFound("no sequence of +447700900123", field="sequence_id", remedy="look"), 404, "/sequence_id"),
        (Invalid("no", field="numbers[0].e164", remedy="mend"), 422, "/numbers/0/e164"),
        (Conflict("closed", remedy="wait"), 409, ""),
    ],
)
def test_what_the_engine_refuses_is_a_problem(
    client: FlaskClient, fake: FakeSidecar, fault: EngineError, status: int, pointer: str
) -> None:
    fake.intake.fault = fault
    answer = client.post("/v1/calls", json=CALL, headers=HEADERS)
    assert (answer.status_code, answer.get_json()["pointer"], answer.get_json()["remedy"]) == (
        status,
        pointer,
        fault.remedy,
    )
    assert "7700900123" not in answer.text


def test_what_breaks_is_an_incident_in_the_log_and_nothing_else_in_the_answer(
    client: FlaskClient, fake: FakeSidecar, said: list[Any]
) -> None:
    fake.intake.fault = KeyError(f"secret of {CALLER}")
    answer = report(client)
    problem = answer.get_json()
    assert (answer.status_code, problem["type"]) == (500, "/docs#internal")
    assert problem["incident"] in problem["detail"]
    for leak in ("secret", "KeyError", "Traceback", CALLER[4:]):
        assert leak not in answer.text
    [broke] = [entry for entry in said if entry["event"] == "request_broke"]
    assert broke["incident"] == problem["incident"]


def test_the_log_has_the_rule_and_never_the_path_the_query_or_the_body(client: FlaskClient, said: list[Any]) -> None:
    report(client)
    client.get("/u/secret-token?phone=" + CALLER)
    client.post("/nowhere/secret-path")
    lines = [entry for entry in said if entry["event"] == "request"]
    assert [(line["method"], line["route"], line["status"]) for line in lines][0::2] == [
        ("POST", "/v1/calls", 200),
        ("POST", "(none)", 404),
    ]
    assert (lines[0]["business"], lines[0]["key"]) == ("acme", "key_1")
    assert all(isinstance(line["ms"], float) for line in lines)
    for leak in ("secret", CALLER, "good"):
        assert leak not in json.dumps(lines)


@pytest.mark.parametrize("path", ["/healthz", "/v1/calls", "/docs", "/nowhere"])
def test_every_answer_carries_the_headers_that_keep_browsers_out_of_trouble(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/healthz/", "/v1/calls/", "//healthz", "/v1//calls", "/", "/v1"])
def test_no_path_redirects(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.get_json()["type"]) == (404, "/docs#not-found")


def test_other_methods(client: FlaskClient) -> None:
    assert client.head("/healthz").status_code == 200
    assert client.options("/v1/calls").headers["Allow"]
    wrong = client.put("/v1/calls")
    assert (wrong.status_code, "POST" in wrong.headers["Allow"]) == (405, True)
    assert client.open("/healthz", method="BREW").status_code == 405
    assert 'method="(other)"' in client.get("/metrics").text


def test_health_and_readiness(client: FlaskClient, fake: FakeSidecar) -> None:
    assert client.get("/healthz").get_json() == {"ok": True}
    assert client.get("/readyz").status_code == 200
    fake.checks = [("database", False, "OperationalError")]
    answer = client.get("/readyz")
    conforms("GET", "/readyz", answer)
    assert (answer.status_code, answer.get_json()["ready"]) == (503, False)


def test_metrics_are_prometheus_text(client: FlaskClient) -> None:
    report(client)
    text = client.get("/metrics").text
    assert 'recovery_requests_total{method="POST",route="/v1/calls",status="200"} 1' in text.splitlines()
    assert "recovery_steps_due 3" in text.splitlines()
    assert all(line.startswith(("#", "recovery_")) for line in text.splitlines())


def test_the_docs_are_one_page_without_scripts_or_strangers(client: FlaskClient) -> None:
    page = client.get("/docs")
    assert page.mimetype == "text/html"
    assert "<script" not in page.text
    assert "http" not in page.text.replace("https://n8n.example", "").replace("https://hook", "").partition("<main>")[0]
    for wanted in ('id="claim-refused"', "/v1/sequences/{sequence_id}/steps/{name}/run", "flow.platform"):
        assert wanted in page.text
    assert "<li><strong>Keys</strong> name the businesses" in page.text  # descriptions are CommonMark
    assert "**" not in page.text


@pytest.mark.parametrize(
    ("field", "pointer"),
    [("", ""), ("to", "/to"), ("a.b", "/a/b"), ("a[0].b", "/a/0/b"), ("/x", "/x"), ("a/b", "/a~1b")],
)
def test_fields_become_pointers(field: str, pointer: str) -> None:
    assert pointer_to(field) == pointer
