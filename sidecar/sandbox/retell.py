"""Retell's API as retell-sdk 6 calls it: phone calls, and what the called person does with them.

Paths are the SDK's: ``POST /v2/create-phone-call``, ``POST /v3/list-calls``, ``GET /v2/get-call/{id}``,
``POST /v2/stop-call/{id}``. Errors are ``{"status": "error", "message": …}``.
"""

from __future__ import annotations

import re
import threading
import uuid
from typing import TYPE_CHECKING, Any

from sidecar.sandbox.listener import Answer, Incoming, json_answer
from sidecar.sandbox.record import PlacedCall
from sidecar.sandbox.retell_agents import RetellAgents, RetellRefused
from sidecar.sandbox.retell_filter import matches
from sidecar.sandbox.twilio import E164

if TYPE_CHECKING:
    from collections.abc import Callable

    from sidecar.sandbox.faults import Fault
    from sidecar.sandbox.record import Journal, Json, SeenRequest
    from sidecar.sandbox.vendor import Handler

_CREATE_FIELDS = frozenset(
    [
        "from_number",
        "to_number",
        "agent_override",
        "custom_sip_headers",
        "honor_internal_dnc",
        "idempotency_key",
        "ignore_e164_validation",
        "metadata",
        "override_agent_id",
        "override_agent_version",
        "retell_llm_dynamic_variables",
    ]
)
_LIST_FIELDS = frozenset(["filter_criteria", "include_total", "limit", "pagination_key", "skip", "sort_order"])
_FAULT_MESSAGES = {
    400: "Invalid request format, please check API reference.",
    401: "API key is missing or invalid.",
    402: "Trial has ended, please add payment method.",
    422: "Cannot find requested asset under given api key.",
    429: "Account rate limited, please throttle your requests.",
    500: "An unexpected server error occurred.",
}
_UNLISTED = ("transcript", "transcript_object")


