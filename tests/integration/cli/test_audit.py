"""`recovery audit`: one command answers why a text was sent, on both stores, in three forms."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from tests.support.house import CALLER

if TYPE_CHECKING:
    from tests.integration.cli.conftest import Recovery
    from tests.support.house import House

STRANGER = "+447700900124"


@pytest.fixture
def story(home: House) -> House:
    """A missed call, a text, silence, a voice callback; then they answer with markup, and say STOP."""
    home.miss()
    home.live(minutes=5)
    home.text("<script>alert(1)</script> my boiler & I, ring my brother on 07700 900124")
    home.live(minutes=1)
    home.text("STOP")
    home.live(minutes=1)
    return home


def entries(run: Recovery, *arguments: str) -> list[dict[str, Any]]:
    document = json.loads(run("audit", CALLER, "--format", "json", *arguments).stdout)
    jsonschema.validate(document, json.loads(schema_text()))
    found: list[dict[str, Any]] = document["entries"]
    return found


def schema_text() -> str:
    from sidecar.shipped import shipped

    return (shipped("schemas") / "audit.schema.json").read_text(encoding="utf-8")


def test_the_text_answers_why(story: House, run: Recovery) -> None:
    result = run("audit", "07700 900123")
    once = " ".join(result.stdout.replace("│", " ").split())

    for said in (
        CALLER,
        "the call was missed",
        "I just missed your call.",
        "consent: they rang or wrote: an inquiry of",
        "(UK GDPR art. 6(1)(f), as assessed; PECR reg. 19, 22)",
        "of at most 4 in the 24 hours before",
        "my boiler & I",
        "opted out: nothing more on any channel",
        "CRM", "staff",
    ):  # fmt: skip
        assert said in once, said
    assert "\x1b" not in result.stdout, "colours go away in a pipe"


def test_every_send_carries_the_rules_that_allowed_it(story: House, run: Recovery) -> None:
    found = entries(run)
    sent = [entry for entry in found if entry["event"] and entry["event"]["type"] == "touch.sent"]

    assert len(sent) >= 2
    for entry in sent:
        assert entry["rules"], entry["said"]
        assert all(rule["source"] for rule in entry["rules"])
    first = sent[0]
    assert "I just missed your call" in first["words"]
    assert [rule["gate"] for rule in first["rules"]] == [
        "suppressed", "closed", "held", "consent", "reachable", "frequency", "early", "stale", "calling", "window",
        "sender",
    ]  # fmt: skip


def test_it_is_in_order_and_holds_calls_messages_decisions_deliveries(story: House, run: Recovery) -> None:
    found = entries(run)
    kinds = {entry["event"]["type"].partition(".")[0] for entry in found if entry["event"]}
    owed = {entry["delivery"]["kind"] for entry in found if entry["delivery"]}

    assert [entry["at"] for entry in found] == sorted(entry["at"] for entry in found)
    assert {"call", "sequence", "gate", "touch", "reply", "suppression"} <= kinds
    assert {"staff", "crm.touch", "crm.opt_out"} <= owed


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_page_is_whole_in_itself_and_obeys_nobody(story: House, run: Recovery) -> None:
    page = run("audit", CALLER, "--format", "html").stdout
    read = _Page()
    read.feed(page)
    tags = {tag for tag, _ in read.tags}

    assert "&lt;script&gt;alert(1)&lt;/script&gt; my boiler &amp; I" in page
    assert tags.isdisjoint({"script", "link", "img", "iframe"})
    assert not any("src" in attributes or "href" in attributes for _, attributes in read.tags)
    assert "@media print" in page
    assert CALLER in page
    assert "I just missed your call" in page


def test_a_stranger_s_story_is_their_own(story: House, run: Recovery) -> None:
    story.miss(STRANGER)

    document = run("audit", STRANGER, "--format", "json").stdout

    assert CALLER not in document
    assert "boiler" not in document


def test_nobody_is_said_in_a_sentence(home: House, run: Recovery) -> None:
    result = run("audit", "+44 7700 900199", code=1)

    assert "nobody with this number has called or written" in result.output


def test_a_number_that_is_none_names_the_remedy(home: House, run: Recovery) -> None:
    assert "write the number with its country" in run("audit", "12", code=2).output


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(schema_text()))
