import msgspec
import pytest
from following import Follower, same, seen_by
from gallery import Script, gallery
from hypothesis import given, settings, strategies as st
from traces import NAMES, messages_of, view_of

from claude_notebook.errors import AuthenticationError, CLINotFoundError, OptionsError
from claude_notebook.messages import (
    APIRetryMessage,
    AssistantMessage,
    ImageBlock,
    InitMessage,
    PermissionDeniedMessage,
    RedactedThinkingBlock,
    ResultMessage,
    ServerToolResultBlock,
    ServerToolUseBlock,
    StreamEvent,
    SystemMessage,
    TaskNotificationMessage,
    TaskProgressMessage,
    TextBlock,
    ThinkingBlock,
    ThinkingTokensMessage,
    ToolResultBlock,
    ToolUseBlock,
    UnknownBlock,
    UnknownMessage,
    UserMessage,
)
from claude_notebook.render.output.page import turn_html
from claude_notebook.render.view.notices import ErrorSummary
from claude_notebook.render.view.options import ViewOptions
from claude_notebook.render.view.reducer import apply_message
from claude_notebook.render.view.turn_view import TurnView

# --- invariants of every conversation ----------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("every", [1, 3, 1000])
def test_operations_reproduce_the_view(name, every):
    view, follower = TurnView(1.0), Follower()
    for number, message in enumerate(messages_of(name)):
        apply_message(view, message, number * 10.0)
        if number % every == 0:
            follower.follow(view.flush())
            assert same(follower.seen(), seen_by(view))
    view.finish("done", 1e6)
    follower.follow(view.flush())
    assert same(follower.seen(), seen_by(view))
    assert follower.footer == msgspec.to_builtins(view.footer)
    assert view.flush() == []


@pytest.mark.parametrize("name", NAMES)
def test_snapshot_is_complete_and_has_no_side_effect(name):
    view, follower = TurnView(1.0), Follower()
    late = [follower]
    for number, message in enumerate(messages_of(name)):
        apply_message(view, message, number * 10.0)
        if number % 4 == 0:
            late.append(Follower(strict=False))
            late[-1].follow(view.snapshot())
            assert late[-1].seen() == seen_by(view)
        if number % 3 == 0:
            ops = view.flush()
            for item in late:
                item.follow(ops)
                assert same(item.seen(), seen_by(view))


@pytest.mark.parametrize("name", NAMES)
def test_recorded_conversation_has_no_unknown_panel(name):
    view = view_of(messages_of(name))
    panels = view.panels
    assert not [p for p in panels if p.kind == "unknown"]
    assert not [p for p in panels if p.kind in ("text", "thinking") and (p.open or p.tail)]
    assert not [p for p in panels if p.kind == "tool" and p.state in ("running", "waiting")]
    assert view.footer.state == "done"
    known = {p.id for p in panels}
    assert all(p.parent in known for p in panels if p.parent)


def test_streamed_and_complete_messages_give_the_same_panels():
    """Messages with and without stream events end in the same panels."""
    for name in ("bidi_partial_tool", "bidi_thinking.default", "bidi_unicode", "print_partial"):
        messages = messages_of(name)
        streamed = view_of(messages)
        complete = view_of([m for m in messages if not isinstance(m, StreamEvent)])

        def text_in(view):
            return [
                (p.kind, *(getattr(p, n, None) for n in ("blocks", "title", "state", "summary")))
                for p in view.panels
            ]

        assert text_in(streamed) == text_in(complete)


# --- streams -----------------------------------------------------------------------------------


def start(message_id, parent=None, **usage):
    message = {"id": message_id, "model": "claude-x", "usage": usage}
    return StreamEvent(
        event={"type": "message_start", "message": message}, parent_tool_use_id=parent
    )


def block(index, kind="text", parent=None, **fields):
    content = {"type": kind, **fields}
    event = {"type": "content_block_start", "index": index, "content_block": content}
    return StreamEvent(event=event, parent_tool_use_id=parent)


