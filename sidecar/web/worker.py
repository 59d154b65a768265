"""The serving process: builds the sidecar from the environment, starts it, and goes when it is told or orphaned."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING

from sidecar.config.settings import environment, load_settings
from sidecar.errors import ConfigError

if TYPE_CHECKING:
    from flask import Flask

    from sidecar.app import Sidecar

_PR_SET_PDEATHSIG = 1
_LAST = 10
"""Exit priority: multiprocessing runs these before it waits for threads."""


def load() -> Flask:
    """What granian calls in each worker, before the worker opens the port.

    Raises:
        SystemExit: something is wrong; what, and what to do about it, stands on stderr.
    """
    die_with_parent()
    _forget_supervisor_signals()
    try:
        return _started()
    except ConfigError as error:
        sys.exit(f"Not started:\n{error}")
    except RuntimeError as error:
        sys.exit(f"Not started: {error}")


def _started() -> Flask:
    settings = load_settings()
    from sidecar.web.logs import configure

    configure(settings.log_format, settings.log_level)
    from sidecar.app import build
    from sidecar.config.loader import load_businesses
    from sidecar.web.app import create_app

    sidecar = build(settings, businesses=load_businesses(settings.businesses, environment()))
    app = create_app(sidecar)
    sidecar.start()
    Finalize(None, sidecar.stop, exitpriority=_LAST)
    sys.stdout.write(greeting(sidecar) + "\n")
    sys.stdout.flush()
    return app


def greeting(sidecar: Sidecar) -> str:
    """One line: where it listens, how the world reaches it, and for whom."""
    settings = sidecar.settings
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    names = ", ".join(business.id for business in sidecar.businesses)
    return f"recovery serves {names} at http://{host}:{settings.port} (public: {settings.public_url})"


def _forget_supervisor_signals() -> None:
    """A forked worker has the supervisor's handlers until granian sets its own: a SIGTERM would be lost."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


def die_with_parent() -> None:
    """Let this process end at once when its supervisor does, even by kill -9.

    Granian's worker would serve on, hold the lock, and keep its successor from starting. On Linux the kernel
    sees to it; everywhere a thread waits for the pipe that only the parent holds open.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
    if not parent.is_alive():  # it went before we looked
        os._exit(1)
