"""The CLI's subcommands as functions: `update`, `mcp`, `config`, `doctor`, `version`.

A subcommand must never become a paid prompt by accident. The CLI sends an unknown word as a prompt,
and if `-p` comes after a known word, the CLI ignores the word (`claude mcp list -p x` sends the
prompt "mcp" to the model). Therefore, this module checks the word and its options before anything
is run, and `run` checks that the installed binary knows the word.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import anyio.to_thread

from ...errors import CLINotUsableError, OptionsError
from ...redact import value_repr
from ..discovery import find_cli, read_version
from ..settings.commands import configure
from ..settings.files import Settings
from .runner import CommandOutput, StrPath, run_subcommand

_HELP = frozenset({"-h", "--help"})
_SCOPE = frozenset({"-s", "--scope"})

# Subcommand of `mcp` -> its options. Subcommands that wait for a person (login,
# add-from-claude-desktop) or run forever (serve) are left out.
_MCP: dict[str, frozenset[str]] = {
    "add": _SCOPE
    | {"-t", "--transport", "-e", "--env", "-H", "--header"}
    | {"--callback-port", "--client-id", "--client-secret"},
    "add-json": _SCOPE | {"--client-secret"},
    "get": frozenset(),
    "help": frozenset(),
    "list": frozenset(),
    "logout": frozenset(),
    "remove": _SCOPE,
    "reset-project-choices": frozenset(),
}

_WHEEL_ADVICE = (
    "This Claude Code {version} came with the Python package claude-agent-sdk, which keeps it up "
    "to date: pip install --upgrade claude-agent-sdk"
)


# --- public functions -----------------------------------------------------------------------------


async def version(cli_path: StrPath | None = None) -> str:
    """Return the CLI's version, such as "2.1.330".

    :raises CLINotFoundError: if no CLI can be found
    :raises CLINotUsableError: if the CLI does not report its version within 10 s
    """
    path = await _find(cli_path)
    number = await anyio.to_thread.run_sync(read_version, path)
    if number is None:
        raise CLINotUsableError(
            f"{path} does not report its version. Run `{path} --version` in a terminal to see why.",
            path=path,
        )
    return number


async def update(
    cli_path: StrPath | None = None,
    *,
    timeout: float = 300.0,
    env: Mapping[str, str] | None = None,
    check: bool = False,
) -> CommandOutput:
    """Check for an update of the CLI and install it.

    If the binary came with the claude-agent-sdk package, it has to be updated with pip. In this
    case, nothing is run, and the result shows the command to use.

    :param cli_path: the binary; None performs the usual search.
    :param timeout: the number of seconds after which the command is stopped.
    :param env: the command's complete environment; None uses this process's environment.
    :param check: raise `ProcessError` on failure instead of returning the output.
    :returns: the command's output.
    """
    path = await _find(cli_path)
    if _in_wheel(path):
        number = await anyio.to_thread.run_sync(read_version, path)
        return CommandOutput(_WHEEL_ADVICE.format(version=number or ""))
    return await run_subcommand(path, ["update"], timeout=timeout, env=env, check=check)


async def doctor(
    cli_path: StrPath | None = None,
    *,
    timeout: float = 60.0,
    cwd: StrPath | None = None,
    env: Mapping[str, str] | None = None,
    check: bool = False,
) -> CommandOutput:
    """Run `claude doctor`, the CLI's own health check. See `update` for the parameters."""
    path = await _find(cli_path)
    return await run_subcommand(path, ["doctor"], timeout=timeout, cwd=cwd, env=env, check=check)


async def mcp(
    subcommand: Sequence[str] | None = None,
    cli_path: StrPath | None = None,
    *,
    timeout: float = 60.0,
    cwd: StrPath | None = None,
    env: Mapping[str, str] | None = None,
    check: bool = False,
) -> CommandOutput:
    """Manage the MCP servers that the CLI knows about: `await mcp(["list"])`.

    `list` and `get` start the servers to test their connection, which takes at most 30 s.

    :param subcommand: the arguments that follow `claude mcp`: add, add-json, get, help, list,
        logout, remove or reset-project-choices. A server's own command follows "--": `["add",
        "files", "--", "npx", "-y", "some-server"]`.
    :param cli_path: the binary; None performs the usual search.
    :param timeout: the number of seconds after which the command is stopped.
    :param cwd: the folder whose servers apply; None uses the current folder.
    :param env: the command's complete environment; None uses this process's environment.
    :param check: raise `ProcessError` on failure instead of returning the output.
    :returns: the command's output.
    :raises OptionsError: if the subcommand or an option is unknown, in which case nothing was run
    :raises ProcessError: if the command timed out, or if it failed and `check` is set
    """
    arguments = _mcp_arguments(subcommand)
    path = await _find(cli_path)
    return await run_subcommand(
        path, ["mcp", *arguments], timeout=timeout, cwd=cwd, env=env, check=check
    )


