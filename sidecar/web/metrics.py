"""Counters of this process, and the backlog of the store, as Prometheus text."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Counters:
    """Requests of this process since it started."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._seconds: dict[str, float] = {}

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one; ``route`` is the rule (``/v1/sequences/<sequence_id>``), never the path."""
        with self._lock:
            self._requests[method, route, status] += 1
            self._seconds[route] = self._seconds.get(route, 0.0) + seconds

    def text(self, backlog: Mapping[str, int]) -> str:
        """Everything, in Prometheus' text format."""
        with self._lock:
            requests, seconds = dict(self._requests), dict(self._seconds)
        lines = [
            "# HELP recovery_requests_total Requests answered by this process.",
            "# TYPE recovery_requests_total counter",
            *(
                f'recovery_requests_total{{method="{method}",route="{route}",status="{status}"}} {count}'
                for (method, route, status), count in sorted(requests.items())
            ),
            "# HELP recovery_request_seconds_total Time spent in answering them.",
            "# TYPE recovery_request_seconds_total counter",
            *(
                f'recovery_request_seconds_total{{route="{route}"}} {spent:.6f}'
                for route, spent in sorted(seconds.items())
            ),
        ]
        for name, value in backlog.items():
            lines += [
                f"# HELP recovery_{name} {_HELP[name]}",
                f"# TYPE recovery_{name} gauge",
                f"recovery_{name} {value}",
            ]
        return "\n".join(lines) + "\n"


_HELP = {
    "steps_due": "Steps whose time has come and that nobody has settled.",
    "deliveries_due": "Events, CRM writes and alerts that are owed and due.",
    "deliveries_dead": "Deliveries that were given up; a person can replay them.",
}
