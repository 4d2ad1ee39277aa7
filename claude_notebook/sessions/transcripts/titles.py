"""What a conversation is called: the words of its prompts and of the CLI's own notes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ...messages import JSON

_PROMPT_LENGTH = 200

# What the CLI writes in the user's name: not a prompt.
_MACHINE_TEXT = re.compile(
    r"\s*(?:<(?:local-command-|command-|bash-(?:stdout|stderr)|session-start-hook|ide_|"
    r"system-reminder|task-notification)|\[Request interrupted)"
)
_COMMAND = re.compile(r"<command-name>(.*?)</command-name>", re.DOTALL)
_SHELL = re.compile(r"\s*<bash-input>(.*?)</bash-input>", re.DOTALL)


@dataclass(frozen=True)
class SDKSessionInfo:
    """A conversation, as far as the ends of its transcript tell.

    :param session_id: the id to resume it with.
    :param summary: what to show for it: the title, or else the last prompt, or else the first one.
    :param last_modified: milliseconds since the epoch.
    :param file_size: of its transcript, in bytes.
    :param custom_title: the title a person gave it, or else the one that the CLI made up.
    :param first_prompt: what was asked first, on one line, 200 characters at most.
    :param git_branch: the branch at its end.
    :param cwd: the folder it belongs to.
    :param tag: the label given by `tag_session`.
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
    """(what a person asks in a message, the first command in it); None for what is not there."""
    command = None
    for text in _texts(message):
        called, shell = _COMMAND.search(text), _SHELL.match(text)
        if shell:
            prompt = one_line("! " + shell.group(1))
        elif called:
            prompt, command = None, command or one_line(called.group(1))
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
        if isinstance(block, dict) and isinstance(block.get("text"), str):
            yield block["text"]


def one_line(text: str) -> str | None:
    """A text on one line, cut to 200 characters."""
    text = " ".join(text.split())
    return text if len(text) <= _PROMPT_LENGTH else text[: _PROMPT_LENGTH - 1].rstrip() + "…"


def milliseconds(timestamp: JSON) -> int | None:
    """Milliseconds since the epoch of an ISO 8601 text; None if it is none."""
    if not isinstance(timestamp, str):
        return None
    try:
        # Python 3.10 does not know the Z.
        moment = datetime.fromisoformat(timestamp.replace("Z", "+00:00"))
    except ValueError:
        return None
    return round(moment.timestamp() * 1000)
