"""Replies sent on behalf of the CLI while no CLI is running.

The CLI's introduction is recorded once per folder, in `hello.jsonl`. If that file is missing, a
minimal introduction is used instead. Account details are not recorded.
"""

from __future__ import annotations

import contextlib
import json
import sys
import uuid
from typing import Union

import msgspec

from ...errors import CassetteError
from ...messages import (
    JSON,
    CommandLifecycleMessage,
    JSONObject,
    Message,
    ResultMessage,
    SessionStateMessage,
)
from ...protocol.codec.encoder import Encodable
from ...protocol.connection import Connection, Event, Role
from ...protocol.control import ControlRequest, State
from ..format import Cassette, CassetteWriter, compact
from ..id_mapping import parse
from ..keys import SETTINGS, Places, Position
from ..library import HELLO, RecordingFolder

_KEPT = frozenset(
    {"commands", "agents", "models", "output_style", "available_output_styles", "capabilities"}
    | {"claude_code_version", "current_permission_mode", "hook_on_failure_supported"}
)

PLAYED_OUT = SessionStateMessage(
    "session_state_changed", {"played_out": True}, state="idle", sdk_host_only=True
)
"""Stops waiting for tasks whose end was not recorded. It is not passed on to the user."""


class _Named(msgspec.Struct):
    """The strings that display and complete a command, an agent or a model."""

    name: Union[str, None] = None
    description: Union[str, None] = None
    argumentHint: Union[str, list[str], None] = None  # noqa: N815  the CLI's own name
    aliases: Union[list[str], None] = None
    value: Union[str, None] = None
    displayName: Union[str, None] = None  # noqa: N815  the same
    model: Union[str, None] = None


class _Introduction(msgspec.Struct):
    commands: list[_Named] = []
    agents: list[_Named] = []
    models: list[_Named] = []
    output_style: Union[str, None] = None
    available_output_styles: list[str] = []
    capabilities: list[str] = []
    claude_code_version: Union[str, None] = None
    current_permission_mode: Union[str, None] = None
    hook_on_failure_supported: bool = False


class Hello:
    """The CLI's introduction, shared by a folder of recordings.

    :ivar request_id: the id of the request that asked for the introduction.
    """

    def __init__(self, folder: RecordingFolder, places: Places) -> None:
        self._path, self._root = folder.path / HELLO, folder.root
        self._places = places
        self._received: JSONObject = {}
        self.request_id: JSON = None

    def recorded(self, mode: str) -> JSONObject:
        """Return the recorded introduction.

        :param mode: the initial permission mode.
        """
        introduction: JSONObject = {"commands": [], "agents": [], "models": [], "capabilities": []}
        line = self._line()
        if line is not None:
            introduction.update(_checked(parse(self._places.show(line))))
        return {**introduction, "current_permission_mode": mode, "hook_on_failure_supported": True}

    def _line(self) -> bytes | None:
        if not self._path.exists():
            return None
        with contextlib.suppress(CassetteError):
            return next((record.line for record in Cassette(self._path).records()), None)
        return None

    def receive(self, message: JSONObject) -> None:
        """Record a response from the CLI if it is the introduction."""
        response = message.get("response")
        if not isinstance(response, dict) or response.get("request_id") != self.request_id:
            return
        introduction = response.get("response")
        if isinstance(introduction, dict):
            self._received = {name: value for name, value in introduction.items() if name in _KEPT}
            self.record()

    def record(self) -> None:
        """Write the introduction if it has changed and the folder exists."""
        if not self._received or not self._path.parent.is_dir():
            return
        line = self._places.hide(compact(self._received))
        self._received = {}
        if line.encode() == self._line():
            return
        value: JSONObject = json.loads(line)
        header: JSONObject = {"cli": value.get("claude_code_version")}
        writer = CassetteWriter(self._path, header, root=self._root)
        writer.write({"ms": 0.0, "from": "cli", "json": value})
        writer.end(None, "")


def _checked(introduction: JSONObject) -> JSONObject:
    """Read the introduction from a file, leaving out malformed fields."""
    return {
        name: introduction[name]
        for name in introduction.keys() & _KEPT
        if _fits(name, introduction[name])
    }


def _fits(name: str, value: JSON) -> bool:
    try:
        msgspec.convert({name: value}, _Introduction)
    except ValueError:
        return False
    return True


class _Received:
    """Collects the client's lines together with their decoded values."""

    def __init__(self) -> None:
        self._items: list[tuple[Event, bytes]] = []

    def received(self, event: Event, line: bytes) -> None:
        self._items.append((event, line))

    def sent(self, event: Encodable, line: bytes) -> None:
        """Ignore lines that are sent to the client."""

    def take(self) -> list[tuple[Event, bytes]]:
        items, self._items = self._items, []
        return items


class OfflineCLI:
    """The CLI's side of the connection, which parses the client's lines and replies without a CLI.

    :param hello: the recorded introduction.
    """

    def __init__(self, hello: Hello) -> None:
        self._hello = hello
        self._connection = Connection(sys.maxsize, role=Role.CLI)
        self._received = _Received()
        self._connection.add_observer(self._received)

    def receive(self, data: bytes) -> list[tuple[Event, bytes]]:
        """Feed bytes from the client, and return the complete lines with their decoded values."""
        self._connection.receive_data(data)
        while self._connection.next_event() is not None:
            pass
        return self._received.take()

    def forward(self, request: ControlRequest) -> None:
        """Leave a request's response to the real CLI."""
        self._connection.requests_received.move(request.request_id, State.ANSWERED)

    def encode(self, *messages: Message) -> bytes:
        """Encode messages for the client."""
        return b"".join(map(self._connection.send_message, messages))

    def answer(self, request: ControlRequest, mode: str, spent: float | None) -> bytes:
        """Answer a request, or reject it.

        :param mode: the initial permission mode.
        :param spent: the conversation's cost in dollars; None if unknown.
        """
        request_id, subtype = request.request_id, request.subtype
        if subtype == "initialize":
            return self._connection.send_answer(request_id, self._hello.recorded(mode))
        if subtype == "get_usage":
            usage: JSONObject = {"total_cost_usd": spent, "model_usage": {}}
            return self._connection.send_answer(request_id, {"session": usage})
        if subtype == "interrupt" or subtype in SETTINGS:
            return self._connection.send_answer(request_id, {})
        refusal = (
            "this conversation is played from a recording, which has no answer to this request"
        )
        return self._connection.send_refusal(request_id, refusal)


def stopped_result(position: Position) -> ResultMessage:
    """Return the result for a turn that was stopped during playback."""
    return ResultMessage(
        subtype="error_during_execution",
        terminal_reason="aborted_streaming",
        session_id=position.session_id or "",
        total_cost_usd=position.spent,
        uuid=str(uuid.uuid4()),
        errors=[],
    )


def completed_prompt(prompt: JSONObject) -> CommandLifecycleMessage:
    """Return the message that reports a prompt as completed."""
    return CommandLifecycleMessage(
        command_uuid=str(prompt.get("uuid") or ""),
        state="completed",
        session_id=str(prompt.get("session_id") or ""),
        uuid=str(uuid.uuid4()),
    )
