"""Transcripts written by the real CLI, and conversations that it resumes after edits."""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from claude_notebook.sessions.transcripts import (
    delete_session,
    fork_session,
    get_session_info,
    get_session_messages,
    get_subagent_messages,
    list_sessions,
    list_subagents,
    rename_session,
    tag_session,
)
from claude_notebook.testing import Use, script

Ask = Callable[..., dict]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "My Projéct 🎉"
    folder.mkdir()
    return folder


@pytest.fixture
def config(claude_env: dict[str, str]) -> Path:
    return Path(claude_env["HOME"], ".claude")


@pytest.fixture
def ask(claude_cli, claude_env, project: Path) -> Ask:
    """Send one prompt in a separate process and return the result."""

    def ask_once(prompt: str, *options: str, cwd: Path = project, fails: bool = False) -> dict:
        process = subprocess.run(
            [claude_cli, "-p", prompt, "--output-format", "json", *options],
            env=claude_env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (process.returncode != 0) is fails, process.stderr
        return {"error": process.stderr} if fails else json.loads(process.stdout)

    return ask_once


def sent_texts(api) -> list[str]:
    """Return all prompts and answers in the last request to the model."""
    texts = []
    for message in api.turns[-1].body["messages"]:
        content = message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        texts += [block["text"] for block in blocks if block["type"] == "text"]
    return [text for text in texts if not text.startswith(("<", "#"))]


def words(messages: list) -> list[str]:
    texts = []
    for message in messages:
        content = message.message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        texts += [block.get("text") or block["type"] for block in blocks]
    return texts


def test_real_transcripts_are_listed_and_read(ask: Ask, project: Path, config: Path) -> None:
    session = ask("one")["session_id"]
    ask("two", "--resume", session)
    (info,) = list_sessions(project, config_dir=config)
    assert (info.session_id, info.summary, info.first_prompt) == (session, "two", "one")
    assert info.cwd == str(project)
    assert abs(info.created_at / 1000 - time.time()) < 600
    read = get_session_messages(session, project, config_dir=config)
    assert words(read) == ["one", "You said: one", "two", "You said: two"]
    assert [message.type for message in read] == ["user", "assistant"] * 2


def test_list_sessions_of_folder_with_long_name(ask: Ask, tmp_path: Path, config: Path) -> None:
    folder = tmp_path.joinpath(*["0123456789 é" * 4] * 5)
    folder.mkdir(parents=True)
    session = ask("one", cwd=folder)["session_id"]
    assert [info.session_id for info in list_sessions(folder, config_dir=config)] == [session]


def test_real_parallel_calls_are_read(ask: Ask, config: Path) -> None:
    calls = [Use("Bash", {"command": f"echo {name}"}) for name in "abc"]
    session = ask(script(calls, "Done."), "--allowedTools", "Bash")["session_id"]
    read = words(get_session_messages(session, config_dir=config))
    assert read[1:] == ["tool_use"] * 3 + ["tool_result"] * 3 + ["Done."]


def test_real_compacted_conversation_is_read(ask: Ask, config: Path) -> None:
    session = ask("one")["session_id"]
    ask("/compact", "--resume", session)
    ask("two", "--resume", session)
    now = words(get_session_messages(session, config_dir=config))
    whole = words(get_session_messages(session, config_dir=config, compacted=True))
    assert "one" not in now
    assert whole[:2] == ["one", "You said: one"]
    assert now[-2:] == whole[-2:] == ["two", "You said: two"]


def test_real_cli_resumes_renamed_and_tagged_conversation(
    ask: Ask, scripted_api, config: Path
) -> None:
    session = ask("one")["session_id"]
    rename_session(session, "My title", config_dir=config)
    tag_session(session, "blue", config_dir=config)
    # The CLI resumes by title, and preserves title and tag.
    assert ask("two", "--resume", "My title")["session_id"] == session
    assert sent_texts(scripted_api)[-3:] == ["one", "You said: one", "two"]
    ask(script("x" * 100_000), "--resume", session)
    info = get_session_info(session, config_dir=config)
    assert (info.custom_title, info.tag) == ("My title", "blue")
    rename_session(session, "Another", config_dir=config)
    tag_session(session, None, config_dir=config)
    ask("three", "--resume", session)
    info = get_session_info(session, config_dir=config)
    assert (info.custom_title, info.tag) == ("Another", None)


def test_real_cli_continues_latest_despite_label(ask: Ask, config: Path) -> None:
    first = ask("first")["session_id"]
    time.sleep(0.05)
    second = ask("second")["session_id"]
    rename_session(first, "Old", config_dir=config)
    assert ask("more", "--continue")["session_id"] == second


def test_real_cli_resumes_fork_independently(
    ask: Ask, scripted_api, project: Path, config: Path
) -> None:
    session = ask("one")["session_id"]
    ask("two", "--resume", session)
    original = (config / "projects").rglob(f"{session}.jsonl")
    before = next(original).read_bytes()

    fork = fork_session(session, project, config_dir=config).session_id
    result = ask("three", "--resume", fork)
    assert result["session_id"] == fork
    assert sent_texts(scripted_api)[-5:] == [
        "one",
        "You said: one",
        "two",
        "You said: two",
        "three",
    ]
    read = words(get_session_messages(fork, config_dir=config))
    assert read[-2:] == ["three", "You said: three"]
    assert get_session_info(fork, config_dir=config).custom_title == "one (fork)"
    # The original's costs are not counted again.
    alone = ask("three", "--session-id", "11111111-2222-3333-4444-555555555555")
    assert result["total_cost_usd"] < 1.5 * alone["total_cost_usd"]

    # The original does not change.
    path = next((config / "projects").rglob(f"{session}.jsonl"))
    assert path.read_bytes() == before
    ask("four", "--resume", session)
    assert sent_texts(scripted_api)[-5:] == ["one", "You said: one", "two", "You said: two", "four"]


def test_real_cli_resumes_fork_from_middle(ask: Ask, scripted_api, config: Path) -> None:
    calls = [Use("Bash", {"command": f"echo {name}"}) for name in "ab"]
    session = ask(script(calls, "Done."), "--allowedTools", "Bash")["session_id"]
    ask("secret", "--resume", session)
    read = get_session_messages(session, config_dir=config)
    last = next(item for item, text in zip(read, words(read), strict=True) if text == "Done.")
    fork = fork_session(session, None, last.uuid, "Middle", config_dir=config).session_id
    ask("other", "--resume", "Middle")
    assert sent_texts(scripted_api)[-2:] == ["Done.", "other"]
    request = json.dumps(scripted_api.turns[-1].body["messages"])
    assert "secret" not in request
    assert request.count('"tool_result"') == request.count('"tool_use"') == 2
    assert words(get_session_messages(fork, config_dir=config))[-3:-1] == ["Done.", "other"]


def test_real_cli_resumes_fork_between_call_and_result(
    ask: Ask, scripted_api, config: Path
) -> None:
    call = Use("Bash", {"command": "echo a"})
    session = ask(script(call, "Done."), "--allowedTools", "Bash")["session_id"]
    called = get_session_messages(session, config_dir=config)[1]
    fork = fork_session(session, None, called.uuid, config_dir=config).session_id
    assert ask("other", "--resume", fork)["is_error"] is False
    assert sent_texts(scripted_api)[-1] == "other"


def test_real_subagents_are_read_and_deleted(
    ask: Ask, project: Path, config: Path, scripted_api
) -> None:
    task = script("Sub says.")
    use = Use("Agent", {"description": "d", "prompt": task, "subagent_type": "general-purpose"})
    session = ask(script(use, "Done."), "--allowedTools", "Agent")["session_id"]
    other = ask("other")["session_id"]

    (agent,) = list_subagents(session, project, config_dir=config)
    read = get_subagent_messages(session, agent, config_dir=config)
    assert words(read) == [task, "Sub says."]
    (call,) = (
        block["id"]
        for message in get_session_messages(session, config_dir=config)
        for block in message.message["content"]
        if isinstance(block, dict) and block["type"] == "tool_use"
    )
    assert {message.parent_tool_use_id for message in read} == {call}

    fork = fork_session(session, config_dir=config).session_id
    assert list_subagents(fork, config_dir=config) == []
    before = set((config / "projects").rglob("*"))
    delete_session(session, project, config_dir=config)
    gone = before - set((config / "projects").rglob("*"))
    assert gone
    assert all(session in str(path) for path in gone)
    assert {info.session_id for info in list_sessions(config_dir=config)} == {other, fork}
    assert "No conversation found" in ask("x", "--resume", session, fails=True)["error"]
    assert ask("y", "--resume", fork)["session_id"] == fork
    assert ask("z", "--resume", other)["session_id"] == other
