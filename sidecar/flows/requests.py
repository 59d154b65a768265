"""What a node of n8n asks of the network: method, address, body, as far as they are known before it runs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, Final

from sidecar.flows.contract import HOLE, is_named, operation_path, operations
from sidecar.flows.expressions import n8n as expressions
from sidecar.flows.expressions.values import Choice, Constant, Fields, Reference, Text, Unknown, Value
from sidecar.flows.strings import at, text_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sidecar.flows.n8n import Node, Workflow

_MOST: Final = 8
_VARIABLE: Final = re.compile(r"\$vars\.\w+")
"""A variable of the n8n installation: set by whoever runs it, as a Settings node is."""
HTTP: Final = frozenset({"httpRequest", "httpRequestTool", "toolHttpRequest", "graphql", "graphqlTool"})


@dataclass(frozen=True, slots=True)
class Request:
    """One call over HTTP."""

    method: str
    """In capitals; empty where it is computed."""
    urls: tuple[str, ...]
    """Each address that it may be; holes where a part is only known later."""
    body: Fields | None
    """None where nothing is known of it."""
    form: bool = False
    """The body is a form, not JSON."""
    said: str = ""
    """The words round it: the address as it is written, the names of its credentials."""

    @property
    def paths(self) -> tuple[str, ...]:
        """Which of the sidecar's paths each address is; empty for one that is none."""
        return tuple(map(self.path, self.urls))

    def path(self, url: str) -> str:
        """Which of the sidecar's paths an address is; of a host that is only computed, the body must speak for it."""
        path = operation_path(url, self.said)
        if not path or url.startswith(path) or is_named(url, url, self.said):
            return path
        operation = operations().get((self.method, path))
        named = [name for name, _ in self.body.fields] if self.body is not None else []
        return path if operation is not None and not operation.fields.isdisjoint(named) else ""


def request_of(workflow: Workflow, node: Node) -> Request | None:
    """What an HTTP Request node asks; None for other nodes."""
    if node.short not in HTTP:
        return None
    if node.name not in workflow.requests or workflow.by_name[node.name] is not node:
        workflow.requests[node.name] = _request_of(workflow, node)
    return workflow.requests[node.name]


def _request_of(workflow: Workflow, node: Node) -> Request:
    parameters = node.parameters
    graph = node.short.startswith("graphql")
    method = parameters.get("method", parameters.get("requestMethod", "POST" if graph else "GET"))
    method = method.upper() if isinstance(method, str) and not method.startswith("=") else ""
    url = parameters.get("endpoint" if graph else "url")
    urls = addresses(workflow, node, url) if isinstance(url, str) else ("",)
    form = parameters.get("contentType") in ("form-urlencoded", "multipart-form-data") and bool(
        parameters.get("sendBody")
    )
    return Request(method, urls, body_of(node), form, f"{url} {node.raw.get('credentials')}")


def addresses(workflow: Workflow, node: Node, text: str) -> tuple[str, ...]:
    """What a text may be, with constants of Set nodes put in."""
    value = expressions.read(text).value
    if node.short == "toolHttpRequest":  # its placeholders are {name}
        return (text.replace("{", HOLE).replace("}", ""),)
    return tuple(dict.fromkeys(spelled(workflow, node, value)))


def spelled(workflow: Workflow, node: Node, value: Value) -> Iterator[str]:
    """Each text that a value may be."""
    if isinstance(value, Text):
        choices = [
            [part] if isinstance(part, str) else list(spelled(workflow, node, part))[:_MOST] for part in value.parts
        ]
        for count, parts in enumerate(product(*choices)):
            if count == _MOST:
                return
            yield "".join(parts)
    elif isinstance(value, Choice):
        for one in value.among:
            yield from spelled(workflow, node, one)
    elif isinstance(value, Reference):
        known = constant(workflow, node, value)
        yield HOLE if known is None else known
    elif isinstance(value, Constant):
        yield str(value.value)
    else:
        yield HOLE


def constant(workflow: Workflow, node: Node, reference: Reference) -> str | None:
    """The literal that a Set node gives the field that is read; None where it is none.

    An empty one is a setting that is still to be filled in; whatever is filled in will be looked at then.
    """
    if len(reference.path) != 1:
        return None
    if reference.node:
        sources = [workflow.by_name[reference.node]] if reference.node in workflow.by_name else []
    else:
        sources = [workflow.by_name[edge.source] for edge in workflow.before(node.name)]
    found = {_set(source).get(str(reference.path[0])) for source in sources}
    return found.pop() if len(found) == 1 else None


def _set(node: Node) -> dict[str, str]:
    """Names and literal values of a Set node, in its three shapes."""
    if node.short != "set" or node.disabled:
        return {}
    parameters = node.parameters
    if parameters.get("mode") == "raw":
        return _raw(text_at(parameters, "jsonOutput"))
    listed: list[Any] = []
    for place in (("assignments", "assignments"), ("fields", "values"), ("values", "string")):
        found = at(parameters, *place)
        listed += found if isinstance(found, list) else []
    values: dict[str, str] = {}
    for one in listed:
        name, value = text_at(one, "name"), at(one, "value")
        value = value if value is not None else at(one, "stringValue")
        if name and isinstance(value, str) and not value.startswith("="):
            values[name] = value
    return values


def _raw(text: str) -> dict[str, str]:
    value = expressions.read(text if text.startswith("=") else f"={{{{ {text} }}}}").value
    if isinstance(value, Text) and value.known is not None:  # an expression without any code in it
        value = expressions.read(f"={{{{ {value.known} }}}}").value
    fields = value.fields if isinstance(value, Fields) and not value.open else ()  # what is spread in may overwrite any
    return {name: one.known for name, one in fields if isinstance(one, Text) and one.known is not None}


def body_of(node: Node) -> Fields | None:
    """The fields of a request's body, from its table of parameters or from its JSON."""
    parameters = node.parameters
    listed = at(parameters, "bodyParameters", "parameters")
    if parameters.get("specifyBody", "keypair") != "json" and isinstance(listed, list):
        pairs = [
            (text_at(one, "name"), expressions.read(text_at(one, "value")).value)
            for one in listed
            if text_at(one, "name")
        ]
        return Fields(tuple(pairs))
    text = parameters.get("jsonBody", parameters.get("body"))
    if not isinstance(text, str):
        return None
    value = expressions.read(text if text.startswith("=") else f"={{{{ {text} }}}}").value
    if isinstance(value, Text):  # JSON with holes: read as an object that has them for values
        script = "".join(part if isinstance(part, str) else "null" for part in value.parts)
        value = expressions.read(f"={{{{ {script} }}}}").value
        return (
            Fields(tuple((name, Text((HOLE,))) for name, _ in value.fields), value.open)
            if isinstance(value, Fields)
            else None
        )
    return value if isinstance(value, Fields) else None


def is_known(workflow: Workflow, node: Node, value: Any) -> bool:
    """Whether a recipient stands in the flow itself: a literal, a constant of a Settings node, n8n's own variable."""
    if isinstance(value, dict):  # a resource locator
        value = value.get("value")
    if isinstance(value, str):
        value = expressions.read(value).value
    if isinstance(value, Unknown):
        return _VARIABLE.fullmatch(value.source.strip()) is not None
    if not isinstance(value, (Text, Reference, Choice, Constant, Fields)):
        return False
    texts = list(spelled(workflow, node, value))
    return bool(texts) and all(HOLE not in text for text in texts)
