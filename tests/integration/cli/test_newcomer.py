"""The README's ten steps, as a newcomer takes them: real processes, real HTTP, the sandbox in Twilio's place."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import pytest

from sidecar.clock import FileClock
from sidecar.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

README = Path(__file__).parents[3] / "README.md"
NUMBER, STAFF, CALLER = "+441174960123", "+447700900111", "+447700900456"
PUBLIC_URL = "https://recovery.example.com"
WEDNESDAY = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
BOUND = 60.0
"""Seconds; nothing here takes nearly as long."""


class Newcomer:
    """A folder of one's own, and the command ``recovery`` in it."""

    def __init__(self, folder: Path, sandbox: Sandbox, log: BinaryIO) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self._log = log
        self.file = folder / "businesses" / "hartley-plumbing.yaml"
        ours = ("RECOVERY_", "TWILIO_", "RETELL_", "HUBSPOT_", "SMTP_")
        self.environ = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        self.environ |= {"COLUMNS": "80", "PYTHONPATH": str(README.parent)}

    def recovery(self, *arguments: str, code: int = 0, **environ: str) -> str:
        """Run a command to its end; gives everything that it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "sidecar", *arguments],
            cwd=self.folder, env=self.environ | environ, capture_output=True, text=True, timeout=BOUND, check=False,
        )  # fmt: skip
        said = done.stdout + done.stderr
        assert done.returncode == code, said
        assert "Traceback" not in said
        return said

    def fill_in(self, **values: str) -> None:
        """``cp .env.example .env``, and each value written where its name waits for it."""
        text = (self.folder / ".env.example").read_text(encoding="utf-8")
        for name, value in values.items():
            text, found = re.subn(rf"^(# ?)?{name}=.*$", f"{name}={value}", text, flags=re.MULTILINE)
            text += "" if found else f"{name}={value}\n"
        (self.folder / ".env").write_text(text, encoding="utf-8")

    @contextlib.contextmanager
    def serving(self) -> Iterator[subprocess.Popen[str]]:
        """``recovery serve``, from its greeting on."""
        process = subprocess.Popen(
            [sys.executable, "-m", "sidecar", "serve"],
            cwd=self.folder, env=self.environ, stdout=subprocess.PIPE, stderr=self._log, text=True,
        )  # fmt: skip
        watchdog = threading.Timer(BOUND, process.kill)
        watchdog.start()
        try:
            assert process.stdout is not None
            greeting = process.stdout.readline()
            assert greeting.startswith("recovery serves hartley-plumbing at "), self.log()
            yield process
        finally:
            watchdog.cancel()
            if process.poll() is None:
                process.kill()
            process.communicate(timeout=BOUND)

    def log(self) -> str:
        self._log.seek(0)
        return self._log.read().decode()

    def texts(self, to: str) -> list[str]:
        return [text.body for text in self.sandbox.texts if text.to == to]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture
def newcomer(tmp_path: Path) -> Iterator[Newcomer]:
    """A folder of one's own, with Twilio at the other side; it is Wednesday morning."""
    clock = FileClock.create(tmp_path / "clock", WEDNESDAY)
    folder = tmp_path / "hartley"
    folder.mkdir()
    with Sandbox(clock.now) as sandbox, tempfile.TemporaryFile() as log:
        yield Newcomer(folder, sandbox, log)


@pytest.fixture
def set_up(newcomer: Newcomer) -> Newcomer:
    """Steps 2 to 4: a business file, edited, and .env."""
    said = newcomer.recovery("init", "--name", "Hartley Plumbing", "--region", "GB")
    assert "wrote businesses/hartley-plumbing.yaml" in said
    assert "wrote .env.example" in said
    text = newcomer.file.read_text(encoding="utf-8")
    assert '"+44 117 496 0123"' in text, "the number that customers call"
    assert '"+44 7700 900111"' in text, "the phone that should ring"
    text = text.replace("agent_name: Sam", "agent_name: Jo")
    newcomer.file.write_text(text, encoding="utf-8")
    sandbox, port = newcomer.sandbox, free_port()
    newcomer.fill_in(
        RECOVERY_SECRET="a-secret-that-is-long-enough",
        RECOVERY_PUBLIC_URL=PUBLIC_URL,
        TWILIO_ACCOUNT_SID=sandbox.account_sid,
        TWILIO_AUTH_TOKEN=sandbox.auth_token,
        # Beyond the README: what points it at the sandbox, at a free port and at the test's clock.
        TWILIO_BASE_URL=sandbox.twilio_url,
        RECOVERY_PORT=str(port),
        RECOVERY_CLOCK_FILE=str(newcomer.folder.parent / "clock"),
    )
    sandbox.point_at(f"http://127.0.0.1:{port}", PUBLIC_URL)
    return newcomer


def at_twilio(sandbox: Sandbox) -> None:
    """Steps 8 and 9: the number's webhooks in Twilio's console."""
    sandbox.twilio_number(
        NUMBER,
        voice_url=f"{PUBLIC_URL}/twilio/voice",
        status_callback=f"{PUBLIC_URL}/twilio/call-status",
        sms_url=f"{PUBLIC_URL}/twilio/sms",
    )


