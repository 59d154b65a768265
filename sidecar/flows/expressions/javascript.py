"""JavaScript, parsed by tree-sitter: the little that rules ask of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from sidecar.flows.expressions.values import Choice, Constant, Fields, Reference, Text, Unknown, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node, Parser

_DEEPEST: Final = 60
_ROOTS: Final = frozenset({"$json", "$", "$node", "$input", "$items", "$item"})
_CONSTANTS: Final = {"true": True, "false": False, "null": None, "undefined": None}
_CHOOSING: Final = frozenset({"||", "??", "&&"})
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}

Step = tuple[str, str | int | None]
"""`.`, `[` or `(`, with the name, the index or the first argument where it is known."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function that is not the code's own."""

    name: str
    """As it is written: ``fetch``, ``this.helpers.httpRequest``."""
    arguments: tuple[Value, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Script:
    """A piece of JavaScript, read."""

    references: tuple[Reference, ...]
    names: frozenset[str]
    value: Value
    """Of an expression; unknown for statements."""
    calls: tuple[Call, ...]
    texts: tuple[str, ...]
    """Every text in it, comments aside."""
    broken: str = ""


@cache
def _parser() -> Parser:
    import tree_sitter_javascript
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_javascript.language()))


def parse(source: str, *, expression: bool = False) -> Script:
    """Read code: an expression, or a body of statements. Never raises."""
    shift = 0
    text = source
    if expression and source.lstrip().startswith("{"):  # n8n takes it for an object too
        text, shift = f"({source})", 1
    elif not expression:
        text, shift = f"async()=>{{{source}\n}}", len("async()=>{")
    tree = _parser().parse(text.encode("utf-8", "replace"))
    root = tree.root_node
    if root.has_error:
        return Script((), frozenset(), Unknown(source), (), (), _said(root, text, shift))
    references: list[Reference] = []
    names: set[str] = set()
    calls: list[Call] = []
    texts: list[str] = []
    for node in _walk(root):
        kind = node.type
        if kind == "identifier":
            name = _text(node)
            names.add(name)
            if name in _ROOTS:
                reference = _reference(name, tuple(_steps(node)))
                if reference is not None:
                    references.append(reference)
        elif kind in {"call_expression", "new_expression"}:
            calls.append(_call(node))
        elif kind in {"string", "template_string"}:
            texts.extend(part for part in _string(node, 0).parts if isinstance(part, str))
    value = _of_root(root) if expression else Unknown(source)
    return Script(tuple(references), frozenset(names), value, tuple(calls), tuple(texts))


def _walk(root: Node) -> Iterator[Node]:
    pending = [root]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(node.named_children))


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _said(root: Node, text: str, shift: int) -> str:
    """Where the parser stumbled, with the words that it stumbled over."""
    for node in _with_unnamed(root):
        if node.is_missing:
            return f"“{node.type}” is missing{_near(text, node.start_byte, shift)}"
        if node.type == "ERROR":
            return f"this is not JavaScript{_near(text, node.start_byte, shift)}"
    return "this is not JavaScript"


def _with_unnamed(root: Node) -> Iterator[Node]:
    pending = [root]
    while pending:
        node = pending.pop()
        if node.has_error or node.is_missing:
            yield node
            pending.extend(reversed(node.children))


def _near(text: str, start: int, shift: int) -> str:
    rest = text.encode("utf-8", "replace")[max(start, shift) :].decode("utf-8", "replace").strip()
    if shift == 1 and rest.endswith(")"):
        rest = rest[:-1]
    rest = " ".join(rest[:40].split())
    return f" at “{rest}”" if rest else " at its end"


# ---------------------------------------------------------------- what is read


def _steps(node: Node) -> Iterator[Step]:
    """What is done with a name: ``$('A').first().json.x`` is (, ., (, ., . ."""
    while (parent := node.parent) is not None:
        kind = parent.type
        if kind == "member_expression" and parent.child_by_field_name("object") == node:
            name = parent.child_by_field_name("property")
            yield ".", _text(name) if name is not None else None
        elif kind == "subscript_expression" and parent.child_by_field_name("object") == node:
            yield "[", _known(parent.child_by_field_name("index"))
        elif kind == "call_expression" and parent.child_by_field_name("function") == node:
            arguments = parent.child_by_field_name("arguments")
            first = arguments.named_children[0] if arguments is not None and arguments.named_children else None
            yield "(", _known(first)
        elif kind != "parenthesized_expression":
            return
        node = parent