class RetellApi:
    """The side of Retell that our SDK talks to."""

    name = "retell"

    def __init__(
        self, journal: Journal, after_create: Callable[[Json], None], after_stop: Callable[[str], bool]
    ) -> None:
        """``after_create`` rings the called person; ``after_stop`` ends the call, False when it was over."""
        self.keys: set[str] = set()
        self.calls: dict[str, Json] = {}
        self.numbers: dict[str, str] = {}
        self.concurrency = 20
        self.agents = RetellAgents(journal)
        self._journal = journal
        self._after_create = after_create
        self._after_stop = after_stop
        self._lock = threading.Lock()
        self._by_idempotency_key: dict[str, str] = {}
        self._routes: list[tuple[str, re.Pattern[str], str, Callable[[Incoming, SeenRequest, str], Answer]]] = [
            ("POST", re.compile("/v2/create-phone-call()"), "calls.create", self._create),
            ("POST", re.compile("/v3/list-calls()"), "calls.list", self._list),
            ("GET", re.compile("/v2/get-call/([^/]+)"), "calls.fetch", self._fetch),
            ("POST", re.compile("/v2/stop-call/([^/]+)"), "calls.stop", self._stop),
            ("GET", re.compile("/get-concurrency()"), "concurrency.fetch", self._concurrency),
            ("GET", re.compile("/v2/list-phone-numbers()"), "numbers.list", self._numbers),
            *self.agents.routes(),
        ]

    def route(self, incoming: Incoming) -> tuple[str, Handler]:
        """The operation of this path, guarded by the API key; else 404."""
        for method, pattern, operation, handler in self._routes:
            if method == incoming.method and (match := pattern.fullmatch(incoming.path)):
                return operation, self._guarded(handler, match.group(1))
        return "unknown", lambda _incoming, _seen: RetellRefused(404, "Not Found").answer()

    def refuse(self, fault: Fault) -> Answer:
        """A scripted refusal in Retell's shape."""
        message = fault.message or _FAULT_MESSAGES.get(fault.status, "An unexpected server error occurred.")
        headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        return RetellRefused(fault.status, message).answer(headers)

    def clear(self) -> None:
        """Forget calls; keys, numbers and agents stay."""
        with self._lock:
            self.calls.clear()
            self._by_idempotency_key.clear()

    def _guarded(self, handler: Callable[[Incoming, SeenRequest, str], Answer], part: str) -> Handler:
        def answer(incoming: Incoming, seen: SeenRequest) -> Answer:
            scheme, _, key = incoming.headers.get("authorization", "").partition(" ")
            if scheme.lower() != "bearer" or key not in self.keys:
                return RetellRefused(401, _FAULT_MESSAGES[401]).answer()
            try:
                return handler(incoming, seen, part)
            except RetellRefused as refused:
                return refused.answer()

        return answer

    def _create(self, incoming: Incoming, seen: SeenRequest, _part: str) -> Answer:
        body = incoming.body if isinstance(incoming.body, dict) else {}
        self._check_create(body)
        repeat = body.get("idempotency_key")
        with self._lock:
            if repeat is not None and repeat in self._by_idempotency_key:
                return json_answer(201, shown(self.calls[self._by_idempotency_key[repeat]]))
            call = self._new_call(body, seen, incoming.headers["authorization"].partition(" ")[2])
            self.calls[call["call_id"]] = call
            if repeat is not None:
                self._by_idempotency_key[repeat] = call["call_id"]
        self._journal.note(
            PlacedCall(
                call_id=call["call_id"],
                to=body["to_number"],
                from_=body["from_number"],
                agent_id=call["agent_id"],
                at=seen.at,
                metadata=body.get("metadata") or {},
                received_monotonic=seen.received_monotonic,
                dynamic_variables=body.get("retell_llm_dynamic_variables") or {},
            )
        )
        answer = json_answer(201, shown(call))
        self._after_create(call)
        return answer

    def _new_call(self, body: Json, seen: SeenRequest, key: str) -> Json:
        agent_id = body.get("override_agent_id") or "agent_sandbox_default"
        call: Json = {
            "call_id": f"call_{uuid.uuid4().hex}",
            "call_type": "phone_call",
            "call_status": "registered",
            "agent_id": agent_id,
            "agent_version": self.agents.version_of(agent_id),
            "direction": "outbound",
            "agent_name": self.agents.name_of(agent_id),
            "from_number": body["from_number"],
            "to_number": body["to_number"],
            "telephony_identifier": {},
            "opt_in_signed_url": False,
            "data_storage_setting": "everything",
            "@key": key,
            "@created": seen.at,
        }
        for name in ("metadata", "retell_llm_dynamic_variables", "custom_sip_headers"):
            if name in body:
                call[name] = body[name]
        return call

    def _check_create(self, body: Json) -> None:
        RetellRefused.unless_known(body, _CREATE_FIELDS)
        for name in ("from_number", "to_number"):
            number = body.get(name)
            if not isinstance(number, str):
                raise RetellRefused(400, f"{name} is required and must be a string.")
            if not E164.fullmatch(number) and not (name == "from_number" and body.get("ignore_e164_validation")):
                raise RetellRefused(400, f"{name} must be in E.164 format.")
        variables = body.get("retell_llm_dynamic_variables", {})
        if not isinstance(variables, dict) or not all(isinstance(v, str) for v in variables.values()):
            raise RetellRefused(400, "retell_llm_dynamic_variables must map strings to strings.")
        if not isinstance(body.get("metadata", {}), dict):
            raise RetellRefused(400, "metadata must be an object.")
        kind = self.numbers.get(body["from_number"])
        if self.numbers and kind is None:
            raise RetellRefused(422, f"from_number is not a number of this account: {body['from_number'][:5]}…")
        if kind == "retell-twilio" and not body["to_number"].startswith("+1"):
            raise RetellRefused(400, "Numbers bought from Retell dial the United States only.")
        self.agents.check_exists(body.get("override_agent_id"))

    def _list(self, incoming: Incoming, _seen: SeenRequest, _part: str) -> Answer:
        body = incoming.body if isinstance(incoming.body, dict) else {}
        RetellRefused.unless_known(body, _LIST_FIELDS)
        with self._lock:
            calls = list(self.calls.values())
        criteria = body.get("filter_criteria") or {}
        found = [call for call in calls if matches(call, criteria)]
        # Retell sorts by start_timestamp; a call that still rings counts from its creation.
        found.sort(key=_started, reverse=body.get("sort_order", "descending") == "descending")
        total, limit = len(found), min(int(body.get("limit", 50)), 1000)
        first = int(body.get("skip", 0))
        if (after := body.get("pagination_key")) is not None:
            first += next((i + 1 for i, call in enumerate(found) if call["call_id"] == after), 0)
        page = found[first : first + limit]
        answer: Json = {
            "items": [{k: v for k, v in shown(call).items() if k not in _UNLISTED} for call in page],
            "has_more": first + limit < total,
        }
        if answer["has_more"]:
            answer["pagination_key"] = page[-1]["call_id"]
        if body.get("include_total"):
            answer["total"] = total
        return json_answer(200, answer)

    def _fetch(self, _incoming: Incoming, _seen: SeenRequest, call_id: str) -> Answer:
        return json_answer(200, shown(self._call(call_id)))

    def _stop(self, _incoming: Incoming, _seen: SeenRequest, call_id: str) -> Answer:
        self._call(call_id)
        if not self._after_stop(call_id):
            raise RetellRefused(400, "The call is not ongoing.")
        return Answer(204)

    def _call(self, call_id: str) -> Json:
        call = self.calls.get(call_id)
        if call is None:
            raise RetellRefused(422, _FAULT_MESSAGES[422])
        return call

    def _concurrency(self, _incoming: Incoming, _seen: SeenRequest, _part: str) -> Answer:
        with self._lock:
            busy = sum(call["call_status"] in ("registered", "ongoing") for call in self.calls.values())
        return json_answer(
            200,
            {
                "current_concurrency": busy,
                "concurrency_limit": self.concurrency,
                "base_concurrency": self.concurrency,
                "purchased_concurrency": 0,
                "concurrency_purchase_limit": 100,
                "remaining_purchase_limit": 100,
                "reserved_inbound_concurrency": 0,
                "concurrency_burst_enabled": False,
                "concurrency_burst_limit": 0,
            },
        )

    def _numbers(self, _incoming: Incoming, seen: SeenRequest, _part: str) -> Answer:
        items: list[Any] = [
            {
                "phone_number": number,
                "phone_number_type": kind,
                "last_modification_timestamp": int(seen.at.timestamp() * 1000),
            }
            for number, kind in self.numbers.items()
        ]
        return json_answer(200, {"items": items, "has_more": False})


def shown(call: Json) -> Json:
    """A call as Retell shows it: without the sandbox's own notes."""
    return {name: value for name, value in call.items() if not name.startswith("@")}


def _started(call: Json) -> float:
    return float(call.get("start_timestamp") or call["@created"].timestamp() * 1000)