def delta(index, text, kind="text_delta", parent=None):
    key = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}
    event = {
        "type": "content_block_delta",
        "index": index,
        "delta": {"type": kind, key[kind]: text},
    }
    return StreamEvent(event=event, parent_tool_use_id=parent)


def stop(index):
    return StreamEvent(event={"type": "content_block_stop", "index": index})


def fold(*messages, step=100.0):
    view = TurnView(1000.0)
    for number, message in enumerate(messages):
        apply_message(view, message, 1000.0 + step * (number + 1))
    return view


def kinds(view):
    return [panel.kind for panel in view.panels]


def test_streamed_text_grows():
    view = fold(start("m"), block(0), delta(0, "One.\n\nTw"))
    (panel,) = view.panels
    assert (panel.blocks, panel.tail, panel.open) == (("<p>One.</p>\n",), "<p>Tw</p>\n", True)
    apply_message(view, AssistantMessage([TextBlock("One.\n\nTwo.")], message_id="m"), 0)
    apply_message(view, stop(0), 0)
    (panel,) = view.panels
    assert (panel.blocks, panel.tail, panel.open) == (
        ("<p>One.</p>\n", "<p>Two.</p>\n"),
        "",
        False,
    )


def test_open_block_resends_only_its_end():
    """`keep` counts UTF-16 units, two for a character beyond the basic plane."""
    view, follower = fold(start("m"), block(0)), Follower()
    for piece in (
        "A 🐈 and ",
        "a 🐕",
        " and *one",
        " more* 🐈",
        ".\n\nAnd \U0001f1e8",
        "\U0001f1ed",
    ):
        apply_message(view, delta(0, piece), 0)
        ops = view.flush()
        follower.follow(ops)
        assert same(follower.seen(), seen_by(view))
    assert [op["keep"] for op in ops] == [len("<p>And ") + 2]
    assert [op["tail"] for op in ops] == ["\U0001f1ed</p>\n"]


def test_finished_block_is_not_resent():
    view, follower = fold(start("m"), block(0)), Follower()
    for piece in ("A 🐈 and *one", " more*.", "\n\nAnd\n\nth", "is."):
        apply_message(view, delta(0, piece), 0)
        ops = view.flush()
        follower.follow(ops)
        assert same(follower.seen(), seen_by(view))
        if "And" in piece:
            known = "<p>A 🐈 and <em>one more</em>.</p>\n"
            assert ops[-1]["keep"] == len(known) + 1
            assert ops[-1]["blocks"] == ["", "<p>And</p>\n"]


def test_texts_of_one_message_stay_separate():
    view = fold(
        start("m"),
        delta(0, "a"),
        AssistantMessage([TextBlock("a")], message_id="m"),
        stop(0),
        delta(1, "b"),
        AssistantMessage([TextBlock("b")], message_id="m"),
    )
    assert [p.blocks for p in view.panels] == [("<p>a</p>\n",), ("<p>b</p>\n",)]


def test_differing_complete_text_replaces_the_streamed_text():
    view = fold(start("m"), delta(0, "wrong words\n\n"))
    follower = Follower()
    follower.follow(view.flush())
    apply_message(view, AssistantMessage([TextBlock("other words")], message_id="m"), 0)
    follower.follow(view.flush())
    assert [p["blocks"] for p in follower.seen()] == [["<p>other words</p>\n"]]


@pytest.mark.parametrize(
    "then",
    [
        [APIRetryMessage("api_retry", attempt=1, max_retries=3, retry_delay_ms=500)],
        [start("m2")],
        [AssistantMessage([TextBlock("whole")], message_id="m3")],
        [AssistantMessage([TextBlock("API Error")], message_id="m4", error="server_error")],
    ],
    ids=["retry", "a new message", "a retry without a stream", "an error"],
)
def test_failed_attempt_withdraws_partial_text(then):
    view = fold(start("m"), block(0), delta(0, "some words that wi"), stop(0))
    tool = block(1, "tool_use", id="t", name="Bash")
    apply_message(view, tool, 0)
    follower = Follower()
    follower.follow(view.flush())
    assert [p["kind"] for p in follower.seen()] == ["text", "tool"]
    for message in then:
        apply_message(view, message, 0)
    follower.follow(view.flush())
    assert "some words" not in str(follower.seen())
    assert "tool" not in [p["kind"] for p in follower.seen()]


