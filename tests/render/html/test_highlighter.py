import pytest
from hypothesis import given, strategies as st
from safety import hostile_violations, text_of

from claude_notebook.render.html.highlighter import (
    MAX_HIGHLIGHT,
    format_code_block,
    language_of,
    language_of_file,
    spans,
)


def test_golden():
    assert format_code_block("def f():\n    return 1  # one\n", "python") == (
        '<div class="highlight cn-code"><div class="cn-label">python</div><pre><code>'
        '<span class="k">def</span> <span class="nf">f</span><span class="p">():</span>\n'
        '    <span class="k">return</span> <span class="mi">1</span>  '
        '<span class="c1"># one</span></code></pre></div>\n'
    )


@pytest.mark.parametrize(
    ("info", "language"),
    [
        ("python", "python"),
        ("Python title=x {1,3}", "python"),
        ("{python}", "python"),
        ("{.rust .numbered}", "rust"),
        ("js,ignore", "js"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_language_of_reads_info_string(info, language):
    assert language_of(info) == language


@pytest.mark.parametrize("alias", ["py", "js", "ts", "sh", "zsh", "yml", "jsonc", "console"])
def test_spans_highlights_common_aliases(alias):
    assert '<span class="' in spans('x = "1" # y\n{"a": 1}', alias)


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("/a/b.py", "python"),
        ("x.ts", "typescript"),
        ("Dockerfile", "docker"),
        ("x.unknown-suffix", ""),
    ],
)
def test_language_of_file_returns_alias(name, language):
    assert language_of_file(name) == language


def test_code_html_labels_unknown_language():
    html = format_code_block("a < b", "klingon")
    assert "klingon" in html
    assert "<span" not in html
    assert "a &lt; b" in html


def test_spans_leaves_very_long_code_plain():
    assert "<span" not in spans("x = 1\n" * (MAX_HIGHLIGHT // 6 + 1), "python")


def test_hidden_characters_are_marked_within_tokens():
    assert '<span class="cn-ctl">⟨U+202E⟩</span>' in spans('x = "a\u202eb"', "python")


def test_code_html_marks_diagram():
    assert 'class="highlight cn-code cn-mermaid"' in format_code_block("graph TD", "mermaid")


@given(st.text(), st.sampled_from(["python", "html", "bash", "json", "", "text", "c++"]))
def test_spans_keeps_every_character(code, language):
    from claude_notebook.render.html.sanitizer import reveal

    output = text_of(f"<pre>x{spans(code, language)}</pre>")[1:]
    # Pygments normalizes line ends.
    assert output.rstrip("\n") == reveal(code).rstrip("\n") or "⟨CR⟩" in reveal(code)


def test_code_block_of_hostile_text_is_safe():
    def render(text):
        return [format_code_block(text, language) for language in ("html", "python", text)]

    assert hostile_violations(render) == []


@pytest.mark.parametrize("opener", ["<!--", "<![CDATA["])
def test_code_with_many_open_sections_has_no_colors(opener):
    assert "<span" in spans(f"<a> {opener} x", "html")
    assert "<span" not in spans(f"<a> {opener} " * 200, "html")
