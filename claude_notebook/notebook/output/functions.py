"""Showing messages and Markdown from Python: in a notebook, a terminal, or as plain text."""

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
from ...turns.output.publisher import Painter
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
"""So many calls are remembered, to say what a result that comes alone belongs to."""

CLEANUP_SECONDS = 5.0
"""How long a stream may take to close."""


class HasMessages(Protocol):
    """What a turn of a notebook is: `_claude`."""

    messages: list[Message]


Showable = Union[Message, Iterable[Message], HasMessages]
"""What can be shown: a message, several of them, or a turn."""


class NotebookDisplay:
    """Shows messages in one way::

        display = NotebookDisplay(show_tool_results=False)
        async for message in query(prompt="..."):
            display.display_message(message)

    :param show_tool_use: show the inputs of tools.
    :param show_tool_results: show what came of them.
    :param render_markdown: show Markdown as headings, lists and so on; False: as it was written.
    :param syntax_highlight: colour code.
    :param max_text_length: so many characters of a text, an input or a result are shown; None: only
        what is huge is cut.
    :param markdown_engine: "markdown-it"; "markdown" for Python-Markdown where that is installed; a
        `markdown.Markdown` instance, with extensions of your own; or a function from Markdown to
        HTML. Whatever it makes is sanitized.
    :param show_thinking: show what the model thinks, folded.
    :param whole: cut nothing, however large it is.
    :param mcp_servers: those of your options: the arguments of tools that run in this process are
        then shown in the order and with the titles and descriptions of their schemas.
    :raises OptionsError: the engine is not known or not installed
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
        """Show a message, several of them as one conversation, or a turn (`_claude`).

        What has nothing to see, such as a part of a message that streams, shows nothing.

        :raises OptionsError: it is no message
        """
        from ...render.output.arguments import messages_from
        from ...render.view.reducer import view_of

        messages = messages_from(message)
        view = view_of(messages, options=self.options, calls=self._calls)
        self._remember(messages)
        _show(view)

    async def display_stream(self, stream: AsyncIterable[Message]) -> list[Message]:
        """Show messages as they come, live, until the stream ends; return them all.

        However it ends, what was shown so far is kept, and the stream is closed.

        :raises OptionsError: it is no stream of messages
        :raises TurnInterrupted: the reader pressed Stop
        :raises ClaudeSDKError: what the stream raises
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
    """A stream while it is shown."""

    def __init__(self, stream: AsyncIterable[Message], options: ViewOptions) -> None:
        from ...render.view.turn_view import TurnView

        if not hasattr(stream, "__aiter__"):
            raise OptionsError(
                f"{type(stream).__name__} is no stream of messages. Pass what query(...) returns; "
                "for messages that you have already, use display_claude_response()."
            )
        self._stream = stream
        self._view = TurnView(time.time() * 1000, options=options, can_stop=is_notebook())
        self._scope = anyio.CancelScope()
        self._output = _live_output(self._view, self._scope.cancel)
        self._messages = ShownMessages()
        self._failure: BaseException | None = None

    async def show(self) -> ShownMessages:
        """Show it to its end."""
        state: TurnState = "stopped"
        painter = Painter(self._view, self._output.send)
        self._output.start()
        try:
            with self._scope:
                await self._take_and_paint(painter)
                state = "failed" if self._failure is not None else "done"
        finally:
            self._view.finish(state, time.time() * 1000)
            painter.paint()
            self._output.finish()
        if self._failure is not None:
            raise self._failure
        if state == "stopped":
            raise _stopped()
        return self._messages

    async def _take_and_paint(self, painter: Painter) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(painter.paint_regularly)
            try:
                await self._take_all(painter)
            except anyio.get_cancelled_exc_class():
                raise
            except BaseException as error:  # noqa: BLE001  raised as it is, not in a group
                self._failure = error
                self._view.error(error, time.time() * 1000)
            tasks.cancel_scope.cancel()

    async def _take_all(self, painter: Painter) -> None:
        async with _closed_at_the_end(self._stream):
            async for message in self._stream:
                self._messages.append(message)
                from ...render.view.reducer import apply_message

                apply_message(self._view, message, time.time() * 1000)
                painter.arrived()


