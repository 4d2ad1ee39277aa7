"""HTML in Markdown: harmless tags are kept without attributes, and all others become text."""

from __future__ import annotations

import re

from ..sanitizer import escape, reveal, safe_link

MAX_DEPTH = 100
"""Maximum nesting depth of tags, because sanitizers take quadratic time for deep nesting."""

_TAG = re.compile(
    r"<!--(?P<comment>)|<(?P<close>/?)(?P<name>[A-Za-z][A-Za-z0-9-]*)"
    r"(?P<attrs>(?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>",
)
_ATTR = re.compile(r"(?<![A-Za-z-])([A-Za-z-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_BARE = frozenset(
    (
        *("abbr", "b", "blockquote", "br", "caption", "center", "cite", "code", "dd", "del"),
        *("details", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i"),
        *("ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "samp", "small", "span"),
        *("strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead"),
        *("tr", "u", "ul", "var"),
    )
)
# These are empty, or end implicitly where the next element of the same kind begins.
_FLAT = frozenset(
    ("br", "caption", "dd", "dt", "hr", "li", "p", "tbody", "td", "tfoot", "th", "thead", "tr")
)


class RawHTML:
    """Rewrites one document's HTML, in document order."""

    def __init__(self) -> None:
        self._depth = 0

    def html(self, text: str) -> str:
        """Return the text with its harmless tags, and with everything else escaped."""
        out: list[str] = []
        position = 0
        unclosed = False  # there is no end for any later comment either
        while match := _TAG.search(text, position):
            start, end = match.span()
            if match["comment"] is not None:
                close = -1 if unclosed else text.find("-->", end)
                unclosed, html = close < 0, "" if close >= 0 else "&lt;!--"
                end = close + 3 if close >= 0 else end
            else:
                html = self._tag(match)
            out += (_stray(text[position:start]), html)
            position = end
        return "".join(out) + _stray(text[position:])

    def _tag(self, match: re.Match[str]) -> str:
        name, closing = match["name"].lower(), match["close"]
        if name == "img" and not closing:
            known = _attributes(match["attrs"])
            return image_html(known.get("src", ""), known.get("alt", ""))
        if not self._allows(name, closing):
            return escape(match[0])
        if name == "a":
            return "</a>" if closing else _link(match["attrs"])
        opened = " open" if name == "details" and re.search(r"\bopen\b", match["attrs"]) else ""
        return f"<{closing}{name}{'' if closing else opened}>"

    def _allows(self, name: str, closing: str) -> bool:
        """Update the depth, and return whether the tag is kept."""
        if name != "a" and name not in _BARE:
            return False
        if name in _FLAT:
            return True
        if closing:
            self._depth = max(0, self._depth - 1)
            return True
        if self._depth >= MAX_DEPTH:
            return False
        self._depth += 1
        return True


def raw_html(text: str) -> str:
    """Rewrite the HTML of a whole document."""
    return RawHTML().html(text)


def _stray(text: str) -> str:
    return text.replace("<", "&lt;").replace(">", "&gt;")


def _attributes(text: str) -> dict[str, str]:
    return {name.lower(): a or b or c for name, a, b, c in _ATTR.findall(text)}


def _link(attrs: str) -> str:
    url = safe_link(_attributes(attrs).get("href", ""))
    return f'<a href="{escape(url)}">' if url else "<a>"


def image_html(url: str, alt: str) -> str:
    """Render a remote image as a link, because loading it would identify the reader."""
    safe = safe_link(url)
    name = escape(alt or "image")
    if safe is None or safe.startswith("mailto:"):
        where = f'<span class="cn-muted"> ({escape(reveal(url[:200]))})</span>'
        return f'<span class="cn-image">▨ {name}{where}</span>'
    return f'<a class="cn-remote" href="{escape(safe)}">▨ {name}</a>'
