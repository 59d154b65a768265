"""The whole stack: n8n with a shipped workflow, the sidecar, the vendors, and the people who ring.

The businesses differ in their waits only, so that a scenario can be met at the step that it is about, however
slow the machine is. All of them are driven by one workflow: the sidecar knows them by the number that was called.
"""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import yaml

from sidecar.sandbox.twilio_caller import Ways
from sidecar.shipped import shipped
from tests.flows.n8n.servers import N8n, Sidecar, exchange, until
from tests.flows.n8n.workflows import for_client, path_of, shipped_workflow

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sidecar.sandbox import CallStory, Sandbox, SentEmail
    from tests.flows.n8n.api import Api, Execution
    from tests.flows.n8n.twilio_front import TwilioFront

CREDENTIAL: Final = "Recovery sidecar"
EVENTS: Final = "Recovery events"
"""The credential of the webhooks that the sidecar posts events to."""

QUICK: Final = "+441174960011"
"""Everything goes out within seconds."""
LATE_CALL: Final = "+441174960012"
"""The callback is hours away: what happens after the text."""
LATE_EMAIL: Final = "+441174960013"
"""The email is hours away: what happens after the callback."""

BY_DAY: Final = "+441174960014"
"""Texts go from 8 to 20, calls from 9 to 18."""

WAITS: Final = {QUICK: ("2s", "2s"), LATE_CALL: ("3h", "3h"), LATE_EMAIL: ("1s", "3h"), BY_DAY: ("2s", "2s")}

SECOND_SOON: Final = "+441174960021"
"""Two texts, the second within seconds."""
SECOND_LATE: Final = "+441174960022"
"""The second text is hours away: what happens after the first."""
CHECK_INS: Final = "+441174960023"
"""Both texts and both check-ins within seconds."""
OWN_SENDER: Final = "+441174960024"
"""As `SECOND_LATE`, and its texts are sent by n8n's own Twilio node."""
OWN_SENDER_BUSY: Final = "+441174960025"
"""The same at the pace of a long number: one text a second."""

TWO_TEXTS: Final = {
    SECOND_SOON: ("2s", "1w", "3w"), SECOND_LATE: ("3h", "1w", "3w"), CHECK_INS: ("1s", "3s", "6s"),
    OWN_SENDER: ("3h", "1w", "3w"), OWN_SENDER_BUSY: ("3h", "1w", "3w"),
}  # fmt: skip
"""The second text and both check-ins, each counted from the first text."""
_ALL_DAY: Final = {"daily": "0-24", "holidays": "0-24"}
_WINDOWS: Final = {BY_DAY: {"sms": {"daily": "8-20"}, "voice": {"daily": "9-18"}}}

_callers = itertools.count(200)


@dataclass(frozen=True, slots=True)
class Lead:
    """Somebody who rings."""

    phone: str
    email: str

    @classmethod
    def new(cls, sandbox: Sandbox, *, known: bool = True) -> Lead:
        """The next one whom nobody has met yet; not ``known``: the CRM has not either."""
        number = next(_callers)
        lead = cls(f"+447700900{number:03d}", f"maya{number}@example.com")
        if known:
            sandbox.hubspot_contact("Maya", "Osei", phone=lead.phone, email=lead.email)
        return lead


def business_id(number: str) -> str:
    """Whose number it is."""
    return f"b{number[-3:]}"


def write_businesses(folder: Path, sandbox: Sandbox, waits: dict[str, tuple[str, str]], **more: Any) -> None:
    """A business file and a playbook for each number; the shipped words, the times shortened by the playbook."""
    for number, (callback, email) in waits.items():
        after = {
            "acknowledge": {"wait": "0s"},
            "callback": {"step": "acknowledge", "wait": callback},
            "email": {"step": "callback", "wait": email},
        }
        _write_business(folder, sandbox, number, "uk-three-layer", after, more)


def write_two_text_businesses(folder: Path, sandbox: Sandbox) -> None:
    """Those of `TWO_TEXTS`."""
    for number, waits in TWO_TEXTS.items():
        later = zip(("second_text", "week_one", "week_three"), waits, strict=True)
        after = {"acknowledge": {"wait": "0s"}} | {name: {"step": "acknowledge", "wait": wait} for name, wait in later}
        fast = [{"number": number, "mode": "forwarded", "texts_per_second": 50}]
        more = {} if number == OWN_SENDER_BUSY else {"numbers": fast}
        _write_business(folder, sandbox, number, "contractor-two-text", after, more)


def _write_business(
    folder: Path, sandbox: Sandbox, number: str, playbook: str, after: dict[str, dict[str, str]], more: dict[str, Any]
) -> None:
    name, playbooks = business_id(number), folder.with_name("playbooks")
    for place in (folder, playbooks):
        place.mkdir(exist_ok=True)
    words = yaml.safe_load((shipped("playbooks") / f"{playbook}.yaml").read_text(encoding="utf-8"))
    steps = [{**step, "after": after[step["name"]], "deadline": "6h"} for step in words["steps"]]
    (playbooks / f"{name}.yaml").write_text(yaml.safe_dump({**words, "name": name, "steps": steps}))
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(_business(name, number, sandbox) | more))


