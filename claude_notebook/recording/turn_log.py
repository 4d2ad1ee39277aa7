"""What is said in a turn, written down while it is said, so that its output can be made again.

A page that was closed, a lost connection and a kernel that was killed lose what was shown, not what
was said. One file for each turn, in the format of a cassette, in the user's state folder: readable
by its owner alone, only ever added to, without what looks like a secret. The last turns of each
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
    from .log_writer import LineWriter

log = get_logger(__name__)

KEPT_TURNS = 20
"""So many turns of a notebook are kept,"""
KEPT_BYTES = 64 * 1024 * 1024
"""as long as they are not larger together (the last one is kept in any case),"""
KEPT_DAYS = 30
"""and those of any notebook not longer than this."""

_running: set[Path] = set()
"""The files of turns that run in this process."""


@dataclass(frozen=True)
class LogFolder:
    """The logs of one notebook. With no path nothing is kept."""

    path: Path | None

    @classmethod
    def of(cls, notebook: str | None) -> LogFolder:
        """Those of the notebook at that path, in the user's state folder."""
        if notebook is None:
            return cls(None)
        name = hashlib.sha256(notebook.encode()).hexdigest()[:32]
        return cls(Path(platformdirs.user_state_path("claude_notebook"), "turns", name))

    def turns(self) -> list[Path]:
        """All that are there, the oldest first."""
        return sorted(self.path.glob("*.jsonl")) if self.path is not None else []

    def new(self, clock: Callable[[], float]) -> Path | None:
        """The path of a new file, in a folder that is there; None where nothing is kept.

        :raises OSError: the folder cannot be created
        """
        if self.path is None:
            return None
        make_folder(self.path, self.path.parent.parent, mode=0o700)
        return self.path / f"{int(clock() * 1e6):020}-{os.getpid()}.jsonl"

    def prune(self) -> None:
        """Delete what is too much."""
        if self.path is None:
            return
        space = KEPT_BYTES
        for number, path in enumerate(reversed(self.turns())):
            with contextlib.suppress(OSError):
                space -= path.stat().st_size
                if number and path not in _running and (number >= KEPT_TURNS or space < 0):
                    path.unlink()

    def sweep(self, now: float) -> None:
        """Delete what is too old, of any notebook."""
        for path in self.path.parent.glob("*/*.jsonl") if self.path is not None else ():
            with contextlib.suppress(OSError):
                is_old = path.lstat().st_mtime < now - KEPT_DAYS * 86_400
                if is_old and not path.parent.is_symlink():
                    path.unlink()


class TurnLog:
    """Writes down the turns of one conversation, one at a time. A log that fails fails no turn.

    :param folder: where to.
    :param clock: Unix time in seconds.
    """

    def __init__(self, folder: LogFolder, clock: Callable[[], float] = time.time) -> None:
        self.folder = folder
        self._clock = clock
        self.wanted: Callable[[], bool] = lambda: True
        """Whether the next turn is to be written down."""
        self._is_swept = False
        self._writer: LineWriter | None = None

    @contextlib.contextmanager
    def turn(self, about: JSONObject) -> Iterator[None]:
        """What is heard meanwhile belongs to one turn; `about` is for its header."""
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
            path = self.folder.new(self._clock) if self.wanted() else None
            if path is not None:
                self._writer = LineWriter(path, {"started": self._clock(), **about})
                _running.add(path)
                self.folder.prune()
        except (OSError, CassetteError) as error:
            log.warning("this turn cannot be written down, and not restored: %s", error)
        return path or Path()

    def _sweep_once(self) -> None:
        if not self._is_swept:
            self._is_swept = True
            self.folder.sweep(self._clock())

    def hear(self, source: str, line: bytes) -> None:
        """A line goes through."""
        if self._writer is not None and line.strip():
            self._guarded(lambda writer: writer.write(source, line))

    def _guarded(self, write: Callable[[LineWriter], None]) -> None:
        if self._writer is None:
            return
        try:
            write(self._writer)
        except CassetteError as error:
            log.warning("the rest of this turn is not written down: %s", error)
            self._writer = None

    def beside(self) -> TurnLog:
        """One for another conversation of the same notebook."""
        other = TurnLog(self.folder, self._clock)
        other.wanted, other._is_swept = self.wanted, True
        return other


def is_running(path: Path) -> bool:
    """Whether the turn that this is the log of still runs in this process."""
    return path in _running
