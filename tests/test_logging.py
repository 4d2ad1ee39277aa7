"""Log records of real conversations, and secrets that they must not contain."""

import importlib
import json
import logging
import pkgutil
import subprocess
import sys
import traceback

import pytest
from peer import Peer

import claude_notebook
from claude_notebook import (
    ClaudeCodeOptions,
    ClaudeSDKClient,
    CLINotFoundError,
    HookMatcher,
    PermissionResultAllow,
    ProcessError,
    create_sdk_mcp_server,
    query,
    tool,
)
from claude_notebook.client.log_summaries import summarize
from claude_notebook.errors import CLIJSONDecodeError
from claude_notebook.logs import get_logger, log_failure
from claude_notebook.messages import (
    AssistantMessage,
    InitMessage,
    RateLimitEvent,
    ResultMessage,
    StreamEvent,
    TextBlock,
    ToolResultBlock,
    ToolUseBlock,
    UnknownBlock,
    UnknownMessage,
    UserMessage,
)
from claude_notebook.testing import Step, Think, Use, script

KEY = "sk-ant-api03-AAAAbbbbCCCCdddd"
PASSWORD = "correct-horse-battery"
PROMPT, ANSWER, THOUGHT, SYSTEM, INPUT, TOOL = WORDS = (
    *("a-prompt", "an-answer", "a-thought"),
    *("of-the-system", "given-to-a-tool", "of-a-tool"),
)
"""Words of the conversation below, in variables because tracebacks show source lines."""

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore::claude_notebook.CanUseToolShadowedWarning"),
]


def everything(record: logging.LogRecord) -> str:
    """Return everything that a handler can find in a record."""
    text = logging.Formatter("%(name)s %(levelname)s %(message)s").format(record)
    raised = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
    return f"{text} {raised} {record.__dict__}"


@pytest.fixture
def conversation(claude_cli, claude_env, tmp_path):
    """A conversation with secrets in every possible place."""

    @tool
    async def look(at: str) -> str:
        "Look at something."
        return f"{TOOL} {at} {KEY}"

    @tool
    async def fails() -> None:
        "Fail."
        raise LookupError(f"{TOOL} password={PASSWORD}")

    async def hook(data, tool_use_id, context):
        raise ValueError(f"{TOOL} {data} {KEY}")

    async def allow(name, data, context):
        if "first" in str(data):
            raise ValueError(f"{data} {KEY}")
        return PermissionResultAllow()

    def stderr(line):
        raise ValueError(line)

    server = create_sdk_mcp_server("eyes", tools=[look, fails])
    other = {"command": "false", "env": {"DB_PASSWORD": PASSWORD, "API_KEY": KEY}, "args": [KEY]}
    options = ClaudeCodeOptions(
        cli_path=claude_cli,
        cwd=tmp_path,
        env={**claude_env, "MY_PASSWORD": PASSWORD, "MY_KEY": KEY},
        system_prompt=f"{SYSTEM} {KEY}",
        mcp_servers={"eyes": server, "other": other},
        settings=json.dumps({"env": {"SECRET_TOKEN": PASSWORD}}),
        allowed_tools=["mcp__eyes__look", "mcp__eyes__fails"],
        can_use_tool=allow,
        hooks={"PostToolUse": [HookMatcher(None, [hook])], "Stop": [HookMatcher(None, [hook])]},
        debug=True,
        stderr=stderr,
        include_partial_messages=True,
    )
    prompt = f"{PROMPT} {KEY} password={PASSWORD} " + script(
        Step([Think(THOUGHT), Use("mcp__eyes__look", {"at": f"{INPUT} {KEY}"})]),
        Use("mcp__eyes__fails", {}),
        Use("Bash", {"command": f"touch first-{INPUT}; echo {KEY}"}),
        Use("Bash", {"command": f"touch {INPUT}; MY_PASSWORD={PASSWORD}; echo $MY_KEY"}),
        f"{ANSWER} {KEY}",
    )
    return prompt, options


async def test_log_of_real_conversation_has_no_secrets(conversation, caplog):
    prompt, options = conversation

    with caplog.at_level(logging.DEBUG):
        async with ClaudeSDKClient(options) as client:
            await client.query(prompt)
            messages = [message async for message in client.receive_response()]
    ours = [record for record in caplog.records if record.name.startswith("claude_notebook")]

    assert ANSWER in messages[-1].result
    for record in ours:
        text = everything(record)
        assert KEY not in text
        assert PASSWORD not in text
        if record.levelno > logging.DEBUG:
            assert not any(word in text for word in WORDS)
    output = "\n".join(map(everything, ours))
    for expected in (
        "searching for the CLI in cli_path",
        "--mcp-config",
        "as process",
        "request to the CLI: initialize",
        "received InitMessage",
        "received StreamEvent: content_block_delta",
        "request of the CLI: hook_callback",
        "the CLI says:",
        "The hook PostToolUse (hook) failed: ValueError",
        "The tool fails failed: LookupError",
        "can_use_tool, called for Bash, failed: ValueError",
        "The stderr callback failed: ValueError",
        "conversation ended: exit",
    ):
        assert expected in output
    levels = {record.levelno for record in ours}
    assert levels == {logging.DEBUG, logging.ERROR}


@pytest.mark.parametrize("level", [logging.INFO, logging.WARNING, logging.ERROR])
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_log_above_debug_has_only_failures(level, conversation, caplog):
    prompt, options = conversation

    with caplog.at_level(level, "claude_notebook"):
        async for _ in query(prompt=prompt, options=options):
            pass

    assert caplog.records
    for record in caplog.records:
        assert " failed: " in record.getMessage()
        assert not any(word in everything(record) for word in (*WORDS, KEY, PASSWORD))


