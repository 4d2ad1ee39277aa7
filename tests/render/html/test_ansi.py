import re

import pytest
from hypothesis import given, strategies as st
from safety import hostile_problems, text_of, violations

from claude_notebook.render.html import ansi
from claude_notebook.render.html.sanitizer import clean_output


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("plain", "plain"),
        ("\x1b[31mred\x1b[0m plain", '<span class="cn-fg1">red</span> plain'),
        ("\x1b[1;4;92mx\x1b[22my", '<span class="cn-bold cn-underline cn-fg10">x</span>'
         '<span class="cn-underline cn-fg10">y</span>'),
        ("\x1b[44;97mx\x1b[49;39my", '<span class="cn-fg15 cn-bg4">x</span>y'),
        ("\x1b[7mx\x1b[27my", '<span class="cn-fg0 cn-bg7">x</span>y'),
        ("\x1b[38;5;9mx", '<span class="cn-fg9">x</span>'),
        ("\x1b[38;5;196mx", '<span style="color:#ff3333">x</span>'),
        ("\x1b[48;5;240mx", '<span style="color:#ffffff;background-color:#585858">x</span>'),
        ("\x1b[38;2;1;2;255mx", '<span style="color:#8080ff">x</span>'),
        ("\x1b[38:5:9mx", '<span class="cn-fg9">x</span>'),
        ("\x1b[mx", "x"),
        ("\x1b[2Jcleared\x1b[1;1H", "cleared"),
        ("\x1b]0;title\x07x", "x"),
        ("\x1b]8;;http://a\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("50%\r100%\n", "100%\n"),
        ("end\r\n", 'end<span class="cn-ctl">⟨CR⟩</span>\n'),
        ("a\x08b", 'a<span class="cn-ctl">⟨BS⟩</span>b'),
        ("\x1b[31m<b>", '<span class="cn-fg1">&lt;b&gt;</span>'),
        ("\x1b[38;5mx\x1b[38;2;1mz", "xz"),
        ("\x1b", '<span class="cn-ctl">⟨ESC⟩</span>'),
    ],
)  # fmt: skip
def test_golden(text, html):
    assert ansi.ansi_html(text) == html


def test_colors_are_noticed():
    assert ansi.has_color("a\x1b[31mb")
    assert not ansi.has_color("a\x1b[1mb\x1b[31m")


def test_plain_text_has_no_escapes():
    assert ansi.plain("\x1b[31mred\x1b[0m\x1b[K") == "red"


@given(st.text())
def test_text_without_escapes_is_unchanged(text):
    text = re.sub(r"[\x1b\r]", "", text)
    assert ansi.plain(text) == text


@given(st.lists(st.one_of(st.sampled_from(("\x1b[", "\x1b]", "m", ";", "38;5;", "2;", "1", "\r", "\x07")), st.text(max_size=3))).map("".join))  # fmt: skip  # noqa: E501  one strategy
def test_ansi_html_accepts_arbitrary_text(text):
    assert violations(clean_output(f"<pre>{ansi.ansi_html(text)}</pre>")) == []


def test_terminal_output_of_hostile_text_is_safe():
    def check(text):
        html = clean_output(f"<pre>{ansi.ansi_html(text)}</pre>")
        yield from violations(html)
        if "<script" in text_of(html) and "<script" not in text:
            yield "the text gained a script"

    assert hostile_problems(check) == []
