import dataclasses
import re

import pytest
from hypothesis import given, settings, strategies as st
from safety import text_of, violations

from claude_notebook.messages import AssistantMessage, ToolResultBlock, ToolUseBlock, UserMessage
from claude_notebook.render.content import Hunk, Piece
from claude_notebook.render.html.diff import unified
from claude_notebook.render.html.parts import more_part, part
from claude_notebook.render.output.page import KEPT_CHARS, turn_html
from claude_notebook.render.truncation import (
    CHUNK_CHARS,
    CHUNK_LINES,
    CHUNK_ROWS,
    chunk_of,
    truncate,
)
from claude_notebook.render.view.options import ViewOptions
from claude_notebook.render.view.reducer import view_of


def chunks(piece):
    """Return all chunks of the truncated part."""
    results, number = [], 0
    while (chunk := chunk_of(piece, number)) is not None:
        results.append(chunk)
        number += 1
    return results


LINES = "".join(f"line {n}\n" for n in range(5000))


def test_chunks_complete_truncated_text():
    piece = Piece("output", LINES)
    result = chunks(piece)
    assert "".join([truncate(piece).text + "\n", *(chunk.piece.text for chunk in result)]) == LINES
    assert [chunk.left for chunk in result] == ["2,600 more lines", "600 more lines", ""]
    assert part(piece).more == "4,600 more lines"
    assert more_part(piece, 0).html.count("line ") == CHUNK_LINES
    assert more_part(piece, 3) is None
    assert more_part(piece, -1) is None


def test_chunks_split_long_line():
    piece = Piece("text", "x" * 200_000)
    assert part(piece).more == "160,000 more characters"
    assert [len(chunk.piece.text) for chunk in chunks(piece)] == [CHUNK_CHARS, CHUNK_CHARS, 40_000]


def test_chunks_continue_line_numbers():
    piece = Piece("code", "a = 1\n" * 3000, language="python", first_line=11)
    html = more_part(piece, 0).html
    assert '<td class="cn-num"><pre>411\n412' in html
    assert more_part(piece, 1).html.count("2411") == 1


def test_chunks_repeat_table_header():
    piece = Piece("table", rows=(("n",), *((str(n),) for n in range(2500))))
    first, last = chunks(piece)[0], chunks(piece)[-1]
    assert first.piece.rows[0] == ("n",)
    assert first.piece.rows[1] == (truncate(piece).rows[-1][0].replace("198", "199"),)
    assert len(first.piece.rows) == CHUNK_ROWS + 1
    assert last.piece.rows[-1] == ("2499",)
    assert part(piece).more == "2,301 more rows"


def test_chunks_continue_diff_numbers():
    lines = tuple(f"{sign}{n}" for n in range(200) for sign in "-+ ")
    piece = Piece("diff", hunks=(Hunk(1, 1, lines), Hunk(900, 900, lines)))
    (chunk,) = chunks(piece)
    assert chunk.left == ""
    first, second = chunk.piece.hunks
    assert second == piece.hunks[1]
    before = lines[:400]
    assert first.old_start == 1 + sum(line[0] != "+" for line in before)
    assert first.new_start == 1 + sum(line[0] != "-" for line in before)
    assert (
        unified(truncate(piece).hunks).count("\n") + unified(chunk.piece.hunks).count("\n") >= 1198
    )


@pytest.mark.parametrize(
    "piece",
    [
        Piece("output", "short"),
        Piece("output", LINES, whole=True),
        Piece("image", "AAAA" * 90_000),
        Piece("table", rows=(("a",),)),
    ],
)
def test_complete_piece_has_no_chunks(piece):
    assert part(piece).more == ""
    assert chunk_of(piece, 0) is None


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["", "x", "y" * 900, "z" * 70_000]), max_size=900))
def test_chunks_neither_lose_nor_repeat_text(lines):
    piece = Piece("output", "\n".join(lines))
    output = truncate(piece).text
    result = chunks(piece)
    rest = "".join(chunk.piece.text for chunk in result)
    assert piece.text in (output + rest, f"{output}\n{rest}")
    assert all(len(chunk.piece.text) <= CHUNK_CHARS for chunk in result)
    last = len(result) - 1
    assert [bool(chunk.left) for chunk in result] == [n < last for n in range(len(result))]


