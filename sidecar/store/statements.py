"""Statements, built once for each shape and then only executed.

To build one takes SQLAlchemy ten times as long as SQLite needs to run it (an
update: 360 µs built each time, 23 µs built once), and a missed call is some
sixty of them, on the one thread that writes. So queries stand at the top of
their modules with ``bindparam``, and the plain ones come from here.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    Insert,
    RowMapping,
    Select,
    Table,
    Update,
    bindparam,
    insert,
    literal_column,
    select,
    update,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.dialects import postgresql, sqlite

    from sidecar.store.database import Tx


def one_of(column: ColumnElement[Any], words: Sequence[str]) -> ColumnElement[bool]:
    """``column IN ('planned', 'sending')`` with words of our own code, never of anybody's input, in the text."""
    return column.in_([literal_column(f"'{word}'") for word in words])


@cache
def _find(table: Table, keys: tuple[str, ...], order: tuple[str, ...], *, lock: bool) -> Select[Any]:
    query = select(table).where(*(table.c[key] == bindparam(key) for key in keys))
    query = query.order_by(*(table.c[name] for name in order))
    return query.with_for_update() if lock else query


@cache
def _insert(table: Table) -> Insert:
    return insert(table)


@cache
def insert_or(table: Table, *, is_sqlite: bool) -> sqlite.Insert | postgresql.Insert:
    """An insert that can say ``ON CONFLICT``; only the dialect in use is loaded."""
    if is_sqlite:
        from sqlalchemy.dialects.sqlite import insert as sqlite_insert

        return sqlite_insert(table)
    from sqlalchemy.dialects.postgresql import insert as postgresql_insert

    return postgresql_insert(table)


@cache
def _update(table: Table, keys: tuple[str, ...], was: tuple[str, ...] | None) -> Update:
    # A parameter may not have a column's name: that is how the values to set are told from those to look for.
    query = update(table).where(*(table.c[key] == bindparam(f"is_{key}") for key in keys))
    return query if was is None else query.where(one_of(table.c.state, was))


def first(tx: Tx, table: Table, *, lock: bool = False, **keys: object) -> RowMapping | None:
    """The row with these values; ``lock`` keeps others from changing it until the transaction ends."""
    return tx.conn.execute(_find(table, tuple(keys), (), lock=lock), keys).mappings().first()


def every(tx: Tx, table: Table, order: tuple[str, ...] = (), **keys: object) -> Sequence[RowMapping]:
    """All rows with these values, in the order of those columns."""
    return tx.conn.execute(_find(table, tuple(keys), order, lock=False), keys).mappings().all()


def add(tx: Tx, table: Table, values: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
    """One row, or several of one shape."""
    tx.conn.execute(_insert(table), values)


def change(
    tx: Tx,
    table: Table,
    keys: Mapping[str, object],
    values: Mapping[str, Any],
    *,
    was: tuple[str, ...] | None = None,
) -> int:
    """Set columns of the rows with these values; where ``was`` is given, only of those in one of these states.

    Returns:
        How many rows there were.
    """
    wanted = {f"is_{key}": value for key, value in keys.items()}
    return tx.conn.execute(_update(table, tuple(keys), was), {**wanted, **values}).rowcount
