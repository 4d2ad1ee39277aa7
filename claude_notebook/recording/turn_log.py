"""Logs of turns, written while they run, from which their output can be restored.

If a page is closed, a connection is lost or a kernel is killed, the output is lost but the log is
not. Each turn is logged to a file in the user's state folder, in the cassette format. The file is
append-only, only its owner can read it, and secrets are redacted. The most recent turns of each
notebook are kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from ..errors import CassetteError, ClaudeSDKError
from ..files import make_folder
from ..logs import get_logger
from ..messages import JSONObject

if TYPE_CHECKING:
    from ..protocol.codec.encoder import Encodable
    from ..protocol.connection import Event
    from .log_writer import LineWriter

log = get_logger(__name__)

KEPT_TURNS = 20
"""Maximum number of logs per notebook."""
KEPT_BYTES = 64 * 1024 * 1024
"""Maximum total size of a notebook's logs in bytes. The most recent log is always kept."""
KEPT_DAYS = 30
"""Maximum age of a log in days, for all notebooks."""

_running: set[Path] = set()
"""Log files of the turns running in this process."""


@dataclass(frozen=True)
class LogFolder:
    """The logs of one notebook. Without a path, no logs are kept."""

    path: Path | None

    @classmethod
    def of(cls, notebook: str | None) -> LogFolder:
        """Return the log folder for a notebook, given the notebook's path."""
        if notebook is None:
            return cls(None)
        name = hashlib.sha256(notebook.encode()).hexdigest()[:32]
        return cls(Path(platformdirs.user_state_path("claude_notebook"), "turns", name))

    def turns(self) -> list[Path]:
        """List the logs, oldest first."""
        return sorted(self.path.glob("*.jsonl")) if self.path is not None else []

    def new(self, clock: Callable[[], float]) -> Path | None:
        """Create the folder and return the path for a new log; None if no logs are kept.

        :raises OSError: if the folder cannot be created
        """
        if self.path is None:
            return None
        make_folder(self.path, self.path.parent.parent, mode=0o700)
        return self.path / f"{int(clock() * 1e6):020}-{os.getpid()}.jsonl"

    def prune(self) -> None:
        """Delete this notebook's oldest logs until it is within the limits."""
        if self.path is None:
            return
        space = KEPT_BYTES
        for number, path in enumerate(reversed(self.turns())):
            with contextlib.suppress(OSError):
                space -= path.stat().st_size
                if number and path not in _running and (number >= KEPT_TURNS or space < 0):
                    path.unlink()

    def sweep(self, now: float) -> None:
        """Delete the expired logs of all notebooks."""
        for path in self.path.parent.glob("*/*.jsonl") if self.path is not None else ():
            with contextlib.suppress(OSError):
                is_old = path.lstat().st_mtime < now - KEPT_DAYS * 86_400
                if is_old and not path.parent.is_symlink():
                    path.unlink()


class TurnLog:
    """Logs a conversation's turns, one at a time, by observing its connection.

    If logging fails, the turn still succeeds.

    :param folder: where the logs are stored.
    :param clock: a function that returns Unix time in seconds.
    """

    def __init__(self, folder: LogFolder, clock: Callable[[], float] = time.time) -> None:
        self.folder = folder
        self._clock = clock
        self.is_enabled: Callable[[], bool] = lambda: True
        """Returns False if the next turn must not be logged."""
        self._is_swept = False
        self._writer: LineWriter | None = None

    @contextlib.contextmanager
    def turn(self, about: JSONObject) -> Iterator[None]:
        """Log all events observed inside the block as one turn, adding `about` to the header."""
        path = self._begin(about)
        failure = ""
        try:
            yield
        except ClaudeSDKError as error:
            failure = str(error)
            raise
        finally:
            self._guarded(lambda writer: writer.end(failure))
            self._writer = None
            _running.discard(path)
            self._sweep_once()

    def _begin(self, about: JSONObject) -> Path:
        from .log_writer import LineWriter

        path: Path | None = None
        try:
            path = self.folder.new(self._clock) if self.is_enabled() else None
            if path is not None:
                self._writer = LineWriter(path, {"started": self._clock(), **about})
                _running.add(path)
                self.folder.prune()
        except (OSError, CassetteError) as error:
            log.warning("this turn cannot be logged, so /restore cannot show it: %s", error)
        return path or Path()

    def _sweep_once(self) -> None:
        if not self._is_swept:
            self._is_swept = True
            self.folder.sweep(self._clock())

    def received(self, event: Event, line: bytes) -> None:
        """Log a line from the CLI, if a turn is running."""
        if self._writer is not None:
            try:
                self._writer.received(event, line)
            except CassetteError as error:
                self._stop(error)

    def sent(self, event: Encodable, line: bytes) -> None:
        """Log a line to the CLI, if a turn is running."""
        self._guarded(lambda writer: writer.sent(event, line))

    def _guarded(self, write: Callable[[LineWriter], None]) -> None:
        if self._writer is None:
            return
        try:
            write(self._writer)
        except CassetteError as error:
            self._stop(error)

    def _stop(self, error: CassetteError) -> None:
        log.warning("the remainder of this turn is not logged: %s", error)
        self._writer = None

    def for_other_conversation(self) -> TurnLog:
        """Return a log for another conversation in the same notebook."""
        other = TurnLog(self.folder, self._clock)
        other.is_enabled, other._is_swept = self.is_enabled, True
        return other


def is_running(path: Path) -> bool:
    """Return whether the turn of a log is still running in this process."""
    return path in _running