def test_failed_attempt_keeps_confirmed_text():
    view = fold(
        start("m"),
        delta(0, "kept"),
        AssistantMessage([TextBlock("kept")], message_id="m"),
        delta(1, "lost"),
        APIRetryMessage("api_retry", attempt=1, max_retries=3, retry_delay_ms=500),
    )
    assert kinds(view) == ["text", "notice"]
    assert "kept" in str(view.panels)


def test_stop_keeps_partial_text():
    view = fold(start("m"), delta(0, "half a sen"))
    view.finish("stopped", 2000)
    (panel,) = view.panels
    assert panel.blocks == ("<p>half a sen</p>\n",)
    assert view.footer.state == "stopped"


def test_retry_counts_down_and_then_uses_past_tense():
    retry = APIRetryMessage(
        "api_retry",
        attempt=2,
        max_retries=10,
        retry_delay_ms=1500,
        error_status=529,
        error="overloaded",
    )
    view = fold(retry, retry)
    (panel,) = view.panels
    assert (panel.level, panel.until_ms) == ("retry", 1200.0 + 1500)
    assert panel.text == "Trying again: the service is overloaded (529), attempt 2 of 10."
    apply_message(view, start("m"), 0)
    (panel,) = view.panels
    assert (panel.level, panel.until_ms) == ("info", None)
    assert panel.text.startswith("Tried again: ")
    apply_message(view, retry, 5000)
    assert kinds(view) == ["notice", "notice"]


def test_thinking_summary_holds_its_duration():
    view = fold(start("m"), block(0, "thinking"), delta(0, "Hm.", "thinking_delta"))
    (panel,) = view.panels
    assert (panel.kind, panel.open, panel.summary) == ("thinking", True, "Thinking…")
    apply_message(view, ThinkingTokensMessage("thinking_tokens", estimated_tokens=1200), 0)
    assert view.panels[0].summary == "Thinking… about 1,200 tokens"
    done = AssistantMessage([ThinkingBlock("Hm.")], message_id="m", thinking_duration_ms=3400)
    apply_message(view, done, 0)
    (panel,) = view.panels
    assert (panel.open, panel.summary, panel.blocks) == (
        False,
        "Thought for 3 s",
        ("<p>Hm.</p>\n",),
    )


def test_tool_title_appears_while_its_input_streams():
    view = fold(start("m"), block(0, "tool_use", id="t", name="Write"))
    assert view.panels[0].state == "running"
    apply_message(view, delta(0, '{"file_path": "/a/b/demo.py", "cont', "input_json_delta"), 0)
    assert view.panels[0].title == "Write demo.py"
    assert view.panels[0].input == ()
    value = {"file_path": "/a/b/demo.py", "content": "x = 1\n"}
    apply_message(view, AssistantMessage([ToolUseBlock("t", "Write", value)], message_id="m"), 5000)
    assert view.panels[0].title == "Write demo.py, 1 line"
    assert [part.type for part in view.panels[0].input] == ["code"]


def test_tool_input_appears_once_complete():
    view = fold(start("m"), block(0, "tool_use", id="t", name="Bash"))
    apply_message(view, delta(0, '{"command": "ls"}', "input_json_delta"), 0)
    assert view.panels[0].input == ()
    call = ToolUseBlock("t", "Bash", {"command": "ls"})
    apply_message(view, AssistantMessage([call], message_id="m"), 5000)
    assert [part.html.count("ls") for part in view.panels[0].input] == [1]
    assert "ls" in turn_html(view)


