"""Moments as both stores keep them: aware UTC going in and coming out."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, TypeDecorator


class Utc(TypeDecorator[datetime]):
    """An aware UTC datetime; SQLite, which knows no zones, keeps it as sortable text."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times; hand SQLite the bare UTC time."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "a naive datetime was about to be stored; use an aware UTC one"
            raise ValueError(message)
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Always give an aware UTC datetime back."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
