"""Differences between texts, as hunks of lines that can be rendered as HTML."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from ...messages import JSON, JSONObject
from ..content import Hunk
from .sanitizer import reveal_html

CONTEXT = 3

MAX_LINES = 4000
"""Maximum number of lines. Longer texts are shown as a single replacement."""

MAX_PAIRS = 200_000
"""Maximum number of pairs of equal lines. Texts above it are shown as a single replacement."""

MAX_CHANGED_PAIRS = 20_000
"""Maximum number of pairs of equal lines between the first and the last difference."""

_WORD = re.compile(r"\w+|\s+|[^\w\s]")
_KINDS = {"+": "cn-ins", "-": "cn-del"}
_SIGNS = {"+": "+", "-": "−"}


def hunks_of_patch(patch: object) -> tuple[Hunk, ...]:
    """Return the hunks of the `structuredPatch` in a tool's record; () if it has none."""
    if not isinstance(patch, list):
        return ()
    return tuple(_hunk(entry) for entry in patch if isinstance(entry, dict))


def _hunk(entry: JSONObject) -> Hunk:
    lines = entry.get("lines")
    return Hunk(
        _number(entry.get("oldStart")),
        _number(entry.get("newStart")),
        tuple(str(line) for line in lines) if isinstance(lines, list) else (),
    )


def _number(value: JSON) -> int:
    return value if isinstance(value, int) else 1


def hunks_between(old: str, new: str) -> tuple[Hunk, ...]:
    """Return the hunks that turn one text into another, with three lines of context."""
    before, after = old.splitlines(), new.splitlines()
    if not _is_cheap(before, after):
        return (Hunk(1, 1, (*(f"-{x}" for x in before), *(f"+{x}" for x in after))),)
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    return tuple(
        Hunk(group[0][1] + 1, group[0][3] + 1, tuple(_lines(group, before, after)))
        for group in matcher.get_grouped_opcodes(CONTEXT)
    )


def _is_cheap(before: list[str], after: list[str]) -> bool:
    """Return whether difflib, which is cubic in the worst case, compares these lines quickly."""
    if len(before) + len(after) > MAX_LINES:
        return False
    if _count_pairs(before, after) > MAX_PAIRS:
        return False
    begin = _common_length(before, after)
    old_tail, new_tail = before[begin:], after[begin:]
    end = _common_length(old_tail[::-1], new_tail[::-1])
    changed = _count_pairs(old_tail[: len(old_tail) - end], new_tail[: len(new_tail) - end])
    return changed <= MAX_CHANGED_PAIRS


def _count_pairs(before: list[str], after: list[str]) -> int:
    """Count the pairs of equal lines, each of which difflib visits repeatedly."""
    counts = Counter(after)
    return sum(counts[line] for line in before)


def _common_length(before: list[str], after: list[str]) -> int:
    """Return the number of leading lines that the two texts have in common."""
    pairs = enumerate(zip(before, after, strict=False))
    different = (number for number, (old, new) in pairs if old != new)
    return next(different, min(len(before), len(after)))


def _lines(
    group: Sequence[tuple[str, int, int, int, int]], before: list[str], after: list[str]
) -> Iterator[str]:
    for tag, a, b, c, d in group:
        if tag == "equal":
            yield from (" " + line for line in before[a:b])
        else:
            yield from ("-" + line for line in before[a:b])
            yield from ("+" + line for line in after[c:d])


def added(text: str) -> tuple[Hunk, ...]:
    """Return a single hunk that adds the text."""
    return (Hunk(1, 1, tuple("+" + line for line in text.splitlines())),) if text else ()


def counts(hunks: Sequence[Hunk]) -> tuple[int, int]:
    """Count added and removed lines."""
    lines = [line[:1] for hunk in hunks for line in hunk.lines]
    return lines.count("+"), lines.count("-")


def format_change(hunks: Sequence[Hunk]) -> str:
    """Summarize hunks for a title: "+12 −3"."""
    plus, minus = counts(hunks)
    return " ".join(
        part for part in (f"+{plus}" if plus else "", f"−{minus}" if minus else "") if part
    )


