"""What is installed: version, command, types, and the files that ship, in a checkout and in a wheel."""

from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import get_args

import pytest

import sidecar
from sidecar.shipped import KINDS, Kind, shipped

ROOT = Path(__file__).resolve().parents[2]


def test_the_version_is_the_distributions() -> None:
    assert importlib.metadata.version("missed-call-recovery") == sidecar.__version__


def test_the_command_exists() -> None:
    (command,) = importlib.metadata.entry_points(group="console_scripts", name="recovery")
    assert callable(command.load())


def test_types_are_announced() -> None:
    assert (Path(sidecar.__file__).parent / "py.typed").is_file()


def test_every_dependency_has_a_pinned_version() -> None:
    """A package that the constraints miss would float."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    pinned = {_canonical(line) for line in lines if line and not line.startswith("#")}
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    assert {_canonical(name) for name in wanted} - pinned == set()


def test_the_lock_names_versions_and_no_place() -> None:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    for line in lines:
        assert line.startswith("#") or line.count("==") == 1, line
        assert "://" not in line, line


@pytest.mark.parametrize("kind", KINDS)
def test_a_checkout_has_every_kind_of_shipped_files(kind: Kind) -> None:
    assert any(path.is_file() for path in shipped(kind).rglob("*"))
    assert shipped(kind).is_relative_to(ROOT)


def test_an_unknown_kind_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match="there are: schemas, playbooks, agents, n8n-workflows, make-blueprints"):
        shipped("recipes")  # type: ignore[arg-type]


def test_an_incomplete_installation_says_where_it_looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "sidecar"
    monkeypatch.setattr("sidecar.shipped._PACKAGE", package)
    with pytest.raises(FileNotFoundError, match=rf"looked at .*{package / 'data' / 'schemas'}"):
        shipped("schemas")


@pytest.mark.alone
def test_the_wheel_carries_what_ships(tmp_path: Path) -> None:
    """Each shipped file, byte for byte, found by an installation that has no checkout beside it."""
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", tmp_path / "dist", ROOT],
        check=True,
        capture_output=True,
    )
    (wheel,) = (tmp_path / "dist").glob("missed_call_recovery-*-py3-none-any.whl")
    site = tmp_path / "site"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", site, wheel], check=True
    )
    code = (
        "import json, sys; sys.path.insert(0, sys.argv[1])\n"
        "from sidecar.shipped import KINDS, shipped\n"
        "print(json.dumps({kind: str(shipped(kind)) for kind in KINDS}))"
    )
    told = subprocess.run(
        [sys.executable, "-I", "-c", code, site], check=True, capture_output=True, text=True, cwd=tmp_path
    )
    folders: dict[Kind, str] = json.loads(told.stdout)
    assert tuple(folders) == get_args(Kind)
    for kind, folder in folders.items():
        assert Path(folder).is_relative_to(site)
        assert _contents(Path(folder)) == _contents(shipped(kind))


def _contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def _canonical(requirement: str) -> str:
    """The name in `requirement`, as package indexes compare names."""
    return re.split(r"[=><\[]", requirement, maxsplit=1)[0].strip().lower().replace("_", "-").replace(".", "-")
