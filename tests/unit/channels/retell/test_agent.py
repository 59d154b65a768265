from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import yaml

from sidecar.channels.port import ChannelError, Effect
from sidecar.channels.retell.agent import Script, deploy, read_script, shipped_script
from sidecar.errors import ConfigError
from sidecar.shipped import shipped
from tests.unit.channels.example import business

if TYPE_CHECKING:
    from pathlib import Path

    from sidecar.channels.retell.client import RetellClients
    from tests.unit.channels.retell.conftest import Network

PUBLIC = "https://recovery.example.com"
NAME = "callback for smith-plumbing"


@pytest.fixture
def script() -> Script:
    return shipped_script("callback")


# ---------------------------------------------------------------- the script that ships


def test_it_says_what_it_is_in_its_first_sentence(script: Script) -> None:
    first = script.llm["begin_message"].split(".")[0]
    assert "AI assistant" in first
    assert "recorded" in first


def test_it_is_set_as_the_playbook_promises(script: Script) -> None:
    assert script.agent["max_call_duration_ms"] == 180_000
    assert script.agent["ring_duration_ms"] == 30_000
    assert script.agent["voicemail_option"] == {"action": {"type": "hangup"}}
    assert [(tool["type"], tool["name"]) for tool in script.llm["general_tools"]] == [
        ("end_call", "end_call"),
        ("custom", "opt_out"),
    ]
    (outcome,) = [item for item in script.agent["post_call_analysis_data"] if item["type"] == "enum"]
    assert outcome["name"] == "outcome"
    assert outcome["choices"] == ["booked", "transferred", "not_now", "opted_out", "complained", "none"]


def test_every_variable_it_uses_has_a_default(script: Script) -> None:
    import re

    defaults = script.llm["default_dynamic_variables"]
    used = set(re.findall(r"\{\{(\w+)\}\}", script.llm["begin_message"] + script.llm["general_prompt"]))
    assert used == set(defaults)
    assert all(isinstance(value, str) for value in defaults.values())
    assert defaults["script"] == "generic"


def test_it_has_a_generic_script_and_may_not_pitch(script: Script) -> None:
    prompt = script.llm["general_prompt"]
    assert 'If the script is "generic"' in prompt
    assert "Do not sell" in prompt
    assert "!" not in script.llm["begin_message"]


def test_the_prompt_says_when_to_use_the_opt_out_tool_and_when_not(script: Script) -> None:
    prompt = script.llm["general_prompt"]
    assert "use the tool opt_out at once" in prompt
    assert "Only a person on the line can ask that" in prompt


def test_the_sdk_takes_every_field_of_it(script: Script) -> None:
    from typing import get_type_hints

    from retell.types.agent_create_params import AgentCreateParams
    from retell.types.llm_create_params import GeneralToolCustomTool, LlmCreateParams

    (tool,) = [tool for tool in script.llm["general_tools"] if tool["type"] == "custom"]
    assert set(tool) <= set(get_type_hints(GeneralToolCustomTool))

    assert set(script.llm) <= set(get_type_hints(LlmCreateParams))
    assert set(script.agent) <= set(get_type_hints(AgentCreateParams))


# ---------------------------------------------------------------- scripts that are wrong


