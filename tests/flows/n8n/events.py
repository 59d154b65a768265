"""Workflows that the sidecar tells of its events: for a while, and with a team's channel of their own."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.flows.n8n.servers import exchange, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.flows.n8n.api import Execution
    from tests.flows.n8n.stack import Lead, Published, Stack


@dataclass(frozen=True, slots=True)
class Listener:
    """One published workflow, the key to its webhook, and what it tells the team."""

    stack: Stack
    published: Published
    key: dict[str, str]
    channel: str

    @classmethod
    def publish(cls, stack: Stack, key: dict[str, str], name: str, client: str, **settings: str) -> Listener:
        """A client's copy of a shipped workflow, once its webhook listens."""
        channel = f"/hooks/{name}-{client}"
        team = stack.sandbox.receiver_url + channel
        return cls(stack, stack.publish(name, client, team_webhook=team, **settings), key, channel)

    @contextlib.contextmanager
    def hears(self, number: str, *events: str) -> Iterator[Listener]:
        """Subscribed to events of the business with this number, for a while."""
        made = self.stack.subscribe(number, self.published, self.key, *events)
        try:
            yield self
        finally:
            self.stack.ask(f"/v1/subscriptions/{made}", method="DELETE")

    def post(self, event: object, *, key: str = "") -> int:
        """What whoever knows the address can do, with the key or another; n8n's status."""
        headers = {name: key or value for name, value in self.key.items()}
        return exchange(self.stack.n8n.url + self.published.path, "POST", event, headers)[0]

    def runs(self, lead: Lead) -> list[Execution]:
        """Its executions about somebody, oldest first."""
        return self.stack.api.of_caller(lead.phone, self.published.id)[::-1]

    def ended(self, lead: Lead, nth: int = 1) -> Execution:
        """The nth execution about somebody, once so many are over and nothing has failed."""
        return self.all_ended(lead, nth)[nth - 1]

    def all_ended(self, lead: Lead, count: int) -> list[Execution]:
        """The executions about somebody, oldest first, once so many are over; events overtake one another."""

        def over() -> list[Execution] | None:
            found = [one for one in self.runs(lead) if one.status in ("success", "error", "crashed")]
            return found if len(found) >= count else None

        found = until(over, f"the end of {count} executions about {lead.phone}", 90)
        assert {one.status for one in found} == {"success"}, [(one.last_node, one.message) for one in found]
        return found

    def told(self, lead: Lead) -> list[str]:
        """What the team's channel got about somebody."""
        texts = [hook.body["text"] for hook in self.stack.sandbox.received if hook.path == self.channel]
        return [text for text in texts if lead.phone in text or lead.email in text]


def event_of(execution: Execution) -> dict[str, Any]:
    """The CloudEvent that set it off."""
    event: dict[str, Any] = execution.outputs("Recovery event")[0]["body"]
    return event


def texted(stack: Stack, number: str, lead: Lead) -> None:
    """They rang, nobody took it, and they have had the first text."""
    stack.miss(number, lead)
    until(lambda: stack.texts(lead), "the first text")
