"""Measures the nesting depth of JSON and prunes levels above a limit, without recursion.

Decoders, `repr`, `copy.deepcopy` and `json.dumps` are recursive, which Python limits to about 1,000
calls. With a fixed limit, the result does not depend on the depth of the caller's stack.
"""

from __future__ import annotations

import re
from itertools import accumulate

MAX_DEPTH = 300
"""Maximum number of nested arrays and objects in a line. Actual lines have about ten."""

LEFT_OUT = "[left out: nested too deeply]"
"""The text that replaces more deeply nested values."""

_MARK = b'"%s"' % LEFT_OUT.encode()
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[{]|[\]}]', re.DOTALL)
_OTHERS = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


def is_too_deep(line: bytes) -> bool:
    """Return whether JSON is nested more than `MAX_DEPTH` levels deep. Fast for shallow lines."""
    if len(line) <= 2 * MAX_DEPTH or line.count(b"[") + line.count(b"{") <= MAX_DEPTH:
        return False
    return _depth(line) > MAX_DEPTH


def _depth(line: bytes) -> int:
    without_escapes = line.replace(b"\\\\", b"").replace(b'\\"', b"")
    outside_strings = b"".join(without_escapes.split(b'"')[::2])
    brackets = outside_strings.translate(None, _OTHERS)
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0)


def prune(line: bytes) -> bytes:
    """Replace values that are nested more deeply than `MAX_DEPTH` with `LEFT_OUT`."""
    kept: list[bytes] = []
    start = depth = 0
    for token in _TOKEN.finditer(line):
        step = _STEPS.get(line[token.start()], 0)
        if step > 0 and depth == MAX_DEPTH:
            kept += [line[start : token.start()], _MARK]
        depth += step
        if step < 0 and depth == MAX_DEPTH:
            start = token.end()
    return b"".join([*kept, line[start:]] if depth <= MAX_DEPTH else kept)