def test_from_init_to_the_first_text_and_to_the_last(set_up: Newcomer) -> None:
    home = set_up
    said = home.recovery("check", code=1)
    no_database, not_assessed = re.findall(r"^error +(.*)$", said, re.MULTILINE)
    assert no_database == "database: there is no database recovery.db yet; run `recovery db upgrade`"
    assert "no reviewed legitimate-interest assessment" in not_assessed
    assert "applied" in home.recovery("db", "upgrade")
    assert "no reviewed legitimate-interest assessment" in home.recovery("serve", code=1)
    an_assessment_is_reviewed(home)
    assert "legitimate_interest" not in home.recovery("check"), "neither missing nor of another state"
    with home.serving() as process:
        at_twilio(home.sandbox)
        said = home.recovery("check", "--live")
        assert not re.search("^error", said, re.MULTILINE), said
        for path in ("voice", "call-status", "sms"):
            assert f" is {PUBLIC_URL}/twilio/{path}" in said
        assert "another sidecar" in home.recovery("serve", code=1, RECOVERY_PORT=str(free_port()))
        a_missed_call_is_answered(home)
        nothing_goes_out_after_stop(home)
        assert home.recovery("contacts", "opt-in", CALLER, "--evidence", "asked on the phone") == "opted in\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(BOUND) == 0, home.log()
    assert "Traceback" not in home.log()
    assert "opted in again" in home.recovery("contacts", "show", CALLER), "the record stands without a server"


def an_assessment_is_reviewed(home: Newcomer) -> None:
    """Step 6: draft, sign, enter what the draft's last lines say."""
    home.recovery("lia", "--output", "assessment.md")
    paper = (home.folder / "assessment.md").read_text(encoding="utf-8")
    block = paper.partition("```yaml\n")[2].partition("```")[0]
    block = re.sub("reviewed_by: .*", "reviewed_by: S. Field", block)
    block = re.sub("reviewed_on: .*", "reviewed_on: 2026-03-03", block)
    home.file.write_text(home.file.read_text(encoding="utf-8") + block, encoding="utf-8")


def a_missed_call_is_answered(home: Newcomer) -> None:
    """Step 10: ring the number, let it ring out, read the text, ask why."""
    story = home.sandbox.miss_call(NUMBER, CALLER, how="staff_voicemail")
    assert {answer.status for answer in story.answers.values()} <= {200, 204}
    home.sandbox.wait_for(lambda: home.texts(CALLER), BOUND)
    assert "Jo at Hartley Plumbing" in home.texts(CALLER)[0]
    shown = home.recovery("contacts", "show", "07700 900456")
    assert "a voicemail took it; nobody pressed 1" in " ".join(shown.split())
    assert "Jo at Hartley Plumbing" in shown


def nothing_goes_out_after_stop(home: Newcomer) -> None:
    """They say STOP, and ring again: staff hear of it, the caller of nothing."""
    found = re.search(r"seq_\w+", home.recovery("sequences", "list", "--state", "open"))
    assert found is not None
    assert "Still to come" in home.recovery("sequences", "show", found[0])
    answer = home.sandbox.text_us(CALLER, NUMBER, "STOP")
    assert answer is not None
    assert answer.status == 200
    shown = home.recovery("sequences", "show", found[0])
    assert "closed: they opted out" in shown
    assert "wrote by text, which is a STOP" in shown
    sent = len(home.texts(CALLER))
    home.sandbox.miss_call(NUMBER, CALLER, how="no_answer")
    told = "They opted out earlier, so nothing was sent to them."
    home.sandbox.wait_for(lambda: [text for text in home.texts(STAFF) if told in text], BOUND)
    assert len(home.texts(CALLER)) == sent, "a text went out after STOP"
    assert "no text, staff were alerted" in " ".join(home.recovery("contacts", "show", CALLER).split())


def test_a_broken_business_file_stops_serve_with_its_line_and_remedy(set_up: Newcomer) -> None:
    set_up.recovery("db", "upgrade")
    an_assessment_is_reviewed(set_up)
    text = set_up.file.read_text(encoding="utf-8")
    set_up.file.write_text(text.replace("zone: Europe/London", "zone: Europe/Londn"), encoding="utf-8")
    line = text.splitlines().index("zone: Europe/London") + 1
    said = set_up.recovery("serve", code=1)
    assert f"businesses/hartley-plumbing.yaml:{line}: zone: " in said
    assert "Europe/London" in said, "the remedy"


def test_serve_without_a_database_says_what_to_run(set_up: Newcomer) -> None:
    an_assessment_is_reviewed(set_up)
    assert "run `recovery db upgrade`" in set_up.recovery("serve", code=1)


def test_every_command_of_the_ten_steps_is_taken_here() -> None:
    """The README and this test do not drift apart."""
    steps = README.read_text(encoding="utf-8").partition("in ten steps")[2].partition("\n## ")[0]
    named = {re.split(' -| <| "', found)[0] for found in re.findall(r"`recovery ([^`]+)`", steps)}
    assert {"init", "check", "db upgrade", "serve", "contacts show"} <= named
    taken = Path(__file__).read_text(encoding="utf-8")
    for command in named:
        words = ", ".join(f'"{word}"' for word in command.split())
        assert words in taken, f"`recovery {command}` is a step of the README and is not taken here"
