"""Kernel side of `bench_view.py`: one stream, into our view and those of other packages.

Each feeder receives pieces of text, one every 1/`rate` seconds even if the view lags, and stops
after `patience` seconds. `measure` records the cost for this process.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import psutil

SETTLE_SECONDS = 1.0


class Pace:
    """Pieces with their due times, which do not shift if the view lags."""

    def __init__(self, pieces: list[str], rate: float, patience: float) -> None:
        self.pieces, self.rate, self.patience = pieces, rate, patience
        self.due: list[float] = []
        self._began = time.time()
        # Another process normally writes the lines, so their creation is not measured.
        self.lines = {piece: _delta(piece) for piece in pieces}
        self.whole = _message("assistant", {"type": "text", "text": "".join(pieces)})

    def _delays(self) -> Iterator[tuple[float, str]]:
        self._began = time.time()
        for number, piece in enumerate(self.pieces):
            due = self._began + number / self.rate
            now = time.time()
            if now > self._began + self.patience:
                return
            self.due.append(due)
            yield max(0.0, due - now), piece

    def __iter__(self) -> Iterator[str]:
        for delay, piece in self._delays():
            time.sleep(delay)
            yield piece

    async def __aiter__(self) -> AsyncIterator[str]:
        for delay, piece in self._delays():
            await asyncio.sleep(delay)
            yield piece


async def no_view(pace: Pace) -> None:
    """Receive the pieces without a display."""
    async for _ in pace:
        pass


async def ours(pace: Pace) -> None:
    """Process the CLI's lines like a `%%claude` cell."""
    await _turn(_lines_of_text(pace))


async def our_tools(pace: Pace) -> None:
    """Turn each piece into a tool call with its result."""
    await _turn(_lines_of_tools(pace))


async def _turn(lines: AsyncIterator[bytes]) -> None:
    from claude_notebook.notebook.output.outputs import WidgetOutput
    from claude_notebook.render.view.turn_view import TurnView
    from claude_notebook.turns.background_loop import background
    from claude_notebook.turns.front_end import show_output
    from claude_notebook.turns.handle import TurnHandle
    from claude_notebook.turns.request import LaunchSettings, TurnRequest
    from claude_notebook.turns.turn import Turn

    view = TurnView(time.time() * 1000, can_stop=True)
    request = TurnRequest("Go on.", LaunchSettings(cwd=".", env={}))
    turn = Turn(_Recorded(lines), request, view)
    output = WidgetOutput(view, lambda: None, background.post, lambda message: None)
    with show_output(output):
        await TurnHandle(turn, output, background).wait()


class _Recorded:
    """A conversation that yields recorded lines."""

    def __init__(self, lines: AsyncIterator[bytes]) -> None:
        import anyio

        from claude_notebook.recording.turn_log import LogFolder, TurnLog

        self.log = TurnLog(LogFolder(None))
        self.lock = anyio.Lock()
        self._lines = lines

    async def ask(self, request, notify, permit):
        from claude_notebook.protocol.codec.lines import decode_message

        async for line in self._lines:
            yield decode_message(line)


def _line(**fields: object) -> bytes:
    return json.dumps(fields).encode()


def _event(**event: object) -> bytes:
    return _line(type="stream_event", event=event, session_id="s", uuid="u")


def _message(kind: str, *content: dict) -> bytes:
    message = {"id": "m", "role": kind, "model": "model", "content": content}
    return _line(type=kind, message=message, session_id="s", uuid="u")


def _delta(piece: str) -> bytes:
    delta = {"type": "text_delta", "text": piece}
    return _event(type="content_block_delta", index=0, delta=delta)


RESULT = _line(
    type="result",
    subtype="success",
    is_error=False,
    duration_ms=1,
    duration_api_ms=1,
    num_turns=1,
    session_id="s",
    result="",
    total_cost_usd=0.01,
)


async def _lines_of_text(pace: Pace) -> AsyncIterator[bytes]:
    yield _event(type="message_start", message={"id": "m", "model": "model", "usage": {}})
    yield _event(type="content_block_start", index=0, content_block={"type": "text", "text": ""})
    async for piece in pace:
        yield pace.lines[piece]
    yield pace.whole
    yield _event(type="content_block_stop", index=0)
    yield _event(type="message_stop")
    yield RESULT


CALLS = (
    ("Bash", lambda n, text: {"command": f"grep -n {n} data.csv", "description": f"Look for {n}"}),
    ("Read", lambda n, text: {"file_path": f"/home/user/project/part_{n}.py"}),
    ("Edit", lambda n, text: {"file_path": f"/p/{n}.py", "old_string": "a", "new_string": text}),
)


async def _lines_of_tools(pace: Pace) -> AsyncIterator[bytes]:
    number = 0
    async for piece in pace:
        name, arguments = CALLS[number % len(CALLS)]
        call = {"type": "tool_use", "id": f"t{number}", "name": name}
        yield _message("assistant", {**call, "input": arguments(number, piece)})
        result = {"type": "tool_result", "tool_use_id": f"t{number}", "content": piece}
        yield _message("user", result)
        number += 1
    yield RESULT


async def chatlas(pace: Pace) -> None:
    """Echo every chunk, like `Chat.chat(echo="output")` in a notebook."""
    from chatlas import ChatOpenAI

    chat = ChatOpenAI(api_key="none", model="none")
    with chat._markdown_display(echo="output") as display:
        for piece in pace:
            display.echo(piece)


async def jupyter_cc(pace: Pace) -> None:
    """Add each piece as a text block, like the client of jupyter_cc, which shows whole blocks."""
    from jupyter_cc.display import StreamingDisplay

    display = StreamingDisplay(jupyter=True)
    display.start()
    for piece in pace:
        display.add_text(piece)
    display.stop()


LANGUAGES = ("python", "bash", "console", "diff", "json", "sql", "text", "toml", "yaml")
WARM_UP = """\
A **list** of `words`, and $\\frac{a}{b}$:

- one
- two

| a | b |
|---|---|
| 1 | 2 |

```mermaid
graph LR; a --> b
```
""" + "".join(f"\n```{language}\nx: 1\n```\n" for language in LANGUAGES)


async def warm_up(feeder: Callable) -> None:
    """Do the one-time work of a kernel and a page."""
    await feeder(Pace([WARM_UP], 1, 10))
    await asyncio.sleep(SETTLE_SECONDS)


async def measure(feeder: Callable, name: str, rate: float, patience: float) -> None:
    """Feed the pieces in `name`.json and write the cost to `name`.result.json."""
    pieces, write = _files(name)
    pace = Pace(pieces, rate, patience)
    process = psutil.Process()
    before, began = process.cpu_times(), time.time()
    await feeder(pace)
    seconds = time.time() - began
    await asyncio.sleep(SETTLE_SECONDS)
    after = process.cpu_times()
    result = {
        "cpu": after.user + after.system - before.user - before.system,
        "seconds": seconds,
        "due": pace.due,
        "pieces": len(pace.due),
    }
    write(json.dumps(result))


def _files(name: str) -> tuple[list[str], Callable[[str], object]]:
    pieces = json.loads(Path(f"{name}.json").read_text(encoding="utf-8"))
    return pieces, Path(f"{name}.result.json").write_text
