"""fmt: what belongs to an account goes, what a flow does stays, and twice is the same as once."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.errors import ConfigError
from sidecar.flows.loading import json_files, load
from sidecar.flows.tidying import tidy, tidy_file
from sidecar.shipped import shipped
from tests.support.exports import make_blueprint, n8n_workflow

if TYPE_CHECKING:
    from sidecar.flows.loading import FlowFile


def read(value: Any) -> FlowFile:
    return load("flow.json", json.dumps(value).encode())


def tidied(value: Any) -> Any:
    return json.loads(tidy_file(read(value)))


SHIPPED = [*json_files([str(shipped("n8n-workflows")), str(shipped("make-blueprints"))])]


def test_what_ships_is_in_the_form_already() -> None:
    for name in SHIPPED:
        file = load(name)
        assert tidy_file(file) == file.data, f"`recovery flows fmt {name}` would change it"


class TestN8n:
    def test_nothing_of_the_instance_is_left(self) -> None:
        text = json.dumps(tidied(n8n_workflow()))
        for trace in "instanceId 9f0c versionId pinData +447700900123 staticData Xy7pQ1 /workflow/".split():
            assert trace not in text

    def test_what_it_does_is_left(self) -> None:
        before, after = n8n_workflow(), tidied(n8n_workflow())
        assert after["connections"] == before["connections"]
        assert after["settings"] == before["settings"]
        assert after["id"] == "recoveryMissed01"
        assert after["tags"] == [{"name": "recovery"}]
        assert [node["name"] for node in after["nodes"]] == [node["name"] for node in before["nodes"]]
        for one, other in zip(before["nodes"][:4], after["nodes"][:4], strict=True):
            assert {**one, "position": 0, "credentials": 0} == {**other, "position": 0, "credentials": 0} | (
                {} if "credentials" in one else {"credentials": 0}
            )
        assert after["nodes"][3]["credentials"] == {"httpBearerAuth": {"id": None, "name": "Recovery sidecar"}}
        assert after["nodes"][4]["parameters"]["workflowId"]["value"] == "recoveryErrors01"

    def test_positions_stand_on_the_canvas_grid(self) -> None:
        assert [node["position"] for node in tidied(n8n_workflow())["nodes"]] == [
            [-64, -192], [0, 0], [224, 0], [448, 0], [672, 160],
        ]  # fmt: skip

    def test_connections_stand_in_the_order_of_the_nodes(self) -> None:
        assert list(tidied(n8n_workflow())["connections"]) == ["Twilio call", "Settings", "Report call"]


class TestMake:
    def test_nothing_of_the_account_is_left(self) -> None:
        text = json.dumps(tidied(make_blueprint()))
        for trace in ("4242", "1174", "sam@hartley.example", "Hartley's hook", '"hook": 81'):
            assert trace not in text

    def test_what_it_does_is_left(self) -> None:
        after = tidied(make_blueprint())
        run = after["flow"][1]["routes"][0]["flow"][0]
        assert run["parameters"] == {"authenticationType": "apiKey", "tlsType": ""}
        assert run["filter"] == make_blueprint()["flow"][1]["routes"][0]["flow"][0]["filter"]
        assert run["onerror"][0]["module"] == "builtin:Ignore"
        assert after["flow"][1]["parameters"] == {"else": 1}
        assert after["metadata"]["notes"] == make_blueprint()["metadata"]["notes"]

    def test_a_value_that_the_flow_works_out_itself_is_no_account_s(self) -> None:
        value = make_blueprint()
        value["flow"][1]["parameters"] = {"datastore": "{{1.store}}", "hook": 7}
        assert tidied(value)["flow"][1]["parameters"] == {"datastore": "{{1.store}}"}

    def test_an_api_s_wrapping_stays_around_it(self) -> None:
        wrapped = {"code": "OK", "response": {"blueprint": make_blueprint()}}
        assert tidied(wrapped) == {"code": "OK", "response": {"blueprint": tidied(make_blueprint())}}

    def test_a_blueprint_that_is_text_stays_text(self) -> None:
        after = tidied({"blueprint": json.dumps(make_blueprint()), "teamId": 1})
        assert json.loads(after["blueprint"]) == tidied(make_blueprint())


def test_what_was_read_is_not_changed() -> None:
    for value in (n8n_workflow(), make_blueprint()):
        file = read(value)
        before = copy.deepcopy(file.value)
        for flow in file.flows:
            tidy(flow)
        assert file.value == before


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NUMBER = st.integers(-2000, 2000) | st.floats(-2000, 2000)
NODE: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {"name": st.text(max_size=6), "type": st.sampled_from(["n8n-nodes-base.webhook", "n8n-nodes-base.set", "x.y"])},
    optional={
        "position": st.lists(NUMBER, min_size=2, max_size=2) | JSON,
        "parameters": st.fixed_dictionaries({}, optional={"path": st.text(max_size=5), "w": JSON}) | JSON,
        "credentials": st.dictionaries(st.text(max_size=5), JSON, max_size=2) | JSON,
        "disabled": JSON, "zz": JSON, "onError": st.text(max_size=4),
    },
)  # fmt: skip
WORKFLOW: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {"nodes": st.lists(NODE | JSON, max_size=4)},
    optional={"connections": st.dictionaries(st.text(max_size=6), JSON, max_size=3) | JSON, "tags": JSON,
              "settings": JSON, "pinData": JSON, "meta": JSON, "name": JSON, "other": JSON},
)  # fmt: skip
BOUND: st.SearchStrategy[Any] = (
    st.fixed_dictionaries({}, optional={"__IMTCONN__": JSON, "xKeychain": JSON, "url": JSON, "hook": JSON}) | JSON
)
MODULE: st.SearchStrategy[Any] = st.deferred(
    lambda: st.fixed_dictionaries(
        dict[str, st.SearchStrategy[Any]](id=st.integers(0, 9), module=st.text(max_size=6)),
        optional={"parameters": BOUND, "mapper": BOUND, "metadata": METADATA, "filter": JSON,
                  "routes": st.lists(st.fixed_dictionaries({"flow": FLOW}) | JSON, max_size=2), "onerror": FLOW},
    )
)  # fmt: skip
FLOW: st.SearchStrategy[Any] = st.lists(MODULE | JSON, max_size=2)
METADATA: st.SearchStrategy[Any] = (
    st.fixed_dictionaries(
        {},
        optional={"designer": st.dictionaries(st.sampled_from(["x", "y", "name"]), NUMBER | JSON, max_size=3) | JSON,
                  "restore": st.fixed_dictionaries({}, optional={"parameters": BOUND, "expect": JSON}) | JSON,
                  "parameters": st.lists(st.fixed_dictionaries({"name": JSON, "type": JSON}) | JSON, max_size=2)},
    )
    | JSON
)  # fmt: skip
BLUEPRINT: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {"flow": FLOW}, optional={"metadata": METADATA, "name": JSON, "other": JSON}
)


@given(value=WORKFLOW | BLUEPRINT)
def test_twice_is_the_same_as_once_and_no_shape_breaks_it(value: dict[str, Any]) -> None:
    once = tidy_file(read(value))
    assert tidy_file(load("flow.json", once)) == once
    assert once.endswith(b"\n")


@given(value=JSON)
def test_a_file_without_a_flow_is_refused_by_name(value: Any) -> None:
    with pytest.raises(ConfigError, match=r"^flow\.json: .*"):
        read(value)


@pytest.mark.parametrize("depth", [400, 5_000])
def test_a_file_nested_beyond_reason_is_refused_or_done_and_never_a_traceback(depth: int) -> None:
    data = b'{"nodes": [], "connections": {"a": ' + b"[" * depth + b"]" * depth + b"}}"
    try:
        done = tidy_file(load("flow.json", data))
    except ConfigError as error:
        assert "nested" in error.message  # noqa: PT017 - either is right; which depends on the interpreter's limit
    else:
        assert tidy_file(load("flow.json", done)) == done


def test_numbers_and_letters_that_json_can_hardly_hold() -> None:
    file = load("flow.json", b'{"nodes": [{"name": "\\ud83d", "v": 12345678901234567890}], "connections": {}}')
    assert b'"\\ud83d"' in tidy_file(file)
    assert b"12345678901234567890" in tidy_file(file)
    with pytest.raises(ConfigError, match=r"flow\.json: a number in it is larger"):
        tidy_file(load("flow.json", b'{"nodes": [1e999], "connections": {}}'))
