"""Retell's agents as code: LLMs and agents, created, read, changed, published; checked as Retell does."""

from __future__ import annotations

import re
import threading
import uuid
from typing import TYPE_CHECKING

from sidecar.sandbox.listener import Answer, Incoming, json_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sidecar.sandbox.record import Journal, Json, SeenRequest

_LLM_FIELDS = frozenset(
    [
        "backup_model",
        "begin_after_user_silence_ms",
        "begin_message",
        "default_dynamic_variables",
        "general_prompt",
        "general_tools",
        "is_transfer_llm",
        "kb_config",
        "knowledge_base_ids",
        "mcps",
        "model",
        "model_config",
        "model_high_priority",
        "model_temperature",
        "model_ultrafast",
        "s2s_model",
        "start_speaker",
        "starting_state",
        "states",
        "tool_call_strict_mode",
    ]
)
_AGENT_FIELDS = frozenset(
    [
        "response_engine",
        "voice_id",
        "agent_name",
        "allow_dtmf_interruption",
        "allow_user_dtmf",
        "ambient_sound",
        "ambient_sound_volume",
        "backchannel_frequency",
        "backchannel_words",
        "begin_message_delay_ms",
        "boosted_keywords",
        "call_screening_option",
        "contact_memory_config",
        "custom_stt_config",
        "data_storage_retention_days",
        "data_storage_setting",
        "denoising_enhancement_level",
        "denoising_mode",
        "enable_backchannel",
        "enable_dnc_detection",
        "enable_dynamic_responsiveness",
        "enable_dynamic_voice_speed",
        "enable_expressive_mode",
        "end_call_after_silence_ms",
        "expressive_emotion_tags",
        "expressive_mode_prompt",
        "fallback_voice_ids",
        "guardrail_config",
        "handbook_config",
        "interruption_sensitivity",
        "is_transfer_agent",
        "ivr_option",
        "language",
        "max_call_duration_ms",
        "opt_in_signed_url",
        "pii_config",
        "post_call_analysis_data",
        "post_call_analysis_model",
        "post_session_tools",
        "pre_session_tools",
        "pronunciation_dictionary",
        "reminder_max_count",
        "reminder_trigger_ms",
        "responsiveness",
        "ring_duration_ms",
        "signed_url_expiration_ms",
        "stt_mode",
        "timezone",
        "user_dtmf_options",
        "version_description",
        "version_title",
        "vocab_specialization",
        "voice_model",
        "voice_speed",
        "voice_temperature",
        "voicemail_option",
        "volume",
        "webhook_events",
        "webhook_timeout_ms",
        "webhook_url",
    ]
)
_TOOL_TYPES = frozenset(
    [
        "end_call",
        "transfer_call",
        "agent_swap",
        "press_digit",
        "send_sms",
        "custom",
        "code",
        "extract_dynamic_variable",
        "bridge_transfer",
        "cancel_transfer",
        "mcp",
        "integration_app",
    ]
)
_RANGES = {"max_call_duration_ms": (60_000, 7_200_000), "ring_duration_ms": (5_000, 300_000)}
_ANALYSIS_TYPES = frozenset(("string", "enum", "boolean", "number", "system-presets"))
_STATE_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")

Route = tuple[str, re.Pattern[str], str, "Callable[[Incoming, SeenRequest, str], Answer]"]


class RetellRefused(Exception):
    """A Retell error answer on its way to the client."""

    def __init__(self, status: int, message: str) -> None:
        """``message`` is for the developer who reads it."""
        super().__init__(message)
        self.status, self.message = status, message

    def answer(self, headers: Mapping[str, str] | None = None) -> Answer:
        """The error as Retell writes it."""
        return json_answer(self.status, {"status": "error", "message": self.message}, headers or {})

    @classmethod
    def unless_known(cls, body: Mapping[str, object], allowed: frozenset[str]) -> None:
        """Raise 400 for the first field that Retell does not know."""
        for name in body:
            if name not in allowed:
                raise cls(400, f"request/body/{name} is not allowed: no such field.")