def test_unchanged_tool_parts_are_sent_once():
    view, follower = TurnView(1.0), Follower()
    value = {"file_path": "big.txt", "content": "words and words\n" * 300}
    apply_message(view, AssistantMessage([ToolUseBlock("t", "Write", value)]), 0)
    follower.follow(view.flush())
    before = follower.sent
    apply_message(
        view, TaskProgressMessage("task_progress", tool_use_id="t", description="at it"), 0
    )
    follower.follow(view.flush())
    view.ask("t", waiting=True)
    follower.follow(view.flush())
    assert follower.sent - before < 1500 < before
    assert same(follower.seen(), seen_by(view))


# --- tools -------------------------------------------------------------------------------------


def called(name, value, *more, meta=None):
    return fold(AssistantMessage([ToolUseBlock("t", name, value)], tool_use_meta=meta), *more)


def result(content="ok", error=False, record=None, meta=None):
    return UserMessage(
        [ToolResultBlock("t", content, error)],
        tool_use_result=record,
        tool_result_meta=[{"id": "t", **meta}] if meta else None,
    )


REJECTED = {"permission_decision": {"decision": "reject"}}


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (result(), "done"),
        (result("boom", True), "error"),
        (result("no", True, meta=REJECTED), "denied"),
        (result("no", True, meta={"non_execution_kind": "user-rejected"}), "stopped"),
    ],
)
def test_states_of_a_tool(answer, state):
    (panel,) = called("Bash", {"command": "ls"}, answer).panels
    assert (panel.state, panel.elapsed_ms) == (state, 100.0)


def test_tool_refused_by_a_rule_is_denied():
    refused = PermissionDeniedMessage("permission_denied", tool_name="Bash", tool_use_id="t")
    (panel,) = called("Bash", {"command": "ls"}, refused, result("no", True)).panels
    assert panel.state == "denied"


def test_tool_waits_for_permission():
    view = called("Bash", {"command": "ls"})
    view.ask("t", waiting=True)
    assert view.panels[0].state == "waiting"
    view.ask("t", waiting=False)
    assert view.panels[0].state == "running"
    apply_message(view, result(), 0)
    view.ask("t", waiting=True)
    assert view.panels[0].state == "done"
    view.ask("unknown", waiting=True)


def test_result_without_its_call_is_shown():
    (panel,) = fold(result("alone")).panels
    assert panel.state == "done"
    assert "alone" in panel.result[0].html


def test_finish_stops_running_tools():
    view = called("Bash", {"command": "sleep 9"})
    view.finish("stopped", 9000)
    assert view.panels[0].state == "stopped"


def test_background_agent_keeps_running_after_its_result():
    launched = result("started", record={"isAsync": True})
    view = called("Agent", {"description": "Count"}, launched)
    assert view.panels[0].state == "running"
    assert view.panels[0].title == "Agent: Count · in the background"
    ended = TaskNotificationMessage(
        "task_notification", tool_use_id="t", status="completed", summary="There are 3."
    )
    apply_message(view, ended, 5000)
    assert view.panels[0].state == "done"
    assert "There are 3." in view.panels[0].result[0].html


def test_background_agent_outlives_the_turn():
    view = called("Agent", {"description": "Count"}, result("x", record={"isAsync": True}))
    view.finish("done", 5000)
    assert view.panels[0].title == "Agent: Count · still running in the background"


def test_panels_of_a_sub_agent_name_their_parent():
    view = view_of(messages_of("bidi_subagent.foreground"))
    agent, bash, _ = view.panels
    assert (agent.icon, agent.parent, agent.state) == ("agent", None, "done")
    assert (bash.tool, bash.parent) == ("Bash", agent.id)


