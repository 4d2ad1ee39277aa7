"""Functions that show messages and Markdown in a notebook, in a terminal, or as plain text."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Mapping
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Protocol, Union

import anyio

from ...errors import OptionsError, TurnInterrupted
from ...messages import (
    JSON,
    AssistantMessage,
    Message,
    ToolUseBlock,
)
from ...tools.server import schemas_of
from ...turns.front_end import Output
from ...turns.output.publisher import Publisher
from .message_reprs import ShownMessages
from .outputs import (
    choose_output,
    is_notebook,
    notebook_shell,
    show_bundle,
)
from .terminal import TerminalOutput, TextOutput

if TYPE_CHECKING:
    from ...render.html.markdown.engine import Engine
    from ...render.model import TurnState
    from ...render.tools.base import Call
    from ...render.view.options import ViewOptions
    from ...render.view.turn_view import TurnView

KEPT_CALLS = 1000
"""The number of tool calls to store, so that a later result can be matched with its call."""

CLEANUP_SECONDS = 5.0
"""The number of seconds that a stream may take to close."""


class HasMessages(Protocol):
    """An object that has messages, such as the notebook's last turn, `_claude`."""

    messages: list[Message]


Showable = Union[Message, Iterable[Message], HasMessages]
"""A message, several messages, or a turn."""


class NotebookDisplay:
    """Show messages with a fixed set of options::

        display = NotebookDisplay(show_tool_results=False)
        async for message in query(prompt="..."):
            display.display_message(message)

    :param show_tool_use: show tool inputs.
    :param show_tool_results: show tool results.
    :param render_markdown: render Markdown; False shows its source.
    :param syntax_highlight: highlight code.
    :param max_text_length: the maximum number of characters in a text, an input, or a result; None
        truncates only very long ones.
    :param markdown_engine: "markdown-it"; "markdown" for Python-Markdown, if it is installed; a
        `markdown.Markdown` instance, with extensions of your choice; or a function that converts
        Markdown to HTML. The HTML is always sanitized.
    :param show_thinking: show the model's thinking, folded.
    :param whole: never truncate.
    :param mcp_servers: the servers in your options. If given, the arguments of in-process tools are
        shown with the order, titles, and descriptions from their schemas.
    :raises OptionsError: if the engine is unknown or not installed
    """

    def __init__(
        self,
        show_tool_use: bool = True,
        show_tool_results: bool = True,
        render_markdown: bool = True,
        syntax_highlight: bool = True,
        max_text_length: int | None = None,
        markdown_engine: Engine = "markdown-it",
        *,
        show_thinking: bool = True,
        whole: bool = False,
        mcp_servers: object = None,
    ) -> None:
        from ...render.html.markdown.engine import check_engine
        from ...render.view.options import ViewOptions

        check_engine(markdown_engine)
        self.options: ViewOptions = ViewOptions(
            markdown_engine=markdown_engine,
            show_tool_use=show_tool_use,
            show_tool_results=show_tool_results,
            show_thinking=show_thinking,
            render_markdown=render_markdown,
            syntax_highlight=syntax_highlight,
            max_text_length=max_text_length,
            whole=whole,
            schemas=schemas_of(mcp_servers),
        )
        self._calls: dict[str, Call] = {}

    def display_message(self, message: Showable) -> None:
        """Show a message, several messages as one conversation, or a turn (`_claude`).

        Nothing is shown for messages without visible content, such as stream events.

        :raises OptionsError: if `message` is not a message
        """
        from ...render.output.arguments import messages_from
        from ...render.view.reducer import view_of

        messages = messages_from(message)
        view = view_of(messages, options=self.options, calls=self._calls)
        self._remember(messages)
        _show(view)

    async def display_stream(self, stream: AsyncIterable[Message]) -> list[Message]:
        """Show messages live until the stream ends, and return all of them.

        Even if an error occurs, the stream is closed, and its output is kept.

        :raises OptionsError: if `stream` is not a stream of messages
        :raises TurnInterrupted: if the reader pressed Stop
        :raises ClaudeSDKError: if the stream raised it
        """
        return await _LiveStream(stream, self.options).show()

    def _remember(self, messages: list[Message]) -> None:
        from ...render.tools.base import Call

        for message in messages:
            for block in message.content if isinstance(message, AssistantMessage) else ():
                if isinstance(block, ToolUseBlock):
                    schema = self.options.schemas.get(block.name, {})
                    self._calls[block.id] = Call(block.name, block.input, schema=schema)
        for old in list(self._calls)[:-KEPT_CALLS]:
            del self._calls[old]


class _LiveStream:
    """The live display of a single message stream."""

    def __init__(self, stream: AsyncIterable[Message], options: ViewOptions) -> None:
        from ...render.view.turn_view import TurnView

        if not hasattr(stream, "__aiter__"):
            raise OptionsError(
                f"{type(stream).__name__} is not a stream of messages. Pass the result of "
                "query(...), or use display_claude_response() for messages that you already have."
            )
        self._stream = stream
        self._view = TurnView(time.time() * 1000, options=options, can_stop=is_notebook())
        self._scope = anyio.CancelScope()
        self._output = _live_output(self._view, self._scope.cancel)
        self._messages = ShownMessages()
        self._failure: BaseException | None = None

    async def show(self) -> ShownMessages:
        """Show the stream until its end, and return its messages."""
        state: TurnState = "stopped"
        publisher = Publisher(self._view, self._output.send)
        self._output.start()
        try:
            with self._scope:
                await self._read_and_publish(publisher)
                state = "failed" if self._failure is not None else "done"
        finally:
            self._view.finish(state, time.time() * 1000)
            publisher.publish()
            self._output.finish()
        if self._failure is not None:
            raise self._failure
        if state == "stopped":
            raise _stop_error()
        return self._messages

    async def _read_and_publish(self, publisher: Publisher) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(publisher.publish_regularly)
            try:
                await self._read_all(publisher)
            except anyio.get_cancelled_exc_class():
                raise
            except BaseException as error:  # noqa: BLE001  raised later, outside of the task group
                self._failure = error
                self._view.error(error, time.time() * 1000)
            tasks.cancel_scope.cancel()

    async def _read_all(self, publisher: Publisher) -> None:
        async with _closing(self._stream):
            async for message in self._stream:
                self._messages.append(message)
                from ...render.view.reducer import apply_message

                apply_message(self._view, message, time.time() * 1000)
                publisher.arrived()


