"""A Flask route that does nothing, served as ours is: the floor of a webhook's answer."""

from __future__ import annotations

import sys

from flask import Flask, Response


def load() -> Flask:
    """Build the app in granian's worker."""
    app = Flask("noop")

    @app.post("/twilio/call-status")
    def nothing() -> Response:
        return Response(status=204)

    return app


def main(port: int, threads: int) -> None:
    """Serve until SIGTERM."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    server = Granian(
        "tests.benchmarks.noop:load",
        address="127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=threads,
        websockets=False,
        log_level=LogLevels.error,
    )
    server.serve(target_loader=load, wrap_loader=False)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
