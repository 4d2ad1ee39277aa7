"""Take up a conversation that only a session store has.

Its transcript is written to a folder of its own, from which the CLI resumes it and adds to it; what
it adds goes to the store. When the conversation ends, the folder is deleted; but if the store lacks
something, the transcript goes to where the CLI keeps its own. Settings, plugins and the login stay
where they are.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import anyio
import anyio.to_thread

from ..errors import OptionsError, SessionStoreError
from ..files import create_file, make_folder, write_file
from ..logs import get_logger, refusal
from ..messages import JSON, SessionKey
from ..options import ClaudeCodeOptions
from ..session_store import SessionStore, SessionStoreEntry, implements
from .mirror import Mirror

log = get_logger(__name__)
T = TypeVar("T")

_SUBPATH = re.compile(r"(?:[A-Za-z0-9_][\w.-]*/)*[A-Za-z0-9_][\w.-]*", re.ASCII)


async def mirrored(
    options: ClaudeCodeOptions, *, own_process: bool = True
) -> tuple[ClaudeCodeOptions, Mirror]:
    """The options to start the CLI with, and who hands on its transcripts.

    :param options: as they were given, with a store.
    :param own_process: a process is going to be started, which may resume a conversation.
    :raises SessionStoreError: the store fails, or takes too long
    """
    store = options.session_store
    if store is None:
        raise OptionsError("There is no session_store in the options.", field="session_store")
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
        """Keep it in the folder `project` if that has no such conversation. False if that fails."""
        target = project / self.transcript.name
        try:
            if target.exists():
                raise FileExistsError(f"{target} is another one")
            _copy_files(self.transcript.parent, project)
        except OSError as error:
            log.error("A conversation that its store lacks stays in %s: %s", self.folder, error)
            return False
        log.warning("A conversation that its store lacks is kept in %s", target)
        return True

    def remove(self) -> None:
        """Delete it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _copy_files(source: Path, target: Path) -> None:
    for path in sorted(each for each in source.rglob("*") if each.is_file()):
        copy = target / path.relative_to(source)
        make_folder(copy.parent, target.parent, mode=0o700)
        write_file(copy, path.read_bytes(), root=target.parent)


def _finish(restored: _Restored, options: ClaudeCodeOptions, lacking: bool) -> None:
    """Delete the folder, when its conversation is in the store or has been saved."""
    from ..cli.settings.files import config_folder

    saved = True
    if lacking:
        home = config_folder({**os.environ, **options.env})
        saved = restored.save(home / "projects" / restored.transcript.parent.name)
    if saved:
        restored.remove()


async def _restore(store: SessionStore, options: ClaudeCodeOptions) -> _Restored | None:
    """The conversation that is asked for, as files; None if the store does not have it."""
    if options.resume is None and not options.continue_conversation:
        return None
    # The transcripts' room loads what conversations without a store do not need.
    from .stores.reading import key_of
    from .transcripts.paths import is_session_id

    asked = _Asked(store, (options.load_timeout_ms or 60_000) / 1000)
    if options.resume is None:
        return await asked.latest(key_of("", options.cwd))
    if not is_session_id(options.resume):
        return None
    return await asked.restore(key_of(options.resume, options.cwd))


class _Asked:
    """A store, each read of which has `seconds`."""

    def __init__(self, store: SessionStore, seconds: float) -> None:
        self._store = store
        self._seconds = seconds

    async def _of(self, what: str, read: Callable[[], Awaitable[T]]) -> T:
        try:
            with anyio.fail_after(self._seconds):
                return await read()
        except TimeoutError as error:
            raise SessionStoreError(
                f"The session store did not answer {what} within {self._seconds:g} s. Try again, "
                "or allow more by load_timeout_ms."
            ) from error
        except Exception as error:  # whatever a store raises
            raise SessionStoreError(
                f"The session store failed at {what}: {type(error).__name__}: {refusal(error)}. "
                "Nothing was started; check the store, or leave out session_store."
            ) from error

    async def _load(self, key: SessionKey) -> list[SessionStoreEntry]:
        return await self._of(f"load({key})", lambda: self._store.load(key)) or []

    async def latest(self, key: SessionKey) -> _Restored | None:
        """The conversation that was written last; `key` has the project."""
        from .transcripts.paths import is_session_id

        project = key["project_key"]
        listed = await self._of("list_sessions()", lambda: self._store.list_sessions(project))
        for each in sorted(listed, key=lambda each: -each["mtime"]):
            if not is_session_id(each["session_id"]):
                continue
            restored = await self.restore({**key, "session_id": each["session_id"]}, main=True)
            if restored is not None:
                return restored
        return None

    async def restore(self, key: SessionKey, *, main: bool = False) -> _Restored | None:
        """A conversation with its sub-agents. With `main`, None for what is a sub-agent's own."""
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
        where = conversation_of(key)
        subpaths = await self._of("list_subkeys()", lambda: self._store.list_subkeys(where))
        for subpath in subpaths:
            # It becomes a path, and comes from elsewhere.
            if not _SUBPATH.fullmatch(subpath):
                log.warning("the session store has a strange subpath, left out: %r", subpath)
                continue
            meta, lines = split_metadata(await self._load({**key, "subpath": subpath}))
            if lines:
                await anyio.to_thread.run_sync(_write, root, folder / f"{subpath}.jsonl", lines)
            if meta:
                metadata = json.dumps(meta).encode()
                _write_text(root, folder / f"{subpath}.meta.json", metadata)


def _is_sidechain(entry: JSON) -> bool:
    return isinstance(entry, dict) and entry.get("isSidechain") is True


def _write(root: Path, path: Path, entries: list[JSON]) -> None:
    from .transcripts.entries import as_line

    data = b"".join(as_line(entry) for entry in entries if isinstance(entry, dict))
    _write_text(root, path, data)


def _write_text(root: Path, path: Path, data: bytes) -> None:
    make_folder(path.parent, root, mode=0o700)
    create_file(path, data, root=root)