async def config(
    subcommand: Sequence[str] | None = None,
    cli_path: StrPath | None = None,
    *,
    cwd: StrPath | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    """Read and write Claude Code's settings files: `await config(["get", "model"])`.

    ==========================  ================================================================
    ``list``                    all settings as JSON, with secrets hidden
    ``get KEY``                 a value ("" when not set): a plain string, or JSON
    ``set KEY VALUE``           VALUE is parsed as JSON if possible, otherwise kept as a string
    ``unset KEY``               remove the key (also ``remove KEY``)
    ``add KEY VALUE...``        append to a list, without duplicates
    ``remove KEY VALUE...``     remove from a list
    ==========================  ================================================================

    KEY is a dotted path, such as ``permissions.allow``, in which a part that contains a dot is
    enclosed in double quotes. ``--scope user|project|local`` (``-g`` for user) selects the file.
    Without it, reading merges all three scopes as the CLI does, and writing changes the local
    scope, which applies to this folder and is not shared.

    :param subcommand: see the table; None is `["list"]`.
    :param cli_path: unused, but included for consistency with the other commands.
    :param cwd: the project's folder; None uses the current folder.
    :param env: the source of HOME and CLAUDE_CONFIG_DIR; None uses this process's environment.
    :returns: the value, or a sentence that describes the change.
    :raises OptionsError: if the usage is wrong or a settings file is invalid; nothing was changed
    """
    settings = Settings.locate(cwd, os.environ if env is None else env)
    return await anyio.to_thread.run_sync(configure, settings, _words_of(subcommand, ("list",)))


# --- arguments ------------------------------------------------------------------------------------


def _words_of(subcommand: Sequence[str] | None, default: Sequence[str]) -> list[str]:
    if subcommand is None:
        return list(default)
    if isinstance(subcommand, str) or not all(isinstance(word, str) for word in subcommand):
        shown = value_repr("subcommand", subcommand)
        raise OptionsError(
            f"A subcommand must be a list of strings, not {shown}. Write it like "
            'mcp(["get", "name"]).',
            field="subcommand",
        )
    return list(subcommand) or list(default)


def _mcp_arguments(subcommand: Sequence[str] | None) -> list[str]:
    word, *rest = _words_of(subcommand, ("help",))
    if word in _HELP:
        word = "help"
    if word not in _MCP:
        raise OptionsError(
            f"mcp has no subcommand {word!r} here. Choose one of {', '.join(_MCP)}. "
            "Run interactive ones, such as `claude mcp login`, in a terminal.",
            field="subcommand",
        )
    # A bare -- ends the options (measured).
    checked = rest[: rest.index("--")] if "--" in rest else rest
    for argument in checked:
        _check_option(word, argument)
    return [word, *rest]


def _check_option(word: str, argument: str) -> None:
    if not argument.startswith("-"):
        return
    name = argument.split("=", 1)[0] if argument.startswith("--") else argument
    allowed = _MCP[word] | _HELP
    if name not in allowed:
        shown = name.partition("=")[0]  # without the value, which may be secret
        raise OptionsError(
            f"`mcp {word}` has no option {shown!r} (it has {', '.join(sorted(allowed))}). "
            'If it belongs to the server\'s own command, insert "--" before that command.',
            field="subcommand",
        )


def _in_wheel(path: str) -> bool:
    return os.path.normpath(path).split(os.sep)[-3:-1] == ["claude_agent_sdk", "_bundled"]


async def _find(cli_path: StrPath | None) -> str:
    return (await anyio.to_thread.run_sync(find_cli, cli_path)).path
