"""Operations: each route is declared once, and from that bound to Flask and written into the document.

Why no library: bodies that are JSON *or* a form, problem+json with a pointer, the key checked before the body
is read: each goes against the grain of those for Flask. What is needed of them is this file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from flask import Response, g, request
from pydantic import BaseModel

from sidecar.web import keys, reading
from sidecar.web.problem import KINDS, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from threading import Semaphore

    from flask import Flask

    from sidecar.app import Sidecar
    from sidecar.config.business import Business
    from sidecar.store.keys import Key
    from sidecar.web.metrics import Counters

M = TypeVar("M", bound=BaseModel)

Security = Literal["key", "twilio", "retell", "hubspot"]


@dataclass(frozen=True, slots=True)
class Ground:
    """What every view stands on; made once, by ``create_app``."""

    sidecar: Sidecar
    counters: Counters
    waiting: Semaphore
    """As many threads as may wait in ``run`` at once."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer: a value of an answer's shape, and its status."""

    value: BaseModel
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Possible:
    """One answer that an operation may give, for the document."""

    status: int
    description: str
    shape: type[BaseModel] | None = None
    examples: Mapping[str, Any] = field(default_factory=dict)
    media: str = "application/json"
    schema: Mapping[str, Any] | None = None
    """Where the answer is not of a shape: text, XML, HTML."""


@dataclass(frozen=True, slots=True)
class Body:
    """What an operation may be sent."""

    shapes: tuple[type[BaseModel], ...]
    """JSON; of several, ``source`` says which."""
    form: type[BaseModel] | None = None
    """The shape that may come as a form, too."""
    optional: bool = False
    examples: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, read and checked."""

    ground: Ground
    key: Key | None
    path: Mapping[str, str]
    body: BaseModel | None
    query: BaseModel | None

    @property
    def sidecar(self) -> Sidecar:
        """The application."""
        return self.ground.sidecar

    def given(self, shape: type[M]) -> M:
        """The body, which is of ``shape``."""
        if not isinstance(self.body, shape):
            raise TypeError(f"expected {shape.__name__}, read {type(self.body).__name__}")
        return self.body

    def asked_for(self, shape: type[M]) -> M:
        """The query, which is of ``shape``."""
        if not isinstance(self.query, shape):
            raise TypeError(f"expected {shape.__name__}, read {type(self.query).__name__}")
        return self.query

    def caller(self) -> Key:
        """The key of the request."""
        if self.key is None:
            raise Problem("unauthorised", "This operation needs an API key")
        return self.key

    @property
    def named(self) -> str | None:
        """The business that the request names by itself."""
        return getattr(self.body if self.body is not None else self.query, "business", None)

    def business(
        self, *, called: str | None = None, owner: Callable[[list[str]], str | None] | None = None
    ) -> Business:
        """The business that this request is for (see :func:`keys.business_for`)."""
        business = keys.business_for(self.sidecar, self.caller(), named=self.named, called=called, owner=owner)
        g.business = business.id
        return business


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method on one path: how it is done, and all that its caller must know."""

    id: str
    method: Literal["GET", "POST", "DELETE"]
    path: str
    """In OpenAPI's words: ``/v1/sequences/{sequence_id}``."""
    tag: str
    summary: str
    description: str
    view: Callable[[Asked], Answer | Response]
    answers: tuple[Possible, ...]
    problems: tuple[str, ...] = ()
    """Kinds of problem of its own; those of keys and bodies are added by what it declares."""
    security: Security | None = "key"
    scope: keys.Scope | None = None
    body: Body | None = None
    query: type[BaseModel] | None = None
    raw_form: Mapping[str, str] | None = None
    """Hooks: the vendor's fields that are read, with what they mean."""
    payload: Mapping[str, str] | None = None
    """Hooks: the same, of a vendor that posts JSON; the first must be there."""
    payload_list: Mapping[str, str] | None = None
    """Hooks: the same, of a vendor that posts a list of events."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Parameters of the path or the query, with what they mean."""
    idempotency_key: bool = False

    def all_problems(self) -> list[str]:
        """Kinds of every problem that this operation may answer with, by status."""
        kinds = set(self.problems)
        if self.security == "key":
            kinds |= {"unauthorised", "forbidden"}
        if self.body is not None:
            kinds |= {"malformed", "too-large", "unsupported-media", "invalid"}
        if self.query is not None:
            kinds.add("invalid")
        if self.idempotency_key:
            kinds |= {"key-in-use", "key-reused"}
        return sorted(kinds | {"internal"}, key=lambda kind: (KINDS[kind].status, kind))


def bind(app: Flask, ground: Ground, operations: tuple[Operation, ...]) -> None:
    """Give every operation its route."""
    for operation in operations:
        app.add_url_rule(
            operation.path.replace("{", "<").replace("}", ">"),
            endpoint=operation.id,
            view_func=_view(ground, operation),
            methods=[operation.method],
        )


def _view(ground: Ground, operation: Operation) -> Callable[..., Response]:
    def view(**path: str) -> Response:
        key = None
        if operation.security == "key":
            key = keys.authenticate(ground.sidecar, request.headers, operation.scope)
        if any("\0" in value for value in path.values()):
            raise Problem("not-found", "The path holds a NUL character", remedy="take ids from an answer of this API")
        asked = Asked(
            ground,
            key,
            path,
            reading.body(operation.body) if operation.body is not None else None,
            reading.query(operation.query) if operation.query is not None else None,
        )
        done = operation.view(asked)
        return done if isinstance(done, Response) else respond(done)

    return view


def respond(answer: Answer) -> Response:
    """An answer as JSON; times in RFC 3339 with ``Z``."""
    text = "" if answer.status == 204 else answer.value.model_dump_json()  # noqa: PLR2004 - No Content
    response = Response(text, answer.status, content_type="application/json")
    response.headers.update(answer.headers)
    return response
