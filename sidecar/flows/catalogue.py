"""The flows that ship: which there are, and what each is for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sidecar.flows.loading import one_flow
from sidecar.flows.webhooks import Webhook, webhooks
from sidecar.shipped import Kind, shipped

if TYPE_CHECKING:
    from pathlib import Path

    from sidecar.flows.documents import Document

_ENDINGS: Final[tuple[tuple[Kind, str], ...]] = (("n8n-workflows", ".json"), ("make-blueprints", ".blueprint.json"))
_INLINE: Final = re.compile(r"</?(?:a|b|code|em|i|span|strong|u)\b[^>]*>")
_TAG: Final = re.compile(r"<[^>]*>")
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s")


@dataclass(frozen=True, slots=True)
class ShippedFlow:
    """One of the flows that ship with this version."""

    stem: str
    """The file's name without its ending: ``missed-call-recovery``."""
    document: Document
    ending: str

    @property
    def key(self) -> str:
        """What it is asked for by; both platforms have a `replies`: ``n8n/replies``, ``make/replies``."""
        return f"{self.document.platform}/{self.stem}"

    @property
    def name(self) -> str:
        """What people call it."""
        name = self.document.value.get("name")
        return name if isinstance(name, str) else self.stem

    @property
    def id(self) -> str:
        """The id by which other flows refer to it; empty where it has none."""
        found = self.document.value.get("id")
        return found if isinstance(found, str) else ""

    @property
    def purpose(self) -> str:
        """What it is for, in a sentence: its description, or its notes' first line that is no heading."""
        value = self.document.value
        described = value.get("description")
        texts = [described] if isinstance(described, str) else list(_notes(self.document.platform, value))
        written = sorted((line for text in texts for line in text.splitlines()), key=_is_heading)
        lines = (without_tags(line).strip(" #*") for line in written)
        said = next((line for line in lines if line and line != self.name), "")
        return _SENTENCE.split(said, maxsplit=1)[0]

    @property
    def webhooks(self) -> tuple[Webhook, ...]:
        """Where n8n is to be called."""
        return tuple(webhooks(self.document)) if self.document.platform == "n8n" else ()


def without_tags(text: str) -> str:
    """Make keeps its notes as HTML."""
    return " ".join(_TAG.sub(" ", _INLINE.sub("", text)).split())


def _is_heading(line: str) -> bool:
    return line.startswith("#")


def shipped_flows() -> list[ShippedFlow]:
    """Every flow that ships, n8n's first, by name."""
    return [_read(path, ending) for path, ending in _files()]


def _files() -> list[tuple[Path, str]]:
    return [(path, ending) for kind, ending in _ENDINGS for path in sorted(shipped(kind).glob(f"*{ending}"))]


def _read(path: Path, ending: str) -> ShippedFlow:
    return ShippedFlow(path.name.removesuffix(ending), one_flow(str(path)), ending)


def _notes(platform: str, value: dict[str, Any]) -> list[str]:
    if platform == "n8n":
        nodes = [node for node in value.get("nodes") or () if isinstance(node, dict)]
        found = [node.get("parameters") for node in nodes if node.get("type") == "n8n-nodes-base.stickyNote"]
    else:
        metadata = value.get("metadata")
        found = metadata.get("notes") or [] if isinstance(metadata, dict) else []
    texts = [one.get("content") for one in found if isinstance(one, dict)]
    return [text for text in texts if isinstance(text, str)]
