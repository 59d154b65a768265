"""PostgreSQL only: hear from the other sidecars when something becomes due (``LISTEN``), so that all re-arm."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg import Connection

log = structlog.get_logger(__name__)

RECONNECT_SECONDS = 2.0


class Listening:
    """A thread on a connection of its own; it reconnects for as long as it is wanted."""

    def __init__(self, url: str, due: Callable[[list[datetime]], None]) -> None:
        self._dsn = url.replace("postgresql+psycopg://", "postgresql://", 1)
        self._due = due
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="listening", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Listen no more."""
        self._stopping.set()
        self._thread.join(timeout=5)

    def _loop(self) -> None:
        import psycopg  # nobody on SQLite needs it

        while not self._stopping.is_set():
            try:
                with psycopg.connect(self._dsn, autocommit=True) as conn:
                    conn.execute("LISTEN recovery_due")
                    self._hear(conn)
            except psycopg.Error as error:
                log.warning("not listening; the sweep covers for it", why=type(error).__name__)
                self._stopping.wait(RECONNECT_SECONDS)

    def _hear(self, conn: Connection) -> None:
        while not self._stopping.is_set():
            for notice in conn.notifies(timeout=1.0):
                self._due([datetime.fromtimestamp(float(notice.payload), UTC)])
