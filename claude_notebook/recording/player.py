"""Plays one recorded turn. No I/O but reading: it says what comes next, and when.

What we said then is not waited for, with one exception: an answer that a tool or hook gives now is
part of the play, so the play waits for it. Nobody is asked for a permission, or to fill in a form,
again: what was answered then holds.
"""

from __future__ import annotations

import json
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Union

from ..errors import CassetteError
from ..messages import JSON, JSONObject
from ..replay import ANSWERED, ReplayNote
from .file_effects import Applier
from .format import Cassette, Record, compact
from .id_mapping import IdMapper, parse
from .keys import Places

_BATCH = 256 * 1024
MOST_MS = 3_000.0
"""A longer pause, such as of a person who was asked, is cut to this."""


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


class Player:
    """One turn of a recording.

    :param cassette: the recording.
    :param speed: None does not wait.
    :param places: the folders of now.
    :param tell: hears what there is to know.
    :param applier: does changes again.
    :param answers: whether to hand out what was answered, in place of each question.
    :param alone: nobody is there to talk to: only what came is wanted.
    """

    def __init__(
        self,
        cassette: Cassette,
        speed: float | None,
        places: Places,
        tell: Callable[[ReplayNote], None],
        applier: Applier | None = None,
        *,
        answers: bool = False,
        alone: bool = False,
    ) -> None:
        self._speed = speed
        self._places = places
        self._tell = tell
        self._applier = applier
        self._shows = answers
        self._alone = alone
        self._mapper = IdMapper()
        self._records: Iterator[Record] = cassette.records()
        self._read: deque[Record] = deque()
        self._failure: CassetteError | None = None
        self._ahead = self._next()
        self._ms = 0.0
        self._since: float | None = None
        self._said: list[bytes] = []
        self._prompts: list[bytes] = []
        self._passed: list[bytes] = []
        self._asked: dict[str, JSONObject] = {}
        self._answers: dict[str, JSON] = {}
        self._dropped: set[str] = set()
        self._stopped = False
        self.has_result = False

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
            self._ahead = self._next()
        return Chunk(bytes(batch)) if batch else self._over()

    def _next(self) -> Record | None:
        if self._read:
            return self._read.popleft()
        if self._failure is not None:
            raise self._failure
        return next(self._records, None)

    def _answer_ahead(self, request_id: str) -> JSON:
        """What will be answered to a question that is asked now; None if nothing is."""
        try:
            for record in self._records:
                self._read.append(record)
                if record.source == "us" and _answered(record.line) == request_id:
                    return _outcome(parse(self._places.show(record.line)).get("response"))
                if record.source == "cli" and _withdrawn(record.line) == request_id:
                    break
        except CassetteError as error:  # told when it is played
            self._failure = error
        return None

    def _wait(self, record: Record, now: float) -> Pause | Answer | None:
        if record.source == "us":
            request_id = _answered(record.line)
            # What nobody was asked just now needs no answer.
            asked = self._asked.get(request_id)
            if asked is None or self._alone or _is_question(asked) or request_id in self._answers:
                return None
            self._since = None
            return Answer()
        if self._speed is None:
            return None
        if self._since is None:
            self._since = now
        gap = min(max(0.0, record.ms - self._ms), MOST_MS) / 1000 / self._speed
        left = self._since + gap - now
        if left > 0.001:
            return Pause(left)
        self._since += gap
        return None

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
        if b'"type":"control_' in line:
            return self._control(line)
        if self._applier is not None and b'"tool_' in line:
            self._applier.see(line)
        self.has_result = self.has_result or _is_result(line)
        return line + b"\n"

    def _control(self, line: bytes) -> bytes:
        """What is handed out for a line with a request or an answer."""
        message = parse(line)
        kind, request_id = message.get("type"), str(message.get("request_id"))
        if kind == "control_response":
            return b""  # to requests of ours, which are answered elsewhere
        if kind == "control_cancel_request":
            asked = self._asked.pop(request_id, None)
            return b"" if asked is None or _is_question(asked) else line + b"\n"
        if kind == "control_request":
            self._asked[request_id] = message
            if _is_question(message):
                return self._with_answer(message, request_id) if self._shows else b""
        return line + b"\n"

    def _with_answer(self, asked: JSONObject, request_id: str) -> bytes:
        said = self._answer_ahead(request_id)
        told = {"type": "system", "subtype": ANSWERED, "uuid": str(uuid.uuid4()), "session_id": ""}
        return compact({**told, "request": _request(asked), "response": said}).encode() + b"\n"

    # --- what we said then -----------------------------------------------------------------------

    def _we_said(self, recorded: bytes) -> None:
        message = parse(recorded)
        if message.get("type") == "user":
            self._prompted(recorded, message)
        request_id = _answered(recorded)
        asked = self._asked.pop(request_id, None)
        if asked is None:
            return
        then = parse(self._places.show(recorded)).get("response")
        if _is_question(asked):
            self._tell(_approved(asked, then))
        else:
            self._compare(asked, then, self._answers.pop(request_id, None))

    def _prompted(self, recorded: bytes, message: JSONObject) -> None:
        then = _content(parse(self._places.show(recorded)))
        for line in self._said:
            if not self._passed or _content(parse(line)) == then:
                self._said.remove(line)
                self._mapper.sent(recorded, _with_content(line, message))
                break
        self._passed.append(recorded)

    def _compare(self, asked: JSONObject, then: JSON, now: JSON) -> None:
        before, after = _outcome(then), _outcome(now)
        if before != after:
            told = f"{_name(asked)} answers {_brief(after)} now; recorded was {_brief(before)}."
            self._tell(ReplayNote("differs", f"{told} What Claude made of it is as recorded."))


