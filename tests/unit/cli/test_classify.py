"""``recovery classify``: one word for a text, one line for each line."""

from __future__ import annotations

import subprocess
import sys
from typing import get_args

import pytest
from click.testing import CliRunner

from sidecar.cli import recovery
from sidecar.cli.classify import MEANINGS
from sidecar.domain.optout import Intent

PROGRAM = [sys.executable, "-c", "from sidecar.cli import main; main()", "classify"]


def classified(*arguments: str, given: str | bytes = "") -> str:
    result = CliRunner().invoke(recovery, ["classify", *arguments], input=given, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("please take me off your list",), "opt_out\n"),
        (("stop", "texting", "me"), "opt_out\n"),
        (("can you stop the leak?",), "none\n"),
        (("START",), "opt_in\n"),
        (("aide",), "help\n"),
        (("please call me instead of texting",), "unclear\n"),
        (("",), "none\n"),
        (("--", "-stop-"), "opt_out\n"),
        (("--why", "STOP"), "opt_out\tkeyword\n"),
        (("the bus stop", "--why"), "none\tstop_in_another_sense\n"),
    ],
)
def test_a_text_is_answered_in_one_word(arguments: tuple[str, ...], said: str) -> None:
    assert classified(*arguments, given="not read") == said


def test_each_line_of_standard_input_has_its_line() -> None:
    lines = "STOP\n\n  \nne m’écrivez plus\r\nyes\rplease\nhelp"
    assert classified(given=lines.encode()) == "opt_out\nnone\nnone\nopt_out\nnone\nhelp\n"
    assert classified("--why", given="STOP\n\n") == "opt_out\tkeyword\nnone\tno_words\n"
    assert classified(given="") == ""


def test_bytes_that_are_no_text_are_answered_too() -> None:
    assert classified(given=b"\xff\xfe\x00\nstop\n") == "none\nopt_out\n"


def test_a_line_is_answered_before_the_next_one_is_there() -> None:
    with subprocess.Popen(PROGRAM, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8") as running:
        assert running.stdin is not None
        assert running.stdout is not None
        for line, answer in (("stop\n", "opt_out\n"), ("can you come at 5?\n", "none\n")):
            running.stdin.write(line)
            running.stdin.flush()
            assert running.stdout.readline() == answer
        running.stdin.close()
        assert running.wait(timeout=30) == 0


def test_it_starts_without_what_it_does_not_need() -> None:
    heavy = "flask sqlalchemy pydantic twilio retell hubspot phonenumbers holidays rich alembic apscheduler".split()
    program = (
        "import sys; from sidecar.cli import recovery; recovery(['classify', 'stop'], standalone_mode=False); "
        f"print(sorted(set({heavy}) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, encoding="utf-8")
    assert done.stdout == "opt_out\n[]\n"


def test_the_help_explains_every_answer() -> None:
    assert set(MEANINGS) == set(get_args(Intent))
    told = classified("--help")
    for word, meaning in MEANINGS.items():
        assert f"{word:<8} {meaning}" in told
