"""The one writer of SQLite outlives a BEGIN that fails, and everybody who waited is told."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from sidecar.store.database import opened

if TYPE_CHECKING:
    from pathlib import Path


def test_a_begin_that_fails_is_told_to_all_who_waited(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with opened(f"sqlite:///{path}") as store:
        store.write(lambda tx: tx.conn.exec_driver_sql("PRAGMA busy_timeout=50"))
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")  # a backup, a database browser
        with pytest.raises(OperationalError, match="locked"):
            store.write(lambda tx: tx.conn.execute(text("CREATE TABLE never (id)")))
        other.close()
        store.write(lambda tx: tx.conn.execute(text("CREATE TABLE later (id)")))
        made = store.read(lambda tx: tx.conn.execute(text("SELECT name FROM sqlite_master")).scalars().all())
    assert made == ["later"]
