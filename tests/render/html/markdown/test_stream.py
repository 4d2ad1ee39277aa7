import re
from pathlib import Path

import pytest
from canonical import canonical
from hypothesis import given, settings, strategies as st
from safety import text_of, violations
from xss import ALL

from claude_notebook.render.html.markdown.block_boundaries import LIST_CHARS, boundaries
from claude_notebook.render.html.markdown.engine import markdown_to_html
from claude_notebook.render.html.markdown.stream import CODE_LINES, TAIL_CHARS, MarkdownStream

CORPUS = sorted((Path(__file__).parents[2] / "corpus").glob("*.md"))
TEXTS = [path.read_text(encoding="utf-8") for path in CORPUS]


def blocks_of(pieces, *, tails=False):
    """Return the blocks of a text that arrives in pieces, taken after each piece."""
    stream, blocks = MarkdownStream(), []
    for piece in pieces:
        stream.feed(piece)
        blocks += stream.take()
        if tails:
            assert violations(stream.tail) == []
    return blocks + stream.finish()


def pieces_of(text, sizes):
    """Split a text into pieces of these sizes, repeated."""
    position = turn = 0
    while position < len(text):
        size = sizes[turn % len(sizes)]
        yield text[position : position + size]
        position, turn = position + size, turn + 1


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
@pytest.mark.parametrize("sizes", [(1,), (7,), (50,), (3, 80, 1)])
def test_stream_blocks_are_independent_of_chunking(path, sizes):
    text = path.read_text(encoding="utf-8")
    assert blocks_of(pieces_of(text, sizes), tails=sizes != (1,)) == blocks_of([text])


MARKS = st.sampled_from(
    (
        *("\n", "\n\n", "- ", "1. ", "> ", "```\n", "~~~", "    ", "#", "| a |\n|---|\n", "$$\n"),
        *("\\[\n", "---\n", "===\n", "**", "`", "[a]: b\n", "[^1]: c\n", "<div>\n", "</div>"),
        *(
            "<!--",
            "-->",
            "\t",
            "<details>\n\n",
            "</details>\n\n",
            "> [!NOTE]\n",
            "x",
            "word ",
            "  ",
            "\r\n",
            "☃",
            "```py\nx\n```\n",
        ),
    )
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.one_of(MARKS, st.sampled_from(TEXTS)), max_size=12).map("".join),
    st.lists(st.integers(1, 60), min_size=1, max_size=6),
)
def test_streamed_in_any_pieces_is_rendered_at_once(text, sizes):
    assert blocks_of(pieces_of(text, sizes)) == blocks_of([text])


# Files that need the whole text, or whose blocks are split on purpose.
CROSS = {"14_links", "16_footnotes", "25_long_code"}


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_stream_blocks_join_to_document(path):
    text = path.read_text(encoding="utf-8")
    joined = "".join(blocks_of(pieces_of(text, (50,))))
    whole = markdown_to_html(text)
    if path.stem in CROSS:
        words = re.compile(r"\w+")
        assert set(words.findall(text_of(joined))) >= set(words.findall(text_of(whole))) - {
            "1",
            "2",
        }
    else:
        assert canonical(joined) == canonical(whole)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
@pytest.mark.parametrize("sizes", [(5,), (3, 80, 1)])
@pytest.mark.parametrize("ended", [True, False], ids=["ended", "open"])
def test_stream_document_equals_full_rendering(path, sizes, ended):
    """The document joins split blocks and includes the open one."""
    stream = MarkdownStream()
    for piece in pieces_of(path.read_text(encoding="utf-8"), sizes):
        stream.feed(piece)
        stream.take()
    if ended:
        stream.finish()
    assert canonical(stream.document()) == canonical(markdown_to_html(stream.text))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(MARKS, st.text(max_size=5)), max_size=14).map("".join))
def test_boundaries_are_final(text):
    """Later text does not move the boundaries found in complete lines."""
    lines = text.splitlines(keepends=True)
    whole = "".join(lines[:-1])
    result = boundaries(whole)
    longer = boundaries(whole + "x\n\n- y\n\n# z\n")
    assert longer[: len(result)] == result


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.one_of(st.sampled_from(ALL), MARKS), max_size=6).map("".join), st.integers(1, 40)
)
def test_stream_blocks_of_hostile_text_are_safe(text, size):
    for block in blocks_of(pieces_of(text, (size,)), tails=True):
        assert violations(block) == []


def test_stream_emits_each_block_once_when_finished():
    stream = MarkdownStream()
    stream.feed("One *par")
    assert stream.take() == []
    assert "One *par" in stream.tail
    stream.feed("agraph*.\n\nTwo")
    assert stream.take() == ["<p>One <em>paragraph</em>.</p>\n"]
    assert stream.take() == []
    assert stream.tail == "<p>Two</p>\n"
    assert stream.finish() == ["<p>Two</p>\n"]
    assert stream.tail == ""


