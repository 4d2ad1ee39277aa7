"""Conversations in a session store: the same as on this machine."""

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
NOBODY = "0f0f0f0f-0000-4000-8000-000000000000"
ID = "00000000-0000-4000-8000-{:012}"


class Bare:
    """The least that a store may be."""

    def __init__(self) -> None:
        self.kept = InMemorySessionStore()
        self.loads = 0

    async def append(self, key, entries):
        await self.kept.append(key, entries)

    async def load(self, key):
        self.loads += 1
        return await self.kept.load(key)


class Listing(Bare):
    async def list_sessions(self, project_key):
        return await self.kept.list_sessions(project_key)


class Summing(Listing):
    """Keeps summaries, of which some may be lost or old."""

    def __init__(self) -> None:
        super().__init__()
        self.lost: set[str] = set()
        self.old: set[str] = set()

    async def list_session_summaries(self, project_key):
        return [
            {**each, "mtime": each["mtime"] - (each["session_id"] in self.old)}
            for each in await self.kept.list_session_summaries(project_key)
            if each["session_id"] not in self.lost
        ]


class OnlySums(Bare):
    async def list_session_summaries(self, project_key):
        return await self.kept.list_session_summaries(project_key)


class Inherits(Listing):
    async def list_session_summaries(self, project_key):
        raise NotImplementedError


def said(text: str, **fields: object) -> dict:
    return {"type": "user", "message": {"role": "user", "content": text}, **fields}


async def filled(store, project: Path, count: int = 3):
    """A store with conversations that are called by their numbers, the last one the latest."""
    for number in range(count):
        key = {"project_key": project_key_for_directory(project), "session_id": ID.format(number)}
        await store.append(key, [said(str(number))])
    return store


async def listed(store, project: Path, *page: object) -> list[str]:
    return [info.summary for info in await list_sessions_from_store(store, project, *page)]


def test_a_folder_has_the_key_that_the_cli_gives_it(tmp_path, monkeypatch, anyio_backend):
    folder = tmp_path / "a é 🎉"
    folder.mkdir()
    (tmp_path / "link").symlink_to(folder)
    key = project_key_for_directory(folder)
    assert key == project_name(os.path.realpath(folder))
    assert project_key_for_directory(tmp_path / "link") == key
    monkeypatch.chdir(folder)
    assert project_key_for_directory() == key


@pytest.mark.parametrize("kind", [InMemorySessionStore, Listing, Summing, OnlySums, Inherits])
async def test_the_latest_comes_first_page_by_page(kind, tmp_path):
    store = await filled(kind(), tmp_path, 40)
    everything = [str(number) for number in reversed(range(40))]
    assert await listed(store, tmp_path) == everything
    assert await listed(store, tmp_path, 3) == everything[:3]
    assert await listed(store, tmp_path, 10, 30) == everything[30:]
    assert await listed(store, tmp_path, 0) == []
    assert await listed(store, tmp_path / "elsewhere") == []


async def test_only_what_has_no_good_summary_is_loaded(tmp_path):
    store = await filled(Summing(), tmp_path)
    assert await listed(store, tmp_path) == ["2", "1", "0"]
    assert store.loads == 0
    store.lost, store.old = {ID.format(0)}, {ID.format(1)}
    assert await listed(store, tmp_path) == ["2", "1", "0"]
    assert store.loads == 2


async def test_what_is_no_conversation_takes_no_place(tmp_path):
    store = await filled(Listing(), tmp_path)
    key = {"project_key": project_key_for_directory(tmp_path), "session_id": ID.format(9)}
    await store.append(key, [said("a sub-agent's", isSidechain=True)])
    assert await listed(store, tmp_path, 1) == ["2"]


async def test_one_that_cannot_be_loaded_does_not_hide_the_others(tmp_path, caplog):
    class Flaky(Listing):
        async def load(self, key):
            if key["session_id"] == ID.format(1):
                raise OSError("gone")
            return await super().load(key)

    store = await filled(Flaky(), tmp_path)
    with caplog.at_level(logging.WARNING):
        assert await listed(store, tmp_path) == ["2", "", "0"]
    assert "gone" in caplog.text


async def test_a_store_that_cannot_list_is_told(tmp_path):
    with pytest.raises(OptionsError, match="list_sessions"):
        await list_sessions_from_store(Bare(), tmp_path)
    with pytest.raises(OptionsError, match="list_subkeys"):
        await list_subagents_from_store(Bare(), NOBODY, tmp_path)


async def test_listing_waits_for_several_at_a_time(tmp_path):
    class Slow(Listing):
        running = most = 0

        async def load(self, key):
            self.running += 1
            self.most = max(self.most, self.running)
            await anyio.wait_all_tasks_blocked()
            self.running -= 1
            return await super().load(key)

    store = await filled(Slow(), tmp_path, 20)
    assert len(await listed(store, tmp_path)) == 20
    assert store.most == 16


async def test_one_conversation(tmp_path):
    store = await filled(Bare(), tmp_path)
    key = {"project_key": project_key_for_directory(tmp_path), "session_id": ID.format(1)}
    assert (await get_session_info_from_store(store, ID.format(1), tmp_path)).last_modified == 0
    await store.append(key, [{"type": "mode", "timestamp": "2026-01-02T03:04:05Z"}, {"type": "x"}])
    info = await get_session_info_from_store(store, ID.format(1), tmp_path)
    assert (info.summary, info.last_modified) == ("1", 1767323045000)
    assert project_name(info.cwd) == project_key_for_directory(tmp_path)


