"""Measure the nesting depth of JSON and prune levels above a limit, without recursion.

Decoders, `repr`, `copy.deepcopy` and `json.dumps` recurse, and Python limits that to about 1,000
calls. A fixed limit makes the result independent of the depth of the caller's stack.
"""

from __future__ import annotations

import re
from itertools import accumulate

MAX_DEPTH = 300
"""Maximum number of nested arrays and objects in a line. Real lines have about ten."""

LEFT_OUT = "[left out: nested too deeply]"
"""The text that replaces deeper values."""

_MARK = b'"%s"' % LEFT_OUT.encode()
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[{]|[\]}]', re.DOTALL)
_OTHERS = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


def is_too_deep(line: bytes) -> bool:
    """Test if JSON is nested more than `MAX_DEPTH` levels deep. Cheap for shallow lines."""
    if len(line) <= 2 * MAX_DEPTH or line.count(b"[") + line.count(b"{") <= MAX_DEPTH:
        return False
    return _depth(line) > MAX_DEPTH


def _depth(line: bytes) -> int:
    without_escapes = line.replace(b"\\\\", b"").replace(b'\\"', b"")
    outside_strings = b"".join(without_escapes.split(b'"')[::2])
    brackets = outside_strings.translate(None, _OTHERS)
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0)


def prune(line: bytes) -> bytes:
    """Replace values that are nested deeper than `MAX_DEPTH` with `LEFT_OUT`."""
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
