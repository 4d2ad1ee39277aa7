"""A transport that plays back recorded turns, and records all other turns from the CLI.

The client uses it like any other transport. If there is a recording for a prompt, it is played
back. Otherwise the CLI is started to continue the conversation, and its output is recorded. In
"only" mode, no process is ever started.
"""

from __future__ import annotations

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
from ..messages import JSON, AssistantMessage, JSONObject, ResultMessage, UserMessage
from ..options import ClaudeCodeOptions
from ..protocol.connection import Event
from ..protocol.control import ControlRequest, ControlResponse
from ..replay import RecordedAnswer, Replay, ReplayNote
from ..transport import Transport
from ..transport.base import Origin
from . import notices
from .cli.live import LiveCLI
from .cli.offline import (
    PLAYED_OUT,
    Hello,
    OfflineCLI,
    completed_prompt,
    stopped_result,
)
from .effects.file_changes import Applier
from .format import Cassette
from .id_mapping import parse
from .keys import (
    SETTINGS,
    ChangedSettings,
    KeyedPrompt,
    Places,
    Position,
    about_options,
)
from .library import folder_of
from .player import Batch, Player, TurnEnd
from .position_tracker import PositionTracker
from .recorder import TurnRecorder

log = get_logger(__name__)

Launch = Callable[[ClaudeCodeOptions], Transport]
_LEVELS = dict.fromkeys(("differs", "not applied", "not run", "ignored"), logging.WARNING)


