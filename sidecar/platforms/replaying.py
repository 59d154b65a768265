"""Executions that failed or crashed in n8n, tried again.

A replay of a workflow that only asks the sidecar cannot send anything twice: the sidecar sends, a step at most once,
and a repeated `run` is told what became of it. Executions whose every sequence the sidecar has closed are left alone
all the same. n8n goes on at the node that failed, so that a workflow with a sending node of its own might send again
without a claim: those are never replayed, but shown. So are those that a node of theirs stopped on purpose (a refused
call): n8n would go on at that node, and stop again.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import quote

from sidecar.platforms.asking import AskedInVainError, Platform
from sidecar.platforms.n8n import pages

if TYPE_CHECKING:
    from collections.abc import Iterator

FAILED: Final = ("error", "crashed")
_UNDER_WAY: Final = ("running", "waiting")
_SEQUENCE: Final = re.compile(r"seq_[0-9a-f]{16,}")

_SENDERS: Final = frozenset(
    {
        f"n8n-nodes-base.{name}"
        for name in "emailSend gmail microsoftOutlook sendGrid mailgun twilio vonage whatsApp".split()
    }
)
"""Nodes of n8n that reach a person by themselves."""

_STOPPER: Final = "n8n-nodes-base.stopAndError"

Became = Literal["replayed", "would be replayed", "done already", "not replayed"]


@dataclass(frozen=True, slots=True)
class Replay:
    """One execution, and what was done about it."""

    execution_id: str
    workflow_id: str
    status: str
    started_at: str
    became: Became
    why: str = ""


@dataclass(frozen=True, slots=True)
class Which:
    """Which executions are meant."""

    workflow_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 100


def failed_executions(n8n: Platform, which: Which) -> list[dict[str, Any]]:
    """Those that nobody has taken up since, the oldest first; runs of an error workflow are no lead of anybody's."""
    query = {"workflowId": which.workflow_id} if which.workflow_id else {}
    found = [one for status in FAILED for one in pages(n8n, "/executions", status=status, **query)]
    under_way = [one for status in _UNDER_WAY for one in pages(n8n, "/executions", status=status, **query)]
    taken_up = {str(one["retryOf"]) for one in (*found, *under_way) if one.get("retryOf")}
    meant = [
        one
        for one in found
        if str(one.get("id")) not in taken_up
        and not one.get("retrySuccessId")
        and one.get("mode") != "error"
        and _within(one.get("startedAt"), which)
    ]
    return sorted(meant, key=lambda one: (str(one.get("startedAt")), str(one.get("id"))))[: which.limit]


def _within(started_at: Any, which: Which) -> bool:
    if which.since is None and which.until is None:
        return True
    try:
        at = datetime.fromisoformat(str(started_at))
    except ValueError:
        return False
    return (which.since is None or at >= which.since) and (which.until is None or at <= which.until)


def replay(n8n: Platform, which: Which, *, sidecar: Platform | None = None, dry_run: bool = False) -> Iterator[Replay]:
    """Try each again, and say of each what became of it. What cannot be tried again does not stop the others.

    Raises:
        AskedInVainError: The executions cannot be listed.
    """
    for one in failed_executions(n8n, which):
        became, why = _tried(n8n, str(one.get("id")), sidecar, dry_run=dry_run)
        yield Replay(
            str(one.get("id")),
            str(one.get("workflowId")),
            str(one.get("status")),
            str(one.get("startedAt")),
            became,
            why,
        )


def _tried(n8n: Platform, execution_id: str, sidecar: Platform | None, *, dry_run: bool) -> tuple[Became, str]:
    path = f"/executions/{quote(execution_id)}"
    try:
        execution = n8n.ask("GET", path, query={"includeData": "true"})
        if sender := _sender(execution):
            return "not replayed", f"its node {sender!r} sends by itself: see what went out, then retry it in n8n"
        if stopped := _stopped(execution):
            return "not replayed", stopped
        if sidecar is not None and (closed := _closed(execution, sidecar)):
            return "done already", closed
        if dry_run:
            return "would be replayed", ""
        answer = n8n.ask("POST", f"{path}/retry", {"loadWorkflow": True})
    except AskedInVainError as error:
        return "not replayed", str(error)
    new = answer.get("id") if isinstance(answer, dict) else None
    return "replayed", f"as execution {new}" if new else ""


def _nodes(execution: Any) -> Iterator[dict[str, Any]]:
    """The nodes of the execution's workflow that are switched on."""
    nodes = _at(execution, "workflowData", "nodes")
    for node in nodes if isinstance(nodes, list) else ():
        if isinstance(node, dict) and node.get("disabled") is not True:
            yield node


def _at(value: Any, *keys: str) -> Any:
    """What lies at these keys; None where something on the way is not there."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _sender(execution: Any) -> str:
    """The name of a node of the execution's workflow that sends by itself; empty where there is none."""
    return next((str(node.get("name")) for node in _nodes(execution) if node.get("type") in _SENDERS), "")


def _stopped(execution: Any) -> str:
    """Why a retry would end as this did: the node that n8n would go on with is there to stop it. Empty where not."""
    last = _at(execution, "data", "resultData", "lastNodeExecuted")
    if not any(node.get("type") == _STOPPER and node.get("name") == last for node in _nodes(execution)):
        return ""
    said = _at(execution, "data", "resultData", "error", "message")
    return f"its node {last!r} stopped it and would again" + (f": {said}" if said else "")


def _closed(execution: Any, sidecar: Platform) -> str:
    """Why nothing is left to do: every sequence in the execution's data is closed. Empty where something may be."""
    found = sorted(set(_SEQUENCE.findall(json.dumps(execution))))
    for sequence_id in found:
        sequence = sidecar.ask("GET", f"/v1/sequences/{sequence_id}")
        if not isinstance(sequence, dict) or sequence.get("state") != "closed":
            return ""
    return f"{', '.join(found)} closed" if found else ""
