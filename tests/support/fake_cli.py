"""A program that speaks the CLI's protocol and misbehaves as requested by its prompt.

It does things that the real CLI does not do on demand. `install()` writes the program; each
function of `SCENARIOS` responds to the prompt of its name. Bytes are written by hand only where
they are malformed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from stdio_peer import VERSION, StdioPeer, install_program, is_version_request, write

from claude_notebook.messages import (
    AssistantMessage,
    ContentBlock,
    InitMessage,
    ResultMessage,
    StreamEvent,
    TextBlock,
    UnknownBlock,
    UserMessage,
)
from claude_notebook.protocol.codec.encoder import encode_json
from claude_notebook.protocol.control import ControlRequest

SESSION = "123e4567-e89b-42d3-a456-426614174000"
MEGABYTE = 1 << 20


PEER = StdioPeer()


def install(path: Path) -> str:
    """Write the program to `path` and return the path."""
    return install_program(__file__, path)


def begin() -> None:
    PEER.send(InitMessage(session_id=SESSION, model="fake-model"))


def assistant(text: str, *blocks: ContentBlock) -> AssistantMessage:
    content = [TextBlock(text), *blocks]
    return AssistantMessage(content, "fake-model", message_id="m1", session_id=SESSION)


def end(text: str = "") -> None:
    PEER.send(
        ResultMessage(
            result=text,
            session_id=SESSION,
            num_turns=1,
            duration_ms=1,
            duration_api_ms=1,
            total_cost_usd=0.0,
            usage={"input_tokens": 1, "output_tokens": 1},
        )
    )


def say(text: str) -> None:
    begin()
    PEER.send(assistant(text))
    end(text)


# --- scenarios -----------------------------------------------------------------------------------


def stray_line() -> None:
    begin()
    write(b"Warning: this does not belong here\n")
    PEER.send(assistant("after stray_line"))
    end()


def large_line() -> None:
    say("0123456789" * MEGABYTE)


def too_large_line() -> None:
    begin()
    piece = b"x" * MEGABYTE
    write(b'{"type": "assistant", "text": "')
    for _ in range(65):
        write(piece)
    write(b'"}\n')
    end()


def split_lines() -> None:
    begin()
    data = PEER.encode(assistant("naïve 🎉 \u2028 split"))
    for at in range(len(data)):
        write(data[at : at + 1])
        if at % 40 == 0:
            time.sleep(0.001)
    end()


def bad_utf8() -> None:
    begin()
    write(PEER.encode(assistant("before MARK after")).replace(b"MARK", b"\xff\xfe\x80"))
    end()


def nul_bytes() -> None:
    begin()
    write(b"\x00\x00\x00\n")
    PEER.send(assistant("after nul_bytes"))
    end()


def strange_messages() -> None:
    begin()
    for value in (None, 7, "text", [], {}, {"type": None}, {"type": "novelty", "x": [1]}):
        write(encode_json(value))
    write(encode_json({"type": "assistant", "message": {"content": "no list"}}))
    PEER.send(StreamEvent(event={"type": "novelty"}))
    PEER.send(assistant("after strange messages"))
    end()


def dies() -> None:
    begin()
    PEER.send(assistant("last words"))
    sys.stderr.write("out of luck\n")
    sys.stderr.flush()
    os._exit(3)


def leaves() -> None:
    begin()
    os._exit(0)


def never_ends() -> None:
    begin()
    while True:
        PEER.send(assistant("on and on"))
        time.sleep(0.05)


def holds_on() -> None:
    """Start a child program, and ignore the end of the input."""
    subprocess.Popen(["sleep", "300"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    say("I hold on")
    while True:
        time.sleep(60)


def deaf() -> None:
    """Ignore input while working."""
    begin()
    PEER.send(assistant("deaf"))
    while True:
        time.sleep(60)


def stubborn() -> None:
    """Start programs in separate sessions, and ignore SIGTERM and end of input."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    again = "trap '' TERM HUP INT; sleep 301 & sleep 302; sleep 303"
    subprocess.Popen(["sh", "-c", again], start_new_session=True, stdin=subprocess.DEVNULL)
    say("I do not go")
    while True:
        time.sleep(60)


def odd_frames() -> None:
    begin()
    for kind in ("system", "result", "stream_event"):
        write(encode_json({"type": kind, "session_id": SESSION}))
    novelty = UnknownBlock({"type": "novelty", "what": "a block of tomorrow"})
    PEER.send(assistant("before the novelty", novelty))
    end()


SCENARIOS: dict[str, Callable[[], None]] = {
    scenario.__name__: scenario
    for scenario in (
        stray_line,
        large_line,
        too_large_line,
        split_lines,
        bad_utf8,
        nul_bytes,
        strange_messages,
        dies,
        leaves,
        never_ends,
        holds_on,
        stubborn,
        deaf,
        odd_frames,
    )
}


def prompt_of(message: UserMessage) -> str:
    content = message.content
    return content if isinstance(content, str) else content[-1].text


def main() -> None:
    if is_version_request():
        print(VERSION)
        return
    while True:
        event = PEER.receive()
        if isinstance(event, ControlRequest):
            PEER.answer(event)
        elif isinstance(event, UserMessage):
            prompt = prompt_of(event)
            SCENARIOS.get(prompt, lambda prompt=prompt: say(f"You said: {prompt}"))()


if __name__ == "__main__":
    main()
