#!/usr/bin/env python3
"""Fast implementation of the CLI's protocol with scripted output.

The prompt is a word and a number:

    events N       N stream events                     assistants N   N messages of 2 KB
    line N         one message of N bytes              unread N       N messages, then wait
    ask N          N permission requests in sequence   hook N         N hook callbacks
    tool N         N calls of the MCP tool `nb/echo`

For benchmarks, which measure the reader.
"""

import json
import os
import sys
import uuid

SESSION = "11111111-1111-4111-8111-111111111111"


def encode(value: dict) -> bytes:
    """Encode a value without spaces, as the CLI does."""
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def send(*values: dict) -> None:
    write(b"".join(encode(value) for value in values))


def write(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(1, view[: 1 << 20]) :]


def receive() -> dict:
    line = sys.stdin.buffer.readline()
    if not line:
        sys.exit(0)
    return json.loads(line)


def assistant(text: str) -> dict:
    return {
        "type": "assistant",
        "message": {
            "id": "msg_1", "type": "message", "role": "assistant", "model": "fast",
            "content": [{"type": "text", "text": text}], "stop_reason": None,
            "usage": {"input_tokens": 1, "output_tokens": 1},
        },
        "parent_tool_use_id": None, "session_id": SESSION, "uuid": str(uuid.uuid4()),
    }  # fmt: skip


def stream_event(text: str) -> dict:
    return {
        "type": "stream_event",
        "event": {
            "type": "content_block_delta", "index": 0,
            "delta": {"type": "text_delta", "text": text},
        },
        "session_id": SESSION, "parent_tool_use_id": None, "uuid": str(uuid.uuid4()),
    }  # fmt: skip


RESULT = {
    "type": "result", "subtype": "success", "is_error": False, "duration_ms": 1,
    "duration_api_ms": 1, "num_turns": 1, "session_id": SESSION, "total_cost_usd": 0.0,
    "usage": {}, "result": "done", "uuid": str(uuid.uuid4()),
}  # fmt: skip


def question(request: dict) -> None:
    """Send a request and wait for the response."""
    request_id = str(uuid.uuid4())
    send({"type": "control_request", "request_id": request_id, "request": request})
    while True:
        message = receive()
        if message["type"] == "control_response":
            if message["response"]["request_id"] == request_id:
                return
        else:
            handle_control(message)


def handle_control(message: dict) -> None:
    if message["type"] == "control_request":
        answer = {"subtype": "success", "request_id": message["request_id"], "response": {}}
        send({"type": "control_response", "response": answer})


def mcp(method: str, params: dict, number: int) -> dict:
    message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    return {"subtype": "mcp_message", "server_name": "nb", "message": message}


def shake_hands() -> None:
    client = {"name": "fast", "version": "1"}
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client}
    question(mcp("initialize", hello, 0))
    initialized = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    question({"subtype": "mcp_message", "server_name": "nb", "message": initialized})
    question(mcp("tools/list", {}, 1))


def unread(number: int) -> None:
    write(encode(assistant("x" * 200)) * number)
    handle_control(receive())


def tool(number: int) -> None:
    shake_hands()
    for count in range(number):
        question(mcp("tools/call", {"name": "echo", "arguments": {"text": "hi"}}, 2 + count))


def ask(number: int) -> None:
    call = {"tool_name": "Bash", "input": {"command": "ls"}, "tool_use_id": "t1"}
    for _ in range(number):
        question({"subtype": "can_use_tool", "permission_suggestions": [], **call})


def hook(number: int) -> None:
    data = {"hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": {}, "cwd": "/"}
    for _ in range(number):
        request = {"subtype": "hook_callback", "callback_id": CALLBACK[0], "tool_use_id": None}
        question({**request, "input": {**data, "session_id": SESSION}})


ANSWERS = {
    "events": lambda number: write(encode(stream_event("some words ")) * number),
    "assistants": lambda number: write(encode(assistant("x" * 2000)) * number),
    "line": lambda number: send(assistant("x" * number)),
    "unread": unread,
    "ask": ask,
    "hook": hook,
    "tool": tool,
}
CALLBACK = ["hook_0"]


def main() -> None:
    if {"-v", "--version"} & set(sys.argv):
        print("2.1.330 (Claude Code)")
        return
    while True:
        message = receive()
        if message["type"] == "control_request":
            hooks = message["request"].get("hooks") or {}
            for matchers in hooks.values():
                CALLBACK[0] = matchers[0]["hookCallbackIds"][0]
            handle_control(message)
        elif message["type"] == "user":
            word, number = message["message"]["content"].split()
            send({"type": "system", "subtype": "init", "session_id": SESSION, "cwd": "/",
                  "tools": [], "model": "fast"})  # fmt: skip
            ANSWERS[word](int(number))
            send(RESULT)


main()
