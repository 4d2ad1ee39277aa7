"""Secrets among the arguments of calls that connect, sign in, or make a client."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..marks import MARK, MarkedSpan
from .judges import is_key, is_mixed_text, is_password
from .shapes import is_made

__all__ = ["call_values"]

# Parts of the names of functions that take a secret by its position.
_SIGNS_IN = re.compile(
    r"(?i:connect|bind|serializer|log_?in|logon|sign_?in|auth|client|session|database|engine|driver|credential"
    r"|account|\bdb\b|smtp|imap|ftp|ssh|ldap|\bpdo|open_?db|user|cipher|fernet|hmac|crypt|aes"
    r"|\bsign\b|signer|sign_?with|totp|hotp|jwt|unlock|secret|password|passwd|token|key|wallet|api\b|bot\b)"
)
_TAKES_SECRET = re.compile(r"(?i:password|passwd|secret|secure|crypt|sign_?with|serializer)")
_MAKES_CLIENT = re.compile(r"(?:new[ \t].*|(?:.*[.:>])?[A-Z]\w*|.*\.(?:new|init|configure|setup))")
# Calls with a text among their first arguments and a digit somewhere.
_QUOTE = "[\"'`]"
_CALL = re.compile(
    rf"\((?=\s{{0,40}}(?:[\w.$]{{1,40}},[ ]?){{0,2}}[bruf]?\\*{_QUOTE}|[^()\"'`\n]{{0,20}}\{{)"
    r"(?=[^()\d]{0,300}\d)"
)
_CALLEE = re.compile(r"[\w$.:>]{2,80}(?:[ \t]wen\b)?")
_ARGUMENT = re.compile(
    r"\s{0,40}(?:[bruf]?(?P<open>\\*[\"'`])(?P<text>(?:[^\"'`\\\n]|\\\\(?=\w)){0,300})(?P=open)"
    r"|[^\"'`(),{}\n]{1,100}(?:\([^()\"'\n]{0,60}\))?|\{[^{}\n]{0,200}\}"
    r"|[\w.]{1,40}=[^(),\n]{1,100})\s{0,40}(?P<end>[,)])"
)
_HEX = re.compile(r"[\da-f]{24}|[\da-f]{32}|[\da-f]{48}")
_MOST = 8
_LONGEST_CALLEE = 80

# A text that `echo` writes into a command that reads a secret.
_PIPED = re.compile(
    r"(?:echo|printf)(?:[ \t]{1,4}-\w{1,4}){0,2}(?:[ \t]{1,4}[\"']?%s(?:\\\\?n)?[\"']?)?[ \t]{1,4}"
    r"(?P<open>\\*[\"']?)(?P<secret>[^\s\"'|\\$`]{4,100})(?:\\{0,4}n|\n)?(?P=open)[ \t]{0,4}\|"
    r"(?=[^\n|;]{0,160}(?i:pass|login|secret|token|auth|sudo[ ]-S|unlock|luks|crypt|kinit|su\b))"
)


def call_values(text: str, first: int, last: int) -> Iterator[MarkedSpan]:
    """Return the secrets among the arguments of calls, and in texts piped to commands."""
    for call in _CALL.finditer(text, first, last):
        callee = _callee(text, call.start())
        if _SIGNS_IN.search(callee) or _MAKES_CLIENT.fullmatch(callee):
            yield from _secret_arguments(text, call.end(), callee)
    for echo in _PIPED.finditer(text, first, last):
        if not echo["secret"].startswith(MARK):
            yield MarkedSpan(*echo.span("secret"), f"{MARK}secret")


def _callee(text: str, end: int) -> str:
    """Return the name of the function before a parenthesis; with "new" if it is there."""
    found = _CALLEE.match(text[max(0, end - _LONGEST_CALLEE) : end][::-1])
    return found.group()[::-1] if found else ""


def _secret_arguments(text: str, position: int, callee: str) -> Iterator[MarkedSpan]:
    signs_in = _SIGNS_IN.search(callee) is not None
    takes_secret = _TAKES_SECRET.search(callee) is not None
    for number in range(_MOST):
        argument = _ARGUMENT.match(text, position)
        if argument is None:
            return
        value = argument["text"]
        if (
            value
            and not value.startswith(MARK)
            and _is_secret(value, signs_in, takes_secret, number)
        ):
            yield MarkedSpan(*argument.span("text"), f"{MARK}secret")
        if argument["end"] == ")":
            return
        position = argument.end()


def _is_secret(value: str, signs_in: bool, takes_secret: bool, number: int) -> bool:
    """Return whether an argument is a secret.

    :param takes_secret: the first argument is one, too
    :param number: its position; the first one is rather a name or an address
    """
    if "\\" in value:
        return False
    if not signs_in:
        return is_made(value) or _HEX.fullmatch(value) is not None
    judge = is_password if number or takes_secret else is_mixed_text
    return judge(value, True) or is_key(value, True)
