"""`python -m sidecar`: the same as the command `recovery`."""

from __future__ import annotations

from sidecar.cli import main

if __name__ == "__main__":
    main()
