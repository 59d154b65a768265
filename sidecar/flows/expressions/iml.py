"""Make's expressions (IML): ``{{if(length(3.items) > 1; 3.items[1].`Full name`; "nobody")}}``.

Functions may be nested, `;` stands between arguments, arrays count from 1, backticks round odd names, and a number
followed by a dot names the module whose output is read. Make documents them by examples only
(https://help.make.com/functions), so what no example shows is accepted: a text without quotes is a text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_DEEPEST: Final = 200
_TOKEN: Final = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<open>\{\{) | (?P<close>\}\})
    | (?P<string>"(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' | \\"(?:[^"\\]|\\[^"])*\\")
    | (?P<reference>\d+(?=(?:\[[^\]]*\])?\.[^\W\d]|(?:\[[^\]]*\])?\.`|\.\d+\.))
    | (?P<number>\d+(?:\.\d+)?)
    | (?P<word>[^\W\d][\w$]*)
    | (?P<quoted>`[^`]*`)
    | (?P<sign><=|>=|!=|<>|==|&&|\|\||[-+*/%=<>&|!?:,^~@\#$.])
    | (?P<bracket>[()\[\];])
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Reference:
    """``3.body.sequence.id``: the module's id, and what is read of its output; an index is a number, or None."""

    module: int
    path: tuple[str | int | None, ...]


@dataclass(frozen=True, slots=True)
class Hole:
    """A part of a text that is only known when the scenario runs."""

    source: str
    reference: Reference | None = None
    """What it is, where it is nothing but the output of a module."""


@dataclass(frozen=True, slots=True)
class Iml:
    """A text of a blueprint, read."""

    parts: tuple[str | Hole, ...]
    references: tuple[Reference, ...] = ()
    functions: tuple[str, ...] = ()
    broken: str = ""
    """What is wrong with it; empty where nothing is."""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of an expression."""

    kind: str
    """A group of the pattern above; `end` after the last one."""
    text: str
    at: int
    end: int


def token_at(text: str, at: int) -> Token:
    """The next token from an offset on, without the blanks before it."""
    while True:
        found = _TOKEN.match(text, at)
        if found is None:
            return Token("end", "", at, at)
        at = found.end()
        kind = found.lastgroup or "other"
        if kind != "space":
            return Token(kind, found[0], found.start(), found.end())


class _BrokenError(Exception):
    """The text is no expression."""


@lru_cache(maxsize=4096)
def read(text: str) -> Iml:
    """A text that may hold expressions. Never raises: what cannot be read is said in ``broken``."""
    if "{{" not in text:
        return Iml((text,) if text else ())
    parts: list[str | Hole] = []
    references: list[Reference] = []
    functions: list[str] = []
    at = 0
    try:
        while (start := text.find("{{", at)) >= 0:
            if start > at:
                parts.append(text[at:start])
            reader = _Reader(text, start + 2)
            end = reader.expression()
            alone = reader.alone
            parts.append(Hole(text[start + 2 : end - 2].strip(), alone))
            references += reader.references
            functions += reader.functions
            at = end
    except _BrokenError as error:
        return Iml((Hole(text),), tuple(references), tuple(functions), str(error))
    if at < len(text):
        parts.append(text[at:])
    return Iml(tuple(parts), tuple(references), tuple(functions))


class _Reader:
    """Reads one ``{{ … }}``."""

    def __init__(self, text: str, at: int) -> None:
        self._text = text
        self._at = at
        self._count = 0
        self.references: list[Reference] = []
        self.functions: list[str] = []
        self._step()

    @property
    def alone(self) -> Reference | None:
        """The reference that is all of it."""
        return self.references[0] if self._count == 1 and len(self.references) == 1 else None

    def expression(self) -> int:
        """Read to the closing braces; the offset after them."""
        self._sequence("}}", 0)
        return self._token.end

    def _step(self) -> Token:
        self._token = token_at(self._text, self._at)
        self._at = self._token.end
        return self._token

    def _sequence(self, closing: str, depth: int) -> None:
        """Operands and signs up to ``closing``; `;` parts arguments."""
        if depth > _DEEPEST:
            raise _BrokenError("functions are nested too deeply to be read")
        while True:
            token = self._token
            if token.text == closing and token.kind in {"close", "bracket"}:
                return
            if token.kind == "end":
                raise _BrokenError(f"“{closing}” is missing")
            if token.kind == "close" or (token.kind == "bracket" and token.text in ")]"):
                raise _BrokenError(f"“{token.text}” closes nothing; “{closing}” was expected")
            if token.kind == "other" and token.text in "\"'`":
                raise _BrokenError(f"the {token.text} before “{self._text[token.end : token.end + 20]}” is not closed")
            self._operand(token, depth)

    def _operand(self, token: Token, depth: int) -> None:
        self._count += 1
        if token.kind == "reference":
            self._reference(int(token.text), depth)
        elif token.kind == "word":
            self._word(token.text, depth)
        elif token.kind == "open":
            self._step()
            self._sequence("}}", depth + 1)
            self._step()
        elif token.text in {"(", "["}:
            self._step()
            self._sequence(")" if token.text == "(" else "]", depth + 1)
            self._step()
        else:
            self._step()

    def _reference(self, module: int, depth: int) -> None:
        self._step()
        index = len(self.references)
        self.references.append(Reference(module, ()))
        self.references[index] = Reference(module, self._path(depth))

    def _word(self, word: str, depth: int) -> None:
        name = word
        self._step()
        while self._token.text == ".":
            self._step()
            if self._token.kind not in {"word", "quoted", "number"}:
                break
            name += "." + self._token.text
            self._step()
        if self._token.text == "(":
            self.functions.append(name)
            self._step()
            self._sequence(")", depth + 1)
            self._step()

    def _path(self, depth: int) -> tuple[str | int | None, ...]:
        """``.body.items[1].`Full name` ``: fields, and indices in brackets."""
        path: list[str | int | None] = []
        while True:
            token = self._token
            if token.text == "." and token.kind == "sign":
                token = self._step()
                if token.kind not in {"word", "quoted", "number", "reference"}:
                    return tuple(path)
                path.append(token.text.strip("`"))
                self._step()
            elif token.text == "[":
                token = self._step()
                first = token
                self._sequence("]", depth + 1)
                digits = first.text if first.kind == "number" else ""
                path.append(int(digits) if digits.isdecimal() else None)
                self._step()
            else:
                return tuple(path)