def _is_result(line: bytes) -> bool:
    return b'"type":"result"' in line and parse(line).get("type") == "result"


def _is_question(message: JSONObject) -> bool:
    """Whether it is for a person: what was answered then holds."""
    return _request(message).get("subtype") in ("can_use_tool", "elicitation")


def _request(message: JSONObject) -> JSONObject:
    request = message.get("request")
    return request if isinstance(request, dict) else {}


def _answered(line: bytes) -> str:
    """The id of the question that a line answers; "" if it answers none."""
    if b"control_response" not in line:
        return ""
    response = parse(line).get("response")
    return str(response.get("request_id")) if isinstance(response, dict) else ""


def _withdrawn(line: bytes) -> str:
    """The id of the question that the CLI takes back with a line; "" if it does not."""
    if b"control_cancel_request" not in line:
        return ""
    message = parse(line)
    is_taken_back = message.get("type") == "control_cancel_request"
    return str(message.get("request_id")) if is_taken_back else ""


def _content(message: JSONObject) -> JSON:
    inner = message.get("message")
    return inner.get("content") if isinstance(inner, dict) else None


def _with_content(line: bytes, message: JSONObject) -> bytes:
    """A line that was sent, with the prompt as it is recorded: without secrets, with marks."""
    return json.dumps({**parse(line), "message": message.get("message")}).encode()


def _outcome(response: JSON) -> JSON:
    """What an answer says, without ids."""
    if not isinstance(response, dict):
        return None
    value = response.get("error") or response.get("response")
    if isinstance(value, dict) and isinstance(value.get("mcp_response"), dict):
        told = value["mcp_response"]
        return told.get("error") or told.get("result")
    return value


def _name(message: JSONObject) -> str:
    request = _request(message)
    inner = request.get("message")
    if isinstance(inner, dict):
        params = inner.get("params")
        tool = params.get("name") if isinstance(params, dict) else None
        return f"The tool {tool}" if tool else f"The server {request.get('server_name')}"
    return f"The hook {request.get('callback_id')}"


def _brief(value: JSON) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else text[:120] + "..."


def _approved(asked: JSONObject, response: JSON) -> ReplayNote:
    request, outcome = _request(asked), _outcome(response)
    said = outcome if isinstance(outcome, dict) else {}
    if request.get("subtype") == "elicitation":
        words = f"{request.get('mcp_server_name')}: {said.get('action', 'not answered')}"
    else:
        what = request.get("title") or request.get("tool_name")
        words = f"{what}: {'allowed' if said.get('behavior') == 'allow' else 'denied'}"
    return ReplayNote("approved", f"{words}, as recorded.")
