"""``recovery flows export --http v3``: the same requests by Make's older HTTP modules."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from sidecar.cli import recovery
from sidecar.errors import ConfigError
from sidecar.flows.documents import Document
from sidecar.flows.http_v3 import with_http_v3
from sidecar.flows.make import Blueprint
from sidecar.flows.stamping import settings_of
from tests.flows.make.events import SETTINGS, event, to_the_receiver
from tests.flows.make.files import SHIPPED
from tests.flows.make.scenario import Scenario
from tests.flows.make.stack import shipped_blueprint
from tests.unit.cli.test_flows_copies import HARTLEY

if TYPE_CHECKING:
    from sidecar.sandbox import Sandbox
    from tests.flows.make.modules import Account

REPLY = 'Yes, "any" day & time\nafter 4 pm; {{ask}} Zoë'
EVENTS = {
    "sequence-driver": [
        *(event("step.ready", step="callback", channel=one) for one in ("sms", "voice", "email", "staff")),
        event("reply.received", message={"channel": "sms", "intent": "none", "text": REPLY}),
        event("sequence.closed", reason="exhausted"),
    ],
    "replies": [event("reply.received", message={"channel": "sms", "intent": "none", "text": REPLY})],
    "voice-outcomes": [event("outcome.recorded", reason=one) for one in ("booked", "not_now", "opted_out")],
    "own-sender": [event("step.ready", step="acknowledge", channel="sms")],
    "any-phone-system": [{"call_id": "pbx-1", "to": "+441174960001", "from": "", "caller_name": 'M. "Mo" Osei'}],
}


@pytest.mark.parametrize("stem", sorted(EVENTS))
def test_both_versions_send_the_same(stem: str, account: Account, sandbox: Sandbox) -> None:
    given = SETTINGS | {"first_answer": "Thanks! Sam rings you within the hour."}
    own = {one["name"] for one in settings_of("make", SHIPPED[stem].document.value)}
    blueprint = shipped_blueprint(stem, **{name: value for name, value in given.items() if name in own})
    sent: list[list[Any]] = []
    for value in (blueprint, with_http_v3(blueprint, stem)):
        before = len(sandbox.received)
        scenario = Scenario(value, to_the_receiver(account, sandbox))
        costs = [scenario.run(one).operations for one in EVENTS[stem]]
        requests = [(one.path, one.headers.get("authorization"), one.body) for one in sandbox.received[before:]]
        assert len(requests) >= len(EVENTS[stem])
        sent.append(requests + costs)
    assert sent[0] == sent[1]


def test_export_writes_them_for_who_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "businesses").mkdir()
    (tmp_path / "businesses" / "hartley.yaml").write_text(HARTLEY, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RECOVERY_SECRET", "s" * 40)
    monkeypatch.setenv("RECOVERY_PUBLIC_URL", "https://recovery.hartley.example/")
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "a-token")
    for http in ("v4", "v3"):
        command = ["flows", "export", "make/replies", "--http", http, "--output", http, "--set", "first_answer=Thanks!"]
        result = CliRunner().invoke(recovery, command)
        assert result.exit_code == 0, result.output
        copied = json.loads(Path(http, "hartley-replies.blueprint.json").read_text(encoding="utf-8"))
        assert copied["name"] == "Hartley & Sons Plumbing: Recovery: replies"
        values = {one["name"]: one["value"] for one in settings_of("make", copied)}
        assert values == {
            "sidecar_url": "https://recovery.hartley.example", "team_webhook": "", "first_answer": "Thanks!",
        }  # fmt: skip
        kinds = {one.module for one in Blueprint(Document("", "make", copied, ())).modules if one.app == "http"}
        assert kinds == (
            {"http:MakeRequest"} if http == "v4" else {"http:ActionSendData", "http:ActionSendDataAPIKeyAuth"}
        )


@pytest.mark.parametrize(
    "change", [{"contentType": "json"}, {"paginationType": "pageBased"}, {"jsonStringBodyContent": "{}"}]
)
def test_what_version_3_writes_otherwise_is_refused(change: dict[str, str]) -> None:
    value = copy.deepcopy(SHIPPED["own-sender"].document.value)
    value["flow"][2]["mapper"] |= change
    with pytest.raises(ConfigError, match="Claim the text"):
        with_http_v3(value, "own-sender.blueprint.json")
