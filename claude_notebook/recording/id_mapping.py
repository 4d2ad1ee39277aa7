"""Map recorded ids to current ids.

A played conversation differs from the recorded one in the ids that both sides generate each time.
`IdMapper` learns them from the lines that the client sends, and puts them into the CLI's lines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Union

import msgspec

from ..errors import CassetteError
from ..messages import JSON, JSONObject
from ..messages.json_fields import as_object

# A JSON string. Matches are consecutive, so none begins inside another string.
_STRING = re.compile(rb'"([^"\\]*(?:\\.[^"\\]*)*)"')

_KINDS = {"user": "a prompt", "control_response": "a response to a request"}


class _Matcher(msgspec.Struct, rename={"ids": "hookCallbackIds"}):
    ids: Union[list[str], None] = None


class IdMapper:
    """A rewriter for `ReplayTransport` that makes the CLI's responses match current requests.

    Request ids, uuids of prompts and ids of hooks may differ from the recording. Type and order of
    the sent lines, and the text of prompts, must not.
    """

    def __init__(self) -> None:
        self._current_ids: dict[bytes, bytes] = {}

    def sent(self, recorded: bytes, actual: bytes) -> None:
        """Learn the ids in a sent line from the recorded line at the same place.

        :raises CassetteError: the lines do not match
        """
        before, after = parse(recorded), parse(actual)
        if _kind(before) != _kind(after) or _prompt(before) != _prompt(after):
            raise CassetteError(
                f"The recording continues with {_describe(before)}, but {_describe(after)} was "
                "sent. Send the recorded line, or record the conversation again."
            )
        new = _ids(after)
        for place, old in _ids(before).items():
            if new.get(place, old) != old:
                self._current_ids[_quoted(old)] = _quoted(new[place])

    def received(self, recorded: bytes) -> bytes:
        """Replace the ids in a recorded line with current ids."""
        # Linear in the length of the line, for any number of ids.
        is_object = recorded.lstrip()[:1] == b"{"
        return _STRING.sub(self._string, recorded) if self._current_ids and is_object else recorded

    def _string(self, match: re.Match[bytes]) -> bytes:
        return self._current_ids.get(match[0]) or match[0]


def _quoted(text: str) -> bytes:
    return json.dumps(text, ensure_ascii=False).encode("utf-8", errors="surrogatepass")


def parse(line: bytes) -> JSONObject:
    """Parse a line as a JSON object; {} for anything else."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _kind(line: JSONObject) -> tuple[str, str]:
    request = line.get("request")
    subtype = request.get("subtype") if isinstance(request, dict) else None
    return str(line.get("type", "no JSON object")), str(subtype or "")


def _describe(line: JSONObject) -> str:
    kind, subtype = _kind(line)
    detail = json.dumps(_prompt(line), ensure_ascii=False)[:80] if kind == "user" else subtype
    return f"{_KINDS.get(kind, kind)} {detail}".rstrip()


def _prompt(line: JSONObject) -> JSON:
    message = line.get("message")
    return message.get("content") if isinstance(message, dict) else None


def _ids(line: JSONObject) -> dict[str, str]:
    """Return the ids that the sender of a line generated, by their place."""
    kind, subtype = _kind(line)
    ids = {}
    if kind == "control_request":
        ids["request"] = str(line.get("request_id"))
    elif kind == "user" and line.get("uuid"):
        ids["uuid"] = str(line["uuid"])
    if subtype == "initialize":
        ids.update(_hook_ids(as_object(line["request"]).get("hooks")))
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
