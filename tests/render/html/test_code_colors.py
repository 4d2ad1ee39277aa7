import pytest
from contrast import contrast, lonely_colors, parse_color, weakest
from safety import text_of, violations

from claude_notebook.render.html.code_colors import PALETTES
from claude_notebook.render.html.fragments import format_code_block, markdown_to_html

CODE = {
    "python": "@a\nclass B(C):\n    '''doc'''\n    def f(self, x=1.5):\n        # no\n"
    "        return f'{x!r}' in None or print(self.y)\n",
    "bash": 'set -e\nfor x in "$@"; do echo "${x}" | grep -c 1 > /dev/null; done # end\n',
    "diff": "--- a\n+++ b\n@@ -1 +1 @@\n-old\n+new\n",
    "html": '<a href="x" id=1>&amp;</a><!-- c -->\n',
    "json": '{"a": [1, true, null], "b": "c"}\n',
    "yaml": "a: &b [1, 'c']\nd: !e |\n  text\n",
    "sql": "SELECT count(*) FROM t WHERE a = 'b' -- c\n",
    "rust": 'fn main() { let x: u8 = 0xff; println!("{}", x); } // c\n',
    "javascript": "const a = /b+/g.test(`c${1}`) ?? undefined; // d\n",
    "console": "$ ls\nfile\n",
    "pytb": "Traceback (most recent call last):\n  File \"a\", line 1, in b\nKeyError: 'c'\n",
}


@pytest.mark.parametrize("dark", [False, True])
def test_palette_colors_have_enough_contrast(dark):
    palette = PALETTES[dark]
    ground = parse_color(palette.ground)[0]
    for name in ("", *palette.tokens):
        color = parse_color(palette.token(name))[0]
        assert contrast(color, ground) >= 4.5, name


@pytest.mark.parametrize("page", [("#ffffff", "#000000"), ("#111111", "#ffffff")])
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("language", CODE)
def test_code_can_be_read_on_white_and_on_black(language, dark, page):
    html = format_code_block(CODE[language], language, dark=dark)
    result, words = weakest(html, *page)
    assert result >= 4.5, words
    assert lonely_colors(html) == []
    assert text_of(html).strip().endswith(CODE[language].strip())


@pytest.mark.parametrize("dark", [False, True])
def test_tokens_of_each_kind_have_colors_of_their_own_without_any_class(dark):
    html = format_code_block(CODE["python"], "python", dark=dark)
    palette = PALETTES[dark]
    for name in ("k", "s1", "c1", "mf", "nf", "nb"):
        assert f"color:{palette.tokens[name]}" in html
    assert "var(" not in html


def test_fragment_is_safe_and_styled():
    html = markdown_to_html("# Hi\n\n<script>alert(1)</script> `x`\n\n| | a |\n|-|-|\n| 1 | 2 |\n")
    assert violations(html) == []
    assert html.startswith('<div class="cn-prose')
    assert "font-weight:600" in html
    # A screen reader would announce an empty header.
    assert "<th></th>" not in html
    assert html.count("<th ") == 1
