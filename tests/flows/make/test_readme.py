"""What the README says of the blueprints: their drawings, and what a missed call costs at Make."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree as ET

import pytest

from sidecar.flows.drawing import drawing
from sidecar.shipped import shipped
from tests.flows.make.events import SETTINGS, event, to_the_receiver
from tests.flows.make.files import ROUTER, SHIPPED, graph, is_directive
from tests.flows.make.scenario import Scenario
from tests.flows.make.stack import TEAM, shipped_blueprint

if TYPE_CHECKING:
    from sidecar.flows.make import Module
    from sidecar.sandbox import Sandbox
    from tests.flows.make.modules import Account
    from tests.flows.make.stack import Stack

FOLDER: Final = shipped("make-blueprints")
README: Final = (FOLDER / "README.md").read_text(encoding="utf-8")

TEXT, CALL, EMAIL = (event("step.ready", channel=one, step=one) for one in ("sms", "voice", "email"))


def reply(intent: str) -> dict[str, Any]:
    return event("reply.received", message={"channel": "sms", "intent": intent, "text": "Yes"}, reason=intent)


STORIES: Final = {
    "nobody answers: text, call, email, the end": [
        TEXT, CALL, EMAIL, event("sequence.closed", reason="exhausted"),
    ],
    "they answer the text": [TEXT, reply("none"), event("sequence.closed", reason="replied")],
    "they book on the callback": [
        TEXT, CALL, event("outcome.recorded", reason="booked"), event("sequence.closed", reason="booked"),
    ],
    "they say STOP to the text": [TEXT, reply("opt_out"), event("sequence.closed", reason="opted_out")],
}  # fmt: skip
LISTENING: Final = {
    "step.ready": "sequence-driver", "sequence.closed": "sequence-driver",
    "reply.received": "replies", "outcome.recorded": "voice-outcomes",
}  # fmt: skip


def rows(head: str) -> list[list[str]]:
    """The rows of the table that has this head."""
    lines = README.splitlines()
    start = lines.index(head) + 2
    end = next(number for number in range(start, len(lines)) if not lines[number].startswith("|"))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[start:end]]


def credits_of(
    events: list[dict[str, Any]],
    account: Account,
    sandbox: Sandbox,
    *,
    team: str = SETTINGS["team_webhook"],
    answer: str = "",
) -> int:
    """What a story's events cost, by the interpreter's count of the modules that ran."""
    receiver = to_the_receiver(account, sandbox)
    settings = SETTINGS | {"team_webhook": team}
    scenarios = {
        "sequence-driver": Scenario(shipped_blueprint("sequence-driver", **settings), receiver),
        "replies": Scenario(shipped_blueprint("replies", **settings, first_answer=answer), receiver),
        "voice-outcomes": Scenario(shipped_blueprint("voice-outcomes", **settings), receiver),
    }
    return sum(
        scenarios[LISTENING[one["type"].removeprefix("recovery.").removesuffix(".v1")]].run(one).operations
        for one in events
    )


def test_the_stories_cost_what_it_says(account: Account, sandbox: Sandbox) -> None:
    said = {name: int(number) for name, number in rows("| what a missed call comes to | credits |")}
    found = {name: credits_of(events, account, sandbox) for name, events in STORIES.items()}
    assert said == found


@pytest.mark.parametrize(
    ("story", "words"),
    [
        ("nobody answers: text, call, email, the end", ""),
        ("they answer the text", "Yes please"),
        ("they say STOP to the text", "STOP"),
    ],
)
def test_played_against_the_sidecar_they_cost_the_same(stack: Stack, story: str, words: str) -> None:
    team = f"{TEAM}/hooks/team"
    hooks = [
        stack.install("sequence-driver", "step.ready", "sequence.closed", team_webhook=team),
        stack.install("replies", "reply.received", team_webhook=team),
        stack.install("voice-outcomes", "outcome.recorded", team_webhook=team),
    ]
    stack.miss()
    stack.live(minutes=1)
    if words:
        stack.says(words)
    stack.live(hours=2)
    spent = sum(run.operations for hook in hooks for run in hook.scenario.executions)
    assert [story, str(spent)] in rows("| what a missed call comes to | credits |")


def test_without_a_team_channel_they_cost_less(account: Account, sandbox: Sandbox) -> None:
    found = [credits_of(events, account, sandbox, team="") for events in STORIES.values()]
    assert f"{found[0]}, {found[1]}, {found[2]} and {found[3]}." in README


def test_an_automatic_answer_costs_one_more(account: Account, sandbox: Sandbox) -> None:
    events = [reply("none")]
    assert credits_of(events, account, sandbox, answer="Thanks!") - credits_of(events, account, sandbox) == 1
    assert "An automatic answer adds 1," in README


def ways(modules: list[Module]) -> list[list[Module]]:
    """Every way through these modules: what costs on it, in order."""
    costs = [one for one in modules if one.module != ROUTER]
    routes = [ways(route.modules) for route in modules[-1].flows if route.kind == "routes"]
    return [costs + way for route in routes for way in route] or [costs]


def test_an_event_costs_what_it_says() -> None:
    """Read off the files: the modules on each way through, the webhook included."""
    for name, acts, tells, leaves in rows(
        "| scenario | an event that it acts on | one that it tells the team of | one that it leaves alone |"
    ):
        main = graph(SHIPPED[name.strip("`")]).main.modules
        found: dict[bool, set[str]] = {True: set(), False: set()}
        for way in ways(main):
            found[way[-1].name.startswith("Tell the team")].add(str(len(way)))
        assert (found[False], found[True]) == ({acts}, {tells} - {""})
        before = sum(one.module != ROUTER for one in main) if main[-1].module == ROUTER else 1
        assert leaves == (str(before) if main[-1].module == ROUTER or main[1].conditions else "")


def test_the_plans_are_reckoned_right() -> None:
    dearest = int(rows("| what a missed call comes to | credits |")[0][1])
    for plan, price, included, calls, each in rows(
        "| plan | a month | credits | missed calls that nobody answers | each |"
    ):
        many = int(included.replace(",", ""))
        assert int(calls) == many // dearest
        cents = 100 * int(price.strip("$")) * dearest / many
        assert each == (f"{cents:.1f} cents" if cents else "nothing"), plan


# -- drawings ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stem", sorted(SHIPPED))
def test_a_drawing_is_that_of_the_file(stem: str) -> None:
    """Drawn anew by: recovery flows draw make-blueprints/X.blueprint.json --output make-blueprints/drawings/X.svg."""
    committed = (FOLDER / "drawings" / f"{stem}.svg").read_text(encoding="utf-8")
    assert committed == drawing(SHIPPED[stem].document)
    assert f"(drawings/{stem}.svg)" in README
    root = ET.fromstring(committed)  # noqa: S314 - made by us
    shown = " ".join("".join(one.itertext()) for one in root.iter("{http://www.w3.org/2000/svg}text"))
    blueprint = graph(SHIPPED[stem])
    for module in blueprint.modules:
        if not is_directive(module):
            assert module.name in shown
            assert (module.raw.get("filter") or {"name": ""})["name"] in shown


def test_no_drawing_is_of_nothing() -> None:
    assert {path.stem for path in (FOLDER / "drawings").iterdir()} == set(SHIPPED)


def test_every_file_is_linked() -> None:
    for stem in SHIPPED:
        assert re.search(rf"\[`{stem}`\]\({stem}\.blueprint\.json\)", README)