def conversation(text):
    return [
        AssistantMessage([ToolUseBlock("t", "Bash", {"command": "seq 5000"})]),
        UserMessage([ToolResultBlock("t", text, False)]),
    ]


def test_view_returns_chunks():
    view = view_of(conversation(LINES))
    (panel,) = view.panels
    assert panel.result[0].more == "4,600 more lines"
    assert "line 400\n" in text_of(view.more(panel.id, "result", 0, 0).html)
    assert view.more(panel.id, "result", 0, 2).more == ""
    for address in ((panel.id, "result", 1, 0), (panel.id, "input", 0, 0), (panel.id, "x", -1, 0),
                    ("none", "result", 0, 0), (panel.id, "result", 0, 9)):  # fmt: skip
        assert view.more(*address) is None


def test_saved_form_notes_truncation():
    view = view_of(conversation(LINES))
    view.mark = "cn-turn-1"
    html = turn_html(view)
    assert html.startswith('<div class="cn-prose mathjax_ignore tex2jax_ignore cn-turn-1"')
    assert html.count('class="cn-cut"') == 1
    assert "… 4,600 more lines, not saved in the notebook" in text_of(html)
    assert "cut: 400 of 5000 lines" in text_of(html)
    assert "line 399" in html
    assert "line 400" not in html
    assert len(html) < 20_000


def test_saved_form_keeps_moderate_remainder():
    html = turn_html(view_of(conversation("".join(f"line {n}\n" for n in range(900)))))
    assert violations(html) == []
    assert re.search(r"<summary[^>]*>500 more lines</summary>", html)
    assert html.count("<details") == html.count("</details>") == 2
    assert [f"line {n}" in html for n in (0, 399, 400, 898)] == [True] * 4
    # The page looks up the addresses of its buttons; this test needs none.
    assert re.findall(r'<div class="cn-cut"[^>]*>(.*?)</div>', html) == [""]


def test_saved_form_bounds_kept_content():
    item = "".join(f"{n} {'x' * 40}\n" for n in range(900))
    messages = [
        message
        for number in range(9)
        for message in (
            AssistantMessage([ToolUseBlock(f"t{number}", "Bash", {"command": "x"})]),
            UserMessage([ToolResultBlock(f"t{number}", item, False)]),
        )
    ]
    html = turn_html(view_of(messages))
    kept = KEPT_CHARS // len(item)
    assert 0 < kept < 9
    assert html.count("500 more lines</summary>") == kept
    assert html.count("… 500 more lines, not saved in the notebook") == 9 - kept
    assert html.count('class="cn-cut"') == 9


def test_saved_form_keeps_remainder_of_diff():
    value = {"file_path": "a.py", "old_string": "", "new_string": "x\n" * 700}
    messages = [
        AssistantMessage([ToolUseBlock("t", "Edit", value)]),
        UserMessage([ToolResultBlock("t", "ok", False)]),
    ]
    html = turn_html(view_of(messages))
    assert "300 more lines</summary>" in html
    assert html.count('class="cn-ins"') == 700
    assert "701" not in text_of(html)


def test_hostile_text_stays_harmless_in_a_chunk():
    bad = "<script>alert(1)</script>\x1b[31m<img src=x onerror=alert(1)>\n"
    view = view_of(conversation(bad * 1000))
    assert violations(view.more(view.panels[0].id, "result", 0, 0).html) == []


def test_option_whole_disables_truncation():
    view = view_of(conversation(LINES), options=ViewOptions(whole=True))
    (panel,) = view.panels
    assert (panel.result[0].more, panel.result[0].note) == ("", "")
    assert "line 4999" in turn_html(view)


def test_max_text_length_truncates_permanently():
    options = dataclasses.replace(ViewOptions(), max_text_length=10)
    (panel,) = view_of(conversation("0123456789abc"), options=options).panels
    assert panel.result[0].note == "cut: 10 of 13 characters"
    assert panel.result[0].more == ""
    assert "abc" not in panel.result[0].html
