"""JSON with comments that can be edited in place.

A settings file belongs to a person, so its order, indentation, comments and number notation must
survive an edit. For this reason, an edit consists of a few replacements in the text. `parse`
locates each value; `put`, `drop`, `append` and `take` return the new text. The parser accepts
comments and trailing commas, but text that is added is strict JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ...messages import JSON, JSONObject
from ...messages.json_fields import as_object

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
      | (?P<comment>//[^\r\n]* | /\*.*?\*/)
      | (?P<string>"(?:[^"\\\x00-\x1f]|\\.)*")
      | (?P<mark>[{}\[\],:])
      | (?P<word>[^\s{}\[\],:"/]+)""",
    re.VERBOSE | re.DOTALL,
)
_REST_OF_LINE = re.compile(r"[ \t]*(?:/\*[^\r\n]*?\*/[ \t]*)*(?://[^\r\n]*)?(?=\r?\n)")
_DEEPEST = 100

Edit = tuple[int, int, str]
"""Replace text[start:end] with the string."""


class JSONCError(ValueError):
    """The text is not JSON (with comments), or does not have the expected shape."""


@dataclass(frozen=True)
class Node:
    """A value and its position in the text.

    :param members: the members of an object or a list.
    """

    start: int
    end: int
    value: JSON
    members: tuple[Member, ...] = ()


@dataclass(frozen=True)
class Member:
    """A member of an object, or an item in a list (in which case `key` is "").

    :param comma: the position of the comma that follows it, if there is one.
    """

    key: str
    start: int
    node: Node
    comma: int | None


@dataclass(frozen=True)
class Document:
    """A parsed text.

    :param strict: whether it is plain JSON, without comments and trailing commas.
    """

    text: str
    root: Node
    strict: bool

    @property
    def value(self) -> JSONObject:
        """The root as a Python value."""
        return as_object(self.root.value)

    @property
    def newline(self) -> str:
        """The line ending."""
        return "\r\n" if "\r\n" in self.text else "\n"

    @property
    def unit(self) -> str:
        """One level of indentation; two spaces if the text is not indented."""
        match = re.search(r"\n([ \t]+)[\"\]}]", self.text)
        return match.group(1) if match else "  "


# --- reading --------------------------------------------------------------------------------------


def parse(text: str) -> Document:
    """Parse a text whose root is an object. An empty text is treated as `{}`.

    :raises JSONCError: if the text is malformed; the message gives the line and column
    """
    start = 1 if text.startswith("\ufeff") else 0
    if not text[start:].strip():
        text = text[:start] + "{}"
    reader = _Reader(text, start)
    root = reader.value(0)
    if not reader.at_end():
        raise reader.error("text after the last brace")
    if not isinstance(root.value, dict):
        raise JSONCError("line 1: the root must be an object: {...}")
    return Document(text, root, reader.strict)