def test_sub_agent_stream_is_separate_from_the_main_stream():
    view = fold(
        start("m"),
        delta(0, "main "),
        AssistantMessage([ToolUseBlock("t", "Agent", {})], message_id="m"),
        start("s", "t"),
        delta(0, "sub", parent="t"),
        delta(0, "words"),
    )
    texts = {p.parent: p.tail for p in view.panels if p.kind == "text"}
    agent = next(p.id for p in view.panels if p.kind == "tool")
    assert texts == {None: "<p>main words</p>\n", agent: "<p>sub</p>\n"}


def test_checklist_combines_both_kinds_of_tools():
    script = Script()
    script.use("TodoWrite", {"todos": [{"content": "Old", "status": "completed"}]}, "ok")
    script.use("TaskCreate", {"subject": "Read"}, "ok", {"task": {"id": "7"}})
    script.use("TaskUpdate", {"taskId": "7", "status": "in_progress"}, "ok")
    view = fold(*script.messages)
    (panel,) = view.panels
    assert panel.title == "Tasks: 1 of 2 done"
    assert [(i.text, i.state) for i in panel.items] == [
        ("Old", "completed"),
        ("Read", "in_progress"),
    ]
    script.use("TaskUpdate", {"taskId": "7", "status": "deleted"}, "ok")
    script.use("TodoWrite", {"todos": [{"content": "New", "status": "pending"}]}, "ok")
    (panel,) = fold(*script.messages).panels
    assert [i.text for i in panel.items] == ["New"]


def test_failed_checklist_tool_has_a_panel():
    view = view_of(messages_of("bidi_todos.tools_flag"))
    assert [(p.kind, getattr(p, "state", "")) for p in view.panels] == [
        ("tool", "error"),
        ("todo", ""),
        ("text", ""),
    ]
    todo = view.panels[1]
    assert [(i.text, i.state) for i in todo.items] == [("Do it", "in_progress")]


def test_adjacent_web_calls_form_a_group():
    script = Script()
    script.use("WebFetch", {"url": "https://a.invalid/x"}, "x")
    script.use("WebSearch", {"query": "q"}, "x")
    view, follower = TurnView(1.0), Follower()
    for message in script.messages:
        apply_message(view, message, 0)
        follower.follow(view.flush())
        assert same(follower.seen(), seen_by(view))
    group, first, second = view.panels
    assert group.title == "Web: 1 search, 1 page"
    assert (first.parent, second.parent, group.parent) == (group.id, group.id, None)
    assert group.state == "done"


def test_web_group_runs_while_a_member_runs():
    script = Script()
    script.use("WebFetch", {"url": "https://a.invalid/x"}, "x", error=True)
    second = script.call("WebFetch", {"url": "https://b.invalid/x"})
    view = fold(*script.messages)
    assert view.panels[0].state == "running"
    script.answer(second, "x", error=True)
    assert fold(*script.messages).panels[0].state == "error"


def test_single_web_call_has_no_group():
    script = Script()
    script.use("WebFetch", {"url": "https://a.invalid/x"}, "x")
    script.say("text between")
    script.use("WebFetch", {"url": "https://b.invalid/x"}, "x")
    assert [p.parent for p in fold(*script.messages).panels] == [None, None, None]


def test_server_tools_have_panels():
    call = ServerToolUseBlock("t", "web_search", {"query": "news"})
    hits = [{"type": "web_search_result", "url": "https://a.invalid/n", "title": "News"}]
    back = ServerToolResultBlock("t", hits, "web_search_tool_result")
    (panel,) = fold(AssistantMessage([call, back])).panels
    assert panel.title == "Search the web for “news”: 1 page"
    assert 'href="https://a.invalid/n"' in panel.result[0].html


# --- prompts, errors, footer, options ----------------------------------------------------------


def test_prompts_are_shown_except_echoes():
    view = fold(
        UserMessage("Hello"),
        UserMessage("Hello", is_replay=True),
        UserMessage([TextBlock("With a picture"), ImageBlock({"type": "url", "url": "https://x"})]),
    )
    assert [(p.kind, p.text) for p in view.panels] == [
        ("prompt", "Hello"),
        ("prompt", "With a picture"),
    ]
    assert view.panels[1].detail[0].html == (
        '<div class="cn-plain">[image at https://x, not shown]</div>'
    )


