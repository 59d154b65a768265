"""API keys: hashed at rest, each for the businesses and scopes that it names."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import RowMapping, select, update

from sidecar.store.ids import new_id
from sidecar.store.tables import api_keys

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sidecar.clock import Clock
    from sidecar.store.database import Store

EVERY_BUSINESS = "*"


@dataclass(frozen=True, slots=True)
class Key:
    """Who is asking, and what for."""

    key_id: str
    name: str
    businesses: tuple[str, ...]
    """Ids, or ``("*",)`` for an agency's key to all of them."""
    scopes: tuple[str, ...]

    def may_act_for(self, business_id: str) -> bool:
        """Whether this key is good for that business."""
        return EVERY_BUSINESS in self.businesses or business_id in self.businesses

    def may(self, scope: str) -> bool:
        """Whether this key is good for that kind of request."""
        return EVERY_BUSINESS in self.scopes or scope in self.scopes


def _hashed(secret: str) -> str:
    """The key is 256 random bits, so a plain hash cannot be searched for it."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Keys:
    """Create, list, revoke, authenticate."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def create(
        self,
        name: str,
        businesses: Sequence[str],
        scopes: Sequence[str] = (EVERY_BUSINESS,),
        expires_at: datetime | None = None,
    ) -> tuple[str, str]:
        """A new key: its id, and the secret, which is shown this once and kept nowhere."""
        now = self._clock.now()
        key_id, secret = new_id("key", now), f"rk_{secrets.token_urlsafe(32)}"
        self._store.write(
            lambda tx: tx.conn.execute(
                api_keys.insert().values(
                    key_id=key_id,
                    key_hash=_hashed(secret),
                    name=name,
                    businesses=list(businesses),
                    scopes=list(scopes),
                    created_at=now,
                    expires_at=expires_at,
                )
            )
        )
        return key_id, secret

    def list(self) -> Sequence[RowMapping]:
        """Every key, without its secret, oldest first."""
        return self._store.read(
            lambda tx: tx.conn.execute(select(api_keys).order_by(api_keys.c.created_at)).mappings().all()
        )

    def revoke(self, key_id: str) -> bool:
        """Make a key useless at once; True when there was such a key in use."""
        now = self._clock.now()
        done = self._store.write(
            lambda tx: (
                tx.conn.execute(
                    update(api_keys)
                    .where(api_keys.c.key_id == key_id, api_keys.c.revoked_at.is_(None))
                    .values(revoked_at=now)
                ).rowcount
            )
        )
        return bool(done)

    def authenticate(self, secret: str) -> Key | None:
        """The key with this secret, if it is good now."""
        row = self._store.read(
            lambda tx: (
                tx.conn.execute(select(api_keys).where(api_keys.c.key_hash == _hashed(secret))).mappings().first()
            )
        )
        now = self._clock.now()
        if row is None or row["revoked_at"] is not None or (row["expires_at"] is not None and row["expires_at"] <= now):
            return None
        return Key(row["key_id"], row["name"], tuple(row["businesses"]), tuple(row["scopes"]))
