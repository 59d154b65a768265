"""``recovery flows list | export | fmt``, and ``check`` of flows."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from click.testing import CliRunner, Result

from sidecar.cli import recovery
from sidecar.flows import catalogue
from tests.support.exports import make_blueprint, n8n_workflow, ship, write

if TYPE_CHECKING:
    from sidecar.shipped import Kind

HARTLEY = """\
id: hartley
name: Hartley & Sons Plumbing
agent_name: Sam
region: US
zone: America/New_York
playbook: contractor-two-text
numbers: [{number: "+12125550123", mode: forwarded}]
staff: [{name: Sam, email: "sam@hartley.example"}]
twilio: {account_sid: AC00000000000000000000000000000001, auth_token: "${TWILIO_AUTH_TOKEN}"}
"""
TOKEN = "a-token-that-nobody-may-see"


class Recovery(Protocol):
    def __call__(self, *arguments: str, code: int = 0, stdin: bytes | None = None) -> Result: ...


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recovery:
    """The command in a folder with one business, in an installation that ships flows."""
    root = ship(tmp_path / "installed")

    def shipped(kind: Kind) -> Path:
        return root / kind

    monkeypatch.setattr(catalogue, "shipped", shipped)
    write(tmp_path / "here" / "businesses" / "none.txt", "")
    (tmp_path / "here" / "businesses" / "hartley.yaml").write_text(HARTLEY, encoding="utf-8")
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("RECOVERY_SECRET", "s" * 40)
    monkeypatch.setenv("RECOVERY_PUBLIC_URL", "https://recovery.hartley.example")
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", TOKEN)

    def invoke(*arguments: str, code: int = 0, stdin: bytes | None = None) -> Result:
        result = CliRunner().invoke(recovery, list(arguments), input=stdin)
        assert result.exit_code == code, result.output
        assert "Traceback" not in result.output
        return result

    return invoke


def settings(copy: dict[str, Any]) -> dict[str, str]:
    node = next(node for node in copy["nodes"] if node["name"] == "Settings")
    return {one["name"]: one["value"] for one in node["parameters"]["assignments"]["assignments"]}


def read(path: str) -> dict[str, Any]:
    return dict(json.loads(Path(path).read_text(encoding="utf-8")))


class TestList:
    def test_says_what_each_is_for_and_where_it_is_called(self, run: Recovery) -> None:
        lines = run("flows", "list").stdout.splitlines()
        assert lines[1].split() == "n8n/missed-call-recovery POST /webhook/missed-call Twilio posts it here.".split()
        assert "Tells the team that a flow failed." in lines[2]
        assert "The sidecar posts its events here." in lines[4]

    def test_as_json(self, run: Recovery) -> None:
        found = json.loads(run("flows", "list", "--json").stdout)
        assert [one["flow"] for one in found] == [
            "n8n/missed-call-recovery", "n8n/recovery-errors", "n8n/replies", "make/replies",
        ]  # fmt: skip
        assert found[0]["webhooks"] == ["POST /webhook/missed-call"]

    def test_what_this_version_ships_can_be_listed(self) -> None:
        for flow in catalogue.shipped_flows():
            assert flow.purpose.endswith("."), (
                f"{flow.document.file} does not say in a sentence what it is for: {flow.purpose!r}"
            )


class TestExport:
    def test_a_copy_is_the_business_s_own(self, run: Recovery) -> None:
        desk = "staff_email=desk@hartley.example"
        run("flows", "export", "n8n/missed-call-recovery", "--output", "out", "--set", desk)
        copy = read("out/hartley-missed-call-recovery.json")
        assert copy["name"] == "Hartley & Sons Plumbing: Missed-call recovery"
        assert copy["tags"] == [{"name": "hartley"}]
        assert copy["settings"]["timezone"] == "America/New_York"
        assert copy["nodes"][1]["parameters"]["path"] == "hartley/missed-call"
        assert copy["nodes"][1]["webhookId"] != "recovery-missed-call"
        assert settings(copy) == {
            "sidecar_url": "https://recovery.hartley.example", "business_id": "hartley",
            "staff_email": "desk@hartley.example",
        }  # fmt: skip

    def test_copies_refer_to_each_other_and_stay_the_same(self, run: Recovery) -> None:
        run("flows", "export", "--all", "--output", "out")
        first = read("out/hartley-missed-call-recovery.json")
        errors = read("out/hartley-recovery-errors.json")
        assert first["settings"]["errorWorkflow"] == errors["id"] != "recoveryErrors01"
        assert first["nodes"][4]["parameters"]["workflowId"]["value"] == errors["id"]
        run("flows", "export", "--all", "--output", "again")
        assert read("again/hartley-missed-call-recovery.json") == first
        assert read("out/hartley-replies.blueprint.json")["name"] == "Hartley & Sons Plumbing: Sequence driver"

    def test_a_copy_is_in_the_form_in_which_fmt_leaves_it(self, run: Recovery) -> None:
        run("flows", "export", "--all", "--output", "out")
        run("flows", "fmt", "--check", "out")

    def test_the_credential_is_that_of_the_sidecar_s_key_and_no_other(self, run: Recovery) -> None:
        run("flows", "export", "missed-call-recovery", "--output", "out", "--credential", "Recovery Hartley")
        copy = read("out/hartley-missed-call-recovery.json")
        names = {kind: one["name"] for node in copy["nodes"] for kind, one in node.get("credentials", {}).items()}
        assert names == {"httpBearerAuth": "Recovery Hartley", "httpHeaderAuth": "Phone system"}

    def test_two_on_one_path_are_refused_and_nothing_is_written(self, run: Recovery) -> None:
        run("flows", "export", "missed-call-recovery", "--output", "out")
        Path("out/hartley-missed-call-recovery.json").rename("out/theirs.json")
        said = run("flows", "export", "--all", "--output", "out", code=1).stderr
        assert "POST /webhook/hartley/missed-call is the address of 'Twilio call' in out/theirs.json too" in said
        assert "--prefix" in said
        assert [path.name for path in Path("out").iterdir()] == ["theirs.json"]
        run("flows", "export", "--all", "--output", "out", "--prefix", "hartley-2")

    def test_nothing_is_written_over_unasked(self, run: Recovery) -> None:
        run("flows", "export", "missed-call-recovery", "--output", "out")
        assert "--force" in run("flows", "export", "missed-call-recovery", "--output", "out", code=1).stderr
        run("flows", "export", "missed-call-recovery", "--output", "out", "--force")

    @pytest.mark.parametrize("value", [TOKEN, "rk_0123456789"])
    def test_a_secret_is_never_written(self, run: Recovery, value: str) -> None:
        code = 2 if value.startswith("rk_") else 1
        said = run("flows", "export", "missed-call-recovery", "--set", f"staff_email={value}", code=code).stderr
        assert "secret" in said
        assert value not in said
        assert not list(Path().glob("*.json"))

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            ((), "Say which: --all"),
            (("replies",), "say which: n8n/replies or make/replies"),
            (("nothing",), "there is no flow 'nothing'"),
            (("--all", "replies"), "exclude each other"),
            (("--all", "--set", "url=x"), "Settings has: business_id, sidecar_url, staff_email"),
            (("--all", "--set", "url"), "NAME=VALUE"),
            (("--all", "--business", "acme"), "no business 'acme'"),
        ],
    )
    def test_called_wrongly(self, run: Recovery, arguments: tuple[str, ...], said: str) -> None:
        assert said in run("flows", "export", *arguments, code=2).stderr


class TestFmt:
    def test_in_place_and_then_no_more(self, run: Recovery) -> None:
        write(Path("flows/a.json"), n8n_workflow())
        write(Path("flows/b.json"), make_blueprint())
        before = Path("flows/a.json").read_bytes()
        assert "2 of 2 files would be changed" in run("flows", "fmt", "--check", "flows", code=1).stderr
        assert Path("flows/a.json").read_bytes() == before
        assert run("flows", "fmt", "flows").stdout.split() == ["flows/a.json", "flows/b.json"]
        assert "0 of 2 files were changed" in run("flows", "fmt", "flows").stderr
        run("flows", "fmt", "--check", "flows")

    def test_a_bad_file_is_named_and_the_others_are_done(self, run: Recovery) -> None:
        write(Path("flows/b.json"), make_blueprint())
        Path("flows/a.json").write_text('{\n "nodes": [,]}', encoding="utf-8")
        result = run("flows", "fmt", "flows", code=1)
        assert "flows/a.json:2: this is not JSON" in result.stderr
        assert result.stdout == "flows/b.json\n"
        assert "no such file" in run("flows", "fmt", "nowhere.json", code=1).stderr

    def test_through_a_pipe(self, run: Recovery) -> None:
        once = run("flows", "fmt", "-", stdin=json.dumps(n8n_workflow()).encode()).stdout_bytes
        run("flows", "fmt", "--check", "-", stdin=once)
        run("flows", "fmt", "--check", "-", stdin=json.dumps(n8n_workflow()).encode(), code=1)


class TestCheck:
    def test_two_workflows_on_one_path(self, run: Recovery) -> None:
        write(Path("flows/a.json"), n8n_workflow())
        write(Path("flows/b.json"), n8n_workflow())
        found = json.loads(run("check", "flows", "--format", "json", code=1).stdout)["findings"]
        assert [one["level"] for one in found] == ["ok", "ok", "error"]
        assert found[2]["field"] == "node 'Twilio call'"
        assert "POST /webhook/missed-call is the address of 'Twilio call' in flows/a.json too" in found[2]["message"]

    def test_another_method_or_a_node_switched_off_is_no_clash(self, run: Recovery) -> None:
        for name, changed in (("b", {"disabled": True}), ("c", {"parameters": {"path": "missed-call"}})):
            workflow = n8n_workflow()
            workflow["nodes"][1] |= changed
            write(Path(f"flows/{name}.json"), workflow)
        write(Path("flows/a.json"), n8n_workflow())
        run("check", "flows")

    def test_a_file_that_is_no_flow(self, run: Recovery) -> None:
        write(Path("x.json"), {"a": 1})
        assert "there is no flow in it" in run("check", "x.json", code=1).stdout


def test_a_flow_is_put_in_form_without_flask_database_or_sdks() -> None:
    code = (
        "import sys; from sidecar.cli import main\n"
        "try: main(['flows', 'fmt', 'nowhere.json'])\n"
        "except SystemExit: pass\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"flask", "twilio", "retell", "hubspot", "sqlalchemy", "phonenumbers", "pydantic", "urllib3", "requests"}
    assert not heavy & set(done.stdout.split())
