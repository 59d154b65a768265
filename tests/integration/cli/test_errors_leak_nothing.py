"""What the command line says when something fails: no secret, and no whole number of anybody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from sidecar.cli import recovery
from tests.support.house import CALLER, SECRET

if TYPE_CHECKING:
    from pathlib import Path

    from sidecar.sandbox import Sandbox
    from tests.support.house import House

ID = "con_019f3c5a1b2c0001a1b2c3d4e5f6"
COMMANDS = (
    ("check",), ("check", "--live"), ("lia",), ("serve",), ("audit", ID), ("contacts", "list"),
    ("contacts", "show", ID), ("contacts", "export", ID), ("contacts", "forget", ID, "--yes"),
    ("contacts", "opt-out", "+447700900124"), ("consents", "list", "+447700900124"),
    ("sequences", "list"), ("keys", "list"),
    ("senders", "held"), ("deliveries", "dead"), ("db", "status"), ("agents", "deploy"),
)  # fmt: skip
PASSWORD = "hush-database-password"
BROKEN = {
    "database": ("RECOVERY_DATABASE_URL", f"postgresql://someone:{PASSWORD}@127.0.0.1:1/recovery"),
    "address": ("RECOVERY_DATABASE_URL", f"nonsense://someone:{PASSWORD}@nowhere"),
}


def secrets_of(sandbox: Sandbox) -> tuple[str, ...]:
    return SECRET, PASSWORD, sandbox.auth_token, sandbox.retell_api_key, sandbox.hubspot_token


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("broken", [*BROKEN, "business"])
def test_a_command_that_fails_gives_nothing_away(
    home: House,
    folder: Path,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    broken: str,
) -> None:
    home.miss()
    if broken == "business":
        file = folder / "businesses" / "acme.yaml"
        file.write_text(file.read_text(encoding="utf-8").replace("region: GB", "region: Nowhere"), encoding="utf-8")
    else:
        monkeypatch.setenv(*BROKEN[broken])
    said = CliRunner().invoke(recovery, arguments)
    text = f"{said.output}{said.exception!r}"

    assert said.exit_code in (0, 1), text
    for telling in (*secrets_of(sandbox), CALLER, CALLER.removeprefix("+44")):
        assert telling not in text, telling
