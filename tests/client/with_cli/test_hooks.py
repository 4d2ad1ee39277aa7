"""Hooks of the real CLI: events, effects of their outputs, and failures."""

import logging

import anyio
import pytest

from claude_notebook import (
    ClaudeCodeOptions,
    ClaudeSDKClient,
    HookMatcher,
    InformationalMessage,
    NotificationMessage,
    PermissionResultAllow,
    ResultMessage,
    ToolResultBlock,
    UserMessage,
    create_sdk_mcp_server,
    query,
    tool,
)
from claude_notebook.testing import Use, script

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio"])]

ECHO = Use("Bash", {"command": "echo ran"})
KEY = "sk-ant-api03-not-a-real-one"


async def ask(prompt: str, options: ClaudeCodeOptions) -> list:
    return [message async for message in query(prompt=prompt, options=options)]


def results(messages: list) -> list[ToolResultBlock]:
    return [
        block
        for message in messages
        if isinstance(message, UserMessage) and isinstance(message.content, list)
        for block in message.content
        if isinstance(block, ToolResultBlock)
    ]


def notices(messages: list) -> list[str]:
    return [message.content for message in messages if isinstance(message, InformationalMessage)]


def always(output: object) -> HookMatcher:
    async def answers(hook_input, tool_use_id, context):
        return output

    return HookMatcher(None, [answers])


async def fails(hook_input, tool_use_id, context):
    raise ValueError(f"cannot judge, not even with {KEY}")


async def never(hook_input, tool_use_id, context):
    await anyio.sleep_forever()


# --- events ---------------------------------------------------------------------------------------


async def test_hooks_are_called_for_every_event(real_options):
    hook_inputs = {}
    notified = anyio.Event()

    async def note(hook_input, tool_use_id, context):
        hook_inputs.setdefault(hook_input["hook_event_name"], hook_input)
        if "Notification" in hook_inputs:
            notified.set()
        return {}

    async def allow(*_):
        # A request that stays open for six seconds triggers a notification.
        with anyio.move_on_after(30):
            await notified.wait()
        return PermissionResultAllow()

    agent = Use(
        "Agent",
        {
            "description": "Look",
            "prompt": script("Seen."),
            "subagent_type": "general-purpose",
            "run_in_background": False,
        },
    )
    work = script(Use("Bash", {"command": "touch asked"}), Use("Read", {"file_path": "/no"}), agent)
    events = [
        *("PreToolUse", "PostToolUse", "PostToolUseFailure", "UserPromptSubmit", "Stop"),
        *("SubagentStart", "SubagentStop", "PreCompact", "Notification", "PermissionRequest"),
    ]
    hooks = {event: [HookMatcher(None, [note])] for event in events}
    async with ClaudeSDKClient(real_options(hooks=hooks, can_use_tool=allow)) as client:
        for prompt in (work, "/compact"):
            await client.query(prompt)
            async for message in client.receive_response():
                last = message
            assert isinstance(last, ResultMessage)

    assert sorted(hook_inputs) == sorted(events)
    always_there = {"session_id", "cwd", "transcript_path", "hook_event_name"}
    assert all(always_there <= set(hook_input) for hook_input in hook_inputs.values())
    assert hook_inputs["UserPromptSubmit"]["prompt"] == work
    assert hook_inputs["PermissionRequest"]["tool_input"] == {"command": "touch asked"}
    assert hook_inputs["PostToolUse"]["tool_name"] == "Bash"
    assert hook_inputs["PostToolUseFailure"]["tool_input"] == {"file_path": "/no"}
    assert hook_inputs["SubagentStart"]["agent_type"] == "general-purpose"
    assert hook_inputs["SubagentStop"]["agent_id"] == hook_inputs["SubagentStart"]["agent_id"]
    assert hook_inputs["Stop"]["stop_hook_active"] is False
    assert hook_inputs["PreCompact"]["trigger"] == "manual"
    assert "Bash" in hook_inputs["Notification"]["message"]


# --- outputs --------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", ["PreToolUse", "PostToolUse"])
async def test_hook_with_continue_false_ends_the_turn(event, real_options):
    stop = always({"continue_": False, "stopReason": "enough"})

    messages = await ask(script(ECHO, "never said"), real_options(hooks={event: [stop]}))

    assert messages[-1].terminal_reason == "hook_stopped"
    assert "never said" not in str(messages[1:])