@pytest.fixture
async def brought(talk: Conversation, config: Path):
    """A store with the conversation `talk`, which has a title, a way not taken and a sub-agent."""
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


async def test_what_was_brought_is_read_as_here(brought, talk: Conversation, config: Path):
    here = get_session_messages(talk.session_id, config_dir=config)
    there = await get_session_messages_from_store(brought, talk.session_id, talk.cwd)
    assert there == here
    assert [text_of(message.message["content"]) for message in there][-1] == "but this"
    page = await get_session_messages_from_store(brought, talk.session_id, talk.cwd, 1, 2)
    assert page == here[2:3]
    info, same = (
        await get_session_info_from_store(brought, talk.session_id, talk.cwd),
        talk.info(),
    )
    assert (info.summary, info.tag, info.cwd) == (same.summary, same.tag, same.cwd)


async def test_sub_agents(brought, talk: Conversation):
    key = {"project_key": talk.folder.name, "session_id": talk.session_id}
    for strange in ("agent-a2", "elsewhere/agent-a3", "subagents/notes"):
        await brought.append({**key, "subpath": strange}, [{"type": "x"}])
    assert await list_subagents_from_store(brought, talk.session_id, talk.cwd) == ["a1"]
    ask = (talk.session_id, "a1", talk.cwd)
    messages = await get_subagent_messages_from_store(brought, *ask)
    assert [text_of(message.message["content"]) for message in messages] == ["the task", "fine"]
    assert {(m.parent_tool_use_id, m.parent_agent_id) for m in messages} == {("t1", None)}
    assert await get_subagent_messages_from_store(brought, *ask, 1, 1) == messages[1:]
    assert await get_subagent_messages_from_store(brought, talk.session_id, "b2", talk.cwd) == []
    assert await get_subagent_messages_from_store(brought, talk.session_id, "", talk.cwd) == []


async def test_a_store_without_subkeys_is_asked_where_sub_agents_mostly_are(tmp_path):
    store = Bare()
    key = {"project_key": project_key_for_directory(tmp_path), "session_id": NOBODY}
    entry = said("task", uuid="u", isSidechain=True, parentUuid=None)
    await store.append({**key, "subpath": "subagents/agent-a1"}, [entry])
    messages = await get_subagent_messages_from_store(store, NOBODY, "a1", tmp_path)
    assert [message.message["content"] for message in messages] == ["task"]


async def test_import_can_leave_sub_agents_out_and_skips_what_is_broken(talk, config):
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


async def test_large_transcripts_come_in_pieces(talk, config):
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


async def test_changes(brought, talk: Conversation):
    session, where = talk.session_id, talk.cwd
    await rename_session_via_store(brought, session, "  another\ntitle ", where)
    await tag_session_via_store(brought, session, "red", where)
    info = await get_session_info_from_store(brought, session, where)
    assert (info.custom_title, info.tag) == ("another title", "red")
    await tag_session_via_store(brought, session, None, where)
    assert (await get_session_info_from_store(brought, session, where)).tag is None
    await delete_session_via_store(brought, session, where)
    assert await get_session_info_from_store(brought, session, where) is None
    assert await list_subagents_from_store(brought, session, where) == []
    await delete_session_via_store(Bare(), session, where)


async def test_a_fork_is_the_one_that_would_be_made_here(brought, talk: Conversation, config):
    session, where = talk.session_id, talk.cwd
    made = await fork_session_via_store(brought, session, where, new_session_id=NOBODY)
    assert made.session_id == NOBODY
    fork_session(session, where, new_session_id=NOBODY, config_dir=config)
    lines = (talk.folder / f"{NOBODY}.jsonl").read_bytes().splitlines()
    key = {"project_key": talk.folder.name, "session_id": NOBODY}
    assert await brought.load(key) == [json.loads(line) for line in lines]
    info = await get_session_info_from_store(brought, NOBODY, where)
    assert (info.custom_title, info.tag) == ("A title (fork)", "blue")

    first = (await get_session_messages_from_store(brought, session, where))[0].uuid
    short = await fork_session_via_store(brought, session, where, first, "Short")
    (kept,) = await get_session_messages_from_store(brought, short.session_id, where)
    assert (kept.uuid, kept.session_id) == (first, short.session_id)


async def test_what_is_wrong_is_told(brought, talk: Conversation, config):
    store, session, where = brought, talk.session_id, talk.cwd
    wrong = [
        rename_session_via_store(store, "../x", "title", where),
        rename_session_via_store(store, session, "  ", where),
        tag_session_via_store(store, session, "\x00", where),
        delete_session_via_store(store, "x", where),
        fork_session_via_store(store, "x", where),
        fork_session_via_store(store, session, where, new_session_id="x"),
        fork_session_via_store(store, session, where, NOBODY),
        import_session_to_store("x", store),
    ]
    for call in wrong:
        with pytest.raises(ValueError, match=r"."):
            await call
    missing = [
        fork_session_via_store(store, NOBODY, where),
        import_session_to_store(NOBODY, store, config_dir=config),
    ]
    for call in missing:
        with pytest.raises(FileNotFoundError) as caught:
            await call
        assert isinstance(caught.value, SessionNotFoundError)


async def test_who_is_not_there_has_nothing(tmp_path):
    store = InMemorySessionStore()
    for session in (NOBODY, "../../etc/passwd"):
        assert await get_session_info_from_store(store, session, tmp_path) is None
        assert await get_session_messages_from_store(store, session, tmp_path) == []
        assert await list_subagents_from_store(store, session, tmp_path) == []
        assert await get_subagent_messages_from_store(store, session, "a1", tmp_path) == []