async def test_log_has_stderr_of_failed_cli(tmp_path, caplog):
    fake = tmp_path / "claude"
    fake.write_text(f"#!/bin/sh\necho key {KEY} >&2\necho DB_PASSWORD={PASSWORD} >&2\nexit 7\n")
    fake.chmod(0o755)

    with caplog.at_level(logging.DEBUG), pytest.raises(ProcessError) as caught:
        [_ async for _ in query(prompt="x", options=ClaudeCodeOptions(cli_path=fake))]

    assert caught.value.exit_code == 7
    assert caught.value.stderr == ("key REDACTED-anthropic-key\nDB_PASSWORD=REDACTED-secret\n")
    for text in (str(caught.value), repr(caught.value), *map(everything, caplog.records)):
        assert KEY not in text
        assert PASSWORD not in text
    assert "cannot open the conversation" in caplog.text


async def test_log_has_searched_location_of_cli(tmp_path, caplog):
    with caplog.at_level(logging.DEBUG), pytest.raises(CLINotFoundError):
        [_ async for _ in query(prompt="x", options=ClaudeCodeOptions(cli_path=tmp_path / "no"))]

    assert f"searching for the CLI in cli_path: {tmp_path}/no" in caplog.text


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_log_notes_unreadable_messages(caplog):
    peer = Peer()
    with caplog.at_level(logging.DEBUG):
        async with ClaudeSDKClient(transport=peer) as client:
            await client.query("x")
            peer.say(b'{"type": "resu', UnknownMessage({"type": "new"}), ResultMessage())
            with pytest.raises(CLIJSONDecodeError):
                [_ async for _ in client.receive_response()]
            [_ async for _ in client.receive_response()]

    assert "received CLIJSONDecodeError: Claude Code sent a line" in caplog.text
    assert "received UnknownMessage: unknown type" in caplog.text
    assert "received ResultMessage: success" in caplog.text


# --- summaries of messages ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "line"),
    [
        (AssistantMessage([TextBlock("words")]), "AssistantMessage: TextBlock"),
        (
            AssistantMessage([ToolUseBlock("t1", "Bash", {"a": "words"})]),
            "AssistantMessage: Bash t1",
        ),
        (UserMessage([ToolResultBlock("t1", "words")]), "UserMessage: result of t1"),
        (UserMessage([ToolResultBlock("t1", "words", True)]), "UserMessage: error of t1"),
        (UserMessage([UnknownBlock({"a": "words"})]), "UserMessage: an unknown block"),
        (UserMessage("words"), "UserMessage: 5 characters"),
        (InitMessage("init"), "InitMessage: init"),
        (StreamEvent(event={"type": "ping"}), "StreamEvent: ping"),
        (ResultMessage(num_turns=2, duration_ms=3), "ResultMessage: success, 2 turns, 3 ms"),
        (
            ResultMessage(is_error=True, api_error_status=429),
            "ResultMessage: success, failed with 429, 0 turns, 0 ms",
        ),
        (UnknownMessage("words", "unknown type"), "UnknownMessage: unknown type"),
        (RateLimitEvent(), "RateLimitEvent"),
    ],
)
def test_note_summarizes_message(message, line):
    assert summarize(message) == line


# --- loggers --------------------------------------------------------------------------------------


def test_all_loggers_hide_secrets(caplog):
    skipped = ("claude_notebook.testing.plugin",)
    for module in pkgutil.walk_packages(claude_notebook.__path__, "claude_notebook."):
        if not module.name.startswith(skipped) and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    known = logging.root.manager.loggerDict.values()
    loggers = [
        item for item in known if isinstance(item, logging.Logger) and item.name in sys.modules
    ]
    loggers = [logger for logger in loggers if logger.name.startswith("claude_notebook")]
    assert len(loggers) > 10

    with caplog.at_level(logging.DEBUG):
        for logger in loggers:
            logger.debug("a key: %s", KEY)

    assert {record.getMessage() for record in caplog.records} == {"a key: REDACTED-anthropic-key"}
    assert len(caplog.records) == len(loggers)


def test_log_record_has_exception_text_only(caplog):
    logger = get_logger("claude_notebook.test")
    assert get_logger("claude_notebook.test") is logger
    try:
        raise ValueError(KEY)
    except ValueError:
        logger.exception("it failed with %s", KEY, stack_info=True)
    logger.error("no exception", exc_info=True)

    first, second = caplog.records
    assert KEY not in everything(first)
    assert "ValueError: REDACTED-anthropic-key" in first.exc_text
    assert "test_log_record_has" in first.stack_info
    assert second.exc_text is None


def test_log_failure_separates_location_and_message(caplog):
    logger = get_logger("claude_notebook.test")
    try:
        raise ValueError(PROMPT)
    except ValueError as error:
        with caplog.at_level(logging.DEBUG):
            log_failure(logger, "It", error)

    first, second = caplog.records
    assert first.levelno == logging.ERROR
    assert first.getMessage().startswith("It failed: ValueError\n")
    assert "test_log_failure_separates_location_and_message" in first.getMessage()
    assert second.levelno == logging.DEBUG
    assert second.exc_text.endswith(f"ValueError: {PROMPT}")


QUIET = """
import logging
from claude_notebook.logs import get_logger
get_logger("claude_notebook.somewhere").error("hidden")
logging.getLogger("another").error("visible")
"""


def test_package_prints_nothing_by_default():
    process = subprocess.run(
        [sys.executable, "-c", QUIET], capture_output=True, text=True, check=True, timeout=60
    )
    assert (process.stdout, process.stderr) == ("", "visible\n")
