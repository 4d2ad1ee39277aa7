"""Between the client and the CLI: plays what is recorded, asks the CLI the rest and records it.

For the client this is a transport like any other. A prompt that has a recording is played; one that
has none starts the CLI, which goes on where the conversation stands, and what it says is written
down. In the mode "only" there is never a process.
"""

from __future__ import annotations

import dataclasses
import logging
import os
import time
from collections.abc import Callable
from datetime import date
from typing import Literal

import anyio

from .._version import __version__
from ..errors import CassetteError, TransportClosedError
from ..logs import get_logger
from ..messages import JSON, JSONObject
from ..options import ClaudeCodeOptions
from ..replay import Replay, ReplayNote
from ..transport import Transport
from ..transport.base import Origin
from . import notices as words
from .file_effects import Applier
from .format import Cassette
from .id_mapping import parse
from .keys import SETTINGS, Places, Position, Question, Settings, about_options, place
from .library import folder_of
from .live_cli import Live
from .offline_replies import (
    PLAYED_OUT,
    Hello,
    done,
    reply,
    stopped,
)
from .player import Chunk, Over, Pause, Player
from .recorder import TurnRecorder

log = get_logger(__name__)

Launch = Callable[[ClaudeCodeOptions], Transport]
_LEVELS = dict.fromkeys(("differs", "not applied", "not run", "ignored"), logging.WARNING)


