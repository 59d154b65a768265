"""Recovery: each call to the sidecar is one that its API has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sidecar.flows.contract import Operation, Unanswered, is_named, operations, path_of
from sidecar.flows.findings import Found, shown
from sidecar.flows.make_requests import request_of as make_request_of
from sidecar.flows.make_requests import stops_at_errors
from sidecar.flows.requests import request_of
from sidecar.flows.rules import rule
from sidecar.flows.strings import at
from sidecar.flows.vendors import vendor_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sidecar.flows.findings import Place
    from sidecar.flows.linting import Flows
    from sidecar.flows.make import Blueprint
    from sidecar.flows.n8n import Node, Workflow
    from sidecar.flows.requests import Request

_API: Final = "schemas/openapi.json, or /docs of a running sidecar"
_FORM: Final = "application/x-www-form-urlencoded"
_OF_FAILURES: Final = (("error",),)
"""What n8n itself puts into the answer of a node that failed and goes on."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call to the sidecar, on either platform."""

    request: Request
    url: str
    place: Place
    """Of the node's parameters, or of the module's mapper."""
    name: str
    file: str

    @property
    def path(self) -> str:
        """Of the API; empty where it has none such."""
        return self.request.path(self.url)


def calls(flows: Flows) -> Iterator[Call]:
    """Every call that is meant for the sidecar, with each address that it may have."""
    for workflow in flows.workflows:
        for node in workflow.of("httpRequest", "httpRequestTool"):
            request = request_of(workflow, node)
            if request is not None:
                yield from _of(request, (*node.place, "parameters"), node.name, workflow.file)
    for blueprint in flows.blueprints:
        for module in blueprint.modules:
            request = make_request_of(blueprint, module)
            if request is not None:
                yield from _of(request, (*module.place, "mapper"), module.name, blueprint.file)


def _of(request: Request, place: Place, name: str, file: str) -> Iterator[Call]:
    for url in request.urls:
        if (request.path(url) or is_named(url, url, request.said)) and not vendor_of(url):
            yield Call(request, url, place, name, file)


@rule(
    "R201",
    "a call that the sidecar does not have",
    on="flows",
    reason="It answers 404: the flow goes on without the lead.",
    remedy="use one of the API's paths",
    source=_API,
)
def unknown_paths(flows: Flows) -> Iterator[Found]:
    """Each path under /v1 that the document does not have."""
    for call in calls(flows):
        if not call.path:
            path = path_of(call.url).replace("\0", "…")
            yield Found((*call.place, "url"), f"the sidecar has no {shown(path)}", call.name, file=call.file)


@rule(
    "R202",
    "a call with a method that the sidecar does not take",
    on="flows",
    reason="It answers 405, and nothing happens.",
    remedy="use the method that the message names",
    source=_API,
)
def wrong_methods(flows: Flows) -> Iterator[Found]:
    """Each call whose path is right and whose method is not."""
    for call in calls(flows):
        methods = sorted(method for method, of in operations() if of == call.path)
        if call.path and call.request.method and call.request.method not in methods:
            said = f"{call.request.method} {call.path}: the sidecar takes {' or '.join(methods)}"
            yield Found((*call.place, "url"), said, call.name, file=call.file)


@rule(
    "R203",
    "a field that the sidecar does not take, or one that it needs",
    on="flows",
    reason="It answers 422, and nothing happens.",
    remedy="send the fields of the API's document",
    source=_API,
)
def wrong_fields(flows: Flows) -> Iterator[Found]:
    """The fields of each body that is known, against the document."""
    for call in calls(flows):
        operation = _operation(call.request)
        body = call.request.body
        if operation is None or body is None:
            continue
        names = [name for name, _ in body.fields]
        for name in names:
            if operation.fields and name not in operation.fields:
                there = ", ".join(sorted(field for field in operation.fields if "." not in field))
                said = f"{operation.path} takes no {shown(name)}; it takes {there}"
                yield Found(call.place, said, call.name, file=call.file)
        missing = sorted(operation.required - set(names))
        if missing and not body.open:
            said = f"{operation.path} needs {', '.join(map(shown, missing))}"
            yield Found(call.place, said, call.name, file=call.file)