class _Reader:
    """A recursive-descent parser over the tokens."""

    def __init__(self, text: str, start: int) -> None:
        self.text = text
        self.strict = True
        self._tokens = list(self._tokenize(start))
        self._next = 0

    def _tokenize(self, position: int) -> Iterator[tuple[str, int, int]]:
        while position < len(self.text):
            match = _TOKEN.match(self.text, position)
            if match is None:
                raise self.error("a string or a comment is not closed", position)
            kind = match.lastgroup or ""
            if kind == "comment":
                self.strict = False
            elif kind != "space":
                yield kind, match.start(), match.end()
            position = match.end()

    def error(self, problem: str, position: int | None = None) -> JSONCError:
        if position is None:
            position = self._tokens[self._next][1] if not self.at_end() else len(self.text)
        line = self.text.count("\n", 0, position) + 1
        column = position - (self.text.rfind("\n", 0, position) + 1) + 1
        return JSONCError(f"line {line}, column {column}: {problem}")

    def at_end(self) -> bool:
        return self._next >= len(self._tokens)

    def _peek(self) -> str:
        if self.at_end():
            return ""
        _, start, end = self._tokens[self._next]
        return self.text[start:end]

    def _take(self, wanted: str, problem: str) -> int:
        if self._peek() != wanted:
            raise self.error(problem)
        self._next += 1
        return self._tokens[self._next - 1][1]

    def value(self, depth: int) -> Node:
        if depth > _DEEPEST:
            raise self.error(f"more than {_DEEPEST} levels")
        mark = self._peek()
        if mark == "{":
            return self._container("}", depth)
        if mark == "[":
            return self._container("]", depth)
        return self._scalar()

    def _scalar(self) -> Node:
        if self.at_end():
            raise self.error("a value is missing")
        _, start, end = self._tokens[self._next]
        try:
            value = json.loads(self.text[start:end], parse_constant=_reject_constant)
        except ValueError:
            raise self.error("a value is missing, or is not JSON") from None
        self._next += 1
        return Node(start, end, value)

    def _container(self, closing: str, depth: int) -> Node:
        start = self._tokens[self._next][1]
        self._next += 1
        members: list[Member] = []
        while self._peek() != closing:
            if members and members[-1].comma is None:
                raise self.error(f"a comma or {closing} is missing")
            members.append(self._member(closing, depth))
        if members and members[-1].comma is not None:
            self.strict = False
        end = self._take(closing, "") + 1
        return Node(start, end, _value_of(closing, members), tuple(members))

    def _member(self, closing: str, depth: int) -> Member:
        start = self._tokens[self._next][1] if not self.at_end() else len(self.text)
        key = ""
        if closing == "}":
            if not self._peek().startswith('"'):
                raise self.error('a key in double quotes, or "}", is missing')
            key = str(self._scalar().value)
            self._take(":", "a colon is missing")
        node = self.value(depth + 1)
        comma = self._take(",", "") if self._peek() == "," else None
        return Member(key, start, node, comma)


def _reject_constant(name: str) -> JSON:
    raise ValueError(name)


def _value_of(closing: str, members: Sequence[Member]) -> JSON:
    if closing == "]":
        return [member.node.value for member in members]
    return {member.key: member.node.value for member in members}


# --- changing -------------------------------------------------------------------------------------


def put(document: Document, path: Sequence[str], value: JSON) -> str:
    """Set the value at `path`, creating missing objects along the way.

    :returns: the new text.
    :raises JSONCError: if a value along the way is not an object
    """
    node = document.root
    for depth, key in enumerate(path):
        _check_kind(dict, node, path[:depth])
        member = _member(node, key)
        if member is None:
            for name in reversed(path[depth + 1 :]):
                value = {name: value}
            return _insert(document, node, json.dumps(key, ensure_ascii=False) + ": ", value)
        node = member.node
    rendered = _render(document, value, _indent_at(document.text, node.start))
    return _apply(document.text, [(node.start, node.end, rendered)])


def drop(document: Document, path: Sequence[str]) -> str:
    """Remove the value at `path`.

    :returns: the new text, which is the same text if the path has no value.
    """
    parent = find(document, path[:-1])
    text = document.text
    while parent is not None and isinstance(parent.value, dict):
        indexes = [i for i, member in enumerate(parent.members) if member.key == path[-1]]
        if not indexes:
            break
        # A key may occur twice.
        text = _cut(text, parent, indexes[-1])
        parent = find(parse(text), path[:-1])
    return text


def append(document: Document, path: Sequence[str], value: JSON) -> str:
    """Append `value` to the list at `path`.

    :returns: the new text.
    :raises JSONCError: if there is no list at the path
    """
    return _insert(document, _list_at(document, path), "", value)


def take(document: Document, path: Sequence[str], index: int) -> str:
    """Remove item number `index` from the list at `path`.

    :returns: the new text.
    :raises JSONCError: if there is no list at the path
    """
    return _cut(document.text, _list_at(document, path), index)


def items(document: Document, path: Sequence[str]) -> list[JSON]:
    """Return the items of the list at `path`, or no items if the path has no value.

    :raises JSONCError: if the value is not a list
    """
    node = find(document, path)
    if node is None:
        return []
    _check_kind(list, node, path)
    return [member.node.value for member in node.members]


