"""A conversation of a session store, written where the CLI can take it up."""

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
from claude_notebook.sessions.resume import mirrored

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio"])]
ID = "00000000-0000-4000-8000-{:012}"


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """The folders with conversations that are taken up at the moment."""
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


async def test_it_is_written_and_removed(folders, project):
    store = await stored(project, parentUuid=None)
    given = options(store, project, resume=ID.format(0))
    used, mirror = await mirrored(given)
    (folder,) = folders()
    path = Path(used.resume)
    assert path == folder / "projects" / key(project)["project_key"] / f"{ID.format(0)}.jsonl"
    assert lines(path)[0]["uuid"] == "u"
    assert mode(path) == 0o600
    await mirror.aclose()
    assert not folders()
    await mirror.aclose()


@pytest.mark.parametrize(
    "asked",
    [{}, {"resume": ID.format(7)}, {"resume": "a title"}, {"resume": ID.format(0), "own": False}],
)
async def test_what_the_store_does_not_have_stays_as_it_is(folders, project, asked):
    own = asked.pop("own", True)
    given = options(await stored(project), project, **asked)
    used, _ = await mirrored(given, own_process=own)
    assert used == given
    assert not folders()


async def test_the_latest_is_gone_on_with(folders, project):
    store = await stored(project, 3)
    await store.append(key(project, 8), [{"type": "user", "isSidechain": True}])
    await store.append({**key(project), "session_id": "strange"}, [{"type": "user"}])
    used, mirror = await mirrored(options(store, project, continue_conversation=True))
    assert Path(used.resume).stem == ID.format(2)
    assert not used.continue_conversation
    await mirror.aclose()

    given = options(InMemorySessionStore(), project, continue_conversation=True)
    assert (await mirrored(given))[0] == given


async def test_sub_agents_come_with_it_but_nothing_leaves_the_folder(folders, project, caplog):
    store = await stored(project)
    for subpath in ("subagents/agent-1", "subagents/w/agent-2", "../../x", "/x", "a/../b", "C:x"):
        await store.append({**key(project), "subpath": subpath}, [{"type": "user", "uuid": "a"}])
    await store.append({**key(project), "subpath": "subagents/agent-3"}, [])
    meta = {"type": "agent_metadata", "agentType": "general"}
    await store.append({**key(project), "subpath": "subagents/agent-1"}, [meta])
    used, mirror = await mirrored(options(store, project, resume=ID.format(0)))
    root = Path(used.resume).with_suffix("")
    found = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.json*"))
    assert found == [
        "subagents/agent-1.jsonl",
        "subagents/agent-1.meta.json",
        "subagents/w/agent-2.jsonl",
    ]
    assert lines(root / found[1]) == [{"agentType": "general"}]
    assert caplog.text.count("strange subpath") == 4
    await mirror.aclose()


@pytest.mark.parametrize("there", [False, True, None])
async def test_what_the_store_lacks_is_not_lost(folders, project, tmp_path, caplog, there):
    home = tmp_path / "config"
    kept = home / "projects" / key(project)["project_key"] / f"{ID.format(0)}.jsonl"
    if there:
        kept.parent.mkdir(parents=True)
        kept.write_text("{}")
    if there is None:
        home.write_text("no folder")
    given = options(
        await stored(project), project, resume=ID.format(0), env={"CLAUDE_CONFIG_DIR": str(home)}
    )
    _, mirror = await mirrored(given)
    mirror.see(TranscriptMirrorMessage("/tmp/strange", [{"type": "x"}]))
    await mirror.aclose()
    if there is False:
        assert not folders()
        assert len(lines(kept)) == 2
        assert f"is kept in {kept}" in caplog.text
    else:
        (folder,) = folders()
        assert f"stays in {folder}" in caplog.text
        assert not there or lines(kept) == [{}]


class Refuses(InMemorySessionStore):
    """One method does not do what it should."""

    def __init__(self, method: str, fate: object) -> None:
        super().__init__()

        async def fails(*args: object) -> None:
            if isinstance(fate, BaseException):
                raise fate
            await fate()

        setattr(self, method, fails)


@pytest.mark.parametrize(
    ("method", "asked"),
    [
        ("load", {"resume": ID.format(0)}),
        ("list_subkeys", {"resume": ID.format(0)}),
        ("list_sessions", {"continue_conversation": True}),
    ],
)
@pytest.mark.parametrize(
    ("fate", "said"),
    [(OSError("the disk is gone"), "OSError: the disk is gone"), (anyio.sleep_forever, "0.05 s")],
)
async def test_a_store_that_cannot_be_read_is_told(folders, project, method, asked, fate, said):
    store = Refuses(method, fate)
    await store.append(key(project), [{"type": "user"}])
    with pytest.raises(RuntimeError, match=f"{method}.*{said}") as caught:
        await mirrored(options(store, project, load_timeout_ms=50, **asked))
    assert isinstance(caught.value, SessionStoreError)
    assert not folders()


async def test_a_store_without_subkeys_is_enough(folders, project):
    kept = await stored(project)

    class Bare:
        append, load = kept.append, kept.load

    used, mirror = await mirrored(options(Bare(), project, resume=ID.format(0)))
    assert len(lines(Path(used.resume))) == 2
    await mirror.aclose()


async def test_nothing_is_left_when_nothing_can_be_started(folders, project):
    given = options(await stored(project), project, resume=ID.format(0), cli_path=project / "none")
    with pytest.raises(CLINotFoundError):
        await ClaudeSDKClient(given).connect()
    assert not folders()


@pytest.mark.parametrize(
    ("given", "field"),
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
async def test_wrong_options_are_told_before_anything_starts(given, field):
    with pytest.raises(OptionsError) as caught:
        await ClaudeSDKClient(ClaudeCodeOptions(**given)).connect()
    assert caught.value.field == field


async def test_going_on_needs_a_store_that_can_list(project):
    class Bare:
        append = load = InMemorySessionStore.load

    with pytest.raises(OptionsError, match="list_sessions"):
        await ClaudeSDKClient(options(Bare(), project, continue_conversation=True)).connect()
    with pytest.raises(OptionsError, match="no session_store"):
        await mirrored(ClaudeCodeOptions())
