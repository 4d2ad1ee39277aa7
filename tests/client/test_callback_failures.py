"""What a person is told of a handler that failed."""

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
def test_a_notice(error, content):
    told = failure_notice("It", error, "So what.")
    assert (told.subtype, told.level, told.content) == ("informational", "warning", content)
    assert told.data["content"] == content
    assert failure_notice("It", error, "").content == content.removesuffix(" So what.")


def test_a_refusal_has_words():
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
def test_what_follows(event, on_failure, blocks):
    assert ("counts this as a denial" in hook_failure_effect(event, on_failure)) == blocks


@pytest.mark.parametrize(
    ("tag", "callback", "told", "expected"),
    [
        ("hook_callback_failed", "Stop_1", {"Stop_1"}, True),
        ("hook_callback_failed", "Stop_1", {"Stop_10", "None"}, False),
        ("hook_callback_failed", "Stop_10", {"Stop_1"}, False),
        ("another", "Stop_1", {"Stop_1"}, False),
        (None, "Stop_1", {"Stop_1"}, False),
    ],
)
def test_what_the_cli_says_again(tag, callback, told, expected):
    content = f"Stop: Hook callback {callback} failed: the SDK host replied with an error."
    message = InformationalMessage("informational", {"tag": tag}, content=content)
    assert is_repeated_notice(message, told) == expected


@pytest.mark.anyio
async def test_a_cli_that_cannot_block():
    """It would let the tool run: so nothing begins."""
    peer = Peer(greets=False)
    peer.on_line = lambda line: peer.answer(line, {"commands": []})
    hooks = {"PreToolUse": [HookMatcher(None, [hook], on_failure="block")]}

    with pytest.raises(OptionsError, match="claude update") as caught:
        await ClaudeSDKClient(ClaudeCodeOptions(hooks=hooks), transport=peer).connect()

    assert caught.value.field == "hooks"
    assert "aclose 0" in peer.life
