from __future__ import annotations

import json
from typing import Any

import pytest
import urllib3
from hubspot.crm.objects.exceptions import ApiException

from sidecar.crm.hubspot.refusals import MISSING_PROPERTY, refusal_of
from sidecar.crm.port import CrmError

DOING, SCOPE = "searching contacts", "crm.objects.contacts.read"


def answered(status: int, body: Any = None, headers: dict[str, str] | None = None) -> Exception:
    problem: Exception = ApiException(status=status, reason="")
    problem.body = body if isinstance(body, str) else json.dumps(body or {})  # type: ignore[attr-defined]
    problem.headers = headers or {}  # type: ignore[attr-defined]
    return problem


@pytest.mark.parametrize(
    ("problem", "code", "temporary"),
    [
        (answered(401), "http_401", False),
        (answered(403), "http_403", False),
        (answered(404), "http_404", False),
        (answered(409), "http_409", False),
        (answered(400, {"category": "VALIDATION_ERROR"}), "VALIDATION_ERROR", False),
        (answered(302), "http_302", False),
        (answered(429), "http_429", True),
        (answered(502), "http_502", True),
        (answered(500, "<html>not JSON</html>"), "http_500", True),
        (urllib3.exceptions.ReadTimeoutError(None, "", ""), "timeout", True),  # type: ignore[arg-type]
        (urllib3.exceptions.ConnectTimeoutError(None, ""), "timeout", True),
        (urllib3.exceptions.NewConnectionError(None, ""), "unreachable", True),  # type: ignore[arg-type]
        (urllib3.exceptions.ProtocolError("cut"), "broken", True),
        (urllib3.exceptions.SSLError("self-signed"), "tls", True),
        (answered(0), "tls", True),
        (KeyError("results"), "unreadable", False),
    ],
)
def test_every_failure_says_whether_later_can_help(problem: Exception, code: str, temporary: bool) -> None:
    error = refusal_of(problem, DOING, SCOPE).error
    assert (error.code, error.temporary) == (code, temporary)
    assert DOING in str(error)


def test_the_scope_that_hubspot_asks_for_is_named() -> None:
    body = {"errors": [{"context": {"requiredGranularScopes": ["crm.objects.deals.read"]}}]}
    assert "crm.objects.deals.read" in str(refusal_of(answered(403, body), DOING, SCOPE).error)
    assert SCOPE in str(refusal_of(answered(403), DOING, SCOPE).error)


def test_a_missing_property_is_recognised() -> None:
    inner = json.dumps([{"name": "recovery_opt_out", "error": MISSING_PROPERTY}])
    body = {"category": "VALIDATION_ERROR", "message": f"Property values were not valid: {inner}"}
    assert refusal_of(answered(400, body), DOING, SCOPE).error.code == MISSING_PROPERTY


@pytest.mark.parametrize(
    ("headers", "body", "pause"),
    [
        ({"Retry-After": "7"}, {}, 7.0),
        ({"Retry-After": "soon"}, {}, 1.0),
        ({}, {"policyName": "SECONDLY"}, 1.0),
        ({}, {"policyName": "TEN_SECONDLY_ROLLING"}, 10.0),
        ({}, {"policyName": "DAILY"}, 300.0),
    ],
)
def test_how_long_to_stay_away(headers: dict[str, str], body: dict[str, str], pause: float) -> None:
    assert refusal_of(answered(429, body, headers), DOING, SCOPE).pause == pause


def test_a_persons_details_are_not_repeated() -> None:
    body = {"message": "Contact priya@example.org +447700900123 is bad", "category": "X priya@example.org"}
    error = refusal_of(answered(400, body), DOING, SCOPE).error
    assert "priya" not in str(error) + error.code
    assert "7700900123" not in str(error)


def test_a_tls_error_under_the_sdks_stumble_is_found() -> None:
    stumble = AttributeError("'NoneType' object has no attribute 'decode'")
    stumble.__context__ = ApiException(status=0, reason="SSLError")
    assert refusal_of(stumble, DOING, SCOPE).error.code == "tls"


def test_our_own_error_passes() -> None:
    error = CrmError("no", temporary=True, code="rate_limited")
    assert refusal_of(error, DOING, SCOPE).error is error
