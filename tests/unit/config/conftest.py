from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pytest
import yaml

from sidecar.config.loader import load_business
from sidecar.errors import ConfigError, Mistake

if TYPE_CHECKING:
    from pathlib import Path

    from sidecar.config.business import Business

ENVIRON = {
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "twilio-token-of-a-test",
    "RETELL_API_KEY": "retell-key-of-a-test",
    "SMTP_PASSWORD": "smtp-password-of-a-test",
}

SOUND: dict[str, Any] = {
    "id": "harbour-plumbing",
    "name": "Harbour Plumbing",
    "agent_name": "Sam",
    "region": "GB",
    "zone": "Europe/London",
    "legitimate_interest": {"document": "LIA-2026-03", "reviewed_by": "S. Field", "reviewed_on": "2026-03-03"},
    "playbook": "uk-three-layer",
    "numbers": [{"number": "+44 117 496 0123", "ring": ["+44 7700 900111"]}],
    "staff": [{"name": "Sam", "phone": "+44 7700 900111"}],
}


class Write(Protocol):
    def __call__(self, text: str, name: str = ...) -> Path: ...


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to_file(text: str, name: str = "harbour.yaml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return to_file


class Load(Protocol):
    def __call__(self, **changes: Any) -> Business: ...


@pytest.fixture
def load(write: Write) -> Load:
    """A sound business with some fields changed (`None` takes one out), through a file."""

    def through_file(**changes: Any) -> Business:
        document = {name: value for name, value in {**SOUND, **changes}.items() if value is not None}
        return load_business(write(yaml.safe_dump(document, sort_keys=False)), ENVIRON)

    return through_file


class Refuse(Protocol):
    def __call__(self, **changes: Any) -> Mistake: ...


@pytest.fixture
def refuse(load: Load) -> Refuse:
    """The one mistake of a business with some fields changed."""

    def only_mistake(**changes: Any) -> Mistake:
        with pytest.raises(ConfigError) as refused:
            load(**changes)
        assert len(refused.value.mistakes) == 1, str(refused.value)
        return refused.value.mistakes[0]

    return only_mistake
