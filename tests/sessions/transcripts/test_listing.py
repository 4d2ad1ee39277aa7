"""Lists and descriptions of local conversations."""

from pathlib import Path

import pytest
from conversations import Conversation

from claude_notebook.sessions.transcripts import SDKSessionInfo, get_session_info, list_sessions


def test_get_session_info_describes_conversation(talk: Conversation, tmp_path: Path) -> None:
    talk.line(type="queue-operation", timestamp="2026-01-02T03:04:04.000Z")
    talk.say("Is that\n  this?").say("And that?", gitBranch="topic").at(1_800_000_000.25)
    assert talk.info() == SDKSessionInfo(
        session_id=talk.session_id,
        summary="Is that this?",
        last_modified=1_800_000_000_250,
        file_size=talk.path.stat().st_size,
        first_prompt="Is that this?",
        git_branch="topic",
        cwd=str(tmp_path),
        created_at=1_767_323_044_000,
    )


def test_get_session_info_uses_last_title_and_tag(talk: Conversation) -> None:
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
        (["<div> is this?"], "<div> is this?"),
        ([[{"type": "tool_result", "content": "x"}], "real"], "real"),
        ([[{"type": "image"}, {"type": "text", "text": "see?"}]], "see?"),
        (["x" * 500], "x" * 199 + "…"),
        ([["broken"], None, 5, {"a": 1}, "real"], "real"),
    ],
)
def test_get_session_info_finds_first_prompt(
    talk: Conversation, prompts: list, expected: str
) -> None:
    talk.message("user", "a note", isMeta=True)
    for prompt in prompts:
        talk.message("user", prompt)
    assert talk.info().first_prompt == expected


def test_get_session_info_with_prompt_longer_than_window(
    talk: Conversation, tmp_path: Path
) -> None:
    talk.say("begin " + 'long "\n' * 100_000)
    assert talk.info().first_prompt.startswith('begin long " long "')
    assert talk.info().cwd == str(tmp_path)


def test_get_session_info_ignores_title_outside_windows(talk: Conversation) -> None:
    talk.say("x" * 70_000)
    talk.line(type="custom-title", customTitle="in the middle")
    talk.say("y" * 70_000)
    assert talk.info().custom_title is None
    talk.line(type="custom-title", customTitle="at the end")
    assert talk.info().custom_title == "at the end"


def test_list_sessions_pages_latest_first(config: Path, tmp_path: Path) -> None:
    cwd = str(tmp_path)
    talks = [Conversation(config, cwd).say(f"number {n}").at(1000 + n) for n in range(7)]
    ids = [talk.session_id for talk in reversed(talks)]

    def page(limit: int | None, offset: int = 0) -> list[str]:
        sessions = list_sessions(cwd, limit, offset, config_dir=config)
        return [info.session_id for info in sessions]

    assert page(None) == ids
    assert page(3) == ids[:3]
    assert page(3, 3) == ids[3:6]
    assert page(3, 6) == ids[6:]
    assert page(None, 5) == ids[5:]
    assert page(0) == page(-1) == ids
    assert page(3, 100) == []


def test_list_sessions_of_one_folder_and_of_all(config: Path, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    item = Conversation(config, str(here)).say("one")
    two = Conversation(config, str(there)).say("two")
    assert [info.summary for info in list_sessions(here, config_dir=config)] == ["one"]
    assert {info.summary for info in list_sessions(config_dir=config)} == {"one", "two"}
    assert list_sessions(tmp_path, config_dir=config) == []
    assert list_sessions(config_dir=tmp_path / "nothing") == []
    assert get_session_info(two.session_id, here, config_dir=config) is None
    assert get_session_info(item.session_id, here, config_dir=config).summary == "one"


def test_list_sessions_separates_folders_with_same_encoded_name(
    config: Path, tmp_path: Path
) -> None:
    Conversation(config, str(tmp_path / "a.b")).say("dot")
    Conversation(config, str(tmp_path / "a-b")).say("dash")
    assert [info.summary for info in list_sessions(tmp_path / "a.b", config_dir=config)] == ["dot"]
    assert [info.summary for info in list_sessions(tmp_path / "a-b", config_dir=config)] == ["dash"]


def test_list_sessions_resolves_links(config: Path, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    Conversation(config, str(tmp_path / "real")).say("x")
    assert len(list_sessions(tmp_path / "link", config_dir=config)) == 1


def test_list_sessions_includes_worktrees(config: Path, tmp_path: Path) -> None:
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


def test_list_sessions_uses_config_folder_of_environment(
    talk: Conversation, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk.say("x")
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(config))
    assert [info.session_id for info in list_sessions()] == [talk.session_id]
