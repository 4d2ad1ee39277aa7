"""Titles of conversations, from prompts and from the CLI's notes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ...messages import JSON

_PROMPT_LENGTH = 200

# Text that the CLI writes as the user: not a prompt.
_MACHINE_TEXT = re.compile(
    r"\s*(?:<(?:local-command-|command-|bash-(?:stdout|stderr)|session-start-hook|ide_|"
    r"system-reminder|task-notification)|\[Request interrupted)"
)
_COMMAND = re.compile(r"<command-name>(.*?)</command-name>", re.DOTALL)
_SHELL = re.compile(r"\s*<bash-input>(.*?)</bash-input>", re.DOTALL)


@dataclass(frozen=True)
class SDKSessionInfo:
    """A conversation, described by both ends of its transcript.

    :param session_id: the id to resume it with.
    :param summary: the text to show: the title, otherwise the last or the first prompt.
    :param last_modified: milliseconds since the epoch.
    :param file_size: the size of the transcript in bytes.
    :param custom_title: the user's title, otherwise the one that the CLI generated.
    :param first_prompt: the first prompt on one line, at most 200 characters.
    :param git_branch: the branch at its end.
    :param cwd: the folder it belongs to.
    :param tag: the label set by `tag_session`.
    :param created_at: milliseconds since the epoch.
    """

    session_id: str
    summary: str
    last_modified: int
    file_size: int | None = None
    custom_title: str | None = None
    first_prompt: str | None = None
    git_branch: str | None = None
    cwd: str | None = None
    tag: str | None = None
    created_at: int | None = None


def prompt_in(message: JSON) -> tuple[str | None, str | None]:
    """Return the prompt and the first command in a message; None for a missing one."""
    command = None
    for text in _texts(message):
        slash, shell = _COMMAND.search(text), _SHELL.match(text)
        if shell:
            prompt = one_line("! " + shell.group(1))
        elif slash:
            prompt, command = None, command or one_line(slash.group(1))
        else:
            prompt = one_line(text) if not _MACHINE_TEXT.match(text) else None
        if prompt:
            return prompt, command
    return None, command


def _texts(message: JSON) -> Iterator[str]:
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, str):
        yield content
    for block in content if isinstance(content, list) else ():
        if isinstance(block, dict) and isinstance(text := block.get("text"), str):
            yield text


def one_line(text: str) -> str | None:
    """Join a text to one line of at most 200 characters."""
    text = " ".join(text.split())
    return text if len(text) <= _PROMPT_LENGTH else text[: _PROMPT_LENGTH - 1].rstrip() + "…"


def milliseconds(timestamp: JSON) -> int | None:
    """Convert an ISO 8601 text to milliseconds since the epoch, or return None."""
    if not isinstance(timestamp, str):
        return None
    try:
        # Python 3.10 cannot parse the Z.
        moment = datetime.fromisoformat(timestamp.replace("Z", "+00:00"))
    except ValueError:
        return None
    return round(moment.timestamp() * 1000)
