"""Transcripts made by hand: what is listed and read of them, and what cannot go wrong."""

import contextlib
import json
import logging
import os
import sys
import tempfile
import uuid
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from claude_notebook.cli.transcripts import (
    ForkSessionResult,
    SDKSessionInfo,
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
from claude_notebook.cli.transcripts.folders import is_session_id, project_name
from claude_notebook.errors import ClaudeSDKError, OptionsError, SessionNotFoundError

_numbers = count(1)


class Conversation:
    """Writes a transcript line by line, as the CLI does."""

    def __init__(self, config: Path, cwd: str, session_id: str = "") -> None:
        self.session_id = session_id or str(uuid.uuid4())
        self.folder = config / "projects" / project_name(cwd)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.path = self.folder / f"{self.session_id}.jsonl"
        self.cwd = cwd
        self.last: str | None = None

    def line(self, **entry: object) -> "Conversation":
        return self.raw(json.dumps(entry, separators=(",", ":")).encode() + b"\n")

    def raw(self, data: bytes) -> "Conversation":
        with self.path.open("ab") as file:
            file.write(data)
        return self

    def message(self, kind: str, content: object, **fields: object) -> str:
        """Adds a message behind the last one (or `parent`), and returns its id."""
        own = str(uuid.UUID(int=next(_numbers)))
        parent = fields.pop("parent", self.last)
        message = {"role": kind, "content": content}
        if "message_id" in fields:
            message["id"] = fields.pop("message_id")
        entry = {
            "parentUuid": parent,
            "isSidechain": False,
            "type": kind,
            "message": message,
            "uuid": own,
            "timestamp": "2026-01-02T03:04:05.678Z",
            "cwd": self.cwd,
            "sessionId": self.session_id,
            "gitBranch": "main",
        }
        self.line(**{**entry, **fields})
        self.last = own
        return own

    def say(self, prompt: object, answer: str = "fine", **fields: object) -> "Conversation":
        self.message("user", prompt, **fields)
        self.message("assistant", [{"type": "text", "text": answer}], **fields)
        return self

    def at(self, seconds: float) -> "Conversation":
        os.utime(self.path, (seconds, seconds))
        return self

    def texts(self, **options: object) -> list[str]:
        """What is read of it, as plain words."""
        messages = get_session_messages(
            self.session_id, config_dir=self.folder.parent.parent, **options
        )
        return [_text(message.message["content"]) for message in messages]

    def info(self) -> SDKSessionInfo | None:
        return get_session_info(self.session_id, config_dir=self.folder.parent.parent)


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    block = content[0]
    return block.get("text") or block.get("name") or block.get("content")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config"


@pytest.fixture
def talk(config: Path, tmp_path: Path) -> Conversation:
    """An empty conversation in the folder `tmp_path`."""
    return Conversation(config, str(tmp_path))


# --- where ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("/home/me/My Project.v2", "-home-me-My-Project-v2"),
        ("/tmp/exp/emo 😀 é", "-tmp-exp-emo-----"),
        ("/tmp/nfd e\u0301", "-tmp-nfd-e-"),
        ("C:\\Users\\me", "C--Users-me"),
        ("/" + "a" * 199, "-" + "a" * 199),
        ("/" + "a" * 200, "-" + "a" * 199 + "-b6ymvl"),
    ],
)
def test_the_name_of_a_folder(folder: str, name: str) -> None:
    assert project_name(folder) == name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (str(uuid.uuid4()), True),
        (str(uuid.uuid4()).upper(), True),
        ("../../etc/passwd", False),
        (str(uuid.uuid4()) + "\n", False),
        (str(uuid.uuid4()) + "/x", False),
        ("..", False),
        ("", False),
        (None, False),
        (uuid.uuid4().hex, False),
    ],
)
def test_session_ids(text: object, expected: bool) -> None:
    assert is_session_id(text) is expected


# --- listing --------------------------------------------------------------------------------------


def test_what_is_known_of_a_conversation(talk: Conversation, tmp_path: Path) -> None:
    talk.line(type="queue-operation", timestamp="2026-01-02T03:04:04.000Z")
    talk.say("What is\n  this?").say("And that?", gitBranch="topic").at(1_800_000_000.25)
    assert talk.info() == SDKSessionInfo(
        session_id=talk.session_id,
        summary="What is this?",
        last_modified=1_800_000_000_250,
        file_size=talk.path.stat().st_size,
        first_prompt="What is this?",
        git_branch="topic",
        cwd=str(tmp_path),
        created_at=1_767_323_044_000,
    )


