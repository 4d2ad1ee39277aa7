"""OpenTelemetry spans for queries, turns and tools.

This module does not import OpenTelemetry. A program that uses tracing has imported
`opentelemetry.trace` and configured a tracer provider; in any other program, no spans are created.

Names follow the semantic conventions for generative AI: `invoke_workflow query` contains
`invoke_agent Claude Code` (a turn), which contains `execute_tool Bash`. A subagent's tools are
children of the tool that started it. Spans record models, token counts, ids and error types, but no
prompts, answers, tool inputs, tool results or error messages.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .._version import __version__
from ..messages import (
    AssistantMessage,
    InitMessage,
    JSONObject,
    ResultMessage,
    ToolResultBlock,
    ToolUseBlock,
    UserMessage,
)
from ..messages.handlers import handler
from ..messages.json_fields import Fields
from ..options import ClaudeCodeOptions
from ..protocol.codec.encoder import Encodable
from ..protocol.connection import Event
from ..protocol.control import ControlRequest

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span

AGENT = "Claude Code"
PROVIDER = "anthropic"
CANCELLED = "cancelled"
TOOL_FAILED = "tool_error"

# Tools whose span is the parent of other tools' spans, even after it has ended (background tasks).
_PARENTS = frozenset({"Agent", "Task"})
# Ends that the caller requested by setting a limit in the options.
_EXPECTED = frozenset(
    {"error_max_turns", "error_max_budget_usd", "error_max_structured_output_retries"}
)

Attributes = Mapping[str, "str | int | list[str]"]


def begin(options: ClaudeCodeOptions, workflow: str | None = None) -> Trace | None:
    """Start tracing a conversation, or return None if this program does not use tracing.

    :param options: the conversation's options.
    :param workflow: the name of a span that contains the turns. Without it, each turn is a child of
        the span that is current when its prompt is sent.
    """
    api = sys.modules.get("opentelemetry.trace")
    context = sys.modules.get("opentelemetry.context")
    # Another thread may be in the middle of importing them.
    if api is None or context is None:
        return None
    if not hasattr(api, "get_tracer") or not hasattr(context, "get_current"):
        return None
    # A library has imported it, but the program has not configured a tracer provider.
    if isinstance(api.get_tracer_provider(), (api.ProxyTracerProvider, api.NoOpTracerProvider)):
        return None
    return Trace(api, context, options, workflow)


class Trace:
    """A conversation's spans, which are updated by observing its connection."""

    def __init__(
        self,
        api: ModuleType,
        context: ModuleType,
        options: ClaudeCodeOptions,
        workflow: str | None,
    ) -> None:
        self._api = api
        self._contexts = context
        self._tracer = api.get_tracer("claude_notebook", __version__)
        self._model = options.model
        self._conversation: str | None = None
        self._above: Context = context.get_current()
        self._workflow: Span | None = None
        self._turn: Span | None = None
        self._tools: dict[str, Span] = {}
        self._of_turn: set[str] = set()
        self._parents: dict[str, Context] = {}
        if workflow is not None:
            attributes = {"gen_ai.workflow.name": workflow}
            self._workflow = self._start("invoke_workflow", workflow, self._above, attributes)
            self._above = api.set_span_in_context(self._workflow, self._above)

    def _start(self, operation: str, name: str, above: Context, attributes: Attributes) -> Span:
        span: Span = self._tracer.start_span(
            f"{operation} {name}",
            context=above,
            attributes={
                "gen_ai.operation.name": operation,
                "gen_ai.provider.name": PROVIDER,
                **attributes,
            },
        )
        return span

    def environment(self) -> dict[str, str]:
        """Return the environment variables that pass the parent span to a child process."""
        headers = _trace_headers(self._api.get_current_span(self._above))
        return {name.upper(): value for name, value in headers.items()}

    def inside(
        self, request: ControlRequest | None = None
    ) -> contextlib.AbstractContextManager[None]:
        """Make the conversation's span the parent of the spans started inside the context.

        :param request: a request from the CLI. If it concerns a tool, that tool's span becomes the
            parent instead. An MCP server receives the parent in the message's `_meta` field.
        """
        span = None if request is None else self._tools.get(_tool_of(request.request))
        if request is not None and span is not None and request.subtype == "mcp_message":
            meta = Fields(request.request).obj("message").obj("params").obj("_meta")
            meta.raw.update(_trace_headers(span))
        return self._attached(self._above if span is None else self._below(span))

    @contextlib.contextmanager
    def _attached(self, context: Context) -> Iterator[None]:
        token = self._contexts.attach(context)
        try:
            yield
        finally:
            self._contexts.detach(token)

    def _below(self, span: Span) -> Context:
        context: Context = self._api.set_span_in_context(span, self._above)
        return context

    # --- events -----------------------------------------------------------------------------------

    def sent(self, event: Encodable, line: bytes) -> None:
        """Begin a turn for a prompt, as a child of the current span."""
        if not isinstance(event, UserMessage):
            return
        if self._workflow is None and self._turn is None:
            self._above = self._contexts.get_current()
        self._begin_turn()

    def received(self, event: Event, line: bytes) -> None:
        """Update the spans according to a message."""
        reader = _READERS.get(type(event))
        if reader is not None:
            reader(self, event)

    def fail(self, error: BaseException) -> None:
        """Mark the query as failed with `error`."""
        if self._workflow is not None:
            self._mark(self._workflow, _kind(error))

    def end(self, error: BaseException | None = None) -> None:
        """End all open spans, because the conversation has ended."""
        kind = CANCELLED if error is None else _kind(error)
        for tool in list(self._tools):
            self._end_tool(tool, kind)
        if self._turn is not None:
            self._end_turn(self._turn, kind)
        workflow, self._workflow = self._workflow, None
        if workflow is not None:
            if error is not None:
                self._mark(workflow, kind)
            workflow.end()

    # --- turns ------------------------------------------------------------------------------------

    def _begin_turn(self) -> Span:
        if self._turn is None:
            attributes: dict[str, str] = {"gen_ai.agent.name": AGENT}
            if self._model is not None:
                attributes["gen_ai.request.model"] = self._model
            if self._conversation is not None:
                attributes["gen_ai.conversation.id"] = self._conversation
            self._turn = self._start("invoke_agent", AGENT, self._above, attributes)
        return self._turn

    def _init(self, message: InitMessage) -> None:
        turn = self._begin_turn()
        self._conversation = message.session_id or self._conversation
        self._set(turn, "gen_ai.conversation.id", self._conversation)
        if self._model is None:
            self._set(turn, "gen_ai.request.model", message.model)

    def _result(self, result: ResultMessage) -> None:
        turn = self._begin_turn()
        for name, value in _usage(result.usage or {}).items():
            self._set(turn, name, value)
        reason = result.stop_reason or result.terminal_reason
        self._set(turn, "gen_ai.response.finish_reasons", [reason] if reason else None)
        self._set(turn, "gen_ai.conversation.id", result.session_id)
        self._end_turn(turn, _failure(result))

    def _end_turn(self, turn: Span, kind: str | None) -> None:
        self._turn = None
        for tool in list(self._of_turn):
            self._end_tool(tool, CANCELLED)
        if kind is not None:
            self._mark(turn, kind)
        turn.end()

    # --- tools ------------------------------------------------------------------------------------

    def _assistant(self, message: AssistantMessage) -> None:
        turn = self._begin_turn()
        if message.model and not message.model.startswith("<") and not message.parent_tool_use_id:
            self._set(turn, "gen_ai.response.model", message.model)
        for block in message.content:
            if isinstance(block, ToolUseBlock) and block.id not in self._tools:
                self._begin_tool(block, turn, message.parent_tool_use_id)

    def _begin_tool(self, block: ToolUseBlock, turn: Span, parent: str | None) -> None:
        above = self._parents.get(parent or "") or self._below(turn)
        attributes = {"gen_ai.tool.name": block.name, "gen_ai.tool.call.id": block.id}
        self._tools[block.id] = self._start("execute_tool", block.name, above, attributes)
        if parent is None:
            self._of_turn.add(block.id)
        if block.name in _PARENTS:
            self._parents[block.id] = self._below(self._tools[block.id])

    def _user(self, message: UserMessage) -> None:
        for block in message.content:
            if isinstance(block, ToolResultBlock) and block.tool_use_id in self._tools:
                self._end_tool(block.tool_use_id, TOOL_FAILED if block.is_error else None)

    def _end_tool(self, tool_use_id: str, kind: str | None) -> None:
        span = self._tools.pop(tool_use_id)
        self._of_turn.discard(tool_use_id)
        if kind is not None:
            self._mark(span, kind)
        span.end()

    # --- attributes -------------------------------------------------------------------------------

    def _set(self, span: Span, name: str, value: str | int | list[str] | None) -> None:
        if value:
            span.set_attribute(name, value)

    def _mark(self, span: Span, kind: str) -> None:
        span.set_attribute("error.type", kind)
        span.set_status(self._api.StatusCode.ERROR, kind)


