"""A program that speaks the CLI's protocol and misbehaves as requested by its prompt.

It does things that the real CLI does not do on demand. `install()` writes the program; each
function of `SCENARIOS` responds to the prompt of its name.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

SESSION = "123e4567-e89b-42d3-a456-426614174000"
MEGABYTE = 1 << 20


def install(path: Path) -> str:
    """Write the program to `path` and return the path."""
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "{__file__}" "$@"\n')
    path.chmod(0o755)
    return str(path)


def write(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def line(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"


def send(value: object) -> None:
    write(line(value))


def begin() -> None:
    send({"type": "system", "subtype": "init", "session_id": SESSION, "model": "fake-model"})


def assistant(text: str) -> dict:
    message = {"id": "m1", "role": "assistant", "model": "fake-model", "type": "message"}
    message["content"] = [{"type": "text", "text": text}]
    return {"type": "assistant", "session_id": SESSION, "message": message}


def end(text: str = "") -> None:
    send(
        {
            "type": "result",
            "subtype": "success",
            "is_error": False,
            "result": text,
            "session_id": SESSION,
            "num_turns": 1,
            "duration_ms": 1,
            "duration_api_ms": 1,
            "total_cost_usd": 0.0,
            "usage": {"input_tokens": 1, "output_tokens": 1},
        }
    )


def say(text: str) -> None:
    begin()
    send(assistant(text))
    end(text)


# --- scenarios -----------------------------------------------------------------------------------


def stray_line() -> None:
    begin()
    write(b"Warning: this does not belong here\n")
    send(assistant("after stray_line"))
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
    data = line(assistant("naïve 🎉 \u2028 split"))
    for at in range(len(data)):
        write(data[at : at + 1])
        if at % 40 == 0:
            time.sleep(0.001)
    end()


def bad_utf8() -> None:
    begin()
    write(line(assistant("before MARK after")).replace(b"MARK", b"\xff\xfe\x80"))
    end()


def nul_bytes() -> None:
    begin()
    write(b"\x00\x00\x00\n")
    send(assistant("after nul_bytes"))
    end()


def strange_messages() -> None:
    begin()
    for value in (None, 7, "text", [], {}, {"type": None}, {"type": "novelty", "x": [1]}):
        send(value)
    send({"type": "assistant", "message": {"content": "no list"}})
    send({"type": "stream_event", "event": {"type": "novelty"}})
    send(assistant("after strange messages"))
    end()


def dies() -> None:
    begin()
    send(assistant("last words"))
    sys.stderr.write("out of luck\n")
    sys.stderr.flush()
    os._exit(3)


def leaves() -> None:
    begin()
    os._exit(0)


def never_ends() -> None:
    begin()
    while True:
        send(assistant("on and on"))
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
    send(assistant("deaf"))
    while True:
        time.sleep(60)


def stubborn() -> None:
    """Starts programs in sessions of their own, and heeds neither SIGTERM nor its input's end."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    again = "trap '' TERM HUP INT; sleep 301 & sleep 302; sleep 303"
    subprocess.Popen(["sh", "-c", again], start_new_session=True, stdin=subprocess.DEVNULL)
    say("I do not go")
    while True:
        time.sleep(60)


def odd_frames() -> None:
    begin()
    for kind in ("system", "result", "stream_event"):
        send({"type": kind, "session_id": SESSION})
    odd = assistant("before the novelty")
    odd["message"]["content"].append({"type": "novelty", "what": "a block of tomorrow"})
    send(odd)
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


def prompt_of(message: dict) -> str:
    content = message["message"]["content"]
    return content if isinstance(content, str) else content[-1]["text"]


def main() -> None:
    if {"-v", "--version"} & set(sys.argv):
        print("2.1.330 (Claude Code)")
        return
    for text in sys.stdin.buffer:
        message = json.loads(text)
        if message["type"] == "control_request":
            answer = {"subtype": "success", "request_id": message["request_id"], "response": {}}
            send({"type": "control_response", "response": answer})
        elif message["type"] == "user":
            prompt = prompt_of(message)
            SCENARIOS.get(prompt, lambda prompt=prompt: say(f"You said: {prompt}"))()


if __name__ == "__main__":
    main()
