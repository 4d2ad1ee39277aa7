from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from safety import hostile_violations, text_of, violations
from xss import ALL, JS

from claude_notebook.render.html.markdown.engine import block_to_html, markdown_to_html

CORPUS = sorted((Path(__file__).parents[2] / "corpus").glob("*.md"))


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("Hello *you*", "<p>Hello <em>you</em></p>\n"),
        ("a\n* b", "<p>a</p>\n<ul>\n<li>b</li>\n</ul>\n"),
        ("~~a~~ ~b~", "<p><s>a</s> <s>b</s></p>\n"),
        ("$5 and $10", "<p>$5 and $10</p>\n"),
        ("$5 (4€), or 3$ more", "<p>$5 (4€), or 3$ more</p>\n"),
        ("$HOME/$USER and US$5, A$6", "<p>$HOME/$USER and US$5, A$6</p>\n"),
        (r"\[not a link\](x)", "<p>[not a link](x)</p>\n"),
        (
            "- [ ] a\n- [x] b",
            '<ul>\n<li class="cn-task"><span class="cn-box">☐</span> a</li>\n'
            '<li class="cn-task"><span class="cn-box">☑</span> b</li>\n</ul>\n',
        ),
        (
            "[x](https://example.com)",
            '<p><a href="https://example.com" target="_blank"'
            ' rel="noopener noreferrer">x</a></p>\n',
        ),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>\n"),
        ("List<String> and <Button/>", "<p>List&lt;String&gt; and &lt;Button/&gt;</p>\n"),
        ("<kbd onclick=x>Ctrl</kbd>", "<p><kbd>Ctrl</kbd></p>\n"),
        ("a <!-- hidden --> b", "<p>a  b</p>\n"),
        ("a[^1]\n\n[^1]: b", '<p>a<sup>[1]</sup></p>\n<div class="cn-footnote">\n<ol>\n'
         "<li><p>b</p>\n</li>\n</ol>\n</div>\n"),
    ],
)  # fmt: skip
def test_golden(markdown, html):
    assert markdown_to_html(markdown) == html


FORMULA = "mathjax_process"


@pytest.mark.parametrize(
    ("markdown", "formula"),
    [
        ("$x^2$", r"\(x^2\)"),
        ("so $x_i$, and", r"\(x_i\)"),
        (r"$\frac{1}{2}$.", r"\(\frac{1}{2}\)"),
        ("$2x + 3$", r"\(2x + 3\)"),
        (r"\(y\)", r"\(y\)"),
        ("$$E = mc^2$$", r"\[E = mc^2\]"),
        ("in $$a$$ line", r"\[a\]"),
        ("$$\na\n- b\n= c\n$$", "\\[a\n- b\n= c\\]"),
        ("\\[\na < b\n\\]", "\\[a &lt; b\\]"),
        (r"line \[ x = 1 \] goes on", r"\[x = 1\]"),
    ],
)
def test_math_is_marked_for_the_typesetter(markdown, formula):
    html = markdown_to_html(markdown)
    assert f'{FORMULA} tex2jax_process">{formula}</' in html


@pytest.mark.parametrize(
    "markdown",
    ["$5 and $10", "`$x$`", "    $x$", "```\n$x$\n```", "\\$x\\$", "$ x $", "a$x$b", "$x\n\ny$"],
)
def test_engine_leaves_non_math_dollars(markdown):
    assert FORMULA not in markdown_to_html(markdown)


@pytest.mark.parametrize(
    "tex",
    [
        r"\href{javascript:x}{y}",
        r"\unicode{x3c}",
        r"\def\x{y}",
        r"\newcommand{\a}{b}",
        r"\style{a}{b}",
    ],
)
def test_engine_shows_unsafe_formula_as_code(tex):
    html = markdown_to_html(f"${tex}$")
    assert FORMULA not in html
    assert "<code>" in html


def test_engine_renders_remote_image_as_link():
    html = markdown_to_html("![plot](https://evil.invalid/x.png)")
    assert "<img" not in html
    assert '<a class="cn-remote" href="https://evil.invalid/x.png"' in html
    assert "▨ plot" in html


def test_engine_renders_image_in_link_as_one_link():
    html = markdown_to_html("[![b](https://a.invalid/b.svg)](https://a.invalid/c)")
    assert html.count("<a ") == 1
    assert "https://a.invalid/c" in html


def test_raw_details_work():
    html = markdown_to_html("<details open>\n<summary>More</summary>\n\n*in*\n\n</details>")
    assert html.startswith('<details open="">')
    assert "<summary>More</summary>" in html
    assert "<em>in</em>" in html


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
@pytest.mark.parametrize("engine", ["markdown-it", "python-markdown"])
def test_engines_render_corpus_safely(path, engine):
    if engine == "python-markdown":
        pytest.importorskip("markdown")
    html = markdown_to_html(path.read_text(encoding="utf-8"), engine)
    assert violations(html) == []
    assert len(text_of(html)) > 50


@pytest.mark.parametrize("engine", ["markdown-it", "python-markdown"])
def test_markdown_of_hostile_text_is_safe(engine):
    if engine == "python-markdown":
        pytest.importorskip("markdown")

    def render(text):
        documents = (text, f"before {text} after", f"- {text}\n\n> {text}\n", f"`` {text} ``")
        return [markdown_to_html(markdown, engine) for markdown in documents]

    assert hostile_violations(render) == []


def test_engine_escapes_script():
    assert JS in text_of(markdown_to_html(f"<script>{JS}</script>"))


STRUCTURE = ("\n", "\n\n", "- ", "> ", "```\n", "|a|b|\n|-|-|\n", "  ", "$$\n", "[^1]: ")


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.one_of(st.sampled_from([*ALL, *STRUCTURE]), st.text()),
        max_size=6,
    ).map("".join)
)
def test_engine_renders_arbitrary_text_safely(markdown):
    assert violations(markdown_to_html(markdown)) == []
    assert violations(block_to_html(markdown, {})) == []


@pytest.mark.parametrize(
    "markdown",
    ["> " * 2000 + "x", "[" * 5000, "*a " * 3000, "- " * 500 + "x", "<b>" * 3000, "`" * 4000],
)
def test_pathological_nesting_ends_in_safe_html(markdown):
    assert violations(markdown_to_html(markdown)) == []
