"""Mirror of the CLI's transcripts, which copies new entries to a session store.

A slow store does not delay the conversation. Batches are queued, and only a `ResultMessage` is held
back until the store has received all earlier entries (or has failed). Once callers see a result,
they can therefore rely on the store.
"""

from __future__ import annotations

import contextlib
import re
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import anyio
import msgspec

from ..concurrency.tasks import BackgroundTask, spawn
from ..errors import ClaudeSDKError
from ..logs import get_logger, refusal
from ..messages import (
    MirrorErrorMessage,
    ResultMessage,
    SessionKey,
    TranscriptMirrorMessage,
)
from ..protocol.connection import Connection
from ..session_store import SessionStore, SessionStoreEntry

log = get_logger(__name__)
T = TypeVar("T")

MOST_ENTRIES = 500
MOST_BYTES = 1024 * 1024
PAUSES = (0.2, 0.8)

_TRANSCRIPT = re.compile(
    r".*/projects/(?P<project_key>[^/]+)/(?P<session_id>[0-9A-Fa-f-]{36})"
    r"(?:/(?P<subpath>.+))?\.jsonl",
    re.DOTALL,
)


def key_of_file(path: str) -> SessionKey | None:
    """Return the key of a transcript file located below any `projects` folder, or None."""
    match = _TRANSCRIPT.fullmatch(path.replace("\\", "/"))
    if match is None:
        return None
    key: SessionKey = {"project_key": match["project_key"], "session_id": match["session_id"]}
    if match["subpath"]:
        key["subpath"] = match["subpath"]
    return key


def put_before_result(inbox: deque[T], message: T) -> None:
    """Insert `message` before the first result in an inbox, or at the end if there is none."""
    results = (number for number, item in enumerate(inbox) if isinstance(item, ResultMessage))
    inbox.insert(next(results, len(inbox)), message)


@dataclass
class _Batch:
    """Entries grouped by transcript file, and an event that is set once they are handled."""

    files: dict[str, list[SessionStoreEntry]] = field(default_factory=dict)
    done: anyio.Event = field(default_factory=anyio.Event)

    def add(self, files: dict[str, list[SessionStoreEntry]]) -> None:
        for path, entries in files.items():
            self.files.setdefault(path, []).extend(entries)