def test_synthetic_user_message_becomes_a_notice():
    view = fold(
        UserMessage([TextBlock("[Request interrupted by user]")]),
        UserMessage([TextBlock("Resume directly.")], is_synthetic=True),
        UserMessage("<local-command-stdout>Set model</local-command-stdout>"),
    )
    assert [(p.kind, p.text) for p in view.panels] == [
        ("notice", "Stopped."),
        ("notice", "Resume directly."),
        ("notice", "Set model"),
    ]


def test_cli_error_and_its_exception_share_a_panel():
    text = AssistantMessage(
        [TextBlock("Invalid API key")], error="authentication_failed", api_error_status=401
    )
    view = fold(text, ResultMessage(is_error=True, api_error_status=401, result="Invalid API key"))
    (panel,) = view.panels
    assert (panel.title, panel.text) == ("Not signed in", "Invalid API key.")
    assert panel.advice.startswith("Sign in with")
    view.error(AuthenticationError("Invalid API key", status=401))
    assert view.panels == (panel,)


def test_exception_is_shown_with_advice():
    view = TurnView()
    view.error(CLINotFoundError())
    (panel,) = view.panels
    assert panel.title == "Claude Code was not found"
    assert "pip install" in panel.text
    view.error(ErrorSummary("Other", "text"))
    assert view.panels[0].title == "Other"


@pytest.mark.parametrize(
    ("result_message", "text"),
    [
        (
            ResultMessage("error_max_turns", is_error=True),
            "Stopped. The turn limit was reached.",
        ),
        (
            ResultMessage("error_max_budget_usd", is_error=True, errors=["Reached $1"]),
            "Stopped. Reached $1.",
        ),
        (
            ResultMessage("error_during_execution", is_error=True, errors=["No such id"]),
            "No such id",
        ),
    ],
)
def test_early_end_of_a_turn_is_explained(result_message, text):
    (panel,) = fold(result_message).panels
    assert panel.text == text


def test_structured_output_without_a_tool_is_shown():
    (panel,) = fold(ResultMessage(structured_output=[{"a": 1}, {"a": 2, "b": "x"}])).panels
    assert panel.title == "Structured answer"
    assert panel.detail[0].html.count("<tr>") == 3


def test_unknown_messages_are_shown_once_each():
    view = fold(
        UnknownMessage({"type": "brand_new", "n": 1}),
        UnknownMessage({"type": "brand_new", "n": 2}),
        UnknownMessage("not even JSON"),
        SystemMessage("strange", {"x": 1}),
        AssistantMessage([UnknownBlock({"type": "hologram"})]),
        AssistantMessage([RedactedThinkingBlock("...")]),
    )
    assert [getattr(p, "title", "") or p.text for p in view.panels] == [
        "Unknown message: brand_new",
        "Unknown message: message",
        "Unknown message: system strange",
        "Unknown content: hologram",
        "Some thinking is hidden by the service.",
    ]


def test_footer_adds_up_requests():
    view = fold(
        InitMessage("init", model="claude-x"),
        start("m", input_tokens=100, cache_read_input_tokens=50, output_tokens=1),
        StreamEvent(event={"type": "message_delta", "usage": {"output_tokens": 30}}),
        start("n", input_tokens=200, output_tokens=1),
    )
    footer = view.footer
    assert (footer.model, footer.input_tokens, footer.output_tokens) == ("claude-x", 350, 31)
    assert footer.context_used is None
    done = ResultMessage(
        usage={"input_tokens": 400, "output_tokens": 40},
        cost_usd=0.5,
        total_cost_usd=2.0,
        model_usage={"claude-x": {"contextWindow": 1000}},
        permission_denials=[{}, {}],
    )
    view.totals.update(note="recorded")
    apply_message(view, done, 0)
    apply_message(view, done, 0)
    view.finish("done", 4000)
    footer = view.footer
    assert (footer.input_tokens, footer.output_tokens) == (400, 40)
    assert (footer.turn_cost_usd, footer.session_cost_usd) == (0.5, 2.0)
    assert footer.context_used == 0.201
    assert (footer.elapsed_ms, footer.note) == (3000.0, "recorded · 2 tools denied")