def test_titles_and_tags_the_last_one_counts(talk: Conversation) -> None:
    talk.say("first")
    talk.line(type="last-prompt", lastPrompt="last")
    assert talk.info().summary == "last"
    talk.line(type="ai-title", aiTitle="made up")
    assert (talk.info().summary, talk.info().custom_title) == ("made up", "made up")
    talk.line(type="custom-title", customTitle="mine").line(type="tag", tag="blue")
    talk.line(type="ai-title", aiTitle="made up again")
    assert (talk.info().summary, talk.info().tag) == ("mine", "blue")
    talk.line(type="custom-title", customTitle="").line(type="tag", tag="")
    assert (talk.info().summary, talk.info().tag) == ("made up again", None)


@pytest.mark.parametrize(
    ("prompts", "expected"),
    [
        (["<local-command-caveat>x</local-command-caveat>", "real"], "real"),
        (["<command-name>/init</command-name>\n<command-args></command-args>", "real"], "real"),
        (["<command-name>/init</command-name>"], "/init"),
        (["<bash-input>ls -l</bash-input>"], "! ls -l"),
        (["<bash-stdout>x</bash-stdout>", "[Request interrupted by user]", "real"], "real"),
        (["<div> is what?"], "<div> is what?"),
        ([[{"type": "tool_result", "content": "x"}], "real"], "real"),
        ([[{"type": "image"}, {"type": "text", "text": "see?"}]], "see?"),
        (["x" * 500], "x" * 199 + "…"),
        ([["broken"], None, 5, {"a": 1}, "real"], "real"),
    ],
)
def test_the_first_prompt(talk: Conversation, prompts: list, expected: str) -> None:
    talk.message("user", "a note", isMeta=True)
    for prompt in prompts:
        talk.message("user", prompt)
    assert talk.info().first_prompt == expected


def test_a_first_prompt_longer_than_what_is_read(talk: Conversation, tmp_path: Path) -> None:
    talk.say("begin " + 'long "\n' * 100_000)
    assert talk.info().first_prompt.startswith('begin long " long "')
    assert talk.info().cwd == str(tmp_path)


def test_a_title_far_from_either_end_is_not_looked_for(talk: Conversation) -> None:
    talk.say("x" * 70_000)
    talk.line(type="custom-title", customTitle="in the middle")
    talk.say("y" * 70_000)
    assert talk.info().custom_title is None
    talk.line(type="custom-title", customTitle="at the end")
    assert talk.info().custom_title == "at the end"


def test_pages_the_latest_first(config: Path, tmp_path: Path) -> None:
    cwd = str(tmp_path)
    made = [Conversation(config, cwd).say(f"number {n}").at(1000 + n) for n in range(7)]
    ids = [each.session_id for each in reversed(made)]

    def page(limit: int | None, offset: int = 0) -> list[str]:
        found = list_sessions(cwd, limit, offset, config_dir=config)
        return [info.session_id for info in found]

    assert page(None) == ids
    assert page(3) == ids[:3]
    assert page(3, 3) == ids[3:6]
    assert page(3, 6) == ids[6:]
    assert page(None, 5) == ids[5:]
    assert page(0) == page(3, 100) == []


