"""The log hides phone numbers, in tracebacks too, and keeps what helps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

import pytest
import structlog

from sidecar.web import logs

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def said() -> Iterator[None]:
    """Instead of the room's fixture: the real log."""
    yield
    structlog.reset_defaults()


@pytest.mark.parametrize("form", ["json", "console"])
def test_numbers_are_masked_wherever_they_stand(
    form: Literal["json", "console"], capsys: pytest.CaptureFixture[str]
) -> None:
    import logging

    before = logging.getLogger().handlers[:]
    try:
        logs.configure(form, "info")
        log = structlog.get_logger("test")
        error = ValueError("no route to +447700900123")
        log.error("broke", to="+44 7700 900123", exc_info=error, sequence="seq_0199ab5c2f0010001a1b2c3d4e5f6")
        log.debug("not this")
        logging.getLogger("sdk").warning("POST To=%%2B447700900123 by %s", "+447700900123")
    finally:
        logging.getLogger().handlers[:] = before
    text = capsys.readouterr().err
    assert "900123" not in text
    assert "ValueError" in text
    assert "seq_0199ab5c2f0010001a1b2c3d4e5f6" in text
    assert "not this" not in text
    if form == "json":
        assert [json.loads(line)["level"] for line in text.splitlines()] == ["error", "warning"]


def test_what_is_nested_is_masked_too_and_so_are_mailboxes() -> None:
    event = {
        "event": "mail to ann.lee+work@example.com refused",
        "timestamp": "2026-11-22T09:00:00Z",
        "all": [{"to": "+447700900123", "count": 3}, ("ann@example.com", None)],
        "by": {"+44 7700 900123": {"who": "https://x.example/?m=ann%40example.com"}},
    }
    hidden = dict(logs.hide_numbers(None, "", event))
    assert "900123" not in str(hidden)
    assert "ann" not in str(hidden)
    assert hidden["event"] == "mail to •••@example.com refused"
    assert hidden["timestamp"] == "2026-11-22T09:00:00Z"
    assert hidden["all"][0]["count"] == 3
