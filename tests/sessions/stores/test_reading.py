"""Conversations in a session store, compared with local transcripts."""

import json
import logging
import os
from pathlib import Path

import anyio
import pytest
from conversations import Conversation, text_of

from claude_notebook import (
    InMemorySessionStore,
    OptionsError,
    SessionNotFoundError,
    delete_session_via_store,
    fold_session_summary,
    fork_session,
    fork_session_via_store,
    get_session_info_from_store,
    get_session_messages,
    get_session_messages_from_store,
    get_subagent_messages_from_store,
    import_session_to_store,
    list_sessions_from_store,
    list_subagents_from_store,
    project_key_for_directory,
    rename_session_via_store,
    tag_session_via_store,
)
from claude_notebook.sessions.transcripts.paths import project_name

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio"])]
UNKNOWN = "0f0f0f0f-0000-4000-8000-000000000000"
ID = "00000000-0000-4000-8000-{:012}"


class Bare:
    """A store with only the required methods."""

    def __init__(self) -> None:
        self.inner = InMemorySessionStore()
        self.loads = 0

    async def append(self, key, entries):
        await self.inner.append(key, entries)

    async def load(self, key):
        self.loads += 1
        return await self.inner.load(key)


class Listing(Bare):
    async def list_sessions(self, project_key):
        return await self.inner.list_sessions(project_key)


class WithSummaries(Listing):
    """A store with summaries, some of them missing or outdated."""

    def __init__(self) -> None:
        super().__init__()
        self.missing: set[str] = set()
        self.outdated: set[str] = set()

    async def list_session_summaries(self, project_key):
        return [
            {**entry, "mtime": entry["mtime"] - (entry["session_id"] in self.outdated)}
            for entry in await self.inner.list_session_summaries(project_key)
            if entry["session_id"] not in self.missing
        ]


class OnlySummaries(Bare):
    async def list_session_summaries(self, project_key):
        return await self.inner.list_session_summaries(project_key)


class Unimplemented(Listing):
    async def list_session_summaries(self, project_key):
        raise NotImplementedError


def prompt(text: str, **fields: object) -> dict:
    return {"type": "user", "message": {"role": "user", "content": text}, **fields}


async def filled(store, project: Path, count: int = 3):
    """Fill a store with conversations titled by their numbers, the last one the latest."""
    for number in range(count):
        key = {"project_key": project_key_for_directory(project), "session_id": ID.format(number)}
        await store.append(key, [prompt(str(number))])
    return store


async def summaries(store, project: Path, *page: object) -> list[str]:
    return [info.summary for info in await list_sessions_from_store(store, project, *page)]


def test_project_key_matches_cli(tmp_path, monkeypatch, anyio_backend):
    folder = tmp_path / "a é 🎉"
    folder.mkdir()
    (tmp_path / "link").symlink_to(folder)
    key = project_key_for_directory(folder)
    assert key == project_name(os.path.realpath(folder))
    assert project_key_for_directory(tmp_path / "link") == key
    monkeypatch.chdir(folder)
    assert project_key_for_directory() == key


@pytest.mark.parametrize(
    "kind", [InMemorySessionStore, Listing, WithSummaries, OnlySummaries, Unimplemented]
)
async def test_list_sessions_from_store_pages_latest_first(kind, tmp_path):
    store = await filled(kind(), tmp_path, 40)
    everything = [str(number) for number in reversed(range(40))]
    assert await summaries(store, tmp_path) == everything
    assert await summaries(store, tmp_path, 3) == everything[:3]
    assert await summaries(store, tmp_path, 10, 30) == everything[30:]
    assert await summaries(store, tmp_path, 0) == await summaries(store, tmp_path, -1) == everything
    assert await summaries(store, tmp_path / "elsewhere") == []


