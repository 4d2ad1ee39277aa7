import pytest

from claude_notebook import (
    display_claude_response,
    format_code_block,
    markdown_to_html,
    messages_to_html,
    render_markdown,
)
from claude_notebook.errors import OptionsError
from claude_notebook.messages import AssistantMessage, TextBlock

SAID = AssistantMessage([TextBlock("Hello **there**.")])


def test_single_message_is_accepted():
    assert messages_to_html(SAID) == messages_to_html([SAID]) == messages_to_html(iter([SAID]))
    assert "<strong>there</strong>" in messages_to_html(SAID)
    assert "<div></div>" not in messages_to_html([])


@pytest.mark.parametrize("show", [messages_to_html, display_claude_response])
@pytest.mark.parametrize("value", [None, "text", 3, [1], {"a": 1}, [SAID, None]])
def test_invalid_message_raises(show, value):
    with pytest.raises(OptionsError, match="is not a message"):
        show(value)


@pytest.mark.parametrize("show", [render_markdown, markdown_to_html, format_code_block])
@pytest.mark.parametrize("value", [None, b"text", 3, ["text"]])
def test_invalid_text_raises(show, value):
    with pytest.raises(OptionsError, match="is not a string"):
        show(value)


def test_display_functions_print_text_outside_jupyter(capsys):
    display_claude_response([SAID])
    render_markdown("# Title\n\nx\x1b[31m")
    text = capsys.readouterr().out
    assert text.startswith("Hello **there**.\n# Title\n\nx")
    assert "\x1b" not in text
