"""Stops the tests' PostgreSQL when nobody uses it any more.

`python -m tests.support.postgres_guard FOLDER` waits for the exclusive lock on FOLDER/users, which is granted
when the last process of the test session has let go of it: at its orderly end, or by kill -9.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Final

STOP_SECONDS: Final = 10.0


def main(folder: Path) -> None:
    """Wait for the last user, stop the server, remove its folder."""
    with (folder / "users").open("r+b") as users:
        fcntl.flock(users, fcntl.LOCK_EX)
        deadline = time.monotonic() + STOP_SECONDS
        while _stop(folder / "data" / "postmaster.pid") and time.monotonic() < deadline:
            time.sleep(0.02)
        # Again and again: an initdb that a killed session has left behind is still writing.
        while folder.exists() and time.monotonic() < deadline:
            shutil.rmtree(folder, ignore_errors=True)
            time.sleep(0.02)


def _stop(note: Path) -> bool:
    """Tell the server to go at once, without saving: its data is thrown away. False when there is none."""
    try:
        pid = int(note.read_text().splitlines()[0])
    except (FileNotFoundError, IndexError, ValueError):
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGQUIT)
        return True
    return False


if __name__ == "__main__":
    main(Path(sys.argv[1]))