async def test_list_sessions_from_store_loads_only_without_summary(tmp_path):
    store = await filled(WithSummaries(), tmp_path)
    assert await summaries(store, tmp_path) == ["2", "1", "0"]
    assert store.loads == 0
    store.missing, store.outdated = {ID.format(0)}, {ID.format(1)}
    assert await summaries(store, tmp_path) == ["2", "1", "0"]
    assert store.loads == 2


@pytest.mark.parametrize(("limit", "offset", "loads"), [(1, 0, 1), (2, 0, 2), (2, 1, 3), (0, 0, 5)])
async def test_list_sessions_from_store_loads_no_more_than_the_page(limit, offset, loads, tmp_path):
    store = await filled(WithSummaries(), tmp_path, 5)
    store.missing = {ID.format(number) for number in range(5)}

    await summaries(store, tmp_path, limit, offset)

    assert store.loads == loads


async def test_cleared_tag_leaves_the_summary(tmp_path):
    key = {"project_key": "p", "session_id": ID.format(0)}
    tagged = fold_session_summary(None, key, [{"type": "tag", "tag": "blue"}])
    assert tagged["data"]["tag"] == "blue"
    for cleared in ("", None):
        entry = {"type": "tag", "tag": cleared}
        assert "tag" not in fold_session_summary(tagged, key, [entry])["data"]


async def test_list_sessions_from_store_skips_subagents_in_limit(tmp_path):
    store = await filled(Listing(), tmp_path)
    key = {"project_key": project_key_for_directory(tmp_path), "session_id": ID.format(9)}
    await store.append(key, [prompt("a subagent's", isSidechain=True)])
    assert await summaries(store, tmp_path, 1) == ["2"]


async def test_list_sessions_from_store_survives_failed_load(tmp_path, caplog):
    class Flaky(Listing):
        async def load(self, key):
            if key["session_id"] == ID.format(1):
                raise OSError("gone")
            return await super().load(key)

    store = await filled(Flaky(), tmp_path)
    with caplog.at_level(logging.WARNING):
        assert await summaries(store, tmp_path) == ["2", "", "0"]
    assert "gone" in caplog.text


async def test_listing_requires_store_methods(tmp_path):
    with pytest.raises(OptionsError, match="list_sessions"):
        await list_sessions_from_store(Bare(), tmp_path)
    with pytest.raises(OptionsError, match="list_subkeys"):
        await list_subagents_from_store(Bare(), UNKNOWN, tmp_path)


async def test_list_sessions_from_store_loads_concurrently(tmp_path):
    class Slow(Listing):
        running = most = 0

        async def load(self, key):
            self.running += 1
            self.most = max(self.most, self.running)
            await anyio.wait_all_tasks_blocked()
            self.running -= 1
            return await super().load(key)

    store = await filled(Slow(), tmp_path, 20)
    assert len(await summaries(store, tmp_path)) == 20
    assert store.most == 16


async def test_get_session_info_from_store_describes_one(tmp_path):
    store = await filled(Bare(), tmp_path)
    key = {"project_key": project_key_for_directory(tmp_path), "session_id": ID.format(1)}
    assert (await get_session_info_from_store(store, ID.format(1), tmp_path)).last_modified == 0
    await store.append(key, [{"type": "mode", "timestamp": "2026-01-02T03:04:05Z"}, {"type": "x"}])
    info = await get_session_info_from_store(store, ID.format(1), tmp_path)
    assert (info.summary, info.last_modified) == ("1", 1767323045000)
    assert project_name(info.cwd) == project_key_for_directory(tmp_path)


