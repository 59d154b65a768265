"""``recovery flows to-api`` and ``replay``, against n8n's public API as its document describes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest
from click.testing import CliRunner, Result

from sidecar.cli import recovery
from tests.support.exports import make_blueprint, n8n_workflow, write
from tests.support.n8n_stand_in import KEY, N8nStandIn, execution

if TYPE_CHECKING:
    from collections.abc import Iterator


class Recovery(Protocol):
    def __call__(self, *arguments: str, code: int = 0) -> Result: ...


@pytest.fixture
def n8n() -> Iterator[N8nStandIn]:
    with N8nStandIn() as running:
        yield running


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recovery:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("N8N_API_KEY", KEY)
    monkeypatch.setenv("RECOVERY_API_KEY", "rk_x")
    write(tmp_path / "flow.json", n8n_workflow())
    write(tmp_path / "make.json", make_blueprint())

    def invoke(*arguments: str, code: int = 0) -> Result:
        result = CliRunner().invoke(recovery, ["flows", *arguments])
        assert result.exit_code == code, result.output
        assert KEY not in result.output
        return result

    return invoke


class TestToApi:
    def test_only_what_the_api_takes_is_printed(self, run: Recovery) -> None:
        body = json.loads(run("to-api", "flow.json").stdout)
        assert list(body) == ["name", "nodes", "connections", "settings"]
        assert body["settings"]["timezone"] == "UTC"
        assert len(body["nodes"]) == 5

    def test_it_is_created_once_then_updated_and_published(self, run: Recovery, n8n: N8nStandIn) -> None:
        n8n.workflows["other"] = {"id": "other", "name": "Missed-call recovery, the old one"}
        n8n.workflows["another"] = {"id": "another", "name": "Missed-call recovery, older"}
        n8n.workflows["recoveryErrors01"] = {"id": "recoveryErrors01", "name": "Errors"}
        first = run("to-api", "flow.json", "--url", n8n.url)
        assert first.stdout.strip() == "made3"
        assert "no workflow" not in first.stderr
        assert not n8n.workflows["made3"]["active"]
        assert run("to-api", "flow.json", "--url", f"{n8n.url}/", "--publish").stdout.strip() == "made3"
        assert n8n.workflows["made3"]["active"]
        assert len(n8n.workflows) == 4

    def test_several_of_one_name_are_no_guess(self, run: Recovery, n8n: N8nStandIn) -> None:
        for name in ("one", "two"):
            n8n.workflows[name] = {"id": name, "name": "Missed-call recovery"}
        assert "--id one" in run("to-api", "flow.json", "--url", n8n.url, code=1).stderr
        assert run("to-api", "flow.json", "--url", n8n.url, "--id", "two").stdout.strip() == "two"

    def test_an_error_workflow_that_is_not_there_is_said(self, run: Recovery, n8n: N8nStandIn) -> None:
        assert "no workflow recoveryErrors01" in run("to-api", "flow.json", "--url", n8n.url).stderr
        run("to-api", "flow.json", "--url", n8n.url, "--error-workflow", "made0")
        assert n8n.workflows["made0"]["settings"]["errorWorkflow"] == "made0"

    def test_what_is_no_workflow_is_refused_by_file_and_field(self, run: Recovery) -> None:
        assert "make.json: this is a Make blueprint" in run("to-api", "make.json", code=1).stderr
        write(Path("bad.json"), {"nodes": [], "connections": {}})
        assert "bad.json: name: it is not a text" in run("to-api", "bad.json", code=1).stderr
        assert "--url" in run("to-api", "flow.json", "--publish", code=2).stderr

    def test_a_key_that_is_missing_or_wrong(
        self, run: Recovery, n8n: N8nStandIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("N8N_API_KEY", "wrong")
        assert "refuses the key (401)" in run("to-api", "flow.json", "--url", n8n.url, code=1).stderr
        monkeypatch.delenv("N8N_API_KEY")
        assert "N8N_API_KEY is not set" in run("to-api", "flow.json", "--url", n8n.url, code=1).stderr

    @pytest.mark.parametrize("url", ["http://127.0.0.1:9", "n8n.example.com", "http://[", ""])
    def test_an_address_at_which_nobody_is(self, run: Recovery, url: str) -> None:
        assert "Error: " in run("to-api", "flow.json", "--url", url, code=1).stderr


class TestReplay:
    def test_each_that_nobody_took_up_is_tried_again_once(self, run: Recovery, n8n: N8nStandIn) -> None:
        n8n.executions = [
            execution(1), execution(2, "crashed"), execution(3, "success"), execution(4, retrySuccessId="9"),
            execution(5, mode="error"), execution(6), execution(7, retryOf="6"), execution(8, no_data=True),
            execution(0, "running", retryOf="2"),
        ]  # fmt: skip
        shown = run("replay", "--url", n8n.url, code=1).stdout
        assert n8n.retried == ["1", "7"]
        assert "as execution 10" in shown
        assert "has no data to retry with" in shown

    def test_a_dry_run_changes_nothing(self, run: Recovery, n8n: N8nStandIn) -> None:
        n8n.executions = [execution(1), execution(2, workflowId="other"), execution(3)]
        done = json.loads(run("replay", "--url", n8n.url, "--workflow", "made0", "--dry-run", "--json").stdout)
        assert [(one["execution_id"], one["became"]) for one in done] == [
            ("1", "would be replayed"), ("3", "would be replayed"),
        ]  # fmt: skip
        assert n8n.retried == []

    def test_by_time(self, run: Recovery, n8n: N8nStandIn) -> None:
        n8n.executions = [execution(1), execution(2), execution(3), execution(4, startedAt=None)]
        run("replay", "--url", n8n.url, "--since", "2026-11-22T00:00:00+00:00", "--until", "2026-11-22T23:00:00")
        assert n8n.retried == ["2"]
        assert "is no time" in run("replay", "--url", n8n.url, "--since", "yesterday", code=2).stderr

    def test_what_the_sidecar_has_closed_is_left_alone(self, run: Recovery, n8n: N8nStandIn) -> None:
        closed, still_open = "seq_019ab5c2f0010001a1b2", "seq_019ab5c2f0010001a1b3"
        n8n.sequences = {closed: "closed", still_open: "open"}
        n8n.executions = [
            execution(1, data={"sequence": {"id": closed}}), execution(2, data=[closed, still_open]), execution(3),
        ]  # fmt: skip
        done = json.loads(run("replay", "--url", n8n.url, "--sidecar", n8n.url, "--json").stdout)
        assert n8n.retried == ["2", "3"]
        assert (done[0]["became"], done[0]["why"]) == ("done already", f"{closed} closed")

    def test_a_workflow_that_sends_by_itself_is_shown_and_never_replayed(self, run: Recovery, n8n: N8nStandIn) -> None:
        node = {"name": "Text them", "type": "n8n-nodes-base.twilio"}
        off = {**node, "disabled": True}
        n8n.executions = [execution(1, workflowData={"nodes": [node]}), execution(2, workflowData={"nodes": [off]})]
        shown = run("replay", "--url", n8n.url, code=1).stdout
        assert "'Text them' sends by itself" in shown
        assert n8n.retried == ["2"]

    def test_what_a_node_stopped_on_purpose_would_stop_again_and_is_shown(self, run: Recovery, n8n: N8nStandIn) -> None:
        nodes = [
            {"name": "Call refused", "type": "n8n-nodes-base.stopAndError"},
            {"name": "Report the call", "type": "n8n-nodes-base.httpRequest"},
        ]
        n8n.executions = [
            execution(number, workflowData={"nodes": nodes}, data={"resultData": {"lastNodeExecuted": last, **more}})
            for number, (last, more) in enumerate(
                [("Call refused", {"error": {"message": "no such number"}}), ("Report the call", {}), ("Gone", {})]
            )
        ]
        shown = run("replay", "--url", n8n.url, code=1).stdout
        assert "its node 'Call refused' stopped it and would again: no such number" in shown
        assert n8n.retried == ["1", "2"]

    def test_nothing_to_do(self, run: Recovery, n8n: N8nStandIn) -> None:
        assert "No execution" in run("replay", "--url", n8n.url).stderr
