"""Renaming, tagging, deleting and forking local conversations."""

import contextlib
import json
import os
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from conversations import Conversation, text_of

from claude_notebook.errors import ClaudeSDKError, OptionsError, SessionNotFoundError
from claude_notebook.sessions.transcripts import (
    ForkSessionResult,
    delete_session,
    fork_session,
    get_session_info,
    get_session_messages,
    list_sessions,
    rename_session,
    tag_session,
)


def test_rename_and_tag_session(talk: Conversation, config: Path) -> None:
    talk.say("x").at(1000)
    rename_session(talk.session_id, "  My\n\ttitle \x00\u202e! ", config_dir=config)
    tag_session(talk.session_id, "blue", talk.cwd, config_dir=config)
    info = talk.info()
    assert (info.summary, info.custom_title, info.tag) == ("My title !", "My title !", "blue")
    tag_session(talk.session_id, None, config_dir=config)
    assert talk.info().tag is None


def test_rename_session_preserves_file_time(talk: Conversation, config: Path) -> None:
    talk.say("x").at(1000)
    rename_session(talk.session_id, "title", config_dir=config)
    assert talk.path.stat().st_mtime == 1000


def test_rename_session_after_incomplete_line(talk: Conversation, config: Path) -> None:
    talk.say("x").raw(b'{"half":')
    rename_session(talk.session_id, "title", config_dir=config)
    assert talk.info().custom_title == "title"
    assert talk.path.read_bytes().endswith(
        b'{"half":\n' + talk.path.read_bytes().splitlines()[-1] + b"\n"
    )


@pytest.mark.parametrize("label", ["", " \n\t", "\x00\x1b", 5, None])
def test_rename_session_rejects_empty_title(
    talk: Conversation, config: Path, label: object
) -> None:
    before = talk.say("x").path.read_bytes()
    with pytest.raises(OptionsError, match="title"):
        rename_session(talk.session_id, label, config_dir=config)
    assert talk.path.read_bytes() == before


def test_edits_of_unknown_conversation_fail(
    talk: Conversation, config: Path, tmp_path: Path
) -> None:
    talk.say("x")
    unknown = str(uuid.uuid4())
    for change in (delete_session, fork_session):
        with pytest.raises(
            SessionNotFoundError, match=f"Conversation {unknown} is not in any folder"
        ):
            change(unknown, config_dir=config)
        with pytest.raises(SessionNotFoundError, match="elsewhere"):
            change(talk.session_id, tmp_path / "elsewhere", config_dir=config)
    with pytest.raises(SessionNotFoundError):
        tag_session(unknown, "x", config_dir=config)
    assert get_session_info(unknown, config_dir=config) is None
    assert get_session_messages(unknown, config_dir=config) == []
    assert talk.texts() == ["x", "fine"]


def test_delete_session_deletes_only_own_files(
    config: Path, tmp_path: Path, talk: Conversation
) -> None:
    other = Conversation(config, talk.cwd).say("other")
    talk.say("x")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "keep").write_text("x")
    for item in (talk, other):
        folder = item.folder / item.session_id / "subagents"
        folder.mkdir(parents=True)
        (folder / "agent-a.jsonl").write_text("{}")
        (folder / "link").symlink_to(outside)
    before = {path for path in config.rglob("*") if talk.session_id not in str(path)}
    delete_session(talk.session_id, config_dir=config)
    assert set(config.rglob("*")) == before
    assert (outside / "keep").exists()
    assert talk.info() is None


def test_delete_session_does_not_follow_link(
    config: Path, tmp_path: Path, talk: Conversation
) -> None:
    talk.say("x")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "keep").write_text("x")
    (talk.folder / talk.session_id).symlink_to(outside)
    delete_session(talk.session_id, config_dir=config)
    assert (outside / "keep").exists()


# --- forking --------------------------------------------------------------------------------------


def entries(talk: Conversation, fork: ForkSessionResult) -> list[dict]:
    path = talk.folder / f"{fork.session_id}.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_fork_session_copies_only_conversation(talk: Conversation, config: Path) -> None:
    talk.line(type="queue-operation", content="hello")
    first = talk.message("user", "hello")
    talk.line(type="attachment", uuid="att", parentUuid=first, attachment={"x": 1})
    talk.line(type="progress", uuid="pro", parentUuid="att")
    talk.line(type="api-request-blob", hash="x", message={"secret": 1})
    second = talk.message("assistant", [{"type": "text", "text": "hi"}], parent="pro")
    talk.line(type="file-history-snapshot", messageId="x").line(type="cost-state", totalCostUSD=9)
    talk.say("a subagent's", isSidechain=True, parent=second)
    talk.line(type="content-replacement", replacements=[1]).line(type="tag", tag="blue")
    before = talk.path.read_bytes()

    fork = fork_session(talk.session_id, config_dir=config)

    assert talk.path.read_bytes() == before
    copied = entries(talk, fork)
    assert {entry["sessionId"] for entry in copied} == {fork.session_id}
    kinds = ["user", "attachment", "assistant", "content-replacement", "custom-title", "tag"]
    assert [entry["type"] for entry in copied] == kinds
    ids = [entry["uuid"] for entry in copied[:3]]
    assert [entry["parentUuid"] for entry in copied[:3]] == [None, *ids[:2]]
    assert not set(ids) & {first, "att", second}
    assert {str(uuid.UUID(new)) for new in ids} == set(ids)
    assert [entry["forkedFrom"]["messageUuid"] for entry in copied[:3]] == [first, "att", second]
    assert copied[0]["forkedFrom"] == {"sessionId": talk.session_id, "messageUuid": first}
    assert (talk.folder / f"{fork.session_id}.jsonl").stat().st_mode & 0o777 == 0o600
    assert sorted(os.listdir(talk.folder)) == sorted([talk.path.name, f"{fork.session_id}.jsonl"])


