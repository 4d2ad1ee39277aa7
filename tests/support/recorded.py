"""Recorded conversations, and their replay through the client."""

import contextlib
import json
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import anyio

from claude_notebook import (
    ClaudeCodeOptions,
    ClaudeSDKClient,
    HookEvent,
    HookMatcher,
    PermissionResultAllow,
    PermissionResultDeny,
    ReplayTransport,
)
from claude_notebook.errors import ClaudeSDKError
from claude_notebook.messages import Message
from claude_notebook.recording import IdMapper
from claude_notebook.recording.transports import Cassette, Record

FOLDER = Path(__file__).parent.parent / "cassettes"
ALL = sorted(FOLDER.glob("*.jsonl"))


def name_of(path: Path) -> str:
    return path.name.removesuffix(".jsonl")


def lines(path: Path, source: str) -> list[dict]:
    """Return the decoded lines of one direction."""
    return [json.loads(r.line) for r in Cassette(path).records() if r.source == source]


def ending(path: Path) -> Record:
    """Return the record of the end."""
    *_, last = Cassette(path).records()
    assert last.source == "end"
    return last


def is_conversation(path: Path) -> bool:
    """Test for an `initialize` from us, which is missing if the prompt was an argument."""
    return bool(lines(path, "us"))


class ObservableMapper(IdMapper):
    """Mapper that waits until playback reaches the client's line n."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self._changed = anyio.Event()

    def sent(self, recorded: bytes, actual: bytes) -> None:
        super().sent(recorded, actual)
        self.count += 1
        self._changed.set()
        self._changed = anyio.Event()

    async def reached(self, number: int) -> None:
        while self.count < number:
            await self._changed.wait()


class Answers:
    """Handlers that give the recorded answers to the CLI's requests."""

    def __init__(self, path: Path) -> None:
        self._recorded = {
            line["response"]["request_id"]: line["response"]
            for line in lines(path, "us")
            if line["type"] == "control_response"
        }
        self._hooks: dict[str, deque] = defaultdict(deque)
        self._tools = {}
        self.asked: list[str] = []
        for line in lines(path, "cli"):
            if line["type"] == "control_request":
                self._note(line["request_id"], line["request"])

    def _note(self, request_id: str, request: dict) -> None:
        answer = self._recorded.get(request_id)
        if request["subtype"] == "hook_callback":
            self._hooks[request["callback_id"]].append(answer)
        elif request["subtype"] == "can_use_tool":
            self._tools[request["tool_use_id"]] = answer

    async def permission(self, tool: str, tool_input: dict, context: object) -> object:
        if tool.startswith("hook:") or context.tool_use_id is None:
            return PermissionResultAllow()  # the recording wants to run something again
        self.asked.append(tool)
        answer = self._tools[context.tool_use_id]
        if answer is None:  # withdrawn before an answer
            await anyio.sleep_forever()
        if answer["subtype"] == "error":
            raise RuntimeError(answer["error"])
        response = answer["response"]
        if response.get("behavior") == "allow":
            return PermissionResultAllow(updated_input=response["updatedInput"])
        if response.get("behavior") == "deny":
            return PermissionResultDeny(response["message"], bool(response.get("interrupt")))
        return response

    def hook(self, name: str) -> Callable:
        async def callback(data: dict, tool_use_id: str | None, context: object) -> dict:
            self.asked.append(data["hook_event_name"])
            answer = self._hooks[name].popleft()
            if answer["subtype"] == "error":
                raise RuntimeError(answer["error"])
            return answer["response"]

        return callback


def options_for(path: Path, answers: Answers) -> ClaudeCodeOptions:
    """Return options that repeat the recorded conversation."""
    first = lines(path, "us")[0]["request"]
    assert first["subtype"] == "initialize"
    hooks = {
        event: [
            HookMatcher(item["matcher"], [answers.hook(name) for name in item["hookCallbackIds"]])
            for item in matchers
        ]
        for event, matchers in (first["hooks"] or {}).items()
        if event in get_args(HookEvent)
    }
    return ClaudeCodeOptions(hooks=hooks or None, can_use_tool=answers.permission)


def sent_requests(path: Path) -> Iterator[tuple[int, dict]]:
    """Yield our lines after the introduction that were not responses, with their numbers."""
    for number, line in enumerate(lines(path, "us")):
        if number and line["type"] in ("user", "control_request"):
            yield number, line


async def replay(path: Path) -> tuple[list[Message], ClaudeSDKError, list[str]]:
    """Repeat a recorded conversation with the client: messages, final error, requests."""
    answers, mapper = Answers(path), ObservableMapper()
    transport = ReplayTransport(path, rewriter=mapper, run_tools=True)
    client = ClaudeSDKClient(options_for(path, answers), transport)
    await client.connect()
    messages: list[Message] = []
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(_speak, client, path, mapper)
            try:
                async for message in client.receive_messages():
                    messages.append(message)
            except ClaudeSDKError as error:
                return messages, error, answers.asked
        raise AssertionError("the conversation did not end")
    finally:
        await client.disconnect()


async def _speak(client: ClaudeSDKClient, path: Path, mapper: ObservableMapper) -> None:
    for number, line in sent_requests(path):
        await mapper.reached(number)
        if line["type"] == "user":
            await client.query(line["message"]["content"])
            continue
        payload = dict(line["request"])
        with contextlib.suppress(ClaudeSDKError):  # recorded rejections are part of the recording
            await client._connected.request(payload.pop("subtype"), payload)
