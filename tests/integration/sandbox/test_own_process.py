"""The sandbox as a process of its own, steered over its control paths."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import requests

from sidecar.clock import FileClock
from sidecar.sandbox import RemoteSandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sidecar.sandbox import Sandbox
    from tests.integration.sandbox.conftest import Application

OURS, THEIRS = "+441174960001", "+447700900123"
EVENING = datetime(2026, 11, 18, 19, 30, tzinfo=UTC)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[dict[str, str]]:
    FileClock.create(tmp_path / "clock", EVENING)
    command = [sys.executable, "-m", "sidecar.sandbox", "--clock-file", str(tmp_path / "clock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        yield json.loads(running.stdout.readline())
        running.terminate()
        assert running.wait(10) == 0


def test_a_process_serves_and_is_steered(process: dict[str, str], app: Application) -> None:
    remote = RemoteSandbox(process["base_url"])
    remote.do("point_at", app_url=app.url)
    remote.do("fault", vendor="twilio", operation="messages.create", kind="status", status=503)
    story = remote.do("miss_call", to=OURS, from_=THEIRS, how="no_answer")
    url = f"{process['twilio_url']}/2010-04-01/Accounts/{process['account_sid']}/Messages.json"

    def send() -> int:
        form = {"To": THEIRS, "From": OURS, "Body": "Hello"}
        return requests.post(url, form, auth=(process["account_sid"], process["auth_token"]), timeout=5).status_code

    assert [send(), send()] == [503, 201]
    (text,) = remote.wait("texts")
    assert datetime.fromisoformat(text["at"]) - EVENING < timedelta(minutes=1)
    assert app.seen[0].body["CallSid"] == story["call_sid"]
    assert [seen["status"] for seen in remote.read("requests", vendor="twilio")] == [503, 201]
    assert remote.wait("requests", count=2, vendor="twilio")[1]["accepted"] is True
    assert [entry["status"] for entry in remote.read("snapshot")] == [503, 201]
    remote.do("reset")
    assert remote.read("texts") == []
    assert remote.read("addresses") == process


def test_what_control_does_not_know_is_refused(sandbox: Sandbox) -> None:
    remote = RemoteSandbox(sandbox.base_url)
    for action, arguments, words in (
        ("explode", {}, "unknown"),
        ("fault", {"vendor": "twilio"}, "TypeError"),
        ("set", {"port": 1}, "unknown"),
        ("wait", {"what": "texts", "timeout": 0.01}, "TimeoutError"),
        ("finish_call", {"call_id": "c"}, "unknown"),
    ):
        with pytest.raises(ValueError, match=words):
            remote.do(action, **arguments)
    remote.do("set", deliver_automatically=True)
    assert sandbox.deliver_automatically is True
    with pytest.raises(ValueError, match="unknown"):
        remote.read("secrets")


def test_the_snapshot_tells_what_went_out_in_order(sandbox: Sandbox, app: Application) -> None:
    start = sandbox.now()
    sandbox.point_at(app.url)
    auth = (sandbox.account_sid, sandbox.auth_token)
    bearer = {"Authorization": f"Bearer {sandbox.retell_api_key}"}
    messages = f"{sandbox.twilio_url}/2010-04-01/Accounts/{sandbox.account_sid}/Messages.json"
    requests.post(messages, {"To": THEIRS, "From": OURS, "Body": "Hello"}, auth=auth, timeout=5)
    sandbox.stories._pass_time(180)  # type: ignore[misc]
    requests.get(messages, auth=auth, timeout=5)
    requests.post(
        f"{sandbox.retell_url}/v2/create-phone-call",
        json={
            "from_number": OURS,
            "to_number": THEIRS,
            "retell_llm_dynamic_variables": {"first_name": "Maya"},
        },
        headers=bearer,
        timeout=5,
    )
    requests.post(f"{sandbox.receiver_url}/hooks/flow", json={"type": "sequence.closed.v1"}, timeout=5)

    entries = sandbox.snapshot(start)
    assert [(e["seconds"], e["vendor"], e["operation"]) for e in entries] == [
        (0.0, "twilio", "messages.create"),
        (180.0, "retell", "calls.create"),
        (180.0, "receiver", "hooks.post"),
    ]
    assert (entries[0]["to"], entries[0]["text"]) == (THEIRS, "Hello")
    assert entries[1]["dynamic_variables"] == {"first_name": "Maya"}
    assert entries[2]["event"] == "sequence.closed.v1"
    assert len(sandbox.snapshot(reads=True)) == 4
    json.dumps(entries)
