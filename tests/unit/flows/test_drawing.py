"""draw: the names, routes, filters and handlers of a flow stand on its picture, and no file breaks it."""

from __future__ import annotations

import json
import re
from typing import Any
from xml.etree import ElementTree as ET

from hypothesis import given

from sidecar.flows.catalogue import shipped_flows
from sidecar.flows.drawing import drawing
from sidecar.flows.loading import load
from tests.support.exports import make_blueprint, n8n_workflow
from tests.unit.flows.test_tidying import BLUEPRINT, WORKFLOW


def drawn(value: Any) -> str:
    return drawing(load("flow.json", json.dumps(value).encode()).flows[0])


def words(picture: str) -> list[str]:
    """What can be read on it, in order."""
    root = ET.fromstring(picture)  # noqa: S314 - made by us
    return ["".join(one.itertext()) for one in root.iter("{http://www.w3.org/2000/svg}text")]


def test_an_n8n_workflow_shows_nodes_notes_and_ways() -> None:
    read = words(drawn(n8n_workflow()))
    assert read[0] == "Missed-call recovery"
    for name in ("Twilio call", "Settings", "Report call", "Tell the team", "A call was missed", "error"):
        assert name in read


def test_the_outputs_of_a_choice_have_their_names() -> None:
    workflow = n8n_workflow()
    rules = {"rules": {"values": [{"outputKey": "follow up"}, {}]}, "options": {"fallbackOutput": "extra"}}
    workflow["nodes"][2] |= {"type": "n8n-nodes-base.switch", "parameters": rules}
    to = [{"node": "Report call", "type": "main", "index": 0}]
    workflow["connections"]["Settings"] = {"main": [to, to, [{"node": "Twilio call", "type": "main", "index": 0}]]}
    read = words(drawn(workflow))
    assert [word for word in read if word in {"follow up", "1", "otherwise"}] == ["follow up", "1", "otherwise"]


def test_a_blueprint_shows_routes_filters_and_handlers() -> None:
    read = words(drawn(make_blueprint()))
    for name in ("Event of the sidecar", "Router", "Run the step", "Tell the team"):
        assert name in read
    assert "A step is ready" in read
    assert "otherwise" in read
    assert "on error: Ignore" in read


def test_a_handler_of_several_modules_is_a_way_of_its_own() -> None:
    blueprint = make_blueprint()
    run = blueprint["flow"][1]["routes"][0]["flow"][0]
    run["onerror"].insert(0, {"id": 8, "module": "slack:Tell", "version": 1})
    read = words(drawn(blueprint))
    assert "on error" in read
    assert "slack:Tell (8)" in read


def test_a_filter_without_a_name_shows_its_condition() -> None:
    blueprint = make_blueprint()
    del blueprint["flow"][1]["routes"][0]["flow"][0]["filter"]["name"]
    assert "{{1.type}} =" in " ".join(words(drawn(blueprint)))


def test_the_notes_of_a_blueprint_stand_below_it_each_once_and_whole() -> None:
    blueprint = make_blueprint()
    text = "Give your address here. " * 20 + "And that is all."
    blueprint["metadata"]["notes"] = [
        {"moduleIds": [1, 2], "content": f"<p>{text}</p>"},
        {"moduleIds": [], "content": "<p>Says <i>now</i> to each <b>step</b>.</p>"},
    ]
    read = words(drawn(blueprint))
    assert [read[read.index(title) + 1] for title in ("What it does",)] == ["Says now to each step."]
    assert read.count("Event of the sidecar, builtin:BasicRouter (2)") == 1
    assert text in " ".join(read)


def test_it_needs_nothing_else_and_runs_nothing() -> None:
    picture = drawn(n8n_workflow(name='<script>alert(1)</script> & "co"'))
    for one in ET.fromstring(picture).iter():  # noqa: S314 - made by us
        assert one.tag.rpartition("}")[2] not in {"script", "image", "use", "a", "foreignObject"}
        assert not [name for name in one.attrib if name.startswith("on") or "href" in name]
    assert "@import" not in picture
    assert set(re.findall(r"url\((.)", picture)) == {"#"}


@given(value=WORKFLOW | BLUEPRINT)
def test_whatever_it_is_made_of_the_picture_is_well_formed(value: dict[str, Any]) -> None:
    words(drawn(value))


def test_what_ships_shows_every_name() -> None:
    for flow in shipped_flows():
        titles = "\n".join(re.findall(r"<g><title>(.*?)</title>", drawing(flow.document)))
        for node in flow.document.value.get("nodes", ()):
            if not node["type"].endswith("stickyNote"):
                assert node["name"].replace("&", "&amp;") in titles
