"""The keys of recorded turns, which are used to find the recording for a prompt.

A key is a hash of the previous turn's key, the prompt, and the options that affect the answer.
Therefore, any change to an earlier turn also changes the key.

Keys do not depend on the machine, because recordings contain placeholders instead of the working
directory and the home folder.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, Union

import msgspec

from ..messages import JSON, JSONObject
from ..messages.json_fields import as_object
from ..options import ClaudeCodeOptions
from ..redact import redact
from ..replay import Replay
from ..sessions.transcripts.paths import project_name
from ..tools.server import schemas_of
from ..tools.structured_output import schema_of

CWD, HOME, PROJECT = "{cassette:cwd}", "{cassette:home}", "{cassette:project}"
KEY = 16
"""Length of a key in characters."""
_MAX_PROMPT = 400

# Fields that affect the answer. Callbacks, timeouts, reporting, paths and how the process is run do
# not.
_FIELDS = (
    "system_prompt",
    "append_system_prompt",
    "model",
    "fallback_model",
    "tools",
    "allowed_tools",
    "disallowed_tools",
    "permission_mode",
    "dangerously_skip_permissions",
    "max_turns",
    "max_thinking_tokens",
    "thinking",
    "effort",
    "betas",
    "skills",
    "setting_sources",
)
_DEFAULTS = ClaudeCodeOptions()


def about_options(options: ClaudeCodeOptions) -> JSONObject:
    """Return the options that affect the answer, leaving out default values."""
    about: JSONObject = {
        name: getattr(options, name)
        for name in _FIELDS
        if getattr(options, name) != getattr(_DEFAULTS, name)
    }
    schema = schema_of(options.output_format)
    if schema is not None:
        about["output_format"] = schema
    if options.agents:
        about["agents"] = {
            name: dataclasses.asdict(agent) for name, agent in options.agents.items()
        }
    if isinstance(options.mcp_servers, dict) and options.mcp_servers:
        about["mcp_servers"] = sorted(options.mcp_servers)
    own = {name: _hash(schema)[:8] for name, schema in schemas_of(options.mcp_servers).items()}
    if own:
        about["own_tools"] = own
    return about


def resumed(options: ClaudeCodeOptions) -> str | None:
    """Return the resumed conversation's id. With a session store, `resume` is a file."""
    resume = options.resume
    is_file = resume is not None and resume.endswith(".jsonl")
    return Path(resume).stem if resume is not None and is_file else resume


@dataclass(frozen=True)
class Places:
    """The folders that recordings replace with placeholders."""

    cwd: str
    home: str

    @classmethod
    def of(cls, options: ClaudeCodeOptions, environ: Mapping[str, str]) -> Places:
        """Return a conversation's folders."""
        home = options.env.get("HOME") or environ.get("HOME") or os.path.expanduser("~")
        return cls(os.path.abspath(os.fspath(options.cwd or os.getcwd())), home)

    def hide(self, text: str) -> str:
        """Replace the folders in a line of JSON with placeholders."""
        for folder, mark in self._pairs():
            text = re.sub(re.escape(folder) + r"(?![\w-])", lambda _, mark=mark: mark, text)  # type: ignore[misc]  # a lambda's default has no annotation
        return text

    def show(self, line: bytes) -> bytes:
        """Replace the placeholders in a recorded line with the current folders."""
        if b"{cassette:" not in line:
            return line
        project = project_name(os.path.realpath(self.cwd))
        for mark, folder in ((CWD, self.cwd), (HOME, self.home), (PROJECT, project)):
            line = line.replace(mark.encode(), _inside_json(folder).encode())
        return line

    def _pairs(self) -> list[tuple[str, str]]:
        # Include both the real path and the path with symbolic links, longest first.
        folders = {
            _inside_json(form): mark
            for folder, mark in ((self.home, HOME), (self.cwd, CWD))
            for form in (os.path.realpath(folder), folder)
            if len(form) > 1
        }
        # The CLI's project name for the folder contains its path.
        folders[project_name(os.path.realpath(self.cwd))] = PROJECT
        return sorted(folders.items(), key=lambda pair: -len(pair[0]))


def _inside_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


# Ids are passed to the CLI as arguments, so they must look like neither a flag nor a file path.
_Id = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,127}\Z|^\Z")]


class _PositionFields(msgspec.Struct):
    """The fields of a message that change the conversation's position."""

    type: Literal["result", "assistant"]
    session_id: Union[_Id, None] = None
    uuid: Union[_Id, None] = None
    total_cost_usd: Union[Annotated[float, msgspec.Meta(ge=0, le=1e9)], None] = None
    parent_tool_use_id: Union[str, None] = None


