"""A cell's request, which consists of a prompt and the settings for this cell."""

from __future__ import annotations

import base64
import mimetypes
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..errors import OptionsError, WorkingDirectoryError
from ..messages import JSONObject
from ..options import ClaudeCodeOptions
from ..permissions import PermissionMode
from ..replay import Replay

_COUNT = re.compile("[0-9]{1,9}")
_MAX_LOGGED_PROMPT = 400
MAX_ATTACHMENT = 20 * 1024 * 1024
_IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})

_NOTEBOOK_PROMPT = (
    "You are used from a cell of a Jupyter notebook{where}. Your answer is shown there as "
    "Markdown, formulas between dollar signs included, and is saved with the notebook."
)

BYPASS_FLAG = "allow-dangerously-skip-permissions"
"""The CLI's flag that allows the mode bypassPermissions."""

_NO_CRON = {"CLAUDE_CODE_DISABLE_CRON": "1"}
"""Disables scheduled tasks. The CLI has no other option for this."""


@dataclass(frozen=True)
class LaunchSettings:
    """The process's settings. A cell with different settings replaces the process.

    :param env: the kernel's complete environment at that moment.
    :param bypass: whether the mode bypassPermissions may be selected.
    :param project: whether to load the folder's settings, hooks and servers.
    :param cron: whether the project's scheduled tasks may run, including those in a later task
        file.
    :param project_rules: the trusted project's allow rules, which the CLI itself ignores. They also
        apply to a running process.
    :param project_dirs: the trusted project's additional folders.
    :param checkpoint: whether to keep copies of files from before each turn.
    :param replay: settings for recording and playing turns; None to do neither.
    """

    cwd: str
    env: Mapping[str, str] = field(repr=False)
    add_dirs: tuple[str, ...] = ()
    system: str | None = None
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    budget: float | None = None
    max_turns: int | None = None
    bypass: bool = False
    notebook: str | None = None
    project: bool = False
    cron: bool = False
    project_rules: tuple[str, ...] = field(default=(), compare=False)
    project_dirs: tuple[str, ...] = ()
    checkpoint: bool = False
    replay: Replay | None = None

    @property
    def plays(self) -> bool:
        """True if turns are recorded or played."""
        return self.replay is not None and self.replay.mode != "off"

    def _replay(self) -> Replay | None:
        """Return the replay settings, including the launch settings that a recording depends on."""
        if self.replay is None:
            return None
        names = ("system", "allow", "deny", "max_turns", "bypass")
        about = {name: getattr(self, name) for name in names if getattr(self, name)}
        # A folder's settings have never selected a recording, whether they are trusted or not.
        return replace(self.replay, about=about, answers=True, ignore_flag_settings=True)

    def options(self) -> ClaudeCodeOptions:
        """Return the options for starting the CLI."""
        where = f" ({self.notebook})" if self.notebook else ""
        prompts = [_NOTEBOOK_PROMPT.format(where=where), self.system or ""]
        return ClaudeCodeOptions(
            cwd=self.cwd,
            env={**self.env, **({} if self.project and self.cron else _NO_CRON)},
            add_dirs=[*self.add_dirs, *map(os.path.expanduser, self.project_dirs)],
            append_system_prompt="\n\n".join(part for part in prompts if part),
            allowed_tools=list(self.allow),
            disallowed_tools=list(self.deny),
            max_budget_usd=self.budget,
            max_turns=self.max_turns,
            extra_args={BYPASS_FLAG: None} if self.bypass else {},
            include_partial_messages=True,
            forward_subagent_text=True,
            setting_sources=None if self.project else ["user"],
            enable_file_checkpointing=self.checkpoint,
            replay=self._replay(),
        )


@dataclass(frozen=True)
class TurnRequest:
    """The request for one turn. If `model` or `mode` is None, the CLI's default is used.

    If `fork` is set, a copy of the conversation is continued, and the original is not changed.
    """

    content: str | Sequence[JSONObject]
    launch: LaunchSettings
    model: str | None = None
    mode: PermissionMode | None = None
    new: bool = False
    resume: str | None = None
    fork: bool = False
    plain: bool = False

    @property
    def about(self) -> JSONObject:
        """The header of the turn's log."""
        text = self.content if isinstance(self.content, str) else self.content[-1].get("text", "")
        return {"prompt": str(text)[:_MAX_LOGGED_PROMPT], "cwd": self.launch.cwd}


def working_directory(path: str | None) -> str:
    """Return the absolute working directory. None means the kernel's own directory.

    :raises WorkingDirectoryError: if the folder does not exist
    """
    try:
        folder = os.path.abspath(os.path.expanduser(path or os.getcwd()))
    except FileNotFoundError:
        raise WorkingDirectoryError(
            "The kernel's working directory no longer exists. Change it with %cd, or restart the "
            "kernel."
        ) from None
    # Check in advance, so that the running process is not replaced by one that cannot start.
    if not os.path.isdir(folder):
        problem = "is not a folder" if os.path.exists(folder) else "does not exist"
        raise WorkingDirectoryError(
            f"The working directory {folder} {problem}. Create it, or pass another --cwd."
        )
    return folder


def build_content(prompt: str, attachments: Sequence[str], cwd: str) -> str | list[JSONObject]:
    """Return the prompt, preceded by a content block for each path in `attachments`.

    :raises OptionsError: if the prompt is empty, or a file cannot be read, is too large, or has an
        unsupported type
    """
    if not prompt.strip():
        raise OptionsError("The prompt is empty. Write a task for Claude below %%claude.")
    if not attachments:
        return prompt
    blocks = [_block(Path(cwd, os.path.expanduser(path))) for path in attachments]
    return [*blocks, {"type": "text", "text": prompt}]


def count_from(text: str) -> int | None:
    """Parse a positive number of at most nine digits. Return None for any other text."""
    return int(text) or None if _COUNT.fullmatch(text) else None


def _block(path: Path) -> JSONObject:
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise OptionsError(
                f"--attach {path}: it is not a file. Check the path.", field="attach"
            )
        if size > MAX_ATTACHMENT:
            raise OptionsError(
                f"--attach {path}: {size / 1e6:.1f} MB is more than the limit of 20 MB. Name the "
                "file in the prompt instead; Claude can read it in parts.",
                field="attach",
            )
        data = path.read_bytes()
    except (OSError, ValueError) as error:  # a path with a NUL character raises a ValueError
        cause = getattr(error, "strerror", None) or error
        raise OptionsError(f"--attach {path}: {cause}. Check the path.", field="attach") from None
    kind = mimetypes.guess_type(path.name)[0] or ""
    if kind in _IMAGES or kind == "application/pdf":
        source = {
            "type": "base64",
            "media_type": kind,
            "data": base64.b64encode(data).decode("ascii"),
        }
        return {"type": "image" if kind in _IMAGES else "document", "source": source}
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise OptionsError(
            f"--attach {path}: it is not UTF-8 text, an image or a PDF. Name the file in the "
            "prompt instead, and explain how to read it.",
            field="attach",
        ) from None
    return {"type": "text", "text": f'<file path="{path}">\n{text}\n</file>'}
