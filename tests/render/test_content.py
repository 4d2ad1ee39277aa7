import pytest
from gallery import png
from hypothesis import given, strategies as st
from safety import hostile_violations, text_of, violations

from claude_notebook.render.content import (
    Hunk,
    Piece,
    count_lines,
    image_piece,
    json_piece,
)
from claude_notebook.render.html.parts import BUILDERS, part
from claude_notebook.render.truncation import MAX_CHARS, MAX_LINES, MAX_ROWS, truncate


@pytest.mark.parametrize(
    ("piece", "lines", "note"),
    [
        (Piece("output", "x\n" * 5000), MAX_LINES, f"cut: {MAX_LINES} of 5000 lines"),
        (Piece("text", "x" * 100_000), 1, "cut: 40,000 of 100,000 characters"),
        (Piece("output", "a\nb\nc"), 3, ""),
        (Piece("output", "a\nb\n", note="exit code 1"), 2, "exit code 1"),
        (Piece("table", rows=(("a",),) * 1000), MAX_ROWS, "cut: 199 of 999 rows"),
        (Piece("diff", hunks=(Hunk(1, 1, ("+x",) * 300),) * 3), 400, "cut: 400 of 900 lines"),
        (Piece("output", ""), 0, ""),
    ],
)
def test_cut_truncates_large_pieces_and_notes_it(piece, lines, note):
    made = part(piece)
    assert (made.lines, made.note) == (lines, note)
    assert len(made.html) < 200_000


def test_cut_keeps_the_beginning():
    short = truncate(Piece("output", "".join(f"{n}\n" for n in range(1000))))
    assert short.text.startswith("0\n1\n")
    assert short.text.endswith("399")
    assert len(truncate(Piece("code", "y" * MAX_CHARS * 2)).text) == MAX_CHARS


def test_part_numbers_code_lines():
    html = part(Piece("code", "a = 1\nb = 2\n", language="python", first_line=9)).html
    assert '<td class="cn-num"><pre>9\n10</pre></td>' in html
    assert '<span class="n">b</span>' in html


def test_part_gives_colored_output_a_background():
    assert 'class="cn-output cn-ansi"' in part(Piece("output", "\x1b[31mx\x1b[0m")).html
    assert 'class="cn-output"' in part(Piece("output", "\x1b[1mx\x1b[0m")).html


def test_part_embeds_images_as_data():
    made = part(image_piece({"type": "base64", "media_type": "image/png", "data": png(4, 4)}))
    assert made.type == "image"
    assert made.html.startswith('<img class="cn-image" src="data:image/png;base64,iVBOR')
    assert violations(made.html) == []


@pytest.mark.parametrize(
    "source",
    [
        {"type": "base64", "media_type": "image/svg+xml", "data": "PHN2Zz4="},
        {"type": "base64", "media_type": "text/html", "data": "PHN2Zz4="},
        {"type": "base64", "media_type": "image/png", "data": '"><script>'},
        {"type": "base64", "media_type": "image/png", "data": ""},
        {"type": "url", "url": "https://evil.invalid/x.png"},
        {},
        None,
        3,
    ],
)
def test_image_piece_falls_back_to_text(source):
    made = part(image_piece(source))
    assert made.type == "text"
    assert "not shown" in text_of(made.html)
    assert violations(made.html) == []


def test_json_piece_is_indented_and_highlighted():
    made = part(json_piece({"a": [1, None], "ä": "x"}, label="arguments"))
    assert made.label == "arguments"
    assert text_of(made.html).strip().splitlines()[0] == "{"
    assert "ä" in made.html


@pytest.mark.parametrize("kind", [kind for kind in BUILDERS if kind != "image"])
def test_part_of_hostile_text_is_safe(kind):
    def render(text):
        piece = Piece(
            kind,
            text,
            label=text,
            note=text,
            language=text[:20],
            rows=((text, "b"), (text, text)),
            hunks=(Hunk(1, 1, (f"+{text}",)),),
        )
        return [part(piece).html]

    assert hostile_violations(render) == []


@given(st.text(), st.sampled_from(sorted(BUILDERS)))
def test_count_lines_matches_visible_lines(text, kind):
    piece = Piece(kind, text)
    assert 0 <= count_lines(piece) <= text.count("\n") + 1
