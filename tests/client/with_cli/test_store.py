"""A session store with the real CLI: mirroring, resuming, and failing."""

import dataclasses
import json
import os
import shutil
import signal
import tempfile
from pathlib import Path

import anyio
import pytest
from turns import texts, turn

from claude_notebook import (
    ClaudeSDKClient,
    InMemorySessionStore,
    MirrorErrorMessage,
    Replay,
    ResultMessage,
    SessionStoreError,
    TranscriptMirrorMessage,
    get_session_messages,
    get_session_messages_from_store,
    get_subagent_messages,
    get_subagent_messages_from_store,
    import_session_to_store,
    list_sessions,
    list_sessions_from_store,
    list_subagents_from_store,
    project_key_for_directory,
    query,
)
from claude_notebook.errors import SessionNotFoundError
from claude_notebook.testing import Use, script

pytestmark = pytest.mark.anyio
ASYNCIO = pytest.mark.parametrize("anyio_backend", ["asyncio"])
"""Marks tests that do not depend on the event loop, since a CLI takes 0.5 seconds to start."""

DELEGATE = script(
    Use(
        "Agent",
        {
            "description": "a task",
            "prompt": script("I did it."),
            "subagent_type": "general-purpose",
            "run_in_background": False,
        },
    ),
    "Done.",
)


@pytest.fixture
def config(claude_env) -> Path:
    return Path(claude_env["HOME"], ".claude")