def find(document: Document, path: Sequence[str]) -> Node | None:
    """Return the value at `path`, or None."""
    node = document.root
    for key in path:
        member = _member(node, key) if isinstance(node.value, dict) else None
        if member is None:
            return None
        node = member.node
    return node


def _member(node: Node, key: str) -> Member | None:
    """Return the last member with that name, which is the effective one."""
    return next((member for member in reversed(node.members) if member.key == key), None)


def _list_at(document: Document, path: Sequence[str]) -> Node:
    node = find(document, path)
    if node is None:
        raise JSONCError(f"{'.'.join(path)} does not exist")
    _check_kind(list, node, path)
    return node


def _check_kind(kind: type[object], node: Node, path: Sequence[str]) -> None:
    if not isinstance(node.value, kind):
        expected = "an object" if kind is dict else "a list"
        raise JSONCError(f"{'.'.join(path)} is not {expected} but {json.dumps(node.value)[:60]}")


def _insert(document: Document, container: Node, prefix: str, value: JSON) -> str:
    text, newline = document.text, document.newline
    base = _indent_at(text, container.start)
    if not container.members:
        inside = text[container.start + 1 : container.end - 1].rstrip()
        indent = base + document.unit
        new = newline + indent + prefix + _render(document, value, indent) + newline + base
        return _apply(text, [(container.start + 1 + len(inside), container.end - 1, new)])
    last = container.members[-1]
    comma = [] if last.comma is not None else [(last.node.end, last.node.end, ",")]
    after = last.node.end if last.comma is None else last.comma + 1
    if "\n" not in text[container.start : container.end]:
        new = f" {prefix}{json.dumps(value, ensure_ascii=False)}"
        return _apply(text, [*comma, (after, after, new)])
    indent = _indent_at(text, last.start)
    match = _REST_OF_LINE.match(text, after)
    line_end = match.end() if match else after
    new = newline + indent + prefix + _render(document, value, indent)
    return _apply(text, [*comma, (line_end, line_end, new)])


def _cut(text: str, container: Node, index: int) -> str:
    member = container.members[index]
    previous = container.members[index - 1] if index else None
    edits: list[Edit] = []
    start = member.start
    end = member.node.end if member.comma is None else member.comma + 1
    if member.comma is None and previous is not None and previous.comma is not None:
        if text[previous.comma + 1 : start].isspace() or previous.comma + 1 == start:
            start = previous.comma
        else:
            edits.append((previous.comma, previous.comma + 1, ""))
    start, end = _whole_line(text, start, end)
    left = text[container.start + 1 : start] + text[end : container.end - 1]
    if not left.strip():
        start, end = container.start + 1, container.end - 1
    return _apply(text, [*edits, (start, end, "")])


def _whole_line(text: str, start: int, end: int) -> tuple[int, int]:
    """Extend a cut to the whole line if nothing else is on it, or else over trailing whitespace."""
    line = text.rfind("\n", 0, start) + 1
    stop = end + len(text[end:]) - len(text[end:].lstrip(" \t"))
    if text[line:start].strip(" \t"):
        return start, end if text[stop : stop + 1] in "\r\n}]/" else stop
    if text.startswith("\r\n", stop):
        return line, stop + 2
    if text.startswith("\n", stop):
        return line, stop + 1
    return start, stop


def _indent_at(text: str, position: int) -> str:
    """Return the whitespace at the beginning of the line that contains `position`."""
    line = text[text.rfind("\n", 0, position) + 1 : position].removeprefix("\ufeff")
    return line[: len(line) - len(line.lstrip(" \t"))]


def _render(document: Document, value: JSON, indent: str) -> str:
    if not isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    lines = json.dumps(value, ensure_ascii=False, indent=document.unit).split("\n")
    return (document.newline + indent).join(lines)


def _apply(text: str, edits: Iterable[Edit]) -> str:
    """Apply edits. Edits at the same position keep their order."""
    pieces, position = [], 0
    for start, end, new in sorted(edits, key=lambda edit: edit[0]):
        pieces += [text[position:start], new]
        position = end
    return "".join([*pieces, text[position:]])
