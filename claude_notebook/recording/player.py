"""Plays back one recorded turn: returns each next step and when it is due, without other I/O.

The only I/O is reading the file.

Recorded responses are used for permissions and forms as well as for tool and hook calls, so a
recording never calls this program's code. If the user has opted in, tools and hooks are called
again, and playback waits for their responses.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Union

from ..errors import CassetteError, CLIJSONDecodeError
from ..messages import JSON, JSONObject, Message, ResultMessage, SystemMessage, TaskStartedMessage
from ..protocol.codec import lines as codec
from ..protocol.codec.blocks import decode_header
from ..protocol.control import ControlCancel, ControlRequest, ControlResponse
from ..replay import RecordedAnswer, ReplayNote
from .effects.file_changes import Applier
from .format import Cassette, Record
from .id_mapping import IdMapper, parse
from .keys import Places
from .recorded_requests import (
    RecordedRequest,
    answered_request_id,
    outcome_of,
    withdrawn_request_id,
)
from .transports import MAX_PAUSE_MS

_BATCH = 256 * 1024
_AHEAD = 64 * 1024 * 1024
"""Maximum number of bytes to search for the response to a question."""
_OLD_ANSWER = "claude_notebook_answered"
"""Subtype of the message that version 0.1 used to report a recorded answer. Anyone can forge it."""
_FORGED = (
    "A line in the recording imitates an answer from a person. It is ignored, because only "
    "answers that were recorded as such count."
)

_STREAM_EVENT = b'{"type":"stream_event"'
_CONTROL = (ControlRequest, ControlResponse, ControlCancel)


@dataclass(frozen=True)
class Batch:
    """Lines to deliver now, together with their decoded values.

    A value is None for lines that cannot be decoded, and for stream events, because only their
    reader decodes them.
    """

    lines: list[bytes] = field(default_factory=list)
    events: list[codec.Incoming | None] = field(default_factory=list)

    @property
    def data(self) -> bytes:
        """The lines as one byte string."""
        return b"".join(line + b"\n" for line in self.lines)

    @property
    def messages(self) -> list[Message]:
        """The messages decoded from all decodable lines."""
        pairs = zip(self.lines, self.events, strict=True)
        events = (event or _decoded(line) for line, event in pairs)
        return [event for event in events if event and not isinstance(event, _CONTROL)]


@dataclass(frozen=True)
class Wait:
    """Wait for the given number of seconds, or until a question is answered if it is None."""

    seconds: float | None


@dataclass(frozen=True)
class TurnEnd:
    """The turn has ended.

    :param whole: whether the recording contains the turn's result.
    :param exit_code: None if the CLI kept running.
    """

    whole: bool
    exit_code: int | None = None
    stderr: str = ""


PlayerStep = Union[Batch, RecordedAnswer, Wait, TurnEnd]


class Player:
    """Plays back one recorded turn.

    :param cassette: the recording.
    :param speed: a multiple of the recorded speed; None plays without waiting.
    :param places: the current folders.
    :param tell: called with each note.
    :param applier: applies recorded changes to files.
    :ivar shows: whether to deliver a `RecordedAnswer` for each question to a person.
    :ivar runs: whether to deliver tool and hook calls, and wait for their responses.
    """

    def __init__(
        self,
        cassette: Cassette,
        speed: float | None,
        places: Places,
        tell: Callable[[ReplayNote], None],
        applier: Applier | None = None,
    ) -> None:
        self._speed = speed
        self._places = places
        self._tell = tell
        self._applier = applier
        self.shows = self.runs = False
        self._mapper = IdMapper()
        self._records: Iterator[Record] = cassette.records()
        self._read: deque[Record] = deque()
        self._failure: CassetteError | None = None
        self._next_record: Record | None = None
        self._advance()
        self._ms = 0.0
        self._since: float | None = None
        self._pending_prompts: list[bytes] = []
        self._prompts: list[bytes] = []
        self._played_prompts: list[bytes] = []
        self._questions: dict[str, RecordedRequest] = {}
        self._seen_request_ids: set[str] = set()
        self._responses: dict[str, JSON] = {}
        self._pending: RecordedAnswer | None = None
        self._forged = False
        self._stopped = False
        self.has_result = False
        self.has_tasks = False

    # --- current input ----------------------------------------------------------------------------

    def add_prompt(self, line: bytes) -> None:
        """Add a prompt that was sent: either the first one, or another one during playback."""
        self._pending_prompts.append(line)
        self._prompts.append(line)

    def add_response(self, request_id: str, response: JSON) -> None:
        """Add the current response to a recorded question."""
        self._responses[request_id] = response

    def skip_pauses(self) -> None:
        """Play without pauses from now on, because another prompt is waiting."""
        self._speed = None

    def stop(self) -> list[bytes]:
        """Stop the turn and return its prompts."""
        self._stopped = True
        if not self._played_prompts:
            del self._pending_prompts[:1]
        return [line for line in self._prompts if line not in self._pending_prompts]

    def take_unplaced(self) -> tuple[list[bytes], list[bytes]]:
        """Return the prompts sent later than in the recording, and those missing from it."""
        recorded = [_content(parse(self._places.show(line))) for line in self._played_prompts[1:]]
        late = [line for line in self._pending_prompts if _content(parse(line)) in recorded]
        new = [line for line in self._pending_prompts if line not in late]
        self._pending_prompts = []
        return late, new

    # --- output -----------------------------------------------------------------------------------

    def step(self, now: float) -> PlayerStep:
        """Return the next step.

        :param now: monotonic time in seconds
        :raises CassetteError: if the rest of the recording cannot be read
        """
        if self._pending is not None:
            pending, self._pending = self._pending, None
            return pending
        batch, size = Batch(), 0
        while (record := self._record_to_play()) is not None:
            wait = self._wait(record, now)
            if wait is not None or size > _BATCH:
                return batch if batch.lines or wait is None else wait
            answer = self._play(record, batch)
            size += len(record.line)
            self._ms = max(self._ms, record.ms)
            self._advance()
            if answer is not None:
                return self._after(batch, answer)
        return batch if batch.lines else self._end()

    def _record_to_play(self) -> Record | None:
        record = self._next_record
        is_end = self._stopped or record is None or record.source == "end"
        return None if is_end else record

    def _after(self, batch: Batch, answer: RecordedAnswer) -> PlayerStep:
        """Return any lines that precede an answer first, and the answer in the next step."""
        if not batch.lines:
            return answer
        self._pending = answer
        return batch

    def _advance(self) -> None:
        """Read the next record.

        An error is raised only once the lines before it have been delivered.
        """
        try:
            self._next_record = self._next()
        except CassetteError as error:
            self._next_record, self._failure = None, error

    def _next(self) -> Record | None:
        if self._read:
            return self._read.popleft()
        if self._failure is not None:
            raise self._failure
        return next(self._records, None)

    def _response_ahead(self, request_id: str) -> JSON:
        """Read ahead to the response to a question, or return None if there is none."""
        size = 0
        try:
            for record in self._records:
                self._read.append(record)
                if record.source == "us" and answered_request_id(record.line) == request_id:
                    return outcome_of(parse(self._places.show(record.line)).get("response"))
                size += len(record.line)
                withdrawn = (
                    record.source == "cli" and withdrawn_request_id(record.line) == request_id
                )
                if withdrawn or size > _AHEAD:
                    break
        except CassetteError as error:  # raised once playback gets there
            self._failure = error
        return None

    def _wait(self, record: Record, now: float) -> Wait | None:
        if record.source == "us":
            request_id = answered_request_id(record.line)
            question = self._questions.get(request_id)
            if question is None or not self._is_run(question) or request_id in self._responses:
                return None
            self._since = None
            return Wait(None)
        if self._speed is None:
            return None
        if self._since is None:
            self._since = now
        gap = min(max(0.0, record.ms - self._ms), MAX_PAUSE_MS) / 1000 / self._speed
        left = self._since + gap - now
        if left > 0.001:
            return Wait(left)
        self._since += gap
        return None

    def _is_run(self, question: RecordedRequest) -> bool:
        return self.runs and question.can_run

    def _end(self) -> TurnEnd:
        end = self._next_record
        if end is None and self._failure is not None and not self._stopped:
            raise self._failure
        if self._stopped or end is None:
            return TurnEnd(self.has_result or self._stopped)
        return TurnEnd(self.has_result or end.exit_code is not None, end.exit_code, end.stderr)

    def _play(self, record: Record, batch: Batch) -> RecordedAnswer | None:
        """Add a record's line to the batch, or return the answer to deliver instead of it."""
        if record.source == "us":
            self._play_sent(record.line)
        if record.source != "cli":
            return None
        line = self._places.show(self._mapper.received(record.line))
        event = None if _is_stream_event(line) else _decoded(line)
        if isinstance(event, ControlRequest):
            return self._play_request(line, event, batch)
        if self._is_played(line, event):
            _add(batch, line, event)
        return None

    def _is_played(self, line: bytes, event: codec.Incoming | None) -> bool:
        """Note a line that is not a request, and test if the client gets it."""
        if isinstance(event, ControlCancel):
            question = self._questions.pop(event.request_id, None)
            return question is not None and self._is_run(question)
        if isinstance(event, ControlResponse):
            return False  # to requests of the client, which get current responses
        if isinstance(event, SystemMessage) and event.subtype == _OLD_ANSWER:
            self._reject_forgery()
            return False
        self._note_message(line, event)
        return True

    def _note_message(self, line: bytes, event: codec.Incoming | None) -> None:
        if self._applier is not None and b'"tool_' in line:
            self._applier.read(line)
        self.has_result = self.has_result or isinstance(event, ResultMessage)
        self.has_tasks = self.has_tasks or isinstance(event, TaskStartedMessage)

    def _reject_forgery(self) -> None:
        if not self._forged:
            self._forged = True
            self._tell(ReplayNote("ignored", _FORGED))

    def _play_request(
        self, line: bytes, event: codec.Incoming, batch: Batch
    ) -> RecordedAnswer | None:
        question = RecordedRequest.of(parse(line))
        # A recorder never writes an id twice. A response must not answer a second question.
        if question is None or question.request_id in self._seen_request_ids:
            return None
        self._seen_request_ids.add(question.request_id)
        self._questions[question.request_id] = question
        if question.is_for_a_person:
            return self._answer_to(question) if self.shows else None
        if self._is_run(question):
            _add(batch, line, event)
        return None

    def _answer_to(self, question: RecordedRequest) -> RecordedAnswer:
        return RecordedAnswer(question.request, self._response_ahead(question.request_id))

    # --- recorded input ---------------------------------------------------------------------------

    def _play_sent(self, recorded: bytes) -> None:
        message = parse(recorded)
        if message.get("type") == "user":
            self._place_prompt(recorded, message)
        request_id = answered_request_id(recorded)
        question = self._questions.pop(request_id, None)
        if question is None:
            return
        response = parse(self._places.show(recorded)).get("response")
        if question.is_for_a_person:
            self._tell(question.approved(response))
        elif self._is_run(question):
            note = question.compared(response, self._responses.pop(request_id, None))
            if note is not None:
                self._tell(note)

    def _place_prompt(self, recorded: bytes, message: JSONObject) -> None:
        content = _content(parse(self._places.show(recorded)))
        for line in self._pending_prompts:
            if not self._played_prompts or _content(parse(line)) == content:
                self._pending_prompts.remove(line)
                self._mapper.sent(recorded, _with_content(line, message))
                break
        self._played_prompts.append(recorded)


def _add(batch: Batch, line: bytes, event: codec.Incoming | None) -> None:
    batch.lines.append(line)
    batch.events.append(event)


def _is_stream_event(line: bytes) -> bool:
    """Return whether the client will decode the line as a stream event, even if keys repeat."""
    # Check both ends, because decoders disagree about which of two `type` keys they use.
    if not line.startswith(_STREAM_EVENT):
        return False
    try:
        return decode_header(line).type == "stream_event"
    except (ValueError, RecursionError):
        return False


def _decoded(line: bytes) -> codec.Incoming | None:
    """Decode a line just as the client will, or return None if it cannot be decoded."""
    try:
        return codec.decode(line)
    except CLIJSONDecodeError:
        return None


def _content(message: JSONObject) -> JSON:
    inner = message.get("message")
    return inner.get("content") if isinstance(inner, dict) else None


def _with_content(line: bytes, message: JSONObject) -> bytes:
    """Return a sent line with the recorded prompt, in which secrets and folders are replaced."""
    return json.dumps({**parse(line), "message": message.get("message")}).encode()
