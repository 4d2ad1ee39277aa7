"""Runs `claude auth login`, reads its output in a thread, and always kills it in the end.

The CLI keeps running at the end of its input (measured with 2.1.330), so an abandoned login would
never exit. Each login therefore runs in a separate process group with a lifeline: a pipe that this
process holds open. When the pipe closes, even because this process was killed, a waiting shell
kills the group.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence

_LIFELINE = '(read -r _ </dev/fd/"$0"; kill -9 -$$) </dev/null >/dev/null 2>&1 & exec "$@"'
"""Shell program: $0 is the descriptor of the lifeline; the remaining arguments are the command."""

_OUTPUT_LIMIT = 64 * 1024
_REAP_SECONDS = 2.0

_LINK = re.compile(r"https?://[^\s\x00-\x1f]+")
_ASKED = re.compile(r"Paste code here if prompted")
_REJECTED = re.compile(r"doesn't look like the full code", re.IGNORECASE)
_FAILED = re.compile(r"Couldn't log in: *([^\n]+)")


class LoginProcess:
    """A running `claude auth login`, with what it has printed so far.

    All methods are synchronous and thread-safe.

    :param argv: the command.
    :param env: its complete environment.
    :raises OSError: the command cannot be started
    """

    def __init__(self, argv: Sequence[str], env: Mapping[str, str]) -> None:
        self._changed = threading.Condition()
        self._text = ""
        self._exit_code: int | None = None
        self._ended = False
        self._lifeline: int | None = None
        self._process = self._start(argv, env)
        atexit.register(self.kill)
        threading.Thread(target=self._read, name="claude auth login", daemon=True).start()

    def _start(self, argv: Sequence[str], env: Mapping[str, str]) -> subprocess.Popen[bytes]:
        wrapper, inherited = self._wrapper()
        try:
            return subprocess.Popen(
                [*wrapper, *argv],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=env,
                bufsize=0,
                start_new_session=True,
                pass_fds=inherited,
            )
        except BaseException:
            self._release()
            raise
        finally:
            for descriptor in inherited:
                os.close(descriptor)

    def _wrapper(self) -> tuple[list[str], tuple[int, ...]]:
        """Return the beginning of the command line, and the descriptors that it needs."""
        if sys.platform == "win32":
            return [], ()
        reading, self._lifeline = os.pipe()
        return ["/bin/sh", "-c", _LIFELINE, str(reading)], (reading,)

    # --- output ----------------------------------------------------------------------------------

    def _read(self) -> None:
        output = self._process.stdout
        assert output is not None  # noqa: S101  a pipe was requested
        # A read fails when `kill` closes the pipe in the same moment.
        with contextlib.suppress(OSError, ValueError):
            while piece := output.read(4096):
                self._add(piece.decode("utf-8", "replace"))
        self._process.wait()
        self.kill()

    def _add(self, text: str) -> None:
        with self._changed:
            self._text = (self._text + text)[-_OUTPUT_LIMIT:]
            self._changed.notify_all()

    @property
    def links(self) -> tuple[str, ...]:
        """The addresses that the CLI has printed."""
        return tuple(_LINK.findall(self._text))

    @property
    def asks(self) -> bool:
        """True once the CLI has asked for a code."""
        return bool(_ASKED.search(self._text))

    @property
    def rejections(self) -> int:
        """The number of codes that the CLI has rejected because of their form."""
        return len(_REJECTED.findall(self._text))

    @property
    def failure(self) -> str:
        """The CLI's reason for a failed login, or ""."""
        found = _FAILED.search(self._text)
        return found[1].strip() if found else ""

    @property
    def ended(self) -> bool:
        """True once the process and its group have ended."""
        return self._ended

    @property
    def exit_code(self) -> int | None:
        """The exit code; None while the process runs."""
        return self._exit_code

    def wait_until(self, condition: Callable[[], bool], seconds: float | None = None) -> bool:
        """Block until the condition holds or the process has ended.

        :returns: False after `seconds`.
        """
        with self._changed:
            return self._changed.wait_for(lambda: self._ended or condition(), seconds)

    # --- input and end ---------------------------------------------------------------------------

    def write_line(self, text: str) -> bool:
        """Send one line.

        :returns: False if the process no longer reads.
        """
        assert self._process.stdin is not None  # noqa: S101  a pipe was requested
        try:
            self._process.stdin.write(f"{text}\n".encode())
        except (OSError, ValueError):
            return False
        return True

    def kill(self) -> None:
        """Kill the process group and wait for its end. Calling it again has no effect."""
        with self._changed:
            if self._ended:
                return
            self._signal()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_REAP_SECONDS)
            self._exit_code = self._process.returncode
            self._ended = True
            self._release()
            self._changed.notify_all()
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        atexit.unregister(self.kill)

    def _signal(self) -> None:
        # The lifeline's shell keeps the group alive after the exit of the CLI, so the number of the
        # group cannot have passed to another process.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if sys.platform == "win32":
                self._process.kill()
            else:
                os.killpg(self._process.pid, signal.SIGKILL)

    def _release(self) -> None:
        lifeline, self._lifeline = self._lifeline, None
        if lifeline is not None:
            os.close(lifeline)
