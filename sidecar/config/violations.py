"""JSON Schema violations in words that a person can act on.

The schemas say it once: ``errorMessage`` (which editors show too) holds what is
wrong, a semicolon, and how to write it; ``description`` and ``examples`` serve
the remedy of a missing field. Nothing below a vendor's block is ever repeated
in a message: it may be a secret in the wrong place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sidecar.errors import one_of

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

    from sidecar.config.documents import Field

Violation = tuple["Field", str, str, "Field | None"]
"""Field, message, remedy, and the value to leave out of later checks, if any."""

SECRETS = frozenset({"auth_token", "api_key", "access_token", "client_secret", "password"})
"""Fields that must be written ``${NAME}``."""

PRIVATE = frozenset({"twilio", "retell", "hubspot", "smtp", "webhook"})
"""Values at or below these fields are never shown."""

_KINDS = {
    "object": "a mapping (fields below it, indented)",
    "array": "a list (lines that begin with a dash)",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}
_SEEN_AS = {dict: "a mapping", list: "a list", str: "text", bool: "true or false", type(None): "empty"}


@dataclass(frozen=True, slots=True)
class _Broken:
    """A rule of the schema that a value breaks."""

    where: Field
    rule: str
    """The keyword: ``required``, ``pattern`` …"""
    argument: Any
    """What the schema says at that keyword."""
    value: Any
    schema: Mapping[str, Any]
    """The part of the schema that holds the keyword."""
    is_name: bool
    """Whether the value is the name of a field."""

    @classmethod
    def of(cls, error: ValidationError) -> _Broken:
        schema = error.schema if isinstance(error.schema, Mapping) else {}
        is_name = "propertyNames" in error.absolute_schema_path
        return cls(
            tuple(error.absolute_path),
            str(error.validator),
            error.validator_value,
            error.instance,
            schema,
            is_name,
        )

    @property
    def own_words(self) -> tuple[str, str]:
        """Message and remedy as the schema gives them."""
        message, _, remedy = str(self.schema.get("errorMessage", "")).partition("; ")
        return message, remedy


def mistakes_of(data: Any, schema: Validator) -> list[Violation]:
    """All violations of a schema, in the order in which the schema found them."""
    found: list[Violation] = []
    for error in schema.iter_errors(data):
        broken = _Broken.of(error)
        found += _IN_WORDS.get(broken.rule, _by_its_own_words)(broken)
    return list(dict.fromkeys(found))


def _unknown_fields(broken: _Broken) -> Iterator[Violation]:
    known = broken.schema.get("properties", {})
    for name in broken.value:
        if name not in known:
            place = (*broken.where, name)
            remedy = one_of(name, known) if known else "leave it out"
            yield place, f"there is no field `{name}` here", remedy, place


def _missing_fields(broken: _Broken) -> Iterator[Violation]:
    for name in broken.argument:
        if name not in broken.value:
            about = broken.schema.get("properties", {}).get(name, {})
            example = next(iter(about.get("examples", ())), None)
            remedy = f"add `{name}: {example}`" if isinstance(example, str | int) else f"add `{name}:`"
            means = str(about.get("description", "")).split(". ")[0].rstrip(".")
            yield broken.where, f"`{name}` is missing", f"{remedy} ({means})" if means else remedy, None


def _wrong_kind(broken: _Broken) -> Iterator[Violation]:
    kinds = broken.argument if isinstance(broken.argument, list) else [broken.argument]
    wanted = " or ".join(_KINDS[kind] for kind in kinds)
    seen = _SEEN_AS.get(type(broken.value), "a number")
    _, remedy = broken.own_words
    if not remedy and broken.value is None:
        remedy = "give it a value, or leave it out"
    elif not remedy:
        remedy = "put the value in quotes" if "string" in kinds else f"write {wanted}"
    yield broken.where, f"must be {wanted}, but is {seen}", remedy, broken.where


def _not_listed(broken: _Broken) -> Iterator[Violation]:
    said = f"{_shown(broken.value, broken.where)} is not known here"
    yield broken.where, said, one_of(str(broken.value), map(str, broken.argument)), broken.where


def _out_of_bounds(broken: _Broken) -> Iterator[Violation]:
    side = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "more than"}[broken.rule]
    yield broken.where, f"must be {side} {broken.argument}", "write a number within the bounds", broken.where


def _too_few(broken: _Broken) -> Iterator[Violation]:
    yield broken.where, "must not be empty", broken.own_words[1] or "give at least one", broken.where


def _twice(broken: _Broken) -> Iterator[Violation]:
    yield broken.where, "lists the same thing twice", "keep one of them", None


def _too_long(broken: _Broken) -> Iterator[Violation]:
    yield broken.where, f"is longer than {broken.argument} characters", "shorten it", broken.where


def _by_its_own_words(broken: _Broken) -> Iterator[Violation]:
    """A pattern, a name, a forbidden field: the schema's ``errorMessage`` says it."""
    message, remedy = broken.own_words
    place = (*broken.where, str(broken.value)) if broken.is_name else broken.where
    if broken.rule == "pattern" and not broken.schema.get("writeOnly"):
        message = f"{_shown(broken.value, broken.where)} {message}"
    yield place, message, remedy, place


_IN_WORDS: dict[str, Callable[[_Broken], Iterator[Violation]]] = {
    "additionalProperties": _unknown_fields,
    "required": _missing_fields,
    "type": _wrong_kind,
    "enum": _not_listed,
    "minimum": _out_of_bounds,
    "maximum": _out_of_bounds,
    "exclusiveMinimum": _out_of_bounds,
    "minItems": _too_few,
    "minLength": _too_few,
    "minProperties": _too_few,
    "uniqueItems": _twice,
    "maxLength": _too_long,
}


def _shown(value: Any, where: Field) -> str:
    text = str(value)
    if PRIVATE.intersection(map(str, where)) or len(text) > 60 or sum(map(str.isdigit, text)) > 6:  # noqa: PLR2004
        return "this value"
    return f"{text!r}"
