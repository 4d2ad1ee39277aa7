import re

import pytest
from contrast import lonely_colors, weakest
from everywhere import everywhere
from gallery import Script, gallery, png
from hypothesis import given, settings, strategies as st
from safety import hostile_violations, text_of, violations
from traces import NAMES, messages_of, view_of
from xss import ALL

from claude_notebook.messages import (
    AssistantMessage,
    ImageBlock,
    TextBlock,
    ToolResultBlock,
    ToolUseBlock,
    UserMessage,
)
from claude_notebook.render.content import Piece
from claude_notebook.render.html.sanitizer import clean, escape
from claude_notebook.render.html.styles import tidied
from claude_notebook.render.model import AskPanel, FormPanel
from claude_notebook.render.output.page import messages_to_html, turn_html
from claude_notebook.render.output.text import turn_text
from claude_notebook.render.view.turn_view import TurnView

PAGES = {
    "light": ("#ffffff", "#1f2328"),
    "lab light": ("#ffffff", "#212121"),
    "lab dark": ("#111111", "#e0e0e0"),
    "github dark": ("#0d1117", "#e6edf3"),
    "black": ("#000000", "#ffffff"),
}


@pytest.fixture(scope="module")
def page():
    return turn_html(view_of(gallery()))


@pytest.mark.parametrize("name", NAMES)
def test_page_of_recorded_conversation_is_safe(name):
    view = view_of(messages_of(name))
    html = turn_html(view)
    assert violations(html) == []
    assert len(view.panels) == 0 or text_of(html).strip()


def test_page_of_gallery_is_safe_and_complete(page):
    assert violations(page) == []
    text = text_of(page)
    for words in (
        *(
            "Thought for 3 s",
            "Edited analysis.py, +2 −2",
            "Created clean.py, 3 lines",
            "exit code 3",
        ),
        *(
            "Tasks: 1 of 3 done",
            "Agent: Look for duplicates (Explore) · 1 tool use",
            "Plan approved",
        ),
        *("Which currency? → Euro", "Web: 1 search, 1 page", "nb: Plot (kind=hist)"),
        *("Structured answer", "⊘ denied", "⟨U+202E⟩", "Tried again", "five-hour limit"),
        *("The service is overloaded", "$5 and $10", "claude-opus-5-5 · 18.2k → 1.9k tokens"),
    ):
        assert words in text


@pytest.mark.parametrize("ground", PAGES.values(), ids=PAGES)
def test_page_is_readable_in_every_theme(page, ground):
    contrast, words = weakest(page, *ground)
    assert contrast >= 4.5, words


@pytest.mark.parametrize("ground", PAGES.values(), ids=PAGES)
def test_page_terminal_colors_are_readable(ground):
    codes = [f"\x1b[{n}mword{n}\x1b[0m" for n in (*range(30, 38), *range(90, 98))]
    codes += [f"\x1b[{n}mword{n}\x1b[0m" for n in (*range(40, 48), *range(100, 108))]
    codes += [f"\x1b[38;5;{n}mword\x1b[0m\x1b[48;5;{n};31mword\x1b[0m" for n in range(256)]
    codes += [f"\x1b[{a};{b}mword\x1b[0m" for a in range(30, 38) for b in range(40, 48)]
    codes += ["\x1b[7mreverse\x1b[0m", "\x1b[2mdim\x1b[0m"]
    script = Script()
    script.use("Bash", {"command": "colors"}, "", {"stdout": "\n".join(codes), "stderr": ""})
    contrast, words = weakest(turn_html(view_of(script.messages)), *ground)
    assert contrast >= 4.5, words


def test_page_text_colors_have_a_background(page):
    assert lonely_colors(page) == []


def test_page_needs_no_class_and_no_style_sheet(page):
    assert "<style" not in page
    assert "var(" not in page
    assert "border-left:3px solid #2da44e" in page


def test_page_shows_tool_states_as_word_and_glyph():
    text = text_of(turn_html(view_of(gallery())))
    for sign in ("✓ done", "✗ failed", "⊘ denied"):
        assert sign in text


def test_page_without_styles_is_readable(page):
    bare = re.sub(r""" (?:style='[^']*'|(?:class|tabindex)="[^"]*")""", "", page)
    assert "style=" not in bare
    assert text_of(bare) == text_of(page)
    assert "<summary>" in bare
    lines = re.search(r"<pre>(<div>.*?)</pre>", bare)[1]
    assert "11    −     frame = pd.read_csv(path, sep=" in text_of(lines)


def test_tidied_shortens_only_styles():
    written = 'style="margin:0 0 0.7em" \'a, b\' 0.5; 10.50 <p style="color: red">'
    html = messages_to_html([AssistantMessage([TextBlock(f"{written}\n\n    {written}\n")])])
    assert text_of(html).count("style=\"margin:0 0 0.7em\" 'a, b' 0.5; 10.50") == 2
    assert "<p style='margin:0 0 .7em'>" in html
    assert 'style="' not in re.sub(">[^<]*<", "><", html)


@settings(max_examples=200)
@given(st.text(alphabet="<>\"' =;:,.0 1astyle\n", max_size=60))
def test_tidied_keeps_the_text(text):
    html = clean(
        f"<p>{escape(text)}</p><a href='https://x.y' title='{escape(text)}'>{escape(text)}</a>"
    )
    assert tidied(html) == html
    assert tidied(html.replace("<p>", '<p style="margin: 0.5em">')) == html.replace(
        "<p>", "<p style='margin:.5em'>"
    )


