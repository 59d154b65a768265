"""One process for one SQLite file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from sidecar.store.lock import ProcessLock

if TYPE_CHECKING:
    from pathlib import Path


def test_a_second_holder_is_refused_by_name_until_the_first_lets_go(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'recovery.db'}"
    with ProcessLock(url):
        with pytest.raises(RuntimeError, match=str(os.getpid())), ProcessLock(url):
            pytest.fail("two hold it")
        with ProcessLock(f"sqlite:///{tmp_path / 'other.db'}"):
            pass
    with ProcessLock(url):
        pass
