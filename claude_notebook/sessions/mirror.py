"""What the CLI adds to its transcripts goes to a session store as well, beside the conversation.

The store has no say in how fast the conversation goes: batches wait for it in a queue, and only a
`ResultMessage` is held back until what came before it is in the store (or was given up). Who reads
a result can thus rely on the store.
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
    JSON,
    MirrorErrorMessage,
    ResultMessage,
    SessionKey,
    TranscriptMirrorMessage,
)
from ..protocol.connection import Connection
from ..session_store import SessionStore

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
    """The key of a transcript's file, wherever its projects are; None if it is none."""
    match = _TRANSCRIPT.fullmatch(path.replace("\\", "/"))
    if match is None:
        return None
    key: SessionKey = {"project_key": match["project_key"], "session_id": match["session_id"]}
    if match["subpath"]:
        key["subpath"] = match["subpath"]
    return key


def put_before_result(inbox: deque[T], message: T) -> None:
    """Put `message` before the first result that waits in an inbox; at its end if there is none."""
    results = (number for number, one in enumerate(inbox) if isinstance(one, ResultMessage))
    inbox.insert(next(results, len(inbox)), message)


@dataclass
class _Batch:
    """Entries by the file they were added to, and whoever waits until they are dealt with."""

    files: dict[str, list[JSON]] = field(default_factory=dict)
    done: anyio.Event = field(default_factory=anyio.Event)

    def add(self, files: dict[str, list[JSON]]) -> None:
        for path, entries in files.items():
            self.files.setdefault(path, []).extend(entries)


class Mirror:
    """Hands on what the CLI writes to a store, in order, and says what the store did not take.

    :param store: the store.
    :param eager: hand on each message at once, instead of at the end of a turn.
    :param seconds: that one `append` may take. One that takes longer is given up: it may still
        land.
    :param pauses: seconds before each further try, when an `append` fails.
    :param last: seconds that the store has for the rest, at the end.
    :param finish: called at the end, when everything has been handed on; with True if the store
        lacks something.
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
        self._waiting: dict[str, list[JSON]] = {}
        self._count = self._bytes = 0
        self._batches: deque[_Batch] = deque()
        self._task: BackgroundTask | None = None
        self.report: Callable[[MirrorErrorMessage], None] | None = None

    # --- what comes ------------------------------------------------------------------------------

    def before(self, take: Callable[[Any], None], *, stored: bool) -> Callable[[Any], None]:
        """`take`, but what is for the store is not passed on to it.

        :param stored: whether the store gets it; a mere recording writes to no store
        """

        def see(event: object) -> None:
            if not stored and isinstance(event, TranscriptMirrorMessage):
                return
            if not self.see(event):
                take(event)

        return see

    def see(self, event: object) -> bool:
        """Keep what is for the store, and hand it on at the end of a turn. True for the former."""
        if isinstance(event, TranscriptMirrorMessage):
            self._add(event)
            return True
        if isinstance(event, ResultMessage):
            self.hand_on()
        return False

    def hear(self, connection: Connection, data: bytes) -> None:
        """What the CLI still says while it is ended: its last lines are for the store too."""
        with contextlib.suppress(ClaudeSDKError):
            connection.receive_data(data)
            while (event := connection.next_event()) is not None:
                self.see(event)

    def _add(self, message: TranscriptMirrorMessage) -> None:
        self._waiting.setdefault(message.file_path, []).extend(message.entries)
        self._count += len(message.entries)
        if not self._eager:
            self._bytes += len(msgspec.json.encode(message.entries))
        if self._eager or self._count > MOST_ENTRIES or self._bytes > MOST_BYTES:
            self.hand_on()

    def hand_on(self) -> None:
        """Let the store have what waits; returns at once."""
        if self._waiting:
            # The first batch is on its way already.
            if len(self._batches) < 2:
                self._batches.append(_Batch())
            self._batches[-1].add(self._waiting)
            self._waiting, self._count, self._bytes = {}, 0, 0
        if self._batches and (self._task is None or self._task.done):
            self._task = spawn(self._drain, "claude session store")

    async def holds(self, message: object) -> bool:
        """Wait, if `message` is a result, until the store has what came before it.

        Returns whether there was anything to wait for: other messages may have come first then.
        """
        if not isinstance(message, ResultMessage) or not self._batches:
            return False
        last = self._batches[-1].done
        waited = not last.is_set()
        await last.wait()
        return waited

    # --- to the store ----------------------------------------------------------------------------

    async def _drain(self) -> None:
        try:
            while self._batches:
                batch = self._batches[0]
                await self._hand_over(batch)
                batch.done.set()
                # It may have been given up in the meantime.
                if self._batches and self._batches[0] is batch:
                    self._batches.popleft()
        finally:
            # Also when a store has cancelled us: nobody waits for what is not on its way.
            for batch in self._batches:
                batch.done.set()

    async def _hand_over(self, batch: _Batch) -> None:
        while batch.files:
            path = next(iter(batch.files))
            entries = [one for one in batch.files[path] if one]
            if entries:
                await self._append(path, entries)
            # Not before: what is cancelled on its way is handed on again.
            del batch.files[path]

    async def _append(self, path: str, entries: list[JSON]) -> None:
        key = key_of_file(path)
        if key is None:
            self._failed(None, f"{path} is no transcript.")
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
            except Exception as failure:  # noqa: BLE001  a store's, and the conversation goes on
                error = f"{type(failure).__name__}: {refusal(failure)}"
                log.debug("the session store failed: %s", error)
        self._failed(key, error)

    def _failed(self, key: SessionKey | None, error: str) -> None:
        self._failures += 1
        log.error("The session store lacks a part of %s: %s", key, error)
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

    # --- the end ---------------------------------------------------------------------------------

    async def aclose(self) -> None:
        """Hand on the rest, as far as there is time for it. Does not raise."""
        self.hand_on()
        with anyio.move_on_after(self._last, shield=True):
            while self._batches and self._task is not None:
                await self._task.wait()
                self.hand_on()
        if self._task is not None:
            self._task.cancel()
        for batch in self._batches:
            for path in batch.files:
                self._failed(key_of_file(path), "it was not ready in time.")
            batch.done.set()
        self._batches.clear()
        finish, self._finish = self._finish, None
        if finish is not None:
            finish(self._failures > 0)