def test_page_folds_panels_with_details(page):
    assert page.count("<details") == page.count("</details>") >= 10
    assert page.count("<summary") == page.count("<details")
    assert re.search(r'<details open=""[^>]*><summary[^>]*>✎ <b>Edited analysis', page)


def test_page_nests_a_sub_agent_in_its_call(page):
    start = page.index("Agent: Look for duplicates")
    end = page.index("Plan approved")
    assert start < page.index("Find duplicates") < end


def test_page_separates_math_and_money(page):
    assert "mathjax_ignore" in page[:60]
    assert '<span class="cn-math mathjax_process tex2jax_process">\\(\\bar{x}' in page
    assert "\\(5" not in page


def test_page_resolves_footnotes_and_late_references():
    html = messages_to_html([AssistantMessage([TextBlock("See [a].\n\n[a]: https://a.invalid\n")])])
    assert 'href="https://a.invalid"' in html
    html = messages_to_html([AssistantMessage([TextBlock("x[^1]\n\n[^1]: note\n\nend\n")])])
    assert text_of(html).index("end") < text_of(html).index("note")


def test_page_folds_and_scrolls_a_long_diff():
    script = Script()
    value = {"file_path": "a.py", "old_string": "", "new_string": "x\n" * 100}
    script.use("Edit", value, "ok", {"structuredPatch": []})
    html = turn_html(view_of(script.messages))
    assert "<details open" not in html
    assert "max-height:26em;overflow:auto" in html


def test_page_sets_the_direction_of_right_to_left_text():
    html = messages_to_html([AssistantMessage([TextBlock("שלום\n\n- פריט\n")])])
    assert html.count("unicode-bidi:plaintext") == 2
    assert "unicode-bidi" not in messages_to_html([AssistantMessage([TextBlock("hello")])])
    mixed = messages_to_html([AssistantMessage([TextBlock("hello\n\nשלום")])])
    assert mixed.count("unicode-bidi:plaintext") == 1


def test_page_code_has_only_visible_tags():
    html = messages_to_html([AssistantMessage([TextBlock("```python\nimport x.y\nx(1)\n```")])])
    assert ">import</span>" in html
    assert 'class="p"' not in html
    assert "x(<span" in html


def test_page_embeds_images():
    source = {"type": "base64", "media_type": "image/png", "data": png(2, 2)}
    html = messages_to_html([AssistantMessage([ImageBlock(source)])])
    assert html.count("data:image/png;base64,") == 1
    assert violations(html) == []


def test_messages_to_html_is_one_fragment():
    html = messages_to_html([UserMessage("Hi"), AssistantMessage([TextBlock("**Hello**")])])
    assert html.startswith('<div class="cn-prose')
    assert html.endswith("</div>")
    assert "<strong>Hello</strong>" in html
    assert "❯ You" in html
    assert messages_to_html([]).startswith("<div")


def test_page_and_snapshot_of_hostile_text_are_safe():
    def render(text):
        view = everywhere(text)
        yield turn_html(view)
        for op in view.snapshot():
            if op["op"] == "panel":
                parts = [p for k in ("input", "result", "detail") for p in op["panel"].get(k, ())]
                yield from (part["html"] for part in parts)
            elif op["op"] == "text":
                yield from (*op["blocks"], op["tail"])

    assert hostile_violations(render) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(ALL), st.text(max_size=20)), max_size=3).map("".join))
def test_page_of_arbitrary_text_is_safe(text):
    view = everywhere(text)
    assert violations(turn_html(view)) == []
    assert "\x1b" not in turn_text(view)


def test_page_shows_a_single_result():
    call = AssistantMessage([ToolUseBlock("t", "Read", {"file_path": "a.py"})])
    html = messages_to_html([call, UserMessage([ToolResultBlock("t", "text", False)])])
    assert "Read a.py" in text_of(html)
    view = TurnView()
    assert turn_html(view).startswith("<div")


def test_page_shows_the_decision_of_questions():
    view = TurnView()
    view.put("", lambda i, parts: AskPanel(i, title="Run this command?", detail=parts),
             (Piece("code", "rm -r x", language="bash"),))  # fmt: skip
    view.put("", lambda i, parts: AskPanel(i, title="Read it?", state="allowed", decision="Once"))
    view.put("", lambda i, parts: FormPanel(i, title="A question", state="withdrawn"))
    html, text = turn_html(view), turn_text(view)
    assert violations(html) == []
    for words in (
        "? Run this command? ◔ waiting for you",
        "? Read it? ✓ Once",
        "? A question ■ withdrawn",
    ):
        assert words in text_of(html)
        assert words in text
    assert "rm -r x" in text_of(html)


def test_page_shows_a_badge_for_recorded_turns_only():
    view = TurnView()
    view.totals.update(note="<i>x</i> · recorded")
    view.finish("done", 0)
    html = turn_html(view)
    assert re.search(r"<span style='[^']*border:1px[^']*'>recorded</span></div></div>$", html)
    assert "&lt;i&gt;x&lt;/i&gt; · <span" in html
    assert violations(html) == []
    assert min(weakest(html, *ground)[0] for ground in PAGES.values()) >= 4.5
