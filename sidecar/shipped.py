"""Where the files that ship with the code are found: schemas, playbooks, agents, workflows, blueprints.

Some stand in the package, some at the root of the repository, where people look for them. A wheel carries the
latter under `sidecar/data/`; a checkout, and so an editable install, has them beside `sidecar/`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal, get_args

Kind = Literal["schemas", "playbooks", "agents", "n8n-workflows", "make-blueprints"]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

_PACKAGE: Final = Path(__file__).resolve().parent


def shipped(kind: Kind) -> Path:
    """The folder of one kind of shipped files.

    Raises:
        ValueError: `kind` is none of `KINDS`.
        FileNotFoundError: The installation is incomplete; the message names the places that were looked at.
    """
    if kind not in KINDS:
        raise ValueError(f"Nothing of the kind {kind!r} ships; there are: {', '.join(KINDS)}.")
    places = (_PACKAGE / kind, _PACKAGE / "data" / kind, _PACKAGE.parent / kind)
    for place in places:
        if place.is_dir():
            return place
    looked_at = ", ".join(str(place) for place in places)
    raise FileNotFoundError(f"No folder of {kind} in this installation (looked at {looked_at}). Install it again.")
