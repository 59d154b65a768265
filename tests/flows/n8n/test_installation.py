"""Where n8n cannot be installed, the suite fails and says why; it never skips. Needs no n8n."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.flows.n8n import installation
from tests.flows.n8n.conftest import installed_or_fail
from tests.flows.n8n.installation import NotInstallableError, installed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Node = Callable[[str], None]


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Node:
    """Puts a script in the place of Node, and an empty folder in that of the cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    home = tmp_path / "node"
    monkeypatch.setattr(installation, "_node_home", lambda: home)

    def put(script: str) -> None:
        program = home / "bin" / "node"
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    return put


def test_what_npm_says_is_the_reason(node: Node) -> None:
    node("echo 'npm error 404 no such package' >&2; exit 7")
    with pytest.raises(NotInstallableError, match=r"npm install .* ended with 7 in .*\nnpm error 404 no such package"):
        installed()


def test_a_node_that_is_not_there_is_the_reason(node: Node) -> None:
    with pytest.raises(NotInstallableError, match=r"npm install did not run: .*No such file"):
        installed()


def test_half_an_installation_is_begun_anew(node: Node) -> None:
    node("test $2 = rebuild && exit 3; mkdir -p node_modules")
    with pytest.raises(NotInstallableError, match="npm rebuild sqlite3 isolated-vm ended with 3"):
        installed()
    node("test -e node_modules && exit 4; touch once; exit 0")
    found = installed()
    assert (found.folder / ".complete").exists()
    node("exit 5")
    assert installed() == found, "it is there, and npm is not asked again"


def test_the_fixture_fails_with_the_reason(node: Node) -> None:
    node("echo 'npm error network' >&2; exit 1")
    with pytest.raises(pytest.fail.Exception, match=r"(?s)cannot be installed here.*npm error network"):
        installed_or_fail()
