"""Rows for blocks of YAML that hold a password beside the name of each user."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..marks import MARK, MarkedSpan
from .form import Form, is_chosen

__all__ = ["USERS", "UserBlock"]

_NEARBY = 48
_LINE = r"(?:\r?\n|\\{1,8}n)"
_HEADING = re.compile(r"(?:\A|\n|\\n)(?P<indent>[ \t]{0,20})[\w-]{0,20}\Z")
_USER = re.compile(
    rf"{_LINE}(?P<indent>[ \t]{{1,40}})(?P<name>[\w@.-]{{1,60}}):[ \t]{{1,8}}(?P<quote>[\"']?)"
    rf"(?P<secret>[^\s\"'|>&*!{{\[\\][^\s\"'\\]{{2,200}})(?P=quote)"
    rf"(?=[ \t]{{0,8}}(?:{_LINE}|\"|\Z))"
)
_FIELD_OF_USER = re.compile(
    r"(?i:\w*(?:name|id|ids|type|types|host|url|file|path|provider|role|roles|count|total|max|min"
    r"|limit|enabled|default|email|mail|group|groups|class|source|mode|format|table|schema|driver"
    r"|version|policy|scope|region|store|helper|user|users|login))"
)
_NO_PASSWORD = re.compile(
    r"(?i:true|false|null|none|yes|no|on|off|admin|administrator|editor|viewer|owner|member|user|guest"
    r"|read\w*|write\w*|full|active|inactive|string|object|array|list|dict|int\w*|bool\w*|str|any"
    r"|required|optional|file|env|manual|auto|default)|[\d.,:-]+|.*[/(\[<$].*|.*:|.*@.*\..*"
)
_MOST_USERS = 200


@dataclass(frozen=True)
class UserBlock(Form):
    """The row of a heading; each line below it has a name and a password."""

    def cuts(self, text: str) -> Iterator[MarkedSpan]:
        """Return the passwords below the headings, from left to right."""
        for found in self._pattern.finditer(text):
            first = max(0, found.start() - _NEARBY)
            heading = _HEADING.search(text[first : found.start()])
            if heading is not None:
                yield from _passwords(text, found.end(), len(heading["indent"]))


def _passwords(text: str, position: int, indent: int) -> Iterator[MarkedSpan]:
    for _ in range(_MOST_USERS):
        user = _USER.match(text, position)
        if user is None or len(user["indent"]) <= indent:
            return
        plain = _FIELD_OF_USER.fullmatch(user["name"]) or _NO_PASSWORD.fullmatch(user["secret"])
        if not plain and MARK not in user["secret"]:
            yield MarkedSpan(*user.span("secret"), f"{MARK}secret")
        position = user.end()


USERS: tuple[Form, ...] = tuple(
    UserBlock("secret", f"{word}:", rf"[ \t]{{0,8}}(?={_LINE})", is_chosen)
    for word in ("sers", "redentials", "asswords", "logins", "basic_auth")
)
