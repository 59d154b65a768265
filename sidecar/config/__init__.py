"""Files and settings: read, checked, and refused with file, line, field and remedy."""

from __future__ import annotations
