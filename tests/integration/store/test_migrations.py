"""The migrations make exactly what the tables say, on both stores, and only once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect

from sidecar.store import migrate
from sidecar.store.database import driver_url
from sidecar.store.tables import metadata

if TYPE_CHECKING:
    from sqlalchemy import Connection


def differences(conn: Connection) -> list[Any]:
    context = MigrationContext.configure(conn, opts={"compare_type": True, "compare_server_default": False})
    return list(compare_metadata(context, metadata))


def test_the_migrations_make_what_the_tables_say(bare_store_url: str) -> None:
    migrate.upgrade(bare_store_url)
    engine = create_engine(driver_url(bare_store_url))
    with engine.connect() as conn:
        assert differences(conn) == []
    engine.dispose()


def test_partial_indexes_are_partial_in_the_database_too(store_url: str) -> None:
    """`compare_metadata` does not look at an index's condition."""
    engine = create_engine(driver_url(store_url))
    with engine.connect() as conn:
        there = {
            index["name"]: str(options.get("sqlite_where", options.get("postgresql_where", "")))
            for table in metadata.tables
            for index in inspect(conn).get_indexes(table)
            for options in (index.get("dialect_options", {}),)
        }
    engine.dispose()
    wanted = {
        index.name
        for table in metadata.tables.values()
        for index in table.indexes
        if index.dialect_options["sqlite"]["where"] is not None
    }
    assert wanted
    assert {name for name in wanted if not there[str(name)]} == set()


def test_an_upgrade_twice_changes_nothing_and_nothing_is_pending_after_it(bare_store_url: str) -> None:
    names = migrate.pending(bare_store_url)
    assert names
    assert all(name.startswith(("pre_", "post_")) for name in names)
    migrate.upgrade(bare_store_url)
    assert migrate.pending(bare_store_url) == []
    migrate.upgrade(bare_store_url)
    assert migrate.pending(bare_store_url) == []


def test_a_downgrade_takes_everything_away_again(bare_store_url: str) -> None:
    from alembic import command

    migrate.upgrade(bare_store_url)
    command.downgrade(migrate._config(bare_store_url), "base")
    engine = create_engine(driver_url(bare_store_url))
    with engine.connect() as conn:
        assert set(inspect(conn).get_table_names()) <= {"alembic_version"}
    engine.dispose()
