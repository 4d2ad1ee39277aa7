import markdown
import pytest
from safety import hostile_violations, text_of, violations

from claude_notebook.errors import OptionsError
from claude_notebook.messages import AssistantMessage, TextBlock
from claude_notebook.render.html.markdown.engine import markdown_to_html
from claude_notebook.render.output.page import turn_html
from claude_notebook.render.output.text import turn_text
from claude_notebook.render.view.options import ViewOptions
from claude_notebook.render.view.reducer import apply_message, view_of
from claude_notebook.render.view.turn_view import TurnView

DEFINITION = "Term\n:   what it means\n\n```python\nx = 1  # one\n```\n"


def page(text, **options):
    return turn_html(view_of([AssistantMessage([TextBlock(text)])], options=ViewOptions(**options)))


def extended():
    return markdown.Markdown(extensions=["def_list", "fenced_code", "toc"])


@pytest.mark.parametrize(
    "engine",
    ["markdown", "python-markdown", extended(), extended().convert],
    ids=["name", "other name", "instance", "function"],
)
def test_python_markdown_accepts_every_form(engine):
    html = page(DEFINITION, markdown_engine=engine)
    assert "<dt>Term</dt>" in html
    assert violations(html) == []
    # A reused instance keeps no state between documents.
    assert page(DEFINITION, markdown_engine=engine) == html


def test_markdown_engine_output_is_sanitized():
    def render(text):
        yield markdown_to_html("x", lambda _: f"<p>{text}</p>{text}")
        yield markdown_to_html(text, extended())

    assert hostile_violations(render) == []


def test_failing_engine_falls_back_to_the_source():
    def fails(text):
        raise ValueError(text)

    html = page("# <b>x</b>", markdown_engine=fails)
    assert "# <b>x</b>" in text_of(html)
    assert violations(html) == []


@pytest.mark.parametrize("engine", ["x", 3, None, object()])
def test_unknown_engine_raises_at_once(engine):
    with pytest.raises(OptionsError, match="markdown_engine"):
        TurnView(options=ViewOptions(markdown_engine=engine))


def test_unrendered_markdown_stays_verbatim():
    text = "# head\n\n* **a**\n\n```python\nx = 1\n```\n\nend <b>"
    html = page(text, render_markdown=False)
    assert text in text_of(html)
    assert "<h1" not in html
    assert "<strong" not in html
    view = TurnView(options=ViewOptions(render_markdown=False))
    apply_message(view, AssistantMessage([TextBlock(text)]), 0)
    output = "".join(view.panels[0].blocks)
    assert "```python" in text_of(output)
    assert violations(output) == []


def test_syntax_highlight_option_disables_colors():
    colored, plain = page(DEFINITION), page(DEFINITION, syntax_highlight=False)
    assert "<span style='color:#57606a;font-style:italic'># " in colored
    assert "<span" not in plain.partition("<pre")[2].partition("</pre>")[0].replace("<span>", "")
    assert text_of(plain) == text_of(colored)


def test_max_text_length_truncates_text():
    view = view_of([AssistantMessage([TextBlock("word " * 100)])],
                   options=ViewOptions(max_text_length=20))  # fmt: skip
    assert turn_text(view).startswith("word word word word \n\n… cut: 20 of 500 characters")


def test_max_text_length_truncates_streamed_text_once():
    view = TurnView(options=ViewOptions(max_text_length=8))
    apply_message(view, AssistantMessage([TextBlock("one two three four")], message_id="m"), 0)
    view.finish("done", 0)
    assert turn_text(view).count("cut:") == 1
    assert "three" not in turn_text(view)
