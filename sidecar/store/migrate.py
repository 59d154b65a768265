"""Migrations: ``pre_`` ones may run before the new code does, ``post_`` ones only after it."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from sidecar.store.database import driver_url


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["url"] = driver_url(url)
    return config


def upgrade(url: str) -> None:
    """Bring the database at ``url`` to the newest schema."""
    command.upgrade(_config(url), "head")


def pending(url: str) -> list[str]:
    """Names of the migrations that the database still lacks, oldest first."""
    script = ScriptDirectory.from_config(_config(url))
    engine = create_engine(driver_url(url))
    try:
        with engine.connect() as conn:
            current = set(MigrationContext.configure(conn).get_current_heads())
    finally:
        engine.dispose()
    missing: list[str] = []
    for revision in script.walk_revisions():
        if revision.revision in current:
            break
        missing.append(revision.revision)
    return missing[::-1]