def _known(node: Node | None) -> str | int | None:
    if node is None:
        return None
    if node.type == "number" and _text(node).isdecimal():
        return int(_text(node))
    if node.type in {"string", "template_string"}:
        return _string(node, 0).known
    return None


def _reference(root: str, steps: tuple[Step, ...]) -> Reference | None:
    if root == "$json":
        return Reference("", "json", _fields(steps))
    if root == "$input":
        return _of_output("", steps)
    if root == "$item":  # $item(0).$node["A"].json.x: the older way to an item
        if len(steps) > 1 and steps[1] == (".", "$node"):
            return _reference("$node", steps[2:])
        return None
    if not steps or (root in {"$", "$items"} and steps[0][0] != "("):
        return None
    name = steps[0][1]
    if not isinstance(name, str):
        return None
    if root == "$items":
        return _of_output(name, ((".", "all"), ("(", None), *steps[1:]))
    return _of_output(name, steps[1:])


def _of_output(name: str, steps: tuple[Step, ...]) -> Reference | None:
    """``.first().json.x`` and its relatives."""
    how = "item"
    rest = steps
    if rest and rest[0][0] == "." and rest[0][1] in {"first", "last", "all", "itemMatching", "item"}:
        how = str(rest[0][1])
        rest = rest[1:]
        if rest and rest[0][0] == "(":
            rest = rest[1:]
        if how == "all" and rest and rest[0][0] == "[":
            rest = rest[1:]
    if rest and rest[0] == (".", "json"):
        return Reference(name, how, _fields(rest[1:]))
    return Reference(name, "" if steps else "item", ()) if name else None


def _fields(steps: tuple[Step, ...]) -> tuple[str | int, ...]:
    """The fields up to the first call or computed index; what is called is no field."""
    fields: list[str | int] = []
    for index, (kind, name) in enumerate(steps):
        called = index + 1 < len(steps) and steps[index + 1][0] == "("
        if kind == "(" or called or name is None:
            break
        fields.append(name)
    return tuple(fields)


def _call(node: Node) -> Call:
    function = node.child_by_field_name("function") or node.child_by_field_name("constructor")
    arguments = node.child_by_field_name("arguments")
    values = tuple(_value(one, 0) for one in arguments.named_children) if arguments is not None else ()
    name = "".join(_text(function).split()) if function is not None else ""
    return Call(name[:200], values, node.start_point.row + 1)


# ---------------------------------------------------------------- what is known


def _of_root(root: Node) -> Value:
    statements = [node for node in root.named_children if node.type != "comment"]
    if len(statements) == 1 and statements[0].type == "expression_statement":
        return _value(statements[0].named_children[0], 0)
    return Unknown(_text(root))


def _value(node: Node, depth: int) -> Value:  # noqa: C901, PLR0911 - one case a kind of expression
    kind = node.type
    if depth > _DEEPEST:
        return Unknown(_text(node))
    if kind in {"string", "template_string"}:
        return _string(node, depth)
    if kind in {"parenthesized_expression", "await_expression"}:
        return _value(node.named_children[0], depth + 1) if node.named_children else Unknown()
    if kind == "number":
        return _number(_text(node))
    if kind in _CONSTANTS:
        return Constant(_CONSTANTS[kind])
    if kind == "object":
        return _object(node, depth)
    if kind == "binary_expression":
        return _binary(node, depth)
    if kind == "ternary_expression":
        return Choice(tuple(_value(one, depth + 1) for one in node.named_children[1:]))
    if kind in {"member_expression", "subscript_expression", "identifier"}:
        return _read(node)
    if kind == "call_expression":
        return _called(node, depth)
    return Unknown(_text(node))


def _number(text: str) -> Value:
    try:
        return Constant(float(text))
    except ValueError:  # 0x1f, 10n
        return Unknown(text)


