"""The OpenAPI 3.1 document, from the operations as they are declared. Needs no database and no business.

``python -m sidecar.web.openapi`` prints it; ``schemas/openapi.json`` is its committed form.
"""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import models_json_schema

from sidecar import __version__
from sidecar.web.keys import SCOPES
from sidecar.web.models.answers import ProblemAnswer
from sidecar.web.once import HEADER
from sidecar.web.problem import KINDS, LIMIT, MEDIA_TYPE, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import BaseModel

    from sidecar.web.operations import Body, Operation, Possible

REF = "#/components/schemas/{model}"

_ABOUT = f"""Recovers missed calls beside n8n or Make: a text at once, a call by a voice agent if the caller
stays silent, an email after that, and silence the moment they answer or say STOP.

* **Keys** name the businesses they may act for. With a key for one business no request needs `business`; a key
  for many finds it by the called number, by a sequence's id, or by `business`.
* **Problems** are RFC 9457 with `remedy` and a JSON `pointer`. No answer has a top-level field `error`.
* **Times** are RFC 3339, answered in UTC. **Phones** are best sent in E.164; none ever stands in a URL.
* **Bodies** have {LIMIT // 1024} KiB at most, and unknown fields are refused. Answers may gain fields only.
* **Scopes**: {"; ".join(f"`{name}`: {meaning}" for name, meaning in SCOPES.items())}.
"""

_TAGS = {
    "Facts": "What happened: calls, messages, outcomes.",
    "Driving": "A flow says *now*; the sidecar decides and sends.",
    "Sequences": "What is under way, and an operator's hand on it.",
    "Conversation": "Answering a person.",
    "People": "What a person allowed or forbade.",
    "Events": "Told to others as it happens.",
    "Hooks": "Where vendors and mail programs post straight to us.",
    "Operations": "Health, figures, this document.",
}

_SECURITY = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key of `recovery keys create`. Hashed at rest, scoped, revocable.",
    },
    "keyHeader": {
        "type": "apiKey",
        "in": "header",
        "name": "x-api-key",
        "description": "The same key, where a bearer header cannot be set.",
    },
    "twilio": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Twilio-Signature",
        "description": "Twilio's signature over the public URL and the form, by the business's auth token.",
    },
    "retell": {
        "type": "apiKey",
        "in": "header",
        "name": "x-retell-signature",
        "description": "Retell's signature over the raw body, by the business's API key; five minutes old at most.",
    },
    "hubspot": {
        "type": "apiKey",
        "in": "header",
        "name": "X-HubSpot-Signature-v3",
        "description": "HubSpot's signature over method, public URL, raw body and X-HubSpot-Request-Timestamp, by the "
        "app's client secret; five minutes old at most.",
    },
}


def document(operations: Sequence[Operation]) -> dict[str, Any]:
    """The whole document."""
    names, schemas = _schemas(operations)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, names)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Missed-call recovery",
            "version": __version__,
            "description": _ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/", "description": "Where this document was found."}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": _SECURITY},
    }


Names = dict[type["BaseModel"], dict[str, Any]]


def _schemas(operations: Sequence[Operation]) -> tuple[Names, dict[str, Any]]:
    """A reference for each shape, and the shapes themselves."""
    asked = {
        shape
        for one in operations
        if one.body
        for shape in (*one.body.shapes, *([one.body.form] if one.body.form else []))
    }
    answered = {possible.shape for one in operations for possible in one.answers if possible.shape} | {ProblemAnswer}
    wanted = [(shape, "validation") for shape in sorted(asked, key=lambda one: one.__name__)]
    wanted += [(shape, "serialization") for shape in sorted(answered, key=lambda one: one.__name__)]
    references, definitions = models_json_schema(wanted, ref_template=REF)  # type: ignore[arg-type]
    names: Names = {shape: references[shape, mode] for shape, mode in wanted}  # type: ignore[index]
    return names, definitions["$defs"]


def _operation(operation: Operation, names: Names) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.description,
        "security": _security(operation),
        "responses": _responses(operation, names),
    }
    if operation.scope:
        described["description"] += f" Scope `{operation.scope}`."
    if parameters := _parameters(operation):
        described["parameters"] = parameters
    if operation.body is not None:
        described["requestBody"] = _body(operation.body, names)
    elif operation.payload is not None:
        described["requestBody"] = _payload(operation.payload)
    elif operation.payload_list is not None:
        described["requestBody"] = _payload_list(operation.payload_list)
    elif operation.raw_form is not None:
        described["requestBody"] = _raw_form(operation)
    return described