def unified(hunks: Sequence[Hunk]) -> str:
    """Format hunks as a unified diff without a header."""
    out = []
    for hunk in hunks:
        old = sum(line[:1] != "+" for line in hunk.lines)
        new = sum(line[:1] != "-" for line in hunk.lines)
        out.append(f"@@ -{hunk.old_start},{old} +{hunk.new_start},{new} @@")
        out += hunk.lines
    return "\n".join(out)


def diff_html(hunks: Sequence[Hunk]) -> str:
    """Render hunks as a table with line numbers, without sanitizing it."""
    rows: list[str] = []
    for number, hunk in enumerate(hunks):
        if number:
            rows.append('<tr class="cn-hunk"><td></td><td></td><td>⋯</td></tr>')
        rows += _rows(hunk)
    return (
        f'<div class="cn-wrap"><table class="cn-diff"><tbody>{"".join(rows)}</tbody></table></div>'
    )


def diff_lines_html(hunks: Sequence[Hunk]) -> str:
    """Render hunks as preformatted lines that are readable without styles. Does not sanitize."""
    width = max((len(str(h.new_start + len(h.lines))) for h in hunks), default=1)
    lines: list[str] = []
    for number, hunk in enumerate(hunks):
        if number:
            lines.append('<div class="cn-hunk"> ⋯</div>')
        for kind, left, right, sign, body in _numbered(hunk):
            head = f"{left:>{width}} {right:>{width}} {sign} "
            lines.append(f"<div{kind}>{head}{body}</div>")
    return f'<pre class="cn-diff">{"".join(lines)}</pre>'


def _rows(hunk: Hunk) -> Iterator[str]:
    for kind, left, right, sign, body in _numbered(hunk):
        numbers = f'<td class="cn-num">{left}</td><td class="cn-num">{right}</td>'
        yield f"<tr{kind}>{numbers}<td>{sign} {body}</td></tr>"


def _numbered(hunk: Hunk) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield each line's class, two line numbers, sign, and text as HTML."""
    old, new = hunk.old_start, hunk.new_start
    words = _changed_words(hunk.lines)
    for i, line in enumerate(hunk.lines):
        sign = line[:1]
        left = "" if sign in ("+", "\\") else str(old)
        right = "" if sign in ("-", "\\") else str(new)
        kind = f' class="{_KINDS[sign]}"' if sign in _KINDS else ""
        body = words.get(i) or reveal_html(line[1:])
        yield kind, left, right, _SIGNS.get(sign, " "), body
        old, new = old + bool(left), new + bool(right)


def _changed_words(lines: Sequence[str]) -> dict[int, str]:
    """Return the HTML of partly changed lines by index, with the changed words marked."""
    marked: dict[int, str] = {}
    for first, count in _pairs(lines):
        for i in range(first, first + count):
            both = _marked_pair(lines[i][1:], lines[i + count][1:])
            if both is not None:
                marked[i], marked[i + count] = both
    return marked


def _pairs(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield (index, n) for each run of n removed lines followed by n added lines."""
    signs = "".join(line[:1] or " " for line in lines)
    for match in re.finditer(r"(-+)(\++)", signs):
        if len(match[1]) == len(match[2]) <= 40:
            yield match.start(), len(match[1])


def _marked_pair(old: str, new: str) -> tuple[str, str] | None:
    if max(len(old), len(new)) > 300:
        return None
    a, b = _WORD.findall(old), _WORD.findall(new)
    matcher = difflib.SequenceMatcher(None, a, b, autojunk=False)
    if matcher.ratio() < 0.5:
        return None
    left, right = [], []
    for tag, i, j, k, m in matcher.get_opcodes():
        left.append(_word("".join(a[i:j]), tag, "cn-del-word"))
        right.append(_word("".join(b[k:m]), tag, "cn-ins-word"))
    return "".join(left), "".join(right)


def _word(text: str, tag: str, kind: str) -> str:
    html = reveal_html(text)
    return html if tag == "equal" or not text else f'<span class="{kind}">{html}</span>'
