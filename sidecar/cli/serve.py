"""``recovery serve``: a small supervisor, and the worker that does everything.

The worker reads the business files, takes the lock, starts the runner and only then opens the port (on Linux each
worker opens its own), so that a broken file never half-starts. The supervisor holds settings and nothing else.
"""

from __future__ import annotations

import signal
import socket
import sys

import click

from sidecar.config.settings import Settings, load_settings
from sidecar.errors import ConfigError

STOP_SECONDS = 30
"""What is in flight may end within this (a vendor's slowest answer, the engine's stop); then the worker is killed."""


@click.command()
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Processes; more than one only on PostgreSQL.",
)
def serve(workers: int) -> None:
    """Serve the API and the webhooks, and send what is due.

    Settings come from the environment (RECOVERY_…) and .env. Ends with 1 where something is wrong.
    """
    settings = _checked(workers)
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    from sidecar.web.worker import load

    server = Granian(
        "sidecar.web.worker:load",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=settings.web_threads,
        websockets=False,
        log_level=LogLevels.critical,
        workers_kill_timeout=STOP_SECONDS,
        # One worker that dies ends the service: who started it starts it again, and the lock is free by then.
        respawn_failed_workers=workers > 1,
    )
    if workers == 1:
        server.on_startup(_ignore_hang_up)
    _port_is_free(settings.host, settings.port)
    server.serve(target_loader=load, wrap_loader=False)


def _checked(workers: int) -> Settings:
    """The settings; ends the command where they cannot be served."""
    try:
        settings = load_settings()
        if sys.platform != "linux":  # elsewhere the supervisor opens the port itself, before any worker has looked
            from sidecar.config.loader import load_businesses
            from sidecar.config.settings import environment

            load_businesses(settings.businesses, environment())
    except ConfigError as error:
        raise click.ClickException(str(error)) from None
    if workers > 1 and settings.database_url.get_secret_value().startswith("sqlite"):
        raise click.BadParameter(
            "SQLite serves one process: its writes go through one writer, which groups them. "
            "Set RECOVERY_DATABASE_URL to a PostgreSQL for more, or leave --workers out.",
            param_hint="--workers",
        )
    return settings


def _port_is_free(host: str, port: int) -> None:
    """Ask before granian does: its sockets may share a port, and two services would take turns in answering."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise click.ClickException(
                f"cannot listen at {host}:{port}: {error.strerror}; stop what listens there, or set RECOVERY_PORT"
            ) from None


def _ignore_hang_up() -> None:
    """Granian would start a second worker beside the first to reload; the lock allows one."""
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
