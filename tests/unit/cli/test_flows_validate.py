"""``recovery flows validate --live``, against a stand-in of Make's validator."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from click.testing import CliRunner, Result

from sidecar.cli import recovery
from sidecar.shipped import shipped
from tests.support.exports import make_blueprint, n8n_workflow, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN = "make-token"


class Recovery(Protocol):
    def __call__(self, *arguments: str, code: int = 0) -> Result: ...


@pytest.fixture
def answers() -> dict[str, tuple[int, Any]]:
    """What the stand-in says, by the blueprint's name."""
    return {}


@pytest.fixture
def asked() -> list[Any]:
    return []


@pytest.fixture
def make(answers: dict[str, tuple[int, Any]], asked: list[Any]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            asked.append(body)
            status, value = answers.get(body["blueprint"]["name"], (200, {"code": "OK"}))
            if self.path != "/api/v2/blueprints/validate" or self.headers["authorization"] != f"Token {TOKEN}":
                status, value = 401, {"message": "Access denied"}
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *arguments: object) -> None:
            """A test prints nothing of it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: str) -> Recovery:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MAKE_API_TOKEN", TOKEN)
    monkeypatch.setenv("MAKE_BASE_URL", make)
    write(tmp_path / "flows" / "good.json", make_blueprint())
    write(tmp_path / "flows" / "n8n.json", n8n_workflow())

    def invoke(*arguments: str, code: int = 0) -> Result:
        result = CliRunner().invoke(recovery, ["flows", "validate", *arguments])
        assert result.exit_code == code, result.output
        assert TOKEN not in result.output
        return result

    return invoke


def test_make_takes_it_and_is_sent_nothing_of_an_account(run: Recovery, asked: list[Any]) -> None:
    assert "flows/good.json: Make would take it" in run("flows", "--live", "--zone", "eu2").stdout
    assert len(asked) == 1
    assert '__IMTCONN__": 4242' not in json.dumps(asked)
    assert asked[0]["blueprint"]["flow"][0]["module"] == "gateway:CustomWebHook"


def test_the_blueprints_that_ship_are_sent_as_they_are(run: Recovery, asked: list[Any]) -> None:
    folder = shipped("make-blueprints")
    said = run(str(folder), "--live", "--zone", "eu2").stdout
    files = sorted(folder.glob("*.json"))
    assert said.count("Make would take it") == len(files)
    assert [one["blueprint"] for one in asked] == [json.loads(path.read_text(encoding="utf-8")) for path in files]


@pytest.mark.parametrize(
    "answer",
    [
        (400, {"code": "IM005", "message": "Validation failed", "detail": "flow[0] is wrong"}),
        (200, {"errors": [{"message": "flow[0] is wrong"}]}),
        (200, {"response": {"valid": False, "errors": ["flow[0] is wrong"]}}),
        (422, {"detail": "flow[0] is wrong"}),
    ],
)
def test_what_make_finds_wrong_is_said(
    run: Recovery, answers: dict[str, tuple[int, Any]], answer: tuple[int, Any]
) -> None:
    answers["Sequence driver"] = answer
    said = run("flows", "--live", "--zone", "eu2", code=1).stdout
    assert "Make would take it" not in said
    assert "flow[0] is wrong" in said
    found = json.loads(run("flows", "--live", "--zone", "eu2", "--json", code=1).stdout)
    assert found[0]["valid"] is False


def test_trouble_of_make_s_own_is_no_verdict(run: Recovery, answers: dict[str, tuple[int, Any]]) -> None:
    answers["Sequence driver"] = (503, {"message": "try later"})
    result = run("flows", "--live", "--zone", "eu2", code=1)
    assert "Make says 503: try later" in result.stderr
    assert not result.stdout


def test_nothing_is_sent_unasked_or_to_nowhere(
    run: Recovery, asked: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "--live" in run("flows", code=2).stderr
    assert "no zone" in run("flows", "--live", "--zone", "evil.example", code=1).stderr
    assert "no Make blueprint" in run("flows/n8n.json", "--live", "--zone", "eu2", code=2).stderr
    monkeypatch.delenv("MAKE_API_TOKEN")
    assert "MAKE_API_TOKEN is not set" in run("flows", "--live", "--zone", "eu2", code=1).stderr
    assert asked == []
