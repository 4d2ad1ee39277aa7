"""The CLI's subcommands as functions: `update`, `mcp`, `config`, `doctor`, `version`.

A subcommand must never become a paid question by accident, and that is easily done: the CLI sends a
word that it does not know as a prompt, and `-p` behind a word that it knows makes it forget the
word (`claude mcp list -p x` asks the model "mcp"). So before anything runs it is checked that the
word is one of ours and that its options are options of that word; and `run` checks that this very
binary knows the word.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import anyio.to_thread

from ...errors import CLINotUsableError, OptionsError
from ..discovery import find_cli, read_version
from ..settings.commands import configure
from ..settings.files import Settings
from .run import CommandOutput, StrPath, run_subcommand

_HELP = frozenset({"-h", "--help"})
_SCOPE = frozenset({"-s", "--scope"})

# Subcommand of `mcp` -> the options that may follow it. Those that wait for a person (login,
# add-from-claude-desktop) or serve for ever (serve) are not here.
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


# --- the five -------------------------------------------------------------------------------------


async def version(cli_path: StrPath | None = None) -> str:
    """The CLI's version, such as "2.1.330".

    :raises CLINotFoundError: there is no CLI
    :raises CLINotUsableError: it does not say its version within 10 s
    """
    path = await _find(cli_path)
    found = await anyio.to_thread.run_sync(read_version, path)
    if found is None:
        raise CLINotUsableError(
            f"{path} does not say its version. Run `{path} --version` in a terminal to see why.",
            path=path,
        )
    return found


async def update(
    cli_path: StrPath | None = None,
    *,
    timeout: float = 300.0,
    env: Mapping[str, str] | None = None,
    check: bool = False,
) -> CommandOutput:
    """Look for an update of the CLI and install it; the answer says what was done.

    A binary that came with the package claude-agent-sdk is updated by pip, not by itself: then
    nothing runs, and the answer says which command does it.

    :param cli_path: the binary; the usual search when None.
    :param timeout: seconds after which it is stopped.
    :param env: the whole environment to run it in; this process's when None.
    :param check: raise `ProcessError` when it fails, instead of answering with what it said.
    """
    path = await _find(cli_path)
    if _in_wheel(path):
        found = await anyio.to_thread.run_sync(read_version, path)
        return CommandOutput(_WHEEL_ADVICE.format(version=found or ""))
    return await run_subcommand(path, ["update"], timeout=timeout, env=env, check=check)


async def doctor(
    cli_path: StrPath | None = None,
    *,
    timeout: float = 60.0,
    cwd: StrPath | None = None,
    env: Mapping[str, str] | None = None,
    check: bool = False,
) -> CommandOutput:
    """What `claude doctor` says about its installation. The arguments are those of `update`."""
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

    `list` and `get` start the servers to see whether they answer, for 30 s at most.

    :param subcommand: what follows `claude mcp`: add, add-json, get, help, list, logout, remove or
        reset-project-choices. A server's own command comes after "--": `["add", "files", "--",
        "npx", "-y", "some-server"]`.
    :param cli_path: the binary; the usual search when None.
    :param timeout: seconds after which it is stopped.
    :param cwd: the folder whose servers are meant; this process's when None.
    :param env: the whole environment to run it in; this process's when None.
    :param check: raise `ProcessError` when it fails, instead of answering with what it said.
    :raises OptionsError: another subcommand, or an option that it does not have; nothing was run
    :raises ProcessError: it took too long, or it failed and `check` is set
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
    ``list``                    all settings as JSON, without what looks like a secret
    ``get KEY``                 a value ("" when it is not set); strings bare, the rest as JSON
    ``set KEY VALUE``           VALUE is read as JSON where it is JSON, otherwise as a string
    ``unset KEY``               take it out (also ``remove KEY``)
    ``add KEY VALUE...``        append to a list what is not in it yet
    ``remove KEY VALUE...``     take out of a list
    ==========================  ================================================================

    KEY is a dotted path, such as ``permissions.allow``; a part with a dot in it stands in double
    quotes. ``--scope user|project|local`` (``-g`` is user) chooses the file; without it, reading
    merges all three as the CLI does, and writing goes to local: this folder, not shared.

    :param subcommand: see above; None is `["list"]`.
    :param cli_path: not used; here because the CLI's other commands have it.
    :param cwd: the project's folder; this process's when None.
    :param env: where HOME and CLAUDE_CONFIG_DIR are looked up; this process's environment when
        None.
    :raises OptionsError: wrong usage, or a settings file that is not valid; nothing was changed
    """
    settings = Settings.locate(cwd, os.environ if env is None else env)
    return await anyio.to_thread.run_sync(configure, settings, _words(subcommand, ("list",)))


# --- what may be run ------------------------------------------------------------------------------


def _words(subcommand: Sequence[str] | None, default: Sequence[str]) -> list[str]:
    if subcommand is None:
        return list(default)
    if isinstance(subcommand, str) or not all(isinstance(word, str) for word in subcommand):
        raise OptionsError(
            f"A subcommand is a list of strings, not {subcommand!r}. Write it like "
            'mcp(["get", "name"]).',
            field="subcommand",
        )
    return list(subcommand) or list(default)


def _mcp_arguments(subcommand: Sequence[str] | None) -> list[str]:
    word, *rest = _words(subcommand, ("help",))
    if word in _HELP:
        word = "help"
    if word not in _MCP:
        raise OptionsError(
            f"mcp has no subcommand {word!r} here: choose one of {', '.join(_MCP)}. "
            "What waits for a person, such as `claude mcp login`, belongs in a terminal.",
            field="subcommand",
        )
    # Behind a bare -- nothing is an option any more (measured).
    ours = rest[: rest.index("--")] if "--" in rest else rest
    for argument in ours:
        _check_option(word, argument)
    return [word, *rest]


def _check_option(word: str, argument: str) -> None:
    if not argument.startswith("-"):
        return
    name = argument.split("=", 1)[0] if argument.startswith("--") else argument
    allowed = _MCP[word] | _HELP
    if name not in allowed:
        raise OptionsError(
            f"`mcp {word}` has no option {argument!r} (it has {', '.join(sorted(allowed))}). "
            'If it belongs to the server\'s own command, put "--" in front of that command.',
            field="subcommand",
        )


def _in_wheel(path: str) -> bool:
    return os.path.normpath(path).split(os.sep)[-3:-1] == ["claude_agent_sdk", "_bundled"]


async def _find(cli_path: StrPath | None) -> str:
    return (await anyio.to_thread.run_sync(find_cli, cli_path)).path
