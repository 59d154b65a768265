"""Emails on the timeline: the real SDK against a server that answers as HubSpot's document says."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from sidecar.crm.port import TouchNote
from sidecar.sandbox.listener import Answer, HttpListener, Incoming, json_answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sidecar.config.business import Business
    from sidecar.crm import Crms

NOTE = TouchNote("7", "tch_1", "email", datetime(2026, 11, 18, 10, 0, 0, 250_000, UTC), "Hi Priya")


class Emails:
    """A contact's logged emails; their text is hidden, as it is without the scope ``sales-email-read``."""

    def __init__(self) -> None:
        self.kept: dict[int, dict[str, Any]] = {}
        self.listener = HttpListener("127.0.0.1", 0, self.respond)

    def respond(self, incoming: Incoming) -> Answer:
        at = "2026-11-18T10:00:00Z"
        if incoming.path == "/crm/v4/objects/contacts/7/associations/emails":
            return json_answer(200, {"results": [{"toObjectId": one, "associationTypes": []} for one in self.kept]})
        if incoming.path == "/crm/v3/objects/emails/batch/read":
            shown = [
                {
                    "id": str(one),
                    "createdAt": at,
                    "updatedAt": at,
                    "properties": {"hs_timestamp": "2026-11-18T10:00:00.25Z"},
                }
                for one in self.kept
            ]
            return json_answer(200, {"status": "COMPLETE", "startedAt": at, "completedAt": at, "results": shown})
        assert (incoming.method, incoming.path) == ("POST", "/crm/v3/objects/emails")
        self.kept[len(self.kept) + 1] = json.loads(incoming.raw)
        return json_answer(201, {"id": "1", "createdAt": at, "updatedAt": at, "properties": {}})


@pytest.fixture
def emails() -> Iterator[Emails]:
    server = Emails()
    server.listener.start()
    yield server
    server.listener.stop()


def test_an_email_is_logged_once_even_where_its_text_is_hidden(emails: Emails, crm: Crms, plumber: Business) -> None:
    assert plumber.hubspot is not None
    ours = replace(plumber, hubspot=replace(plumber.hubspot, base_url=f"http://127.0.0.1:{emails.listener.port}/"))
    crm.log_touch(ours, NOTE)
    crm.log_touch(ours, NOTE)
    [kept] = emails.kept.values()
    assert kept["properties"]["hs_email_text"] == "Hi Priya\n\n[recovery touch tch_1]"
    assert kept["associations"][0]["types"][0]["associationTypeId"] == 198
