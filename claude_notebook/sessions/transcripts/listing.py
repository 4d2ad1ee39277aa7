"""Lists conversations by reading the first and last 64 KiB of each transcript.

To support this, the CLI repeats a conversation's title, tag and last prompt near the end of its
transcript. The CLI itself reads the same windows.
"""

from __future__ import annotations

import heapq
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from ...logs import get_logger
from ...messages import JSON
from .entries import decode, load_line, open_transcript
from .paths import (
    StrPath,
    Transcript,
    find_transcript,
    project_folders,
    project_name,
    transcripts,
)
from .reading import Page
from .session_info import (
    SDKSessionInfo,
    milliseconds,
    one_line,
    prompt_in,
)

log = get_logger(__name__)

WINDOW = 64 * 1024

# Type of a line -> its relevant field. The last such line in a transcript takes effect.
_LABELS = {
    b"custom-title": "customTitle",
    b"ai-title": "aiTitle",
    b"tag": "tag",
    b"last-prompt": "lastPrompt",
    b"summary": "summary",
    b"relocated": "relocatedCwd",
}
_LABEL_LINE, _MESSAGE_LINE = b'{"type"', b'{"parentUuid"'
_LABEL = re.compile(rb'\{"type"\s*:\s*"(%s)"' % b"|".join(_LABELS))
_MESSAGE = re.compile(rb'.{0,2000}?"type"\s*:\s*"(?:user|assistant)"', re.DOTALL)

_CUT_OFF = re.compile(rb'"content"\s*:\s*(?:\[\{"type":"text","text":)?"((?:[^"\\]|\\.){1,2000})')


def list_sessions(
    directory: StrPath | None = None,
    limit: int | None = None,
    offset: int = 0,
    include_worktrees: bool = True,
    *,
    config_dir: StrPath | None = None,
) -> list[SDKSessionInfo]:
    """List the conversations in a folder, most recent first.

    Malformed files are skipped, and a warning is logged.

    :param directory: the folder the conversations belong to; None lists those of all folders.
    :param limit: the maximum number of results; None or 0 returns all.
    :param offset: the number of results to skip, for paging.
    :param include_worktrees: also list conversations from the other worktrees of its git
        repository.
    :param config_dir: Claude Code's folder; CLAUDE_CONFIG_DIR or ~/.claude if None.
    :returns: the conversations.
    """
    folders = project_folders(directory, config_dir, worktrees=include_worktrees)
    candidates = [item for folder in folders for item in transcripts(folder)]
    infos = (info for item in _latest_first(candidates) if (info := read_info(item)))
    if directory is not None:
        real = os.path.realpath(directory)
        infos = (info for info in infos if not _is_of_namesake(info, real))
    return Page(limit, offset).cut(infos)


def get_session_info(
    session_id: str, directory: StrPath | None = None, *, config_dir: StrPath | None = None
) -> SDKSessionInfo | None:
    """Describe one conversation; return None if it is not in `directory` (or anywhere, if None)."""
    transcript = find_transcript(session_id, directory, config_dir)
    return None if transcript is None else read_info(transcript)


def _latest_first(candidates: Iterable[Transcript]) -> Iterator[Transcript]:
    """Yield sorted transcripts lazily, yielding a session that is in two folders only once."""
    heap = [(-item.mtime_ns, item.path, item) for item in candidates]
    heapq.heapify(heap)
    seen: set[str] = set()
    while heap:
        item = heapq.heappop(heap)[2]
        if item.session_id not in seen:
            seen.add(item.session_id)
            yield item


def _is_of_namesake(info: SDKSessionInfo, directory: str) -> bool:
    """Return whether the transcript is from another folder with the same encoded name.

    For example, the folders a-b and a.b have the same encoded name.
    """
    if info.cwd is None or info.cwd == directory:
        return False
    same_name = project_name(info.cwd) == project_name(directory)
    return same_name and os.path.realpath(info.cwd) != directory


# --- one transcript -------------------------------------------------------------------------------


class _Start(msgspec.Struct, rename="camel"):
    """Facts about the conversation contained in one message's line."""

    type: str
    is_sidechain: JSON = None
    is_meta: JSON = None
    timestamp: JSON = None
    cwd: JSON = None
    git_branch: JSON = None
    message: JSON = None


class _End(msgspec.Struct, rename="camel"):
    cwd: JSON = None
    git_branch: JSON = None


_decode_start = msgspec.json.Decoder(_Start).decode
_decode_end = msgspec.json.Decoder(_End).decode


@dataclass
class _Facts:
    """Facts collected from the lines in both windows."""

    readable: bool = False
    messages: bool = False
    sidechain: bool = False
    created_at: int | None = None
    cwd: str | None = None
    first_branch: str | None = None
    last_branch: str | None = None
    prompt: str | None = None
    command: str | None = None
    labels: dict[str, str] = field(default_factory=dict)