class Mirror:
    """Copies the CLI's new transcript entries to a store, in order, and reports failures.

    :param store: the session store.
    :param eager: pass on each message immediately instead of at the end of a turn.
    :param seconds: the time limit for one `append`. A slower call is abandoned, but may still
        succeed.
    :param pauses: the seconds to wait before each retry of a failed `append`.
    :param last: how many seconds the store has for the remaining entries when the mirror closes.
    :param finish: called once the mirror has closed, with True if the store is incomplete.
    """

    def __init__(
        self,
        store: SessionStore,
        *,
        eager: bool = False,
        seconds: float = 60.0,
        pauses: tuple[float, ...] = PAUSES,
        last: float = 10.0,
        finish: Callable[[bool], None] | None = None,
    ) -> None:
        self._store = store
        self._eager = eager
        self._seconds = seconds
        self._pauses = pauses
        self._last = last
        self._finish = finish
        self._failures = 0
        self._waiting: dict[str, list[SessionStoreEntry]] = {}
        self._count = self._bytes = 0
        self._batches: deque[_Batch] = deque()
        self._task: BackgroundTask | None = None
        self.report: Callable[[MirrorErrorMessage], None] | None = None

    # --- input ----------------------------------------------------------------------------------

    def filter(self, take: Callable[[Any], None], *, stored: bool) -> Callable[[Any], None]:
        """Wrap `take` so that it does not receive the events intended for the store.

        :param stored: whether to store the entries; a recording being played writes to no store
        """

        def take_other(event: object) -> None:
            if not stored and isinstance(event, TranscriptMirrorMessage):
                return
            if not self.take_entries(event):
                take(event)

        return take_other

    def take_entries(self, event: object) -> bool:
        """Collect transcript entries, and pass them on at the end of a turn.

        :returns: whether the event is intended for the store alone.
        """
        if isinstance(event, TranscriptMirrorMessage):
            self._add(event)
            return True
        if isinstance(event, ResultMessage):
            self.flush()
        return False

    def receive_last(self, connection: Connection, data: bytes) -> None:
        """Decode the output that the CLI wrote during shutdown, since it may contain entries."""
        with contextlib.suppress(ClaudeSDKError):
            connection.receive_data(data)
            while (event := connection.next_event()) is not None:
                self.take_entries(event)

    def _add(self, message: TranscriptMirrorMessage) -> None:
        self._waiting.setdefault(message.file_path, []).extend(message.entries)
        self._count += len(message.entries)
        if not self._eager:
            self._bytes += len(msgspec.json.encode(message.entries))
        if self._eager or self._count > MOST_ENTRIES or self._bytes > MOST_BYTES:
            self.flush()

    def flush(self) -> None:
        """Pass collected entries to the store without waiting for it."""
        if self._waiting:
            # The store is already processing the first batch.
            if len(self._batches) < 2:
                self._batches.append(_Batch())
            self._batches[-1].add(self._waiting)
            self._waiting, self._count, self._bytes = {}, 0, 0
        if self._batches and (self._task is None or self._task.done):
            self._task = spawn(self._drain, "claude session store")

    async def wait_before(self, message: object) -> bool:
        """If `message` is a result, wait until the store has everything that precedes it.

        :returns: True if it waited, in which case other messages may have arrived in the meantime.
        """
        if not isinstance(message, ResultMessage) or not self._batches:
            return False
        last = self._batches[-1].done
        waited = not last.is_set()
        await last.wait()
        return waited

    # --- output ---------------------------------------------------------------------------------

    async def _drain(self) -> None:
        try:
            while self._batches:
                batch = self._batches[0]
                await self._send(batch)
                batch.done.set()
                # `aclose` may have dropped the batch in the meantime.
                if self._batches and self._batches[0] is batch:
                    self._batches.popleft()
        finally:
            # Release all waiters, even if the store cancelled this task.
            for batch in self._batches:
                batch.done.set()

    async def _send(self, batch: _Batch) -> None:
        while batch.files:
            path = next(iter(batch.files))
            entries = [entry for entry in batch.files[path] if entry]
            if entries:
                await self._append(path, entries)
            # Delete the batch last, so that its entries are sent again after a cancellation.
            del batch.files[path]

    async def _append(self, path: str, entries: list[SessionStoreEntry]) -> None:
        key = key_of_file(path)
        if key is None:
            self._report_failure(None, f"{path} is not a transcript.")
            return
        error = ""
        for pause in (0.0, *self._pauses):
            await anyio.sleep(pause)
            try:
                with anyio.fail_after(self._seconds):
                    await self._store.append(key, entries)
                return
            except TimeoutError:
                error = f"append() took longer than {self._seconds:g} s."
                break
            except Exception as failure:  # noqa: BLE001  a store's error must not end the conversation
                error = f"{type(failure).__name__}: {refusal(failure)}"
                log.debug("the session store failed: %s", error)
        self._report_failure(key, error)

    def _report_failure(self, key: SessionKey | None, error: str) -> None:
        self._failures += 1
        log.error("The session store is incomplete for %s: %s", key, error)
        session_id = key["session_id"] if key else ""
        data = {
            "type": "system",
            "subtype": "mirror_error",
            "error": error,
            "key": key,
            "uuid": str(uuid.uuid4()),
            "session_id": session_id,
        }
        if self.report is not None:
            self.report(MirrorErrorMessage("mirror_error", data, key=key, error=error))

    # --- shutdown -------------------------------------------------------------------------------

    async def aclose(self) -> None:
        """Pass on the remaining entries within the time limit. Never raises."""
        self.flush()
        with anyio.move_on_after(self._last, shield=True):
            while self._batches and self._task is not None:
                await self._task.wait()
                self.flush()
        if self._task is not None:
            self._task.cancel()
        for batch in self._batches:
            for path in batch.files:
                self._report_failure(key_of_file(path), "the store was not ready in time.")
            batch.done.set()
        self._batches.clear()
        finish, self._finish = self._finish, None
        if finish is not None:
            finish(self._failures > 0)