def _business(name: str, number: str, sandbox: Sandbox) -> dict[str, Any]:
    return {
        "id": name, "name": "Harbour Plumbing", "agent_name": "Sam", "region": "GB", "zone": "Europe/London",
        "preset": "custom", "address": "1 Quay Street, Bristol", "playbook": f"../playbooks/{name}.yaml",
        "legitimate_interest": {"document": "the tests' paper", "reviewed_by": "Sam", "reviewed_on": "2026-11-02"},
        "windows": dict.fromkeys(("sms", "voice", "email"), _ALL_DAY) | _WINDOWS.get(number, {}),
        "numbers": [{"number": number, "mode": "forwarded"}],
        "staff": [{"name": "Sam", "email": "sam@harbour.example"}],
        "twilio": {"account_sid": sandbox.account_sid, "auth_token": "${TWILIO_AUTH_TOKEN}"},
        "retell": {"api_key": "${RETELL_API_KEY}", "agent_id": "agent_1", "from_number": number},
        "hubspot": {"access_token": "${HUBSPOT_ACCESS_TOKEN}"},
        "smtp": {
            "host": sandbox.smtp_host, "port": sandbox.smtp_port, "security": "none",
            "from_address": "sam@harbour.example", "reply_to": "replies@harbour.example",
        },
        "flow": {"platform": "n8n", "callback_hosts": ["127.0.0.1"]},
        "event_hosts": ["127.0.0.1"],
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Published:
    """A workflow in n8n."""

    id: str
    path: str
    """Of its webhook, below n8n's address."""


class Stack:
    """What a scenario plays with, and what it looks at afterwards."""

    def __init__(self, sandbox: Sandbox, sidecar: Sidecar, n8n: N8n, api: Api, key: str, front: TwilioFront) -> None:
        self.sandbox = sandbox
        self.sidecar = sidecar
        self.n8n = n8n
        self.api = api
        self._key = key
        self.front = front

    # -- what is set up --------------------------------------------------------------------------------------------

    def publish(self, name: str, client: str = "", **settings: str) -> Published:
        """A shipped workflow by the public API, its Settings filled in; from then on its webhook is there."""
        workflow = for_client(name, client, sidecar_url=self.sidecar.url, **settings)
        found = self.api.call("/workflows?limit=100")["data"]
        [errors] = [one["id"] for one in found if one["name"] == shipped_workflow("recovery-errors")["name"]]
        workflow["settings"]["errorWorkflow"] = errors
        published = Published(self.api.create_workflow(workflow), path_of(workflow))
        self.n8n.wait_for_webhook(published.path)
        return published

    def key_header(self, name: str) -> dict[str, str]:
        """A *Header Auth* credential as a person makes it in the editor; the header that opens its webhooks."""
        header = {"name": "x-recovery-key", "value": "a key of the tests, long enough"}
        self.api.create_credential(name, "httpHeaderAuth", header)
        return {header["name"]: header["value"]}

    def subscribe(self, number: str, published: Published, key: dict[str, str], *events: str) -> str:
        """A business's events go to a workflow, with the header that it asks for; the subscription's id."""
        wanted = {"url": self.n8n.url + published.path, "events": events, "headers": key}
        return str(self.ask("/v1/subscriptions", wanted | {"business": business_id(number)})["id"])

    # -- what happens ----------------------------------------------------------------------------------------------

    def lead(self, *, known: bool = True) -> Lead:
        """Somebody new, who once agreed to be rung: the AI may call at whatever hour the tests run."""
        lead = Lead.new(self.sandbox, known=known)
        consent = {"basis": "express", "channels": ["sms", "voice", "email"], "given_at": "2026-01-05T10:00:00Z",
                   "evidence": "form 17", "phone": lead.phone, "business": ""}  # fmt: skip
        for number in (*WAITS, *TWO_TEXTS):
            self.ask("/v1/contacts/consents", consent | {"business": business_id(number)})
        return lead

    def miss(self, number: str, lead: Lead, **ways: Any) -> CallStory:
        """They ring, and nobody takes it: Twilio posts the call to n8n, and its end straight to the sidecar."""
        story = self.sandbox.miss_call(number, lead.phone, how="forwarded", **ways)
        answer = story.answers["voice"]
        assert (answer.status, answer.text) == (200, "<Response/>"), answer
        assert answer.headers["content-type"].startswith("text/xml")
        return story

    def report_to_n8n(self, number: str, lead: Lead, *, sign: Any = "right", path: str | None = None) -> str:
        """Only n8n hears of a call; its SID."""
        call = self.sandbox.caller.open_call(lead.phone, number, ago=18)
        url = self.n8n.url + path if path else self.sandbox.caller.url_for(number, "voice")
        form = {"CallStatus": "ringing", "CallSid": call.sid, "AccountSid": call.account_sid, "From": lead.phone,
                "To": number, "Direction": "inbound", "ApiVersion": "2010-04-01"}  # fmt: skip
        self.sandbox.caller.post("voice", url, form, Ways(sign=sign))
        return call.sid

    def says(self, lead: Lead, number: str, words: str) -> None:
        """They text, straight to the sidecar."""
        self.sandbox.text_us(lead.phone, number, words)

    def resume(self, execution: Execution, suffix: str) -> int:
        """Somebody calls a wait's address, as the sidecar's bell does; n8n's status."""
        url = f"{self.n8n.url}/webhook-waiting/{execution.id}/{suffix}?signature={execution.resume_token}"
        return exchange(url, "POST", {})[0]

    def ask(self, path: str, body: object = None, *, method: str = "") -> Any:
        """One request to the sidecar's API with an operator's key; fails the test on anything but a 2xx."""
        headers = {"authorization": f"Bearer {self._key}"}
        how = method or ("GET" if body is None else "POST")
        status, raw, _ = exchange(self.sidecar.url + path, how, body, headers)
        assert 200 <= status < 300, f"{path} → {status}: {raw[:2000]!r}"
        return json.loads(raw) if raw else None

    # -- what came of it -------------------------------------------------------------------------------------------

    def texts(self, lead: Lead) -> list[str]:
        """The texts they got."""
        return [text.body for text in self.sandbox.texts if text.to == lead.phone]

    def calls(self, lead: Lead) -> int:
        """How often the agent rang them."""
        return sum(call.to == lead.phone for call in self.sandbox.calls_placed)

    def emails(self, lead: Lead) -> list[SentEmail]:
        """The emails they got."""
        return [email for email in self.sandbox.emails if lead.email in email.envelope_to]

    def touched(self, lead: Lead) -> tuple[int, int, int]:
        """How many texts, calls and emails reached them."""
        return len(self.texts(lead)), self.calls(lead), len(self.emails(lead))

    def order(self, lead: Lead) -> list[str]:
        """The channels that reached them, in order."""
        seen = [("text", text.at) for text in self.sandbox.texts if text.to == lead.phone]
        seen += [("call", call.at) for call in self.sandbox.calls_placed if call.to == lead.phone]
        seen += [("email", email.at) for email in self.emails(lead)]
        return [channel for channel, _ in sorted(seen, key=lambda each: each[1])]

    def told(self, lead: Lead) -> list[str]:
        """What the team's channel got about them, without their number."""
        texts = [hook.body["text"] for hook in self.sandbox.received if hook.path == "/hooks/team"]
        return [text.removeprefix(lead.phone).strip() for text in texts if text.startswith(lead.phone)]

    def sequence(self, execution: Execution) -> dict[str, Any]:
        """What the sidecar says of the sequence that an execution drives."""
        report = next(out for out in reversed(execution.outputs("Report the call")) if out and "sequence" in out)
        found: dict[str, Any] = self.ask(f"/v1/sequences/{report['sequence']['id']}")
        return found

    def step(self, execution: Execution, name: str) -> dict[str, Any]:
        """What the sidecar says of one step of it."""
        [found] = [step for step in self.sequence(execution)["steps"] if step["name"] == name]
        return dict(found)

    def execution(
        self,
        lead: Lead,
        what: str,
        holds: Callable[[Execution], object],
        seconds: float = 90.0,
        nth: int = 1,
        of: Published | None = None,
    ) -> Execution:
        """The execution of their first (nth) call, of one workflow or of any, once it is as described."""
        found: list[Execution] = []

        def there() -> Execution | None:
            found[:] = self.api.of_caller(lead.phone, of.id if of else "")[::-1][nth - 1 : nth]
            return found[0] if found and holds(found[0]) else None

        try:
            return until(there, what, seconds)
        except AssertionError as error:
            state = [(each.status, each.last_node, each.message) for each in found]
            raise AssertionError(f"{error}; n8n has {state}") from None

    def waits_at(self, lead: Lead, node: str) -> Execution:
        """Their execution, once it waits at a node."""
        return self.execution(lead, f"the wait at {node!r}", lambda it: it.status == "waiting" and it.last_node == node)

    def ended(self, lead: Lead, seconds: float = 90.0, nth: int = 1, of: Published | None = None) -> Execution:
        """Their execution, once it is over."""
        over = ("success", "error", "crashed")
        return self.execution(lead, "the execution's end", lambda it: it.status in over, seconds, nth, of)


def secret_of(said: str) -> str:
    """The key that ``recovery keys create`` printed."""
    found = re.search(r"\S+$", said)
    assert found is not None, said
    return found.group()
