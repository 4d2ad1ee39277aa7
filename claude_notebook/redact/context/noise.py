"""Finds random values without a keyword nearby."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ..marks import MARK, MarkedSpan
from .shapes import is_made

__all__ = ["is_harmless", "noise_values"]

_RUN = re.compile(r"(?<![A-Za-z0-9_])[A-Za-z0-9_]{16,128}(?![A-Za-z0-9_])")
# Keys of products: five groups of five, without words.
_PRODUCT_KEY = re.compile(
    r"(?<![\w-])(?=[A-Z-]*\d)(?=[\d-]*[A-Z])[A-Z0-9]{5}(?:-[A-Z0-9]{5}){3,5}(?![\w-])"
    r"|(?<![\w-])\d{6}(?:-\d{6}){7}(?![\w-])"
)
_HEX = re.compile(r"[\da-f]{32,128}|[\dA-F]{32,128}")
_ORDERED = ("0123456789", "abcdefghij", "ABCDEFGHIJ")
# Names of values that are random, and no secrets; public keys and blobs of several lines.
_HARMLESS = re.compile(
    r"(?:(?i:id|ids|uuid|guid|hash\w*|checksum|digest|sha\d*|md5|etag|rev|revision|commit|integrity"
    r"|fingerprint|signature|nonce|trace|span|request|image|data|src|href|version|build|cid|oid|ref"
    r"|base64|cursor|thumbprint|sum|public|pub|h1|badge|png|jpeg|svg|layer|blob)[\w.-]{0,12}"
    r"[\"'\\\]]{0,4}[ \t]{0,4}[:=@/ ,-][ \t]{0,4}[\"'\\]{0,4}"
    r"|(?i:public[ _-]?key|gpg|ssh-\w{2,8}|ecdsa-[\w-]{2,30}|fingerprint)[^\n]{0,30}"
    r"|(?:PUBLIC KEY|CERTIFICATE)-----(?:\n|\\n)|[A-Za-z0-9+/]{56,}(?:\n|\\n))\Z"
)
# Hexadecimal digits are those of a digest, unless a setting of an environment holds them.
_SETTING = re.compile(
    r"(?:(?:export|set|setx|environ\[|env\[|ENV|putenv\()[ \t\"'\\]{0,4}|(?:\A|\n|\\n))"
    r"[A-Z][A-Z0-9_]{2,40}[ \t\"'\\\]]{0,5}[=, ][ \t\"'\\]{0,4}\Z"
)
_REACH = 72
_LEAST = 16


def noise_values(text: str, suspects: Iterable[tuple[int, int]]) -> Iterator[MarkedSpan]:
    """Return the random values of letters and digits.

    :param suspects: the spans of values that can be secrets
    """
    for first, last in suspects:
        if last - first < _LEAST:
            continue
        for pattern in (_PRODUCT_KEY, _RUN):
            found = pattern.search(text, first, last)
            if found is not None and _is_noise(text, *found.span()):
                yield MarkedSpan(*found.span(), f"{MARK}secret")


def _is_noise(text: str, start: int, end: int) -> bool:
    value = text[start:end]
    if _PRODUCT_KEY.fullmatch(value):
        return True
    if any(ordered in value for ordered in _ORDERED) or _has_neighbor(text, start, end):
        return False
    if not _HEX.fullmatch(value):
        return is_made(value) and not is_harmless(text, start)
    before = text[max(0, start - _REACH) : start]
    return _SETTING.search(before) is not None and not is_harmless(text, start)


def is_harmless(text: str, start: int) -> bool:
    """Return whether the text before a random value says that it is no secret."""
    return _HARMLESS.search(text[max(0, start - _REACH) : start]) is not None


def _has_neighbor(text: str, start: int, end: int) -> bool:
    """Return whether a run is a part of a path, a longer blob, an escape, or a symbol."""
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    return before in tuple("\\/+-.%@#~") or after in tuple("/+-%~(")
