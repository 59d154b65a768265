"""``.recovery-lint.toml``: what a team has agreed on, so that nobody needs to remember options."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sidecar.flows.files import MissingError

if TYPE_CHECKING:
    from pathlib import Path

NAME: Final = ".recovery-lint.toml"


@dataclass(frozen=True, slots=True)
class Agreed:
    """The settings of a file; options of the command line come first."""

    select: str = ""
    ignore: str = ""
    max_warnings: int | None = None
    exclude: tuple[str, ...] = ()
    playbook: tuple[str, ...] = ()


def agreed(folder: Path) -> Agreed:
    """The settings in a folder, or in the nearest one above it.

    Raises:
        MissingError: The file is no TOML, or has a setting that there is not.
    """
    for place in (folder, *folder.parents):
        path = place / NAME
        if path.is_file():
            return _read(path)
        if (place / ".git").exists():
            break
    return Agreed()


def _read(path: Path) -> Agreed:
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise MissingError(f"{path}: {error}") from error
    there = ("select", "ignore", "max-warnings", "exclude", "playbook")
    for key, value in said.items():
        kind: type | tuple[type, ...] = int if key == "max-warnings" else list
        if key not in there:
            raise MissingError(f"{path}: there is no setting {key!r}; there are: {', '.join(there)}")
        if not isinstance(value, kind) or isinstance(value, bool):
            raise MissingError(f"{path}: {key} must be {'a number' if kind is int else 'a list of texts'}")
    return Agreed(
        ",".join(_texts(said.get("select"))),
        ",".join(_texts(said.get("ignore"))),
        said.get("max-warnings"),
        tuple(_texts(said.get("exclude"))),
        tuple(_texts(said.get("playbook"))),
    )


def _texts(value: Any) -> list[str]:
    return [str(one) for one in value or ()]
