"""Calls to flows and other systems: signed events, ``step.ready``, and the bell of a waiting execution."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sidecar.engine import callbacks, facts
from sidecar.engine.context import Turn
from sidecar.engine.posting import Posts
from sidecar.engine.results import Invalid
from sidecar.store import record
from sidecar.store import sequences as rows

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

    from sidecar.config.business import Business
    from sidecar.engine.context import Context

BELL_AFTER = tuple(timedelta(seconds=seconds) for seconds in (2, 5, 10, 20, 40, 60, 120, 300, 600))
"""A bell is rung again after these until the step's ``run`` comes."""

MEDIA_TYPE = "application/json"
"""Of a CloudEvent, for whose JSON the HTTP binding asks `application/cloudevents+json`: n8n's Webhook node reads a
body of any type but this one as empty (`body-parser.js` of 2.40.7). Standard Webhooks wants it so, too."""

ENDED_RINGS = 3
"""How often a bell is rung once the sequence has ended and its call was taken with a 2xx."""


class Again(Exception):
    """Not settled yet: why, when to try again (else by back-off), and whether trying again is of no use.

    ``tell`` is what the operator should hear of it, if anything.
    """

    def __init__(self, why: str, *, after: timedelta | None = None, final: bool = False, tell: str = "") -> None:
        super().__init__(why)
        self.tell = tell
        self.why = why
        self.after = after
        self.final = final


def signing_secret(context: Context, subscription_id: str) -> str:
    """The Standard Webhooks secret of a subscription: derived, so that it is stored nowhere."""
    digest = hmac.new(context.secret.encode(), f"subscription\0{subscription_id}".encode(), hashlib.sha256).digest()
    return "whsec_" + base64.b64encode(digest).decode()


class Hooks:
    """Posts to addresses that a business allow-listed."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._posts = Posts()

    def event(self, business: Business, row: RowMapping) -> None:
        """One line of the record as a CloudEvent, to one subscriber."""
        event = self._context.store.read(lambda tx: record.event(tx, business.id, row["payload"]["event_id"]))
        if event is not None:
            self._post_event(business, row, event["event_id"], event["type"], event)

    def step_ready(self, business: Business, row: RowMapping) -> None:
        """A step is due; for flows that wait for nothing so long. Dropped if the step went meanwhile."""
        step = self._context.store.read(
            lambda tx: rows.step(tx, business.id, row["sequence_id"], row["payload"]["step"])
        )
        now = self._context.clock.now()
        if step is None or step["state"] != "planned" or (step["due_at"] is not None and step["due_at"] > now):
            return  # a step that the window has moved is announced anew
        fields = {
            "sequence_id": row["sequence_id"],
            "step": row["step"],
            "at": now,
            "reason": "",
            "data": {"channel": step["channel"]},
        }
        self._post_event(business, row, row["delivery_id"], "step.ready", fields)

    def _post_event(self, business: Business, row: RowMapping, event_id: str, kind: str, event: Any) -> None:
        subscription = self._context.store.read(lambda tx: record.subscription(tx, business.id, row["target"]))
        if subscription is None:
            return
        data = self._context.store.read(lambda tx: _event_data(Turn(self._context, tx, business), event))
        body = json.dumps(
            {
                "specversion": "1.0",
                "id": event_id,
                "source": f"/businesses/{business.id}",
                "type": f"recovery.{kind}.v1",
                "time": event["at"].isoformat(),
                "subject": event["sequence_id"],
                "datacontenttype": "application/json",
                "data": data,
            },
            separators=(",", ":"),
        )
        headers = {"content-type": MEDIA_TYPE, **subscription["headers"]}
        headers |= self._signature(row["target"], event_id, body)
        status = self._post(subscription["url"], body, headers, business.event_hosts, "event_hosts")
        if status == 410:  # noqa: PLR2004 - gone: the receiver asks for no more
            raise Again("410 gone", final=True)
        if not 200 <= status < 300:  # noqa: PLR2004
            raise Again(f"answered {status}")

    def _signature(self, subscription_id: str, message_id: str, body: str) -> dict[str, str]:
        from standardwebhooks.webhooks import Webhook

        at = self._context.clock.now()
        mark = Webhook(signing_secret(self._context, subscription_id)).sign(message_id, at, body)
        return {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": mark,
        }

    def bell(self, business: Business, row: RowMapping) -> None:
        """Wake a waiting execution. Only its ``run`` acknowledges the bell; until then it is rung again."""
        hosts = business.flow.callback_hosts if business.flow else ()
        if business.flow is not None and business.flow.callback_base:
            hosts = (*hosts, callbacks.netloc_of(business.flow.callback_base))
        headers = {"content-type": "application/json"}
        status = self._post(row["target"], "{}", headers, hosts, "flow.callback_hosts")
        sequence = self._context.store.read(lambda tx: rows.get(tx, business.id, row["sequence_id"]))
        ended = sequence is None or sequence["state"] == "closed"
        taken = 200 <= status < 300  # noqa: PLR2004
        if ended and taken and row["attempts"] + 1 >= ENDED_RINGS:
            return
        after = BELL_AFTER[min(row["attempts"], len(BELL_AFTER) - 1)]
        gone = ended and row["attempts"] + 1 >= len(BELL_AFTER)
        raise Again(f"rung ({status}), no run yet", after=after, final=gone)

    def close(self) -> None:
        """Let go of the connections."""
        self._posts.close()

    def _post(self, url: str, body: str, headers: dict[str, str], hosts: tuple[str, ...], setting: str) -> int:
        from urllib3.exceptions import HTTPError

        try:
            return self._posts.post(url, body.encode(), headers, hosts, setting=setting)
        except Invalid as error:
            raise Again(str(error), final=True) from error
        except (OSError, HTTPError) as error:
            raise Again(type(error).__name__) from error


def _event_data(turn: Turn, event: Any) -> dict[str, Any]:
    """What a flow needs to act on: ids, the person, and for a reply what they wrote."""
    data: dict[str, Any] = {
        "business": turn.business.id,
        "sequence_id": event["sequence_id"],
        "step": event["step"],
        "reason": event["reason"],
        **(event["data"] or {}),
    }
    sequence = rows.get(turn.tx, turn.business.id, event["sequence_id"]) if event["sequence_id"] else None
    if sequence is not None:
        data |= {"playbook": sequence["playbook"], "variant": sequence["variant"], "state": sequence["state"]}
    contact_id = sequence["contact_id"] if sequence is not None else event.get("contact_id")
    if contact_id is not None:
        who = facts.person(turn, contact_id)
        data["contact"] = {
            "id": contact_id, "first_name": who.row["first_name"], "phone": who.phone, "email": who.email,
        }  # fmt: skip
    message_id = data.get("message_id")
    if message_id is not None:
        message = record.message(turn.tx, turn.business.id, message_id)
        if message is not None:
            data["message"] = {
                "channel": message["channel"], "text": message["body"], "intent": message["intent"],
                "at": message["at"].isoformat(),
            }  # fmt: skip
    return data
