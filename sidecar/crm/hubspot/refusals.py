"""What HubSpot's SDK raises, as the one error that the engine knows.

Each package of the SDK has exception classes of its own (`hubspot.crm.objects.exceptions.ApiException`
is not `hubspot.crm.pipelines.exceptions.ApiException`), all of the same shape: they are read by shape.
Their texts carry answers with people's details in them and are never repeated.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sidecar.crm.port import NOT_FOUND, CrmError

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNAUTHORISED, _FORBIDDEN, _NOT_FOUND, _CONFLICT, _TOO_MANY = 401, 403, 404, 409, 429
_SERVER_FAULT = 500
_SEARCH_PAUSE_SECONDS = 1.0
_TEN_SECONDLY_PAUSE_SECONDS = 10.0
_DAILY_PAUSE_SECONDS = 300.0
_WORD = re.compile(r"[A-Z][A-Z0-9_]{2,60}")
_SCOPE = re.compile(r"[a-z][a-z0-9_.\-]{2,60}")
MISSING_PROPERTY = "PROPERTY_DOESNT_EXIST"
CONFLICT = f"http_{_CONFLICT}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error for the engine, and how long HubSpot asked us to stay away (seconds; 0 = it did not)."""

    error: CrmError
    pause: float = 0.0


def refusal_of(problem: Exception, doing: str, scope: str) -> Refusal:
    """Read whatever the SDK raised while ``doing`` something that needs the private app's ``scope``."""
    if isinstance(problem, CrmError):
        return Refusal(problem)
    status = _status_of(problem)
    if status:
        return _refused(status, problem, doing, scope)
    names = {kind.__name__ for kind in _chain_of_kinds(problem)}
    if names & {"NewConnectionError", "NameResolutionError"}:
        return Refusal(CrmError(f"HubSpot could not be reached while {doing}", temporary=True, code="unreachable"))
    if "TimeoutError" in names:
        return Refusal(CrmError(f"HubSpot did not answer in time while {doing}", temporary=True, code="timeout"))
    if names & {"SSLError"} or status == 0:
        said = f"no trusted TLS with HubSpot while {doing}: check hubspot.base_url and certificates"
        return Refusal(CrmError(said, temporary=True, code="tls"))
    if "HTTPError" in names:
        return Refusal(CrmError(f"the connection to HubSpot broke while {doing}", temporary=True, code="broken"))
    said = f"HubSpot's answer could not be read while {doing} ({type(problem).__name__}): check hubspot.base_url"
    return Refusal(CrmError(said, temporary=False, code="unreadable"))


def _chain_of_kinds(problem: BaseException) -> list[type]:
    """Classes of the error and of what it hides: the SDK stumbles over a TLS error, which has no body."""
    kinds: list[type] = []
    seen: BaseException | None = problem
    while seen is not None:
        kinds.extend(type(seen).__mro__)
        seen = seen.__cause__ or seen.__context__
    return kinds


def _status_of(problem: BaseException | None) -> int | None:
    """The HTTP status; 0 where the SDK made an `ApiException` of a TLS error; ``None`` for anything else."""
    while problem is not None:
        status = getattr(problem, "status", None)
        if isinstance(status, int):
            return status
        problem = problem.__cause__ or problem.__context__
    return None


def _refused(status: int, problem: Exception, doing: str, scope: str) -> Refusal:
    answer = _answer_of(problem)
    code = _code_of(answer) or f"http_{status}"
    if status == _UNAUTHORISED:
        said = f"HubSpot refused the access token while {doing}: renew hubspot.access_token"
        return Refusal(CrmError(said, temporary=False, code="http_401"))
    if status == _FORBIDDEN:
        wanted = ", ".join(_scopes_in(answer)) or scope
        said = f"HubSpot forbade {doing}: give the private app the scope {wanted} and keep its token"
        return Refusal(CrmError(said, temporary=False, code="http_403"))
    if status == _TOO_MANY:
        said = f"HubSpot's rate limit was reached while {doing}"
        return Refusal(CrmError(said, temporary=True, code="http_429"), _pause_of(problem, answer))
    if status >= _SERVER_FAULT:
        said = f"HubSpot answered {status} while {doing}"
        return Refusal(CrmError(said, temporary=True, code=f"http_{status}"))
    if status == _NOT_FOUND:
        said = f"HubSpot has no such record (404) while {doing}: it may have been deleted or merged"
        return Refusal(CrmError(said, temporary=False, code=NOT_FOUND))
    if status == _CONFLICT:
        return Refusal(CrmError(f"HubSpot has it already (409) while {doing}", temporary=False, code=CONFLICT))
    return Refusal(CrmError(f"HubSpot answered {status} ({code}) while {doing}", temporary=False, code=code))


def _answer_of(problem: Exception) -> Mapping[str, Any]:
    body = getattr(problem, "body", None)
    if not isinstance(body, str):
        return {}
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _code_of(answer: Mapping[str, Any]) -> str:
    """HubSpot's own word for what is wrong; of several, the one that says most."""
    if MISSING_PROPERTY in json.dumps(answer):
        return MISSING_PROPERTY
    found = [item.get("code") for item in answer.get("errors") or () if isinstance(item, dict)]
    found.append(answer.get("category"))
    return next((word for word in found if isinstance(word, str) and _WORD.fullmatch(word)), "")


def _scopes_in(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """Scopes that the answer itself names (``context.requiredGranularScopes``)."""
    named: list[str] = []
    for item in answer.get("errors") or ():
        context = item.get("context") if isinstance(item, dict) else None
        for key in ("requiredGranularScopes", "requiredScopes"):
            for scope in (context or {}).get(key) or ():
                if isinstance(scope, str) and _SCOPE.fullmatch(scope) and scope not in named:
                    named.append(scope)
    return tuple(named)


def _pause_of(problem: Exception, answer: Mapping[str, Any]) -> float:
    headers = getattr(problem, "headers", None) or {}
    try:
        return max(0.0, float(headers.get("Retry-After", "")))
    except (TypeError, ValueError):
        pass
    policy = str(answer.get("policyName", ""))
    if "DAILY" in policy:
        return _DAILY_PAUSE_SECONDS
    return _TEN_SECONDLY_PAUSE_SECONDS if "TEN_SECONDLY" in policy else _SEARCH_PAUSE_SECONDS
