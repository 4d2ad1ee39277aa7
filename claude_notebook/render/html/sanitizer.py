"""Safe HTML: escaping, links, hidden characters, and the sanitizer.

Text from a model or a tool is treated as hostile. It is escaped or rewritten tag by tag when it is
converted to HTML, and all HTML passes through `clean` afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from html import escape as _escape
from urllib.parse import urlsplit

import nh3
from pygments.token import STANDARD_TYPES


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


CLASSES = _words(
    """
    cn-alert cn-alert-caution cn-alert-important cn-alert-note cn-alert-tip cn-alert-warning
    cn-alert-title cn-ansi cn-box cn-code cn-ctl cn-cut cn-del cn-del-word cn-diff cn-footnote
    cn-hunk cn-image cn-ins cn-ins-word cn-key cn-label cn-math cn-math-block cn-mermaid cn-more
    cn-muted cn-num cn-output cn-plain cn-prose cn-remote cn-table cn-task cn-wrap highlight
    mathjax_ignore mathjax_process tex2jax_ignore tex2jax_process
    """
)
"""Classes in the package's HTML, in addition to those of Pygments and the ANSI classes."""

_TAGS = _words(
    """
    a abbr b blockquote br caption cite code col colgroup dd del details div dl dt em figcaption
    figure h1 h2 h3 h4 h5 h6 hr i ins kbd li mark ol p pre q s samp section small span strong sub
    summary sup table tbody td tfoot th thead tr u ul var
    """
)
_ATTRIBUTES: dict[str, set[str]] = {
    "a": {"href", "title"},
    "details": {"open"},
    "ol": {"start"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan", "scope"},
}
# None of these can contain a URL or move an element out of place.
_LAYOUT = _words(
    """
    background-color border border-bottom border-collapse border-left border-radius border-right
    border-spacing border-top color cursor display font-family font-size font-style font-weight
    line-height list-style-type margin margin-bottom margin-left margin-right margin-top max-height
    max-width opacity overflow overflow-wrap overflow-x padding padding-bottom padding-left
    padding-right padding-top text-align text-decoration unicode-bidi vertical-align white-space
    width
    """
)
_COLORS = _words("color background-color")
LINK_SCHEMES = _words("http https mailto")


def escape(text: str) -> str:
    """Escape text for use between tags or in a quoted attribute."""
    return in_chunks(_escape, text)


def safe_link(url: str) -> str | None:
    """Return the URL if its scheme is http, https or mailto; None otherwise."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return None
    if parts.scheme.lower() not in LINK_SCHEMES:
        return None
    if parts.scheme.lower() != "mailto" and not parts.netloc:
        return None
    return url.strip()


@cache
def _classes() -> dict[str, set[str]]:
    pygments = {name for name in STANDARD_TYPES.values() if name}
    ansi = {f"cn-{layer}{n}" for layer in ("fg", "bg") for n in range(16)}
    styles = {f"cn-{name}" for name in ("bold", "dim", "italic", "underline", "strike")}
    spans = {*CLASSES, *pygments, *ansi, *styles}
    return {tag: (spans if tag == "span" else set(CLASSES)) for tag in (*_TAGS, "img")}


@cache
def _cleaner(*, images: bool = False, styled: frozenset[str] | None = None) -> nh3.Cleaner:
    """Build a sanitizer.

    :param styled: style properties that are allowed on any tag.
    """
    tags = {*_TAGS, "img"} if images else set(_TAGS)
    attributes = {tag: set(names) for tag, names in _ATTRIBUTES.items()}
    if images:
        attributes["img"] = {"src", "alt"}
    for tag in tags if styled else ():
        attributes.setdefault(tag, set()).update(("style", "tabindex"))
    return nh3.Cleaner(
        tags=tags,
        attributes=attributes,
        allowed_classes=_classes(),
        url_schemes={*LINK_SCHEMES, "data"} if images else set(LINK_SCHEMES),
        url_relative="deny",
        link_rel="noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        filter_style_properties=set(styled) if styled else None,
        attribute_filter=_filter_attribute if images or styled else None,
    )


# Only lengths, numbers, names and rgba() are allowed, and no other functions or escapes.
_SAFE_STYLE = re.compile(r"(?:[-\w.%#,:; ]|rgba\([\d., ]+\))*")
_DATA_IMAGE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+")


@lru_cache(maxsize=1024)
def _filter_style(value: str) -> str | None:
    return value if _SAFE_STYLE.fullmatch(value) else None


def _filter_attribute(tag: str, name: str, value: str) -> str | None:
    if name == "style":
        return _filter_style(value)
    if name == "tabindex":
        return value if value == "0" else None
    if name == "href":
        return safe_link(value)
    if name == "src":
        return value if _DATA_IMAGE.fullmatch(value) else None
    return value


CHUNK = 250_000
"""Maximum number of characters per call into C, because such a call blocks all other threads."""


def in_chunks(change: Callable[[str], str], text: str) -> str:
    """Apply a function that works on single characters to a text, chunk by chunk."""
    if len(text) <= CHUNK:
        return change(text)
    return "".join(map(change, chunks(text)))


def chunks(text: str, size: int = CHUNK) -> Iterator[str]:
    """Split a text into chunks, after line endings where possible."""
    start = 0
    while len(text) - start > size:
        newline = text.rfind("\n", start, start + size)
        end = newline + 1 if newline >= start else start + size
        start, begin = end, start
        yield text[begin:end]
    yield text[start:]


_TEXT = 16_000
"""Longer text without a tag is cleaned in pieces, as the time per reference grows with length."""


def _cleaned(cleaner: nh3.Cleaner, html: str) -> str:
    if len(html) > _TEXT and "<" not in html:
        return "".join(_cleaned_at_once(cleaner, piece) for piece in _text_pieces(html))
    return _cleaned_at_once(cleaner, html)


def _text_pieces(text: str) -> Iterator[str]:
    """Split a text before a reference, so that each piece has the same meaning on its own."""
    start = 0
    while (end := text.find("&", start + _TEXT)) >= 0:
        yield text[start:end]
        start = end
    yield text[start:]


def _cleaned_at_once(cleaner: nh3.Cleaner, html: str) -> str:
    try:
        return cleaner.clean(html)
    except UnicodeEncodeError:  # a lone surrogate
        return cleaner.clean(html.encode("utf-8", errors="replace").decode("utf-8"))


def clean(html: str) -> str:
    """Sanitize HTML, keeping known tags and classes, and links to http, https and mail addresses.

    Styles and images are removed.
    """
    return _cleaned(_cleaner(), html)


def clean_output(html: str) -> str:
    """Sanitize terminal output as `clean` does, but keep literal colors."""
    return _cleaned(_cleaner(styled=_COLORS), html)


def clean_image(html: str) -> str:
    """Sanitize HTML as `clean` does, but keep images with data URLs."""
    return _cleaned(_cleaner(images=True), html)


def clean_static(html: str) -> str:
    """Sanitize a saved fragment as `clean` does, but keep images and styles without positioning."""
    return _cleaned(_cleaner(images=True, styled=_LAYOUT), html)


# C0 and C1 controls except tab and newline; soft hyphen; Arabic letter mark; Hangul fillers; zero
# width, direction marks and overrides; invisible operators; misplaced variation selectors; tags.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_EMOJI = "\u2190-\u2bff\u3030\u303d\u3297\u3299\ufe0f\U0001f000-\U0001faff"
_JOINED = re.compile(f"(?<=[{_EMOJI}])\u200d(?=[{_EMOJI}])")
_NAMES = {"\x1b": "ESC", "\x00": "NUL", "\x07": "BEL", "\x08": "BS", "\r": "CR", "\x7f": "DEL"}
_KEPT = "\ue000"


def _name(match: re.Match[str]) -> str:
    char = match[0]
    return f"⟨{_NAMES.get(char) or f'U+{ord(char):04X}'}⟩"


def reveal(text: str) -> str:
    """Show characters that hide or reorder others, in the form ⟨U+202E⟩.

    Commands, paths and code must look like their actual content. Joiners inside emoji are kept.
    """
    return in_chunks(_reveal, text)


def _reveal(text: str) -> str:
    if not _HIDDEN.search(text):
        return text
    if "\u200d" not in text or _KEPT in text:
        return _HIDDEN.sub(_name, text)
    return _HIDDEN.sub(_name, _JOINED.sub(_KEPT, text)).replace(_KEPT, "\u200d")


_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def reveal_controls(text: str) -> str:
    """Show only the characters that a terminal acts on, so that prose is kept in any script."""
    return in_chunks(lambda chunk: _CONTROLS.sub(_name, chunk), text)


def reveal_html(text: str) -> str:
    """Escape a text for HTML, marking the characters that `reveal` shows."""
    return in_chunks(_reveal_html, text)


def _reveal_html(text: str) -> str:
    html = _escape(_reveal(text))  # the text is already a chunk
    if "⟨" not in html:
        return html
    return re.sub(r"⟨(?:ESC|NUL|BEL|BS|CR|DEL|U\+[0-9A-F]{4,6})⟩", _mark, html)


def _mark(match: re.Match[str]) -> str:
    return f'<span class="cn-ctl">{match[0]}</span>'


def one_line(text: str, limit: int = 120) -> str:
    """Return the text as a title.

    Hidden characters are shown, whitespace is collapsed, and the length is limited.
    """
    folded = " ".join(reveal(text[: limit * 4]).split())
    return folded if len(folded) <= limit else folded[: limit - 1].rstrip() + "…"
