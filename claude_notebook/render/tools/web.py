"""Builders for the tools that search the web and fetch pages."""

from __future__ import annotations

from urllib.parse import urlsplit

from ...messages.json_fields import Fields
from ..content import Piece
from ..html.sanitizer import one_line, reveal, safe_link
from .base import (
    Builder,
    Call,
    Outcome,
    ToolDisplay,
    content_pieces,
    failure,
    plural,
)


def fetch(call: Call, outcome: Outcome | None) -> ToolDisplay:
    """Show a fetched page, and the answer derived from it."""
    url = call.fields.text("url")
    title = f"{'Fetch' if outcome is None or outcome.is_error else 'Fetched'} {_host(url)}"
    if outcome is not None and (code := outcome.fields.whole("code")):
        title += f" · {code} {one_line(outcome.fields.text('codeText'), 30)}".rstrip()
    pieces = [Piece("text", url)] if url else []
    if prompt := call.fields.text("prompt"):
        pieces.append(Piece("text", prompt, label="prompt"))
    return ToolDisplay("web", title, tuple(pieces), _page(outcome))


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return one_line(url, 60)
    return one_line(f"{parts.netloc}{parts.path if len(parts.path) > 1 else ''}" or url, 60)


def _page(outcome: Outcome | None) -> tuple[Piece, ...]:
    if outcome is None:
        return ()
    if outcome.is_error:
        return failure(outcome)
    text = outcome.fields.text("result") or outcome.text
    return (Piece("markdown", text),) if text else ()


def search(call: Call, outcome: Outcome | None) -> ToolDisplay:
    """Show a web search, with its results as links."""
    query = one_line(call.fields.text("query"), 80)
    hits = _hits(outcome)
    title = f"Search the web for “{query}”"
    if outcome is not None and hits:
        title += f": {plural(len(hits), 'page')}"
    return ToolDisplay("web", title, (), _results(hits, outcome))


def _hits(outcome: Outcome | None) -> list[Fields]:
    if outcome is None:
        return []
    hits: list[Fields] = []
    for group in outcome.fields.items("results") or _content_list(outcome):
        nested = Fields(group).objects("content")
        hits += nested or ([Fields(group)] if isinstance(group, dict) else [])
    return [hit for hit in hits if safe_link(hit.text("url"))]


def _content_list(outcome: Outcome) -> list[object]:
    return list(outcome.content) if isinstance(outcome.content, list) else []


def _results(hits: list[Fields], outcome: Outcome | None) -> tuple[Piece, ...]:
    if outcome is None:
        return ()
    if not hits:
        return content_pieces(outcome)
    lines = [f"- [{_label(hit)}](<{_bare(hit.text('url'))}>)" for hit in hits[:50]]
    return (Piece("markdown", "\n".join(lines)),)


def _label(hit: Fields) -> str:
    text = one_line(hit.text("title") or hit.text("url"), 100)
    return "".join("\\" + char if char in "\\[]`*_<>$!&~" else char for char in text)


def _bare(url: str) -> str:
    return (
        reveal(url).replace("<", "%3C").replace(">", "%3E").replace("\n", "").replace("\\", "%5C")
    )


WEB_TOOLS: dict[str, Builder] = {
    "WebFetch": fetch,
    "WebSearch": search,
    "web_search": search,
    "web_fetch": fetch,
}
