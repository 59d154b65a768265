"""The vendors as a process of their own: the sandbox with the town's accounts, its CRM filled and made slow."""

from __future__ import annotations

import json
import signal
import sys
import threading

from sidecar.clock import SystemClock
from sidecar.sandbox.world import Sandbox
from tests.benchmarks.town import AUTH_TOKEN, Town, caller

CRM_SECONDS = 0.05


def main(businesses: int, numbers_each: int, app_url: str) -> None:
    """Serve until SIGTERM; prints the addresses once it does."""
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: over.set())
    town = Town(businesses, numbers_each)
    with Sandbox(SystemClock().now) as sandbox:
        for client in town.clients:
            sandbox.twilio_account(client.account, AUTH_TOKEN)
            sandbox.hubspot.tokens.add(client.crm_token)
        for index in range(1000):
            if index % 5 < 3:  # three of five callers are in the CRM, half of those with a deal
                stage = "qualifiedtobuy" if index % 2 else None
                sandbox.hubspot_contact(
                    "Alex", f"No{index}", caller(index), f"alex{index}@example.com", deal_stage=stage
                )
        sandbox.fault("hubspot", "*", "latency", seconds=CRM_SECONDS)
        sandbox.point_at(app_url)
        # Twilio tells of each text that it is queued, sent and delivered.
        sandbox.deliver_automatically = True
        sys.stdout.write(json.dumps(sandbox.addresses()) + "\n")
        sys.stdout.flush()
        over.wait()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