def _string(node: Node, depth: int) -> Text:
    parts: list[str | Value] = []
    for child in node.named_children:
        if child.type == "string_fragment":
            parts.append(_text(child))
        elif child.type == "escape_sequence":
            parts.append(_escaped(_text(child)))
        elif child.type == "template_substitution" and child.named_children:
            parts.append(_value(child.named_children[0], depth + 1))
    return Text.of(parts)


def _escaped(text: str) -> str:
    body = text[1:]
    if body[:1] in "ux" and len(body) > 1:
        try:
            return chr(int(body[1:].strip("{}"), 16))
        except (ValueError, OverflowError):
            return text
    return _ESCAPES.get(body, body)


def _object(node: Node, depth: int) -> Fields:
    fields: list[tuple[str, Value]] = []
    unknown = False
    for child in node.named_children:
        if child.type == "pair":
            key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
            name = _key(key)
            if name is None or value is None:
                unknown = True
            else:
                fields.append((name, _value(value, depth + 1)))
        elif child.type == "shorthand_property_identifier":
            fields.append((_text(child), Unknown(_text(child))))
        elif child.type != "comment":
            unknown = True
    return Fields(tuple(fields), unknown)


def _key(node: Node | None) -> str | None:
    if node is None or node.type == "computed_property_name":
        return None
    return _string(node, 0).known if node.type == "string" else _text(node)


def _binary(node: Node, depth: int) -> Value:
    """A sum of texts is flattened without recursion: it may have thousands of terms."""
    operator = node.child_by_field_name("operator")
    sign = operator.type if operator is not None else ""
    if sign in _CHOOSING:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        return Choice(tuple(_value(one, depth + 1) for one in (left, right) if one is not None))
    if sign != "+":
        return Unknown(_text(node))
    terms: list[Node] = []
    pending = [node]
    while pending:
        one = pending.pop()
        of = one.child_by_field_name("operator") if one.type == "binary_expression" else None
        if of is not None and of.type == "+":
            pending += [side for name in ("right", "left") if (side := one.child_by_field_name(name)) is not None]
        else:
            terms.append(one)
    values = [_value(term, depth + 1) for term in terms]
    return Text.of(values) if any(isinstance(value, Text) for value in values) else Unknown(_text(node))


def _read(node: Node) -> Value:
    """``$json.a.b`` as a whole, where nothing else is done with it."""
    root = node
    while root.type in {"member_expression", "subscript_expression", "call_expression"}:
        below = root.child_by_field_name("object") or root.child_by_field_name("function")
        if below is None:
            break
        root = below
    if root.type == "identifier" and _text(root) in _ROOTS:
        steps = tuple(_until(root, node))
        reference = _reference(_text(root), steps)
        if reference is not None and reference.how and _all_read(steps, reference):
            return reference
    return Unknown(_text(node))


def _until(root: Node, top: Node) -> Iterator[Step]:
    """The steps within ``top``."""
    for node, step in zip(_above(root), _steps(root), strict=False):
        yield step
        if node == top:
            return


def _above(node: Node) -> Iterator[Node]:
    while (parent := node.parent) is not None:
        if parent.type != "parenthesized_expression":
            yield parent
        node = parent


def _all_read(steps: tuple[Step, ...], reference: Reference) -> bool:
    """Whether the steps end with the last field that the reference names."""
    names = [name for _, name in steps]
    count = len(reference.path)
    return count == 0 or tuple(names[-count:]) == reference.path


def _called(node: Node, depth: int) -> Value:
    """`JSON.stringify(x)` says of the body what x says; `String(x)` and `.trim()` change nothing that matters."""
    function = node.child_by_field_name("function")
    arguments = node.child_by_field_name("arguments")
    name = "".join(_text(function).split()) if function is not None else ""
    if name in {"JSON.stringify", "String", "encodeURI"} and arguments is not None and arguments.named_children:
        return _value(arguments.named_children[0], depth + 1)
    if function is not None and function.type == "member_expression":
        method, of = function.child_by_field_name("property"), function.child_by_field_name("object")
        if method is not None and of is not None and _text(method) in {"trim", "toString", "toJsonString"}:
            return _value(of, depth + 1)
        if method is not None and _text(method) == "concat" and of is not None and arguments is not None:
            return Text.of([_value(one, depth + 1) for one in (of, *arguments.named_children)])
    return _read(node)
