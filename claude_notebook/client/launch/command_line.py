"""Converts options to the CLI's arguments (using a table), environment, and first request."""

from __future__ import annotations

import json
import os
import shutil
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ..._version import __version__
from ...cli.discovery import find_cli
from ...errors import CLIConnectionError
from ...messages import JSONObject
from ...messages.json_fields import Fields
from ...options import ClaudeCodeOptions
from ...redact import HiddenDict
from ...tools.structured_output import schema_of
from ...transport import ProcessTransport
from .credential import settings_object, with_credential
from .secret_files import move_to_files

Encoder = Callable[[Any, ClaudeCodeOptions], Sequence[str]]
"""(field value, all options) -> values of the flag, which is repeated for each value."""


@dataclass(frozen=True)
class Flag:
    """A row of the table: a field of `ClaudeCodeOptions`, its flag, and its encoder."""

    field: str
    flag: str
    encode: Encoder


def _text(value: Any, options: ClaudeCodeOptions) -> list[str]:
    return [] if value is None or value == "" else [str(value)]


def _switch(value: Any, options: ClaudeCodeOptions) -> list[str]:
    return [""] if value else []


def _present(value: Any, options: ClaudeCodeOptions) -> list[str]:
    return [] if value is None else [""]


def _commas(value: Sequence[str], options: ClaudeCodeOptions) -> list[str]:
    return [",".join(value)] if value else []


def _each(value: Sequence[str], options: ClaudeCodeOptions) -> list[str]:
    return [
        os.path.abspath(os.path.join(options.cwd or "", os.fspath(folder)))
        for folder in value or ()
    ]


def _system_prompt_file(value: Any, options: ClaudeCodeOptions) -> list[str]:
    return [str(value["path"])] if isinstance(value, dict) and value["type"] == "file" else []


def _tools(value: Any, options: ClaudeCodeOptions) -> list[str]:
    if value is None:
        return []
    return ["default"] if isinstance(value, dict) else [",".join(value)]


def _allowed(value: Sequence[str], options: ClaudeCodeOptions) -> list[str]:
    tools = list(value or ())
    if options.skills and "Skill" not in tools:
        tools.append("Skill")
    return _commas(tools, options)


def _ask(value: str | None, options: ClaudeCodeOptions) -> list[str]:
    return ["stdio"] if options.can_use_tool is not None else _text(value, options)


def _mcp(value: Any, options: ClaudeCodeOptions) -> list[str]:
    if not isinstance(value, dict):
        return [os.fspath(value)] if value else []
    # `initialize` announces in-process servers.
    servers = {name: config for name, config in value.items() if config.get("type") != "sdk"}
    return [json.dumps({"mcpServers": servers})] if servers else []


def _thinking(value: Any, options: ClaudeCodeOptions) -> list[str]:
    kind = value["type"] if value else None
    return [kind] if kind in ("adaptive", "disabled") else []


def _thinking_tokens(value: int | None, options: ClaudeCodeOptions) -> list[str]:
    thinking = options.thinking
    if thinking:
        return [str(thinking["budget_tokens"])] if thinking["type"] == "enabled" else []
    return _text(value, options)


def _thinking_display(value: Any, options: ClaudeCodeOptions) -> list[str]:
    return _text(value.get("display"), options) if value else []


def _settings(value: Any, options: ClaudeCodeOptions) -> list[str]:
    if options.sandbox is None:
        return [os.fspath(value)] if value is not None else []
    return [json.dumps({**settings_object(value, options), "sandbox": options.sandbox})]


def _sources(value: Sequence[str] | None, options: ClaudeCodeOptions) -> list[str]:
    return [] if value is None else [",".join(value)]


FLAGS: tuple[Flag, ...] = (
    Flag("system_prompt", "--system-prompt-file", _system_prompt_file),
    Flag("model", "--model", _text),
    Flag("fallback_model", "--fallback-model", _text),
    Flag("thinking", "--thinking", _thinking),
    Flag("max_thinking_tokens", "--max-thinking-tokens", _thinking_tokens),
    Flag("thinking", "--thinking-display", _thinking_display),
    Flag("effort", "--effort", _text),
    Flag("betas", "--betas", _commas),
    Flag("tools", "--tools", _tools),
    Flag("allowed_tools", "--allowedTools", _allowed),
    Flag("disallowed_tools", "--disallowedTools", _commas),
    Flag("permission_mode", "--permission-mode", _text),
    Flag("dangerously_skip_permissions", "--dangerously-skip-permissions", _switch),
    Flag("permission_prompt_tool_name", "--permission-prompt-tool", _ask),
    Flag("add_dirs", "--add-dir", _each),
    Flag("max_turns", "--max-turns", _text),
    Flag("max_budget_usd", "--max-budget-usd", _text),
    Flag("task_budget", "--task-budget", lambda v, o: [str(v["total"])] if v else []),
    Flag("continue_conversation", "--continue", _switch),
    Flag("resume", "--resume", _text),
    Flag("fork_session", "--fork-session", _switch),
    Flag("session_id", "--session-id", _text),
    Flag("resume_session_at", "--resume-session-at", _text),
    Flag("resume_drops_turn", "--resume-drops-turn", _text),
    Flag("mcp_servers", "--mcp-config", _mcp),
    Flag("strict_mcp_config", "--strict-mcp-config", _switch),
    Flag("plugins", "--plugin-dir", lambda v, o: [plugin["path"] for plugin in v or ()]),
    Flag("settings", "--settings", _settings),
    Flag("setting_sources", "--setting-sources", _sources),
    Flag("include_partial_messages", "--include-partial-messages", _switch),
    Flag("include_hook_events", "--include-hook-events", _switch),
    Flag("session_store", "--session-mirror", _present),
    Flag("debug", "--debug-to-stderr", _switch),
)

