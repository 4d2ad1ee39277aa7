"""Runs one CLI subcommand without input, within a time limit and without leftover processes."""

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
    """A subcommand's output: a string that also has the exit code and standard error.

    :param exit_code: 0 on success.
    :param stderr: standard error. If the subcommand failed, it is also part of the text.
    """

    exit_code: int
    stderr: str

    def __new__(cls, text: str = "", exit_code: int = 0, stderr: str = "") -> CommandOutput:
        """Create the string and set its attributes."""
        output = super().__new__(cls, text)
        output.exit_code = exit_code
        output.stderr = stderr
        return output

    @property
    def ok(self) -> bool:
        """True if the exit code is 0."""
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
    """Run `path arguments...` without input in a separate session, leaving no process behind.

    The caller validates the arguments, except for the subcommand itself.

    :param path: the binary.
    :param arguments: the subcommand and its arguments.
    :param timeout: the number of seconds after which the command is stopped.
    :param cwd: the folder to run in; None uses the current folder.
    :param env: the complete environment; None uses this process's environment.
    :param check: raise `ProcessError` on failure.
    :returns: the output.
    :raises CLINotUsableError: if the binary lacks the subcommand, or cannot be started
    :raises ProcessError: if the command timed out, or if it failed and `check` is set
    """
    path = _absolute(path, cwd)
    environment = dict(os.environ if env is None else env)
    # This variable tells the CLI that it is running inside another conversation.
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
            f"`claude {' '.join(arguments[:2])}` failed. See its output below.",
            output.exit_code,
            output.stderr or output,
        )
    return output


def _absolute(path: str, cwd: StrPath | None) -> str:
    """Resolve the path from the current folder, because the process will be started in `cwd`."""
    if cwd is not None and not os.path.isdir(cwd):
        raise WorkingDirectoryError(f"{os.fspath(cwd)} is not a folder. Set another `cwd`.")
    return os.path.abspath(path)


@functools.lru_cache(maxsize=32)
def _known_words(path: str, mtime_ns: int) -> frozenset[str]:
    """Return the subcommands listed in the binary's help. `mtime_ns` is part of the cache key."""
    try:
        process = subprocess.run(
            [path, "--help"],
            capture_output=True,
            timeout=20,
            check=False,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise CLINotUsableError(
            f"{path} --help does not work: {error}. Run it in a terminal to see the cause.",
            path=path,
        ) from error
    listed = process.stdout.decode("utf-8", "replace").partition("\nCommands:\n")[2]
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
            "Increase timeout=, or run it in a terminal to see where it hangs.",
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
    """Redirect output to files, because a grandchild that keeps a pipe open would block us."""
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
            f"{argv[0]} cannot be started: {error}. Check the file and its working folder.",
            path=argv[0],
        ) from error


async def _end_always(process: anyio.abc.Process) -> None:
    try:
        await _end(process)
    except BaseException:  # asyncio has cancelled the task once more, which no shield can prevent
        _signal(process.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        raise


async def _end(process: anyio.abc.Process) -> None:
    """Terminate the process, then kill its session, because servers it started may outlive it."""
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
