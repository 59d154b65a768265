"""``${NAME}`` in a business file: a value, or a secret, that stands in the environment.

``NAME`` itself may be set, or ``NAME_FILE`` to the path of a file that holds the value
(how Docker and Kubernetes hand secrets over). ``${NAME_FILE}`` may be written
directly too. A value that was read is never repeated in a message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sidecar.config.violations import SECRETS, mistakes_of

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

    from sidecar.config.documents import Document, Field

Environ = Mapping[str, str]

_REFERENCE = re.compile(r"\$\{([A-Z_][A-Z0-9_]*)\}")
_FILE = "_FILE"


class UnresolvedError(ValueError):
    """A name for which the environment has no usable value."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


def resolve(name: str, environ: Environ) -> str:
    """The value behind ``${name}``: of the variable, or of the file that ``name`` or ``name_FILE`` names.

    Raises:
        UnresolvedError: not set, empty, a file that cannot be read, or more than one line.
    """
    file_name = name if name.endswith(_FILE) else name + _FILE
    plain = "" if name.endswith(_FILE) else environ.get(name, "")
    if not plain and not environ.get(file_name):
        state = "is empty" if name in environ else "is not set"
        ways = f"set {name}, or set {file_name} to the path of a file that holds it"
        message = f"environment variable {name} {state}"
        raise UnresolvedError(message, f"set {name} to the path of a file" if name == file_name else ways)
    value = (plain or _content(file_name, environ[file_name])).strip()
    if not value or any(ord(character) < ord(" ") for character in value):
        message = f"the value of {name} is {'empty' if not value else 'more than one line'}"
        raise UnresolvedError(message, "give it exactly one line")
    return value


def _name(text: str) -> str:
    found = _REFERENCE.fullmatch(text)
    if found is None:
        message = "a reference to the environment stands alone, in capital letters"
        raise UnresolvedError(message, "write ${NAME} and nothing else")
    return found[1]


def _content(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not text"
        message = f"the file that {name} names cannot be read: {reason}"
        raise UnresolvedError(message, f"let {name} hold the path of a file that this user may read") from None


def fill_in(document: Document, environ: Environ, schema: Validator) -> None:
    """Replace every ``${NAME}`` of a document by its value, and check the values like any others."""
    filled = {where for where in _fill(document, document.data, (), environ) if where[-1] not in SECRETS}
    touched = {where[0]: document.data[where[0]] for where in filled}
    for where, message, remedy, _ in mistakes_of(touched, schema) if touched else ():
        if where in filled:
            document.complain(where, f"{message} (read from the environment)", remedy)
            document.strike(where)


def _fill(document: Document, value: Any, where: Field, environ: Environ) -> set[Field]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    filled: set[Field] = set()
    for key, inner in list(items):
        place = (*where, key)
        if not isinstance(inner, str):
            filled |= _fill(document, inner, place, environ)
        elif "${" in inner:
            try:
                value[key] = resolve(_name(inner), environ)
                filled.add(place)
            except UnresolvedError as error:
                document.complain(place, error.message, error.remedy)
                document.strike(place)
    return filled
