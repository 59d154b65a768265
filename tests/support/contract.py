"""Does an answer keep to the committed OpenAPI document? Every integration test of the web room asks."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator

from sidecar.shipped import shipped

if TYPE_CHECKING:
    from werkzeug.test import TestResponse


@cache
def document() -> dict[str, Any]:
    """The document as it is committed."""
    read: dict[str, Any] = json.loads((shipped("schemas") / "openapi.json").read_text(encoding="utf-8"))
    return read


@cache
def described(method: str, path: str) -> dict[str, Any] | None:
    """The operation behind a path, if there is one."""
    for template, methods in document()["paths"].items():
        pattern = re.sub(r"{\w+}", "[^/]+", template)
        if re.fullmatch(pattern, path) and method.lower() in methods:
            found: dict[str, Any] = methods[method.lower()]
            return found
    return None


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    """Of one schema, with the document's components at hand."""
    return Draft202012Validator({**schema, "components": document()["components"]})


def conforms(method: str, path: str, answer: TestResponse) -> None:
    """Fail where the status, the media type or the body of an answer is not as documented."""
    operation = described(method, path.partition("?")[0])
    if operation is None:
        return
    promised = operation["responses"].get(str(answer.status_code))
    assert promised is not None, (
        f"{method} {path} answered {answer.status_code}, which is not documented: {answer.text}"
    )
    content = promised.get("content", {})
    if not content:
        assert answer.data == b""
        return
    media = answer.mimetype or ""
    assert media in content, f"{media} is none of {list(content)}"
    if media.endswith("json"):
        body = answer.get_json()
        validator(content[media]["schema"]).validate(body)
        assert "error" not in body
