"""Rules for rendering Markdown tokens as HTML, including math and raw HTML."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from markdown_it.token import Token

from ..highlighter import code_html, language_of
from ..sanitizer import escape, safe_link
from .bounded_rules import bound_rules
from .raw_html import RawHTML, image_html
from .tex import is_plain_formula

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_core import StateCore
    from markdown_it.rules_inline import StateInline
    from markdown_it.utils import EnvType, OptionsDict

Rule = Callable[["RendererHTML", Sequence[Token], int, "OptionsDict", "EnvType"], str]

# --- render rules -----------------------------------------------------------------------------


def _fence(
    self: RendererHTML, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType
) -> str:
    return code_html(tokens[i].content.rstrip("\n"), language_of(tokens[i].info))


def _image(
    self: RendererHTML, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType
) -> str:
    token = tokens[i]
    alt = self.renderInlineAsText(token.children or [], options, env)
    if token.meta.get("in_link"):  # links cannot be nested
        return f'<span class="cn-image">▨ {escape(alt or "image")}</span>'
    return image_html(str(token.attrs.get("src", "")), alt)


def _html(
    self: RendererHTML, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType
) -> str:
    reader = env.setdefault("raw_html", RawHTML())
    return str(reader.html(tokens[i].content))


def _link_open(
    self: RendererHTML, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType
) -> str:
    url = safe_link(str(tokens[i].attrs.get("href", "")))
    title = tokens[i].attrs.get("title")
    tooltip = f' title="{escape(str(title))}"' if title else ""
    return f'<a href="{escape(url)}"{tooltip}>' if url else f"<a{tooltip}>"


def _tex(tag: str, kind: str, left: str, tex: str, right: str) -> str:
    formula = escape(tex.strip())
    if not is_plain_formula(tex):
        return f"<code>{formula}</code>"
    classes = f"{kind} mathjax_process tex2jax_process"
    return f'<{tag} class="{classes}">{left}{formula}{right}</{tag}>'


def _math(
    self: RendererHTML, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType
) -> str:
    return _tex("span", "cn-math", "\\(", tokens[i].content, "\\)")


def _math_display(
    self: RendererHTML, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType
) -> str:
    return _tex("span", "cn-math", "\\[", tokens[i].content, "\\]")


def _math_block(
    self: RendererHTML, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType
) -> str:
    return _tex("div", "cn-math-block", "\\[", tokens[i].content, "\\]") + "\n"


def _cell_open(
    self: RendererHTML, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType
) -> str:
    align = str(tokens[i].attrs.get("style", "")).rpartition(":")[2]
    return f'<{tokens[i].tag} align="{align}">' if align else f"<{tokens[i].tag}>"


def _alert_open(
    self: RendererHTML, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType
) -> str:
    return f'<div class="cn-alert cn-alert-{tokens[i].info.lower()}">\n'


_ALERT_ICONS = {
    "note": "ℹ\ufe0e",
    "tip": "✦",
    "important": "❖",
    "warning": "⚠\ufe0e",
    "caution": "✖",
}


def _alert_title_open(
    self: RendererHTML, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType
) -> str:
    icon = _ALERT_ICONS.get(tokens[i + 1].content.lower(), "ℹ\ufe0e")
    return f'<p class="cn-alert-title">{icon} '


def _footnote_ref(
    self: RendererHTML, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType
) -> str:
    number = tokens[i].meta.get("id")
    name = tokens[i].meta.get("label", "") if number is None else str(number + 1)
    return f"<sup>[{escape(name)}]</sup>"


def _list_item_open(
    self: RendererHTML, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType
) -> str:
    return '<li class="cn-task">' if "checked" in tokens[i].meta else "<li>"


def _long_text_note(
    self: RendererHTML, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType
) -> str:
    size = tokens[i].content
    return f'<span class="cn-muted">[{size} characters, shown as plain text]</span> '


def _constant(html: str) -> Rule:
    def rule(
        self: RendererHTML, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType
    ) -> str:
        return html

    return rule


def _footnote_label(
    self: RendererHTML, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType
) -> str:
    label = escape(str(tokens[i].meta.get("label", "")))
    return f'<div class="cn-footnote"><sup>[{label}]</sup> '


RULES: dict[str, Rule] = {
    "fence": _fence,
    "code_block": _fence,
    "image": _image,
    "html_inline": _html,
    "html_block": _html,
    "link_open": _link_open,
    "math_inline": _math,
    "math_inline_double": _math_display,
    "math_block": _math_block,
    "th_open": _cell_open,
    "td_open": _cell_open,
    "table_open": _constant('<div class="cn-wrap"><table class="cn-table">\n'),
    "table_close": _constant("</table></div>\n"),
    "alert_open": _alert_open,
    "alert_title_open": _alert_title_open,
    "bullet_list_open": _constant("<ul>\n"),
    "list_item_open": _list_item_open,
    "task_box": lambda self, tokens, i, options, env: tokens[i].content,
    "long_text_note": _long_text_note,
    "footnote_ref": _footnote_ref,
    "footnote_anchor": _constant(""),
    "footnote_block_open": _constant('<div class="cn-footnote">\n<ol>\n'),
    "footnote_block_close": _constant("</ol>\n</div>\n"),
    "footnote_open": _constant("<li>"),
    "footnote_close": _constant("</li>\n"),
    "footnote_reference_open": _footnote_label,
    "footnote_reference_close": _constant("</div>\n"),
}


# --- parser rules -----------------------------------------------------------------------------


def task_boxes(state: StateCore) -> None:
    """Add a check mark to each task item's text, because form controls are not allowed."""
    for i, token in enumerate(state.tokens):
        if token.type == "list_item_open" and "checked" in token.meta:
            _add_box(state.tokens[i + 1 : i + 3], checked=bool(token.meta["checked"]))


