"""The README shows each workflow as it is today."""

from __future__ import annotations

import zlib

import pytest

from sidecar.shipped import shipped
from tests.flows.n8n.pictures import digest, picture_of, stamp_of, stamped, workflows


@pytest.mark.parametrize("name", [workflow.stem for workflow in workflows()])
def test_the_picture_is_that_of_the_shipped_file(name: str) -> None:
    workflow = shipped("n8n-workflows") / f"{name}.json"
    assert picture_of(workflow).exists(), f"no picture of {name}: make pictures"
    assert stamp_of(picture_of(workflow).read_bytes()) == digest(workflow), f"{name} has changed since: make pictures"
    readme = (shipped("n8n-workflows") / "README.md").read_text(encoding="utf-8")
    assert f"(pictures/{name}.png)" in readme, f"the README does not show {name}"


def test_there_is_no_picture_of_a_workflow_that_is_gone() -> None:
    assert {picture.stem for picture in (shipped("n8n-workflows") / "pictures").glob("*")} == {
        workflow.stem for workflow in workflows()
    }


def test_a_stamp_is_read_back_and_leaves_the_picture_whole() -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13)) + chunk(b"IDAT", b"pixels") + chunk(b"IEND", b"")
    assert stamp_of(png) is None
    assert stamp_of(stamped(png, "abc")) == "abc"
    assert stamped(png, "abc").endswith(png[33:])