def read_info(transcript: Transcript) -> SDKSessionInfo | None:
    """Describe a transcript from its two ends; return None if it is not a conversation."""
    try:
        head, tail = _ends(transcript)
    except OSError as error:
        log.warning("%s cannot be read: %s", transcript.path, error)
        return None
    facts = _Facts()
    _read_head(facts, head, whole=len(head) >= transcript.size)
    _read_tail(facts, tail, head)
    if transcript.size and not facts.readable:
        log.warning("skipped %s: not a transcript", transcript.path)
    if facts.sidechain or not (facts.messages or facts.labels):
        return None
    return _info(transcript, facts)


def _ends(transcript: Transcript) -> tuple[bytes, bytes]:
    """Read the first and the last 64 KiB, which are identical for a small file."""
    with open_transcript(transcript.path) as file:
        head = file.read(WINDOW)
        if transcript.size <= WINDOW:
            return head, head
        file.seek(transcript.size - WINDOW)
        return head, file.read(WINDOW)


def _info(transcript: Transcript, facts: _Facts) -> SDKSessionInfo:
    labels = facts.labels
    title = labels.get("customTitle") or labels.get("aiTitle") or None
    words = (title, labels.get("lastPrompt"), labels.get("summary"), facts.prompt, facts.command)
    return SDKSessionInfo(
        session_id=transcript.session_id,
        summary=next((text for text in words if text), ""),
        last_modified=transcript.last_modified,
        file_size=transcript.size,
        custom_title=title,
        first_prompt=facts.prompt or facts.command,
        git_branch=facts.last_branch or facts.first_branch,
        cwd=labels.get("relocatedCwd") or facts.cwd,
        tag=labels.get("tag") or None,
        created_at=facts.created_at,
    )


def _spans(data: bytes) -> list[tuple[int, int]]:
    """Return the start and end offsets of each line.

    `split` is avoided here because its copies dominated the profile.
    """
    spans, start = [], 0
    while (end := data.find(b"\n", start)) >= 0:
        spans.append((start, end))
        start = end + 1
    spans.append((start, len(data)))
    return spans


def _read_head(facts: _Facts, head: bytes, *, whole: bool) -> None:
    spans = _spans(head)
    cut_off = None if whole else spans.pop()
    for start, end in spans:
        if facts.prompt is None:
            _read_start(facts, head[start:end])
        if head.startswith(_LABEL_LINE, start):
            _read_label(facts, head, start, end)
    if facts.prompt is None and cut_off is not None:
        _read_cut_off(facts, head[slice(*cut_off)])


def _read_cut_off(facts: _Facts, line: bytes) -> None:
    """Read a truncated line, since a prompt may be longer than the window."""
    if not _MESSAGE.match(line):
        return
    facts.sidechain = facts.sidechain or b'"isSidechain":true' in line[:500]
    facts.readable = facts.messages = True
    match = _CUT_OFF.search(line)
    text = load_line(b'"' + match.group(1) + b'"') if match else None
    facts.prompt = one_line(text) if isinstance(text, str) else None


def _read_start(facts: _Facts, line: bytes) -> None:
    try:
        start = decode(line, _decode_start, _Start)
    except ValueError:
        return
    facts.readable = True
    facts.created_at = facts.created_at or milliseconds(start.timestamp)
    if start.type not in ("user", "assistant"):
        return
    if not facts.messages:
        facts.messages = True
        facts.sidechain = start.is_sidechain is True
        facts.cwd = _text(start.cwd)
        facts.first_branch = _text(start.git_branch)
    if start.type == "user" and not start.is_meta:
        facts.prompt, command = prompt_in(start.message)
        facts.command = facts.command or command


def _read_tail(facts: _Facts, tail: bytes, head: bytes) -> None:
    spans = _spans(tail)
    if tail is not head:
        # The first line is truncated, and these labels were not found in the head.
        del spans[0]
        for start, end in spans:
            if tail.startswith(_LABEL_LINE, start):
                _read_label(facts, tail, start, end)
    for start, end in reversed(spans):
        if tail.startswith(_MESSAGE_LINE, start) and _read_end(facts, tail[start:end]):
            return


def _read_end(facts: _Facts, line: bytes) -> bool:
    try:
        end = decode(line, _decode_end, _End)
    except ValueError:
        return False
    facts.cwd = facts.cwd or _text(end.cwd)
    facts.last_branch = _text(end.git_branch)
    facts.readable = facts.messages = True
    return True


def _read_label(facts: _Facts, data: bytes, start: int, end: int) -> None:
    match = _LABEL.match(data, start, end)
    if match is None:
        return
    name = _LABELS[match.group(1)]
    entry = load_line(data[start:end])
    value = entry.get(name) if isinstance(entry, dict) else None
    if isinstance(value, str):
        facts.readable = True
        facts.labels[name] = value


def _text(value: JSON) -> str | None:
    return value if isinstance(value, str) and value else None