_READERS: dict[type, Callable[[Trace, Any], None]] = dict(
    (
        handler(InitMessage, Trace._init),
        handler(AssistantMessage, Trace._assistant),
        handler(UserMessage, Trace._user),
        handler(ResultMessage, Trace._result),
    )
)


def _trace_headers(span: Span) -> dict[str, str]:
    """Return the headers of W3C Trace Context for a span; {} for an invalid one."""
    context = span.get_span_context()
    if not context.is_valid:
        return {}
    parent = f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"
    state = context.trace_state.to_header()
    return {"traceparent": parent, **({"tracestate": state} if state else {})}


def _tool_of(request: JSONObject) -> str:
    """Return the id of the tool call that the CLI's request concerns; "" if there is none."""
    tool_use_id = request.get("tool_use_id")
    if tool_use_id is None:
        # The message is an object for MCP, but text for a form.
        parameters = Fields(request).obj("message").obj("params")
        tool_use_id = parameters.obj("_meta").raw.get("claudecode/toolUseId")
    return str(tool_use_id or "")


def _usage(usage: JSONObject) -> dict[str, int]:
    """Return the token counts of a turn. The conventions count cached tokens as input too."""
    fields = Fields(usage)
    read, created = (fields.whole(f"cache_{name}_input_tokens") for name in ("read", "creation"))
    return {
        "gen_ai.usage.input_tokens": fields.whole("input_tokens") + read + created,
        "gen_ai.usage.output_tokens": fields.whole("output_tokens"),
        "gen_ai.usage.cache_read.input_tokens": read,
        "gen_ai.usage.cache_creation.input_tokens": created,
    }


def _failure(result: ResultMessage) -> str | None:
    aborted = (result.terminal_reason or "").startswith("aborted")
    if not result.is_error or result.subtype in _EXPECTED or aborted:
        return None
    if result.api_error_status:
        return str(result.api_error_status)
    return result.api_error or result.api_error_type or result.subtype


def _kind(error: BaseException) -> str:
    name = type(error).__name__
    return CANCELLED if name in ("CancelledError", "Cancelled") else name
