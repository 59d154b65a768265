"""n8n's expressions: ``={{ $('Report call').first().json.sequence.id }}``.

A parameter that begins with ``=`` is a template; n8n cuts it at the first ``}}`` after each ``{{``, whatever stands in
quotes, and evaluates what is between as JavaScript (https://docs.n8n.io/code/expressions/). So it is parsed here with
the JavaScript grammar of tree-sitter, and what a rule asks is answered from the tree: which nodes and fields are read,
and what is known of the value before anything runs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from sidecar.flows.expressions import javascript
from sidecar.flows.expressions.values import Reference, Text, Unknown, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

_OPEN: Final = re.compile(r"(?<!\\)(?:\\\\)*\{\{")
_CLOSE: Final = re.compile(r"(?<!\\)\}\}")
_FIELDS: Final = r"((?:\??\.[A-Za-z_$][\w$]*)*)"
_PLAIN: Final = re.compile(
    rf"""\s*(?:\$json|\$\((?:'([^'\\]+)'|"([^"\\]+)")\)\.(item|first\(\)|last\(\))\.json)({_FIELDS})\s*""",
)


@dataclass(frozen=True, slots=True)
class Code:
    """What stands between ``{{`` and ``}}``."""

    source: str
    references: tuple[Reference, ...]
    names: frozenset[str]
    """Names that are not the code's own: ``$env``, ``$execution`` …"""
    value: Value
    broken: str = ""
    """What is wrong with it; empty where nothing is."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A parameter that n8n evaluates."""

    source: str
    parts: tuple[str | Code, ...]

    @property
    def codes(self) -> Iterator[Code]:
        """The pieces of code in it."""
        return (part for part in self.parts if isinstance(part, Code))

    @property
    def references(self) -> Iterator[Reference]:
        """Everything that is read from nodes."""
        return (reference for code in self.codes for reference in code.references)

    @property
    def broken(self) -> str:
        """The first thing wrong with it."""
        return next((code.broken for code in self.codes if code.broken), "")

    @property
    def value(self) -> Value:
        """What is known of its value: that of its only code, or a text with holes."""
        if len(self.parts) == 1 and isinstance(self.parts[0], Code):
            return self.parts[0].value
        return Text.of(part if isinstance(part, str) else part.value for part in self.parts)

    def uses(self, name: str) -> bool:
        """Whether a name of n8n's own is used in it."""
        return any(name in code.names for code in self.codes)


@lru_cache(maxsize=8192)
def read(text: str) -> Expression:
    """A parameter as n8n reads it. One without ``=`` in front is a plain text. Never raises."""
    if not text.startswith("="):
        return Expression(text, (text,) if text else ())
    parts: list[str | Code] = []
    at = 1
    while (opened := _OPEN.search(text, at)) is not None:
        closed = _CLOSE.search(text, opened.end())
        if opened.end() - 2 > at:
            parts.append(text[at : opened.end() - 2])
        end = len(text) if closed is None else closed.start()
        source = text[opened.end() : end]
        if closed is None:
            parts.append(Code(source, (), frozenset(), Unknown(source), "“}}” is missing"))
            at = end
            break
        parts.append(_code(source))
        at = closed.end()
    if at < len(text):
        parts.append(text[at:])
    return Expression(text, tuple(parts))


def _code(source: str) -> Code:
    plain = _PLAIN.fullmatch(source)
    if plain is not None:
        return _plain(source, plain)
    return parsed(source)


def _plain(source: str, found: re.Match[str]) -> Code:
    """Nine of ten expressions read one field; they need no parser (a test holds this against it)."""
    single, double, how, fields = found[1], found[2], found[3], found[4]
    path = tuple(field for field in re.split(r"\??\.", fields) if field)
    if how is None:
        reference = Reference("", "json", path)
        return Code(source, (reference,), frozenset({"$json"}), reference)
    reference = Reference(single or double, how.removesuffix("()"), path)
    return Code(source, (reference,), frozenset({"$"}), reference)


def parsed(source: str) -> Code:
    """A piece of code by the parser."""
    script = javascript.parse(source, expression=True)
    return Code(source, script.references, script.names, script.value, script.broken)