class TapeTransport(Transport):
    """A conversation that is played, recorded, or first the one and then the other.

    :param replay: where and how.
    :param options: of the conversation.
    :param launch: makes a transport to the CLI, not open yet.
    :param clock: seconds that go on.
    :param today: for the headers of recordings.
    """

    def __init__(
        self,
        replay: Replay,
        options: ClaudeCodeOptions,
        launch: Launch,
        *,
        clock: Callable[[], float] = time.monotonic,
        today: Callable[[], date] = date.today,
    ) -> None:
        self._replay = replay
        self._options = options
        self._clock = clock
        self._today = today
        self._folder = folder_of(replay)
        self._places = Places.of(options, os.environ)
        self._position = Position.of(options, replay.positions)
        self._is_named = not options.fork_session  # a copy gets an id of its own
        self._settings = Settings(options.permission_mode or "default")
        self._live = Live(options, launch)
        self._hello = Hello(self._folder, self._places)
        self._player: Player | None = None
        self._recorder: TurnRecorder | None = None
        self._answered = True
        self._partial = b""
        self._ready: list[bytes] = []
        self._wake = anyio.Event()
        self._eof = False
        self._closed = False
        self._end = Over(True)
        self._origin = Origin.LIVE

    # --- life ------------------------------------------------------------------------------------

    async def open(self) -> None:
        if self._replay.mode == "record":
            await self._live.start(self._position)

    async def send_eof(self) -> None:
        self._eof = True
        await self._live.send_eof()
        self._wake.set()

    async def aclose(self, grace: float = 2.0) -> None:
        self._closed = True
        self._wake.set()
        try:
            await self._live.aclose(grace)
        finally:
            self._end_recording()

    def kill(self) -> None:
        self._closed = True
        self._wake.set()
        self._live.kill()

    async def wait(self) -> int | None:
        return await self._live.wait() if self._live.is_open else self.exit_code

    @property
    def exit_code(self) -> int | None:
        return self._live.exit_code if self._live.was_used else self._end.exit_code

    @property
    def stderr(self) -> str:
        return self._live.stderr if self._live.was_used else self._end.stderr

    @property
    def pid(self) -> int | None:
        return self._live.pid

    @property
    def executable(self) -> str | None:
        return self._live.executable

    @property
    def origin(self) -> Origin:
        return self._origin

    # --- to the CLI ------------------------------------------------------------------------------

    async def send(self, data: bytes) -> None:
        if self._closed or self._eof:
            raise TransportClosedError("The conversation is closed. connect() starts a new one.")
        *lines, self._partial = (self._partial + data).split(b"\n")
        for line in lines:
            await self._send_line(line)
        self._wake.set()

    async def _send_line(self, line: bytes) -> None:
        message = parse(line)
        kind = message.get("type")
        if kind == "user":
            await self._prompted(line, message)
        elif kind == "control_request":
            await self._requested(line, message)
        elif self._player is not None and kind == "control_response":
            response = message.get("response")
            if isinstance(response, dict):
                self._player.answer(str(response.get("request_id")), response)
        else:
            await self._to_cli(line)

    async def _to_cli(self, line: bytes) -> None:
        if self._live.is_open:
            self._record("us", line)
            await self._live.send(line)

    async def _requested(self, line: bytes, message: JSONObject) -> None:
        request = message["request"] if isinstance(message.get("request"), dict) else {}
        subtype = str(request.get("subtype"))
        self._settings.note(subtype, request)
        if subtype == "initialize" or subtype in SETTINGS:
            self._live.remember(line)
        if subtype == "initialize":
            self._hello.asked = message.get("request_id")
        if self._live.is_open and self._player is None:
            await self._to_cli(line)
            return
        if subtype == "interrupt" and self._player is not None:
            self._ready += [done(parse(prompt)) for prompt in self._player.stop()]
            self._ready.append(stopped(self._position))
        self._ready.insert(0, self._local_answer(subtype, message))

    def _local_answer(self, subtype: str, message: JSONObject) -> bytes:
        """The answer to a request while no CLI is there."""
        if subtype == "initialize":
            return reply(message, self._hello.recorded(self._settings.usual_mode))
        if subtype == "get_usage":
            spent: JSONObject = {"total_cost_usd": self._position.spent, "model_usage": {}}
            return reply(message, {"session": spent})
        if subtype == "interrupt" or subtype in SETTINGS:
            return reply(message, {})
        refused = "this conversation is played from a recording, which does not have the answer"
        return reply(message, refused, ok=False)

    # --- a prompt --------------------------------------------------------------------------------

    async def _prompted(self, line: bytes, message: JSONObject) -> None:
        if self._player is not None:
            self._player.say(line)
            if self._player.has_result:
                self._player.hurry()
        elif self._live.is_open and not self._answered:
            await self._to_cli(line)  # folded into the turn that runs
        else:
            await self._begin(line, message)

    async def _begin(self, line: bytes, message: JSONObject) -> None:
        inner = message.get("message")
        content: JSON = inner.get("content") if isinstance(inner, dict) else None
        about = self._replay.about if isinstance(self._replay.about, dict) else None
        if about is None:
            about = about_options(self._options)
        asked = Question(content, {**about, **self._settings.changed})
        key = asked.key(self._position, self._places.hide)
        found = None if self._replay.mode == "record" else self._recording(key)
        if found is not None:
            await self._live.drop()
            self._end_recording()
            self._move(key, played=True)
            self._play(found, line)
        elif self._replay.mode == "only":
            shown = asked.shown(self._places.hide)
            raise words.missing(self._folder, asked, self._position, shown)
        else:
            await self._ask_for_real(line, asked, key)

    def _recording(self, key: str) -> Cassette | None:
        path = self._folder.find(key)
        if path is None:
            return None
        cassette = Cassette(path)
        if self._replay.mode == "auto" and not cassette.is_whole:
            self._tell("recorded", f"{words.short(path)} breaks off, so this was asked again.")
            return None
        return cassette

    def _move(self, key: str, *, played: bool) -> None:
        self._position = dataclasses.replace(
            self._position, key=key, number=self._position.number + 1, played=played
        )
        self._register()

    def _register(self) -> None:
        if self._position.session_id and self._is_named:
            self._replay.positions[self._position.session_id] = self._position

    def _play(self, cassette: Cassette, line: bytes) -> None:
        applier = None
        if self._replay.apply is not None:
            applier = Applier(self._replay.apply, self._places, self._hear)
        how = self._replay
        self._player = player = Player(cassette, how.speed, self._places, self._hear, applier)
        player.shows, player.runs = how.answers, how.run_tools
        player.say(line)
        self._tell("played", words.played(cassette))

    async def _ask_for_real(self, line: bytes, asked: Question, key: str) -> None:
        if not self._live.is_open:
            with words.asking(self._folder, asked, self._position, asked.shown(self._places.hide)):
                await self._live.start(self._position)
            self._wake.set()
        await self._live.ready()
        self._end_recording()
        shown = asked.shown(self._places.hide)
        again = self._replay.mode == "record"
        near = None if again else self._folder.nearest(asked, self._position, shown)
        after, number = self._position.key, self._position.number + 1
        path = self._folder.new(number, str(shown["prompt"]), key)
        header: JSONObject = {
            "key": key,
            "continues": after,
            "number": number,
            "recorded": self._today().isoformat(),
            "cli": self._live.version,
            "by": f"claude-notebook {__version__}",
            **({"source": self._replay.source} if self._replay.source else {}),
            **shown,
        }
        self._recorder = TurnRecorder(path, header, self._places.hide, self._folder.root)
        self._hello.record()
        self._tell("recorded", words.recorded(path, near))
        self._move(key, played=False)
        self._answered = False
        await self._to_cli(line)

    # --- from the CLI ----------------------------------------------------------------------------

    async def receive(self) -> bytes:
        while True:
            if self._ready:
                return self._take_ready()
            if self._closed and not self._live.is_open:
                raise TransportClosedError("The conversation was closed.")
            if self._player is not None:
                data = await self._from_player(self._player)
                self._origin = Origin.TOOLS_RUN if self._replay.run_tools else Origin.RECORDING
            elif self._live.is_open:
                data = await self._from_cli()
                self._origin = Origin.LIVE
            elif self._eof:
                return b""
            else:
                await self._sleep(None)
                continue
            if data is not None:
                return data

    def _take_ready(self) -> bytes:
        data = b"".join(line + b"\n" for line in self._ready)
        self._ready.clear()
        return data

    async def _sleep(self, seconds: float | None) -> None:
        self._wake = anyio.Event()
        with anyio.move_on_after(seconds):
            await self._wake.wait()

    async def _from_player(self, player: Player) -> bytes | None:
        step = player.step(self._clock())
        if isinstance(step, Chunk):
            self._watch(step.data)
            return step.data or None
        if isinstance(step, Over):
            return await self._played(player, step)
        await self._sleep(step.seconds if isinstance(step, Pause) else None)
        return None

    async def _played(self, player: Player, over: Over) -> bytes | None:
        late, new = player.unsaid()
        self._player, self._end = None, over
        if not over.whole:
            raise CassetteError(
                f"The recording {self._folder.find(self._position.key)} breaks off here. "
                "Record it again."
            )
        if over.exit_code is not None:
            self._eof = True
        self._ready += [PLAYED_OUT] if player.has_tasks else []
        self._ready += [done(parse(line)) for line in late]
        for line in new:
            await self._prompted(line, parse(line))
        return None

    async def _from_cli(self) -> bytes | None:
        data = await self._live.receive()
        if data is None:
            return None  # it was given up for a recording
        lines = list(self._live.lines(data))
        for line in lines:
            self._record("cli", line)
        whole = b"".join(line + b"\n" for line in lines)
        self._watch(whole)
        if not data:
            with anyio.move_on_after(2):
                await self._live.wait()
            self._end_recording(ended=True)
        return whole if whole or not data else None

    def _watch(self, data: bytes) -> None:
        """Learn from what comes where the conversation stands."""
        for line in data.split(b"\n"):
            if b'"type":"result"' in line or b'"type":"assistant"' in line:
                self._learn(parse(line))
            elif self._live.is_open and b'"control_response"' in line:
                self._hello.hear(parse(line))

    def _learn(self, message: JSONObject) -> None:
        is_result = message.get("type") == "result"
        self._answered = self._answered or is_result
        at = self._position.after(message)
        if at is not None:
            self._is_named, self._position = True, at
            self._register()
            if is_result and at.session_id:
                self._replay.positions[place(at.session_id, at.last_uuid)] = at

    # --- recording -------------------------------------------------------------------------------

    def _record(self, source: str, line: bytes) -> None:
        if self._recorder is not None and line.strip():
            self._recorder.note(source, line)

    def _end_recording(self, *, ended: bool = False) -> None:
        """Close the recording of a turn; `ended`: the process has left by itself."""
        recorder, self._recorder = self._recorder, None
        if recorder is None:
            return
        if self._answered:
            recorder.end(None, "")
        elif ended:
            recorder.end(self._live.exit_code, self._live.stderr)
        else:
            recorder.close()

    def _hear(self, note: ReplayNote) -> None:
        log.log(_LEVELS.get(note.kind, logging.INFO), "%s", note.text)
        if self._replay.tell is not None:
            self._replay.tell(note)

    def _tell(self, kind: Literal["played", "recorded"], text: str) -> None:
        self._hear(ReplayNote(kind, text))