def written(tmp_path: Path, **changes: Any) -> Path:
    data = yaml.safe_load((shipped("agents") / "callback.yaml").read_text(encoding="utf-8"))
    for path, value in changes.items():
        *parents, last = path.split("__")
        holder = data
        for parent in parents:
            holder = holder[parent]
        holder[last] = value
    file = tmp_path / "agent.yaml"
    file.write_text(yaml.safe_dump(data), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("changes", "field", "remedy"),
    [
        (
            {"llm__begin_message": "Hello. I am an AI assistant, recorded."},
            "llm.begin_message",
            "AI assistant",
        ),
        ({"llm__begin_message": "Hi, an AI assistant here. We record."}, "llm.begin_message", "data_storage"),
        ({"llm__begin_message": None}, "llm.begin_message", "AI assistant"),
        ({"llm__start_speaker": "user"}, "llm.start_speaker", "agent"),
        ({"agent__webhook_url": "https://x.example"}, "agent.webhook_url", "take it out"),
        ({"colour": "red"}, "colour", "use name"),
        (
            {"llm__general_tools": [{"type": "custom", "name": "opt_out", "url": "https://x.example"}]},
            "llm.general_tools[0].url",
            "take it out",
        ),
        ({"llm__general_tools": [{"type": "custom", "name": "book"}]}, "llm.general_tools[0]", "add `url:`"),
        ({"agent": "callback"}, "agent", "callback.yaml"),
        ({"version": "first"}, "version", "callback.yaml"),
    ],
)
def test_a_mistake_names_field_line_and_remedy(
    tmp_path: Path, changes: dict[str, Any], field: str, remedy: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        read_script(written(tmp_path, **changes))
    mistakes = [mistake for mistake in caught.value.mistakes if mistake.field == field]
    assert any(remedy in mistake.remedy for mistake in mistakes)
    assert all(mistake.line for mistake in mistakes)


def test_a_call_that_is_not_recorded_need_not_say_so(tmp_path: Path) -> None:
    quiet = {
        "llm__begin_message": "Hello, this is an AI assistant.",
        "agent__data_storage_setting": "basic_attributes_only",
    }
    assert read_script(written(tmp_path, **quiet)).name == "callback"


def test_a_script_that_does_not_exist_is_said_so() -> None:
    with pytest.raises(ConfigError, match="nobody"):
        shipped_script("nobody")


# ---------------------------------------------------------------- deploying


def json_(**body: Any) -> httpx.Response:
    return httpx.Response(200, json=body)


def agent(version: int = 0, **changes: Any) -> httpx.Response:
    engine = {"type": "retell-llm", "llm_id": "llm_1"}
    return json_(agent_id="agent_9", version=version, response_engine=engine, voice_id="v", agent_name=NAME, **changes)


def listed(*names: str, more: str | None = None) -> httpx.Response:
    items = [{"agent_id": f"agent_{number}", "agent_name": name} for number, name in enumerate(names, 9)]
    return json_(items=items, has_more=more is not None, pagination_key=more)


def test_a_first_agent_is_made_and_published(clients: RetellClients, network: Network, script: Script) -> None:
    network.will(listed(NAME + " and son"), json_(llm_id="llm_1"), agent(), httpx.Response(200))

    done = deploy(clients, business(), script, PUBLIC + "/")

    assert (done.agent_id, done.name, done.version, done.changed) == ("agent_9", NAME, 0, True)
    assert network.paths() == [
        "POST /v2/list-agents",
        "POST /create-retell-llm",
        "POST /create-agent",
        "POST /publish-agent-version/agent_9",
    ]
    llm, made, published = (network.body(index) for index in (1, 2, 3))
    assert llm["default_dynamic_variables"]["company"] == "Smith & Sons Plumbing"
    assert llm["default_dynamic_variables"]["agent_name"] == "Ann"
    assert made["response_engine"] == {"type": "retell-llm", "llm_id": "llm_1"}
    assert (made["agent_name"], made["language"], made["timezone"]) == (NAME, "en-GB", "Europe/London")
    assert made["webhook_url"] == PUBLIC + "/retell/events"
    assert {tool["name"]: tool.get("url") for tool in llm["general_tools"]} == {
        "end_call": None,
        "opt_out": PUBLIC + "/retell/tools/opt_out",
    }
    assert published["version"] == 0
    assert published["version_title"] == made["version_title"]


def test_the_same_again_changes_nothing(clients: RetellClients, network: Network, script: Script) -> None:
    network.will(listed(), json_(llm_id="llm_1"), agent(), httpx.Response(200))
    deploy(clients, business(), script, PUBLIC)
    title = network.body()["version_title"]

    network.will(listed(NAME), agent(3, is_published=True, version_title=title))
    done = deploy(clients, business(), script, PUBLIC)

    assert (done.agent_id, done.version, done.changed) == ("agent_9", 3, False)
    assert network.paths()[-2:] == ["POST /v2/list-agents", "GET /get-agent/agent_9"]


def test_a_change_becomes_a_new_version(clients: RetellClients, network: Network, script: Script) -> None:
    network.will(
        listed("another", more="p2"),
        listed(NAME),
        agent(3, is_published=True, version_title="callback v1 old"),
        agent(4),
        json_(llm_id="llm_2"),
        agent(4),
        httpx.Response(200),
    )

    done = deploy(clients, business(), replace(script, version=2), PUBLIC)

    assert (done.version, done.changed) == (4, True)
    assert network.paths()[3:] == [
        "POST /create-agent-version/agent_9",
        "POST /create-retell-llm",
        "PATCH /update-agent/agent_9",
        "POST /publish-agent-version/agent_9",
    ]
    assert network.body(3) == {"base_version": 3}
    assert network.requests[5].url.params["version"] == "4"
    assert network.body(5)["response_engine"]["llm_id"] == "llm_2"
    assert network.body(6)["version"] == 4


def test_a_draft_that_was_left_behind_is_finished(clients: RetellClients, network: Network, script: Script) -> None:
    network.will(listed(NAME), agent(0, is_published=False), json_(llm_id="llm_2"), agent(0), httpx.Response(200))
    assert deploy(clients, business(), script, PUBLIC).version == 0
    assert "POST /create-agent-version/agent_9" not in network.paths()


def test_a_refusal_says_what_to_do(clients: RetellClients, network: Network, script: Script) -> None:
    network.will(httpx.Response(401, json={"status": "error", "message": "API key is missing or invalid."}))
    with pytest.raises(ChannelError, match="API key") as caught:
        deploy(clients, business(), script, PUBLIC)
    assert caught.value.effect is Effect.ALERT
    assert "api_key" in caught.value.remedy


def test_a_business_without_retell_is_told_so(clients: RetellClients, script: Script) -> None:
    with pytest.raises(ChannelError, match="no retell section"):
        deploy(clients, business(retell=None), script, PUBLIC)
