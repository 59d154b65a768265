"""YAML files with line numbers, checked by JSON Schema, and every mistake in words that name the remedy.

Scalars are read as YAML 1.2 reads them, with one rule of our own: whatever is
not plainly a small number, ``true``, ``false`` or nothing stays text. So ``NO``
is Norway and not *false*, ``9:00`` is a time and not 540, and a phone number
keeps its plus sign and its leading nought without quotes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from sidecar.config.violations import mistakes_of
from sidecar.errors import ConfigError, Mistake

if TYPE_CHECKING:
    from pathlib import Path

    from jsonschema.protocols import Validator

Field = tuple[str | int, ...]
"""Where a value stands: ``("steps", 1, "after", "wait")``."""

MAX_NODES = 100_000
"""Aliases can make a small file enormous; no honest business file comes near this."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml where it is there: ten times as fast."""

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,8})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,8})\.[0-9]{1,9}")
_WORDS: dict[str, bool | None] = {"": None, "~": None, "null": None, "true": True, "false": False}
_PLAIN_TAGS = ("str", "int", "float", "bool", "null", "timestamp", "value", "merge", "seq", "map")
_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in _PLAIN_TAGS)


@dataclass(slots=True)
class Document:
    """A file as data, with the line of every value and the mistakes found so far."""

    file: str
    data: Any = None
    lines: dict[Field, int] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def line(self, where: Field) -> int:
        """The line of a value, counted from 1; of what holds it, where the value is missing."""
        while where and where not in self.lines:
            where = where[:-1]
        return self.lines.get(where, 1)

    def complain(self, where: Field, message: str, remedy: str = "") -> None:
        """Note a mistake at a field. Secrets and whole phone numbers have no business in the words."""
        self.mistakes.append(Mistake(message, remedy, written(where), self.line(where), self.file))

    def at(self, where: Field) -> Any:
        """The value at a field; ``None`` where there is none or where it was struck out."""
        value = self.data
        for part in where:
            match value:
                case dict():
                    value = value.get(part)
                case list() if isinstance(part, int) and part < len(value):
                    value = value[part]
                case _:
                    return None
        return value

    def spoilt(self, *where: str | int) -> bool:
        """Whether something at this field, or below it, was complained about."""
        field = written(where)
        below = (field + ".", field + "[")
        return any(one.field == field or one.field.startswith(below) for one in self.mistakes)

    def strike(self, where: Field) -> None:
        """Take a wrong value out, so that later checks look at sound values only."""
        if not where:
            self.data = {}
            return
        holder = self.at(where[:-1])
        if isinstance(holder, dict):
            holder.pop(where[-1], None)
        elif isinstance(holder, list) and isinstance(where[-1], int):
            holder[where[-1]] = None

    def close(self) -> None:
        """The end of all checks.

        Raises:
            ConfigError: when anything was noted.
        """
        if self.mistakes:
            raise ConfigError(self.mistakes)


def written(where: Field) -> str:
    """A field as a person writes it.

    >>> written(("steps", 1, "after", "wait"))
    'steps[1].after.wait'
    """
    text = ""
    for part in where:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def read_document(path: Path) -> Document:
    """Read one YAML file.

    Raises:
        ConfigError: the file cannot be read, is empty, or is not YAML.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ConfigError([Mistake("this is not UTF-8 text", "save it as UTF-8", file=str(path))]) from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigError(
            [Mistake(f"cannot be read: {reason}", "check the path and its permissions", file=str(path))]
        ) from None
    return parse_document(text, str(path))


def parse_document(text: str, file: str) -> Document:
    """Turn YAML text into data with lines; duplicate keys and tags are noted as mistakes.

    Raises:
        ConfigError: the text is empty or is not YAML.
    """
    document = Document(file)
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise ConfigError([_syntax_mistake(error, file)]) from None
    if node is None:
        raise ConfigError([Mistake("the file is empty", "`recovery init` writes one to start from", "", 1, file)])
    document.data = _Walk(document).value(node, ())
    return document


class _Walk:
    """One pass over the nodes of a file."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._visited = 0
        self._open: set[int] = set()

    def value(self, node: Any, where: Field) -> Any:
        document = self._document
        document.lines.setdefault(where, node.start_mark.line + 1)
        self._visited += 1
        if self._visited > MAX_NODES or id(node) in self._open:
            raise ConfigError(
                [
                    Mistake(
                        "aliases make this file endless",
                        "write the values out",
                        "",
                        document.line(where),
                        document.file,
                    )
                ]
            )
        if node.tag not in _TAGS:
            document.complain(where, "YAML tags (`!…`) are not used here", "quote the text")
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        self._open.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            result: Any = [self.value(item, (*where, index)) for index, item in enumerate(node.value)]
        else:
            result = self._mapping(node, where)
        self._open.discard(id(node))
        return result

    def _mapping(self, node: Any, where: Field) -> dict[str, Any]:
        document = self._document
        result: dict[str, Any] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else "?"
            line = key.start_mark.line + 1
            place = (*where, name)
            if name in result:
                first = document.lines[place]
                document.mistakes.append(
                    Mistake(
                        f"`{name}` stands here twice (first on line {first})",
                        "keep one of them",
                        written(place),
                        line,
                        document.file,
                    )
                )
                continue
            document.lines[place] = line
            result[name] = self.value(value, place)
        return result


def _scalar(node: Any) -> str | int | float | bool | None:
    text: str = node.value
    if node.style:  # quoted, or a block
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text


def _syntax_mistake(error: yaml.YAMLError, file: str) -> Mistake:
    """Line and reason of a syntax error; what stands in quotes is left out, for it may be a secret."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or "it cannot be read"
    problem = re.sub(r"'[^']{2,}'|\"[^\"]{2,}\"", "…", str(problem))
    return Mistake(
        f"this is not YAML: {problem}",
        "check the indentation (spaces, no tabs), the colons and the quotes on this line and the one before",
        "",
        mark.line + 1 if mark is not None else None,
        file,
    )


def check_schema(document: Document, schema: Validator) -> None:
    """Check a document by a JSON Schema; each violation is noted in plain words and struck out."""
    for where, message, remedy, struck in mistakes_of(document.data, schema):
        document.complain(where, message, remedy)
        if struck is not None:
            document.strike(struck)