def _add_box(following: Sequence[Token], *, checked: bool) -> None:
    box = Token("task_box", "", 0)
    box.content = f'<span class="cn-box">{"☑" if checked else "☐"}</span> '
    for token in following:
        if token.type == "inline":
            token.children = [box, *(token.children or [])]
            return


MAX_INLINE_FORMULA = 2000
"""An inline formula longer than this is shown as text."""

_TEX = re.compile(r"[=^_<>]|\\[A-Za-z]")
_BRACKETS = {"(": (r"\)", "math_inline"), "[": (r"\]", "math_inline_double")}


def bracket_math(state: StateInline, silent: bool) -> bool:
    r"""Parse `\(x\)` and `\[x\]` inside a line."""
    start = state.pos
    if state.src[start] != "\\" or state.src[start + 1 : start + 2] not in _BRACKETS:
        return False
    close, kind = _BRACKETS[state.src[start + 1]]
    end = state.src.find(close, start + 2, min(state.posMax, start + MAX_INLINE_FORMULA))
    text = state.src[start + 2 : end] if end > 0 else ""
    # An escaped bracket may also be a plain bracket, so square ones must contain a TeX character.
    if not text.strip() or (close == r"\]" and not _TEX.search(text)):
        return False
    if not silent:
        state.push(kind, "math", 0).content = text
    state.pos = end + 2
    return True


_DOLLAR = re.compile(
    r"""(?<![\w$\\])(?:
        \$\$(?P<display>[^$]+)\$\$ |
        \$(?P<inline>(?![\s$])(?:\\.|[^$\\]){1,1000}?)(?<!\s)\$(?![\w$])
    )""",
    re.VERBOSE | re.DOTALL,
)
# A number, followed by words without any character that indicates a formula.
_MONEY = re.compile(r"\d[\d.,]*[kKmMbB]?\s[^=^_\\+*/<>{}]*")


def dollar_math(state: StateInline, silent: bool) -> bool:
    """Parse `$x$` and `$$x$$` inside a line, but not prices. "$5 and 10$" remains text."""
    if state.src[state.pos] != "$":
        return False
    match = _DOLLAR.match(state.src, state.pos, state.posMax)
    if match is None or _MONEY.fullmatch(match["inline"] or ""):
        return False
    if not silent:
        kind = "math_inline" if match["inline"] else "math_inline_double"
        state.push(kind, "math", 0).content = match["inline"] or match["display"]
    state.pos = match.end()
    return True


MAX_FORMULA_LINES = 500
"""A formula with more lines than this is shown as text."""

_FORMULA_MARKS = {"$$": "$$", "\\[": "\\]"}


def math_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    r"""Parse `$$ ... $$` and `\[ ... \]` on separate lines, if there is no blank line inside."""
    if state.is_code_block(start):
        return False
    close = _FORMULA_MARKS.get(_line(state, start)[:2])
    if close is None:
        return False
    lines: list[str] = []
    for line in range(start, min(end, start + MAX_FORMULA_LINES)):
        text = _line(state, line)
        if not text.strip() or state.sCount[line] < state.blkIndent:
            return False
        lines.append(text)
        if close in (text if lines[1:] else text[2:]):
            block = "\n".join(lines)
            is_closed = block.rstrip().endswith(close)
            return is_closed and _push_math(state, start, line, block, silent)
    return False


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def _push_math(state: StateBlock, first: int, last: int, text: str, silent: bool) -> bool:
    formula = text.strip()[2:-2].strip()
    if not formula or any(mark in formula for mark in _FORMULA_MARKS.values()):
        return False
    if not silent:
        token = state.push("math_block", "math", 0)
        token.content, token.block, token.map = formula, True, [first, last + 1]
        state.line = last + 1
    return True


_FOOTNOTE = re.compile(r"\[\^(\w{1,30})\](?![:(\[])")


def live_footnote(state: StateInline, silent: bool) -> bool:
    """Parse `[^label]` even if the footnote's text has not arrived yet."""
    match = _FOOTNOTE.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        state.push("footnote_ref", "", 0).meta = {"label": match[1]}
    state.pos = match.end()
    return True


def add_rules(md: MarkdownIt) -> None:
    """Add the rendering rules and the math rules to the parser."""
    md.inline.ruler.before("escape", "bracket_math", bracket_math)
    md.inline.ruler.before("escape", "dollar_math", dollar_math)
    md.block.ruler.before("fence", "math_block", math_block)
    md.core.ruler.push("task_boxes", task_boxes)
    bound_rules(md)
    for name, rule in RULES.items():
        md.add_render_rule(name, rule)