def test_options_hide_panels():
    quiet = ViewOptions(
        show_tool_use=False, show_tool_results=False, show_thinking=False, show_prompts=False
    )
    view = TurnView(options=quiet)
    for message in gallery():
        apply_message(view, message, 0)
    assert not {"thinking", "prompt"} & {*kinds(view)}
    tools = [p for p in view.panels if p.kind == "tool"]
    assert tools
    assert not any(p.input or p.result for p in tools)


def test_missing_engine_raises_at_once():
    with pytest.raises(OptionsError, match="markdown_engine"):
        TurnView(options=ViewOptions(markdown_engine="commonmark-x"))


def test_custom_engine_renders_markdown():
    view = TurnView(options=ViewOptions(markdown_engine=lambda text: f"<h1 onclick=x>{text}</h1>"))
    apply_message(view, AssistantMessage([TextBlock("words")]), 0)
    assert view.panels[0].blocks == ("<h1>words\n</h1>",)


def test_gallery_has_every_kind_of_panel():
    view = view_of(gallery())
    assert {*kinds(view)} == {
        "prompt",
        "thinking",
        "text",
        "tool",
        "todo",
        "notice",
        "unknown",
        "error",
    }
    icons = {p.icon for p in view.panels if p.kind == "tool"}
    assert len(icons) >= 12


KEYS = (
    *("type", "text", "name", "id", "input", "index", "delta", "content", "file", "url", "todos"),
    *("content_block", "message", "usage", "questions", "structuredPatch", "file_path", "command"),
    *("lines", "filenames", "results", "options"),
)
JUNK = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(
                st.text(max_size=4),
                st.sampled_from(KEYS),
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)
TOOL_NAMES = st.sampled_from(
    (
        *("Bash", "Read", "Write", "Edit", "MultiEdit", "NotebookEdit", "Glob", "Grep", "Skill"),
        *("WebFetch", "WebSearch", "Agent", "Task", "ExitPlanMode", "AskUserQuestion"),
        *("StructuredOutput", "TodoWrite", "TaskCreate", "TaskUpdate", "TaskList", "mcp__a__b"),
        *("mcp__", ""),
    )
)


@settings(max_examples=300, deadline=None)
@given(TOOL_NAMES, JUNK, JUNK, JUNK, st.booleans())
def test_arbitrary_tools_never_raise(name, value, content, record, error):
    value = value if isinstance(value, dict) else {"x": value}
    blocks = content if isinstance(content, (str, list)) else None
    view = TurnView()
    apply_message(view, AssistantMessage([ToolUseBlock("t", name, value)]), 0)
    answer = UserMessage([ToolResultBlock("t", blocks, error)], tool_use_result=record)
    apply_message(view, answer, 0)
    follower = Follower()
    follower.follow(view.flush())
    assert same(follower.seen(), seen_by(view))
    assert "unknown" not in kinds(view)


EVENTS = ("message_start", "content_block_start", "content_block_delta", "message_delta", "x")


@settings(max_examples=200, deadline=None)
@given(st.lists(JUNK.filter(lambda x: isinstance(x, dict)), max_size=5), st.sampled_from(EVENTS))
def test_arbitrary_stream_events_never_raise(events, kind):
    view = TurnView()
    apply_message(view, start("m"), 0)
    for event in events:
        apply_message(view, StreamEvent(event={**event, "type": kind}), 0)
    view.flush()
    view.finish("done", 0)
    assert "unknown" not in kinds(view)
