"""A playbook's steps, as far as flows are concerned: the names by which they ask for them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sidecar.flows.files import MissingError
from sidecar.flows.strings import text_at
from sidecar.shipped import shipped


@dataclass(frozen=True, slots=True)
class Playbook:
    """What it is called, and its steps in their order."""

    name: str
    steps: tuple[str, ...]


def playbook(named: str) -> Playbook:
    """The playbook of a file, or one that ships, by its name.

    Raises:
        MissingError: It is neither, or has no steps.
    """
    import yaml  # only those who name a playbook need it

    path = Path(named)
    if not path.suffix:
        path = shipped("playbooks") / f"{named}.yaml"
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise MissingError(f"playbook {named!r}: there is none such that can be read ({error})") from error
    listed = said.get("steps") if isinstance(said, dict) else None
    steps = [text_at(one, "name") for one in listed] if isinstance(listed, list) else []
    if not steps or not all(steps):
        raise MissingError(f"playbook {named!r}: it has no steps with names")
    return Playbook(str(said.get("name", path.stem)), tuple(steps))
