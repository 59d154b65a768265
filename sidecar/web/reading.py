"""Reading requests: bytes become values of a shape, or a problem that names the field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from flask import request
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from sidecar.errors import one_of
from sidecar.web.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic_core import ErrorDetails
    from werkzeug.datastructures import MultiDict

    from sidecar.web.operations import Body

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def body(wanted: Body) -> BaseModel:
    """The request's body as one of the shapes that the operation takes.

    JSON is read strictly (``"true"`` is no boolean). A form's values are words and are read as such; an empty
    one counts as absent, and ``flow.platform`` is a field of ``flow``.

    Raises:
        Problem: 400 unreadable, 413 too large, 415 neither JSON nor a form, 422 not of the shape.
    """
    media = request.mimetype
    if media in _FORMS and wanted.form is not None:
        return _form(wanted.form)
    raw = request.get_data()
    if not raw and wanted.optional:
        return _checked(wanted.shapes[0], b"{}")
    if media != "application/json" and not media.endswith("+json"):
        forms = " or a form" if wanted.form is not None else ""
        raise Problem(
            "unsupported-media",
            f"The body is {media or 'of no declared type'}",
            remedy=f"send application/json{forms}, with that Content-Type",
        )
    try:
        value = from_json(raw)
    except ValueError as error:
        raise Problem("malformed", f"The body is not JSON: {error}", remedy="send one JSON object in UTF-8") from None
    if not isinstance(value, dict):
        raise Problem("malformed", "The body is not a JSON object", remedy="send an object: {…}")
    _refuse_nul(value, "")
    return _checked(_choose(wanted.shapes, value), raw)


def query(shape: type[BaseModel]) -> BaseModel:
    """The query as a value of ``shape``; raises a 422 :class:`Problem`."""
    return _words(shape, request.args)


def _choose(shapes: tuple[type[BaseModel], ...], value: Mapping[str, Any]) -> type[BaseModel]:
    """By ``source``: each shape but the first demands its own."""
    for shape in shapes[1:]:
        if value.get("source") in get_args(shape.model_fields["source"].annotation):
            return shape
    return shapes[0]


def _checked(shape: type[BaseModel], raw: bytes) -> BaseModel:
    try:
        return shape.model_validate_json(raw, strict=True)
    except ValidationError as error:
        raise _invalid(shape, error) from None


def _form(shape: type[BaseModel]) -> BaseModel:
    return _words(shape, request.form)


def _words(shape: type[BaseModel], given: MultiDict[str, str]) -> BaseModel:
    values: dict[str, Any] = {}
    for name, all_of_it in given.lists():
        if len(all_of_it) > 1:
            raise Problem(
                "invalid",
                f"`{name[:64]}` was given {len(all_of_it)} times",
                remedy="give it once",
                pointer=_pointer([name]),
            )
        if not all_of_it[0]:
            continue
        outer, dot, inner = name.partition(".")
        if dot:
            inside = values.setdefault(outer, {})
            if isinstance(inside, dict):
                inside[inner] = all_of_it[0]
        else:
            values[name] = all_of_it[0]
    _refuse_nul(values, "")
    try:
        return shape.model_validate_strings(values)
    except ValidationError as error:
        raise _invalid(shape, error) from None


def _refuse_nul(value: object, pointer: str) -> None:
    """No text may hold U+0000: PostgreSQL cannot keep it, and no person writes it."""
    if isinstance(value, str):
        if "\0" in value:
            raise Problem("invalid", "The text holds a NUL character", remedy="leave it out", pointer=pointer)
    elif isinstance(value, dict):
        for name, inner in value.items():
            _refuse_nul(name, pointer)
            _refuse_nul(inner, pointer + _pointer([name]))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _refuse_nul(inner, f"{pointer}/{index}")


def _invalid(shape: type[BaseModel], error: ValidationError) -> Problem:
    """The first mistake in full, all of them as a list. What was sent is not repeated: it may be a number."""
    mistakes = [
        {"pointer": _pointer(one["loc"]), "detail": _said(one)}
        for one in error.errors(include_url=False, include_input=False)
    ]
    first = error.errors(include_url=False, include_input=False)[0]
    return Problem(
        "invalid",
        f"`{'.'.join(map(str, first['loc']))}`: {_said(first)}" if first["loc"] else _said(first),
        remedy=_remedy(shape, first),
        pointer=mistakes[0]["pointer"],
        more={"mistakes": mistakes},
    )


def _said(one: ErrorDetails) -> str:
    if one["type"] == "extra_forbidden":
        return "is not a field of this request"
    if one["type"] == "missing":
        return "is missing"
    return one["msg"].removeprefix("Value error, ")


def _remedy(shape: type[BaseModel], one: ErrorDetails) -> str:
    if one["type"] == "extra_forbidden" and len(one["loc"]) == 1:
        return one_of(str(one["loc"][0]), _names(shape))
    if one["type"] == "missing":
        return "add it"
    return "see the operation in /docs"


def _names(shape: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in shape.model_fields.items()]


def _pointer(parts: Iterable[str | int]) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts if part != "[key]")
