"""The log: one line for each event, for people or for machines. Phone numbers and email addresses in it are masked."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import structlog

from sidecar.domain.phones import mask_in

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor, WrappedLogger


_MAILBOX = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}(?:@|%40)(?=[\w-]+\.)")
"""What stands before the @ of an address; its domain stays, which tells a mail server's trouble from another's."""


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
    """Mask every phone number and email address in every text of an event, however deep; tracebacks included."""
    del logger, method
    return {name: value if name == "timestamp" else _hidden(value) for name, value in event.items()}


def _hidden(value: Any) -> Any:
    if isinstance(value, str):
        return mask_in(_MAILBOX.sub("•••@", value))
    if isinstance(value, Mapping):
        return {_hidden(name): _hidden(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_hidden(inner) for inner in value]
    return value
