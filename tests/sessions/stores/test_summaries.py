"""Incremental summaries of conversations."""

import itertools
import json

import pytest
from conversations import Conversation

from claude_notebook import SDKSessionInfo, fold_session_summary
from claude_notebook.sessions.stores.summaries import summary_info

KEY = {"project_key": "p", "session_id": "s"}
FIELDS = ["summary", "custom_title", "first_prompt", "git_branch", "cwd", "tag", "created_at"]


def summarize(entries: list, size: int = 100) -> dict:
    summary = None
    for first in range(0, max(len(entries), 1), size):
        summary = fold_session_summary(summary, KEY, entries[first : first + size])
    return summary


def describe(entries: list) -> SDKSessionInfo | None:
    return summary_info("s", summarize(entries)["data"], 7, "/here")


def user(text: object, **fields: object) -> dict:
    return {"type": "user", "message": {"role": "user", "content": text}, **fields}


def entries_of(talk: Conversation) -> list:
    return [json.loads(line) for line in talk.path.read_bytes().splitlines()]


def test_fold_session_summary_does_not_change_arguments():
    first = fold_session_summary(None, KEY, [user("one")])
    copy = json.loads(json.dumps(first))
    second = fold_session_summary({**first, "mtime": 9}, KEY, [{"type": "tag", "tag": "t"}])
    assert first == copy
    assert (first["session_id"], first["mtime"], second["mtime"]) == ("s", 0, 9)
    assert fold_session_summary(second, KEY, []) == second


def test_fold_session_summary_is_independent_of_batches(talk: Conversation):
    talk.say("one").say("two").line(type="tag", tag="t").line(type="ai-title", aiTitle="A title")
    entries = entries_of(talk)
    whole = summarize(entries)
    assert all(summarize(entries, size) == whole for size in range(1, len(entries)))


def test_summary_info_matches_transcript(talk: Conversation):
    talk.say("  is this\nodd? ").line(type="last-prompt", lastPrompt="and now?")
    for more in (
        {"type": "custom-title", "customTitle": "A title"},
        {"type": "tag", "tag": "blue"},
        {"type": "tag", "tag": ""},
        {"type": "relocated", "relocatedCwd": "/elsewhere"},
    ):
        talk.line(**more)
        info, here = describe(entries_of(talk)), talk.info()
        assert [getattr(info, name) for name in FIELDS] == [getattr(here, name) for name in FIELDS]
    assert (info.last_modified, info.file_size) == (7, None)


@pytest.mark.parametrize(
    ("entries", "summary"),
    [
        ([user("one"), user("two")], "one"),
        ([user("meta", isMeta=True), user("summed up", isCompactSummary=True), user("two")], "two"),
        ([user("<command-name>/clear</command-name>"), user("two")], "two"),
        ([user("<command-name>/clear</command-name>"), user("<command-name>/b</command-name>")],
         "/clear"),
        ([user("<bash-input>ls</bash-input>")], "! ls"),
        ([user("[Request interrupted by user]"), user([{"type": "text", "text": "two"}])], "two"),
        ([user([{"type": "tool_result"}]), user("two")], "two"),
        ([user("one"), {"type": "summary", "summary": "summed up"}], "summed up"),
        (["no object", user("one", timestamp="never", cwd=5)], "one"),
    ],
)  # fmt: skip
def test_summary_info_selects_title(entries, summary):
    info = describe(entries)
    assert (info.summary, info.cwd, info.created_at) == (summary, "/here", None)


@pytest.mark.parametrize("entries", [[], [{"type": "mode"}], [user("one", isSidechain=True)]])
def test_summary_info_returns_none_for_empty_conversations(entries):
    assert describe(entries) is None


def test_fold_session_summary_continues_official_summaries():
    official = pytest.importorskip("claude_agent_sdk", reason="the official SDK is absent")
    entries = [
        user("one", timestamp="2026-01-02T03:04:05Z", cwd="/a", gitBranch="main"),
        {"type": "ai-title", "aiTitle": "A title"},
        {"type": "tag", "tag": "t"},
        user("two"),
        {"type": "custom-title", "customTitle": "Mine"},
    ]
    folds = (fold_session_summary, official.fold_session_summary)
    for first, second in itertools.product(folds, folds):
        partial = first(None, KEY, entries[:3])
        assert second(partial, KEY, entries[3:]) == summarize(entries)