def test_fork_session_up_to_message(talk: Conversation, config: Path) -> None:
    talk.say("one").say("two")
    last = talk.last
    talk.say("three")
    fork = fork_session(talk.session_id, talk.cwd, last, "Another way", config_dir=config)
    info = get_session_info(fork.session_id, config_dir=config)
    assert (info.custom_title, info.cwd) == ("Another way", talk.cwd)
    read = get_session_messages(fork.session_id, config_dir=config)
    assert [text_of(message.message["content"]) for message in read] == [
        "one",
        "fine",
        "two",
        "fine",
    ]
    # A fork can be forked again, by its own ids.
    again = fork_session(fork.session_id, up_to_message_id=read[0].uuid, config_dir=config)
    assert len(get_session_messages(again.session_id, config_dir=config)) == 1
    assert (
        get_session_info(again.session_id, config_dir=config).custom_title == "Another way (fork)"
    )


def test_fork_session_maps_references_between_entries(talk: Conversation, config: Path) -> None:
    talk.message("user", "go")
    call = talk.message("assistant", [{"type": "tool_use", "name": "A"}], message_id="m")
    result = [{"type": "tool_result", "content": "a"}]
    talk.message("user", result, sourceToolAssistantUUID=call, logicalParentUuid="elsewhere")
    talk.message("assistant", [{"type": "text", "text": "done"}])

    copied = entries(talk, fork_session(talk.session_id, config_dir=config))

    assert copied[2]["sourceToolAssistantUUID"] == copied[1]["uuid"] != call
    assert copied[2]["logicalParentUuid"] == "elsewhere"


def test_fork_session_sets_title_and_id(talk: Conversation, config: Path) -> None:
    talk.say("hello")
    wanted = str(uuid.uuid4())
    fork = fork_session(talk.session_id, new_session_id=wanted, config_dir=config)
    assert fork == ForkSessionResult(wanted)
    assert get_session_info(wanted, config_dir=config).custom_title == "hello (fork)"
    for taken in (wanted, "no-uuid", "../x", talk.session_id):
        with pytest.raises(OptionsError, match="cannot be the id"):
            fork_session(talk.session_id, new_session_id=taken, config_dir=config)


def test_fork_session_rejects_empty_conversation_and_wrong_message(
    talk: Conversation, config: Path
) -> None:
    talk.line(type="custom-title", customTitle="only a title")
    with pytest.raises(SessionNotFoundError, match="has no messages to fork"):
        fork_session(talk.session_id, config_dir=config)
    talk.say("x")
    talk.line(type="attachment", uuid="att", parentUuid=talk.last)
    side = talk.message("user", "side", isSidechain=True)
    for invalid in (str(uuid.uuid4()), "", "att", side):
        with pytest.raises(OptionsError, match="has no message"):
            fork_session(talk.session_id, up_to_message_id=invalid, config_dir=config)
    assert os.listdir(talk.folder) == [talk.path.name]


@contextlib.contextmanager
def not_root() -> Iterator[None]:
    """Switch from root, which may write anywhere, to an unprivileged user."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(sys.platform == "win32", reason="needs file modes")
def test_edits_report_missing_permissions() -> None:
    with tempfile.TemporaryDirectory() as root:
        talk = Conversation(Path(root), "/x").say("x")
        for folder in (Path(root), talk.folder.parent):
            folder.chmod(0o755)
        talk.path.chmod(0o444)
        talk.folder.chmod(0o555)
        with not_root():
            for change in (
                delete_session,
                fork_session,
                lambda session_id, **k: tag_session(session_id, "x", **k),
            ):
                with pytest.raises(ClaudeSDKError, match="cannot be changed"):
                    change(talk.session_id, config_dir=root)
        talk.folder.chmod(0o755)
        assert talk.texts() == ["x", "fine"]
        talk.path.chmod(0)
        with not_root():
            assert list_sessions(config_dir=root) == talk.texts() == []