class CassetteTransport(Transport):
    """A conversation in which each turn is either played back or recorded.

    :param replay: the folder, mode and playback speed.
    :param options: the conversation's options.
    :param launch: a function that returns an unopened transport to the CLI.
    :param clock: a function that returns monotonic time in seconds.
    :param today: a function that returns the date to write to recording headers.
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
        self._positions = PositionTracker(options, replay)
        self._settings = ChangedSettings.of(options, replay)
        self._live = LiveCLI(options, launch)
        self._hello = Hello(self._folder, self._places)
        self._player: Player | None = None
        self._recorder: TurnRecorder | None = None
        self._answered = True
        self._offline = OfflineCLI(self._hello)
        self._deliver: Callable[[RecordedAnswer], None] = lambda _: None
        self._ready = b""
        self._wake = anyio.Event()
        self._eof = False
        self._closed = False
        self._end = TurnEnd(True)
        self._origin = Origin.LIVE

    # --- lifecycle -------------------------------------------------------------------------------

    def attach(self, take_answer: Callable[[RecordedAnswer], None]) -> None:
        self._deliver = take_answer

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

    @property
    def _position(self) -> Position:
        return self._positions.current

    # --- to the CLI ------------------------------------------------------------------------------

    async def send(self, data: bytes) -> None:
        if self._closed or self._eof:
            raise TransportClosedError("The conversation is closed. connect() starts a new one.")
        for event, line in self._offline.receive(data):
            await self._send_line(event, line)
        self._wake.set()

    async def _send_line(self, event: Event, line: bytes) -> None:
        if isinstance(event, UserMessage):
            await self._send_prompt(line)
        elif isinstance(event, ControlRequest):
            await self._send_request(event, line)
        elif self._player is not None and isinstance(event, ControlResponse):
            self._player.add_response(event.request_id, parse(line).get("response"))
        else:
            await self._to_cli(line)

    async def _to_cli(self, line: bytes) -> None:
        if self._live.is_open:
            self._record("us", line)
            await self._live.send(line)

    async def _send_request(self, event: ControlRequest, line: bytes) -> None:
        subtype = event.subtype
        self._settings.note(subtype, event.request)
        if subtype == "initialize" or subtype in SETTINGS:
            self._live.remember(line)
        if subtype == "initialize":
            self._hello.request_id = event.request_id
        if self._live.is_open and self._player is None:
            self._offline.forward(event)
            await self._to_cli(line)
            return
        if subtype == "interrupt" and self._player is not None:
            completed = [completed_prompt(parse(prompt)) for prompt in self._player.stop()]
            self._ready += self._offline.encode(*completed, stopped_result(self._position))
        mode, spent = self._settings.usual_mode, self._position.spent
        self._ready = self._offline.answer(event, mode, spent) + self._ready

    # --- a prompt --------------------------------------------------------------------------------

    async def _send_prompt(self, line: bytes) -> None:
        if self._player is not None:
            self._player.add_prompt(line)
            if self._player.has_result:
                self._player.skip_pauses()
        elif self._live.is_open and not self._answered:
            await self._to_cli(line)  # the CLI merges it into the running turn
        else:
            await self._begin(line)

    async def _begin(self, line: bytes) -> None:
        inner = parse(line).get("message")
        content: JSON = inner.get("content") if isinstance(inner, dict) else None
        about = self._replay.about
        about = about if isinstance(about, dict) else about_options(self._options)
        prompt = KeyedPrompt(content, {**about, **self._settings.changed})
        key = prompt.key(self._position, self._places.hide)
        recording = None if self._replay.mode == "record" else self._recording(key)
        if recording is not None:
            await self._live.drop()
            self._end_recording()
            self._positions.begin_turn(key, played=True)
            self._play(recording, line)
        elif self._replay.mode == "only":
            header_fields = prompt.header_fields(self._places.hide)
            raise notices.missing(self._folder, prompt, self._position, header_fields)
        else:
            await self._ask_cli(line, prompt, key)

    def _recording(self, key: str) -> Cassette | None:
        path = self._folder.find(key)
        if path is None:
            return None
        cassette = Cassette(path)
        if self._replay.mode == "auto" and not cassette.is_whole:
            self._tell(
                "recorded", f"{notices.short(path)} is incomplete, so the prompt was sent again."
            )
            return None
        return cassette

    def _play(self, cassette: Cassette, line: bytes) -> None:
        applier = None
        if self._replay.apply is not None:
            applier = Applier(self._replay.apply, self._places, self._note)
        replay = self._replay
        self._player = player = Player(cassette, replay.speed, self._places, self._note, applier)
        player.shows, player.runs = replay.answers, replay.run_tools
        player.add_prompt(line)
        self._tell("played", notices.played(cassette))

    async def _ask_cli(self, line: bytes, prompt: KeyedPrompt, key: str) -> None:
        header_fields = prompt.header_fields(self._places.hide)
        if not self._live.is_open:
            with notices.explain_start_failure(self._folder, prompt, self._position, header_fields):
                await self._live.start(self._position)
            self._wake.set()
        await self._live.ready()
        self._end_recording()
        is_rerecording = self._replay.mode == "record"
        nearest = (
            None if is_rerecording else self._folder.nearest(prompt, self._position, header_fields)
        )
        number = self._position.number + 1
        path = self._folder.new(number, str(header_fields["prompt"]), key)
        header: JSONObject = {
            "key": key,
            "continues": self._position.key,
            "number": number,
            "recorded": self._today().isoformat(),
            "cli": self._live.version,
            "by": f"claude-notebook {__version__}",
            **({"source": self._replay.source} if self._replay.source else {}),
            **header_fields,
        }
        self._recorder = TurnRecorder(path, header, self._places.hide, self._folder.root)
        self._hello.record()
        self._tell("recorded", notices.recorded(path, nearest))
        self._positions.begin_turn(key, played=False)
        self._answered = False
        await self._to_cli(line)

    # --- from the CLI ----------------------------------------------------------------------------

    async def receive(self) -> bytes:
        while True:
            if self._ready:
                ready, self._ready = self._ready, b""
                return ready
            if self._closed and not self._live.is_open:
                raise TransportClosedError("The conversation was closed.")
            if self._player is not None:
                data = await self._from_player(self._player)
                self._origin = self._played_origin
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

    async def _sleep(self, seconds: float | None) -> None:
        self._wake = anyio.Event()
        with anyio.move_on_after(seconds):
            await self._wake.wait()

    async def _from_player(self, player: Player) -> bytes | None:
        step = player.step(self._clock())
        if isinstance(step, Batch):
            for line, event in zip(step.lines, step.events, strict=True):
                if isinstance(event, (AssistantMessage, ResultMessage)):
                    self._learn(parse(line))
            return step.data or None  # because empty bytes would signal the end
        if isinstance(step, TurnEnd):
            await self._end_playback(player, step)
        elif isinstance(step, RecordedAnswer):
            self._origin = self._played_origin
            self._deliver(step)
        else:
            await self._sleep(step.seconds)
        return None

    @property
    def _played_origin(self) -> Origin:
        return Origin.TOOLS_RUN if self._replay.run_tools else Origin.RECORDING

    async def _end_playback(self, player: Player, end: TurnEnd) -> None:
        late, new = player.take_unplaced()
        self._player, self._end = None, end
        if not end.whole:
            raise CassetteError(
                f"The recording {self._folder.find(self._position.key)} ends here, incomplete. "
                "Record it again."
            )
        if end.exit_code is not None:
            self._eof = True
        tasks_end = [PLAYED_OUT] if player.has_tasks else []
        self._ready += self._offline.encode(
            *tasks_end, *(completed_prompt(parse(line)) for line in late)
        )
        for line in new:
            await self._send_prompt(line)

    async def _from_cli(self) -> bytes | None:
        data = await self._live.receive()
        if data is None:
            return None  # the process was dropped in favor of a recording
        lines = list(self._live.lines(data))
        for line in lines:
            self._record("cli", line)
            self._watch(line)
        whole = b"".join(line + b"\n" for line in lines)
        if not data:
            with anyio.move_on_after(2):
                await self._live.wait()
            self._end_recording(ended=True)
        return whole if whole or not data else None

    def _watch(self, line: bytes) -> None:
        """Update the conversation's position from a line of CLI output."""
        if b'"type":"result"' in line or b'"type":"assistant"' in line:
            self._learn(parse(line))
        elif self._live.is_open and b'"control_response"' in line:
            self._hello.receive(parse(line))

    def _learn(self, message: JSONObject) -> None:
        self._answered = self._answered or message.get("type") == "result"
        self._positions.observe(message)

    # --- recording -------------------------------------------------------------------------------

    def _record(self, source: str, line: bytes) -> None:
        if self._recorder is not None and line.strip():
            self._recorder.note(source, line)

    def _end_recording(self, *, ended: bool = False) -> None:
        """Close the current turn's recording.

        :param ended: whether the process has exited.
        """
        recorder, self._recorder = self._recorder, None
        if recorder is None:
            return
        if self._answered:
            recorder.end(None, "")
        elif ended:
            recorder.end(self._live.exit_code, self._live.stderr)
        else:
            recorder.close()

    def _note(self, note: ReplayNote) -> None:
        log.log(_LEVELS.get(note.kind, logging.INFO), "%s", note.text)
        if self._replay.tell is not None:
            self._replay.tell(note)

    def _tell(self, kind: Literal["played", "recorded"], text: str) -> None:
        self._note(ReplayNote(kind, text))
