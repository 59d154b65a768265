"""``python -m sidecar.sandbox``: the sandbox as its own process; prints one JSON line when it is ready."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading

from sidecar.clock import from_environment
from sidecar.sandbox.world import Sandbox


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m sidecar.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="HTTP port; 0 takes any free one")
    parser.add_argument("--smtp-port", type=int, default=0, help="SMTP port; 0 takes any free one")
    parser.add_argument("--clock-file", help="follow the shared clock in this file instead of the machine's")
    parser.add_argument("--app-url", help="where the application listens")
    parser.add_argument("--public-url", help="the base of the URLs that Twilio signs, if it differs")
    parser.add_argument("--deliver", action="store_true", help="post queued, sent and delivered for each accepted text")
    given = parser.parse_args(arguments)
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: over.set())
    with Sandbox(from_environment(given.clock_file).now, port=given.port, smtp_port=given.smtp_port) as sandbox:
        if given.app_url:
            sandbox.point_at(given.app_url, given.public_url)
        sandbox.deliver_automatically = given.deliver
        sys.stdout.write(json.dumps(sandbox.addresses()) + "\n")
        sys.stdout.flush()
        over.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