@pytest.fixture
async def imported(talk: Conversation, config: Path):
    """A store with the conversation `talk`: a title, a rewound message and a subagent."""
    talk.say("one").say("two")
    answered = talk.last
    talk.message("user", "not this", parent=answered)
    talk.message(
        "user", "but this", parent=json.loads(talk.path.read_bytes().splitlines()[3])["uuid"]
    )
    talk.line(type="custom-title", customTitle="A title").line(type="tag", tag="blue")
    agents = talk.folder / talk.session_id / "subagents" / "more"
    agents.mkdir(parents=True)
    agent = Conversation(config, talk.cwd)
    agent.say("the task", isSidechain=True).path.rename(agents / "agent-a1.jsonl")
    (agents / "agent-a1.meta.json").write_text('{"toolUseId": "t1", "agentType": "general"}')
    store = InMemorySessionStore()
    await import_session_to_store(talk.session_id, store, config_dir=config, batch_size=3)
    return store


async def test_imported_conversation_reads_like_local_one(
    imported, talk: Conversation, config: Path
):
    here = get_session_messages(talk.session_id, config_dir=config)
    there = await get_session_messages_from_store(imported, talk.session_id, talk.cwd)
    assert there == here
    assert [text_of(message.message["content"]) for message in there][-1] == "but this"
    page = await get_session_messages_from_store(imported, talk.session_id, talk.cwd, 1, 2)
    assert page == here[2:3]
    info, same = (
        await get_session_info_from_store(imported, talk.session_id, talk.cwd),
        talk.info(),
    )
    assert (info.summary, info.tag, info.cwd) == (same.summary, same.tag, same.cwd)


async def test_subagents_from_store(imported, talk: Conversation):
    key = {"project_key": talk.folder.name, "session_id": talk.session_id}
    for strange in ("agent-a2", "elsewhere/agent-a3", "subagents/notes"):
        await imported.append({**key, "subpath": strange}, [{"type": "x"}])
    assert await list_subagents_from_store(imported, talk.session_id, talk.cwd) == ["a1"]
    ask = (talk.session_id, "a1", talk.cwd)
    messages = await get_subagent_messages_from_store(imported, *ask)
    assert [text_of(message.message["content"]) for message in messages] == ["the task", "fine"]
    assert {(m.parent_tool_use_id, m.parent_agent_id) for m in messages} == {("t1", None)}
    assert await get_subagent_messages_from_store(imported, *ask, 1, 1) == messages[1:]
    assert await get_subagent_messages_from_store(imported, talk.session_id, "b2", talk.cwd) == []
    assert await get_subagent_messages_from_store(imported, talk.session_id, "", talk.cwd) == []


async def test_get_subagent_messages_from_store_tries_usual_subpath(tmp_path):
    store = Bare()
    key = {"project_key": project_key_for_directory(tmp_path), "session_id": UNKNOWN}
    entry = prompt("task", uuid="u", isSidechain=True, parentUuid=None)
    await store.append({**key, "subpath": "subagents/agent-a1"}, [entry])
    messages = await get_subagent_messages_from_store(store, UNKNOWN, "a1", tmp_path)
    assert [message.message["content"] for message in messages] == ["task"]


async def test_import_session_to_store_skips_subagents_and_broken_lines(talk, config):
    talk.say("one").raw(b"{broken\n\n[1]\n").say("two")
    folder = talk.folder / talk.session_id / "subagents"
    folder.mkdir(parents=True)
    (folder / "agent-a1.jsonl").write_text('{"type":"x"}\n')
    store = InMemorySessionStore()
    session = talk.session_id
    await import_session_to_store(
        session, store, config_dir=config, include_subagents=False, batch_size=0
    )
    assert await list_subagents_from_store(store, session, talk.cwd) == []
    assert len(await get_session_messages_from_store(store, session, talk.cwd)) == 4
    await import_session_to_store(session, store, config_dir=config)
    assert await list_subagents_from_store(store, session, talk.cwd) == ["a1"]


async def test_import_session_to_store_splits_large_transcripts(talk, config):
    sizes = []

    class Counting(Bare):
        async def append(self, key, entries):
            sizes.append(len(entries))

    talk.say("x" * 700_000).say("y" * 700_000)
    await import_session_to_store(talk.session_id, Counting(), config_dir=config)
    assert sizes == [3, 1]
    talk.path.write_bytes(b"")
    await import_session_to_store(talk.session_id, Counting(), config_dir=config)
    assert sizes == [3, 1]


