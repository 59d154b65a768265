"""The newest revision is known without loading Alembic: its file's name says it."""

from __future__ import annotations

from alembic.script import ScriptDirectory

from sidecar.store import migrate


def test_the_newest_by_name_is_the_head_of_alembic() -> None:
    script = ScriptDirectory.from_config(migrate._config("sqlite://"))
    assert script.get_heads() == [migrate.newest()]
