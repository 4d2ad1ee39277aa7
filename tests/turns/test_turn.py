"""Turns with the real CLI: states, end, and outcome."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import anyio
import anyio.to_thread
import pytest
from talk import Talk, is_alive, is_delta, until

from claude_notebook.errors import APIError, ClaudeSDKError, ProcessError
from claude_notebook.messages import Message
from claude_notebook.render.view.turn_view import TurnView
from claude_notebook.testing import Hang, Say, Status, Step, script
from claude_notebook.turns.turn import TRANSITIONS, Turn, TurnState

pytestmark = pytest.mark.anyio

SLOW = script(Step("word " * 400, chunk=5, delay=0.05))


class Watched(Turn):
    """A turn that records its states, and calls a function at the first delta."""

    def __init__(self, talk: Talk, prompt: str, **more: Any) -> None:
        super().__init__(talk.conversation, talk.request(prompt, **more), TurnView(1000))
        self.ops: list[dict[str, Any]] = []
        self.moves: list[tuple[TurnState, TurnState]] = []
        self.at_first_delta: Callable[[], object] | None = None

    def _move(self, state: TurnState) -> None:
        before = self.state
        super()._move(state)
        if self.state is not before:
            self.moves.append((before, self.state))

    def _take(self, message: Message) -> None:
        super()._take(message)
        if self.at_first_delta and is_delta(message):
            self.at_first_delta()
            self.at_first_delta = None

    async def go(self) -> Watched:
        await self.run(self.ops.extend)
        return self

    async def go_and_stop(self) -> Watched:
        """Run the turn, and stop it at its first text."""
        async with anyio.create_task_group() as group:
            self.at_first_delta = lambda: group.start_soon(self.stop)
            await self.go()
        return self

    @property
    def path(self) -> list[TurnState]:
        return [state for _, state in self.moves]


def last_footer(turn: Watched) -> dict[str, Any]:
    return [op for op in turn.ops if op["op"] == "footer"][-1]["footer"]


async def finished(talk: Talk) -> Watched:
    return await Watched(talk, "hello").go()


async def failed(talk: Talk) -> Watched:
    return await Watched(talk, script(Step("no", fails=Status(403)))).go()


async def stopped(talk: Talk) -> Watched:
    return await Watched(talk, SLOW).go_and_stop()


async def stopped_in_the_queue(talk: Talk) -> Watched:
    turn = Watched(talk, "hello")
    async with talk.conversation.lock, anyio.create_task_group() as group:
        group.start_soon(turn.go)
        with anyio.fail_after(10):
            while not turn.view.footer.note:  # noqa: ASYNC110  it says only there that it waits
                await anyio.sleep(0.001)
        await turn.stop()
    return turn


PATHS = {
    finished: [TurnState.ASKING, TurnState.DONE],
    failed: [TurnState.ASKING, TurnState.FAILED],
    stopped: [TurnState.ASKING, TurnState.STOPPING, TurnState.STOPPED],
    stopped_in_the_queue: [TurnState.STOPPED],
}


@pytest.fixture
async def turns(talk: Talk) -> list[Watched]:
    """A turn of each kind, in one conversation."""
    return [await run(talk) for run in PATHS]


async def test_turn_walks_every_transition_and_no_other(turns: list[Watched]):
    walked = {move for turn in turns for move in turn.moves}
    assert walked == {(start, end) for start, ends in TRANSITIONS.items() for end in ends}
    assert [turn.path for turn in turns] == list(PATHS.values())


async def test_turn_keeps_its_outcome(turns: list[Watched]):
    done, failure, stop, queued = turns
    assert (done.text, done.error) == ("You said: hello", None)
    assert done.result.cost_usd > 0
    assert isinstance(failure.error, APIError)
    assert (failure.error.status, failure.error.result_message) == (403, failure.result)
    assert stop.error is None
    assert stop.result.subtype == "error_during_execution"
    assert queued.messages == []
    assert queued.error is None
    assert [last_footer(turn)["state"] for turn in turns] == [
        "done",
        "failed",
        "stopped",
        "stopped",
    ]


async def test_turn_stop_keeps_the_text_so_far(talk: Talk):
    turn = await Watched(talk, SLOW).go_and_stop()
    (panel,) = [panel for panel in turn.view.panels if panel.kind == "text"]
    text = "".join(panel.blocks) + panel.tail
    assert text.count("word") > 0
    assert text.count("word") < 400
    again = await Watched(talk, "go on").go()
    assert again.text == "You said: go on"


async def test_turn_stop_is_idempotent(talk: Talk):
    turn = Watched(talk, SLOW)
    async with anyio.create_task_group() as group:
        turn.at_first_delta = lambda: [group.start_soon(turn.stop) for _ in range(3)]
        await turn.go()
    await turn.stop()
    assert turn.path == PATHS[stopped]
    again = await Watched(talk, "hello").go()
    await again.stop()
    assert again.state is TurnState.DONE


async def test_turn_stop_works_while_the_service_hangs(talk: Talk, scripted_api):
    turn = Watched(talk, script(Step("no", fails=Hang("start"))))
    async with anyio.create_task_group() as group:
        group.start_soon(turn.go)
        assert await anyio.to_thread.run_sync(scripted_api.wait_for, lambda api: api.turns)
        await turn.stop()
    assert turn.path == PATHS[stopped]
    assert (await Watched(talk, "hello").go()).text == "You said: hello"


async def test_turn_stop_ends_a_cli_that_hangs(talk: Talk):
    await Watched(talk, "the first question").go()
    pid = talk.conversation.pid
    turn = Watched(talk, SLOW)
    hung = anyio.Event()
    turn.at_first_delta = lambda: (os.kill(pid, signal.SIGSTOP), hung.set())
    async with anyio.create_task_group() as group:
        group.start_soon(turn.go)
        await hung.wait()
        await turn.stop()
    assert turn.path == PATHS[stopped]
    assert until(lambda: not is_alive(pid))
    again = await Watched(talk, "hello").go()
    assert again.text == "You said: hello"
    assert again.result.session_id == talk.conversation.session_id


async def test_turn_stop_works_while_the_cli_starts(talk: Talk, tmp_path):
    silent = tmp_path / "claude"
    silent.write_text("#!/bin/sh\nexec sleep 600\n")
    silent.chmod(0o755)
    launch = talk.launch(env={**talk.env, "CLAUDE_CLI_PATH": str(silent)})
    turn = Watched(talk, "hello", launch=launch)
    async with anyio.create_task_group() as group:
        group.start_soon(turn.go)
        await anyio.sleep(0.5)
        await turn.stop()
    assert turn.path == PATHS[stopped]
    assert (await Watched(talk, "hello").go()).text == "You said: hello"


async def test_turn_fails_with_a_killed_cli_and_keeps_its_text(talk: Talk):
    turn = Watched(talk, SLOW)
    turn.at_first_delta = lambda: os.kill(talk.conversation.pid, signal.SIGKILL)
    await turn.go()
    assert turn.path == PATHS[failed]
    assert isinstance(turn.error, ProcessError)
    assert {"text", "error"} <= {panel.kind for panel in turn.view.panels}
    again = await Watched(talk, "hello").go()
    assert again.text == "You said: hello"


async def test_turns_wait_for_each_other(talk: Talk):
    first, second = Watched(talk, "first"), Watched(talk, "second")
    async with anyio.create_task_group() as group:
        group.start_soon(first.go)
        await anyio.wait_all_tasks_blocked()
        group.start_soon(second.go)
    assert (first.text, second.text) == ("You said: first", "You said: second")


async def test_turn_ends_after_a_fault_in_the_package(talk: Talk):
    turn = Watched(talk, "hello")
    turn.at_first_delta = lambda: 1 / 0
    await turn.go()
    assert turn.path == PATHS[failed]
    assert type(turn.error) is ClaudeSDKError
    assert "ZeroDivisionError" in str(turn.error)
    assert last_footer(turn)["state"] == "failed"
    assert (await Watched(talk, "again").go()).text == "You said: again"


async def test_turn_survives_an_unreachable_page(talk: Talk, caplog):
    def send(ops: object) -> None:
        raise OSError("no page")

    turn = Watched(talk, "hello")
    await turn.run(send)
    assert turn.state is TurnState.DONE
    assert "cannot be updated: OSError" in caplog.text


async def test_turn_paints_the_contents_of_its_view(talk: Talk):
    turn = await Watched(talk, script(Step(Say("a *b*\n\n" * 50), chunk=7, delay=0.005))).go()
    kinds = {op["op"] for op in turn.ops}
    assert {"panel", "text", "footer"} <= kinds
    blocks: list[str] = []
    tail = ""
    for op in turn.ops:
        if op["op"] == "text":
            assert op["start"] <= len(blocks)
            first, *rest = (*op["blocks"], op["tail"])
            *blocks[op["start"] :], tail = (tail[: op.get("keep", 0)] + first, *rest)
    (panel,) = [panel for panel in turn.view.panels if panel.kind == "text"]
    assert tuple(blocks) == panel.blocks
    assert len(blocks) == 50


async def test_turn_shows_notices_of_the_conversation(talk: Talk):
    await Watched(talk, "hello").go()
    await talk.conversation.close()
    talk.restart()
    turn = await Watched(talk, "again").go()
    notices = [panel for panel in turn.view.panels if panel.kind == "notice"]
    assert [notice.level for notice in notices] == ["resumed"]
