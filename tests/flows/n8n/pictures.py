"""The pictures of the shipped workflows: ``python -m tests.flows.n8n.pictures`` takes them anew in n8n's editor.

Each carries the digest of the file that it shows, so that a picture of yesterday's workflow is found out.
"""

from __future__ import annotations

import hashlib
import json
import struct
import sys
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sidecar.shipped import shipped

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_KEY: Final = b"workflow\0"


def workflows() -> list[Path]:
    """The shipped workflows."""
    return sorted(shipped("n8n-workflows").glob("*.json"))


def picture_of(workflow: Path) -> Path:
    """Where its picture lies."""
    return workflow.parent / "pictures" / f"{workflow.stem}.png"


def digest(workflow: Path) -> str:
    """What tells one state of the file from another."""
    return hashlib.sha256(workflow.read_bytes()).hexdigest()


def stamped(png: bytes, text: str) -> bytes:
    """The picture with a text in it (a ``tEXt`` chunk, PNG 11.3.3), right after its header."""
    end_of_header = len(_SIGNATURE) + 4 + 4 + 13 + 4
    body = b"tEXt" + _KEY + text.encode()
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return png[:end_of_header] + chunk + png[end_of_header:]


def stamp_of(png: bytes) -> str | None:
    """The text that `stamped` put in."""
    return next((body[len(_KEY) :].decode() for kind, body in _chunks(png) if kind == b"tEXt"), None)


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_SIGNATURE)
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += length + 12


def main() -> int:
    """Take every picture; about a minute."""
    from tests.flows.n8n.editor import editor
    from tests.flows.n8n.installation import installed
    from tests.flows.n8n.servers import N8n

    with tempfile.TemporaryDirectory() as folder:
        n8n = N8n(installed(), Path(folder))
        try:
            n8n.start()
            with editor(n8n) as opened:
                for workflow in workflows():
                    opened.import_file(workflow, len(json.loads(workflow.read_text(encoding="utf-8"))["nodes"]))
                    target = picture_of(workflow)
                    target.parent.mkdir(exist_ok=True)
                    target.write_bytes(stamped(opened.photograph(), digest(workflow)))
                    sys.stdout.write(f"{target}\n")
        finally:
            n8n.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