async def test_async_hook_does_not_delay_the_turn(real_options):
    later = always({"async_": True, "asyncTimeout": 60_000})

    messages = await ask(script(ECHO, "Done."), real_options(hooks={"PreToolUse": [later]}))

    assert [block.content for block in results(messages)] == ["ran"]
    assert messages[-1].result == "Done."


@pytest.mark.parametrize(
    ("event", "result", "text"),
    [
        ("PreToolUse", "did not respond before its timeout", "Done."),
        ("PostToolUse", "ran", "Done."),
        ("UserPromptSubmit", None, "timed out after 500ms"),
    ],
)
async def test_hook_without_an_answer_times_out(event, result, text, real_options):
    # A timeout blocks a tool or a prompt; after other events, the turn continues.
    hooks = {event: [HookMatcher(None, [never], timeout=0.5)]}

    messages = await ask(script(ECHO, "Done."), real_options(hooks=hooks))

    assert [result in block.content for block in results(messages)] == [True] * (result is not None)
    assert text in messages[-1].result


# --- failures -------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", ["PreToolUse", "PostToolUse", "UserPromptSubmit", "Stop"])
async def test_failed_hook_is_reported_and_the_turn_continues(event, real_options, caplog):
    hooks = {event: [HookMatcher(None, [fails])]}

    with caplog.at_level(logging.ERROR, "claude_notebook"):
        messages = await ask(script(ECHO, "Done."), real_options(hooks=hooks))

    # The CLI's own notice, which lacks the cause, stays hidden.
    assert notices(messages) == [
        f"The hook {event} (fails) failed: ValueError: cannot judge, not even with "
        "REDACTED-anthropic-key. Claude Code continues without it."
    ]
    assert [block.content for block in results(messages)] == ["ran"]
    assert messages[-1].result == "Done."
    (record,) = caplog.records
    assert record.getMessage().startswith(f"The hook {event} (fails) failed: ValueError\n")
    assert 'test_hooks.py", line' in record.getMessage()
    assert "in fails" in record.getMessage()


@pytest.mark.parametrize(
    ("event", "blocked"),
    [("PreToolUse", "the tool"), ("UserPromptSubmit", "the prompt"), ("Stop", None)],
)
async def test_failed_hook_denies_if_on_failure_says_block(event, blocked, real_options):
    hooks = {event: [HookMatcher(None, [fails], on_failure="block")]}

    messages = await ask(script(ECHO, "Done."), real_options(hooks=hooks))

    counts = (
        "Its on_failure setting counts this as a denial."
        if blocked
        else "Claude Code continues without it."
    )
    assert counts in notices(messages)[0]
    ran = [block.content == "ran" for block in results(messages)]
    assert ran == {"the tool": [False], "the prompt": [], None: [True]}[blocked]
    assert not any(
        isinstance(message, NotificationMessage) and "hook" not in message.text
        for message in messages
    )


async def test_failed_can_use_tool_denies_the_call(real_options):
    async def decide(tool_name, tool_input, context):
        raise LookupError(f"no rule for {KEY}")

    messages = await ask(
        script(Use("Bash", {"command": "touch x"}), "Done."), real_options(can_use_tool=decide)
    )

    assert notices(messages) == [
        "can_use_tool, called for Bash, failed: LookupError: no rule for REDACTED-anthropic-key. "
        "The call was denied."
    ]
    (block,) = results(messages)
    assert block.is_error
    assert "no rule for REDACTED-anthropic-key" in block.content
    assert messages[-1].result == "Done."


async def test_failed_tool_is_reported(real_options):
    @tool
    async def look(at: int) -> str:
        "Look at something."
        raise LookupError("nothing there")

    options = real_options(
        mcp_servers={"eyes": create_sdk_mcp_server("eyes", tools=[look])},
        allowed_tools=["mcp__eyes__look"],
    )
    looks = Use("mcp__eyes__look", {"at": 1}), Use("mcp__eyes__look", {"at": "behind"})
    messages = await ask(script(*looks, "Done."), options)

    # A wrong argument is a mistake of the model, not a failure of the tool.
    assert notices(messages) == [
        "The tool look failed: LookupError: nothing there. The model received the error."
    ]
    failed, wrong = results(messages)
    assert failed.is_error
    assert wrong.is_error
    assert messages[-1].result == "Done."
