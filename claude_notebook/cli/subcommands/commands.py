"""The CLI's subcommands as functions: `update`, `mcp`, `config`, `doctor`, `version`.

A subcommand must never become a paid prompt by accident. The CLI sends an unknown word as a prompt,
and `-p` after a known word makes it forget the word (`claude mcp list -p x` asks the model "mcp").
So this module checks the word and its options before anything runs, and `run` checks that the
installed binary knows the word.
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

    :raises CLINotFoundError: the search found no CLI
    :raises CLINotUsableError: the CLI does not report its version within 10 s
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

    pip updates a binary that came with the package claude-agent-sdk. In this case nothing runs, and
    the result names the command.

    :param cli_path: the binary; None starts the usual search.
    :param timeout: seconds after which the command is stopped.
    :param env: the complete environment of the command; that of this process when None.
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
    """Run `claude doctor`, the CLI's own health check; parameters as in `update`."""
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
    """Manage the MCP servers that the CLI knows: `await mcp(["list"])`.

    `list` and `get` start the servers to test their connection, for at most 30 s.

    :param subcommand: the arguments after `claude mcp`: add, add-json, get, help, list, logout,
        remove or reset-project-choices. A server's own command follows "--": `["add", "files",
        "--", "npx", "-y", "some-server"]`.
    :param cli_path: the binary; None starts the usual search.
    :param timeout: seconds after which the command is stopped.
    :param cwd: the folder whose servers apply; the current one when None.
    :param env: the complete environment of the command; that of this process when None.
    :param check: raise `ProcessError` on failure instead of returning the output.
    :returns: the command's output.
    :raises OptionsError: the subcommand or an option is unknown; nothing was run
    :raises ProcessError: the command timed out, or it failed and `check` is set
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

    KEY is a dotted path, such as ``permissions.allow``; double quotes enclose a part that contains
    a dot. ``--scope user|project|local`` (``-g`` for user) selects the file. Without it, reading
    merges all three scopes as the CLI does, and writing changes local: this folder, not shared.

    :param subcommand: see the table; None is `["list"]`.
    :param cli_path: unused; present for symmetry with the other commands.
    :param cwd: the project's folder; the current one when None.
    :param env: the source of HOME and CLAUDE_CONFIG_DIR; the environment of this process when None.
    :returns: the value, or a sentence that describes the change.
    :raises OptionsError: wrong usage, or an invalid settings file; nothing was changed
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
        shown = name.partition("=")[0]  # without a value, which may be secret
        raise OptionsError(
            f"`mcp {word}` has no option {shown!r} (it has {', '.join(sorted(allowed))}). "
            'If it belongs to the server\'s own command, insert "--" before that command.',
            field="subcommand",
        )


def _in_wheel(path: str) -> bool:
    return os.path.normpath(path).split(os.sep)[-3:-1] == ["claude_agent_sdk", "_bundled"]


async def _find(cli_path: StrPath | None) -> str:
    return (await anyio.to_thread.run_sync(find_cli, cli_path)).path
