"""The table of functions that render each type of piece as safe HTML."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..content import Piece, count_lines
from ..model import Part, PartType
from ..truncation import chunk_of, describe_remainder, truncate
from .ansi import ansi_html, has_color
from .diff import diff_html
from .highlighter import code_html, spans
from .markdown.engine import markdown_to_html
from .sanitizer import (
    clean,
    clean_image,
    clean_output,
    escape,
    reveal,
    reveal_html,
)


def _code(piece: Piece) -> str:
    if not piece.first_line:
        return clean(code_html(piece.text.rstrip("\n"), piece.language, label=""))
    return clean(_numbered(piece))


def _numbered(piece: Piece) -> str:
    """Render code next to its line numbers, which are not copied along with a selection."""
    code = piece.text.rstrip("\n")
    last = piece.first_line + code.count("\n")
    numbers = "\n".join(str(n) for n in range(piece.first_line, last + 1))
    return (
        '<div class="highlight cn-code"><table class="cn-plain"><tbody><tr>'
        f'<td class="cn-num"><pre>{numbers}</pre></td>'
        f"<td><pre><code>{spans(code, piece.language)}</code></pre></td></tr></tbody></table></div>"
    )


def _output(piece: Piece) -> str:
    text = piece.text.rstrip("\n")
    kind = "cn-output cn-ansi" if has_color(text) else "cn-output"
    return clean_output(f'<pre class="{kind}">{ansi_html(text)}</pre>')


def _diff(piece: Piece) -> str:
    return clean(diff_html(piece.hunks))


def _markdown(piece: Piece) -> str:
    return markdown_to_html(piece.text)


def _image(piece: Piece) -> str:
    source = f"data:{piece.media_type};base64,{piece.text}"
    return clean_image(f'<img class="cn-image" src="{escape(source)}" alt="{escape(piece.label)}">')


def _json(piece: Piece) -> str:
    return clean(code_html(piece.text, "json", label=""))


def _text(piece: Piece) -> str:
    return clean(f'<div class="cn-plain">{reveal_html(piece.text)}</div>')


def _head(cell: str) -> str:
    return f'<th scope="col">{escape(reveal(cell))}</th>' if cell.strip() else "<td></td>"


def _table(piece: Piece) -> str:
    head, *body = piece.rows or ((),)
    titles = "".join(_head(cell) for cell in head)
    rows = "".join(
        "<tr>" + "".join(f"<td>{reveal_html(cell)}</td>" for cell in row) + "</tr>" for row in body
    )
    top = f"<thead><tr>{titles}</tr></thead>" if any(head) else ""
    return clean(
        f'<div class="cn-wrap"><table class="cn-table">{top}<tbody>{rows}</tbody></table></div>'
    )


BUILDERS: dict[PartType, Callable[[Piece], str]] = {
    "code": _code,
    "output": _output,
    "diff": _diff,
    "markdown": _markdown,
    "image": _image,
    "json": _json,
    "table": _table,
    "text": _text,
}


def part(piece: Piece) -> Part:
    """Render a piece as safe HTML, truncated to a size that a page can display."""
    short = truncate(piece)
    return Part(
        type=short.type,
        html=BUILDERS[short.type](short),
        label=short.label,
        lines=count_lines(short),
        note=short.note,
        more=describe_remainder(piece, short),
    )


def more_part(piece: Piece, number: int) -> Part | None:
    """Render a chunk of a truncated piece.

    :param number: the number of the chunk, starting at 0.
    :returns: None if the piece has no such chunk
    """
    chunk = chunk_of(piece, number)
    return None if chunk is None else replace(part(chunk.piece), more=chunk.left)
