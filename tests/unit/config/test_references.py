from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sidecar.config.loader import load_business
from sidecar.config.references import UnresolvedError, resolve
from sidecar.errors import ConfigError, Mistake
from tests.unit.config.conftest import ENVIRON, Write

if TYPE_CHECKING:
    from pathlib import Path

FILE = """\
id: harbour-plumbing
name: Harbour Plumbing
agent_name: Sam
region: GB
zone: Europe/London
legitimate_interest: {document: LIA-2026-03, reviewed_by: S. Field, reviewed_on: 2026-03-03}
playbook: by-hand
staff: [{name: Sam, phone: "${STAFF_PHONE}"}]
numbers: [{number: "${MAIN_NUMBER}"}]
hubspot: {access_token: "${HUBSPOT_ACCESS_TOKEN}"}
"""
NUMBERS = {"STAFF_PHONE": "07700 900111", "MAIN_NUMBER": "+44 117 496 0123"}


def mistakes(path: Path, environ: dict[str, str]) -> tuple[Mistake, ...]:
    with pytest.raises(ConfigError) as refused:
        load_business(path, environ)
    return refused.value.mistakes


def test_a_secret_comes_from_its_variable(write: Write) -> None:
    business = load_business(write(FILE), {**NUMBERS, "HUBSPOT_ACCESS_TOKEN": "token-1"})

    assert business.hubspot is not None
    assert business.hubspot.access_token == "token-1"
    assert "token-1" not in repr(business)


def test_a_secret_comes_from_the_file_that_the_environment_names(write: Write, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("token-2\n")
    environ = {**NUMBERS, "HUBSPOT_ACCESS_TOKEN_FILE": str(tmp_path / "secret")}

    for text in (FILE, FILE.replace("${HUBSPOT_ACCESS_TOKEN}", "${HUBSPOT_ACCESS_TOKEN_FILE}")):
        business = load_business(write(text), environ)
        assert business.hubspot is not None
        assert business.hubspot.access_token == "token-2"


def test_any_value_may_be_a_reference(write: Write) -> None:
    business = load_business(write(FILE), {**NUMBERS, "HUBSPOT_ACCESS_TOKEN": "t"})

    assert business.numbers[0].e164 == "+441174960123"
    assert business.staff[0].phone == "+447700900111"


def test_the_variable_counts_before_the_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from the file")

    assert resolve("NAME", {"NAME": "plain", "NAME_FILE": str(tmp_path / "secret")}) == "plain"


@pytest.mark.parametrize(
    ("environ", "message", "remedy"),
    [
        ({}, "environment variable HUBSPOT_ACCESS_TOKEN is not set", "set HUBSPOT_ACCESS_TOKEN, or set HUBSPOT_ACCESS"),
        ({"HUBSPOT_ACCESS_TOKEN": ""}, "HUBSPOT_ACCESS_TOKEN is empty", "set HUBSPOT_ACCESS_TOKEN, or"),
        ({"HUBSPOT_ACCESS_TOKEN": " "}, "the value of HUBSPOT_ACCESS_TOKEN is empty", "exactly one line"),
        ({"HUBSPOT_ACCESS_TOKEN": "hush\nhush"}, "is more than one line", "exactly one line"),
        ({"HUBSPOT_ACCESS_TOKEN_FILE": "/no/hush"}, "HUBSPOT_ACCESS_TOKEN_FILE names cannot be read", "may read"),
    ],
)
def test_a_name_without_a_value_is_refused_with_its_line_and_never_shown(
    write: Write, environ: dict[str, str], message: str, remedy: str
) -> None:
    (mistake,) = mistakes(write(FILE), {**NUMBERS, **environ})

    assert (mistake.line, mistake.field) == (10, "hubspot.access_token")
    assert message in mistake.message
    assert remedy in mistake.remedy
    assert "hush" not in str(mistake)


def test_a_file_reference_without_a_path_asks_for_a_path() -> None:
    with pytest.raises(UnresolvedError) as refused:
        resolve("TOKEN_FILE", {})

    assert refused.value.remedy == "set TOKEN_FILE to the path of a file"


def test_a_value_from_the_environment_is_checked_like_any_other(write: Write) -> None:
    text = FILE + 'twilio: {account_sid: "${SID}", auth_token: "${TWILIO_AUTH_TOKEN}"}\n'
    (mistake,) = mistakes(write(text), {**NUMBERS, **ENVIRON, "HUBSPOT_ACCESS_TOKEN": "t", "SID": "hush-not-a-sid"})

    assert (mistake.line, mistake.field) == (11, "twilio.account_sid")
    assert "read from the environment" in mistake.message
    assert "hush" not in str(mistake)


@pytest.mark.parametrize("value", ["+44${REST}", "${main_number}", "${MAIN NUMBER}", "${}"])
def test_a_reference_stands_alone(write: Write, value: str) -> None:
    (mistake,) = mistakes(
        write(FILE.replace("${MAIN_NUMBER}", value)), {**NUMBERS, "HUBSPOT_ACCESS_TOKEN": "t", "REST": "1"}
    )

    assert mistake.field == "numbers[0].number"
    assert mistake.remedy == "write ${NAME} and nothing else"
