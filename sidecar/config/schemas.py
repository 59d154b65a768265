"""The JSON Schemas of the files that people write, ready to check with."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

from sidecar.shipped import shipped

if TYPE_CHECKING:
    from jsonschema.protocols import Validator


@cache
def schema(name: str) -> Validator:
    """The validator of ``schemas/<name>.schema.json`` (draft 2020-12), made once in a process."""
    from jsonschema import Draft202012Validator

    text = (shipped("schemas") / f"{name}.schema.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(text))
