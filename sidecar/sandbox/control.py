"""The sandbox's own HTTP side: the in-process actions for those who run it as a process of its own.

``POST /_sandbox/<action>`` takes the action's arguments as a JSON object and answers what it gives;
``GET /_sandbox/<list>`` reads a list (``requests``, ``texts``, ``calls_placed``, ``emails``, ``received``,
``webhooks``, ``snapshot``, ``addresses``).
"""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sidecar.sandbox.listener import Answer, Incoming, json_answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sidecar.sandbox.world import Sandbox

ACTIONS = frozenset(
    [
        "fault",
        "release",
        "clear_faults",
        "reply",
        "reset",
        "settle",
        "tick",
        "point_at",
        "twilio_account",
        "twilio_number",
        "line_type",
        "miss_call",
        "lost_call",
        "text_us",
        "message_status",
        "retell_number",
        "voice_script",
        "finish_call",
        "hubspot_contact",
        "hubspot_deal",
        "hubspot_move_deal",
        "hubspot_property",
        "hubspot_properties_of",
        "hubspot_set",
        "hubspot_delete",
    ]
)
LISTS = frozenset(["texts", "calls_placed", "emails", "received", "webhooks"])
SWITCHES = frozenset(("deliver_automatically", "twilio_opt_outs", "retell_webhook_url"))
_TIMES = frozenset(("since", "last_activity"))


class Control:
    """Carries control requests to the sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        """``sandbox`` is the one that is steered."""
        self._sandbox = sandbox

    def answer(self, incoming: Incoming) -> Answer:
        """Do one action or read one list. 404 for an unknown name, 422 for arguments that do not fit."""
        name = incoming.path.strip("/")
        try:
            if incoming.method == "GET":
                result = self._read(name, incoming.query)
            else:
                result = self._act(name, incoming.body if isinstance(incoming.body, dict) else {})
        except LookupError as missing:
            return json_answer(404, {"message": f"unknown: {missing}"})
        except (TypeError, ValueError, TimeoutError) as problem:
            return json_answer(422, {"message": f"{type(problem).__name__}: {problem}"})
        return json_answer(200, {"result": plain(result)})

    def _read(self, name: str, query: Mapping[str, str]) -> Any:
        if name in LISTS:
            return getattr(self._sandbox, name)
        if name == "requests":
            return self._sandbox.requests(query.get("vendor"), query.get("operation"))
        if name == "addresses":
            return self._sandbox.addresses()
        if name == "snapshot":
            since = datetime.fromisoformat(query["since"]) if "since" in query else None
            return self._sandbox.snapshot(since, reads="reads" in query)
        raise LookupError(name)

    def _act(self, name: str, arguments: dict[str, Any]) -> Any:
        for key in _TIMES & arguments.keys():
            arguments[key] = datetime.fromisoformat(arguments[key])
        if name == "wait":
            return self._wait(**arguments)
        if name == "set":
            for switch, value in arguments.items():
                if switch not in SWITCHES:
                    raise LookupError(switch)
                setattr(self._sandbox, switch, value)
            return None
        if name not in ACTIONS:
            raise LookupError(name)
        return getattr(self._sandbox, name)(**arguments)

    def _wait(self, what: str, count: int = 1, timeout: float = 5.0, **where: str) -> Any:
        """Wait until a list holds ``count`` items (of ``requests``: by vendor and operation); the list."""

        def enough() -> Any:
            items = self._read(what, where)
            return items if len(items) >= count else None

        return self._sandbox.wait_for(enough, timeout)


def plain(value: Any) -> Any:
    """Records as JSON values: dataclasses as objects, times as ISO 8601, bytes as text."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value
