import re
from pathlib import Path

import pytest

from claude_notebook import errors
from claude_notebook.messages import (
    APIRetryMessage,
    CompactBoundaryMessage,
    ConversationResetMessage,
    HookEventMessage,
    InformationalMessage,
    MirrorErrorMessage,
    ModelRefusalMessage,
    NotificationMessage,
    RateLimitEvent,
    RateLimitInfo,
    ResultMessage,
    StatusMessage,
)
from claude_notebook.messages.json_fields import Fields
from claude_notebook.render import labels
from claude_notebook.render.labels import (
    ICON_GLYPHS,
    footer_text,
    format_cost,
    format_duration,
    format_tokens,
)
from claude_notebook.render.model import ICONS, Footer
from claude_notebook.render.view.notices import NOTICES, early_end_notice, error_summary


@pytest.mark.parametrize(
    ("message", "level", "text"),
    [
        (
            APIRetryMessage("api_retry", attempt=1, max_retries=3, error="strange"),
            "retry",
            "Trying again: strange, attempt 1 of 3.",
        ),
        (
            CompactBoundaryMessage("x", compact_metadata={"pre_tokens": 9000, "post_tokens": 500}),
            "compact",
            "The conversation was summarized to make room. It had 9,000 tokens and has 500 now.",
        ),
        (
            CompactBoundaryMessage("x", compact_metadata={"trigger": "manual"}),
            "compact",
            "The conversation was summarized as you asked.",
        ),
        (StatusMessage("status", status="compacting"), "compact",
         "Summarizing the conversation to make room…"),
        (InformationalMessage("x", content="a\x1bb", level="warning"), "warning", "a⟨ESC⟩b"),
        (InformationalMessage("x", content="a", level="notice"), "info", "a"),
        (NotificationMessage("x", text=" hello\nthere "), "info", "hello there"),
        (ModelRefusalMessage("x", content="Opus\ndeclined."), "warning", "Opus declined."),
        (ModelRefusalMessage("x", api_refusal_explanation="Unsafe."), "warning", "Unsafe."),
        (MirrorErrorMessage("mirror_error", error="no\nspace"), "warning",
         "The session store is missing a part of this conversation: no space"),
        (ConversationResetMessage(), "info", "The conversation was cleared; a new one begins."),
        (HookEventMessage("x", hook_name="Stop", exit_code=2, stderr="bad"), "warning",
         "The hook Stop exited with code 2: bad"),
        (HookEventMessage("x", hook_name="Stop", exit_code=2), "warning",
         "The hook Stop exited with code 2."),
        (RateLimitEvent(RateLimitInfo("rejected", rate_limit_type="seven_day")), "limit",
         "The weekly limit has been reached."),
        (RateLimitEvent(RateLimitInfo("allowed_warning", utilization=0.8)), "limit",
         "Close to the usage limit: 80% used."),
    ],
)  # fmt: skip
def test_notice_text_of_each_message(message, level, text):
    notice = NOTICES[type(message)](message)
    assert (notice.level, notice.text) == (level, text)


@pytest.mark.parametrize(
    "message",
    [
        StatusMessage("status", status="requesting"),
        RateLimitEvent(),
        HookEventMessage("x", exit_code=0),
        HookEventMessage("x"),
    ],
)
def test_quiet_messages_have_no_notice(message):
    assert NOTICES[type(message)](message) is None


def test_early_end_notice_is_none_for_a_normal_end():
    assert early_end_notice(ResultMessage()) is None


@pytest.mark.parametrize(
    ("error", "title", "advice"),
    [
        (errors.CLINotFoundError(), "Claude Code was not found", False),
        (errors.RateLimitError("Too many requests", status=429), "A limit was reached", True),
        (errors.APIConnectionError("refused"), "The service could not be reached", True),
        (errors.ProcessError("It died", 9, "oops"), "Claude Code ended unexpectedly", False),
        (errors.OptionsError("no"), "Invalid option", False),
        (errors.ControlTimeoutError("interrupt", 5), "Claude Code is not responding", False),
        (ZeroDivisionError("x"), "Zero division", False),
        (RuntimeError(), "Runtime", False),
    ],
)
def test_error_summary_of_exceptions(error, title, advice):
    text = error_summary(error)
    assert text.title == title
    assert bool(text.advice) == advice
    assert text.text
    assert not text.advice or text.advice not in text.text


def test_error_summary_has_a_title_for_every_exception():
    for name in errors.__all__:
        kind = getattr(errors, name)
        if isinstance(kind, type) and issubclass(kind, errors.ClaudeSDKError):
            made = kind.__new__(kind)
            Exception.__init__(made, "words")
            assert error_summary(made).title


def test_every_icon_has_a_glyph():
    assert {*ICON_GLYPHS} == {*ICONS}


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (None, ""),
        (0, "0 ms"),
        (412.4, "412 ms"),
        (1500, "1.5 s"),
        (59_900, "59.9 s"),
        (59_960, "1 min 0 s"),
        (185_000, "3 min 5 s"),
        (7_500_000, "2 h 5 min"),
    ],
)
def test_format_duration(milliseconds, words):
    assert format_duration(milliseconds) == words


@pytest.mark.parametrize(
    ("amount", "words"),
    [(None, ""), (0, "$0.00"), (0.0123, "$0.0123"), (1.5, "$1.50"), (0.9999, "$1.00")],
)
def test_format_cost(amount, words):
    assert format_cost(amount) == words


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0"), (999, "999"), (1234, "1.2k"), (999_960, "1.0M")]
)
def test_format_tokens(count, words):
    assert format_tokens(count) == words


def test_footer_text():
    footer = Footer(
        model="claude-x",
        state="stopped",
        elapsed_ms=4200,
        input_tokens=14_000,
        output_tokens=181,
        turn_cost_usd=0.06,
        session_cost_usd=1.2,
        context_used=0.31,
        note="1 tool denied",
    )
    assert footer_text(footer) == (
        "claude-x · stopped · 14.0k → 181 tokens · $0.0600 · $1.20 in all · 31% of context · "
        "4.2 s · 1 tool denied"
    )
    assert footer_text(Footer(state="done")) == ""


def test_fields_never_fail():
    fields = Fields({"a": "x", "n": 3, "b": True, "l": [1, {"k": 2}], "o": {"p": "q"}, "f": 1.5})
    assert fields.text("missing", "a") == "x"
    assert fields.text("n") == ""
    assert (fields.whole("n"), fields.whole("b"), fields.whole("a")) == (3, 0, 0)
    assert (fields.number("f"), fields.number("n"), fields.number("b")) == (1.5, 3.0, None)
    assert (fields.flag("b"), fields.flag("n")) == (True, False)
    assert fields.obj("o").text("p") == "q"
    assert [f.raw for f in fields.objects("l")] == [{"k": 2}]
    for odd in (None, 3, "x", [1], {1: 2}):
        assert Fields(odd).obj("a").items("b") == []


SOURCES = Path(__file__).parents[2] / "js" / "src"


@pytest.mark.parametrize(
    ("module", "states"),
    [("panels/tool.ts", labels.TOOL_STATES), ("panels/permission.ts", labels.ASK_STATES)],
)
def test_live_view_uses_the_words_of_the_saved_form(module, states):
    text = (SOURCES / module).read_text(encoding="utf-8")
    words = re.findall(r'^  (\w+): \{ word: "(.*?)"', text, re.MULTILINE)
    assert [(state, word.lower()) for state, word in words] == [
        (state, word) for state, (_, word) in states.items()
    ]