@contextlib.asynccontextmanager
async def _closed_at_the_end(stream: AsyncIterable[Message]) -> AsyncIterator[None]:
    try:
        yield
    finally:
        close = getattr(stream, "aclose", None)
        if close is not None:
            with anyio.move_on_after(CLEANUP_SECONDS, shield=True):
                await close()


def _stopped() -> TurnInterrupted:
    """The reader knows why: one line in place of a traceback."""
    error = TurnInterrupted("The turn was stopped. What was said so far is kept.")
    text = [f"\x1b[31mTurnInterrupted\x1b[0m: {error}"]
    error._render_traceback_ = lambda: text  # type: ignore[attr-defined]  # IPython's hook
    return error


def _live_output(view: TurnView, stop: Callable[[], None]) -> Output:
    """Where a stream is shown: the cell's own output in a notebook."""
    shell = notebook_shell()
    if shell is None:
        return TerminalOutput(view) if sys.stdout.isatty() else TextOutput(view)
    return choose_output(shell, view, stop, _post(), _hear_nothing, plain=False)


def _hear_nothing(message: JSON) -> None:
    """There is nothing to answer: the stream's owner does."""


def _post() -> Callable[[Callable[[], None]], None]:
    """Runs a function in this thread: a page's messages may come in another one."""
    try:
        return partial(_call_soon, asyncio.get_running_loop())
    except RuntimeError:  # trio: its kernel has no other threads
        return lambda function: function()


def _call_soon(loop: asyncio.AbstractEventLoop, function: Callable[[], None]) -> None:
    # A page may ask again when the cell, or the loop, is long over.
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
    return NotebookDisplay(**dict(options))  # type: ignore[arg-type]  # checked by the call itself


def _display(options: Mapping[str, object]) -> NotebookDisplay:
    """One that remembers the calls of earlier messages."""
    try:
        return _display_for(tuple(sorted(options.items())))
    except TypeError:  # an option that cannot be a key, or is none at all: said by the call itself
        return NotebookDisplay(**options)  # type: ignore[arg-type]  # checked by the call itself


def display_claude_response(message: Showable, **options: object) -> None:
    """Show a message, a list of messages, or a turn (`_claude`)::

        async for message in query(prompt="Explain decorators"):
            display_claude_response(message)

    In a notebook it is HTML with Markdown and text beside it, in a terminal coloured text, and
    elsewhere plain text.

    :param options: those of `NotebookDisplay`.
    :raises OptionsError: it is no message, or an option is wrong
    """
    _display(options).display_message(message)


async def display_claude_stream(stream: AsyncIterable[Message], **options: object) -> list[Message]:
    """Show an answer while it comes, and return its messages::

        messages = await display_claude_stream(query(prompt="Explain decorators"))

    In a notebook it is the live view of a `%%claude` cell, with its Stop button; with
    `include_partial_messages=True` in the query's options the words come as they are written.

    :param options: those of `NotebookDisplay`.
    :raises TurnInterrupted: the reader pressed Stop; what was shown is kept
    :raises ClaudeSDKError: what the stream raises; what was shown is kept
    """
    return await _display(options).display_stream(stream)


def render_markdown(
    text: str, as_html: bool = True, *, markdown_engine: Engine = "markdown-it"
) -> None:
    """Show Markdown.

    :param text: the Markdown. In it, HTML that could do harm is shown as text.
    :param as_html: show our own HTML, coloured and sanitized; False: leave it to the front end.
    :param markdown_engine: as in `NotebookDisplay`.
    :raises OptionsError: it is no text, or the engine is not known or not installed
    """
    from ...render.html.fragments import markdown_bundle, text_in

    text = text_in(text)
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
        from ...render.html.sanitize import reveal_controls

        sys.stdout.write(reveal_controls(text.rstrip("\n")) + "\n")
