"""Migrations: ``pre_`` ones may run before the new code does, ``post_`` ones only after it.

Alembic is loaded (0.15 s) only where there is something for it to do.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, inspect, text

from sidecar.store.database import driver_url

if TYPE_CHECKING:
    from alembic.config import Config

_SCRIPTS = Path(__file__).parent / "migrations"


def _config(url: str) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.attributes["url"] = driver_url(url)
    return config


def upgrade(url: str) -> None:
    """Bring the database at ``url`` to the newest schema."""
    from alembic import command

    command.upgrade(_config(url), "head")


def pending(url: str) -> list[str]:
    """Names of the migrations that the database still lacks, oldest first."""
    current = _current(url)
    if current == newest():
        return []
    from alembic.script import ScriptDirectory

    missing: list[str] = []
    for revision in ScriptDirectory.from_config(_config(url)).walk_revisions():
        if revision.revision == current:
            break
        missing.append(revision.revision)
    return missing[::-1]


def newest() -> str:
    """The newest revision, by its file's name: ``pre_0007_more_tables.py`` holds ``pre_0007``."""
    last = max((path.stem for path in (_SCRIPTS / "versions").glob("*_*.py")), key=lambda stem: stem.split("_")[1])
    return "_".join(last.split("_")[:2])


def _current(url: str) -> str | None:
    """The revision of the database, if any migration has run on it."""
    engine = create_engine(driver_url(url))
    try:
        with engine.connect() as conn:
            if not inspect(conn).has_table("alembic_version"):
                return None
            found: str | None = conn.execute(text("SELECT version_num FROM alembic_version")).scalar()
            return found
    finally:
        engine.dispose()
