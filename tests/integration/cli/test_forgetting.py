"""`recovery contacts export` and `forget`: asked before, done once, a STOP that holds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from sidecar.cli import recovery
from sidecar.store import contacts
from tests.support.house import CALLER

if TYPE_CHECKING:
    from sidecar.store.database import Tx
    from tests.integration.cli.conftest import Recovery
    from tests.support.house import House


@pytest.fixture
def known(home: House) -> House:
    """Ann rang, was texted, and said STOP."""
    home.miss()
    home.live(minutes=1)
    home.text("My boiler is broken. STOP")
    home.live(minutes=1)
    return home


def test_export_is_all_that_is_kept(known: House, run: Recovery) -> None:
    kept = json.loads(run("contacts", "export", "07700 900123").stdout)

    assert kept["business"]["id"] == "acme"
    assert kept["exported_at"]
    assert kept["first_name"] == "Ann"
    assert {address["address"] for address in kept["addresses"]} >= {CALLER, "ann@example.com"}
    assert [message["body"] for message in kept["messages"]] == ["My boiler is broken. STOP"]
    assert "I just missed your call" in kept["sequences"][0]["touches"][0]["body"]
    assert kept["deliveries"]
    assert kept["suppressions"]
    assert kept["consents"]


def test_forget_asks_first(known: House, run: Recovery) -> None:
    run("contacts", "show", CALLER)  # sets the clock
    refused = CliRunner().invoke(recovery, ["contacts", "forget", CALLER], input="n\n")

    assert refused.exit_code == 1
    assert "for good?" in refused.output
    assert "boiler" in run("contacts", "show", CALLER).output


def test_forget_forgets_and_the_stop_holds(known: House, run: Recovery) -> None:
    said = run("contacts", "forget", CALLER, "--yes")

    assert "forgotten: 1 calls" in said.output
    assert "Their STOP stays in force" in said.output
    assert "The CRM keeps record" in said.output
    again = run("contacts", "forget", CALLER, "--yes").output
    assert "nothing is on record about them but a STOP of 2026-11-18, which stays in force" in again
    assert "nobody with this number" in run("contacts", "export", CALLER, code=1).output
    assert known.miss().decision == "suppressed"


def test_nobody_is_nothing_to_forget(known: House, run: Recovery) -> None:
    assert run("contacts", "forget", "+44 7700 900199", "--yes").output == "nothing is on record about them\n"


def test_an_email_names_them_too(known: House, run: Recovery) -> None:
    assert json.loads(run("contacts", "export", "Ann@Example.com").stdout)["first_name"] == "Ann"
    assert "forgotten: 1 calls" in run("contacts", "forget", "ann@example.com", "--yes").output
    again = run("contacts", "forget", "ann@example.com", "--yes").output
    assert "but a STOP of 2026-11-18, which stays in force" in again
    assert "nobody with this email" in run("contacts", "export", "ann@example.com", code=1).output


def test_of_a_shared_mailbox_nobody_is_forgotten_by_guess(known: House, run: Recovery) -> None:
    def share(tx: Tx) -> str:
        other = contacts.create(tx, "acme", known.clock.now())
        contacts.add_address(tx, "acme", other, "email", "ann@example.com", "hash", known.clock.now())
        return other

    other = known.sidecar.store.write(share)
    refused = run("contacts", "forget", "ann@example.com", "--yes", code=2).output

    assert "several people share this mailbox" in refused
    assert other in refused.replace("\n", "")
    assert "boiler" in run("contacts", "show", CALLER).output