@dataclass(frozen=True)
class Position:
    """A conversation's position, which consists of the turns so far.

    :param key: the previous turn's key; "" at the beginning.
    :param number: the number of turns so far.
    :param session_id: the conversation's id, either recorded or real.
    :param last_uuid: the id of Claude's last message.
    :param spent: the cost so far in dollars; None if unknown.
    :param played: whether a turn was played back, so that no CLI process knows all turns.
    """

    key: str = ""
    number: int = 0
    session_id: str | None = None
    last_uuid: str | None = None
    spent: float | None = 0.0
    played: bool = False

    def after(self, message: JSONObject) -> Position | None:
        """Return the position after a result or a message from Claude; None if it is unchanged."""
        try:
            fields = msgspec.convert(message, _PositionFields)
        except ValueError:
            return None
        is_result = fields.type == "result"
        if not is_result and fields.parent_tool_use_id is not None:
            return None
        position = self
        if fields.session_id:
            position = dataclasses.replace(position, session_id=fields.session_id)
        if is_result and fields.total_cost_usd is not None:
            position = dataclasses.replace(position, spent=fields.total_cost_usd)
        if not is_result and fields.uuid:
            position = dataclasses.replace(position, last_uuid=fields.uuid)
        return None if position is self else position

    @classmethod
    def of(cls, options: ClaudeCodeOptions, known: Mapping[str, object]) -> Position:
        """Return the position at which a conversation with these options begins."""
        session_id = resumed(options)
        if session_id is None:
            return cls(key=_hash("continue") if options.continue_conversation else "")
        earlier = known.get(position_key(session_id, options.resume_session_at))
        if isinstance(earlier, cls):
            return earlier
        stored = known.get(session_id)
        start = (
            stored
            if isinstance(stored, cls)
            else cls(_hash("resume", session_id), 0, session_id, spent=None)
        )
        if options.resume_session_at is None or options.resume_session_at == start.last_uuid:
            return start
        key = _hash(start.key, options.resume_session_at)
        return dataclasses.replace(start, key=key, last_uuid=options.resume_session_at)


def position_key(session_id: str, last_uuid: str | None) -> str:
    """Return the key for storing the conversation's position after a message."""
    return f"{session_id} {last_uuid}"


def _hash(*parts: JSON) -> str:
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()[:KEY]


@dataclass(frozen=True)
class KeyedPrompt:
    """A prompt, together with the settings that affect its answer."""

    prompt: JSON
    about: JSONObject

    def key(self, after: Position, hide: Callable[[str], str]) -> str:
        """Compute the turn's key."""
        payload = json.dumps([self.prompt, self.about], ensure_ascii=False, default=str)
        return _hash(after.key, json.loads(hide(payload)))

    @property
    def words(self) -> str:
        """The prompt as text."""
        if isinstance(self.prompt, str):
            return self.prompt
        blocks = self.prompt if isinstance(self.prompt, list) else []
        texts = (str(b.get("text") or f"[{b.get('type')}]") for b in blocks if isinstance(b, dict))
        return "\n".join(texts)

    def header_fields(self, hide: Callable[[str], str]) -> JSONObject:
        """Return the prompt and options for the header, in human-readable form."""
        text = self.words
        cut = text if len(text) <= _MAX_PROMPT else text[:_MAX_PROMPT] + "..."
        wire = json.dumps({"prompt": cut, "about": self.about}, ensure_ascii=False, default=str)
        fields: JSONObject = json.loads(redact(hide(wire)))
        return fields


# Control requests that affect later answers, and the field that does so.
SETTINGS: dict[str, str] = {
    "set_model": "model",
    "set_permission_mode": "mode",
    "set_max_thinking_tokens": "max_thinking_tokens",
    "apply_flag_settings": "settings",
    "mcp_set_servers": "servers",
}


@dataclass
class ChangedSettings:
    """Settings that changed since the conversation started. They affect keys just as options do.

    :param ignores_flags: whether flag settings are left out of the keys.
    """

    usual_mode: str = "default"
    ignores_flags: bool = False
    changed: JSONObject = field(default_factory=dict)

    @classmethod
    def of(cls, options: ClaudeCodeOptions, replay: Replay) -> ChangedSettings:
        """Return the settings at the start of a conversation."""
        return cls(options.permission_mode or "default", replay.ignore_flag_settings)

    def note(self, subtype: str, request: JSONObject) -> None:
        """Update the settings according to a control request."""
        name = SETTINGS.get(subtype)
        if name is None or (name == "settings" and self.ignores_flags):
            return
        value = request.get(name)
        if value is None or (name == "mode" and value == self.usual_mode):
            self.changed.pop(name, None)
        else:
            self.changed[name] = sorted(as_object(value)) if name == "servers" else value


def quoted(text: str, length: int = 60) -> str:
    """Quote the beginning of the text on a single line."""
    line = " ".join(text.split())
    return f"“{line}”" if len(line) <= length else f"“{line[:length].rstrip()}...”"
