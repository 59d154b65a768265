"""The log: one line for each event, for people or for machines. Phone numbers in it are masked."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Literal

import structlog

from sidecar.domain.phones import mask_in

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor, WrappedLogger


def configure(form: Literal["console", "json"], level: str) -> None:
    """Set up structlog, and let what SDKs log through the standard library join it."""
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        hide_numbers,
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    # SDKs say too much at INFO: request lines with numbers and addresses in them.
    logging.basicConfig(handlers=[handler], level=max(number, logging.WARNING), force=True)
    # A chore that is still busy when its next turn comes is left out on purpose: no news.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


def hide_numbers(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Mask every phone number in every text of an event, tracebacks included."""
    del logger, method
    return {
        name: mask_in(value) if isinstance(value, str) and name != "timestamp" else value
        for name, value in event.items()
    }
