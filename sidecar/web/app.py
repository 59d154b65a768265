"""The app factory: one Flask app on one Sidecar, with no state of its own but counters."""

from __future__ import annotations

import time
from http import HTTPStatus
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

import structlog
from flask import Flask, Response, g, request

from sidecar.web import operations, problem
from sidecar.web.bodies import Measured
from sidecar.web.contract import OPERATIONS
from sidecar.web.metrics import Counters

if TYPE_CHECKING:
    from sidecar.app import Sidecar

_QUIET = ("/healthz", "/readyz", "/metrics")
_METHODS = ("GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "PATCH")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


def create_app(sidecar: Sidecar) -> Flask:
    """Make the app. Starts nothing: the runner belongs to ``serve``."""
    app = Flask("sidecar.web", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = problem.LIMIT
    app.config["MAX_FORM_MEMORY_SIZE"] = problem.LIMIT
    # A redirect turns Twilio's POST into a GET: a path is right or it is not.
    app.url_map.strict_slashes = True
    app.url_map.merge_slashes = False
    app.url_map.redirect_defaults = False
    counters = Counters()
    ground = operations.Ground(sidecar, counters, BoundedSemaphore(max(1, sidecar.settings.web_threads // 2)))
    problem.install(app)
    _observe(app, counters)
    operations.bind(app, ground, OPERATIONS)
    app.wsgi_app = Measured(app.wsgi_app, problem.LIMIT)  # type: ignore[method-assign]
    return app


def _observe(app: Flask, counters: Counters) -> None:
    """Log and count every request by its rule, never its path or body; set what every answer carries."""
    log = structlog.get_logger("web")

    @app.before_request
    def _begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def _end(response: Response) -> Response:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        seconds = time.perf_counter() - g.get("began", time.perf_counter())
        route = request.url_rule.rule if request.url_rule is not None else "(none)"
        method = request.method if request.method in _METHODS else "(other)"
        counters.request(method, route, response.status_code, seconds)
        quiet = route in _QUIET and response.status_code == HTTPStatus.OK
        (log.debug if quiet else log.info)(
            "request",
            method=method,
            route=route,
            status=response.status_code,
            ms=round(seconds * 1000, 1),
            business=g.get("business"),
            key=g.get("key_id"),
        )
        return response
