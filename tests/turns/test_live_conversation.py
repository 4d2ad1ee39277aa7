"""The conversation of a notebook, with the real CLI and without Jupyter."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import anyio
import pytest
from talk import Talk, is_alive, until

from claude_notebook.errors import (
    ClaudeSDKError,
    ControlRequestError,
    ProcessError,
    SessionNotFoundError,
    WorkingDirectoryError,
)
from claude_notebook.testing import ScriptedAPI, Step, Use, script
from claude_notebook.turns.live_conversation import LiveConversation

pytestmark = pytest.mark.anyio


def last_input(api: ScriptedAPI) -> str:
    """Return everything the model received in its last turn."""
    return str(api.turns[-1].body["messages"])


def model(api: ScriptedAPI) -> str:
    return str(api.turns[-1].body["model"])


def delete_transcripts(home: Path) -> None:
    for path in home.rglob("*.jsonl"):
        path.unlink()


# --- one process, many cells ---------------------------------------------------------------------


async def test_conversation_keeps_its_process_between_cells(talk: Talk, scripted_api):
    first = await talk.ask("the first question")
    pid = talk.conversation.pid
    second = await talk.ask("the second")
    assert talk.conversation.pid == pid
    assert first.result.session_id == second.result.session_id == talk.conversation.session_id
    assert "the first question" in last_input(scripted_api)
    assert first.notes == second.notes == []
    assert talk.store.load() == talk.conversation.session_id


async def test_conversation_can_start_ahead(talk: Talk):
    await talk.conversation.warm(talk.launch())
    pid = talk.conversation.pid
    assert pid
    await talk.conversation.warm(talk.launch())
    assert (await talk.ask("hello")).text == "You said: hello"
    assert talk.conversation.pid == pid


async def test_conversation_reports_a_failed_early_start_at_the_first_prompt(talk: Talk):
    launch = talk.launch(env={**talk.env, "CLAUDE_CLI_PATH": "/nowhere/claude"})
    await talk.conversation.warm(launch)
    with pytest.raises(ClaudeSDKError, match="CLAUDE_CLI_PATH"):
        await talk.ask("hello", launch)
    assert (await talk.ask("hello")).text == "You said: hello"


@pytest.mark.parametrize(
    "settings",
    [
        {"allow": ("Read",)},
        {"env": "changed"},
        {"cwd": "other"},
    ],
    ids=lambda settings: next(iter(settings)),
)
async def test_conversation_continues_in_a_new_process_with_other_settings(
    talk: Talk, scripted_api, settings
):
    if "env" in settings:
        settings = {"env": {**talk.env, "SOME_VARIABLE": "1"}}
    if "cwd" in settings:
        other = talk.cwd.parent / "other"
        other.mkdir()
        settings = {"cwd": str(other)}
    first = await talk.ask("the first question")
    pid = talk.conversation.pid
    second = await talk.ask("the second", talk.launch(**settings))
    assert talk.conversation.pid != pid
    assert not is_alive(pid)
    assert second.result.session_id == first.result.session_id
    assert "the first question" in last_input(scripted_api)
    assert second.notes == []


async def test_conversation_passes_the_environment_to_tools(talk: Talk):
    await talk.ask("hello")
    launch = talk.launch(env={**talk.env, "COLOUR": "mauve"}, allow=("Bash",))
    answer = await talk.ask(
        script(Use("Bash", {"command": "echo it is $COLOUR; pwd"}), "ok"), launch
    )
    (text,) = [str(m.content) for m in answer.messages if type(m).__name__ == "UserMessage"]
    assert "it is mauve" in text
    assert str(talk.cwd) in text


async def test_conversation_sets_model_and_mode_in_the_live_process(talk: Talk, scripted_api):
    await talk.ask("one")
    pid, usual = talk.conversation.pid, model(scripted_api)
    write = script(Use("Write", {"file_path": str(talk.cwd / "a.txt"), "content": "x"}), "ok")

    await talk.ask(write, model="haiku", mode="acceptEdits")
    assert "haiku" in model(scripted_api)
    assert (talk.cwd / "a.txt").exists()
    (talk.cwd / "a.txt").unlink()

    refused = await talk.ask(write)
    assert model(scripted_api) == usual
    assert not (talk.cwd / "a.txt").exists()
    assert [level for level, _ in refused.notes] == ["warning"]
    assert "--allow Write or --mode acceptEdits" in refused.notes[0][1]
    assert talk.conversation.pid == pid


async def test_conversation_restores_the_usual_mode(talk: Talk):
    settings = talk.cwd / ".claude" / "settings.json"
    settings.parent.mkdir()
    settings.write_text('{"permissions": {"defaultMode": "acceptEdits"}}')
    write = script(Use("Write", {"file_path": str(talk.cwd / "a.txt"), "content": "x"}), "ok")

    await talk.ask(write, mode="plan")
    assert not (talk.cwd / "a.txt").exists()
    await talk.ask(write)
    assert (talk.cwd / "a.txt").exists()


async def test_conversation_survives_a_refused_mode(talk: Talk):
    await talk.ask("hello")
    with pytest.raises(ControlRequestError):
        await talk.ask("hello", mode="bypassPermissions")
    assert (await talk.ask("again")).text == "You said: again"


async def test_conversation_names_a_rule_that_allows_the_call(talk: Talk):
    run = script(Use("Bash", {"command": "touch here.txt"}), "ok")
    refused = await talk.ask(run)
    assert '--allow "Bash(touch *)"' in refused.notes[0][1]
    assert not (talk.cwd / "here.txt").exists()
    allowed = await talk.ask(run, talk.launch(allow=("Bash(touch *)",)))
    assert allowed.notes == []
    assert (talk.cwd / "here.txt").exists()


async def test_conversation_loads_settings_and_claude_md(talk: Talk, scripted_api):
    (talk.cwd / "CLAUDE.md").write_text("The project is called Zanzibar.\n")
    settings = Path(talk.env["HOME"]) / ".claude" / "settings.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text('{"permissions": {"allow": ["Bash(touch *)"]}, "model": "haiku"}')
    answer = await talk.ask(script(Use("Bash", {"command": "touch here.txt"}), "ok"))
    assert answer.notes == []
    assert (talk.cwd / "here.txt").exists()
    assert "haiku" in model(scripted_api)
    assert "Zanzibar" in str(scripted_api.turns[-1].body)


# --- new, resume, restart ------------------------------------------------------------------------


async def test_conversation_new_starts_over(talk: Talk, scripted_api):
    first = await talk.ask("the first question")
    second = await talk.ask("the second", new=True)
    assert "the first question" not in last_input(scripted_api)
    assert second.result.session_id != first.result.session_id
    assert talk.store.load() == second.result.session_id
    assert second.notes == []


async def test_conversation_resumes_another_one(talk: Talk, scripted_api):
    first = (await talk.ask("the first question")).result.session_id
    await talk.ask("another topic", new=True)
    third = await talk.ask("the third", resume=first)
    assert "the first question" in last_input(scripted_api)
    assert "another topic" not in last_input(scripted_api)
    assert third.result.session_id == first == talk.store.load()
    assert [level for level, _ in third.notes] == ["resumed"]
    pid = talk.conversation.pid
    fourth = await talk.ask("the fourth", resume=first)
    assert (talk.conversation.pid, fourth.notes) == (pid, [])


@pytest.mark.parametrize("session_id", ["no-such-id", "123e4567-e89b-42d3-a456-426614174000"])
async def test_conversation_resume_of_an_unknown_id_changes_nothing(
    talk: Talk, scripted_api, session_id
):
    first = await talk.ask("the first question")
    with pytest.raises(ClaudeSDKError) as caught:
        await talk.ask("hello", resume=session_id)
    assert session_id in str(caught.value)
    assert isinstance(caught.value, (SessionNotFoundError, ProcessError))
    second = await talk.ask("the second")
    assert second.result.session_id == first.result.session_id
    assert "the first question" in last_input(scripted_api)


@pytest.mark.parametrize("ahead", [True, False])
async def test_conversation_continues_after_a_restart_with_a_notice(
    talk: Talk, scripted_api, ahead
):
    first = await talk.ask("the first question")
    await talk.conversation.close()
    talk.restart()
    if ahead:
        await talk.conversation.warm(talk.launch())
    second = await talk.ask("the second")
    assert second.result.session_id == first.result.session_id
    assert "the first question" in last_input(scripted_api)
    ((level, text),) = second.notes
    assert level == "resumed"
    assert "--new" in text
    assert (await talk.ask("the third")).notes == []


@pytest.mark.parametrize("ahead", [True, False])
async def test_conversation_starts_over_if_the_stored_one_is_gone(talk: Talk, ahead):
    talk.store.save("123e4567-e89b-42d3-a456-426614174000")
    if ahead:
        await talk.conversation.warm(talk.launch())
    answer = await talk.ask("hello")
    assert answer.text == "You said: hello"
    assert [level for level, _ in answer.notes] == ["resumed"]
    assert "no longer exists" in answer.notes[0][1]
    assert talk.store.load() == answer.result.session_id


async def test_conversation_starts_over_if_its_transcript_vanishes(talk: Talk):
    await talk.ask("hello")
    delete_transcripts(Path(talk.env["HOME"]))
    second = await talk.ask("again", talk.launch(system="Be brief."))
    assert second.text == "You said: again"
    assert "no longer exists" in second.notes[0][1]


async def test_conversation_new_after_a_restart_forgets_the_old_one(talk: Talk, scripted_api):
    await talk.ask("the first question")
    await talk.conversation.close()
    talk.restart()
    second = await talk.ask("the second", new=True)
    assert "the first question" not in last_input(scripted_api)
    assert second.notes == []


# --- cost ----------------------------------------------------------------------------------------


async def test_conversation_costs_are_per_turn_after_a_resume(talk: Talk):
    first = await talk.ask("hello")
    second = await talk.ask("again", talk.launch(system="Be brief."))
    total = second.result.total_cost_usd
    assert first.result.cost_usd == pytest.approx(first.result.total_cost_usd)
    assert second.result.cost_usd == pytest.approx(total - first.result.total_cost_usd)
    assert talk.conversation.total_cost_usd == pytest.approx(total)


# --- failures ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "noticed"), [(signal.SIGKILL, 0), (signal.SIGTERM, 1)], ids=["just now", "noticed"]
)
async def test_conversation_killed_between_turns_continues_in_a_new_process(
    talk: Talk, scripted_api, number, noticed
):
    first = await talk.ask("the first question")
    pid = talk.conversation.pid
    os.kill(pid, number)
    until(lambda: not is_alive(pid))
    await anyio.sleep(noticed)
    second = await talk.ask("the second")
    assert second.text == "You said: the second"
    assert second.result.session_id == first.result.session_id
    assert "the first question" in last_input(scripted_api)
    assert [level for level, _ in second.notes] == ["resumed"]


async def test_conversation_killed_before_its_first_turn_restarts_silently(talk: Talk):
    await talk.conversation.warm(talk.launch())
    pid = talk.conversation.pid
    os.kill(pid, signal.SIGKILL)
    until(lambda: not is_alive(pid))
    await anyio.sleep(0.5)
    answer = await talk.ask("hello")
    assert (answer.text, answer.notes) == ("You said: hello", [])


async def test_conversation_killed_in_a_turn_raises_and_the_next_cell_continues(
    talk: Talk, scripted_api
):
    await talk.ask("the first question")
    slow = script(Step("word " * 200, chunk=5, delay=0.05))
    kill = lambda: os.kill(talk.conversation.pid, signal.SIGKILL)  # noqa: E731
    with pytest.raises(ProcessError, match="killed"):
        await talk.ask(slow, at_first_delta=kill)
    second = await talk.ask("the second")
    assert second.text == "You said: the second"
    assert "the first question" in last_input(scripted_api)


async def test_conversation_turn_left_early_does_not_answer_in_the_next_cell(talk: Talk):
    await talk.ask("hello")
    slow = script(Step("left over " * 100, chunk=10, delay=0.02))
    with anyio.CancelScope() as scope:
        await talk.ask(slow, at_first_delta=scope.cancel)
    assert scope.cancelled_caught
    assert (await talk.ask("and now?")).text == "You said: and now?"


async def test_conversation_stop_keeps_the_process(talk: Talk, scripted_api):
    await talk.ask("hello")
    pid = talk.conversation.pid
    slow = script(Step("word " * 500, chunk=5, delay=0.05))
    async with anyio.create_task_group() as group:
        stop = lambda: group.start_soon(talk.conversation.interrupt)  # noqa: E731
        stopped = await talk.ask(slow, at_first_delta=stop)
    assert stopped.result.subtype == "error_during_execution"
    assert (await talk.ask("next")).text == "You said: next"
    assert talk.conversation.pid == pid


async def test_conversation_rejects_a_missing_folder(talk: Talk):
    with pytest.raises(WorkingDirectoryError, match="does not exist"):
        await talk.ask("hello", talk.launch(cwd="/nowhere/at/all"))
    assert (await talk.ask("hello")).text == "You said: hello"


async def test_conversation_close_leaves_no_process(talk: Talk):
    await talk.ask(script(Use("Bash", {"command": "true"}), "ok"), talk.launch(allow=("Bash",)))
    pid = talk.conversation.pid
    started = time.monotonic()
    await talk.conversation.close()
    assert not is_alive(pid)
    assert time.monotonic() - started < 30
    assert isinstance(talk.conversation, LiveConversation)
    assert talk.conversation.pid is None