def test_by_folder_and_all(config: Path, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    one = Conversation(config, str(here)).say("one")
    two = Conversation(config, str(there)).say("two")
    assert [info.summary for info in list_sessions(here, config_dir=config)] == ["one"]
    assert {info.summary for info in list_sessions(config_dir=config)} == {"one", "two"}
    assert list_sessions(tmp_path, config_dir=config) == []
    assert list_sessions(config_dir=tmp_path / "nothing") == []
    assert get_session_info(two.session_id, here, config_dir=config) is None
    assert get_session_info(one.session_id, here, config_dir=config).summary == "one"


def test_two_folders_whose_names_became_the_same(config: Path, tmp_path: Path) -> None:
    Conversation(config, str(tmp_path / "a.b")).say("dot")
    Conversation(config, str(tmp_path / "a-b")).say("dash")
    assert [info.summary for info in list_sessions(tmp_path / "a.b", config_dir=config)] == ["dot"]
    assert [info.summary for info in list_sessions(tmp_path / "a-b", config_dir=config)] == ["dash"]


def test_a_link_to_a_folder_is_that_folder(config: Path, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    Conversation(config, str(tmp_path / "real")).say("x")
    assert len(list_sessions(tmp_path / "link", config_dir=config)) == 1


def test_worktrees(config: Path, tmp_path: Path) -> None:
    main, other = tmp_path / "main", tmp_path / "other"
    (main / ".git" / "worktrees" / "other").mkdir(parents=True)
    (main / ".git" / "worktrees" / "other" / "gitdir").write_text(f"{other}/.git\n")
    other.mkdir()
    (other / ".git").write_text(f"gitdir: {main}/.git/worktrees/other\n")
    (main / ".git" / "worktrees" / "other" / "commondir").write_text("../..\n")
    Conversation(config, str(main)).say("in main").at(2)
    there = Conversation(config, str(other)).say("in other").at(1)

    def summaries(folder: Path, **options: object) -> list[str]:
        return [info.summary for info in list_sessions(folder, config_dir=config, **options)]

    assert summaries(main) == summaries(other) == ["in main", "in other"]
    assert summaries(main, include_worktrees=False) == ["in main"]
    assert get_session_info(there.session_id, main, config_dir=config).cwd == str(other)


def test_the_config_folder_of_the_environment(
    talk: Conversation, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk.say("x")
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(config))
    assert [info.session_id for info in list_sessions()] == [talk.session_id]


# --- what is broken -------------------------------------------------------------------------------


def test_broken_files_are_left_out_with_a_warning(
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
    made = {name: Conversation(config, str(tmp_path)).raw(data) for name, data in broken.items()}
    with caplog.at_level(logging.WARNING, "claude_notebook"):
        found = list_sessions(tmp_path, config_dir=config)
    assert [info.session_id for info in found] == [good.session_id]
    for talk in made.values():
        assert talk.session_id in caplog.text
        assert talk.texts() == []


def test_what_is_no_conversation_is_left_out_silently(
    config: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Conversation(config, str(tmp_path)).raw(b"")
    Conversation(config, str(tmp_path)).line(type="mode", mode="normal")
    Conversation(config, str(tmp_path)).say("a sub-agent's", isSidechain=True)
    with caplog.at_level(logging.WARNING, "claude_notebook"):
        assert list_sessions(tmp_path, config_dir=config) == []
    assert caplog.text == ""


def test_a_half_written_end_does_no_harm(
    talk: Conversation, caplog: pytest.LogCaptureFixture
) -> None:
    talk.say("one").say("two").raw(b'{"parentUuid":"0","type":"user","message":{"role":"us')
    with caplog.at_level(logging.WARNING, "claude_notebook"):
        assert talk.texts() == ["one", "fine", "two", "fine"]
    assert "1 lines are unreadable" in caplog.text
    assert talk.info().summary == "one"


def test_a_damaged_line_in_the_middle_loses_only_itself(talk: Conversation) -> None:
    talk.say("one")
    lost = str(uuid.uuid4())
    talk.raw(b'{"uuid":"' + lost.encode() + b'","type":"user","mess\x00\xff\n\n')
    talk.last = lost
    talk.say("three")
    assert talk.texts() == ["one", "fine", "three", "fine"]


def test_what_msgspec_does_not_take(talk: Conversation) -> None:
    talk.say("lone \ud800 surrogate")
    assert talk.texts()[0] == "lone \ud800 surrogate"
    talk.path.write_bytes(talk.path.read_bytes().replace(b"surrogate", b"\xff"))
    assert talk.texts()[0] == "lone \ud800 \ufffd"
    assert talk.info().first_prompt == "lone \ud800 \ufffd"
    fork = fork_session(talk.session_id, config_dir=talk.folder.parent.parent)
    read = get_session_messages(fork.session_id, config_dir=talk.folder.parent.parent)
    assert "\ud800" in read[0].message["content"]


def test_parents_in_a_circle(talk: Conversation) -> None:
    talk.line(type="user", uuid="a", parentUuid="b", message={"content": "a"})
    talk.line(type="user", uuid="b", parentUuid="a", message={"content": "b"})
    assert talk.texts() == ["a", "b"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
def test_what_is_no_file_is_not_opened(config: Path, tmp_path: Path, talk: Conversation) -> None:
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
    for each in (link, pipe, folder):
        assert get_session_info(each.stem, config_dir=config) is None
        assert get_session_messages(each.stem, config_dir=config) == []
        with pytest.raises(SessionNotFoundError):
            rename_session(each.stem, "x", config_dir=config)
        with pytest.raises(SessionNotFoundError):
            delete_session(each.stem, config_dir=config)
    assert outside.read_bytes() == talk.path.read_bytes()


@pytest.mark.parametrize("session_id", ["../secret", "", "/etc/passwd", "*", "a/../b", "\0"])
def test_no_way_out_of_the_folder(config: Path, tmp_path: Path, session_id: str) -> None:
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
@given(data=st.binary(max_size=300), cut=st.integers(0, 2000), place=st.integers(0, 2000))
def test_no_damage_breaks_anything(tmp_path: Path, data: bytes, cut: int, place: int) -> None:
    config = tmp_path / str(next(_numbers))
    talk = Conversation(config, "/x").say("one").say("two")
    talk.line(type="custom-title", customTitle="title")
    whole = talk.path.read_bytes()
    talk.path.write_bytes(whole[:place] + data + whole[place + cut :])
    list_sessions(config_dir=config)
    texts = talk.texts()
    try:
        fork = fork_session(talk.session_id, config_dir=config)
    except ClaudeSDKError:
        assert texts == []
    else:
        forked = get_session_messages(fork.session_id, config_dir=config)
        assert [_text(message.message["content"]) for message in forked] == texts


# --- reading --------------------------------------------------------------------------------------


def test_messages(talk: Conversation) -> None:
    talk.message("user", "note", isMeta=True)
    first = talk.message("user", "hello")
    talk.line(type="attachment", uuid="att", parentUuid=first, attachment={})
    talk.line(type="api-request", id="x")
    second = talk.message("assistant", [{"type": "text", "text": "hi"}], parent="att")
    messages = get_session_messages(talk.session_id, config_dir=talk.folder.parent.parent)
    assert [(each.type, each.uuid, each.session_id) for each in messages] == [
        ("user", first, talk.session_id),
        ("assistant", second, talk.session_id),
    ]
    assert messages[0].message == {"role": "user", "content": "hello"}
    assert messages[0].parent_tool_use_id is None


def test_pages_of_messages(talk: Conversation) -> None:
    for number in range(3):
        talk.say(str(number), answer=f"a{number}")
    assert talk.texts(limit=2, offset=1) == ["a0", "1"]
    assert talk.texts(offset=4) == ["2", "a2"]
    assert talk.texts(limit=0) == talk.texts(offset=9) == []


def test_what_was_taken_back_is_not_there(talk: Conversation) -> None:
    talk.say("one")
    fork = talk.last
    talk.say("wrong way", answer="oh")
    talk.message("user", "right way", parent=fork)
    assert talk.texts() == ["one", "fine", "right way"]


def test_parallel_calls_are_all_there(talk: Conversation) -> None:
    talk.message("user", "go")
    calls = [
        talk.message("assistant", [{"type": "tool_use", "name": name}], message_id="m")
        for name in "ABC"
    ]
    for name, call in [("a", calls[0]), ("c", calls[2]), ("b", calls[1])]:
        result = [{"type": "tool_result", "content": name}]
        talk.message("user", result, parent=call, sourceToolAssistantUUID=call)
    talk.message("assistant", [{"type": "text", "text": "done"}])
    assert talk.texts() == ["go", "A", "B", "C", "a", "c", "b", "done"]


def test_what_was_compacted(talk: Conversation) -> None:
    talk.say("old")
    last = talk.last
    talk.line(type="system", subtype="compact_boundary", uuid="cb", logicalParentUuid=last)
    talk.message("user", "the summary", parent="cb", isCompactSummary=True)
    talk.say("new")
    assert talk.texts() == ["the summary", "new", "fine"]
    assert talk.texts(compacted=True) == ["old", "fine", "the summary", "new", "fine"]


def test_sub_agents(talk: Conversation) -> None:
    config = talk.folder.parent.parent
    talk.say("main")
    folder = talk.folder / talk.session_id / "subagents"
    for name, place in [("a1", folder), ("b2", folder / "deeper")]:
        place.mkdir(parents=True, exist_ok=True)
        agent = Conversation(config, talk.cwd, talk.session_id)
        agent.path = place / f"agent-{name}.jsonl"
        agent.say(f"task of {name}", isSidechain=True, agentId=name)
    meta = {"toolUseId": "toolu_1", "parentAgentId": "b2", "agentType": "x"}
    (folder / "agent-a1.meta.json").write_text(json.dumps(meta))
    (folder / "deeper" / "agent-b2.meta.json").write_text("[broken")
    (folder / "agent-..jsonl").write_text("x")
    (folder / "agent-c3.jsonl").symlink_to(talk.path)

    assert list_subagents(talk.session_id, config_dir=config) == ["a1", "b2"]
    first, second = get_subagent_messages(talk.session_id, "a1", config_dir=config)
    assert (first.message["content"], second.type) == ("task of a1", "assistant")
    assert (first.parent_tool_use_id, first.parent_agent_id) == ("toolu_1", "b2")
    (only,) = get_subagent_messages(talk.session_id, "b2", limit=1, config_dir=config)
    assert (only.message["content"], only.parent_tool_use_id) == ("task of b2", None)
    for nobody in ("../a1", "c3", "zz", ""):
        assert get_subagent_messages(talk.session_id, nobody, config_dir=config) == []
    assert list_subagents(str(uuid.uuid4()), config_dir=config) == []
    assert talk.texts() == ["main", "fine"]


# --- changing -------------------------------------------------------------------------------------


def test_a_title_and_a_tag(talk: Conversation, config: Path) -> None:
    talk.say("x").at(1000)
    rename_session(talk.session_id, "  My\n\ttitle \x00\u202e! ", config_dir=config)
    tag_session(talk.session_id, "blue", talk.cwd, config_dir=config)
    info = talk.info()
    assert (info.summary, info.custom_title, info.tag) == ("My title !", "My title !", "blue")
    tag_session(talk.session_id, None, config_dir=config)
    assert talk.info().tag is None


def test_a_label_does_not_make_an_old_conversation_the_latest(
    talk: Conversation, config: Path
) -> None:
    talk.say("x").at(1000)
    rename_session(talk.session_id, "title", config_dir=config)
    assert talk.path.stat().st_mtime == 1000


def test_a_label_behind_a_line_that_was_never_finished(talk: Conversation, config: Path) -> None:
    talk.say("x").raw(b'{"half":')
    rename_session(talk.session_id, "title", config_dir=config)
    assert talk.info().custom_title == "title"
    assert talk.path.read_bytes().endswith(
        b'{"half":\n' + talk.path.read_bytes().splitlines()[-1] + b"\n"
    )


@pytest.mark.parametrize("label", ["", " \n\t", "\x00\x1b", 5, None])
def test_an_empty_title_is_refused(talk: Conversation, config: Path, label: object) -> None:
    before = talk.say("x").path.read_bytes()
    with pytest.raises(OptionsError, match="title"):
        rename_session(talk.session_id, label, config_dir=config)
    assert talk.path.read_bytes() == before


def test_what_does_not_exist(talk: Conversation, config: Path, tmp_path: Path) -> None:
    talk.say("x")
    nobody = str(uuid.uuid4())
    for change in (delete_session, fork_session):
        with pytest.raises(SessionNotFoundError, match=f"no conversation {nobody} in any folder"):
            change(nobody, config_dir=config)
        with pytest.raises(SessionNotFoundError, match="elsewhere"):
            change(talk.session_id, tmp_path / "elsewhere", config_dir=config)
    with pytest.raises(SessionNotFoundError):
        tag_session(nobody, "x", config_dir=config)
    assert get_session_info(nobody, config_dir=config) is None
    assert get_session_messages(nobody, config_dir=config) == []
    assert talk.texts() == ["x", "fine"]


def test_deleting_takes_its_own_files_and_no_others(
    config: Path, tmp_path: Path, talk: Conversation
) -> None:
    other = Conversation(config, talk.cwd).say("other")
    talk.say("x")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "keep").write_text("x")
    for each in (talk, other):
        folder = each.folder / each.session_id / "subagents"
        folder.mkdir(parents=True)
        (folder / "agent-a.jsonl").write_text("{}")
        (folder / "link").symlink_to(outside)
    before = {path for path in config.rglob("*") if talk.session_id not in str(path)}
    delete_session(talk.session_id, config_dir=config)
    assert set(config.rglob("*")) == before
    assert (outside / "keep").exists()
    assert talk.info() is None


def test_deleting_does_not_follow_a_link_in_place_of_its_folder(
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


def test_a_fork_has_the_conversation_and_nothing_else(talk: Conversation, config: Path) -> None:
    talk.line(type="queue-operation", content="hello")
    first = talk.message("user", "hello")
    talk.line(type="attachment", uuid="att", parentUuid=first, attachment={"x": 1})
    talk.line(type="progress", uuid="pro", parentUuid="att")
    talk.line(type="api-request-blob", hash="x", message={"secret": 1})
    second = talk.message("assistant", [{"type": "text", "text": "hi"}], parent="pro")
    talk.line(type="file-history-snapshot", messageId="x").line(type="cost-state", totalCostUSD=9)
    talk.say("a sub-agent's", isSidechain=True, parent=second)
    talk.line(type="content-replacement", replacements=[1]).line(type="tag", tag="blue")
    before = talk.path.read_bytes()

    fork = fork_session(talk.session_id, config_dir=config)

    assert talk.path.read_bytes() == before
    made = entries(talk, fork)
    assert {entry["sessionId"] for entry in made} == {fork.session_id}
    assert [(entry["type"], entry.get("uuid"), entry.get("parentUuid")) for entry in made] == [
        ("user", first, None),
        ("attachment", "att", first),
        ("assistant", second, "att"),
        ("content-replacement", None, None),
        ("custom-title", None, None),
        ("tag", None, None),
    ]
    assert made[0]["forkedFrom"] == {"sessionId": talk.session_id, "messageUuid": first}
    assert (talk.folder / f"{fork.session_id}.jsonl").stat().st_mode & 0o777 == 0o600
    assert sorted(os.listdir(talk.folder)) == sorted([talk.path.name, f"{fork.session_id}.jsonl"])


def test_a_fork_ends_where_it_is_told(talk: Conversation, config: Path) -> None:
    talk.say("one").say("two")
    last = talk.last
    talk.say("three")
    fork = fork_session(talk.session_id, talk.cwd, last, "Another way", config_dir=config)
    info = get_session_info(fork.session_id, config_dir=config)
    assert (info.custom_title, info.cwd) == ("Another way", talk.cwd)
    read = get_session_messages(fork.session_id, config_dir=config)
    assert [_text(each.message["content"]) for each in read] == ["one", "fine", "two", "fine"]
    # A fork of the fork: the ids are the same.
    again = fork_session(fork.session_id, up_to_message_id=read[0].uuid, config_dir=config)
    assert len(get_session_messages(again.session_id, config_dir=config)) == 1
    assert (
        get_session_info(again.session_id, config_dir=config).custom_title == "Another way (fork)"
    )


def test_the_title_and_the_id_of_a_fork(talk: Conversation, config: Path) -> None:
    talk.say("hello")
    wanted = str(uuid.uuid4())
    fork = fork_session(talk.session_id, new_session_id=wanted, config_dir=config)
    assert fork == ForkSessionResult(wanted)
    assert get_session_info(wanted, config_dir=config).custom_title == "hello (fork)"
    for taken in (wanted, "no-uuid", "../x", talk.session_id):
        with pytest.raises(OptionsError, match="cannot be the id"):
            fork_session(talk.session_id, new_session_id=taken, config_dir=config)


def test_what_cannot_be_forked(talk: Conversation, config: Path) -> None:
    talk.line(type="custom-title", customTitle="only a title")
    with pytest.raises(SessionNotFoundError, match="Nothing was said"):
        fork_session(talk.session_id, config_dir=config)
    talk.say("x")
    talk.line(type="attachment", uuid="att", parentUuid=talk.last)
    side = talk.message("user", "side", isSidechain=True)
    for wrong in (str(uuid.uuid4()), "", "att", side):
        with pytest.raises(OptionsError, match="has no message"):
            fork_session(talk.session_id, up_to_message_id=wrong, config_dir=config)
    assert os.listdir(talk.folder) == [talk.path.name]


@contextlib.contextmanager
def not_root() -> Iterator[None]:
    """Root may write anywhere: be nobody in here."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(sys.platform == "win32", reason="needs modes of files")
def test_files_that_are_somebody_elses() -> None:
    with tempfile.TemporaryDirectory() as place:
        talk = Conversation(Path(place), "/x").say("x")
        for folder in (Path(place), talk.folder.parent):
            folder.chmod(0o755)
        talk.path.chmod(0o444)
        talk.folder.chmod(0o555)
        with not_root():
            for change in (
                delete_session,
                fork_session,
                lambda one, **k: tag_session(one, "x", **k),
            ):
                with pytest.raises(ClaudeSDKError, match="cannot be changed"):
                    change(talk.session_id, config_dir=place)
        talk.folder.chmod(0o755)
        assert talk.texts() == ["x", "fine"]
        talk.path.chmod(0)
        with not_root():
            assert list_sessions(config_dir=place) == talk.texts() == []
