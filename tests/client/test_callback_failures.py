"""Tests of the notices about failed callbacks."""

import pytest
from peer import Peer

from claude_notebook import (
    ClaudeCodeOptions,
    ClaudeSDKClient,
    HookMatcher,
    InformationalMessage,
    OptionsError,
)
from claude_notebook.client.callback_failures import (
    failure_notice,
    hook_failure_effect,
    is_repeated_notice,
)
from claude_notebook.logs import refusal


async def hook(*_):
    return {}


@pytest.mark.parametrize(
    ("error", "content"),
    [
        (ValueError("why."), "It failed: ValueError: why. So what."),
        (ValueError(), "It failed: ValueError. So what."),
        (KeyError("a"), "It failed: KeyError: 'a'. So what."),
        (OSError("password=x"), "It failed: OSError: password=REDACTED-secret. So what."),
    ],
)
def test_failure_notice_names_callback_error_and_effect(error, content):
    message = failure_notice("It", error, "So what.")
    assert (message.subtype, message.level, message.content) == (
        "informational",
        "warning",
        content,
    )
    assert message.data["content"] == content
    assert failure_notice("It", error, "").content == content.removesuffix(" So what.")


def test_refusal_is_never_empty_and_redacts_secrets():
    assert refusal(ValueError("password=x")) == "password=REDACTED-secret"
    assert refusal(ValueError()) == "ValueError()"


@pytest.mark.parametrize(
    ("event", "on_failure", "blocks"),
    [
        ("PreToolUse", "block", True),
        ("PreToolUse", "continue", False),
        ("PreToolUse", None, False),
        ("Stop", "block", False),
        ("SubagentStop", "block", False),
    ],
)
def test_hook_failure_effect_depends_on_event_and_setting(event, on_failure, blocks):
    assert ("counts this as a denial" in hook_failure_effect(event, on_failure)) == blocks


@pytest.mark.parametrize(
    ("tag", "callback", "callback_ids", "expected"),
    [
        ("hook_callback_failed", "Stop_1", {"Stop_1"}, True),
        ("hook_callback_failed", "Stop_1", {"Stop_10", "None"}, False),
        ("hook_callback_failed", "Stop_10", {"Stop_1"}, False),
        ("another", "Stop_1", {"Stop_1"}, False),
        (None, "Stop_1", {"Stop_1"}, False),
    ],
)
def test_is_repeated_notice_matches_reported_callbacks(tag, callback, callback_ids, expected):
    content = f"Stop: Hook callback {callback} failed: the SDK host replied with an error."
    message = InformationalMessage("informational", {"tag": tag}, content=content)
    assert is_repeated_notice(message, callback_ids) == expected


@pytest.mark.anyio
async def test_connect_rejects_blocking_hooks_that_the_cli_does_not_support():
    # Such a CLI would run the tool despite the failure.
    peer = Peer(greets=False)
    peer.on_line = lambda line: peer.answer(line, {"commands": []})
    hooks = {"PreToolUse": [HookMatcher(None, [hook], on_failure="block")]}

    with pytest.raises(OptionsError, match="claude update") as caught:
        await ClaudeSDKClient(ClaudeCodeOptions(hooks=hooks), transport=peer).connect()

    assert caught.value.field == "hooks"
    assert "aclose 0" in peer.life