@pytest.fixture
def restored(tmp_path, monkeypatch):
    """List the temporary folders of conversations that are resumed from a store."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return lambda: list(tmp_path.glob("claude-notebook-resume-*"))


def heard(api) -> str:
    return str(api.turns[-1].body["messages"])


def words(messages: list) -> list[str]:
    return [(message.type, message.uuid, message.message["content"]) for message in messages]


async def ask(prompt: str, options) -> list:
    return [message async for message in query(prompt=prompt, options=options)]


def session_of(messages: list) -> str:
    return next(message.session_id for message in messages if isinstance(message, ResultMessage))


class Broken(InMemorySessionStore):
    """A store whose methods fail."""

    calls = 0

    async def append(self, key, entries):
        self.calls += 1
        raise RuntimeError("the disk is full")

    async def load(self, key):
        raise RuntimeError("the disk is gone")


class Stuck(InMemorySessionStore):
    """A store whose methods never return."""

    async def append(self, key, entries):
        await anyio.sleep_forever()

    async def load(self, key):
        await anyio.sleep_forever()


async def test_store_holds_the_transcript_when_the_result_arrives(real_options, project, config):
    store = InMemorySessionStore()
    async with ClaudeSDKClient(real_options(session_store=store)) as client:
        messages = await turn(client, "one")
        session = session_of(messages)
        kept = await get_session_messages_from_store(store, session, project)
        assert [kind for kind, *_ in words(kept)] == ["user", "assistant"]
        await turn(client, "two")
    assert not any(isinstance(message, TranscriptMirrorMessage) for message in messages)
    here = get_session_messages(session, config_dir=config)
    assert len(here) == 4
    assert await get_session_messages_from_store(store, session, project) == here
    (info,) = await list_sessions_from_store(store, project)
    (same,) = list_sessions(project, config_dir=config)
    fields = ("session_id", "summary", "first_prompt", "cwd", "tag", "created_at", "git_branch")
    assert [getattr(info, name) for name in fields] == [getattr(same, name) for name in fields]
    # Entries from the shutdown have arrived too. The log of requests is not mirrored.
    key = {"project_key": project_key_for_directory(project), "session_id": session}
    path = config / "projects" / key["project_key"] / f"{session}.jsonl"
    written = [json.loads(line)["type"] for line in path.read_text().splitlines()]
    assert [entry["type"] for entry in store.get_entries(key)] == [
        kind for kind in written if not kind.startswith("api-request")
    ]
    assert written[-1] == "cost-state"


@ASYNCIO
async def test_resume_loads_a_conversation_from_the_store(
    real_options, project, config, scripted_api, restored
):
    store = InMemorySessionStore()
    session = session_of(await ask("The word is xylophone.", real_options(session_store=store)))
    shutil.rmtree(config / "projects")
    with pytest.raises(SessionNotFoundError):
        await ask("hello?", real_options(resume=session))

    async with ClaudeSDKClient(real_options(session_store=store, resume=session)) as client:
        assert len(restored()) == 1
        assert session_of(await turn(client, "Which word?")) == session
        assert client.total_cost_usd
    assert not restored()
    assert "xylophone" in heard(scripted_api)
    kept = await get_session_messages_from_store(store, session, project)
    assert [kind for kind, *_ in words(kept)] == ["user", "assistant"] * 2

    last = real_options(session_store=store, continue_conversation=True, fork_session=True)
    fork = session_of(await ask("And now?", last))
    assert fork != session
    assert "xylophone" in heard(scripted_api)
    assert "Which word?" in heard(scripted_api)
    assert len(await get_session_messages_from_store(store, fork, project)) == 6
    assert len(await list_sessions_from_store(store, project)) == 2


@ASYNCIO
async def test_store_keeps_and_restores_sub_agents(real_options, project, config, restored):
    store = InMemorySessionStore()
    session = session_of(await ask(DELEGATE, real_options(session_store=store)))
    (agent,) = await list_subagents_from_store(store, session, project)
    kept = await get_subagent_messages_from_store(store, session, agent, project)
    assert kept == get_subagent_messages(session, agent, config_dir=config)
    assert kept[0].parent_tool_use_id is not None

    imported = InMemorySessionStore()
    await import_session_to_store(session, imported, config_dir=config)
    assert await list_subagents_from_store(imported, session, project) == [agent]
    assert await get_subagent_messages_from_store(imported, session, agent, project) == kept

    shutil.rmtree(config / "projects")
    async with ClaudeSDKClient(real_options(session_store=imported, resume=session)):
        (folder,) = restored()
        files = sorted(path.name for path in folder.rglob("agent-*"))
        assert files == [f"agent-{agent}.jsonl", f"agent-{agent}.meta.json"]
        kept_private = [folder, *(path for path in folder.rglob("*") if path.is_file())]
        assert {path.stat().st_mode & 0o077 for path in kept_private} == {0}
    assert not restored()


@ASYNCIO
async def test_failing_store_is_reported_and_the_conversation_continues(real_options):
    store = Broken()
    async with ClaudeSDKClient(real_options(session_store=store)) as client:
        messages = await turn(client, "one")
        errors = [message for message in messages if isinstance(message, MirrorErrorMessage)]
        assert errors
        assert errors[0].error == "RuntimeError: the disk is full"
        assert errors[0].key["session_id"] == session_of(messages)
        assert isinstance(messages[-1], ResultMessage)
        assert store.calls >= 3
        assert texts(await turn(client, "two")) == ["You said: two"]


@ASYNCIO
async def test_hanging_store_times_out(real_options):
    options = real_options(session_store=Stuck(), session_store_timeout=0.3)
    messages = await ask("one", options)
    errors = [message for message in messages if isinstance(message, MirrorErrorMessage)]
    assert "append() took longer than 0.3 s" in errors[0].error
    assert texts(messages) == ["You said: one"]


@ASYNCIO
@pytest.mark.parametrize(
    ("store", "reason"),
    [(Stuck(), "did not answer load"), (Broken(), "failed at load.*the disk is gone")],
)
async def test_unreadable_store_starts_no_process(real_options, no_process_left, store, reason):
    session = "0f0f0f0f-0000-4000-8000-000000000000"
    options = real_options(session_store=store, resume=session, load_timeout_ms=300)
    with pytest.raises(SessionStoreError, match=reason):
        await ask("one", options)
    assert await no_process_left()


@ASYNCIO
async def test_ask_resumes_from_the_store_after_a_dead_process(
    real_options, project, scripted_api, restored
):
    store = InMemorySessionStore()
    async with ClaudeSDKClient(real_options(session_store=store)) as client:
        session = session_of(await turn(client, "The word is xylophone."))
        os.kill(client.pid, signal.SIGKILL)
        messages = [message async for message in client.ask("Which word?")]
        assert session_of(messages) == session
        assert len(restored()) == 1
    assert "xylophone" in heard(scripted_api)
    assert not restored()
    assert len(await get_session_messages_from_store(store, session, project)) == 4


@ASYNCIO
async def test_resume_falls_back_to_local_transcripts(real_options, scripted_api):
    session = session_of(await ask("The word is xylophone.", real_options()))
    store = InMemorySessionStore()
    again = await ask("Which word?", real_options(session_store=store, resume=session))
    assert session_of(again) == session
    assert "xylophone" in heard(scripted_api)
    assert store.size == 1


@ASYNCIO
async def test_conversation_with_a_store_is_recorded_and_replayed(real_options, project, tmp_path):
    # This includes a conversation that only the store holds, resumed in another process. The store
    # receives the recorded transcript only if the caller has opted in.

    async def talk(mode: str, store: InMemorySessionStore, **more) -> tuple[str, str, str]:
        replay = Replay(tmp_path / "cassettes", mode, run_tools=store is not untouched)
        options = real_options(session_store=store, replay=replay, **more)
        first = await ask(script("One."), options)
        session = session_of(first)
        again = dataclasses.replace(
            options, resume=session, replay=dataclasses.replace(replay, positions={})
        )
        second = await ask(script("Two."), again)
        return session, texts(first)[-1], texts(second)[-1]

    live, played, untouched = (InMemorySessionStore() for _ in range(3))
    recorded = await talk("record", live)
    assert recorded[1:] == ("One.", "Two.")
    assert await talk("only", played, cli_path="/no/such/claude") == recorded
    assert await talk("only", untouched, cli_path="/no/such/claude") == recorded
    assert await get_session_messages_from_store(untouched, recorded[0], project) == []
    kept = [
        words(await get_session_messages_from_store(store, recorded[0], project))
        for store in (live, played)
    ]
    # Each run gives a prompt a new id.
    contents = [[(kind, content) for kind, _, content in each] for each in kept]
    assert contents[0] == contents[1]
    assert len(contents[0]) == 4
