"""The document: generated, committed, valid, and true."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from openapi_spec_validator import validate

from sidecar.shipped import shipped
from sidecar.web import openapi
from sidecar.web.contract import OPERATIONS
from tests.support.contract import document, validator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.testing import FlaskClient


def test_the_committed_document_is_what_the_operations_say() -> None:
    committed = (shipped("schemas") / "openapi.json").read_text(encoding="utf-8")
    assert committed == openapi.text(OPERATIONS), "run `make openapi` and commit schemas/openapi.json"


def test_it_is_made_without_settings_database_or_business(tmp_path: Any) -> None:
    made = subprocess.run(
        [sys.executable, "-m", "sidecar.web.openapi"],
        check=True, capture_output=True, cwd=tmp_path,
        env={"PYTHONPATH": str(shipped("schemas").parent)}, text=True,
    )  # fmt: skip
    assert json.loads(made.stdout) == document()


def test_it_is_valid_openapi_3_1() -> None:
    assert document()["openapi"].startswith("3.1")
    validate(document())


def test_every_route_is_in_it_and_nothing_else(client: FlaskClient) -> None:
    routes = {
        (re.sub(r"<(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in client.application.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    described = {(path, method) for path, methods in document()["paths"].items() for method in methods}
    assert routes == described


def operations() -> Iterator[Any]:
    for path, methods in document()["paths"].items():
        for method, one in methods.items():
            yield pytest.param(path, one, id=f"{method} {path}")


@pytest.mark.parametrize(("path", "one"), list(operations()))
def test_every_operation_is_fully_described(path: str, one: dict[str, Any]) -> None:
    assert one["summary"]
    assert one["description"]
    assert one["operationId"]
    in_path = {parameter["name"] for parameter in one.get("parameters", ()) if parameter["in"] == "path"}
    assert in_path == set(re.findall(r"{(\w+)}", path))
    assert all(parameter["description"] for parameter in one.get("parameters", ()))
    if path.startswith("/v1/"):
        assert one["security"] == [{"key": []}, {"keyHeader": []}]
        assert {"401", "403", "500"} <= set(one["responses"])
        assert any(status.startswith("2") for status in one["responses"])


def examples() -> Iterator[Any]:
    for path, methods in document()["paths"].items():
        for method, one in methods.items():
            contents = [("request", one.get("requestBody", {}).get("content", {}))]
            contents += [(status, answer.get("content", {})) for status, answer in one["responses"].items()]
            for where, content in contents:
                for media, described in content.items():
                    for name, example in described.get("examples", {}).items():
                        yield pytest.param(
                            described["schema"], example["value"], id=f"{method} {path} {where} {media} {name}"
                        )


@pytest.mark.parametrize(("schema", "example"), list(examples()))
def test_every_example_keeps_to_its_schema(schema: dict[str, Any], example: Any) -> None:
    validator(schema).validate(example)


def test_every_json_body_and_answer_has_an_example() -> None:
    missing = [
        f"{method} {path}"
        for path, methods in document()["paths"].items()
        for method, one in methods.items()
        if path.startswith("/v1/")
        for content in [
            one.get("requestBody", {}).get("content", {}),
            *(answer.get("content", {}) for answer in one["responses"].values()),
        ]
        for media, described in content.items()
        if media.endswith("json") and not described.get("examples")
    ]
    assert missing == []


def test_no_answer_has_a_top_level_field_error() -> None:
    """n8n takes such an answer for a failure, and asks again."""
    for methods in document()["paths"].values():
        for one in methods.values():
            for answer in one["responses"].values():
                for content in answer.get("content", {}).values():
                    schema = content["schema"]
                    name = schema.get("$ref", "").rpartition("/")[2]
                    schema = document()["components"]["schemas"][name] if name else schema
                    assert "error" not in schema.get("properties", {})


def test_operation_ids_are_unique_and_every_scope_is_known() -> None:
    ids = [operation.id for operation in OPERATIONS]
    assert len(ids) == len(set(ids))
    assert all(operation.scope for operation in OPERATIONS if operation.security == "key")


def test_a_form_names_the_fields_of_a_flow_with_a_dot() -> None:
    body = document()["paths"]["/v1/calls"]["post"]["requestBody"]["content"]
    assert {"flow.platform", "flow.execution_id"} <= set(
        body["application/x-www-form-urlencoded"]["schema"]["properties"]
    )


def test_no_phone_number_can_stand_in_a_url() -> None:
    for path, methods in document()["paths"].items():
        assert not re.search("phone|number", path)
        for one in methods.values():
            assert not [
                parameter
                for parameter in one.get("parameters", ())
                if parameter["name"] in ("phone", "email", "to", "from")
            ]
