"""Rules for HTML on the page, written independently of the code under test."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from html.parser import HTMLParser

from xss import ALL

TAGS = {
    *("a", "abbr", "b", "blockquote", "br", "caption", "cite", "code", "col", "colgroup", "dd"),
    *("del", "details", "div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4"),
    *("h5", "h6", "hr", "i", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "samp"),
    *("section", "small", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td"),
    *("tfoot", "th", "thead", "tr", "u", "ul", "var", "img"),
}
ATTRIBUTES = {
    *("class", "style", "title", "href", "rel", "target", "open", "start", "align", "scope"),
    *("colspan", "rowspan", "src", "alt", "lang"),
}
STYLE = re.compile(
    r"(?:(?:background-color|border(?:-[a-z]+)*|color|cursor|display|font-[a-z]+|line-height"
    r"|list-style-type|margin(?:-[a-z]+)?|max-height|max-width|opacity|overflow(?:-[a-z]+)?"
    r"|padding(?:-[a-z]+)?|text-align|text-decoration|unicode-bidi|vertical-align|white-space"
    r"|width)\s*:\s*[-#a-zA-Z0-9.,%() ]+;?)*"
)
IMAGE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]+")
LINK = re.compile(r"(?:https?://[^\s\"'<>]|mailto:)", re.IGNORECASE)


class _Inspector(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.text: list[str] = []
        self.depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self.found.append(f"tag {tag}")
        names = [name for name, _ in attrs]
        if len(names) != len({*names}):
            self.found.append(f"an attribute twice: {names}")
        for name, value in attrs:
            self._attribute(tag, name, value or "", dict(attrs))

    def _attribute(self, tag: str, name: str, value: str, all_of: dict) -> None:
        scrolls = (name, value) == ("tabindex", "0") and "auto" in (all_of.get("style") or "")
        if name not in ATTRIBUTES and not scrolls:
            self.found.append(f"attribute {name} of {tag}")
        if name == "href" and (
            not LINK.match(value) or "noopener" not in (all_of.get("rel") or "")
        ):
            self.found.append(f"link {value!r} {all_of}")
        if name == "src" and not (tag == "img" and IMAGE.fullmatch(value)):
            self.found.append(f"source {value[:60]!r}")
        if name == "style" and not STYLE.fullmatch(value):
            self.found.append(f"style {value!r}")
        if name == "class":
            self.found += [f"class {c}" for c in value.split() if not _our_class(c)]

    def handle_comment(self, data: str) -> None:
        self.found.append(f"comment {data!r}")

    def handle_decl(self, decl: str) -> None:
        self.found.append(f"declaration {decl!r}")

    def handle_pi(self, data: str) -> None:
        self.found.append(f"instruction {data!r}")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def _our_class(name: str) -> bool:
    ours = ("highlight", "mathjax_ignore", "mathjax_process", "tex2jax_ignore", "tex2jax_process")
    return name in ours or bool(re.fullmatch(r"cn-[a-z0-9-]+|[a-z][a-z0-9]{0,3}", name))


def violations(html: str) -> list[str]:
    """List the contents of `html` that break the rules; empty for safe HTML."""
    inspector = _Inspector()
    inspector.feed(html)
    inspector.close()
    return inspector.found


def text_of(html: str) -> str:
    """Return the text that a reader sees."""
    inspector = _Inspector()
    inspector.feed(html)
    inspector.close()
    return "".join(inspector.text)


def hostile_violations(
    render: Callable[[str], Iterable[str]], texts: Sequence[str] = ALL
) -> list[tuple[str, str]]:
    """Render every hostile text and collect all violations, each beside its text.

    :param render: returns the HTML fragments of one text; an exception counts as a violation.
    """
    return hostile_problems(
        lambda text: [result for html in render(text) for result in violations(html)], texts
    )


def hostile_problems(
    check: Callable[[str], Iterable[str]], texts: Sequence[str] = ALL
) -> list[tuple[str, str]]:
    """Check every hostile text and collect all problems, each beside its text.

    :param check: returns the problems of one text; an exception counts as one.
    """
    problems: list[tuple[str, str]] = []
    for text in texts:
        try:
            problems += [(text, problem) for problem in check(text)]
        except Exception as error:  # noqa: BLE001  the other texts are checked as well
            problems.append((text, repr(error)))
    return problems