@rule(
    "R208",
    "a form, where the sidecar takes JSON alone",
    on="flows",
    reason="It answers 400, and nothing happens: a form is taken where people's text may be in it, and nowhere else.",
    remedy="send JSON; where people's text is in it, send it by a call that takes a form",
    source=_API,
)
def wrong_forms(flows: Flows) -> Iterator[Found]:
    """Each body that is a form, against the content types of the document."""
    for call in calls(flows):
        operation = _operation(call.request)
        if call.request.form and operation is not None and operation.forms and _FORM not in operation.forms:
            yield Found(call.place, f"{operation.path} takes JSON, and no form", call.name, file=call.file)


@rule(
    "R204",
    "an expression reads what the sidecar does not answer",
    on="n8n",
    reason="It is undefined: the If behind it takes the same way for everybody.",
    remedy="read a field of the answer",
    source=_API,
)
def unknown_answers(workflow: Workflow) -> Iterator[Found]:
    """Each field that is read of a call's answer, by name or right behind it."""
    requests = ((node.name, request_of(workflow, node)) for node in workflow.of("httpRequest"))
    asked = {name: _operation(request) for name, request in requests if request is not None}
    answers = {name: operation for name, operation in asked.items() if operation is not None}
    if not answers:
        return
    for node in workflow.nodes:
        before = [edge.source for edge in workflow.before(node.name)]
        for place, expression in node.expressions:
            for reference in expression.references:
                sources = [reference.node] if reference.node else before
                if not sources or not reference.how or reference.path[:1] in _OF_FAILURES:
                    continue
                known = [name for name in sources if name in answers]
                unknown = (_unanswered(workflow.by_name[name], answers[name], reference.path) for name in known)
                found = [one for one in unknown if one is not None]
                if len(found) == len(sources):
                    yield Found(place, _said(answers[sources[0]], *found), node.name)


def _unanswered(node: Node, operation: Operation, path: tuple[str | int, ...]) -> Unanswered | None:
    """What an answer lacks; it may be wrapped with its status and headers, and be a refusal too."""
    answer = at(node.options, "response", "response")
    if at(answer, "fullResponse") is True:
        if path[:1] != ("body",):
            return None
        path = path[1:]
    return operation.unknown(path, refused=at(answer, "neverError") is True)


def _said(operation: Operation, *unknown: Unanswered) -> str:
    there = frozenset().union(*(one.there for one in unknown))
    return f"{operation.path} answers no {shown(unknown[0].field)}; it answers {', '.join(sorted(there))}"


def _operation(request: Request) -> Operation | None:
    """What a request asks of the sidecar, where that is one thing."""
    paths = {*request.paths}
    return operations().get((request.method, paths.pop())) if len(paths) == 1 else None


@rule(
    "R205",
    "an expression reads what the sidecar does not answer",
    on="make",
    reason="It is empty: the filter behind it takes the same way for everybody.",
    remedy="read a field of the answer, behind data",
    source=_API,
)
def unknown_answers_in_make(blueprint: Blueprint) -> Iterator[Found]:
    """Each field that is read of a call's answer."""
    for module in blueprint.modules:
        for place, text in module.texts:
            for reference in text.references:
                call = blueprint.by_id.get(reference.module)
                request = make_request_of(blueprint, call) if call is not None else None
                if request is None or reference.path[:1] not in {("data",), ("body",)}:
                    continue
                operation = _operation(request)
                if operation is None or call is None:
                    continue
                unknown = operation.unknown(reference.path[1:], refused=not stops_at_errors(call))
                if unknown is not None:
                    yield Found(place, _said(operation, unknown), module.name)
