"""The modules that our blueprints use: what each makes of its mapper. What is not here, the interpreter refuses.

A module that fails raises :class:`BundleError`; what it gives out is read by later modules by its id.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tests.flows.make import requests
from tests.flows.make.values import BundleError, NotKnown, number_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sidecar.flows.make import Module
    from tests.flows.make.requests import Answer, Request

LONGEST_SLEEP: Final = 300


@dataclass(frozen=True, slots=True)
class Keychain:
    """A key that a person picks in the editor for a module that asks for one: a header and its value."""

    header: str
    value: str


@dataclass(frozen=True, slots=True)
class Account:
    """What a scenario is connected to, which a blueprint never holds."""

    now: Callable[[], datetime]
    sleep: Callable[[float], object]
    keychain: Keychain | None = None
    twilio_url: str = ""
    twilio: tuple[str, str] = ("", "")
    """Account SID and auth token."""
    hosts: Mapping[str, str] = field(default_factory=dict)
    """Where a public address (``https://…``, without a path) really is, as names of hosts are on the internet."""


@dataclass(slots=True)
class Execution:
    """One run of a scenario."""

    id: str
    account: Account
    status: str = "success"
    """`success`, `warning` (something is stored as an incomplete execution) or `error`."""
    error: str = ""
    operations: int = 0
    """What the run costs; routers and error handlers' directives are free."""
    ran: list[str] = field(default_factory=list)
    """Names of the modules that acted, in order."""
    outputs: dict[str, list[Any]] = field(default_factory=dict)
    """What each gave out, by name."""
    variables: dict[str, Any] = field(default_factory=dict)
    answer: tuple[int, str, dict[str, str]] | None = None
    """What the webhook is answered with, once a module has said."""


def _respond(_: Module, mapper: dict[str, Any], run: Execution) -> Any:
    """The first one answers; the status must be a number ≥ 100, 16 headers at most."""
    status = int(number_of(mapper.get("status")) or 0)
    headers = {text_of(each["key"]): text_of(each["value"]) for each in mapper.get("headers") or ()}
    if status < 100 or len(headers) > 16:
        raise BundleError("BundleValidationError", f"status {status} with {len(headers)} headers is no answer")
    if run.answer is None:
        run.answer = status, text_of(mapper.get("body")), headers
    return {}


def _parse_json(_: Module, mapper: dict[str, Any], run: Execution) -> Any:
    try:
        return json.loads(text_of(mapper.get("json")))
    except ValueError as error:
        raise BundleError("DataError", f"Source is not valid JSON: {error}") from None


def _set(_: Module, mapper: dict[str, Any], run: Execution) -> Any:
    listed = mapper.get("variables", [mapper])
    given = {text_of(one["name"]): one.get("value") for one in listed}
    run.variables |= given
    return given


def _get(_: Module, mapper: dict[str, Any], run: Execution) -> Any:
    names = mapper["variables"] if "variables" in mapper else [mapper["name"]]
    return {text_of(name): run.variables.get(text_of(name)) for name in names}


def _sleep(_: Module, mapper: dict[str, Any], run: Execution) -> Any:
    seconds = number_of(mapper.get("duration"))
    if seconds is None or not 1 <= seconds <= LONGEST_SLEEP:
        raise BundleError("BundleValidationError", f"a sleep takes 1 to {LONGEST_SLEEP} seconds")
    run.account.sleep(seconds)
    return {}


def _send_sms(module: Module, mapper: dict[str, Any], run: Execution) -> Any:
    """One text by Twilio's API; a refusal of Twilio's fails with its words."""
    if mapper.get("messageBody") != "body" or mapper.get("fromType") != "phone":
        raise NotKnown(f"{module.module} with messageBody {mapper.get('messageBody')!r}, {mapper.get('fromType')!r}")
    sid, _ = run.account.twilio
    names = {"to": "To", "from": "From", "body": "Body", "statusCallback": "StatusCallback",
             "validityPeriod": "ValidityPeriod"}  # fmt: skip
    form = [(names[key], text_of(mapper[key])) for key in names if text_of(mapper.get(key))]
    url = f"{run.account.twilio_url}/2010-04-01/Accounts/{sid}/Messages.json"
    answer = requests.posted_form(url, form, run.account.twilio)
    said = answer.parsed()
    if answer.status >= 400:
        raise BundleError("RuntimeError", f"[{answer.status}] {said.get('message', '')} ({said.get('code', '')})")
    return {
        "sid": said["sid"], "status": said["status"], "to": said["to"], "from": said["from"], "body": said["body"],
        "errorCode": said.get("error_code"),
    }  # fmt: skip


def _request_4(module: Module, mapper: dict[str, Any], run: Execution) -> Any:
    request = requests.of_version_4(module, mapper)
    if module.parameters.get("authenticationType") == "apiKey":
        _sign(module, request, run)
    answer = requests.exchange(request, run.account.hosts)
    if answer.status >= 400 and mapper["stopOnHttpError"] is True:
        raise _http_error(answer)
    body = answer.parsed() if mapper["parseResponse"] is True else answer.text
    return {"data": body, "statusCode": answer.status, "headers": answer.headers}


def _sign(module: Module, request: Request, run: Execution) -> None:
    key = run.account.keychain
    if key is None:
        raise NotKnown(f"{module.name} without a key: pick one after the import")
    request.headers[key.header] = key.value


def _request_3(module: Module, mapper: dict[str, Any], run: Execution) -> Any:
    request = requests.of_version_3(module, mapper)
    if module.kind == "ActionSendDataAPIKeyAuth":
        _sign(module, request, run)
    answer = requests.exchange(request, run.account.hosts)
    if answer.status >= 400 and module.parameters.get("handleErrors") is True:
        raise _http_error(answer)
    body = answer.parsed() if mapper.get("parseResponse") is True else answer.text
    headers = [{"name": name, "value": value} for name, value in answer.headers.items()]
    return {"statusCode": answer.status, "headers": headers, "data": body, "fileSize": len(answer.raw)}


def _http_error(answer: Answer) -> BundleError:
    """https://help.make.com/types-of-errors: by the status."""
    kind = "RateLimitError" if answer.status == 429 else "ConnectionError" if answer.status >= 500 else "DataError"
    return BundleError(kind, f"{answer.status}: {answer.text[:500]}")


MODULES: Final[dict[tuple[str, float], Callable[[Module, dict[str, Any], Execution], Any]]] = {
    ("gateway:WebhookRespond", 1): _respond,
    ("http:MakeRequest", 4): _request_4,
    ("http:ActionSendData", 3): _request_3,
    ("http:ActionSendDataAPIKeyAuth", 3): _request_3,
    ("json:ParseJSON", 1): _parse_json,
    ("util:SetVariables", 1): _set,
    ("util:SetVariable2", 1): _set,
    ("util:GetVariables", 1): _get,
    ("util:GetVariable2", 1): _get,
    ("util:FunctionSleep", 1): _sleep,
    ("twilio:SendSMS", 2): _send_sms,
}
"""Modules that take one bundle and give one."""

ROUTER: Final = ("builtin:BasicRouter", 1)
FEEDER: Final = ("builtin:BasicFeeder", 1)
"""Gives a bundle for each value of an array."""
TRIGGER: Final = ("gateway:CustomWebHook", 1)
DIRECTIVES: Final = frozenset((f"builtin:{name}", 1) for name in ("Resume", "Ignore", "Commit", "Rollback", "Break"))
