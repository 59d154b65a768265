"""What tests of a driving flow share: its `run`, its wait, and the bell that was rung."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from sidecar.engine.results import RunResult
    from sidecar.sandbox import Sandbox
    from tests.support.house import House


def wait_url(sandbox: Sandbox, name: str = "7") -> str:
    return f"{sandbox.receiver_url}/webhook-waiting/{name}"


def rings(sandbox: Sandbox, name: str = "7") -> list[datetime]:
    return [hook.at for hook in sandbox.received if hook.path == f"/webhook-waiting/{name}"]


def run(home: House, sequence_id: str, name: str, **more: Any) -> RunResult:
    """What the flow's `run` answers; the runner's work is done when it rings, in this thread."""
    home.sidecar.driving._ring = home.settle
    return home.sidecar.driving.run(home.business, sequence_id, name, wait_seconds=5.0, **more)
