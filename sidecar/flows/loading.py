"""Flow files opened for the commands that rewrite them, and written back.

A mistake in a file is a `ConfigError` that names it. What is read with `load` and written with `text_of` is the same
JSON value, whatever stood around the flows in it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sidecar.errors import ConfigError, Mistake
from sidecar.flows.documents import LOOKED_FOR, Document, documents
from sidecar.flows.files import within
from sidecar.flows.reading import UnreadableError, decode, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sidecar.flows.findings import Place


@dataclass(frozen=True, slots=True)
class FlowFile:
    """A file, its JSON value, and the flows that stand in it (one at least)."""

    path: str
    data: bytes
    value: Any
    flows: tuple[Document, ...]


def refused(path: str, message: str, remedy: str = "", *, field: str = "", line: int | None = None) -> ConfigError:
    """The one thing that is wrong with a file."""
    return ConfigError([Mistake(message, remedy, field, line, path)])


def load(path: str, data: bytes | None = None) -> FlowFile:
    """The flows of a file; ``data`` where it was read already (standard input).

    Raises:
        ConfigError: The file cannot be read, is not JSON, or holds no flow.
    """
    try:
        data = Path(path).read_bytes() if data is None else data
        value = parse(decode(data).text).value
        found = tuple(documents(path, value))
    except OSError as error:
        raise refused(path, (error.strerror or str(error)).lower(), "name a file that can be read") from error
    except UnreadableError as error:
        raise refused(path, error.message, error.remedy, line=error.line) from error
    if not found:
        raise refused(path, "there is no flow in it", f"give {LOOKED_FOR}")
    return FlowFile(path, data, value, found)


def one_flow(path: str, data: bytes | None = None) -> Document:
    """The flow of a file that holds one.

    Raises:
        ConfigError: As for `load`, and where there are several.
    """
    found = load(path, data).flows
    if len(found) > 1:
        raise refused(path, f"there are {len(found)} flows in it", "give a file with one flow: export them one by one")
    return found[0]


def json_files(paths: Iterable[str]) -> Iterator[str]:
    """Each file that is named, and each ``.json`` in a folder that is named."""
    for path in dict.fromkeys(paths):
        if Path(path).is_dir():
            yield from within(path)
        else:
            yield path


def with_flow(value: Any, place: Place, flow: dict[str, Any]) -> Any:
    """The value of a file with another flow at a place; a flow that stood there as text (Make's API) stays text."""
    if isinstance(value, str):
        return json.dumps(with_flow(json.loads(value), place, flow), ensure_ascii=False)
    if not place:
        return flow
    changed = value.copy()
    changed[place[0]] = with_flow(value[place[0]], place[1:], flow)
    return changed


def text_of(path: str, value: Any) -> bytes:
    """A value as the file's JSON: two spaces, UTF-8, a new line at the end.

    Raises:
        ConfigError: It cannot be written as JSON: a number beyond all bounds, or values nested too deeply.
    """
    try:
        text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    except ValueError as error:
        raise refused(path, "a number in it is larger than JSON's readers can hold", "write it as text") from error
    except RecursionError as error:
        raise nested(path) from error
    return (text + "\n").encode("utf-8", "backslashreplace")  # half a surrogate pair: `\ud83d`, which is JSON for it


def nested(path: str) -> ConfigError:
    """What is said of values nested more deeply than can be followed."""
    return refused(
        path, "values are nested too deeply to follow", "no editor writes such a file: export the flow again"
    )


def replace(path: str, data: bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        ConfigError: The file cannot be written.
    """
    beside = Path(f"{path}.new")
    try:
        beside.write_bytes(data)
        beside.replace(path)
    except OSError as error:
        raise refused(path, f"cannot be written: {(error.strerror or str(error)).lower()}") from error
