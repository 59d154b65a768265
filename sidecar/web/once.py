"""``Idempotency-Key``: a request that is repeated with the same key is answered again and done once."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, TypeVar

from flask import request

from sidecar.engine.results import EngineError
from sidecar.web import rows
from sidecar.web.operations import Answer
from sidecar.web.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import BaseModel

    from sidecar.config.business import Business
    from sidecar.web.operations import Asked

M = TypeVar("M", bound="BaseModel")

HEADER = "Idempotency-Key"
_LONGEST = 255


def once(
    asked: Asked, business: Business, shape: type[M], act: Callable[[], M], *, atomic: bool, status: int = 200
) -> Answer:
    """Do ``act`` once for each key of a business and route.

    Args:
        asked: the request.
        business: whose request it is.
        shape: of the answer, to read it back.
        act: does it, and answers.
        atomic: ``act`` is one transaction: where it broke, it did nothing and may be repeated; where its process
            died, a repeat takes over after a minute. Where it is not (something may have left the house), a broken
            request keeps its key: repeats are refused.
        status: of the answer.

    Raises:
        Problem: 409 where the first request has not ended, 422 where the key was used for another request.
    """
    key = request.headers.get(HEADER, "")
    if not key:
        return Answer(act(), status)
    if len(key) > _LONGEST:
        raise Problem("invalid", f"`{HEADER}` has more than {_LONGEST} characters", remedy="use a UUID")
    store, route, now = asked.sidecar.store, str(request.endpoint), asked.sidecar.clock.now()
    mark = _fingerprint(asked)
    earlier = store.write(
        lambda tx: rows.begin_once(tx, business.id, key, route=route, fingerprint=mark, now=now, take_over=atomic)
    )
    if earlier is not None:
        return _again(earlier["status"], earlier["answer"], shape, same=earlier["fingerprint"] == mark)
    try:
        done = act()
    except Exception as error:
        if atomic or isinstance(error, (Problem, EngineError)):
            store.write(lambda tx: rows.forget_once(tx, business.id, key, route))
        raise
    kept = done.model_dump(mode="json")
    store.write(lambda tx: rows.end_once(tx, business.id, key, route=route, status=status, answer=kept))
    return Answer(done, status)


def _again(status: int, answer: object, shape: type[M], *, same: bool) -> Answer:
    if not same:
        raise Problem("key-reused", f"This `{HEADER}` came before with another request", remedy="take a new key")
    if status == rows.UNDER_WAY:
        raise Problem(
            "key-in-use",
            "The first request with this key has not ended, or broke while something may have been sent",
            remedy="wait a moment; should it stay so, look at the sequence before you send again under a new key",
            headers={"Retry-After": "5"},
        )
    return Answer(shape.model_validate(answer), status, {"Idempotent-Replayed": "true"})


def _fingerprint(asked: Asked) -> str:
    body = asked.body.model_dump(mode="json") if asked.body is not None else {}
    return hashlib.sha256(json.dumps([dict(asked.path), body], sort_keys=True).encode()).hexdigest()
