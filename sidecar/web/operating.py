"""What operations needs: is it alive, is it ready, how much does it do, and what can be asked of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response

from sidecar.web import metrics, rows
from sidecar.web.models.answers import Check, HealthAnswer, ReadyAnswer
from sidecar.web.operations import Answer, Asked, Operation, Possible

if TYPE_CHECKING:
    from collections.abc import Callable

_TEXT = {"type": "string"}


def health(asked: Asked) -> Answer:
    """This process answers; nothing else is asked."""
    del asked
    return Answer(HealthAnswer())


def ready(asked: Asked) -> Answer:
    """Whether everything that the process needs is there."""
    checks = [Check(name=name, ok=ok, detail=detail) for name, ok, detail in asked.sidecar.ready()]
    is_ready = all(check.ok for check in checks)
    return Answer(ReadyAnswer(ready=is_ready, checks=checks), 200 if is_ready else 503)


def figures(asked: Asked) -> Response:
    """Counters and the backlog, for Prometheus. No figure names a business or a person."""
    now = asked.sidecar.clock.now()
    backlog = asked.sidecar.store.read(lambda tx: rows.backlog(tx, now))
    return Response(asked.ground.counters.text(backlog), content_type=metrics.CONTENT_TYPE)


def operations(document: Callable[[Asked], Response], docs: Callable[[Asked], Response]) -> tuple[Operation, ...]:
    """The operations; ``document`` and ``docs`` show the contract, which knows these too."""
    return (
        Operation(
            id="health",
            method="GET",
            path="/healthz",
            tag="Operations",
            security=None,
            view=health,
            summary="Alive",
            description="This process answers. Asks nothing else: for restarts, not for routing.",
            answers=(Possible(200, "It does.", HealthAnswer, {"alive": {"ok": True}}),),
        ),
        Operation(
            id="ready",
            method="GET",
            path="/readyz",
            tag="Operations",
            security=None,
            view=ready,
            summary="Ready",
            description="The database answers and the runner runs. For load balancers.",
            answers=(
                Possible(
                    200,
                    "Ready.",
                    ReadyAnswer,
                    {"ready": {"ready": True, "checks": [{"name": "database", "ok": True, "detail": ""}]}},
                ),
                Possible(503, "Not ready: `checks` says what is missing.", ReadyAnswer),
            ),
        ),
        Operation(
            id="metrics",
            method="GET",
            path="/metrics",
            tag="Operations",
            security=None,
            view=figures,
            summary="Figures",
            description="Prometheus text: requests of this process, and the backlog of the store.",
            answers=(Possible(200, "The figures.", media="text/plain", schema=_TEXT),),
        ),
        Operation(
            id="openapi",
            method="GET",
            path="/openapi.json",
            tag="Operations",
            security=None,
            view=document,
            summary="This document",
            description="OpenAPI 3.1.",
            answers=(Possible(200, "The document.", schema={"type": "object"}),),
        ),
        Operation(
            id="docs",
            method="GET",
            path="/docs",
            tag="Operations",
            security=None,
            view=docs,
            summary="This document, to read",
            description="One page of plain HTML.",
            answers=(Possible(200, "The page.", media="text/html", schema=_TEXT),),
        ),
    )
