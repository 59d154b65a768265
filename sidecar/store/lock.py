"""One process for one SQLite file: a second one is refused, whoever started it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import TYPE_CHECKING, Self

from sqlalchemy.engine import make_url

if TYPE_CHECKING:
    from types import TracebackType


class ProcessLock:
    """Held for as long as the process lives; the kernel lets go of it even after a kill -9."""

    def __init__(self, url: str) -> None:
        self._path = Path(make_url(url).database or "recovery.db").with_suffix(".lock")
        self._file: int | None = None

    def __enter__(self) -> Self:
        """Take the lock; raises ``RuntimeError`` naming the process that has it."""
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(self._file, 32).decode(errors="replace").strip() or "unknown"
            os.close(self._file)
            self._file = None
            message = (
                f"another sidecar (process {holder}) serves this SQLite database; stop it, "
                "or use PostgreSQL for more than one process"
            )
            raise RuntimeError(message) from error
        os.ftruncate(self._file, 0)
        os.write(self._file, f"{os.getpid()}\n".encode())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