class RetellAgents:
    """LLMs and agents of this Retell. Where no agent was ever created, any agent id passes."""

    def __init__(self, journal: Journal) -> None:
        """``journal`` gives the time."""
        self.llms: dict[str, Json] = {}
        self.agents: dict[str, Json] = {}
        self._journal = journal
        self._lock = threading.Lock()

    def routes(self) -> list[Route]:
        """The paths of agents and LLMs."""
        return [
            ("POST", re.compile("/create-retell-llm()"), "llms.create", self._create_llm),
            ("GET", re.compile("/get-retell-llm/([^/]+)"), "llms.fetch", self._fetch_llm),
            ("PATCH", re.compile("/update-retell-llm/([^/]+)"), "llms.update", self._update_llm),
            ("GET", re.compile("/v2/list-retell-llms()"), "llms.list", self._list_llms),
            ("POST", re.compile("/create-agent()"), "agents.create", self._create_agent),
            ("GET", re.compile("/get-agent/([^/]+)"), "agents.fetch", self._fetch_agent),
            ("PATCH", re.compile("/update-agent/([^/]+)"), "agents.update", self._update_agent),
            ("POST", re.compile("/v2/list-agents()"), "agents.list", self._list_agents),
            ("POST", re.compile("/publish-agent-version/([^/]+)"), "agents.publish", self._publish),
        ]

    def name_of(self, agent_id: str) -> str | None:
        """The agent's own name."""
        name = self.agents.get(agent_id, {}).get("agent_name")
        return None if name is None else str(name)

    def version_of(self, agent_id: str) -> int:
        """The version that a call with this agent uses."""
        return int(self.agents.get(agent_id, {}).get("version", 0))

    def webhook_of(self, agent_id: str) -> str | None:
        """The webhook URL set on the agent."""
        url = self.agents.get(agent_id, {}).get("webhook_url")
        return None if url is None else str(url)

    def tool_of(self, agent_id: str, name: str) -> str | None:
        """The URL of the agent's custom function of that name."""
        engine = self.agents.get(agent_id, {}).get("response_engine") or {}
        tools = self.llms.get(engine.get("llm_id", ""), {}).get("general_tools") or []
        return next((str(tool["url"]) for tool in tools if tool["type"] == "custom" and tool["name"] == name), None)

    def check_exists(self, agent_id: str | None) -> None:
        """Raise 422 for an agent that this account does not have."""
        if agent_id is not None and self.agents and agent_id not in self.agents:
            raise RetellRefused(422, f"Cannot find requested asset under given api key: agent {agent_id}.")

    def _create_llm(self, incoming: Incoming, _seen: SeenRequest, _part: str) -> Answer:
        body = _object(incoming)
        check_llm(body, whole=True)
        llm = {"llm_id": f"llm_{uuid.uuid4().hex[:28]}", "version": 0, "is_published": False, **body}
        return json_answer(201, self._keep(self.llms, "llm_id", llm))

    def _update_llm(self, incoming: Incoming, _seen: SeenRequest, llm_id: str) -> Answer:
        body = _object(incoming)
        check_llm(body, whole=False)
        return json_answer(200, self._keep(self.llms, "llm_id", _found(self.llms, llm_id) | body))

    def _fetch_llm(self, _incoming: Incoming, _seen: SeenRequest, llm_id: str) -> Answer:
        return json_answer(200, _found(self.llms, llm_id))

    def _list_llms(self, _incoming: Incoming, _seen: SeenRequest, _part: str) -> Answer:
        return json_answer(200, {"items": list(self.llms.values()), "has_more": False})

    def _create_agent(self, incoming: Incoming, _seen: SeenRequest, _part: str) -> Answer:
        body = _object(incoming)
        check_agent(body, self.llms, whole=True)
        agent = {
            "agent_id": f"agent_{uuid.uuid4().hex[:26]}",
            "version": 0,
            "is_published": False,
            "channel": "voice",
            **body,
        }
        return json_answer(201, self._keep(self.agents, "agent_id", agent))

    def _update_agent(self, incoming: Incoming, _seen: SeenRequest, agent_id: str) -> Answer:
        body = _object(incoming)
        check_agent(body, self.llms, whole=False)
        return json_answer(200, self._keep(self.agents, "agent_id", _found(self.agents, agent_id) | body))

    def _fetch_agent(self, _incoming: Incoming, _seen: SeenRequest, agent_id: str) -> Answer:
        return json_answer(200, _found(self.agents, agent_id))

    def _list_agents(self, _incoming: Incoming, _seen: SeenRequest, _part: str) -> Answer:
        return json_answer(200, {"items": list(self.agents.values()), "has_more": False})

    def _publish(self, incoming: Incoming, _seen: SeenRequest, agent_id: str) -> Answer:
        body = _object(incoming)
        agent = _found(self.agents, agent_id)
        if body.get("version") != agent["version"]:
            raise RetellRefused(400, "version is required and must be an existing version of the agent.")
        self._keep(self.agents, "agent_id", agent | {"is_published": True})
        return Answer(200)

    def _keep(self, shelf: dict[str, Json], key: str, item: Json) -> Json:
        item["last_modification_timestamp"] = int(self._journal.now().timestamp() * 1000)
        with self._lock:
            shelf[item[key]] = item
        return item


