"""Run one subcommand of the CLI: without input, for a bounded time, leaving nothing behind."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from typing import IO, Union

import anyio
import anyio.abc
import anyio.to_thread

from ...errors import CLINotUsableError, ProcessError, WorkingDirectoryError

StrPath = Union[str, "os.PathLike[str]"]

_OUTPUT_LIMIT = 4 * 1024 * 1024
_TERM_SECONDS = 2.0


class CommandOutput(str):
    """What a subcommand printed: a string that also knows how it ended.

    :param exit_code: 0 went well.
    :param stderr: what it wrote to standard error. It is part of the text when the command failed.
    """

    exit_code: int
    stderr: str

    def __new__(cls, text: str = "", exit_code: int = 0, stderr: str = "") -> CommandOutput:
        """A string with two attributes more."""
        output = super().__new__(cls, text)
        output.exit_code = exit_code
        output.stderr = stderr
        return output

    @property
    def ok(self) -> bool:
        """Whether the command went well."""
        return self.exit_code == 0


async def run_subcommand(
    path: str,
    arguments: Sequence[str],
    *,
    timeout: float,
    cwd: StrPath | None = None,
    env: Mapping[str, str] | None = None,
    check: bool = False,
) -> CommandOutput:
    """Run `path arguments...`, without input, in a session of its own, and leave no process behind.

    The caller answers for the arguments; that the binary knows the first one is checked here.

    :raises CLINotUsableError: the binary has no such subcommand, or cannot be started
    :raises ProcessError: it took longer than `timeout` seconds, or failed and `check` is set
    """
    path = _absolute(path, cwd)
    environment = dict(os.environ if env is None else env)
    # With it the CLI believes that it runs inside another conversation.
    environment.pop("CLAUDECODE", None)
    known = await anyio.to_thread.run_sync(_known_words, path, os.stat(path).st_mtime_ns)
    if arguments[0] not in known:
        raise CLINotUsableError(
            f"{path} does not have the subcommand {arguments[0]!r}. Update it: `claude update`, or "
            "pip install --upgrade claude-agent-sdk.",
            path=path,
        )
    output = await _run([path, *arguments], timeout, cwd, environment)
    if check and not output.ok:
        raise ProcessError(
            f"`claude {' '.join(arguments[:2])}` failed. Its words below say what is wrong.",
            output.exit_code,
            output.stderr or output,
        )
    return output


def _absolute(path: str, cwd: StrPath | None) -> str:
    """The path as it is from here: the process starts in `cwd`, which is checked too."""
    if cwd is not None and not os.path.isdir(cwd):
        raise WorkingDirectoryError(f"{os.fspath(cwd)} is not a folder. Give another `cwd`.")
    return os.path.abspath(path)


@functools.lru_cache(maxsize=32)
def _known_words(path: str, mtime_ns: int) -> frozenset[str]:
    """The subcommands that the binary lists in its help; `mtime_ns` is for the cache's key."""
    try:
        done = subprocess.run(
            [path, "--help"],
            capture_output=True,
            timeout=20,
            check=False,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise CLINotUsableError(
            f"{path} --help does not work: {error}. Try it in a terminal.", path=path
        ) from error
    listed = done.stdout.decode("utf-8", "replace").partition("\nCommands:\n")[2]
    lines = re.findall(r"^  ([a-z][\w|-]*)", listed, re.MULTILINE)
    return frozenset(word for line in lines for word in line.split("|"))


async def _run(
    argv: Sequence[str], timeout: float, cwd: StrPath | None, env: Mapping[str, str]
) -> CommandOutput:
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        process = await _start(argv, cwd, env, stdout, stderr)
        try:
            with anyio.move_on_after(timeout):
                await process.wait()
        finally:
            finished = process.returncode is not None
            with anyio.CancelScope(shield=True):
                await _end_always(process)
        out, err = _text(stdout), _text(stderr)
    if not finished:
        raise ProcessError(
            f"`claude {' '.join(argv[1:3])}` did not end within {timeout:g} s and was stopped. "
            "Give it more time with timeout=, or run it in a terminal to see where it stays.",
            None,
            err,
        )
    code = process.returncode or 0
    text = out if code == 0 and out else "\n".join(part for part in (out, err) if part)
    return CommandOutput(text, code, err)


async def _start(
    argv: Sequence[str],
    cwd: StrPath | None,
    env: Mapping[str, str],
    stdout: IO[bytes],
    stderr: IO[bytes],
) -> anyio.abc.Process:
    """Files, not pipes: a grandchild that keeps a pipe open would keep us waiting for its end."""
    try:
        return await anyio.open_process(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            cwd=cwd,
            env=env,
            start_new_session=True,
        )
    except OSError as error:
        raise CLINotUsableError(
            f"{argv[0]} cannot be started: {error}. Check the file, and the folder it runs in.",
            path=argv[0],
        ) from error


async def _end_always(process: anyio.abc.Process) -> None:
    try:
        await _end(process)
    except BaseException:  # asyncio has cancelled the task once more, which no shield stops
        _signal(process.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        raise


async def _end(process: anyio.abc.Process) -> None:
    """End what still runs of its session, kindly first; a server it started may outlive it."""
    if process.returncode is None:
        _signal(process.pid, signal.SIGTERM)
        with anyio.move_on_after(_TERM_SECONDS):
            await process.wait()
    _signal(process.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    await process.wait()


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            os.kill(pid, number)
        else:
            os.killpg(pid, number)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read(_OUTPUT_LIMIT).decode("utf-8", "replace").strip()
