"""A store of the test's own, open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sidecar.store.database import Store, open_store

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    yield opened
    opened.close()
