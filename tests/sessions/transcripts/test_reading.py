"""Messages of local conversations."""

import json
import os
import uuid

import pytest
from conversations import Conversation

from claude_notebook import AssistantMessage, UserMessage, messages_to_html
from claude_notebook.sessions.transcripts import (
    SessionMessage,
    get_session_messages,
    get_subagent_messages,
    list_subagents,
)


def test_get_session_messages_returns_conversation(talk: Conversation) -> None:
    talk.message("user", "note", isMeta=True)
    first = talk.message("user", "hello")
    talk.line(type="attachment", uuid="att", parentUuid=first, attachment={})
    talk.line(type="api-request", id="x")
    second = talk.message("assistant", [{"type": "text", "text": "hi"}], parent="att")
    messages = get_session_messages(talk.session_id, config_dir=talk.folder.parent.parent)
    assert [(message.type, message.uuid, message.session_id) for message in messages] == [
        ("user", first, talk.session_id),
        ("assistant", second, talk.session_id),
    ]
    assert messages[0].message == {"role": "user", "content": "hello"}
    assert messages[0].parent_tool_use_id is None


def test_get_session_messages_pages(talk: Conversation) -> None:
    for number in range(3):
        talk.say(str(number), answer=f"a{number}")
    assert talk.texts(limit=2, offset=1) == ["a0", "1"]
    assert talk.texts(offset=4) == ["2", "a2"]
    assert talk.texts(limit=0) == talk.texts(limit=-1) == talk.texts()
    assert talk.texts(offset=9) == []


def test_get_session_messages_skips_rewound_messages(talk: Conversation) -> None:
    talk.say("one")
    fork = talk.last
    talk.say("wrong way", answer="oh")
    talk.message("user", "right way", parent=fork)
    assert talk.texts() == ["one", "fine", "right way"]


def test_get_session_messages_includes_parallel_calls(talk: Conversation) -> None:
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


@pytest.mark.parametrize("count", [1, 2, 3, 5])
@pytest.mark.parametrize("order", [1, -1])
def test_get_session_messages_keeps_parallel_results_of_old_transcripts(
    talk: Conversation, count: int, order: int
) -> None:
    talk.message("user", "go")
    names = "ABCDE"[:count]
    calls = {
        name: talk.message("assistant", [{"type": "tool_use", "name": name}], message_id="m")
        for name in names
    }
    for name in names[::order]:
        result = [{"type": "tool_result", "content": name.lower()}]
        talk.message("user", result, parent=calls[name])
    talk.message("assistant", [{"type": "text", "text": "done"}])

    assert talk.texts() == ["go", *names, *names[::order].lower(), "done"]


def test_get_session_messages_drops_a_rewound_prompt_after_parallel_calls(
    talk: Conversation,
) -> None:
    talk.message("user", "go")
    call = talk.message("assistant", [{"type": "tool_use", "name": "A"}], message_id="m")
    talk.message("user", 'about {"type":"tool_result"}', parent=call)
    talk.message("user", [{"type": "tool_result", "content": "a"}], parent=call)
    talk.message("assistant", [{"type": "text", "text": "done"}])

    assert talk.texts() == ["go", "A", "a", "done"]


def test_past_conversations_can_be_displayed(talk: Conversation) -> None:
    talk.message("user", "go")
    talk.message("assistant", [{"type": "tool_use", "id": "1", "name": "Bash", "input": {}}])
    talk.message("user", [{"type": "tool_result", "tool_use_id": "1", "content": "the output"}])
    talk.message("assistant", [{"type": "text", "text": "**done**"}], message_id="m")
    messages = get_session_messages(talk.session_id, config_dir=talk.folder.parent.parent)

    page = messages_to_html(messages)

    assert "<strong>done</strong>" in page
    assert "the output" in page
    assert "<strong>done</strong>" in messages[-1]._repr_mimebundle_()["text/html"]
    assert [type(message.to_message()) for message in messages] == [
        UserMessage,
        AssistantMessage,
        UserMessage,
        AssistantMessage,
    ]


@pytest.mark.parametrize(
    "message",
    [{}, {"content": None}, {"content": [7]}, {"content": "x", "usage": 3}, {"role": "user"}],
)
def test_damaged_past_messages_can_be_displayed(message: dict) -> None:
    for kind in ("user", "assistant"):
        after = SessionMessage("assistant", "v", "s", {"content": "the last answer"})
        page = messages_to_html([SessionMessage(kind, "u", "s", message), after])
        assert "the last answer" in page


def test_get_session_messages_can_pass_compaction(talk: Conversation) -> None:
    talk.say("old")
    last = talk.last
    talk.line(type="system", subtype="compact_boundary", uuid="cb", logicalParentUuid=last)
    talk.message("user", "the summary", parent="cb", isCompactSummary=True)
    talk.say("new")
    assert talk.texts() == ["the summary", "new", "fine"]
    assert talk.texts(compacted=True) == ["old", "fine", "the summary", "new", "fine"]


def test_subagents_of_local_conversation(talk: Conversation) -> None:
    config = talk.folder.parent.parent
    talk.say("main")
    folder = talk.folder / talk.session_id / "subagents"
    for name, parent in [("a1", folder), ("b2", folder / "deeper")]:
        parent.mkdir(parents=True, exist_ok=True)
        agent = Conversation(config, talk.cwd, talk.session_id)
        agent.path = parent / f"agent-{name}.jsonl"
        agent.say(f"task of {name}", isSidechain=True, agentId=name)
    meta = {"toolUseId": "toolu_1", "parentAgentId": "b2", "agentType": "x"}
    (folder / "agent-a1.meta.json").write_text(json.dumps(meta))
    (folder / "deeper" / "agent-b2.meta.json").write_text("[broken")
    agent.path = folder / "agent-d4.jsonl"
    agent.say("without a description", isSidechain=True, agentId="d4")
    os.mkfifo(folder / "agent-d4.meta.json")
    (folder / "agent-..jsonl").write_text("x")
    (folder / "agent-c3.jsonl").symlink_to(talk.path)

    assert list_subagents(talk.session_id, config_dir=config) == ["a1", "b2", "d4"]
    first, second = get_subagent_messages(talk.session_id, "a1", config_dir=config)
    assert (first.message["content"], second.type) == ("task of a1", "assistant")
    assert (first.parent_tool_use_id, first.parent_agent_id) == ("toolu_1", "b2")
    (only,) = get_subagent_messages(talk.session_id, "b2", limit=1, config_dir=config)
    assert (only.message["content"], only.parent_tool_use_id) == ("task of b2", None)
    (piped,) = get_subagent_messages(talk.session_id, "d4", limit=1, config_dir=config)
    assert piped.parent_tool_use_id is None
    for unknown in ("../a1", "c3", "zz", ""):
        assert get_subagent_messages(talk.session_id, unknown, config_dir=config) == []
    assert list_subagents(str(uuid.uuid4()), config_dir=config) == []
    assert talk.texts() == ["main", "fine"]
