"""The business's own people: alerts and tasks by text, email or webhook."""

from __future__ import annotations

from sidecar.channels.staff.desk import Destination, StaffDesk, destinations
from sidecar.channels.staff.webhook import webhook_secret

__all__ = ["Destination", "StaffDesk", "destinations", "webhook_secret"]
