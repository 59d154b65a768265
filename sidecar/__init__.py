"""The sidecar of missed-call recovery: who called, what we may say to them and when, and if they answered."""

from __future__ import annotations

__version__ = "0.1.0"
