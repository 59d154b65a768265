"""What a text of a blueprint comes to, once its expressions are evaluated.

The reader of the lint (`sidecar.flows.expressions.iml`) finds the expressions and says what is broken; this goes
through the same tokens and gives values. A text that is nothing but one expression keeps the value's type; within
a text each becomes a text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from sidecar.flows.expressions.iml import Hole, Token, read, token_at
from tests.flows.make.functions import CONSTANTS, FUNCTIONS
from tests.flows.make.values import NotKnown, added, equal, is_true, needed_number, ordered, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_LEVELS: Final[tuple[dict[str, Callable[[Any, Any], Any]], ...]] = (
    dict.fromkeys(("|", "||", "or"), lambda one, other: is_true(one) or is_true(other)),
    dict.fromkeys(("&", "&&", "and"), lambda one, other: is_true(one) and is_true(other)),
    {
        **dict.fromkeys(("=", "=="), equal),
        **dict.fromkeys(("!=", "<>"), lambda one, other: not equal(one, other)),
        "<": lambda one, other: ordered(one, other, lambda left, right: left < right),
        ">": lambda one, other: ordered(one, other, lambda left, right: left > right),
        "<=": lambda one, other: ordered(one, other, lambda left, right: left <= right),
        ">=": lambda one, other: ordered(one, other, lambda left, right: left >= right),
    },
    {"+": added, "-": lambda one, other: needed_number(one) - needed_number(other)},
    {
        "*": lambda one, other: needed_number(one) * needed_number(other),
        "/": lambda one, other: needed_number(one) / needed_number(other),
        **dict.fromkeys(("%", "mod"), lambda one, other: needed_number(one) % needed_number(other)),
    },
)
"""Operators by how tightly they bind, the loosest first."""


def evaluated(value: Any, outputs: Mapping[int, Any], now: datetime) -> Any:
    """A mapper or a part of it with every expression in it evaluated.

    Raises:
        NotKnown: it uses what the interpreter does not know, or reads a module that did not run before.
    """
    if isinstance(value, dict):
        return {key: evaluated(one, outputs, now) for key, one in value.items()}
    if isinstance(value, list):
        return [evaluated(one, outputs, now) for one in value]
    if not isinstance(value, str):
        return value
    iml = read(value)
    if iml.broken:
        raise NotKnown(f"the expression {value!r}: {iml.broken}")
    parts = [_Reader(part.source, outputs, now).whole() if isinstance(part, Hole) else part for part in iml.parts]
    if len(parts) == 1:
        return parts[0]
    return "".join(text_of(part) for part in parts)


class _Reader:
    """Evaluates the inside of one ``{{ … }}`` by recursive descent."""

    def __init__(self, source: str, outputs: Mapping[int, Any], now: datetime) -> None:
        self._source = source
        self._outputs = outputs
        self._now = now
        self._token = token_at(source, 0)

    def whole(self) -> Any:
        """All of it."""
        value = self._operation(0)
        if self._token.kind != "end":
            raise NotKnown(f"{self._token.text!r} in {{{{{self._source}}}}}")
        return value

    def _step(self) -> Token:
        """The token that stands here; the next one is looked at from now on."""
        token = self._token
        self._token = token_at(self._source, token.end)
        return token

    def _take(self, text: str) -> bool:
        if self._token.text != text or self._token.kind == "string":
            return False
        self._step()
        return True

    def _operation(self, level: int) -> Any:
        if level == len(_LEVELS):
            return self._operand()
        value = self._operation(level + 1)
        while self._token.kind in {"sign", "word"} and self._token.text in _LEVELS[level]:
            act = _LEVELS[level][self._step().text]
            value = act(value, self._operation(level + 1))
        return value

    def _operand(self) -> Any:
        token = self._step()
        if token.kind == "string":
            return _ESCAPE.sub(lambda it: {"n": "\n", "t": "\t"}.get(it[1], it[1]), token.text[1:-1])
        if token.kind == "reference":
            return self._reference(token)
        if token.kind == "number":
            number = float(token.text)
            return int(number) if number.is_integer() else number
        if token.kind == "word":
            return self._word(token.text)
        if token.kind == "sign" and token.text in {"-", "!"}:
            value = self._operand()
            return -needed_number(value) if token.text == "-" else not is_true(value)
        if token.text in {"(", "{{"}:
            value = self._operation(0)
            self._closed(")" if token.text == "(" else "}}")
            return value
        raise NotKnown(f"{token.text!r} in {{{{{self._source}}}}}")

    def _closed(self, closing: str) -> None:
        if not self._take(closing):
            raise NotKnown(f"{self._token.text!r} where {closing!r} should be in {{{{{self._source}}}}}")

    def _word(self, word: str) -> Any:
        if self._take("("):
            if word not in FUNCTIONS:
                raise NotKnown(f"the function {word}()")
            return FUNCTIONS[word](*self._arguments())
        if word == "now":
            return self._now
        if word == "timestamp":
            return int(self._now.timestamp())
        if word not in CONSTANTS:
            raise NotKnown(f"the word {word}, without quotes")
        return CONSTANTS[word]

    def _arguments(self) -> list[Any]:
        given: list[Any] = []
        while not self._take(")"):
            given.append(None if self._token.text == ";" else self._operation(0))
            if not self._take(";"):
                self._closed(")")
                break
        return given

    def _reference(self, token: Token) -> Any:
        number = int(token.text)
        if number not in self._outputs:
            raise NotKnown(f"module {number} is read in {{{{{self._source}}}}}, and has not run before")
        value = self._outputs[number]
        while self._token.text in {".", "["}:
            value = self._index(value) if self._step().text == "[" else self._field(value)
        return value

    def _field(self, value: Any) -> Any:
        name = self._step().text.strip("`")
        if isinstance(value, list):
            raise NotKnown(f"the field {name} of an array in {{{{{self._source}}}}}; write [].{name}")
        return value.get(name) if isinstance(value, dict) else None

    def _index(self, value: Any) -> Any:
        """``[2]`` counts from 1, a negative one from the end; ``[]`` is the first."""
        number = 1 if self._token.text == "]" else int(needed_number(self._operation(0)))
        self._closed("]")
        if not isinstance(value, list) or not value or abs(number) > len(value) or number == 0:
            return None
        return value[number - 1] if number > 0 else value[number]
