"""Each command: what it prints, where, with which exit code, and what it says when it cannot."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sidecar.channels.staff import webhook_secret
from sidecar.store import record, touches
from tests.support.house import CALLER, NUMBER, SECRET

if TYPE_CHECKING:
    from pathlib import Path

    from sidecar.sandbox import Sandbox
    from sidecar.store.database import Tx
    from tests.integration.cli.conftest import Recovery
    from tests.support.house import House

STRANGER = "+447700900124"
NOBODY = "+447700900199"
ON_A_DATABASE = (
    ("contacts", "list"),
    ("contacts", "show", CALLER),
    ("contacts", "opt-out", CALLER),
    ("contacts", "opt-in", CALLER, "--evidence", "said so"),
    ("sequences", "list"),
    ("sequences", "show", "seq_1"),
    ("sequences", "close", "seq_1"),
    ("sequences", "hold", "seq_1"),
    ("sequences", "resume", "seq_1"),
    ("keys", "create", "n8n"),
    ("keys", "list"),
    ("keys", "revoke", "key_1"),
    ("deliveries", "dead"),
    ("deliveries", "replay", "dlv_1"),
    ("senders", "held"),
    ("senders", "release", "+441174960001"),
)


def spoken(stderr: str) -> str:
    """One sentence, no traceback."""
    assert "Traceback" not in stderr
    return " ".join(stderr.split())


# ---------------------------------------------------------------- the database


@pytest.mark.parametrize("arguments", ON_A_DATABASE, ids=" ".join)
@pytest.mark.parametrize("store_kind", ["sqlite"], indirect=True)
def test_without_a_database_every_command_says_what_to_run(
    arguments: tuple[str, ...], run: Recovery, folder: Path
) -> None:
    (folder / "store.db").unlink()
    said = spoken(run(*arguments, code=1).stderr)
    assert re.search(r"there is no database \S+store\.db yet; run `recovery db upgrade`", said)
    assert not (folder / "store.db").exists(), "a look has made a database"


def test_a_database_without_tables_is_named_and_made(
    run: Recovery, monkeypatch: pytest.MonkeyPatch, bare_store_url: str
) -> None:
    monkeypatch.setenv("RECOVERY_DATABASE_URL", bare_store_url)
    assert "run `recovery db upgrade`" in spoken(run("sequences", "list", code=1).stderr)
    assert "run `recovery db upgrade`" in run("db", "status", code=1).stdout
    assert run("db", "upgrade").stdout.startswith("applied ")
    assert run("db", "upgrade").stdout == "up to date\n"
    assert "answers" in run("db", "status").stdout
    assert "No sequences yet" in run("sequences", "list").stderr


@pytest.mark.parametrize("store_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "url", ["postgresql+psycopg://nobody@127.0.0.1:1/none", "sqlite:////nowhere/at/all/recovery.db"]
)
def test_a_database_that_does_not_answer_is_a_sentence(
    url: str, run: Recovery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECOVERY_DATABASE_URL", url)
    assert "does not answer: " in spoken(run("db", "upgrade", code=1).stderr)
    assert spoken(run("keys", "list", code=1).stderr).startswith("Error: the database: ")


# ---------------------------------------------------------------- files and settings


@pytest.mark.parametrize("store_kind", ["sqlite"], indirect=True)
def test_a_broken_business_file_names_line_field_and_remedy(run: Recovery, folder: Path) -> None:
    file = folder / "businesses" / "acme.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("agent_name:", "agentname:"), encoding="utf-8")
    said = spoken(run("contacts", "list", code=1).stderr)
    assert "businesses/acme.yaml:3: agentname:" in said
    assert "did you mean `agent_name`?" in said


@pytest.mark.parametrize("store_kind", ["sqlite"], indirect=True)
def test_in_another_folder_the_missing_env_file_is_named(
    run: Recovery, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "elsewhere").mkdir()
    monkeypatch.chdir(folder / "elsewhere")
    said = spoken(run("contacts", "list", code=1).stderr)
    assert "RECOVERY_SECRET: is not set" in said
    assert "There is no .env in" in said


@pytest.mark.parametrize("store_kind", ["sqlite"], indirect=True)
def test_a_misspelt_command_is_guessed(run: Recovery) -> None:
    assert "Did you mean 'sequences'?" in run("sequence", "list", code=2).stderr
    assert "Did you mean 'opt-out'?" in run("contacts", "optout", CALLER, code=2).stderr
    assert "There are: status, upgrade." in run("db", "drop", code=2).stderr


# ---------------------------------------------------------------- lists


def test_lists_are_aligned_and_their_ids_can_be_copied(home: House, run: Recovery) -> None:
    first = home.miss()
    home.live(minutes=1)
    home.text("Thanks, call me at five")
    home.clock.advance(minutes=5)
    second = home.miss(STRANGER)
    home.live(minutes=1)
    head, *rows = run("sequences", "list").stdout.splitlines()
    assert head.split("  ")[0] == "sequence"
    assert [row.split() for row in rows] == [
        [second.sequence_id, "2026-11-18", "10:06", "open", "uk-three-layer"],
        [first.sequence_id, "2026-11-18", "10:00", "closed", "replied", "uk-three-layer"],
    ]
    assert {row.index("2026") for row in rows} == {head.index("opened")}
    assert [row["sequence_id"] for row in json.loads(run("sequences", "list", "--json").stdout)] == [
        second.sequence_id, first.sequence_id,
    ]  # fmt: skip
    assert run("sequences", "list", "--state", "closed").stdout.count("seq_") == 1
    assert run("sequences", "list", "--limit", "1").stdout.count("seq_") == 1
    assert run("sequences", "list", "--state", "held").stderr == "No held sequences.\n"


def test_people_are_listed_newest_first_without_their_numbers(home: House, run: Recovery) -> None:
    home.miss()
    home.clock.advance(seconds=1)
    home.miss(STRANGER)
    home.live(minutes=1)
    run("contacts", "opt-out", CALLER)
    head, stranger, ann = run("contacts", "list").stdout.splitlines()
    assert head.split() == ["contact", "number", "last", "call", "now", "name"]
    assert stranger.split()[1:] == ["+44", "•••124", "2026-11-18", "10:00", "open"]
    assert ann.split()[1:] == ["+44", "•••123", "2026-11-18", "10:00", "opted", "out", "Ann", "Lee"]
    listed = run("contacts", "list", "--json").stdout
    assert CALLER not in listed
    assert [(row["suppressed"], row["under_way"]) for row in json.loads(listed)] == [(False, "open"), (True, None)]
    assert run("contacts", "list", "--limit", "1").stdout.count("con_") == 1


@pytest.mark.parametrize("store_kind", ["sqlite"], indirect=True)
def test_what_is_not_there_is_said_with_where_to_look(run: Recovery, sandbox: Sandbox) -> None:
    for arguments, remedy in (
        (("sequences", "show", "seq_1"), "`recovery sequences list`"),
        (("sequences", "close", "seq_1"), "`recovery sequences list`"),
        (("sequences", "hold", "seq_1"), "`recovery sequences list`"),
        (("sequences", "resume", "seq_1"), "`recovery sequences list`"),
        (("contacts", "show", NOBODY), "`recovery contacts list`"),
        (("contacts", "show", "con_1"), "`recovery contacts list`"),
        (("keys", "revoke", "key_1"), "`recovery keys list`"),
        (("deliveries", "replay", "dlv_1"), "`recovery deliveries dead`"),
        (("senders", "release", "+441174960001"), "`recovery senders held`"),
    ):
        assert remedy in spoken(run(*arguments, code=1).stderr), arguments
    for command in (["show"], ["opt-out"], ["opt-in", "--evidence", "x"]):
        said = spoken(run("contacts", *command, "12", code=2).stderr)
        assert "too few digits" in said
        assert "like +44 7700 900123" in said
    for quiet in (
        ("contacts", "list"),
        ("sequences", "list"),
        ("keys", "list"),
        ("deliveries", "dead"),
        ("senders", "held"),
    ):
        result = run(*quiet)
        assert result.stdout == "", "an empty list is empty in a pipe"
        assert result.stderr


def test_a_paused_playbook_is_shown_and_released(home: House, run: Recovery) -> None:
    home.sidecar.store.write(lambda tx: touches.hold(tx, "acme", "playbook:uk-three-layer", "opt_outs"))
    assert home.miss().decision == "paused"
    shown = run("senders", "held").stdout
    assert "playbook:uk-three-layer" in shown
    assert "too many people opted out" in shown
    assert "may be used again" in run("senders", "release", "playbook:uk-three-layer").stdout
    assert home.miss().decision == "opened"


# ---------------------------------------------------------------- several businesses


def test_with_several_businesses_ids_find_their_own(home: House, run: Recovery, with_beacon: Path) -> None:
    opened = home.miss()
    home.live(minutes=1)
    assert run("sequences", "list").stdout.startswith("acme:\n")
    assert run("contacts", "list").stdout.startswith("acme:\n")
    assert "No sequences yet" in run("sequences", "list", "--business", "beacon").stderr
    assert opened.sequence_id in run("sequences", "show", opened.sequence_id).stdout
    assert "no sequence" in run("sequences", "show", opened.sequence_id, "--business", "beacon", code=1).stderr
    assert "Ann Lee" in run("contacts", "show", CALLER).stdout
    run("sequences", "hold", opened.sequence_id)
    run("sequences", "resume", opened.sequence_id)
    run("sequences", "close", opened.sequence_id)
    assert "there are: acme, beacon" in spoken(run("contacts", "opt-out", CALLER, code=2).stderr)
    assert "there are: acme, beacon" in spoken(run("contacts", "list", "--business", "zebra", code=2).stderr)
    run("contacts", "opt-out", CALLER, "--business", "beacon")
    said = spoken(run("contacts", "show", CALLER, code=2).stderr)
    assert "several businesses know this number" in said
    shown = run("contacts", "show", CALLER, "--business", "beacon").stdout
    assert "OPTED OUT" in shown
    assert "UTC-05:00" in shown
    assert "OPTED OUT" not in run("contacts", "show", CALLER, "--business", "acme").stdout


# ---------------------------------------------------------------- STOP and START


def test_a_stop_by_hand_closes_and_suppresses_and_a_start_lifts(home: House, run: Recovery, sandbox: Sandbox) -> None:
    opened = home.miss()
    home.live(minutes=1)
    assert run("contacts", "opt-out", "07700 900123", "--evidence", "told Sam").stdout == "opted out\n"
    assert run("contacts", "opt-out", CALLER).stdout == "was opted out already\n"
    assert home.sequence(opened.sequence_id)["reason"] == "opted_out"
    home.live(hours=1)
    assert [text.to for text in sandbox.texts].count(CALLER) == 1
    assert run("contacts", "opt-in", CALLER, "--evidence", "asked by email").stdout == "opted in\n"
    assert run("contacts", "opt-in", CALLER, "--evidence", "asked by email").stdout == "was not opted out\n"
    assert "--evidence" in run("contacts", "opt-in", CALLER, code=2).stderr


# ---------------------------------------------------------------- keys


def test_a_key_is_made_once_good_for_what_it_names_and_revoked(run: Recovery, home: House) -> None:
    made = run("keys", "create", "n8n", "--scope", "calls", "--scope", "read", "--days", "30")
    secret = made.stdout.strip()
    assert "not shown again" in made.stderr
    key = home.sidecar.keys.authenticate(secret)
    assert key is not None
    assert (key.name, key.businesses, set(key.scopes)) == ("n8n", ("acme",), {"calls", "read"})
    listed = run("keys", "list").stdout
    assert f"{key.key_id}  good until 2026-12-18" in listed
    assert secret not in listed + run("keys", "list", "--json").stdout
    assert "key_hash" not in run("keys", "list", "--json").stdout
    home.clock.advance(timedelta(days=31))
    assert f"{key.key_id}  expired" in run("keys", "list").stdout
    assert run("keys", "revoke", key.key_id).stdout == f"{key.key_id} is revoked\n"
    assert home.sidecar.keys.authenticate(secret) is None
    assert f"no key {key.key_id} in use" in run("keys", "revoke", key.key_id, code=1).stderr
    assert f"{key.key_id}  revoked" in run("keys", "list").stdout


@pytest.mark.parametrize("store_kind", ["sqlite"], indirect=True)
def test_a_key_for_several_businesses_must_say_for_which(run: Recovery, with_beacon: Path) -> None:
    assert "--every-business" in spoken(run("keys", "create", "n8n", code=2).stderr)
    assert "exclude each other" in run("keys", "create", "n", "--every-business", "--business", "acme", code=2).stderr
    assert "there are: acme, beacon" in spoken(run("keys", "create", "n", "--business", "zebra", code=2).stderr)
    assert "calls" in run("keys", "create", "n", "--scope", "everything", "--every-business", code=2).stderr
    run("keys", "create", "agency", "--every-business", "--all-scopes")
    run("keys", "create", "both", "--business", "acme", "--business", "beacon")
    agency, both = json.loads(run("keys", "list", "--json").stdout)
    assert (agency["businesses"], both["businesses"]) == (["*"], ["acme", "beacon"])
    assert (agency["scopes"], both["scopes"]) == (["*"], ["calls", "drive", "read"])
    both_ways = ("keys", "create", "n", "--every-business", "--all-scopes", "--scope", "read")
    assert "exclude each other" in run(*both_ways, code=2).stderr


@pytest.mark.parametrize("store_kind", ["sqlite"], indirect=True)
def test_the_secret_of_staff_webhooks_is_printed_alone(run: Recovery, with_beacon: Path, folder: Path) -> None:
    (folder / "store.db").unlink()
    printed = run("keys", "staff-webhook", "--business", "beacon")
    assert printed.stdout == webhook_secret(SECRET, "beacon") + "\n"
    assert printed.stderr == ""
    assert "Nobody in the staff of acme has a `webhook:`" in run("keys", "staff-webhook", "--business", "acme").stderr
    assert "there are: acme, beacon" in run("keys", "staff-webhook", code=2).stderr


# ---------------------------------------------------------------- deliveries


def test_dead_deliveries_are_listed_and_tried_again(home: House, run: Recovery) -> None:
    for delivery_id in ("dlv_1", "dlv_2", "dlv_3"):
        home.sidecar.store.write(lambda tx, delivery_id=delivery_id: _dead(tx, delivery_id, home))  # type: ignore[misc]
    head, *rows = run("deliveries", "dead").stdout.splitlines()
    assert head.split() == ["delivery", "given", "up", "what", "to", "why"]
    assert rows[0].split() == ["dlv_1", "2026-11-18", "10:00", "staff", "sms:Sam", "it", "answered", "503"]
    listed = json.loads(run("deliveries", "dead", "--json").stdout)
    assert [row["delivery_id"] for row in listed] == ["dlv_1", "dlv_2", "dlv_3"]
    assert run("deliveries", "replay", "dlv_1").stdout == "dlv_1 is due now\n"
    assert "no dead delivery dlv_1" in run("deliveries", "replay", "dlv_1", code=1).stderr
    assert run("deliveries", "replay", "--all").stdout == "dlv_2 is due now\ndlv_3 is due now\n"
    assert "None" in run("deliveries", "replay", "--all").stderr
    assert "--all" in run("deliveries", "replay", code=2).stderr
    assert "--all" in run("deliveries", "replay", "dlv_1", "--all", code=2).stderr


def _dead(tx: Tx, delivery_id: str, home: House) -> None:
    now = home.clock.now()
    record.add_delivery(
        tx, business_id="acme", delivery_id=delivery_id, kind="staff", target="sms:Sam",
        payload={"about": "reply", "member": "Sam", "medium": "sms"}, created_at=now, settled_at=now,
        last_error="it answered\n503",
    )  # fmt: skip
    record.change_delivery(tx, "acme", delivery_id, state="dead")


def test_a_sender_that_a_vendor_refused_is_listed_and_released(home: House, run: Recovery, sandbox: Sandbox) -> None:
    sandbox.fault("twilio", "messages.create", "status", status=400, code=21606)
    opened = home.miss()
    home.live(minutes=1)
    head, row = run("senders", "held").stdout.splitlines()
    assert head.split() == ["business", "on", "hold", "why"]
    assert row.split()[:2] == ["acme", NUMBER]
    assert "Twilio error 21606" in row
    assert json.loads(run("senders", "held", "--json").stdout) == [
        {"business_id": "acme", "held": NUMBER, "code": "21606"}
    ]
    assert "error 21606" in " ".join(run("sequences", "show", opened.sequence_id).stdout.split())
    assert run("senders", "release", NUMBER).stdout == f"{NUMBER} may be used again (acme)\n"
    assert "Nothing is on hold" in run("senders", "held").stderr


# ---------------------------------------------------------------- agents


def stored(sandbox: Sandbox) -> list[str]:
    """What Retell was asked to change, in order."""
    reads = ("agents.list", "agents.fetch")
    return [seen.operation for seen in sandbox.requests("retell") if seen.operation not in reads]


@pytest.mark.parametrize("store_kind", ["sqlite"], indirect=True)
def test_an_agent_is_deployed_once_and_deploying_again_changes_nothing(
    run: Recovery, folder: Path, sandbox: Sandbox, with_beacon: Path
) -> None:
    (folder / "store.db").unlink()
    made = run("agents", "deploy", "--business", "acme")
    agent_id = made.stdout.strip().removeprefix("agent_id: ")
    assert "published" in made.stderr
    assert "Put this id into `retell.agent_id` of businesses/acme.yaml" in spoken(made.stderr)
    before = stored(sandbox)
    file = folder / "businesses" / "acme.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("agent_1", agent_id), encoding="utf-8")
    again = run("agents", "deploy", "callback", "--business", "acme")
    assert again.stdout == made.stdout
    assert spoken(again.stderr).startswith("unchanged: callback for acme")
    told = json.loads(run("agents", "deploy", "--business", "acme", "--json").stdout)
    assert (told["agent_id"], told["changed"]) == (agent_id, False)
    assert stored(sandbox) == before
    assert "there are: callback" in spoken(run("agents", "deploy", "zebra", code=2).stderr)
    assert "retell" in spoken(run("agents", "deploy", "--business", "beacon", code=1).stderr)
    sandbox.fault("retell", "*", "status", status=401)
    assert "Traceback" not in run("agents", "deploy", "--business", "acme", code=1).stderr


@pytest.mark.parametrize("store_kind", ["sqlite"], indirect=True)
def test_the_openapi_document_needs_nothing(run: Recovery, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".env").unlink()
    printed = run("openapi").stdout
    assert json.loads(printed)["openapi"].startswith("3.1")
    run("openapi", "--output", "api.json")
    assert (folder / "api.json").read_text(encoding="utf-8") == printed
    assert "no/where" in run("openapi", "--output", "no/where/api.json", code=1).stderr
