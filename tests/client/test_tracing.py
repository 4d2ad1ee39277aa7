"""Spans of real conversations: what holds what, their names and attributes, and nothing said."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from peer import Peer

from claude_notebook import (
    ClaudeCodeOptions,
    ClaudeSDKClient,
    HookMatcher,
    ResultMessage,
    create_sdk_mcp_server,
    query,
    tool,
)
from claude_notebook.client import tracing as telemetry
from claude_notebook.errors import CLINotFoundError, ProcessError, RateLimitError
from claude_notebook.messages import AssistantMessage, ToolResultBlock, ToolUseBlock, UserMessage
from claude_notebook.permissions.elicitation import Elicitation, ElicitationResult
from claude_notebook.testing import Hang, Status, Step, Use, script

SECRET = "the-words-of-a-prompt"
ECHO = Use("Bash", {"command": f"echo {SECRET}"})
USAGE = {
    "input_tokens": 100,
    "output_tokens": 20,
    "cache_read_input_tokens": 7,
    "cache_creation_input_tokens": 5,
}

pytestmark = pytest.mark.anyio
ASYNCIO = pytest.mark.parametrize("anyio_backend", ["asyncio"])

_exporter = InMemorySpanExporter()


@pytest.fixture(scope="module", autouse=True)
def _provider():
    """Tracing is enabled once per process."""
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        trace.set_tracer_provider(TracerProvider())
    trace.get_tracer_provider().add_span_processor(SimpleSpanProcessor(_exporter))
    yield
    _exporter.shutdown()  # later tests also create spans, which are discarded
    _exporter.clear()


class Spans:
    """The spans that have ended since the test began."""

    @property
    def all(self) -> list[ReadableSpan]:
        ended = sorted(_exporter.get_finished_spans(), key=lambda span: span.start_time)
        theirs = ("ours", "initialize", "tools/list", "notifications/")
        return [span for span in ended if not span.name.startswith(theirs)]

    def tree(self) -> list[str]:
        """The names, in order of their start, each with its depth."""
        by_id = {span.context.span_id: span for span in _exporter.get_finished_spans()}

        def depth(span: ReadableSpan) -> int:
            above = by_id.get(span.parent.span_id) if span.parent else None
            return 0 if above is None else 1 + depth(above)

        return ["  " * depth(span) + span.name for span in self.all]

    def one(self, name: str) -> ReadableSpan:
        (result,) = (span for span in self.all if span.name == name)
        return result

    def error(self, name: str) -> str | None:
        span = self.one(name)
        kind = span.attributes.get("error.type")
        assert (span.status.status_code is StatusCode.ERROR) == (kind is not None)
        return kind


@pytest.fixture
def spans():
    _exporter.clear()
    return Spans()


@pytest.fixture
def options(claude_cli, claude_env, tmp_path):
    def make(**more: object) -> ClaudeCodeOptions:
        env = {**claude_env, **more.pop("env", {})}
        return ClaudeCodeOptions(cli_path=claude_cli, cwd=tmp_path, env=env, **more)

    return make


async def ask(prompt: str, options: ClaudeCodeOptions) -> ResultMessage:
    messages = [message async for message in query(prompt=prompt, options=options)]
    assert isinstance(messages[-1], ResultMessage)
    return messages[-1]


# --- what holds what ------------------------------------------------------------------------------


async def test_query_span_contains_turn_and_tools(spans, options):
    failing = Use("Bash", {"command": "exit 3"})
    prompt = script(ECHO, [failing, Use("Read", {"file_path": "/none"})], Step(SECRET, usage=USAGE))

    result = await ask(prompt, options(model="claude-sonnet-5"))

    assert spans.tree() == [
        "invoke_workflow query",
        "  invoke_agent Claude Code",
        "    execute_tool Bash",
        "    execute_tool Bash",
        "    execute_tool Read",
    ]
    turn = spans.one("invoke_agent Claude Code").attributes
    usage = result.usage
    assert usage["cache_read_input_tokens"] == 7
    assert turn == {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.provider.name": "anthropic",
        "gen_ai.agent.name": "Claude Code",
        "gen_ai.conversation.id": result.session_id,
        "gen_ai.request.model": "claude-sonnet-5",
        "gen_ai.response.model": "claude-sonnet-5",
        "gen_ai.response.finish_reasons": ("end_turn",),
        "gen_ai.usage.input_tokens": usage["input_tokens"] + 12,
        "gen_ai.usage.output_tokens": usage["output_tokens"],
        "gen_ai.usage.cache_read.input_tokens": 7,
        "gen_ai.usage.cache_creation.input_tokens": 5,
    }
    assert spans.one("execute_tool Read").attributes["error.type"] == "tool_error"
    good, bad = (span for span in spans.all if span.name == "execute_tool Bash")
    assert good.attributes["gen_ai.tool.name"] == "Bash"
    assert good.attributes["gen_ai.tool.call.id"].startswith("toolu_")
    assert good.status.status_code is StatusCode.UNSET
    assert bad.attributes["error.type"] == "tool_error"
    assert spans.error("invoke_workflow query") is None
    assert spans.one("invoke_workflow query").attributes["gen_ai.workflow.name"] == "query"
    for span in spans.all:
        assert SECRET not in span.to_json()


@ASYNCIO
async def test_subagent_tool_spans_are_children_of_its_call(spans, options):
    agent = Use(
        "Agent",
        {
            "description": "Look",
            "prompt": script(ECHO, "Seen."),
            "subagent_type": "general-purpose",
            "run_in_background": False,
        },
    )

    await ask(script(agent, "Done."), options())

    assert spans.tree() == [
        "invoke_workflow query",
        "  invoke_agent Claude Code",
        "    execute_tool Agent",
        "      execute_tool Bash",
    ]


async def test_turn_span_is_child_of_callers_span(spans, options):
    tracer = trace.get_tracer("test")
    async with ClaudeSDKClient(options()) as client:
        for word in ("one", "two"):
            with tracer.start_as_current_span("ours") as above:
                await client.query(script(word))
                (last,) = [m async for m in client.receive_response() if type(m) is ResultMessage]
            turn = spans.all[-1]
            assert turn.name == "invoke_agent Claude Code"
            assert turn.parent.span_id == above.get_span_context().span_id
            assert turn.attributes["gen_ai.conversation.id"] == last.session_id
            assert turn.attributes["gen_ai.request.model"].startswith("claude-")

    assert spans.tree() == ["  invoke_agent Claude Code"] * 2


@ASYNCIO
async def test_spans_of_handlers_stand_below_the_tool(spans, options):
    tracer = trace.get_tracer("test")

    @tool
    async def look(at: str) -> str:
        "Look at something."
        with tracer.start_as_current_span("inside the tool"):
            return at

    async def hook(value, tool_use_id, context):
        with tracer.start_as_current_span(f"inside {value['hook_event_name']}"):
            return {}

    await ask(
        script(Use("mcp__eyes__look", {"at": "it"}), "Done."),
        options(
            mcp_servers={"eyes": create_sdk_mcp_server("eyes", tools=[look])},
            allowed_tools=["mcp__eyes__look"],
            hooks={"PreToolUse": [HookMatcher(None, [hook])], "Stop": [HookMatcher(None, [hook])]},
        ),
    )

    below = [name.strip() for name in spans.tree() if name.startswith("      ")]
    assert below == ["inside PreToolUse", "tools/call look", "inside the tool"]
    assert spans.tree()[2] == "    execute_tool mcp__eyes__look"
    assert spans.tree()[-1] == "  inside Stop"


@ASYNCIO
async def test_cli_receives_parent_span(spans, options, tmp_path):
    show = Use("Bash", {"command": "echo $TRACEPARENT $TRACESTATE > seen"})

    await ask(script(show, "Done."), options(allowed_tools=["Bash"]))

    above = spans.one("invoke_workflow query").context
    expected = f"00-{above.trace_id:032x}-{above.span_id:016x}-{above.trace_flags:02x}"
    assert (tmp_path / "seen").read_text().split() == [expected]


@ASYNCIO
async def test_options_env_overrides_trace_headers(spans, options, tmp_path):
    show = Use("Bash", {"command": "echo $TRACEPARENT > seen"})

    value = options(allowed_tools=["Bash"], env={"TRACEPARENT": "00-1-2-00"})
    await ask(script(show, "Done."), value)

    assert (tmp_path / "seen").read_text().split() == ["00-1-2-00"]


# --- failures -------------------------------------------------------------------------------------


@ASYNCIO
async def test_span_records_api_error(spans, options):
    with pytest.raises(RateLimitError):
        await ask(
            script(Step("never", fails=Status(429, headers={"retry-after": "900"}))), options()
        )

    assert spans.error("invoke_agent Claude Code") == "429"
    assert spans.error("invoke_workflow query") == "RateLimitError"


@ASYNCIO
async def test_span_records_missing_cli(spans, tmp_path):
    with pytest.raises(CLINotFoundError):
        await ask("x", ClaudeCodeOptions(cli_path=tmp_path / "none"))

    assert spans.tree() == ["invoke_workflow query"]
    assert spans.error("invoke_workflow query") == "CLINotFoundError"


async def test_span_records_process_failure(spans, options):
    async with ClaudeSDKClient(options(allowed_tools=["Bash"])) as client:
        await client.query(script(Use("Bash", {"command": "true; sleep 60"}), "never"))
        messages = client.receive_response()
        while type(await anext(messages)).__name__ != "AssistantMessage":
            pass
        os.kill(client.pid, signal.SIGKILL)
        with pytest.raises(ProcessError):
            [message async for message in messages]

    assert spans.error("invoke_agent Claude Code") == "ProcessError"
    assert spans.error("execute_tool Bash") == "ProcessError"


async def test_span_records_cancellation(spans, options):
    sleeps = script(Use("Bash", {"command": "true; sleep 60"}), "never")

    with anyio.CancelScope() as scope:
        async for message in query(prompt=sleeps, options=options(allowed_tools=["Bash"])):
            if type(message).__name__ == "AssistantMessage":
                scope.cancel()
    assert scope.cancelled_caught

    assert [span.attributes["error.type"] for span in spans.all] == ["cancelled"] * 3
    assert spans.tree()[-1] == "    execute_tool Bash"


@ASYNCIO
async def test_elicitation_has_no_tool_span(spans, options, tmp_path):
    """The text of a form has the place of the MCP message in other requests."""
    server = Path(__file__).parents[1] / "support" / "asking_server.py"
    asker = {"command": sys.executable, "args": [str(server)]}

    async def answer(asked: Elicitation) -> ElicitationResult:
        return ElicitationResult("accept", {"name": "Grace"})

    asking = options(
        mcp_servers={"asker": asker},
        allowed_tools=["mcp__asker__ask"],
        on_elicitation=answer,
        env={"ENABLE_TOOL_SEARCH": "false"},
    )
    async with ClaudeSDKClient(asking) as client:
        with anyio.fail_after(60):
            while (await client.get_mcp_status())["mcpServers"][0]["status"] != "connected":
                pass
        await client.query(script(Use("mcp__asker__ask", {}), "Thanks."))
        messages = [message async for message in client.receive_response()]

    assert messages[-1].is_error is False
    assert spans.tree() == ["invoke_agent Claude Code", "  execute_tool mcp__asker__ask"]


@ASYNCIO
async def test_span_ends_when_loop_is_left(spans, options):
    sleeps = script(Use("Bash", {"command": "true; sleep 60"}), "never")

    async with query(prompt=sleeps, options=options(allowed_tools=["Bash"])) as messages:
        async for message in messages:
            if type(message).__name__ == "AssistantMessage":
                break

    assert spans.error("invoke_agent Claude Code") == "cancelled"
    assert spans.error("invoke_workflow query") is None


@ASYNCIO
async def test_interrupted_turn_span_has_no_error(spans, options):
    async with ClaudeSDKClient(options(include_partial_messages=True)) as client:
        await client.query(script(Step("Endless", chunk=1, fails=Hang(after=2))))
        async for message in client.receive_response():
            if type(message).__name__ == "StreamEvent":
                await client.interrupt()
                break
        async for _ in client.receive_response():
            pass
        await client.query(script("Now."))
        async for _ in client.receive_response():
            pass

    first, second = spans.all
    assert first.status.status_code is second.status.status_code is StatusCode.UNSET
    assert first.context.trace_id != second.context.trace_id


# --- without the CLI ------------------------------------------------------------------------------


@ASYNCIO
async def test_background_agent_spans_after_turn(spans):
    """Its tools outlive the turn and stand below the tool that started it, which has ended."""

    def calls(tool_id: str, name: str, parent: str | None = None) -> AssistantMessage:
        return AssistantMessage([ToolUseBlock(tool_id, name)], "m", parent)

    def returns(tool_id: str, text: str, parent: str | None = None) -> UserMessage:
        return UserMessage([ToolResultBlock(tool_id, text)], parent_tool_use_id=parent)

    peer = Peer()
    async with ClaudeSDKClient(transport=peer) as client:
        await client.query("go")
        peer.say(
            calls("a", "Agent"),
            calls("b", "Read", parent="a"),
            calls("c", "Bash"),
            returns("a", "started"),
            ResultMessage(),
            returns("b", "late", parent="a"),
            calls("d", "Grep", parent="a"),
            ResultMessage(is_error=True, api_error="overloaded"),
        )
        results = [m async for m in client.receive_response()]
        assert type(results[-1]) is ResultMessage

    assert spans.tree() == [
        "invoke_agent Claude Code",
        "  execute_tool Agent",
        "    execute_tool Read",
        "  execute_tool Bash",
        "invoke_agent Claude Code",
        "    execute_tool Grep",
    ]
    assert spans.error("execute_tool Read") is None
    assert spans.error("execute_tool Bash") == "cancelled"
    assert spans.error("execute_tool Grep") == "cancelled"
    assert spans.all[4].attributes["error.type"] == "overloaded"


WITHOUT = """
import asyncio, json, sys
sys.path.insert(0, sys.argv[1])
from peer import Peer
from claude_notebook import ClaudeSDKClient, ResultMessage

