"""Which ids of a recording belong to which ids of now.

A conversation that is played back is the recorded one but for the ids that both sides make up anew
each time. `IdMapper` learns them from what we send, and puts them into what the CLI said.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Union

import msgspec

from ..errors import CassetteError
from ..messages import JSON, JSONObject

# A string of JSON. Strings are found one after the other, so that none begins inside of another.
_STRING = re.compile(rb'"([^"\\]*(?:\\.[^"\\]*)*)"')

_KINDS = {"user": "a prompt", "control_response": "an answer to a question"}


class _Matcher(msgspec.Struct, rename={"ids": "hookCallbackIds"}):
    ids: Union[list[str], None] = None


class IdMapper:
    """A rewriter for `ReplayTransport` that lets the CLI's answers fit the requests of now.

    Request ids, the uuids of prompts and the ids of hooks may differ from the recording. Kind and
    order of what is sent, and the text of prompts, may not.
    """

    def __init__(self) -> None:
        self._now: dict[bytes, bytes] = {}

    def sent(self, recorded: bytes, actual: bytes) -> None:
        """Learn from a line that was sent where `recorded` was.

        :raises CassetteError: something else was sent then
        """
        then, now = parse(recorded), parse(actual)
        if _kind(then) != _kind(now) or _prompt(then) != _prompt(now):
            raise CassetteError(
                f"The recording goes on with {_told(then)}, but {_told(now)} was sent. "
                "Ask as it was asked then, or record it again."
            )
        new = _ids(now)
        for place, old in _ids(then).items():
            if new.get(place, old) != old:
                self._now[_quoted(old)] = _quoted(new[place])

    def received(self, recorded: bytes) -> bytes:
        """A recorded line with the ids of now."""
        # In time with the length of the line, however many ids there are.
        is_object = recorded.lstrip()[:1] == b"{"
        return _STRING.sub(self._string, recorded) if self._now and is_object else recorded

    def _string(self, found: re.Match[bytes]) -> bytes:
        return self._now.get(found[0]) or found[0]


def _quoted(text: str) -> bytes:
    return json.dumps(text, ensure_ascii=False).encode("utf-8", errors="surrogatepass")


def parse(line: bytes) -> JSONObject:
    """A line as an object; {} if it is none."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _kind(line: JSONObject) -> tuple[str, str]:
    request = line.get("request")
    subtype = request.get("subtype") if isinstance(request, dict) else None
    return str(line.get("type", "no JSON object")), str(subtype or "")


def _told(line: JSONObject) -> str:
    kind, subtype = _kind(line)
    said = json.dumps(_prompt(line), ensure_ascii=False)[:80] if kind == "user" else subtype
    return f"{_KINDS.get(kind, kind)} {said}".rstrip()


def _prompt(line: JSONObject) -> JSON:
    message = line.get("message")
    return message.get("content") if isinstance(message, dict) else None


def _ids(line: JSONObject) -> dict[str, str]:
    """The ids in a line that whoever sent it made up, by their place."""
    kind, subtype = _kind(line)
    ids = {}
    if kind == "control_request":
        ids["request"] = str(line.get("request_id"))
    elif kind == "user" and line.get("uuid"):
        ids["uuid"] = str(line["uuid"])
    if subtype == "initialize":
        ids.update(_hook_ids(line["request"].get("hooks")))
    return ids


def _hook_ids(hooks: JSON) -> Iterator[tuple[str, str]]:
    try:
        matchers_of = msgspec.convert(hooks or {}, dict[str, list[_Matcher]])
    except ValueError:
        return
    for event, matchers in matchers_of.items():
        for number, matcher in enumerate(matchers):
            for place, hook_id in enumerate(matcher.ids or ()):
                yield f"{event}/{number}/{place}", hook_id
