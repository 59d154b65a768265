"""Which files are meant, and what is in them."""

from __future__ import annotations

import fnmatch
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sidecar.flows.linting import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SKIPPED: Final = frozenset({"node_modules", "__pycache__"})


class MissingError(Exception):
    """A file or folder that was named is not there, or cannot be read."""


def sources(paths: Sequence[str], *, exclude: Sequence[str] = (), stdin: bytes | None = None) -> Iterator[Source]:
    """Each file that is named, and each ``.json`` in a folder that is named; ``-`` is standard input.

    Raises:
        MissingError: A path is not there, or cannot be read.
    """
    for path in dict.fromkeys(paths):
        if path == "-":
            yield Source("<stdin>", stdin or b"")
        elif Path(path).is_dir():
            yield from (_source(name) for name in within(path) if not _excluded(name, exclude))
        elif not _excluded(path, exclude):
            yield _source(path)


def _source(path: str) -> Source:
    try:
        return Source(path, Path(path).read_bytes())
    except OSError as error:
        raise MissingError(f"{path}: {error.strerror or error}") from error


def within(folder: str) -> Iterator[str]:
    """Each ``.json`` in a folder and those in it, hidden ones and node_modules left out."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED and not name.startswith("."))
        for name in sorted(names):
            if name.lower().endswith(".json"):
                yield str(Path(place, name))


def _excluded(path: str, patterns: Sequence[str]) -> bool:
    name = Path(path).as_posix()
    return any(fnmatch.fnmatch(name, pattern) or fnmatch.fnmatch(Path(path).name, pattern) for pattern in patterns)