def _security(operation: Operation) -> list[dict[str, list[str]]]:
    if operation.security is None:
        return []
    return [{"key": []}, {"keyHeader": []}] if operation.security == "key" else [{operation.security: []}]


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    in_path = re.findall(r"{(\w+)}", operation.path)
    found: list[dict[str, Any]] = []
    for name, text in operation.parameters.items():
        place = "path" if name in in_path else "query"
        found.append(
            {
                "name": name,
                "in": place,
                "required": place == "path",
                "description": text,
                "schema": {"type": "string"},
            }
        )
    if operation.query is not None:
        schema = operation.query.model_json_schema()
        for name, described in schema["properties"].items():
            text = described.pop("description", "")
            described.pop("title", None)
            found.append({"name": name, "in": "query", "required": False, "description": text, "schema": described})
    if operation.idempotency_key:
        found.append({
            "name": HEADER, "in": "header", "required": False,
            "description": "The same key with the same request is answered again and done once.",
            "schema": {"type": "string", "maxLength": 255},
        })  # fmt: skip
    return found


def _body(body: Body, names: Names) -> dict[str, Any]:
    shapes = [names[shape] for shape in body.shapes]
    content: dict[str, Any] = {"schema": shapes[0] if len(shapes) == 1 else {"oneOf": shapes}}
    if body.examples:
        content["examples"] = {name: {"value": value} for name, value in body.examples.items()}
    media: dict[str, Any] = {"application/json": content}
    if body.form is not None:
        media["application/x-www-form-urlencoded"] = {"schema": _form_schema(body.form)}
    return {"required": not body.optional, "content": media}


def _form_schema(shape: type[BaseModel]) -> dict[str, Any]:
    """A shape as a form: the fields of an object within stand as ``flow.platform``."""
    schema = shape.model_json_schema()
    inner = schema.pop("$defs", {})
    properties: dict[str, Any] = {}
    for name, described in schema["properties"].items():
        reference = next((one["$ref"] for one in described.get("anyOf", ()) if "$ref" in one), None)
        if reference is None:
            properties[name] = described
        else:
            fields = inner[reference.rpartition("/")[2]]["properties"]
            properties |= {f"{name}.{field}": one for field, one in fields.items()}
    return schema | {"title": f"{shape.__name__}Form", "properties": properties}


def _raw_form(operation: Operation) -> dict[str, Any]:
    properties = {name: {"type": "string", "description": text} for name, text in (operation.raw_form or {}).items()}
    schema = {"type": "object", "properties": properties, "additionalProperties": {"type": "string"}}
    return {
        "required": operation.security is not None,
        "content": {"application/x-www-form-urlencoded": {"schema": schema}},
    }


def _payload(fields: Mapping[str, str]) -> dict[str, Any]:
    """A vendor's JSON: its first field is a word that says what it is, the others are objects."""
    kinds = ("string", *["object"] * (len(fields) - 1))
    properties = {
        name: {"type": kind, "description": text} for (name, text), kind in zip(fields.items(), kinds, strict=True)
    }
    schema = {"type": "object", "properties": properties, "required": [next(iter(fields))]}
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _payload_list(fields: Mapping[str, str]) -> dict[str, Any]:
    """A vendor's events in one JSON list; what an event holds besides is passed over."""
    item = {"type": "object", "properties": {name: {"description": text} for name, text in fields.items()}}
    return {"required": True, "content": {"application/json": {"schema": {"type": "array", "items": item}}}}


def _responses(operation: Operation, names: Names) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for possible in operation.answers:
        responses[str(possible.status)] = _possible(possible, names)
    by_status: dict[int, list[str]] = {}
    for kind in operation.all_problems():
        by_status.setdefault(KINDS[kind].status, []).append(kind)
    for status, kinds in by_status.items():
        if str(status) not in responses:
            responses[str(status)] = _problems(kinds, names)
    return responses


def _possible(possible: Possible, names: Names) -> dict[str, Any]:
    if possible.shape is None and possible.schema is None:
        return {"description": possible.description}
    schema = names[possible.shape] if possible.shape is not None else dict(possible.schema or {})
    content: dict[str, Any] = {"schema": schema}
    if possible.examples:
        content["examples"] = {name: {"value": value} for name, value in possible.examples.items()}
    return {"description": possible.description, "content": {possible.media: content}}


def _problems(kinds: list[str], names: Names) -> dict[str, Any]:
    examples = {kind: {"value": Problem(kind, KINDS[kind].title).document()} for kind in kinds}
    return {
        "description": " ".join(f"{KINDS[kind].title}. {KINDS[kind].meaning}" for kind in kinds),
        "content": {MEDIA_TYPE: {"schema": names[ProblemAnswer], "examples": examples}},
    }


def text(operations: Sequence[Operation]) -> str:
    """The document as it is committed."""
    return json.dumps(document(operations), indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Print it."""
    from sidecar.web.contract import OPERATIONS

    sys.stdout.write(text(OPERATIONS))


if __name__ == "__main__":
    main()
