"""The sidecar's HTTP API as flows see it: `schemas/openapi.json`, read without a web framework."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sidecar.flows.schemas import shipped_json

if TYPE_CHECKING:
    from collections.abc import Sequence

HOLE: Final = "\0"
"""Stands in an address for what is only known when the flow runs."""

_BASE: Final = re.compile(r"^\s*(?:https?://[^/?#\0]*|(?:https?://)?[^/]*\0[^/]*)", re.IGNORECASE)
_PATH: Final = re.compile(r"/v1/[^'\"}\s]*")
_NAMED: Final = re.compile(r"sidecar|recovery", re.IGNORECASE)
_TELLING: Final = re.compile(r"/v1/(?:sequences|claims|gate|outcomes|flow-errors|contacts|messages/inbound)(?:[/?]|$)")
CLAIM: Final = "/v1/sequences/{sequence_id}/steps/{name}/claim"
RESULT: Final = "/v1/claims/{claim_id}/result"


@dataclass(frozen=True, slots=True)
class Operation:
    """One call that the API has."""

    method: str
    path: str
    fields: frozenset[str]
    """Of its body, in any of the forms that it takes."""
    required: frozenset[str]
    answer: dict[str, Any]
    """The schema of the answer when all is well."""
    forms: frozenset[str]
    """The content types of the bodies that it takes."""

    def unknown(self, path: Sequence[str | int | None], *, refused: bool) -> Unanswered | None:
        """The first field of a path that the answer does not have; ``refused`` where a refusal is read like it."""
        if not path or (refused and path[0] in problem_fields()):
            return None
        return _unknown(self.answer, path)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A field that is read, and those that there are in its place."""

    field: str
    there: frozenset[str]


@cache
def _paths() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Literal segments before braces: `/v1/messages/inbound` is no name of anything."""
    found = sorted(
        (path for path in shipped_json("openapi")["paths"] if path.startswith("/v1/")), key=lambda path: path.count("{")
    )
    return tuple(
        (re.compile(re.sub(r"\\\{\w+\\\}", r"[^/?]+", re.escape(path)) + r"/?(?:[?#].*)?$", re.DOTALL), path)
        for path in found
    )


@cache
def operations() -> dict[tuple[str, str], Operation]:
    """By method and path."""
    found: dict[tuple[str, str], Operation] = {}
    for path, methods in shipped_json("openapi")["paths"].items():
        for method, said in methods.items():
            if method in {"get", "post", "put", "patch", "delete"}:
                fields, required = _body(said)
                answer: dict[str, Any] = next(
                    (one for code, one in said.get("responses", {}).items() if code.startswith("2")), {}
                )
                schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
                found[method.upper(), path] = Operation(method.upper(), path, fields, required, schema, _forms(said))
    return found


def _forms(said: dict[str, Any]) -> frozenset[str]:
    return frozenset(said.get("requestBody", {}).get("content", {}))


def _body(said: dict[str, Any]) -> tuple[frozenset[str], frozenset[str]]:
    fields: set[str] = set()
    required: set[str] | None = None
    for form in said.get("requestBody", {}).get("content", {}).values():
        names, needed = _fields(form.get("schema", {}))
        fields |= {name.partition(".")[0] for name in names} | names
        required = set(needed) if required is None else required & needed
    return frozenset(fields), frozenset(required or ())


@cache
def problem_fields() -> frozenset[str]:
    """What a refusal (problem+json) says."""
    return _fields({"$ref": "#/components/schemas/ProblemAnswer"})[0]


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = shipped_json("openapi")["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    return schema


def _unknown(schema: dict[str, Any], path: Sequence[str | int | None]) -> Unanswered | None:
    """Steps into texts, and into objects of which nothing is said, are not judged."""
    schemas = _alternatives(schema)
    for step in path:
        if not isinstance(step, str):
            schemas = [one for array in schemas for one in _alternatives(array.get("items", {}))]
            continue
        objects = [one["properties"] for one in schemas if "properties" in one]
        if not objects or len(objects) < len(schemas):
            return None
        if not any(step in one for one in objects):
            return Unanswered(step, frozenset().union(*objects))
        schemas = [one for members in objects if step in members for one in _alternatives(members[step])]
    return None


def _alternatives(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """What a value may be, but null."""
    schema = _resolved(schema)
    choices = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    if choices and "properties" not in schema:
        return [found for one in choices for found in _alternatives(one)]
    return [] if schema.get("type") == "null" else [schema]


def _fields(schema: dict[str, Any]) -> tuple[frozenset[str], frozenset[str]]:
    schema = _resolved(schema)
    names, required = set(schema.get("properties", {})), set(schema.get("required", ()))
    for word in ("oneOf", "anyOf"):
        alternatives = [_fields(one) for one in schema.get(word, ())]
        for one, _ in alternatives:
            names |= one
        if alternatives:
            required |= frozenset.intersection(*(needed for _, needed in alternatives))
    return frozenset(names), frozenset(required)


def path_of(url: str) -> str:
    """The path of an address, whatever its host; from the first `/v1/` on."""
    rest = _BASE.sub("", url, count=1)
    start = rest.find("/v1/")
    return rest[start:] if start >= 0 else ""


def operation_path(url: str, *said: str) -> str:
    """Which of the API's paths an address is; empty where it is none.

    Others have a /v1/messages too: the host, or the words round the call, must speak of the sidecar.
    """
    path = path_of(url)
    if not path or not (is_named(url, url, *said) or HOLE in url[: len(url) - len(path)] or url == path):
        return ""
    return next((template for pattern, template in _paths() if pattern.match(path)), "")


def is_named(url: str, *said: str) -> bool:
    """Whether the words round its path speak of the sidecar, or the path is one that only the sidecar has."""
    path = path_of(url)
    named = (_NAMED.search(_PATH.sub("", one)) for one in said)
    return bool(path) and (_TELLING.match(path) is not None or any(named))
