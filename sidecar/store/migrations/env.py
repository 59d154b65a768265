"""Alembic's entry: runs the migrations on the URL that ``store.migrate`` passes."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine

from sidecar.store.tables import metadata


def run() -> None:
    """Apply the migrations, all in one transaction."""
    engine = create_engine(context.config.attributes["url"])
    try:
        if engine.dialect.name == "sqlite":
            # Here and not at the first use: two connections that both change the mode lock each other out.
            with engine.connect() as conn:
                conn.exec_driver_sql("PRAGMA journal_mode=WAL")
        with engine.connect() as conn:
            context.configure(connection=conn, target_metadata=metadata, render_as_batch=True)
            with context.begin_transaction():
                context.run_migrations()
    finally:
        engine.dispose()


run()
