"""Incremental Markdown: finished blocks are rendered once, and the open block repeatedly.

Blocks depend on the text alone, and never on the pieces in which it arrived. A block is finished
when the next one has begun, or when no later text can change it. An open fence is emitted a few
lines at a time, and a long list a few items at a time, so that a long block costs no more than a
short one. The full rendering at the end joins the parts again.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from markdown_it.utils import EnvType

from ..highlighter import code_html, language_of
from ..sanitizer import CHUNK, clean
from .block_boundaries import Boundary, boundaries
from .engine import (
    MAX_DOCUMENT,
    PLAIN_CHUNK,
    Engine,
    block_to_html,
    document_fragments,
    long_text_note,
    markdown_fragments,
    plain_fragments,
    tokens_to_html,
)

CODE_LINES = 24
"""The number of lines after which part of an open fence is emitted."""

TAIL_CHARS = 4000
"""The number of characters shown from the end of an open block until the block is finished."""

_WINDOW = 2048
_LONG_BLOCK = 16_384
_STEP = 32_768
_FENCE = re.compile(
    r"(?:[ \t\r]*\n)*(?P<indent> {0,3})(?P<mark>`{3,}(?=[^\n`]*\n)|~{3,}(?!~))(?P<info>[^\n]*)\n"
)
_TABLE_RULE = re.compile(r"[ \t]*(?:\|[ \t]*)?:?-[-:| \t]*\n")


@dataclass
class _Fence:
    """An open code fence.

    :param more: whether part of it has already been emitted.
    """

    start: int
    mark: str
    indent: int
    language: str
    more: bool = False

    def closes(self, line: str) -> bool:
        """Test for a line that closes the fence."""
        mark = line.strip(" \t\r")
        indent = len(line) - len(line.lstrip(" "))
        return indent <= 3 and len(mark) >= len(self.mark) and not mark.strip(self.mark[0])

    def html(self, code: str) -> str:
        """Render lines of the fence as safe HTML."""
        code = code.replace("\r\n", "\n")
        if self.indent:
            code = re.sub(rf"^ {{1,{self.indent}}}", "", code, flags=re.MULTILINE)
        return clean(code_html(code, self.language, more=self.more))


class _Done(NamedTuple):
    """An emitted range of the text. `html` is None if it was split into several blocks."""

    start: int
    end: int
    html: str | None


class MarkdownStream:
    """A converter of growing text to blocks of safe HTML."""

    def __init__(self, engine: Engine = "markdown-it") -> None:
        self._engine: Engine = engine
        self._env: EnvType = {}
        self._source: list[str] = []
        self._new: list[str] = []
        self._open = ""
        self._scanned = 0  # characters of `_open` that have been searched
        self._known: deque[Boundary] = deque()  # ends of blocks
        self._known_from = 0  # position in the text to which they are relative
        self._list_continues = False
        self._fence: _Fence | None = None
        self._finished_chars = 0
        self._cut_chars = 0
        self._done: list[_Done] = []
        self._tail: str | None = ""
        self._fed = 0  # characters
        self._overflow: list[str] = []  # text beyond the maximum size of a document
        self._overflow_chars = 0
        self._is_full = False  # the overflow has begun

    @property
    def text(self) -> str:
        """The text so far."""
        if len(self._source) > 1:
            self._source = ["".join(self._source)]
        return self._source[0] if self._source else ""

    @property
    def finished_text(self) -> str:
        """The Markdown of the emitted blocks, without an open fence."""
        return self.text[: self._finished_chars]

    def feed(self, text: str) -> None:
        """Add text. Nothing is rendered yet."""
        if not text:
            return
        self._source.append(text)
        room = max(0, MAX_DOCUMENT - self._fed)
        self._fed += len(text)
        if room:
            self._new.append(text[:room])
        if len(text) > room:
            self._overflow.append(text[room:])
            self._overflow_chars += len(text) - room

    def take(self) -> list[str]:
        """Return the finished blocks that have not been returned yet."""
        blocks = self._take_document()
        if not self._overflow:
            return blocks
        if not self._is_full:
            self._is_full = True
            blocks += [*self._end_document(), long_text_note(self._fed)]
        return blocks + self._take_overflow(PLAIN_CHUNK)

    def _take_overflow(self, least: int) -> list[str]:
        """Return the plain text up to its last line end, once it has `least` characters."""
        if self._overflow_chars < max(1, least):
            return []
        text = "".join(self._overflow)
        end = (text.rfind("\n") + 1 or len(text)) if least else len(text)
        self._overflow = [text[end:]]
        self._overflow_chars = len(text) - end
        self._finished_chars = self._fed - self._overflow_chars
        return list(plain_fragments(text[:end]))

    def _take_document(self) -> list[str]:
        if not self._new:
            return []
        text = "".join(self._new)
        self._new.clear()
        self._tail = None
        blocks: list[str] = []
        # Finished blocks are cut off the open text one by one, so the open text must stay short.
        for start in range(0, len(text), _STEP):
            self._open += text[start : start + _STEP]
            blocks += self._finished()
        return blocks

    def finish(self) -> list[str]:
        """Return the last blocks. No text may be fed afterwards."""
        blocks = self.take()
        return blocks + (self._take_overflow(0) if self._is_full else self._end_document())

    def _end_document(self) -> list[str]:
        blocks: list[str] = []
        if self._open and not self._open.endswith("\n"):
            self._open += "\n"
            blocks += self._finished()
        fence = self._fence
        if fence is None:
            html = self._block(Boundary(len(self._open)))
        else:
            html = self._end_of(fence, self._cut(len(self._open)))
        self._tail, self._finished_chars = "", self._cut_chars
        return [*blocks, html] if html.strip() else blocks

    def document(self) -> str:
        """Render the whole text as safe HTML, joining split blocks."""
        return "".join(self.fragments())

    def fragments(self) -> Iterator[str]:
        """Render the whole text as `document` does, but in fragments that are each complete.

        A text of ordinary size becomes a single fragment. Blocks that were emitted whole are not
        rendered again, because a placeholder paragraph marks their position.
        """
        if self._engine != "markdown-it":
            yield from markdown_fragments(self.text, self._engine)
            return
        yield from self._document_fragments(self.text[:MAX_DOCUMENT])
        if self._fed > MAX_DOCUMENT:
            yield long_text_note(self._fed)
            yield from plain_fragments(self.text[MAX_DOCUMENT:])

    def _document_fragments(self, text: str) -> Iterator[str]:
        # Text that arrives later may define a footnote or a reference.
        open_ends = "[^" in text or "]:" in self._open or self._env.get("references")
        mark = _unused_marker(text)
        source: list[str] = []
        kept: list[list[str]] = []
        known = 0
        for start, end, html in self._done:
            if html is None or (open_ends and "[" in text[start:end]):
                continue
            if start > known or not kept:
                source += [text[known:start], f"\n\n{mark}{len(kept)}.\n\n"]
                kept.append([])
            kept[-1].append(html)
            known = end
        marked = re.compile(rf"<p>{mark}(\d+)\.</p>\n?")
        for html in document_fragments("".join((*source, text[known:]))):
            yield from _filled(html, marked, kept)

    def passages(self) -> Iterator[str]:
        """Yield the text in pieces that end at block boundaries, so that each keeps its meaning."""
        text, known = self.text[:MAX_DOCUMENT], 0
        for start, end, _ in self._done:
            yield text[known:start]
            yield text[start:end]
            known = end
        yield text[known:]

    @property
    def tail(self) -> str:
        """The open block as HTML. It is valid until `feed` or `take` is called again."""
        if self._tail is None:
            self._tail = self._render_tail()
        return self._tail

    def _render_tail(self) -> str:
        text = _shortened(self._open)
        if self._fence is not None:
            return self._fence.html(text.removesuffix("\n"))
        if not text.strip():
            return ""
        env = {**self._env, "references": dict(self._env.get("references", {}))}
        return block_to_html(text, env, self._engine)

    def _finished(self) -> list[str]:
        blocks: list[str] = []
        while True:
            html = self._next_of_fence(self._fence) if self._fence else self._next_block()
            if self._fence is None:
                self._finished_chars = self._cut_chars
            if html is None:
                return blocks
            if html.strip():
                blocks.append(html)

    def _block(self, boundary: Boundary) -> str:
        start, text = self._cut_chars, self._cut(boundary.end)
        html = self._block_html(boundary, text) if text.strip() else ""
        if self._list_continues:
            html = re.sub(r"\A<(ul|ol)\b", r'<\1 class="cn-more"', html)
        elif not boundary.more:
            self._done.append(_Done(start, self._cut_chars, html))
        self._list_continues = boundary.more
        return html

    def _block_html(self, boundary: Boundary, text: str) -> str:
        if boundary.tokens is not None and self._engine == "markdown-it":
            return tokens_to_html(text, boundary.tokens, self._env)
        return block_to_html(text, self._env, self._engine)

    def _cut(self, end: int) -> str:
        piece, self._open = self._open[:end], self._open[end:]
        self._cut_chars += end
        self._scanned = 0
        return piece

    def _next_block(self) -> str | None:
        if self._known:
            known = self._known.popleft()
            return self._block(replace(known, end=known.end + self._known_from - self._cut_chars))
        fence = _FENCE.match(self._open) if self._engine != "text" else None
        if fence is not None:
            language = language_of(fence["info"])
            self._fence = _Fence(self._cut_chars, fence["mark"], len(fence["indent"]), language)
            self._cut(fence.end())
            return ""
        self._search(self._open.rfind("\n") + 1)
        return "" if self._known else None

    def _search(self, complete: int) -> None:
        """Search the first `complete` characters of the open text for the ends of blocks."""
        # A long open block is searched again only after it has grown in proportion, so that the
        # total cost is linear.
        share = 3 if self._scanned < _LONG_BLOCK else 1
        due = self._scanned + (self._scanned >> share if self._scanned > _WINDOW else 0)
        # The part that was searched before does not contain the end of a block.
        end = self._scanned if complete > due else complete
        while end < complete and not self._known:
            end = self._open.find("\n", max(_WINDOW, end * 2), complete) + 1 or complete
            self._known = deque(boundaries(self._open[:end]))
            self._known_from = self._cut_chars
            self._scanned = complete

    def _next_of_fence(self, fence: _Fence) -> str | None:
        position, lines = self._scanned, self._open.count("\n", 0, self._scanned)
        while (newline := self._open.find("\n", position)) >= 0:
            if fence.closes(self._open[position:newline]):
                return self._end_of(fence, self._cut(newline + 1)[:position])
            position, lines = newline + 1, lines + 1
            if lines >= CODE_LINES:
                html = fence.html(self._cut(position).removesuffix("\n"))
                fence.more = True
                return html
        self._scanned = position
        return None

    def _end_of(self, fence: _Fence, code: str) -> str:
        """Close a fence and render its last lines."""
        self._fence = None
        html = fence.html(code.removesuffix("\n")) if code or not fence.more else ""
        if not fence.more:
            self._done.append(_Done(fence.start, self._cut_chars, html))
        return html


def _filled(html: str, marked: re.Pattern[str], kept: list[list[str]]) -> Iterator[str]:
    """Replace the placeholders with their blocks, and join short fragments."""
    parts = marked.split(html)
    held: list[str] = []
    size = 0
    for number, part in enumerate(parts):
        for block in kept[int(part)] if number % 2 else [part]:
            if size + len(block) > CHUNK and held:
                yield "".join(held)
                held, size = [], 0
            held.append(block)
            size += len(block)
    yield "".join(held)


def _unused_marker(text: str) -> str:
    """Return a marker that does not occur in the text."""
    longest = max(map(len, re.findall("\ue000\ue001*", text)), default=0)
    return "\ue000" + "\ue001" * longest


def _shortened(text: str) -> str:
    """Return the end of a long open block, including the header if it is a table."""
    if len(text) <= TAIL_CHARS:
        return text
    start = text.find("\n", len(text) - TAIL_CHARS) + 1
    if not 0 < start < len(text):
        return "… " + text[-TAIL_CHARS:]
    return (_table_head(text) or "…\n") + text[start:]


def _table_head(text: str) -> str:
    """Return the first two lines if they begin a table, or "" otherwise."""
    first = text.find("\n") + 1
    rule = _TABLE_RULE.match(text, first) if "|" in text[:first] else None
    return text[: rule.end()] if rule is not None else ""
