"""Resumption of a conversation from a session store."""

import json
import tempfile
from pathlib import Path

import anyio
import pytest

from claude_notebook import (
    ClaudeCodeOptions,
    ClaudeSDKClient,
    CLINotFoundError,
    InMemorySessionStore,
    OptionsError,
    SessionStoreError,
    project_key_for_directory,
)
from claude_notebook.messages import TranscriptMirrorMessage
from claude_notebook.sessions.resume import prepare_mirror

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio"])]
ID = "00000000-0000-4000-8000-{:012}"


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """List the folders of currently resumed conversations."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return lambda: list(tmp_path.glob("claude-notebook-resume-*"))


@pytest.fixture
def project(tmp_path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def key(project: Path, number: int = 0) -> dict:
    return {"project_key": project_key_for_directory(project), "session_id": ID.format(number)}


async def stored(project: Path, count: int = 1, **fields: object) -> InMemorySessionStore:
    store = InMemorySessionStore()
    for number in range(count):
        await store.append(key(project, number), [{"type": "user", "uuid": "u", **fields}, {}])
    return store


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def options(store: object, project: Path, **more: object) -> ClaudeCodeOptions:
    return ClaudeCodeOptions(session_store=store, cwd=project, **more)


async def test_prepare_mirror_writes_and_removes_transcript(folders, project):
    store = await stored(project, parentUuid=None)
    given_options = options(store, project, resume=ID.format(0))
    used, mirror = await prepare_mirror(given_options)
    (folder,) = folders()
    path = Path(used.resume)
    assert path == folder / "projects" / key(project)["project_key"] / f"{ID.format(0)}.jsonl"
    assert lines(path)[0]["uuid"] == "u"
    assert mode(path) == 0o600
    await mirror.aclose()
    assert not folders()
    await mirror.aclose()


@pytest.mark.parametrize(
    "lookup",
    [{}, {"resume": ID.format(7)}, {"resume": "a title"}, {"resume": ID.format(0), "own": False}],
)
async def test_prepare_mirror_keeps_options_without_stored_conversation(folders, project, lookup):
    own = lookup.pop("own", True)
    given_options = options(await stored(project), project, **lookup)
    used, _ = await prepare_mirror(given_options, own_process=own)
    assert used == given_options
    assert not folders()


async def test_prepare_mirror_continues_latest_conversation(folders, project):
    store = await stored(project, 3)
    await store.append(key(project, 8), [{"type": "user", "isSidechain": True}])
    await store.append({**key(project), "session_id": "strange"}, [{"type": "user"}])
    used, mirror = await prepare_mirror(options(store, project, continue_conversation=True))
    assert Path(used.resume).stem == ID.format(2)
    assert not used.continue_conversation
    await mirror.aclose()

    given_options = options(InMemorySessionStore(), project, continue_conversation=True)
    assert (await prepare_mirror(given_options))[0] == given_options


async def test_prepare_mirror_restores_subagents_inside_folder_only(folders, project, caplog):
    store = await stored(project)
    for subpath in ("subagents/agent-1", "subagents/w/agent-2", "../../x", "/x", "a/../b", "C:x"):
        await store.append({**key(project), "subpath": subpath}, [{"type": "user", "uuid": "a"}])
    await store.append({**key(project), "subpath": "subagents/agent-3"}, [])
    meta = {"type": "agent_metadata", "agentType": "general"}
    await store.append({**key(project), "subpath": "subagents/agent-1"}, [meta])
    used, mirror = await prepare_mirror(options(store, project, resume=ID.format(0)))
    root = Path(used.resume).with_suffix("")
    paths = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.json*"))
    assert paths == [
        "subagents/agent-1.jsonl",
        "subagents/agent-1.meta.json",
        "subagents/w/agent-2.jsonl",
    ]
    assert lines(root / paths[1]) == [{"agentType": "general"}]
    assert caplog.text.count("invalid subpath") == 4
    await mirror.aclose()


@pytest.mark.parametrize("there", [False, True, None])
async def test_mirror_close_saves_conversation_missing_in_store(
    folders, project, tmp_path, caplog, there
):
    home = tmp_path / "config"
    kept = home / "projects" / key(project)["project_key"] / f"{ID.format(0)}.jsonl"
    if there:
        kept.parent.mkdir(parents=True)
        kept.write_text("{}")
    if there is None:
        home.write_text("no folder")
    given_options = options(
        await stored(project), project, resume=ID.format(0), env={"CLAUDE_CONFIG_DIR": str(home)}
    )
    _, mirror = await prepare_mirror(given_options)
    mirror.take_entries(TranscriptMirrorMessage("/tmp/strange", [{"type": "x"}]))
    await mirror.aclose()
    if there is False:
        assert not folders()
        assert len(lines(kept)) == 2
        assert f"Saved a conversation that is missing in its store to {kept}" in caplog.text
    else:
        (folder,) = folders()
        assert f"missing in its store in {folder}" in caplog.text
        assert not there or lines(kept) == [{}]


class BrokenStore(InMemorySessionStore):
    """A store with one broken method."""

    def __init__(self, method: str, outcome: object) -> None:
        super().__init__()

        async def fails(*args: object) -> None:
            if isinstance(outcome, BaseException):
                raise outcome
            await outcome()

        setattr(self, method, fails)


@pytest.mark.parametrize(
    ("method", "lookup"),
    [
        ("load", {"resume": ID.format(0)}),
        ("list_subkeys", {"resume": ID.format(0)}),
        ("list_sessions", {"continue_conversation": True}),
    ],
)
@pytest.mark.parametrize(
    ("outcome", "message"),
    [(OSError("the disk is gone"), "OSError: the disk is gone"), (anyio.sleep_forever, "0.05 s")],
)
async def test_prepare_mirror_reports_unreadable_store(
    folders, project, method, lookup, outcome, message
):
    store = BrokenStore(method, outcome)
    await store.append(key(project), [{"type": "user"}])
    with pytest.raises(RuntimeError, match=f"{method}.*{message}") as caught:
        await prepare_mirror(options(store, project, load_timeout_ms=50, **lookup))
    assert isinstance(caught.value, SessionStoreError)
    assert not folders()


async def test_prepare_mirror_works_without_subkeys(folders, project):
    kept = await stored(project)

    class Bare:
        append, load = kept.append, kept.load

    used, mirror = await prepare_mirror(options(Bare(), project, resume=ID.format(0)))
    assert len(lines(Path(used.resume))) == 2
    await mirror.aclose()


async def test_client_start_failure_removes_restored_folder(folders, project):
    given_options = options(
        await stored(project), project, resume=ID.format(0), cli_path=project / "none"
    )
    with pytest.raises(CLINotFoundError):
        await ClaudeSDKClient(given_options).connect()
    assert not folders()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"session_store": object()}, "session_store"),
        ({"session_store_flush": "never"}, "session_store_flush"),
        ({"session_store_timeout": 0}, "session_store_timeout"),
        (
            {"session_store": InMemorySessionStore(), "enable_file_checkpointing": True},
            "session_store",
        ),
    ],
)
async def test_client_rejects_wrong_store_options(fields, field):
    with pytest.raises(OptionsError) as caught:
        await ClaudeSDKClient(ClaudeCodeOptions(**fields)).connect()
    assert caught.value.field == field


async def test_continue_requires_store_with_list_sessions(project):
    class Bare:
        append = load = InMemorySessionStore.load

    with pytest.raises(OptionsError, match="list_sessions"):
        await ClaudeSDKClient(options(Bare(), project, continue_conversation=True)).connect()
    with pytest.raises(OptionsError, match="have no session_store"):
        await prepare_mirror(ClaudeCodeOptions())
