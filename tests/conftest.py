"""Fixtures of every room. A room's own fixtures stand in its own conftest.py."""

from __future__ import annotations

import itertools
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.support import postgres
from tests.support.clock import ManualClock
from tests.support.examples import register_profiles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import psycopg

register_profiles()

_database_numbers = itertools.count(1)


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands still until the test turns it."""
    return ManualClock()


@pytest.fixture(scope="session")
def postgres_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Cluster]:
    """The session's PostgreSQL, shared by the workers of pytest-xdist; raises where it cannot start."""
    own = tmp_path_factory.getbasetemp()
    meeting_place = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    with postgres.cluster(meeting_place) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def postgres_url(postgres_cluster: postgres.Cluster) -> str:
    """URL of the server's own database `postgres`, for what needs a server but no store."""
    return postgres_cluster.url("postgres")


@pytest.fixture(scope="session")
def postgres_admin(postgres_cluster: postgres.Cluster) -> Iterator[psycopg.Connection]:
    """A superuser's connection in autocommit, to create and drop databases."""
    with postgres_cluster.session() as admin:
        yield admin


@pytest.fixture(scope="session")
def postgres_template(postgres_cluster: postgres.Cluster) -> str:
    """Name of the database that the store's migrations have filled; copies of it are the tests' stores."""
    postgres.make_template(postgres_cluster)
    return postgres.TEMPLATE


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The SQLite file that the store's migrations have filled; copies of it are the tests' stores."""
    from sidecar.store.migrate import upgrade  # loaded by the tests that ask for a store

    path = tmp_path_factory.mktemp("template") / "template.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def store_kind(request: pytest.FixtureRequest) -> str:
    """Which store: each test that uses `store_url` or `bare_store_url` runs on both."""
    kind: str = request.param
    return kind


@pytest.fixture
def store_url(store_kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """URL of a store of the test's own: migrated, without a row, gone after the test."""
    if store_kind == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        path = tmp_path / "store.db"
        shutil.copyfile(template, path)
        yield f"sqlite:///{path}"
    else:
        yield from _database(request, request.getfixturevalue("postgres_template"))


@pytest.fixture
def bare_store_url(store_kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """URL of a database of the test's own in which no migration has run yet."""
    if store_kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'bare.db'}"
    else:
        yield from _database(request, "template0")


def _database(request: pytest.FixtureRequest, template: str) -> Iterator[str]:
    cluster: postgres.Cluster = request.getfixturevalue("postgres_cluster")
    admin: psycopg.Connection = request.getfixturevalue("postgres_admin")
    name = f"recovery_{os.getpid()}_{next(_database_numbers)}"
    postgres.create_database(admin, name, template)
    try:
        yield cluster.url(name)
    finally:
        postgres.drop_database(admin, name)
