"""Broken, incomplete and strange transcripts."""

import io
import logging
import os
import uuid
from pathlib import Path

import pytest
from conversations import Conversation, numbers, text_of
from hypothesis import HealthCheck, given, settings, strategies as st

from claude_notebook.errors import ClaudeSDKError, OptionsError, SessionNotFoundError
from claude_notebook.sessions.transcripts import (
    delete_session,
    fork_session,
    get_session_info,
    get_session_messages,
    list_sessions,
    list_subagents,
    rename_session,
    tag_session,
)
from claude_notebook.sessions.transcripts.entries import read_lines


def test_list_sessions_skips_broken_files_with_warning(
    config: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    good = Conversation(config, str(tmp_path)).say("good")
    broken = {
        "binary": bytes(range(256)) * 1000,
        "no json": b"hello\nworld\n",
        "arrays": b"[1]\n[2]\n",
        "one endless line": b"x" * 1_000_000,
        "deep": b"[" * 30_000
        + b'\n{"type":"user","uuid":"a","message":'
        + b'{"a":' * 5_000
        + b"\n",
    }
    talks = {name: Conversation(config, str(tmp_path)).raw(data) for name, data in broken.items()}
    with caplog.at_level(logging.WARNING, "claude_notebook"):
        sessions = list_sessions(tmp_path, config_dir=config)
    assert [info.session_id for info in sessions] == [good.session_id]
    for talk in talks.values():
        assert talk.session_id in caplog.text
        assert talk.texts() == []


def test_list_sessions_skips_other_files_silently(
    config: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Conversation(config, str(tmp_path)).raw(b"")
    Conversation(config, str(tmp_path)).line(type="mode", mode="normal")
    Conversation(config, str(tmp_path)).say("a subagent's", isSidechain=True)
    with caplog.at_level(logging.WARNING, "claude_notebook"):
        assert list_sessions(tmp_path, config_dir=config) == []
    assert caplog.text == ""


def test_reading_ignores_incomplete_last_line(
    talk: Conversation, caplog: pytest.LogCaptureFixture
) -> None:
    talk.say("one").say("two").raw(b'{"parentUuid":"0","type":"user","message":{"role":"us')
    with caplog.at_level(logging.WARNING, "claude_notebook"):
        assert talk.texts() == ["one", "fine", "two", "fine"]
    assert "skipped 1 unreadable lines" in caplog.text
    assert talk.info().summary == "one"


def test_reading_skips_only_damaged_line(talk: Conversation) -> None:
    talk.say("one")
    lost = str(uuid.uuid4())
    talk.raw(b'{"uuid":"' + lost.encode() + b'","type":"user","mess\x00\xff\n\n')
    talk.last = lost
    talk.say("three")
    assert talk.texts() == ["one", "fine", "three", "fine"]


def test_reading_accepts_surrogates_and_invalid_utf8(talk: Conversation) -> None:
    talk.say("lone \ud800 surrogate")
    assert talk.texts()[0] == "lone \ud800 surrogate"
    talk.path.write_bytes(talk.path.read_bytes().replace(b"surrogate", b"\xff"))
    assert talk.texts()[0] == "lone \ud800 \ufffd"
    assert talk.info().first_prompt == "lone \ud800 \ufffd"
    fork = fork_session(talk.session_id, config_dir=talk.folder.parent.parent)
    read = get_session_messages(fork.session_id, config_dir=talk.folder.parent.parent)
    assert "\ud800" in read[0].message["content"]


def test_reading_ends_on_circular_parents(talk: Conversation) -> None:
    talk.line(type="user", uuid="a", parentUuid="b", message={"content": "a"})
    talk.line(type="user", uuid="b", parentUuid="a", message={"content": "b"})
    assert talk.texts() == ["a", "b"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_links_pipes_and_folders_are_not_opened(
    config: Path, tmp_path: Path, talk: Conversation
) -> None:
    talk.say("x")
    outside = tmp_path / "secret.jsonl"
    outside.write_bytes(talk.path.read_bytes())
    link, pipe, folder = (talk.folder / f"{uuid.uuid4()}.jsonl" for _ in range(3))
    link.symlink_to(outside)
    os.mkfifo(pipe)
    folder.mkdir()
    (talk.folder / "notes.jsonl").write_text("{}")
    (talk.folder / f"{uuid.uuid4()}.jsonl.bak").write_text("{}")
    assert [info.session_id for info in list_sessions(config_dir=config)] == [talk.session_id]
    for path in (link, pipe, folder):
        assert get_session_info(path.stem, config_dir=config) is None
        assert get_session_messages(path.stem, config_dir=config) == []
        with pytest.raises(SessionNotFoundError):
            rename_session(path.stem, "x", config_dir=config)
        with pytest.raises(SessionNotFoundError):
            delete_session(path.stem, config_dir=config)
    assert outside.read_bytes() == talk.path.read_bytes()


@pytest.mark.parametrize("session_id", ["../secret", "", "/etc/passwd", "*", "a/../b", "\0"])
def test_invalid_session_ids_cannot_leave_folder(
    config: Path, tmp_path: Path, session_id: str
) -> None:
    (config / "projects" / "p").mkdir(parents=True)
    (config / "projects" / "secret.jsonl").write_text('{"type":"user","uuid":"a","message":{}}')
    assert get_session_info(session_id, config_dir=config) is None
    assert get_session_messages(session_id, config_dir=config) == []
    assert list_subagents(session_id, config_dir=config) == []
    for change in (delete_session, fork_session):
        with pytest.raises(OptionsError, match="is not a session id"):
            change(session_id, config_dir=config)
    for label in (rename_session, tag_session):
        with pytest.raises(OptionsError, match="is not a session id"):
            label(session_id, "x", config_dir=config)
    assert (config / "projects" / "secret.jsonl").exists()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.binary(max_size=300), cut=st.integers(0, 2000), start=st.integers(0, 2000))
def test_random_damage_never_raises(tmp_path: Path, data: bytes, cut: int, start: int) -> None:
    config = tmp_path / str(next(numbers))
    talk = Conversation(config, "/x").say("one").say("two")
    talk.line(type="custom-title", customTitle="title")
    whole = talk.path.read_bytes()
    talk.path.write_bytes(whole[:start] + data + whole[start + cut :])
    list_sessions(config_dir=config)
    texts = talk.texts()
    try:
        fork = fork_session(talk.session_id, config_dir=config)
    except ClaudeSDKError:
        assert texts == []
    else:
        forked = get_session_messages(fork.session_id, config_dir=config)
        assert [text_of(message.message["content"]) for message in forked] == texts


def test_read_lines_empties_overlong_lines() -> None:
    data = b"short\n" + b"x" * 25 + b"\nnext\n" + b"y" * 9 + b"\n" + b"z" * 30
    lines = list(read_lines(io.BytesIO(data), 10))
    assert [line for _, line in lines] == [b"short\n", b"", b"next\n", b"y" * 9 + b"\n", b""]
    assert [offset for offset, _ in lines] == [0, 6, 32, 37, 47]
