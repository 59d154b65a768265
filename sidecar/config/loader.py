"""Business files as values: read, checked as a whole, and refused with everything that is wrong with them.

``load_business`` reads one file, ``load_businesses`` a folder of them. A folder
is all or nothing: while one file is wrong none is served, so that a typing
error is found at the start and not when the first call comes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sidecar.config.business import Business, Businesses
from sidecar.config.documents import check_schema, read_document
from sidecar.config.playbooks import Playbooks
from sidecar.config.reading import read_business
from sidecar.config.references import fill_in
from sidecar.config.schemas import schema
from sidecar.domain.phones import mask
from sidecar.errors import ConfigError, Mistake

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_START = "`recovery init` writes a first one; RECOVERY_BUSINESSES says where they are"


def load_business(
    path: Path, environ: Mapping[str, str], playbooks: Playbooks | None = None, *, assessed: bool = True
) -> Business:
    """Read one business file.

    Args:
        path: the file.
        environ: where ``${NAME}`` and vendors' base URLs are looked up.
        playbooks: pass one to share playbooks between files.
        assessed: refuse a file that lacks a reviewed legitimate-interest assessment; only who drafts one does not.

    Raises:
        ConfigError: with every mistake of the file (and of a playbook of its own), by line.
    """
    document = read_document(path)
    checks = schema("business")
    check_schema(document, checks)
    fill_in(document, environ, checks)
    return read_business(document, path, environ, playbooks or Playbooks(), assessed=assessed)


def load_businesses(path: Path, environ: Mapping[str, str]) -> Businesses:
    """Read a folder of business files (``*.yaml``, ``*.yml``), or a single one.

    Raises:
        ConfigError: with every mistake of every file, and each id or number that two files claim.
    """
    return load_files(business_files(path), environ)


def load_files(files: Iterable[Path], environ: Mapping[str, str]) -> Businesses:
    """Read these business files, together; raises as :func:`load_businesses` does."""
    read, mistakes = read_files(files, environ)
    if mistakes:
        raise ConfigError(mistakes)
    return Businesses(read)


def read_files(files: Iterable[Path], environ: Mapping[str, str]) -> tuple[list[Business], list[Mistake]]:
    """The businesses of the sound files, and every mistake of the others: for a look, not for serving."""
    playbooks = Playbooks()
    read: list[Business] = []
    mistakes: list[Mistake] = []
    for file in files:
        try:
            read.append(load_business(file, environ, playbooks))
        except ConfigError as error:
            if not _is_playbook(file):
                mistakes += error.mistakes
    mistakes += _clashes(read)
    if not read and not mistakes:
        mistakes = [Mistake("there is no business file, only playbooks", _START)]
    return read, list(dict.fromkeys(mistakes))


def _is_playbook(file: Path) -> bool:
    """Whether it is a playbook of a client's own, which is read with the business that names it."""
    try:
        return isinstance(read_document(file).at(("steps",)), list)
    except ConfigError:
        return False


def business_files(path: Path) -> list[Path]:
    """The business files of a folder, by name; a file stands for itself.

    Raises:
        ConfigError: nothing is there.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise ConfigError([Mistake("there is no such file or folder", _START, file=str(path))])
    files = sorted(file for file in path.iterdir() if file.suffix in {".yaml", ".yml"} and file.is_file())
    if not files:
        raise ConfigError([Mistake("there is no business file (*.yaml) in this folder", _START, file=str(path))])
    return files


def _clashes(businesses: Iterable[Business]) -> Iterable[Mistake]:
    ids: dict[str, Business] = {}
    numbers: dict[str, Business] = {}
    for business in businesses:
        other = ids.setdefault(business.id, business)
        if other is not business:
            said = f"the id {business.id!r} is that of {other.source} too"
            yield Mistake(said, "give each business an id of its own", "id", None, business.source)
        for number in business.numbers:
            holder = numbers.setdefault(number.e164, business)
            if holder is not business:
                said = f"{mask(number.e164)} is a number of {holder.source} too"
                yield Mistake(said, "leave it in one of the two files", "numbers", None, business.source)
