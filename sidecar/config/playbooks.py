"""Playbooks from files: those that ship, by name, and a business's own, by path."""

from __future__ import annotations

from pathlib import Path

from sidecar.config.documents import Document, check_schema, parse_document, read_document
from sidecar.config.schemas import schema
from sidecar.domain.playbooks import Playbook, flaws, playbook_from
from sidecar.errors import ConfigError, Mistake, one_of
from sidecar.shipped import shipped


class Playbooks:
    """Every playbook that was asked for, read once and shared by all who use it."""

    def __init__(self) -> None:
        self._read: dict[str, Playbook | ConfigError] = {}

    def get(self, name: str, beside: Path) -> Playbook:
        """The shipped playbook of that name, or the one at a path as seen from the folder ``beside``.

        Raises:
            KeyError: no playbook of that name ships; the argument is the remedy.
            ConfigError: the playbook's own file cannot be read or is wrong.
        """
        own = is_path(name)
        if not own and name not in shipped_playbooks():
            raise KeyError(one_of(name, shipped_playbooks()) + " (or give the path of your own YAML file)")
        key = str(beside / name) if own else name
        if key not in self._read:
            try:
                self._read[key] = read_playbook(Path(key)) if own else shipped_playbook(name)
            except ConfigError as error:
                self._read[key] = error
        found = self._read[key]
        if isinstance(found, ConfigError):
            raise found
        return found


def is_path(name: str) -> bool:
    """Whether a business file means a file of its own, not the name of a playbook that ships."""
    return "/" in name or "\\" in name or name.endswith((".yaml", ".yml"))


def shipped_playbooks() -> tuple[str, ...]:
    """Names of the playbooks that ship."""
    folder = shipped("playbooks")
    return tuple(sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml")))


def shipped_playbook(name: str) -> Playbook:
    """One of :func:`shipped_playbooks`."""
    file = shipped("playbooks") / f"{name}.yaml"
    return _checked(parse_document(file.read_text(encoding="utf-8"), f"playbooks/{name}.yaml"))


def read_playbook(path: Path) -> Playbook:
    """A playbook from a file.

    Raises:
        ConfigError: with every mistake of the file.
    """
    if not path.is_file():
        mistake = Mistake(
            "there is no such playbook file", "check the path, as seen from the business file", file=str(path)
        )
        raise ConfigError([mistake])
    return _checked(read_document(path))


def _checked(document: Document) -> Playbook:
    check_schema(document, schema("playbook"))
    if isinstance(document.data, dict):
        for flaw in flaws(document.data):
            document.complain(flaw.where, flaw.message, flaw.remedy)
    document.close()
    return playbook_from(document.data)