@contextlib.asynccontextmanager
async def _closing(stream: AsyncIterable[Message]) -> AsyncIterator[None]:
    try:
        yield
    finally:
        close = getattr(stream, "aclose", None)
        if close is not None:
            with anyio.move_on_after(CLEANUP_SECONDS, shield=True):
                await close()


def _stop_error() -> TurnInterrupted:
    """Return the error for a stopped stream, which is shown as one line instead of a traceback."""
    error = TurnInterrupted("The turn was stopped. The answer so far is kept.")
    text = [f"\x1b[31mTurnInterrupted\x1b[0m: {error}"]
    error._render_traceback_ = lambda: text  # type: ignore[attr-defined]  # IPython's hook
    return error


def _live_output(view: TurnView, stop: Callable[[], None]) -> Output:
    """Choose the output for a stream, which in a notebook is the cell's output."""
    shell = notebook_shell()
    if shell is None:
        return TerminalOutput(view) if sys.stdout.isatty() else TextOutput(view)
    return choose_output(shell, view, stop, _post(), _ignore_message, plain=False)


def _ignore_message(message: JSON) -> None:
    """Ignore messages from the page, because questions are answered by the stream's owner."""


def _post() -> Callable[[Callable[[], None]], None]:
    """Return a function that runs a callback in this thread, and can be called from any thread."""
    try:
        return partial(_call_soon, asyncio.get_running_loop())
    except RuntimeError:  # a trio kernel has only one thread
        return lambda function: function()


def _call_soon(loop: asyncio.AbstractEventLoop, function: Callable[[], None]) -> None:
    # A page may still send messages after the loop has been closed.
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(function)


def _show(view: TurnView) -> None:
    from ...render.output.mime_bundle import bundle_of, is_empty

    if is_empty(view):
        return
    if is_notebook():
        show_bundle(bundle_of(view))
    elif sys.stdout.isatty():
        TerminalOutput(view).finish()
    else:
        TextOutput(view).finish()


@lru_cache(maxsize=16)
def _display_for(options: tuple[tuple[str, object], ...]) -> NotebookDisplay:
    return NotebookDisplay(**dict(options))  # type: ignore[arg-type]  # checked by the callee


def _display(options: Mapping[str, object]) -> NotebookDisplay:
    """Return the display for these options, which stores the calls in earlier messages."""
    try:
        return _display_for(tuple(sorted(options.items())))
    except TypeError:  # an unhashable or unknown option
        return NotebookDisplay(**options)  # type: ignore[arg-type]  # checked by the callee


def display_claude_response(message: Showable, **options: object) -> None:
    """Show a message, a list of messages, or a turn (`_claude`)::

        async for message in query(prompt="Explain decorators"):
            display_claude_response(message)

    The output is HTML, Markdown, and text in a notebook, colored text in a terminal, and plain text
    anywhere else.

    :param options: the parameters of `NotebookDisplay`.
    :raises OptionsError: if `message` is not a message, or an option is invalid
    """
    _display(options).display_message(message)


async def display_claude_stream(stream: AsyncIterable[Message], **options: object) -> list[Message]:
    """Show an answer live, and return its messages::

        messages = await display_claude_stream(query(prompt="Explain decorators"))

    In a notebook, this shows the live view of a `%%claude` cell, with its Stop button. Set
    `include_partial_messages=True` in the query's options to see words as they are written.

    :param options: the parameters of `NotebookDisplay`.
    :raises TurnInterrupted: if the reader pressed Stop; the output is kept
    :raises ClaudeSDKError: if the stream raised it; the output is kept
    """
    return await _display(options).display_stream(stream)


def render_markdown(
    text: str, as_html: bool = True, *, markdown_engine: Engine = "markdown-it"
) -> None:
    """Show Markdown.

    :param text: the Markdown. Unsafe HTML in it is shown as text.
    :param as_html: whether to render it to sanitized HTML; otherwise, the front end renders it.
    :param markdown_engine: see `NotebookDisplay`.
    :raises OptionsError: if `text` is not a string, or the engine is unknown or not installed
    """
    from ...render.html.fragments import markdown_bundle, require_text

    text = require_text(text)
    if is_notebook():
        bundle = markdown_bundle(text, markdown_engine)
        if not as_html:
            del bundle["text/html"]
        show_bundle(bundle)
    elif as_html and sys.stdout.isatty():
        from rich.console import Console

        from ...render.output.terminal import markdown_renderable

        Console().print(markdown_renderable(text))
    else:
        from ...render.html.sanitizer import reveal_controls

        sys.stdout.write(reveal_controls(text.rstrip("\n")) + "\n")