async def main():
    peer = Peer()
    async with ClaudeSDKClient(transport=peer) as client:
        await client.query("x")
        peer.say(ResultMessage())
        return [type(m).__name__ async for m in client.receive_response()]

print(json.dumps([asyncio.run(main()), [m for m in sys.modules if m.startswith("opentelemetry")]]))
"""


@ASYNCIO
async def test_untraced_program_does_not_import_opentelemetry(pytestconfig):
    support = str(pytestconfig.rootpath / "tests" / "support")
    run = [sys.executable, "-c", WITHOUT, support]
    done = await asyncio.to_thread(subprocess.run, run, capture_output=True, check=True, timeout=60)

    assert json.loads(done.stdout) == [["ResultMessage"], []]


NOWHERE = """
import opentelemetry.trace
from claude_notebook import ClaudeCodeOptions
from claude_notebook.client.tracing import begin
print(begin(ClaudeCodeOptions()))
"""


@ASYNCIO
async def test_program_without_tracer_provider_makes_no_spans():
    run = [sys.executable, "-c", NOWHERE]
    done = await asyncio.to_thread(
        subprocess.run, run, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "None\n"


@ASYNCIO
async def test_begin_ignores_partially_imported_opentelemetry():
    whole = sys.modules["opentelemetry.context"]
    try:
        del sys.modules["opentelemetry.context"]
        assert telemetry.begin(ClaudeCodeOptions()) is None
    finally:
        sys.modules["opentelemetry.context"] = whole
    assert telemetry.begin(ClaudeCodeOptions()) is not None


@ASYNCIO
async def test_trace_headers_keep_foreign_tracestate(spans):
    state = trace.TraceState([("vendor", "1")])
    value = trace.SpanContext(15, 16, is_remote=True, trace_state=state)
    above = trace.set_span_in_context(trace.NonRecordingSpan(value))
    from opentelemetry import context

    token = context.attach(above)
    try:
        result = telemetry.begin(ClaudeCodeOptions()).environment()
    finally:
        context.detach(token)
    assert result == {"TRACEPARENT": f"00-{15:032x}-{16:016x}-00", "TRACESTATE": "vendor=1"}
    assert telemetry.begin(ClaudeCodeOptions()).environment() == {}


@ASYNCIO
async def test_trace_without_workflow_leaves_callers_span_unchanged(spans):
    with trace.get_tracer("test").start_as_current_span("somebody's") as above:
        of_client = telemetry.begin(ClaudeCodeOptions())
        of_client.fail(ValueError())
        of_client.end(ValueError())

    assert spans.tree() == ["somebody's"]
    assert above.status.status_code is StatusCode.UNSET