def test_stream_holds_possible_setext_heading():
    stream = MarkdownStream()
    stream.feed("Title\n")
    assert stream.take() == []
    stream.feed("-")
    assert stream.take() == []
    stream.feed("--\n")
    assert stream.take() == ["<h2>Title</h2>\n"]


def test_stream_tail_closes_open_fence():
    stream = MarkdownStream()
    stream.feed("```python\ndef f():\n    ret")
    assert stream.take() == []
    assert '<span class="k">def</span>' in stream.tail
    assert stream.tail.count("<pre>") == stream.tail.count("</pre>") == 1


def test_stream_splits_long_fence():
    lines = [f"x{n} = {n}" for n in range(CODE_LINES * 3 + 5)]
    blocks = blocks_of(pieces_of("```python\n" + "\n".join(lines) + "\n```\nEnd.\n", (50,)))
    assert [block.count("cn-more") for block in blocks] == [0, 1, 1, 1, 0]
    assert blocks[0].count("cn-label") == 1
    assert all("cn-label" not in block for block in blocks[1:])
    code = "\n".join(text_of(block).removeprefix("python").strip("\n") for block in blocks[:-1])
    assert code == "\n".join(lines)


def test_stream_splits_long_list():
    items = [f"- item number {n} with some words in it" for n in range(200)]
    blocks = blocks_of(pieces_of("\n".join(items) + "\n\nEnd.\n", (50,)))
    assert len(blocks) > 3
    assert blocks[1].startswith('<ul class="cn-more">')
    assert all(len(text_of(block)) < LIST_CHARS + 200 for block in blocks)
    assert sum(block.count("<li>") for block in blocks) == 200


def test_stream_continues_numbers_of_split_list():
    items = [f"{n}. item number {n} with some words in it" for n in range(1, 101)]
    blocks = blocks_of(["\n".join(items)])
    starts = [int(m[1]) for block in blocks if (m := re.search(r'start="(\d+)"', block))]
    assert len(starts) == len(blocks) - 1
    first = [int(re.search(r"item number (\d+)", text_of(block))[1]) for block in blocks[1:]]
    assert starts == first


def test_stream_tail_of_long_block_is_short():
    stream = MarkdownStream()
    stream.feed("word " * 5000)
    stream.take()
    assert len(text_of(stream.tail)) <= TAIL_CHARS + 10
    table = "| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 2000
    stream = MarkdownStream()
    stream.feed(table)
    stream.take()
    assert stream.tail.startswith('<div class="cn-wrap"><table')
    assert stream.tail.count("<tr>") < 1000
    assert stream.finish()[0].count("<tr>") == 2001


def test_stream_uses_known_references():
    blocks = blocks_of(["[a]: https://example.com\n\nSee [a].\n\nAnd [a] again.\n"])
    assert [block.count('href="https://example.com"') for block in blocks] == [1, 1]


def test_stream_keeps_formula_together():
    text = "$$\na\n- b\n= c\n\\\\\n# d\n$$\n\nEnd.\n"
    blocks = blocks_of(pieces_of(text, (1,)))
    assert len(blocks) == 2
    assert "cn-math-block" in blocks[0]


def test_text_is_kept_as_it_came():
    stream = MarkdownStream()
    for piece in ("a\r\n", "", "b", "\n\nc"):
        stream.feed(piece)
        stream.take()
    assert stream.text == "a\r\nb\n\nc"
    assert stream.finished_text == "a\r\nb\n"
    stream.finish()
    assert stream.finished_text == stream.text


@pytest.mark.parametrize("text", ["a\r\n\r\nb\r\n", "\r\r0\n", "```py\r\nx = 1\r\n```\r\nend\r\n"])
def test_other_ends_of_lines(text):
    assert blocks_of(pieces_of(text, (1,))) == blocks_of([text])
    assert "⟨CR⟩" not in "".join(blocks_of([text]))
    assert canonical("".join(blocks_of([text]))) == canonical(markdown_to_html(text))


def test_details_stay_together_up_to_a_size():
    text = "<details>\n<summary>More</summary>\n\nA.\n\n```\nx\n```\n\n- b\n\n</details>\n\nC.\n"
    blocks = blocks_of(pieces_of(text, (5,)))
    assert len(blocks) == 2
    assert blocks[0].index("<summary>") < blocks[0].index("<li>b") < blocks[0].index("</details>")
    endless = "<details>\n\n" + "word word word\n\n" * 3000
    blocks = blocks_of(pieces_of(endless, (999,)))
    assert blocks == blocks_of([endless])
    assert len(blocks) > 1000
