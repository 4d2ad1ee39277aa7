"""Plays one recorded turn. No I/O but reading: it says what comes next, and when.

The recorded answers hold, to permissions and forms as well as to calls of tools and hooks, so that
nothing in a recording calls code of this program. Only where the user has opted in are tools and
hooks called again, and the play waits for their answers.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Union

from ..errors import CassetteError, CLIJSONDecodeError
from ..messages import JSON, JSONObject, UnknownMessage
from ..protocol.codec import lines as codec
from ..protocol.codec.flat_messages import FORGED
from ..protocol.control import ControlCancel, ControlRequest, ControlResponse
from ..replay import ReplayNote, sealed
from .file_effects import Applier
from .format import Cassette, Record, compact
from .id_mapping import IdMapper, parse
from .keys import Places
from .questions import Question, answered_by, outcome_of, withdrawn_by
from .transports import MAX_PAUSE_MS

_BATCH = 256 * 1024
_AHEAD = 64 * 1024 * 1024
"""Bytes of a recording in which the answer to a question is looked for."""
_FORGED = (
    "A line of the recording that claims what a person answered is left out: only an answer that "
    "was recorded as one counts."
)


@dataclass(frozen=True)
class Chunk:
    """Lines to hand out now."""

    data: bytes


@dataclass(frozen=True)
class Pause:
    """Nothing comes before these seconds have passed."""

    seconds: float


@dataclass(frozen=True)
class Answer:
    """Nothing comes before a question is answered."""


@dataclass(frozen=True)
class Over:
    """The turn is over. `whole`: it has its result. The exit code is None if the CLI went on."""

    whole: bool
    exit_code: int | None = None
    stderr: str = ""


Step = Union[Chunk, Pause, Answer, Over]
Control = Union[ControlRequest, ControlResponse, ControlCancel]


class Player:
    """One turn of a recording.

    :param cassette: the recording.
    :param speed: None does not wait.
    :param places: the folders of now.
    :param tell: hears what there is to know.
    :param applier: does changes again.
    :param shows: whether to hand out the recorded answer, in place of each question.
    :param runs: whether to hand out calls of tools and hooks, and wait for their answers.
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
        self._ahead: Record | None = None
        self._advance()
        self._ms = 0.0
        self._since: float | None = None
        self._said: list[bytes] = []
        self._prompts: list[bytes] = []
        self._passed: list[bytes] = []
        self._asked: dict[str, Question] = {}
        self._known: set[str] = set()
        self._answers: dict[str, JSON] = {}
        self._forged = False
        self._stopped = False
        self.has_result = False
        self.has_tasks = False

    # --- what is said now ------------------------------------------------------------------------

    def say(self, line: bytes) -> None:
        """A prompt is sent: the first one, or another one while the turn is played."""
        self._said.append(line)
        self._prompts.append(line)

    def answer(self, request_id: str, response: JSON) -> None:
        """Somebody here has answered a question of the recording."""
        self._answers[request_id] = response

    def hurry(self) -> None:
        """Do not wait from now on: somebody wants to go on."""
        self._speed = None

    def stop(self) -> list[bytes]:
        """Somebody has stopped the turn: nothing more of it comes. Returns its prompts."""
        self._stopped = True
        if not self._passed:
            del self._said[:1]
        return [line for line in self._prompts if line not in self._said]

    def unsaid(self) -> tuple[list[bytes], list[bytes]]:
        """Prompts that came after their place in the recording, and those that it does not have."""
        then = [_content(parse(self._places.show(line))) for line in self._passed[1:]]
        late = [line for line in self._said if _content(parse(line)) in then]
        new = [line for line in self._said if line not in late]
        self._said = []
        return late, new

    # --- what comes ------------------------------------------------------------------------------

    def step(self, now: float) -> Step:
        """What is next. `now`: seconds that go on.

        :raises CassetteError: the recording cannot be read any further
        """
        batch = bytearray()
        while not self._stopped and (record := self._ahead) is not None and record.source != "end":
            wait = self._wait(record, now)
            if wait is not None or len(batch) > _BATCH:
                return Chunk(bytes(batch)) if batch or wait is None else wait
            batch += self._play(record)
            self._ms = max(self._ms, record.ms)
            self._advance()
        if not batch and self._ahead is None and self._failure is not None and not self._stopped:
            raise self._failure
        return Chunk(bytes(batch)) if batch else self._over()

    def _advance(self) -> None:
        """Read the next record. The lines before a damaged one are handed out first."""
        try:
            self._ahead = self._next()
        except CassetteError as error:
            self._ahead, self._failure = None, error

    def _next(self) -> Record | None:
        if self._read:
            return self._read.popleft()
        if self._failure is not None:
            raise self._failure
        return next(self._records, None)

    def _answer_ahead(self, request_id: str) -> JSON:
        """What will be answered to a question that is asked now; None if nothing is."""
        size = 0
        try:
            for record in self._records:
                self._read.append(record)
                if record.source == "us" and answered_by(record.line) == request_id:
                    return outcome_of(parse(self._places.show(record.line)).get("response"))
                size += len(record.line)
                withdrawn = record.source == "cli" and withdrawn_by(record.line) == request_id
                if withdrawn or size > _AHEAD:
                    break
        except CassetteError as error:  # told when it is played
            self._failure = error
        return None

    def _wait(self, record: Record, now: float) -> Pause | Answer | None:
        if record.source == "us":
            request_id = answered_by(record.line)
            question = self._asked.get(request_id)
            if question is None or not self._is_run(question) or request_id in self._answers:
                return None
            self._since = None
            return Answer()
        if self._speed is None:
            return None
        if self._since is None:
            self._since = now
        gap = min(max(0.0, record.ms - self._ms), MAX_PAUSE_MS) / 1000 / self._speed
        left = self._since + gap - now
        if left > 0.001:
            return Pause(left)
        self._since += gap
        return None

    def _is_run(self, question: Question) -> bool:
        return self.runs and question.can_run

    def _over(self) -> Over:
        end = self._ahead
        if self._stopped or end is None:
            return Over(self.has_result or self._stopped)
        return Over(self.has_result or end.exit_code is not None, end.exit_code, end.stderr)

    def _play(self, record: Record) -> bytes:
        if record.source == "us":
            self._we_said(record.line)
            return b""
        if record.source != "cli":
            return b""
        line = self._places.show(self._mapper.received(record.line))
        message = _decoded(line)
        if isinstance(message, (ControlRequest, ControlResponse, ControlCancel)):
            return self._control(line, message)
        if isinstance(message, UnknownMessage) and message.reason == FORGED:
            return self._forgery()
        if self._applier is not None and b'"tool_' in line:
            self._applier.see(line)
        self.has_result = self.has_result or _is_result(line)
        self.has_tasks = self.has_tasks or b'"task_started"' in line
        return line + b"\n"

    def _forgery(self) -> bytes:
        if not self._forged:
            self._forged = True
            self._tell(ReplayNote("ignored", _FORGED))
        return b""

    def _control(self, line: bytes, message: Control) -> bytes:
        """What is handed out for a line with a request or an answer."""
        if isinstance(message, ControlCancel):
            asked = self._asked.pop(message.request_id, None)
            return line + b"\n" if asked is not None and self._is_run(asked) else b""
        if isinstance(message, ControlResponse):
            return b""  # to requests of ours, which are answered elsewhere
        question = Question.of(parse(line))
        # No recorder writes an id twice: the first answer is no answer to another question.
        if question is None or question.request_id in self._known:
            return b""
        self._known.add(question.request_id)
        self._asked[question.request_id] = question
        if question.is_for_a_person:
            return self._with_answer(question) if self.shows else b""
        return line + b"\n" if self._is_run(question) else b""

    def _with_answer(self, question: Question) -> bytes:
        answer = self._answer_ahead(question.request_id)
        return compact(sealed(question.request, answer)).encode() + b"\n"

    # --- what we said then -----------------------------------------------------------------------

    def _we_said(self, recorded: bytes) -> None:
        message = parse(recorded)
        if message.get("type") == "user":
            self._prompted(recorded, message)
        request_id = answered_by(recorded)
        question = self._asked.pop(request_id, None)
        if question is None:
            return
        then = parse(self._places.show(recorded)).get("response")
        if question.is_for_a_person:
            self._tell(question.approved(then))
        elif self._is_run(question):
            note = question.compared(then, self._answers.pop(request_id, None))
            if note is not None:
                self._tell(note)

    def _prompted(self, recorded: bytes, message: JSONObject) -> None:
        then = _content(parse(self._places.show(recorded)))
        for line in self._said:
            if not self._passed or _content(parse(line)) == then:
                self._said.remove(line)
                self._mapper.sent(recorded, _with_content(line, message))
                break
        self._passed.append(recorded)


def _decoded(line: bytes) -> codec.Incoming | None:
    """The value that the client will read in a line; None if that is no value."""
    try:
        return codec.decode(line)
    except CLIJSONDecodeError:
        return None


def _is_result(line: bytes) -> bool:
    return b'"type":"result"' in line and parse(line).get("type") == "result"


def _content(message: JSONObject) -> JSON:
    inner = message.get("message")
    return inner.get("content") if isinstance(inner, dict) else None


def _with_content(line: bytes, message: JSONObject) -> bytes:
    """A line that was sent, with the prompt as it is recorded: without secrets, with marks."""
    return json.dumps({**parse(line), "message": message.get("message")}).encode()