async def test_store_edits_rename_tag_and_delete(imported, talk: Conversation):
    session, folder = talk.session_id, talk.cwd
    await rename_session_via_store(imported, session, "  another\ntitle ", folder)
    await tag_session_via_store(imported, session, "red", folder)
    info = await get_session_info_from_store(imported, session, folder)
    assert (info.custom_title, info.tag) == ("another title", "red")
    await tag_session_via_store(imported, session, None, folder)
    assert (await get_session_info_from_store(imported, session, folder)).tag is None
    await delete_session_via_store(imported, session, folder)
    assert await get_session_info_from_store(imported, session, folder) is None
    assert await list_subagents_from_store(imported, session, folder) == []
    await delete_session_via_store(Bare(), session, folder)


async def test_fork_session_via_store_matches_local_fork(imported, talk: Conversation, config):
    session, folder = talk.session_id, talk.cwd
    made = await fork_session_via_store(imported, session, folder, new_session_id=UNKNOWN)
    assert made.session_id == UNKNOWN
    fork_session(session, folder, new_session_id=UNKNOWN, config_dir=config)
    lines = (talk.folder / f"{UNKNOWN}.jsonl").read_bytes().splitlines()
    key = {"project_key": talk.folder.name, "session_id": UNKNOWN}
    stored = await imported.load(key)
    assert _without_ids(stored) == _without_ids(map(json.loads, lines))
    assert not {entry["uuid"] for entry in stored if "uuid" in entry} & {
        json.loads(line).get("uuid") for line in lines
    }
    info = await get_session_info_from_store(imported, UNKNOWN, folder)
    assert (info.custom_title, info.tag) == ("A title (fork)", "blue")

    first = (await get_session_messages_from_store(imported, session, folder))[0].uuid
    short = await fork_session_via_store(imported, session, folder, first, "Short")
    (kept,) = await get_session_messages_from_store(imported, short.session_id, folder)
    assert kept.session_id == short.session_id
    assert kept.uuid != first


def _without_ids(entries) -> list[dict]:
    names = {"uuid", "parentUuid", "sourceToolAssistantUUID", "logicalParentUuid"}
    return [{k: v for k, v in entry.items() if k not in names} for entry in entries]


async def test_store_edits_reject_wrong_arguments(imported, talk: Conversation, config):
    store, session, folder = imported, talk.session_id, talk.cwd
    invalid = [
        rename_session_via_store(store, "../x", "title", folder),
        rename_session_via_store(store, session, "  ", folder),
        tag_session_via_store(store, session, "\x00", folder),
        delete_session_via_store(store, "x", folder),
        fork_session_via_store(store, "x", folder),
        fork_session_via_store(store, session, folder, new_session_id="x"),
        fork_session_via_store(store, session, folder, UNKNOWN),
        import_session_to_store("x", store),
    ]
    for call in invalid:
        with pytest.raises(ValueError, match=r"."):
            await call
    missing = [
        fork_session_via_store(store, UNKNOWN, folder),
        import_session_to_store(UNKNOWN, store, config_dir=config),
    ]
    for call in missing:
        with pytest.raises(FileNotFoundError) as caught:
            await call
        assert isinstance(caught.value, SessionNotFoundError)


async def test_reading_unknown_conversation_returns_nothing(tmp_path):
    store = InMemorySessionStore()
    for session in (UNKNOWN, "../../etc/passwd"):
        assert await get_session_info_from_store(store, session, tmp_path) is None
        assert await get_session_messages_from_store(store, session, tmp_path) == []
        assert await list_subagents_from_store(store, session, tmp_path) == []
        assert await get_subagent_messages_from_store(store, session, "a1", tmp_path) == []
