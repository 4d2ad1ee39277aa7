"""Secrets of several lines: private keys without their beginning, secrets of Kubernetes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .marks import MARK, MarkedSpan

__all__ = ["block_values"]

_REACH = 20_000


def block_values(text: str) -> Iterator[MarkedSpan]:
    """Return the secrets in blocks, from left to right."""
    yield from sorted(
        [
            *_private_key_tails(text),
            *_kubernetes_values(text),
            *_kubernetes_fields(text),
        ],
        key=lambda cut: cut.start,
    )


# --- private keys without their beginning ---------------------------------------------------------

_PEM_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_PEM_BODY = re.compile(r"(?:[A-Za-z0-9+/=\s]|[nrt]\\+)+")


def _private_key_tails(text: str) -> Iterator[MarkedSpan]:
    """Return private keys of which only the end is in a text."""
    position = 0
    if "PRIVATE KEY" not in text:
        return
    for found in _PEM_END.finditer(text):
        before = text[max(position, found.start() - _REACH) : found.start()][::-1]
        body = _PEM_BODY.match(before)
        if body is not None and re.search(r"[A-Za-z0-9+/=]{20}", body.group()):
            start = found.start() - len(body.group().rstrip())
            yield MarkedSpan(start, found.end(), f"{MARK}private-key")
        position = found.end()


# --- Kubernetes -----------------------------------------------------------------------------------

_LINE = r"(?:\r?\n|\\{1,8}n)"
_SECRET = re.compile(r"kind\\*[\"']?[ \t]{0,8}:[ \t]{0,8}\\*[\"']?Secret\b")
_DATA = re.compile(
    rf"(?:(?<=\n)|(?<=\\n))(?P<indent>[ \t]{{0,8}})(?:stringData|data):[ \t]{{0,8}}(?={_LINE})"
)
_ENTRY = re.compile(
    rf"{_LINE}(?P<indent>[ \t]{{1,40}})[\w./-]{{1,250}}:[ \t]{{1,8}}"
    r"(?P<secret>[^\s\"'|>&*!{\[\\][^\n\"'\\]{0,4000}|(?P<quote>[\"'])[^\n\"'\\]{1,4000}(?P=quote))"
)
_REACH_OF_KIND = 2_000


def _kubernetes_values(text: str) -> Iterator[MarkedSpan]:
    """Return the values of secrets of Kubernetes, whatever their names."""
    if "Secret" not in text or "ata:" not in text or _SECRET.search(text) is None:
        return
    for data in _DATA.finditer(text):
        first = max(0, data.start() - _REACH_OF_KIND)
        if _SECRET.search(text, first, data.start()) is None:
            last = text.find("\n---", data.end(), data.end() + _REACH_OF_KIND)
            last = last if last >= 0 else data.end() + _REACH_OF_KIND
            if _SECRET.search(text, data.end(), last) is None:
                continue
        yield from _entries(text, data)


def _entries(text: str, data: re.Match[str]) -> Iterator[MarkedSpan]:
    position = data.end()
    while (entry := _ENTRY.match(text, position)) is not None:
        if len(entry["indent"]) <= len(data["indent"]):
            return
        start, end = entry.span("secret")
        margin = 1 if entry["quote"] else 0
        if MARK not in entry["secret"]:
            yield MarkedSpan(start + margin, end - margin, f"{MARK}secret")
        position = end


# The same as JSON: an object whose values are all texts.
_FIELDS = re.compile(
    r"\\*\"(?:stringData|data)\\*\"\s{0,8}:\s{0,8}\{(?P<fields>(?:\s|\\n){0,60}"
    r"(?:\\*\"[\w./-]{1,250}\\*\"\s{0,8}:\s{0,8}\\*\"[^\"\\]{0,4000}\\*\"(?:,|\s|\\n){0,60}){1,100})\}"
)
_FIELD = re.compile(r":\s{0,8}\\*\"(?P<secret>[^\"\\]{1,4000})\\*\"")


def _kubernetes_fields(text: str) -> Iterator[MarkedSpan]:
    """Return the values of secrets of Kubernetes in JSON."""
    if "Secret" not in text or "ata" not in text or _SECRET.search(text) is None:
        return
    for fields in _FIELDS.finditer(text):
        first, last = max(0, fields.start() - _REACH_OF_KIND), fields.end() + _REACH_OF_KIND
        if _SECRET.search(text, first, last) is None:
            continue
        for field in _FIELD.finditer(text, *fields.span("fields")):
            if MARK not in field["secret"]:
                yield MarkedSpan(*field.span("secret"), f"{MARK}secret")
