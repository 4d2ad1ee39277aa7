"""Canonical form of HTML, to compare the meaning of two Markdown renderings."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_VOID = {"br", "hr", "img", "input"}
_DROPPED = {"div", "span", "section", "thead", "tbody", "del"}
_RENAMED = {"b": "strong", "i": "em", "del": "s"}
_BLOCKS = {
    *("p", "ul", "ol", "li", "blockquote", "pre", "hr", "table", "tr", "th", "td"),
    *("h1", "h2", "h3", "h4", "h5", "h6"),
}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.skipped = 0
        self.pre = 0
        self.links: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        results = {name: value or "" for name, value in attrs}
        kinds = results.get("class", "").split()
        if self.skipped or {"cn-label", "cn-muted"} & {*kinds}:
            self.skipped += tag not in _VOID
            return
        tag = _RENAMED.get(tag, tag)
        if tag == "pre":
            self.pre += 1
        if tag == "input":
            self.out.append("☑" if "checked" in results else "☐")
        elif tag == "img":
            self.out.append(f"IMAGE {results.get('alt', '').strip() or 'image'}")
        elif tag == "a":
            self._link(results.get("href", ""), "cn-remote" in kinds)
        elif tag not in _DROPPED:
            align = results.get("align", "")
            self.out.append(f"<{tag}{' ' + align if align else ''}>")

    def _link(self, url: str, remote: bool) -> None:
        output = bool(re.match(r"(https?|mailto):", url, re.IGNORECASE)) and not remote
        self.links.append(output)
        if output:
            self.out.append(f"<a {url.replace('%5B', '[').replace('%5D', ']')}>")

    def handle_endtag(self, tag: str) -> None:
        if self.skipped:
            self.skipped -= 1
            return
        tag = _RENAMED.get(tag, tag)
        if tag == "pre":
            self.pre -= 1
        if tag == "a":
            if self.links and self.links.pop():
                self.out.append("</a>")
        elif tag not in _DROPPED and tag not in _VOID:
            self.out.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self.skipped:
            self.out.append(data if self.pre else re.sub(r"\s+", " ", data))


def canonical(html: str) -> str:
    """Return the significant tags and text of HTML."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    text = "".join(reader.out).replace("▨ ", "IMAGE ")
    text = re.sub(r"(IMAGE [^<]*?) +(?=<|$)", r"\1", text)
    while (
        flat := re.sub(
            r"<strong>([^<]*|(?:(?!<strong>).)*?)<strong>(.*?)</strong>(.*?)</strong>",
            r"<strong>\1\2\3</strong>",
            text,
        )
    ) != text:
        text = flat
    text = re.sub(r"\s*</code></pre>", "</code></pre>", text)
    blocks = "|".join(sorted(_BLOCKS))
    text = re.sub(rf"\s*(</?(?:{blocks})(?: \w+)?>)", r"\1", text)
    text = (
        re.sub(rf"(</?(?:{blocks})(?: \w+)?>)[ \n]*", r"\1", text) if "<pre>" not in text else text
    )
    return re.sub(r" *<br> *", "<br>", text).strip()