READS_SESSION_STATE = "CLAUDE_CODE_SDK_READS_SESSION_STATE"
"""Makes the CLI report its idle state in messages that are not passed on to the user."""

STREAM_JSON = ("--output-format=stream-json", "--input-format=stream-json", "--verbose")


def build_argv(options: ClaudeCodeOptions, cli_path: str) -> list[str]:
    """Build the command line. Values are joined with "=", so that none is parsed as a flag."""
    argv = [cli_path, *STREAM_JSON]
    for row in FLAGS:
        values = row.encode(getattr(options, row.field), options)
        is_switch = row.encode in (_switch, _present)
        argv += [row.flag if is_switch else f"{row.flag}={value}" for value in values]
    for name, extra in (options.extra_args or {}).items():
        flag = "--" + name.lstrip("-")
        argv.append(flag if extra is None else f"{flag}={extra}")
    return argv


def build_env(options: ClaudeCodeOptions, environ: Mapping[str, str]) -> dict[str, str]:
    """Build the CLI's environment from `environ`, removing the marker of an outer session."""
    env = HiddenDict({name: value for name, value in environ.items() if name != "CLAUDECODE"})
    env.setdefault("CLAUDE_CODE_ENTRYPOINT", "sdk-py")
    env["CLAUDE_AGENT_SDK_CLIENT_APP"] = options.client_app or f"claude-notebook/{__version__}"
    if options.cwd is not None:
        env["PWD"] = os.path.abspath(os.fspath(options.cwd))
    if options.enable_file_checkpointing:
        env["CLAUDE_CODE_ENABLE_SDK_FILE_CHECKPOINTING"] = "true"
    env.update(options.env or {})
    if not any(name.upper() == READS_SESSION_STATE for name in env):
        env[READS_SESSION_STATE] = "1"
    return env


def build_initialize(
    options: ClaudeCodeOptions, hook_ids: Mapping[str, list[JSONObject]]
) -> JSONObject:
    """Build the payload of the `initialize` request for options that do not fit into arguments.

    :param hook_ids: the hooks in wire format, by event
    """
    payload: JSONObject = {"hooks": dict(hook_ids) or None}
    if options.agents:
        payload["agents"] = {
            name: {key: value for key, value in asdict(agent).items() if value is not None}
            for name, agent in options.agents.items()
        }
    if isinstance(options.skills, list):
        payload["skills"] = options.skills
    if options.forward_subagent_text:
        payload["forwardSubagentText"] = True
    schema = schema_of(options.output_format)
    if schema is not None:
        payload["jsonSchema"] = schema
    return {**payload, **_prompts(options)}


def _prompts(options: ClaudeCodeOptions) -> JSONObject:
    option = options.system_prompt
    prompt = Fields(option)
    appended = (prompt.text("append"), options.append_system_prompt)
    wire: JSONObject = {
        "systemPrompt": option if isinstance(option, str) else prompt.raw.get("prompt"),
        "appendSystemPrompt": "\n\n".join(text for text in appended if text) or None,
        "excludeDynamicSections": prompt.raw.get("exclude_dynamic_sections"),
        "systemPromptSnapshot": prompt.raw.get("snapshot"),
    }
    return {name: value for name, value in wire.items() if value is not None}


@dataclass(frozen=True)
class Launch:
    """The arguments, environment and working directory of a CLI process."""

    argv: Sequence[str]
    env: Mapping[str, str] = field(repr=False)
    cwd: str | None

    def __repr__(self) -> str:
        from ...redact import redacted_repr  # rarely needed

        return redacted_repr(self)

    @classmethod
    def of(cls, options: ClaudeCodeOptions, environ: Mapping[str, str] | None = None) -> Launch:
        """Create launch settings from `options`.

        :param environ: the environment to start from; by default this process's
        :raises CLINotFoundError: if there is no binary
        :raises AuthenticationError: if the stored sign-in cannot be read
        """
        environ = HiddenDict(os.environ if environ is None else environ)
        env: Mapping[str, str] = build_env(options, environ)
        cli = find_cli(options.cli_path, environ=env)
        cwd = os.path.abspath(os.fspath(options.cwd)) if options.cwd is not None else None
        options, env = with_credential(options, env)
        return cls(build_argv(options, cli.path), HiddenDict(env), cwd)

    def transport(self, options: ClaudeCodeOptions) -> ProcessTransport:
        """Create an unopened transport to a new process.

        :raises CLIConnectionError: if the secret files cannot be written
        """
        try:
            argv, folder = move_to_files(self.argv, options.user)
        except (LookupError, OSError) as error:
            raise CLIConnectionError(
                f"Cannot write the settings for Claude Code to a file: {error}. Check the folder "
                "for temporary files, and the option `user` if it is set."
            ) from error
        transport = ProcessTransport(
            argv, cwd=self.cwd, env=self.env, user=options.user, on_stderr=options.stderr
        )
        if folder is not None:
            weakref.finalize(transport, _remove, folder, os.getpid())
        return transport


def _remove(folder: str, owner: int) -> None:
    """Remove a folder, except in a forked process, which runs its parent's exit functions."""
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)
