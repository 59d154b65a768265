"""Agents as code: a script in YAML becomes an agent in a business's Retell account."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sidecar.channels.retell.errors import channel_error
from sidecar.config.documents import Document, read_document
from sidecar.shipped import shipped

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from retell import Retell as RetellClient

    from sidecar.channels.retell.client import RetellClients
    from sidecar.config.business import Business

_FIELDS = {"name": str, "version": int, "summary": str, "llm": dict, "agent": dict}
_KINDS = {str: "text", int: "a whole number", dict: "a group of fields"}
_FIRST_SENTENCE = re.compile(r"[^.!?]*[.!?]?")
_UNRECORDED = "basic_attributes_only"
_ADDED = ("agent_name", "response_engine", "version_title", "webhook_url")
_PAGES = 20
OURS = frozenset({"opt_out"})
"""Tools of the agent that the sidecar answers, under ``/retell/tools/<name>``."""


@dataclass(frozen=True, slots=True)
class Script:
    """An agent file, checked."""

    name: str
    version: int
    summary: str
    llm: Mapping[str, Any]
    """Body of create-retell-llm."""
    agent: Mapping[str, Any]
    """Body of create-agent, without what deploying adds."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """What stands in the account now."""

    agent_id: str
    """For ``retell.agent_id`` of the business file."""
    name: str
    version: int
    changed: bool
    """False where exactly this was published already."""


def read_script(path: Path) -> Script:
    """Read an agent file.

    Raises:
        ConfigError: with every mistake, line and remedy. A first sentence hiding that an AI speaks
            (EU AI Act art. 50) or that it records is a mistake.
    """
    document = read_document(path)
    data = document.data if isinstance(document.data, dict) else {}
    for name in data:
        if name not in _FIELDS:
            document.complain((name,), "is not a field of an agent", f"use {', '.join(_FIELDS)}")
    for name, kind in _FIELDS.items():
        if not isinstance(data.get(name), kind):
            document.complain((name,), f"must be {_KINDS[kind]}", "see sidecar/agents/callback.yaml")
    document.close()
    _check_sentence(document)
    for name in _ADDED:
        if name in data["agent"]:
            document.complain(("agent", name), "is added when the agent is deployed", "take it out")
    _check_tools(document)
    document.close()
    return Script(data["name"], data["version"], data["summary"], data["llm"], data["agent"])


def _check_tools(document: Document) -> None:
    """A tool of ours gets its address when the agent is deployed; any other must bring its own."""
    for index, tool in enumerate(document.data["llm"].get("general_tools") or ()):
        if not isinstance(tool, dict) or tool.get("type") != "custom":
            continue
        where = ("llm", "general_tools", index)
        if tool.get("name") in OURS and "url" in tool:
            document.complain((*where, "url"), "is added when the agent is deployed", "take it out")
        elif tool.get("name") not in OURS and "url" not in tool:
            document.complain(where, "nothing says where this tool posts to", f"add `url:`, or use {', '.join(OURS)}")


def shipped_script(name: str) -> Script:
    """One of the scripts that ship.

    Raises:
        ConfigError: there is none of that name.
    """
    return read_script(shipped("agents") / f"{name}.yaml")


def _check_sentence(document: Document) -> None:
    """The agent speaks first, and says in its first sentence what it is and that it records."""
    if document.at(("llm", "start_speaker")) != "agent":
        document.complain(("llm", "start_speaker"), "the agent must speak first", "set it to agent")
    opening = _FIRST_SENTENCE.match(str(document.at(("llm", "begin_message")) or ""))
    first = opening.group().casefold() if opening else ""
    where = ("llm", "begin_message")
    if "ai assistant" not in first:
        document.complain(where, "the first sentence does not say that an AI speaks", "say `an AI assistant` in it")
    if document.at(("agent", "data_storage_setting")) != _UNRECORDED and "recorded" not in first:
        document.complain(
            where,
            "the first sentence does not say that the call is recorded",
            f"say so in it, or set agent.data_storage_setting to {_UNRECORDED}",
        )


def deploy(clients: RetellClients, business: Business, script: Script, public_url: str) -> Deployed:
    """Make or change the business's agent, and publish it. Deploying the same again changes nothing.

    The agent is known by its name (script and business). A published version is never edited: a change
    becomes a new version with an LLM of its own, so that calls under way keep theirs.

    Args:
        clients: shared with all that speaks to Retell.
        business: whose account, language, zone and company name are used.
        script: what the agent says and how it is set.
        public_url: where the sidecar is reached from outside, without a trailing slash.

    Raises:
        ChannelError: Retell refused or could not be reached. Part may be done; deploying again goes on.
    """
    client = clients.of(business)
    from retell import APIError

    try:
        return _deploy(client, business, script, public_url)
    except APIError as error:
        raise channel_error(error) from error


def _deploy(client: RetellClient, business: Business, script: Script, public_url: str) -> Deployed:
    name = f"{script.name} for {business.id}"
    llm, agent = _bodies(business, script, public_url)
    title = f"{script.name} v{script.version} {_digest(llm, agent)}"
    agent_id = _existing(client, name)
    if agent_id is None:
        made = client.agent.create(**agent, agent_name=name, response_engine=_engine(client, llm), version_title=title)
        client.agent.publish(made.agent_id, version=made.version, version_title=title)
        return Deployed(made.agent_id, name, made.version, changed=True)
    current = client.agent.retrieve(agent_id)
    if current.is_published and current.version_title == title:
        return Deployed(agent_id, name, current.version, changed=False)
    version = current.version
    if current.is_published:
        version = int(client.agent.create_version(agent_id, base_version=version).version or 0)
    client.agent.update(agent_id, **agent, version=version, response_engine=_engine(client, llm), version_title=title)
    client.agent.publish(agent_id, version=version, version_title=title)
    return Deployed(agent_id, name, version, changed=True)


def _bodies(business: Business, script: Script, public_url: str) -> tuple[dict[str, Any], dict[str, Any]]:
    defaults = {**script.llm.get("default_dynamic_variables", {}), "company": business.name}
    if business.agent_name:
        defaults["agent_name"] = business.agent_name
    base = f"{public_url.rstrip('/')}/retell"
    tools = [
        {**tool, "url": f"{base}/tools/{tool['name']}"} if tool.get("name") in OURS else tool
        for tool in script.llm.get("general_tools") or ()
    ]
    llm = {**script.llm, "default_dynamic_variables": defaults, "general_tools": tools}
    agent = {
        "language": business.language,
        "timezone": business.zone,
        **script.agent,
        "webhook_url": f"{base}/events",
    }
    return llm, agent


def _digest(*parts: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]


def _engine(client: RetellClient, llm: dict[str, Any]) -> Any:
    return {"type": "retell-llm", "llm_id": client.llm.create(**llm).llm_id}


def _existing(client: RetellClient, name: str) -> str | None:
    cursor: dict[str, Any] = {}
    for _ in range(_PAGES):
        page = client.agent.list(filter_criteria={"query": name}, **cursor)
        for item in page.items:
            if item.agent_name == name:
                return item.agent_id
        if not page.has_more or not page.pagination_key:
            return None
        cursor = {"pagination_key": page.pagination_key}
    return None
