"""Fast implementation of the CLI's protocol with scripted output.

The prompt is a word and a number:

    events N       N stream events                     assistants N   N messages of 2 KB
    line N         one message of N bytes              unread N       N messages, then wait
    ask N          N permission requests in sequence   hook N         N hook callbacks
    tool N         N calls of the MCP tool `nb/echo`

For benchmarks, which measure the reader. `install()` writes the program.
"""

from __future__ import annotations

import uuid
from pathlib import Path

from stdio_peer import VERSION, StdioPeer, install_program, is_version_request, write

from claude_notebook.messages import (
    AssistantMessage,
    InitMessage,
    ResultMessage,
    StreamEvent,
    TextBlock,
    UserMessage,
)
from claude_notebook.protocol.control import ControlRequest

SESSION = "11111111-1111-4111-8111-111111111111"
PEER = StdioPeer()


def install(path: Path) -> str:
    """Write the program to `path` and return the path."""
    return install_program(__file__, path)


def assistant(text: str) -> AssistantMessage:
    return AssistantMessage(
        [TextBlock(text)],
        "fast",
        message_id="msg_1",
        usage={"input_tokens": 1, "output_tokens": 1},
        session_id=SESSION,
        uuid=str(uuid.uuid4()),
    )


def stream_event(text: str) -> StreamEvent:
    delta = {"type": "text_delta", "text": text}
    event = {"type": "content_block_delta", "index": 0, "delta": delta}
    return StreamEvent(str(uuid.uuid4()), SESSION, event)


RESULT = ResultMessage(
    duration_ms=1,
    duration_api_ms=1,
    num_turns=1,
    session_id=SESSION,
    total_cost_usd=0.0,
    usage={},
    result="done",
    uuid=str(uuid.uuid4()),
)


def mcp(method: str, params: dict, number: int) -> None:
    message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    PEER.ask("mcp_message", server_name="nb", message=message)


def shake_hands() -> None:
    client = {"name": "fast", "version": "1"}
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client}
    mcp("initialize", hello, 0)
    initialized = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    PEER.ask("mcp_message", server_name="nb", message=initialized)
    mcp("tools/list", {}, 1)


def unread(number: int) -> None:
    write(PEER.encode(assistant("x" * 200)) * number)
    handle_control(PEER.receive())


def tool(number: int) -> None:
    shake_hands()
    for count in range(number):
        mcp("tools/call", {"name": "echo", "arguments": {"text": "hi"}}, 2 + count)


def ask(number: int) -> None:
    call = {"tool_name": "Bash", "input": {"command": "ls"}, "tool_use_id": "t1"}
    for _ in range(number):
        PEER.ask("can_use_tool", permission_suggestions=[], **call)


def hook(number: int) -> None:
    data = {"hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": {}, "cwd": "/"}
    data["session_id"] = SESSION
    for _ in range(number):
        PEER.ask("hook_callback", callback_id=CALLBACK[0], tool_use_id=None, input=data)


ANSWERS = {
    "events": lambda number: write(PEER.encode(stream_event("some words ")) * number),
    "assistants": lambda number: write(PEER.encode(assistant("x" * 2000)) * number),
    "line": lambda number: PEER.send(assistant("x" * number)),
    "unread": unread,
    "ask": ask,
    "hook": hook,
    "tool": tool,
}
CALLBACK = ["hook_0"]


def handle_control(event: object) -> None:
    if not isinstance(event, ControlRequest):
        return
    for matchers in (event.request.get("hooks") or {}).values():
        CALLBACK[0] = matchers[0]["hookCallbackIds"][0]
    PEER.answer(event)


def main() -> None:
    if is_version_request():
        print(VERSION)
        return
    while True:
        event = PEER.receive()
        handle_control(event)
        if isinstance(event, UserMessage):
            content = event.content if isinstance(event.content, str) else event.content[0].text
            word, number = content.split()
            PEER.send(InitMessage(session_id=SESSION, cwd="/", tools=[], model="fast"))
            ANSWERS[word](int(number))
            PEER.send(RESULT)


if __name__ == "__main__":
    main()
