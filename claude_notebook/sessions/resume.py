"""Resumes conversations that exist only in a session store.

The transcript is written to a temporary folder, from which the CLI resumes the conversation. The
mirror copies new entries to the store. When the conversation ends, the folder is deleted. If the
store is incomplete, the transcript is moved to the CLI's own folder first. Settings, plugins and
login are not affected.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import anyio
import anyio.to_thread

from ..errors import OptionsError, SessionStoreError
from ..files import create_file, make_folder, write_file
from ..logs import get_logger, refusal
from ..messages import SessionKey
from ..options import ClaudeCodeOptions
from ..session_store import SessionStore, SessionStoreEntry, implements
from .mirror import Mirror

log = get_logger(__name__)
T = TypeVar("T")

_SUBPATH = re.compile(r"(?:[A-Za-z0-9_][\w.-]*/)*[A-Za-z0-9_][\w.-]*", re.ASCII)


async def prepare_mirror(
    options: ClaudeCodeOptions, *, own_process: bool = True
) -> tuple[ClaudeCodeOptions, Mirror]:
    """Prepare the options and the mirror for a conversation that uses a session store.

    :param options: the caller's options, which include a store.
    :param own_process: whether a process will be started, which may resume a conversation.
    :returns: the options to start the CLI with, and the mirror.
    :raises SessionStoreError: if the store fails or times out
    """
    store = options.session_store
    if store is None:
        raise OptionsError("The options have no session_store. Set one.", field="session_store")
    restored = await _restore(store, options) if own_process else None
    mirror = Mirror(
        store,
        eager=options.session_store_flush == "eager",
        seconds=options.session_store_timeout,
        finish=partial(_finish, restored, options) if restored is not None else None,
    )
    if restored is not None:
        options = dataclasses.replace(
            options, resume=str(restored.transcript), continue_conversation=False
        )
    return options, mirror


@dataclass(frozen=True)
class _Restored:
    """A conversation that was written to `folder`."""

    folder: Path
    transcript: Path

    def save(self, project: Path) -> bool:
        """Copy the conversation to the folder `project` unless it already exists there.

        :returns: False if copying failed.
        """
        target = project / self.transcript.name
        try:
            if target.exists():
                raise FileExistsError(f"{target} exists already")
            _copy_files(self.transcript.parent, project)
        except OSError as error:
            log.error(
                "Kept a conversation that is missing in its store in %s: %s", self.folder, error
            )
            return False
        log.warning("Saved a conversation that is missing in its store to %s", target)
        return True

    def remove(self) -> None:
        """Delete the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _copy_files(source: Path, target: Path) -> None:
    for path in sorted(each for each in source.rglob("*") if each.is_file()):
        copy = target / path.relative_to(source)
        make_folder(copy.parent, target.parent, mode=0o700)
        write_file(copy, path.read_bytes(), root=target.parent)


def _finish(restored: _Restored, options: ClaudeCodeOptions, incomplete: bool) -> None:
    """Delete the folder once the conversation is in the store or has been saved."""
    from ..cli.settings.files import config_folder

    saved = True
    if incomplete:
        home = config_folder({**os.environ, **options.env})
        saved = restored.save(home / "projects" / restored.transcript.parent.name)
    if saved:
        restored.remove()


async def _restore(store: SessionStore, options: ClaudeCodeOptions) -> _Restored | None:
    """Write the requested conversation to files; return None if it is not in the store."""
    if options.resume is None and not options.continue_conversation:
        return None
    # Imported here because conversations without a store do not need these modules.
    from .stores.reading import key_of
    from .transcripts.paths import is_session_id

    reader = _StoreReader(store, options.load_timeout_ms / 1000)
    if options.resume is None:
        return await reader.latest(key_of("", options.cwd))
    if not is_session_id(options.resume):
        return None
    return await reader.restore(key_of(options.resume, options.cwd))


class _StoreReader:
    """A store that limits each read to `seconds`."""

    def __init__(self, store: SessionStore, seconds: float) -> None:
        self._store = store
        self._seconds = seconds

    async def _call(self, operation: str, read: Callable[[], Awaitable[T]]) -> T:
        try:
            with anyio.fail_after(self._seconds):
                return await read()
        except TimeoutError as error:
            raise SessionStoreError(
                f"The session store did not answer {operation} within {self._seconds:g} s. Try "
                "again, or increase load_timeout_ms."
            ) from error
        except Exception as error:  # a store may raise any exception
            raise SessionStoreError(
                f"The session store failed at {operation}: {type(error).__name__}: "
                f"{refusal(error)}. Nothing was started. Check the store, or remove session_store."
            ) from error

    async def _load(self, key: SessionKey) -> list[SessionStoreEntry]:
        return await self._call(f"load({key})", lambda: self._store.load(key)) or []

    async def latest(self, key: SessionKey) -> _Restored | None:
        """Restore the most recent conversation of the project that `key` refers to."""
        from .transcripts.paths import is_session_id

        project = key["project_key"]
        listed = await self._call("list_sessions()", lambda: self._store.list_sessions(project))
        for row in sorted(listed, key=lambda row: -row["mtime"]):
            if not is_session_id(row["session_id"]):
                continue
            restored = await self.restore({**key, "session_id": row["session_id"]}, main=True)
            if restored is not None:
                return restored
        return None

    async def restore(self, key: SessionKey, *, main: bool = False) -> _Restored | None:
        """Restore a conversation along with its subagents.

        :param main: return None if the conversation belongs to a subagent.
        """
        entries = await self._load(key)
        if not entries or (main and _is_sidechain(entries[0])):
            return None
        folder = Path(tempfile.mkdtemp(prefix="claude-notebook-resume-"))
        restored = _Restored(
            folder, folder / "projects" / key["project_key"] / f"{key['session_id']}.jsonl"
        )
        try:
            await anyio.to_thread.run_sync(_write, folder, restored.transcript, entries)
            await self._restore_agents(key, folder, restored.transcript.with_suffix(""))
        except BaseException:
            restored.remove()
            raise
        return restored

    async def _restore_agents(self, key: SessionKey, root: Path, folder: Path) -> None:
        from .stores.reading import conversation_of, split_metadata

        if not implements(self._store, "list_subkeys"):
            return
        conversation = conversation_of(key)
        subpaths = await self._call(
            "list_subkeys()", lambda: self._store.list_subkeys(conversation)
        )
        for subpath in subpaths:
            # The subpath becomes part of a file path, but its source is untrusted.
            if not _SUBPATH.fullmatch(subpath):
                log.warning("skipped an invalid subpath in the session store: %r", subpath)
                continue
            meta, lines = split_metadata(await self._load({**key, "subpath": subpath}))
            if lines:
                await anyio.to_thread.run_sync(_write, root, folder / f"{subpath}.jsonl", lines)
            if meta:
                metadata = json.dumps(meta).encode()
                _write_text(root, folder / f"{subpath}.meta.json", metadata)


def _is_sidechain(entry: object) -> bool:
    return isinstance(entry, dict) and entry.get("isSidechain") is True


def _write(root: Path, path: Path, entries: Sequence[object]) -> None:
    from .transcripts.entries import as_line

    data = b"".join(as_line(entry) for entry in entries if isinstance(entry, dict))
    _write_text(root, path, data)


def _write_text(root: Path, path: Path, data: bytes) -> None:
    make_folder(path.parent, root, mode=0o700)
    create_file(path, data, root=root)