def check_llm(body: Json, *, whole: bool) -> None:
    """Raise 400 for an LLM that Retell would refuse; ``whole`` asks for the required fields too."""
    RetellRefused.unless_known(body, _LLM_FIELDS)
    if (whole or "start_speaker" in body) and body.get("start_speaker") not in ("user", "agent"):
        raise RetellRefused(400, "start_speaker is required: 'user' or 'agent'.")
    _check_tools("general_tools", body.get("general_tools") or [])
    states = body.get("states") or []
    names = [state.get("name") or "" for state in states]
    if len(set(names)) != len(names) or not all(_STATE_NAME.fullmatch(name) for name in names):
        raise RetellRefused(400, "states need unique names of letters, digits, _ and -, at most 64.")
    if states and body.get("starting_state") not in names:
        raise RetellRefused(400, "starting_state is required and must name a state when states are given.")
    for state in states:
        _check_tools(f"states[{state['name']}].tools", state.get("tools") or [])
        for edge in state.get("edges") or []:
            if edge.get("destination_state_name") not in names or not edge.get("description"):
                raise RetellRefused(400, f"states[{state['name']}].edges need a description and a known destination.")
    variables = body.get("default_dynamic_variables") or {}
    if not all(isinstance(value, str) for value in variables.values()):
        raise RetellRefused(400, "default_dynamic_variables must map strings to strings.")


def check_agent(body: Json, llms: Mapping[str, Json], *, whole: bool) -> None:
    """Raise 400 for an agent that Retell would refuse; ``whole`` asks for the required fields too."""
    RetellRefused.unless_known(body, _AGENT_FIELDS)
    if whole and not isinstance(body.get("voice_id"), str):
        raise RetellRefused(400, "voice_id is required.")
    if whole or "response_engine" in body:
        engine = body.get("response_engine") or {}
        if engine.get("type") != "retell-llm" or engine.get("llm_id") not in llms:
            raise RetellRefused(400, "response_engine must be {type: retell-llm, llm_id: an existing LLM}.")
    for name, (low, high) in _RANGES.items():
        if name in body and not low <= body[name] <= high:
            raise RetellRefused(400, f"{name} must be between {low} and {high}.")
    for item in body.get("post_call_analysis_data") or []:
        described = "description" in item or item.get("type") == "system-presets"
        if item.get("type") not in _ANALYSIS_TYPES or not item.get("name") or not described:
            raise RetellRefused(400, "post_call_analysis_data items need type, name and description.")
        if item["type"] == "enum" and not item.get("choices"):
            raise RetellRefused(400, "post_call_analysis_data of type enum needs choices.")


def _check_tools(where: str, tools: list[Json]) -> None:
    for tool in tools:
        if tool.get("type") not in _TOOL_TYPES or not tool.get("name"):
            raise RetellRefused(400, f"{where}: each tool needs a name and a known type.")
        if tool["type"] == "transfer_call" and not (tool.get("transfer_destination") and tool.get("transfer_option")):
            raise RetellRefused(400, f"{where}: transfer_call needs transfer_destination and transfer_option.")
        if tool["type"] == "custom" and not tool.get("url"):
            raise RetellRefused(400, f"{where}: a custom tool needs a url.")
        if not 1_000 <= tool.get("timeout_ms", 120_000) <= 600_000:  # noqa: PLR2004 - Retell's own bounds
            raise RetellRefused(400, f"{where}: timeout_ms must be between 1000 and 600000.")


def _object(incoming: Incoming) -> Json:
    if not isinstance(incoming.body, dict):
        raise RetellRefused(400, "Invalid request format, please check API reference.")
    return incoming.body


def _found(shelf: Mapping[str, Json], key: str) -> Json:
    item = shelf.get(key)
    if item is None:
        raise RetellRefused(422, "Cannot find requested asset under given api key.")
    return dict(item)
