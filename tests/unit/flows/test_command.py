"""`recovery lint` as people and CI call it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
import yaml
from click.testing import CliRunner

from sidecar.cli import recovery
from sidecar.flows.linting import Source, lint
from sidecar.flows.report.machine import FORMATS
from sidecar.flows.report.text import window
from tests.support.flows import ROOT, blueprint, linted, module, node, workflow

if TYPE_CHECKING:
    from collections.abc import Callable

HOOK = node("Hook", "webhook", {"httpMethod": "POST", "path": "a", "authentication": "headerAuth"})
SENDING = {"from": "+441174960001", "to": "={{ $json.to }}", "message": "Sorry!"}
BYPASS = workflow([HOOK, node("Text", "twilio", SENDING)], "Hook > Text")
CLEAN = workflow([{**HOOK, "parameters": {**HOOK["parameters"], "path": "b"}}])
WARNING = workflow([HOOK], settings={})


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name: str, flow: Any) -> None:
    Path(name).write_text(json.dumps(flow, indent=2), encoding="utf-8")


def run(*words: str, stdin: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(recovery, ["lint", *words], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def test_it_ends_with_0_1_or_2() -> None:
    write("clean.json", CLEAN)
    write("warning.json", WARNING)
    write("bypass.json", BYPASS)
    assert run("clean.json") == (0, "all well in 1 file (1 flow)\n")
    assert run("warning.json")[0] == 0
    assert run("warning.json", "--max-warnings", "0")[0] == 1
    assert run("warning.json", "--max-warnings", "1")[0] == 0
    assert run("bypass.json")[0] == 1
    assert run("nowhere.json")[0] == run()[0] == run("clean.json", "--select", "X9")[0] == 2


def test_the_text_has_a_caret_a_path_and_a_remedy() -> None:
    write("bypass.json", BYPASS)
    lines = run("bypass.json")[1].split("\n")
    assert lines[0] == "bypass.json:18:5: error R101 Text: a message by Twilio can go out without a granted claim"
    assert lines[1:4] == ["    | {", "    | ^", "    path: Hook → Text"]
    assert lines[4].startswith("    remedy: ")


@pytest.mark.parametrize("column", [1, 5, 60, 90, 5000])
def test_the_caret_stands_under_the_column_in_a_line_of_any_length(column: int) -> None:
    line = "".join(chr(0x21 + n % 90) for n in range(6000))
    shown, at = window(line, column)
    assert shown[at - 1] == line[column - 1]
    assert len(shown) < 110


def test_json_has_the_documented_shape() -> None:
    write("bypass.json", BYPASS)
    said = json.loads(run("bypass.json", "--format", "json")[1])
    assert said["files"] == 1
    (finding,) = said["findings"]
    assert {key: finding[key] for key in ("file", "code", "family", "level", "pointer", "node", "path")} == {
        "file": "bypass.json",
        "code": "R101",
        "family": "recovery",
        "level": "error",
        "pointer": "/nodes/1",
        "node": "Text",
        "path": ["Hook", "Text"],
    }


def test_the_other_formats_are_those_that_their_readers_take() -> None:
    report = linted(BYPASS, CLEAN)
    sarif = json.loads(FORMATS["sarif"](report))
    (result,) = sarif["runs"][0]["results"]
    assert (sarif["version"], result["ruleId"], result["level"]) == ("2.1.0", "R101", "error")
    assert sarif["runs"][0]["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "R101"
    assert FORMATS["github"](report).startswith("::error file=0.json,line=1,col=")
    suites = ET.fromstring(FORMATS["junit"](report))  # noqa: S314 - our own
    assert (suites.get("tests"), suites.get("failures")) == ("2", "1")


def test_sarif_takes_the_name_of_a_file_for_an_address() -> None:
    found = lint([Source("a client/no #1 – 50%.json", json.dumps(BYPASS).encode())])
    (result,) = json.loads(FORMATS["sarif"](found))["runs"][0]["results"]
    address = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert address == "a%20client/no%20%231%20%E2%80%93%2050%25.json"


def test_names_of_any_kind_do_not_break_a_format() -> None:
    odd = workflow([HOOK, node('T"<&\x00\x1b\ud800,:%\n', "twilio", SENDING)])
    odd["connections"] = {"Hook": {"main": [[{"node": odd["nodes"][1]["name"], "type": "main", "index": 0}]]}}
    report = linted(odd)
    ET.fromstring(FORMATS["junit"](report))  # noqa: S314 - our own
    assert FORMATS["github"](report).count("\n") == 0
    json.loads(FORMATS["sarif"](report))


def test_standard_input_and_folders_are_read(folder: Path) -> None:
    assert run("-", stdin=json.dumps(BYPASS))[0] == 1
    (folder / "flows").mkdir()
    write("flows/a.json", CLEAN)
    write("flows/b.json", WARNING | {"settings": {"errorWorkflow": "1"}})
    (folder / "flows" / "notes.txt").write_text("no flow", encoding="utf-8")
    assert run("flows")[1] == "all well in 2 files (2 flows)\n"
    assert run("flows", "--exclude", "b.json")[1] == "all well in 1 file (1 flow)\n"


def test_a_folder_without_a_flow_does_not_pass_unless_some_were_left_out(folder: Path) -> None:
    (folder / "flows").mkdir()
    assert run("flows")[0] == 2
    write("flows/a.json", BYPASS)
    assert run("flows", "--exclude", "a.json")[0] == 0


def test_rules_are_chosen_by_code_beginning_or_family() -> None:
    write("bypass.json", BYPASS)
    assert run("bypass.json", "--ignore", "R1")[0] == 0
    assert run("bypass.json", "--select", "structure,practice")[0] == 0
    assert run("bypass.json", "--select", "recovery", "--ignore", "P")[0] == 1


def test_what_a_team_agreed_on_stands_in_a_file(folder: Path) -> None:
    write("warning.json", WARNING)
    (folder / ".recovery-lint.toml").write_text("max-warnings = 0\n", encoding="utf-8")
    assert run("warning.json")[0] == 1
    (folder / ".recovery-lint.toml").write_text('max-warnings = 0\nignore = ["P201"]\n', encoding="utf-8")
    assert run("warning.json")[0] == 0
    (folder / ".recovery-lint.toml").write_text("select = 5\n", encoding="utf-8")
    assert "select must be a list" in run("warning.json")[1]
    (folder / ".recovery-lint.toml").write_text("slect = []\n", encoding="utf-8")
    assert run("warning.json")[0] == 2


def test_a_baseline_is_written_once_and_then_only_what_is_new_is_told() -> None:
    write("bypass.json", BYPASS)
    assert run("bypass.json", "--baseline", "known.json")[0] == 0
    assert run("bypass.json", "--baseline", "known.json")[0] == 0
    write("bypass.json", workflow([*BYPASS["nodes"], node("Mail", "gmail")], "Hook > Text", "Hook > Mail"))
    status, said = run("bypass.json", "--baseline", "known.json")
    assert status == 1
    assert "Mail" in said
    assert "Text:" not in said


FIXABLE = workflow(
    [
        HOOK,
        node("A", "noOp", retryOnFail=True, maxTries=9, waitBetweenTries=60000),
        node("W", "wait", {"resume": "webhook", "limitWaitTime": True, "x": "$execution.resumeUrl"}),
    ],
    "Hook > A",
    "A > W",
)


def test_what_is_safe_is_mended_and_the_rest_stays_as_it_was_written(folder: Path) -> None:
    text = json.dumps(FIXABLE, indent=3, ensure_ascii=False)
    (folder / "a.json").write_text(text, encoding="utf-8")
    run("a.json", "--fix")
    mended = json.loads((folder / "a.json").read_text("utf-8"))
    assert (mended["nodes"][1]["maxTries"], mended["nodes"][1]["waitBetweenTries"]) == (5, 5000)
    assert mended["nodes"][2]["parameters"]["httpMethod"] == "POST"
    changed = [one for one in text.split("\n") if one not in (folder / "a.json").read_text("utf-8").split("\n")]
    assert len(changed) == 2
    before = (folder / "a.json").read_bytes()
    run("a.json", "--fix")
    assert (folder / "a.json").read_bytes() == before


def test_ids_of_one_account_are_taken_away_and_break_gets_its_store(folder: Path) -> None:
    hook = module(1, "gateway:CustomWebHook", parameters={"hook": 123, "maxResults": 1})
    text = module(2, "slack:createMessage", parameters={"__IMTCONN__": 5}, onerror=[module(3, "builtin:Break")])
    write("a.json", blueprint(hook, text, scenario={"dlq": False}))
    run("a.json", "--fix")
    mended = json.loads((folder / "a.json").read_text("utf-8"))
    assert mended["flow"][0]["parameters"] == {"maxResults": 1}
    assert mended["flow"][1]["parameters"] == {}
    assert mended["metadata"]["scenario"]["dlq"] is True


def test_node_types_of_an_installation_are_looked_at(folder: Path) -> None:
    write("clean.json", CLEAN)
    described = {
        "name": "n8n-nodes-base.webhook",
        "version": [1, 2],
        "properties": [{"name": "path", "required": True}],
    }
    write("nodes.json", [described])
    assert run("clean.json", "--nodes", "nodes.json")[1] == "all well in 1 file (1 flow)\n"
    write("nodes.json", [{**described, "version": [2]}])
    assert "webhook has no version 1; it has 2" in run("clean.json", "--nodes", "nodes.json")[1]
    write("nodes.json", [{**described, "name": "other.webhook"}])
    assert "'n8n-nodes-base.webhook' is not installed" in run("clean.json", "--nodes", "nodes.json")[1]
    wrongs: tuple[Any, ...] = ({}, [], [1], [{"name": "a"}], [{"name": "a", "version": 1, "properties": {"b": 1}}])
    for wrong in wrongs:
        write("nodes.json", wrong)
        status, said = run("clean.json", "--nodes", "nodes.json")
        assert status == 2
        assert "n8n export:nodes" in said
    assert run("clean.json", "--nodes", "nowhere.json")[0] == 2


def test_error_handling_is_mended_where_it_is_known_what_is_right(folder: Path) -> None:
    run_step = {"method": "POST", "url": "=https://recovery.example.com/v1/sequences/1/steps/acknowledge/run"}
    steps = [HOOK, node("Run", "httpRequest", run_step), node("Later", "noOp"), node("Done", "noOp")]
    write("flow.json", workflow(steps, "Hook > Run", "Run > Done", "Run >1 Later", settings={}))
    write("errors.json", workflow([node("Failed", "errorTrigger")], id="told"))
    run(".", "--fix")
    mended = json.loads((folder / "flow.json").read_text("utf-8"))
    assert mended["settings"]["errorWorkflow"] == "told"
    assert mended["nodes"][1]["onError"] == "continueErrorOutput"
    calls = {
        number: module(
            number, "http:ActionSendData", {"url": f"https://recovery.example.com{path}", "method": "post"}, version=3
        )
        for number, path in ((2, "/v1/outcomes"), (3, "/v1/sequences/{{1.id}}/steps/email/run"), (4, "/other"))
    }
    write("scenario.json", blueprint(module(1, "gateway:CustomWebHook"), *calls.values(), scenario={"dlq": False}))
    run("scenario.json", "--fix")
    mended = json.loads((folder / "scenario.json").read_text("utf-8"))
    handlers = [[one["module"] for one in step.get("onerror", [])] for step in mended["flow"]]
    assert handlers == [[], ["builtin:Break"], ["builtin:Ignore"], []]
    assert [step["parameters"].get("handleErrors") for step in mended["flow"]] == [None, True, True, None]
    assert mended["metadata"]["scenario"]["dlq"] is True
    before = (folder / "scenario.json").read_bytes()
    run("scenario.json", "--fix")
    assert (folder / "scenario.json").read_bytes() == before


def test_the_steps_of_a_playbook_are_asked_for(folder: Path) -> None:
    run_step = "https://recovery.example.com/v1/sequences/{{ $json.id }}/steps/%s/run"
    ask = {"method": "POST", "url": "=" + run_step % "acknowledge"}
    write("flow.json", workflow([HOOK, node("Run", "httpRequest", ask, onError="continueErrorOutput")], "Hook > Run"))
    assert "nobody runs or skips callback, email" in run("flow.json", "--playbook", "uk-three-layer")[1]
    assert "there is no step 'acknowledge'; there are alert" in run("flow.json", "--playbook", "by-hand")[1]
    (folder / "ours.yaml").write_text("name: ours\nsteps:\n  - name: acknowledge\n", encoding="utf-8")
    (folder / ".recovery-lint.toml").write_text('playbook = ["ours.yaml"]\nselect = ["R20"]\n', encoding="utf-8")
    assert run("flow.json") == (0, "all well in 1 file (1 flow)\n")
    for wrong in ("steps: 5", "steps: [a]", "- a", "steps: {"):
        (folder / "ours.yaml").write_text(wrong, encoding="utf-8")
        assert run("flow.json")[0] == 2
    assert run("flow.json", "--playbook", "nowhere")[0] == 2


def test_a_rule_is_explained() -> None:
    status, said = run("--explain", "r101")
    assert status == 0
    assert all(f"\n{word}:" in said for word in ("Bad", "Good", "Remedy", "Source"))
    assert run("--explain", "R999")[0] == 2


def test_neither_a_web_framework_nor_a_vendors_kit_is_loaded() -> None:
    script = (
        "import sys; from sidecar.cli import recovery\n"
        "try: recovery.main(['lint', '-'], prog_name='recovery')\n"
        "except SystemExit: pass\n"
        "heavy = {'flask', 'twilio', 'retell', 'hubspot', 'sqlalchemy', 'phonenumbers', 'pydantic', 'urllib3'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], input=json.dumps(BYPASS), capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip().endswith("[]")


def nodes_of_n8n(count: int) -> Any:
    names = [f"N{number}" for number in range(count)]
    texts = [f"={{{{ $('N{number // 2}').first().json.a }}}}" for number in range(count)]
    nodes = [node(name, "set", {"x": text}) for name, text in zip(names, texts, strict=True)]
    return workflow([HOOK, *nodes], "Hook > N0", *(f"{a} > {b}" for a, b in pairwise(names)))


def modules_of_make(count: int) -> Any:
    asked = {"url": "https://crm.example.com/{{1.a}}", "method": "post"}
    return blueprint(*(module(number, "http:MakeRequest", asked, version=4) for number in range(1, count + 1)))


@pytest.mark.parametrize("flow", [nodes_of_n8n, modules_of_make])
def test_the_time_is_in_proportion_to_the_nodes(flow: Callable[[int], Any]) -> None:
    def seconds(count: int) -> float:
        built = flow(count)
        times = []
        for _ in range(3):
            started = time.process_time()
            linted(built)
            times.append(time.process_time() - started)
        return min(times)

    assert seconds(4000) < 4 * 4 * seconds(1000)  # were it quadratic: 16 times and more


def test_others_can_hook_it_in() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert hook["entry"] == "recovery lint"
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    assert action["runs"]["using"] == "composite"
    assert all(step.get("shell") or step.get("uses") for step in action["runs"]["steps"])


def test_our_own_flows_are_clean() -> None:
    status, said = run(str(ROOT / "n8n-workflows"), str(ROOT / "make-blueprints"), "--max-warnings", "0")
    assert status == 0, said


@pytest.mark.parametrize("address", ["https://r.hartley.example", "https://calls.agency.example/v1-of-hartley"])
def test_our_own_flows_are_clean_wherever_the_sidecar_is(tmp_path: Path, address: str) -> None:
    """It need not be called so: the setting that holds its address is."""
    for folder in ("n8n-workflows", "make-blueprints"):
        for file in (ROOT / folder).glob("*.json"):
            there = file.read_text("utf-8").replace("https://recovery.example.com", address)
            (tmp_path / f"{folder}-{file.name}").write_text(there, "utf-8")
    status, said = run(str(tmp_path), "--max-warnings", "0")
    assert status == 0, said
