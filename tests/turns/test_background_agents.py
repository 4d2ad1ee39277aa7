"""Turns whose subagents work in the background, with the real CLI."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
from talk import Talk, eventually

from claude_notebook.errors import APIError
from claude_notebook.messages import Message, ResultMessage, ToolResultBlock, UserMessage
from claude_notebook.permissions.decisions import ONCE, Decision
from claude_notebook.render.view.turn_view import TurnView
from claude_notebook.replay import Replay
from claude_notebook.testing import Say, Status, Step, Use, script
from claude_notebook.turns.background_loop import BackgroundLoop
from claude_notebook.turns.jobs import Job
from claude_notebook.turns.questions.questions import QuestionDesk
from claude_notebook.turns.turn import AGENT_WORKS, Turn, TurnState

pytestmark = pytest.mark.anyio

WORK = Use("Bash", {"command": "sleep 1; echo slept"})
LONG = Use("Bash", {"command": "tail -f /dev/null"})
TOUCH = Use("Bash", {"command": "touch done"})
COMMAND = Use("Bash", {"command": "sleep 1; echo slept", "run_in_background": True})
SERVER = Use("Bash", {"command": "tail -f /dev/null", "run_in_background": True})
ALLOWED = ("Agent", "Bash(sleep*)", "Bash(tail*)")


def agent(*steps: Any) -> Use:
    """Start a subagent in the background with its own script."""
    return Use(
        "Agent",
        {
            "description": "Work",
            "prompt": script(*steps),
            "subagent_type": "general-purpose",
            "run_in_background": True,
        },
    )


class BackgroundTurn(Turn):
    """A turn whose questions are allowed as soon as they open."""

    def __init__(self, talk: Talk, prompt: str, **launch: Any) -> None:
        view = TurnView(1000)
        settings = talk.launch(**{"allow": ALLOWED, **launch})
        super().__init__(talk.conversation, talk.request(prompt, settings), view)
        self.asking = QuestionDesk(view, changed=self._allow_open)
        self.ops: list[dict[str, Any]] = []
        self.titles: list[str] = []

    def _allow_open(self, count: int) -> None:
        for question in self.asking.open if self.asking is not None else ():
            self.titles.append(question.panel("", ()).title)
            decide = partial(self.asking.decide, question, Decision(ONCE))
            asyncio.get_running_loop().call_soon(decide)

    async def go(self) -> BackgroundTurn:
        with anyio.fail_after(60):
            await self.run(self.ops.extend)
        return self

    @property
    def results(self) -> list[ResultMessage]:
        return [message for message in self.messages if isinstance(message, ResultMessage)]

    @property
    def notes(self) -> list[str]:
        return [op["footer"]["note"] for op in self.ops if op["op"] == "footer"]


def failed_tools(messages: list[Message]) -> list[object]:
    return [
        block.content
        for message in messages
        if isinstance(message, UserMessage) and isinstance(message.content, list)
        for block in message.content
        if isinstance(block, ToolResultBlock) and block.is_error
    ]


async def next_cell(talk: Talk) -> None:
    """Check that the next cell shows its own answer and nothing of an earlier one."""
    turn = await BackgroundTurn(talk, "hello").go()
    assert turn.text == "You said: hello"
    assert turn.error is None
    assert {panel.kind for panel in turn.view.panels} == {"text"}
    # A resumed process may report the end of a stopped agent by a result without a turn.
    assert len([result for result in turn.results if result.num_turns]) == 1


async def test_turn_stays_open_until_its_background_agent_ends(talk: Talk):
    turn = await BackgroundTurn(talk, script(agent(WORK, TOUCH, "sub"), "Started", "Back")).go()

    assert turn.state is TurnState.DONE
    assert len(turn.titles) == 1
    assert (talk.cwd / "done").exists()
    assert failed_tools(turn.messages) == []
    assert turn.text == "Started\n\nBack"
    await next_cell(talk)


async def test_turn_shows_the_follow_up_of_an_agent_that_ends_within_it(talk: Talk):
    turn = await BackgroundTurn(talk, script(agent("sub"), "Started", "Back")).go()

    # The CLI informs the model in this turn if possible, and otherwise in a later one.
    assert turn.text in ("Started", "Started\n\nBack")
    await next_cell(talk)


async def test_turn_says_while_it_runs_that_a_background_agent_works(talk: Talk):
    turn = await BackgroundTurn(talk, script(agent(WORK, "sub"), "Started", "Back")).go()

    assert AGENT_WORKS in turn.notes
    assert turn.notes[-1] == ""


async def test_turn_adds_up_the_costs_of_its_results(talk: Talk):
    turn = await BackgroundTurn(talk, script(agent(WORK, "sub"), "Started", "Back")).go()

    assert len(turn.results) == 2
    cost = sum(result.cost_usd for result in turn.results)
    assert turn.view.footer.turn_cost_usd == pytest.approx(cost)


async def test_turn_waits_for_agents_of_agents(talk: Talk):
    inner = agent(agent(WORK, TOUCH, "inner"), WORK, "sub", "more")
    turn = await BackgroundTurn(talk, script(inner, "Started", "Back")).go()

    assert (talk.cwd / "done").exists()
    assert failed_tools(turn.messages) == []
    await next_cell(talk)


async def test_turn_ends_although_a_background_command_runs(talk: Talk):
    started = time.monotonic()
    turn = await BackgroundTurn(talk, script(SERVER, "Started")).go()

    assert turn.text == "Started"
    assert AGENT_WORKS not in turn.notes
    assert time.monotonic() - started < 20
    await next_cell(talk)


async def test_turn_ends_after_its_agent_although_a_command_runs(talk: Talk):
    prompt = script(SERVER, agent(WORK, TOUCH, "sub"), "Started", "Back")
    started = time.monotonic()
    turn = await BackgroundTurn(talk, prompt).go()

    assert turn.text == "Started\n\nBack"
    assert (talk.cwd / "done").exists()
    assert time.monotonic() - started < 20


async def run_and_stop(talk: Talk, turn: BackgroundTurn, *, after_results: int) -> float:
    """Stop `turn` once its agent works after this number of results.

    :returns: the seconds that the stop took
    """
    async with anyio.create_task_group() as group:
        group.start_soon(turn.go)
        await eventually(
            lambda: talk.conversation.has_agents and len(turn.results) == after_results
        )
        stopped = time.monotonic()
        await turn.stop()
    return time.monotonic() - stopped


@pytest.mark.parametrize(
    ("steps", "results"),
    [((agent(LONG, "sub"), "Started", "Back"), 1), ((agent(LONG, "sub"), LONG, "never"), 0)],
    ids=["after the result", "before the result"],
)
async def test_stop_ends_a_turn_with_a_background_agent(talk: Talk, steps, results):
    turn = BackgroundTurn(talk, script(*steps))
    seconds = await run_and_stop(talk, turn, after_results=results)

    assert turn.state is TurnState.STOPPED
    assert turn.error is None
    assert seconds < 5
    await next_cell(talk)


async def test_cancelling_a_turn_ends_its_background_agent(talk: Talk):
    turn = BackgroundTurn(talk, script(agent(LONG, "sub"), "Started", "Back"))
    async with anyio.create_task_group() as group:
        group.start_soon(turn.go)
        await eventually(lambda: turn.results and talk.conversation.has_agents)
        group.cancel_scope.cancel()

    assert talk.conversation.pid is None
    assert (await talk.ask("hello")).text == "You said: hello"


async def test_failed_turn_waits_for_its_agent_before_it_fails(talk: Talk):
    failing = Step(Say("never"), fails=Status(403))
    turn = await BackgroundTurn(talk, script(agent(WORK, TOUCH, "sub"), failing, "Back")).go()

    assert turn.state is TurnState.FAILED
    assert isinstance(turn.error, APIError)
    assert (talk.cwd / "done").exists()


async def test_failed_turn_of_an_agent_fails_its_cell(talk: Talk):
    failing = Step(Say("never"), fails=Status(403))
    turn = await BackgroundTurn(talk, script(agent(WORK, "sub"), "Started", failing)).go()

    assert turn.state is TurnState.FAILED
    assert isinstance(turn.error, APIError)
    await next_cell(talk)


async def test_prompt_sent_while_an_agent_works_is_answered_in_the_same_turn(talk: Talk):
    turn = BackgroundTurn(talk, script(agent(WORK, WORK, "sub"), "Started", "Back"))
    async with anyio.create_task_group() as group:
        group.start_soon(turn.go)
        await eventually(lambda: turn.results)
        await turn.receive({"type": "say", "text": "a word in between"})

    assert turn.state is TurnState.DONE
    assert "a word in between" in turn.text or len(turn.results) > 2
    await next_cell(talk)


class NoOutput:
    """An output that shows nothing."""

    prompts = False

    def start(self) -> None: ...

    def send(self, ops: list[Any]) -> None: ...

    def finish(self) -> None: ...


async def test_background_job_stays_open_until_its_agent_ends(notebook_env, tmp_path: Path):
    loop = BackgroundLoop()
    talk = Talk(notebook_env, tmp_path)
    turn = BackgroundTurn(talk, script(agent(WORK, TOUCH, "sub"), "Started", "Back"))
    job = Job(1, "prompt", turn, NoOutput(), loop, own=True)

    with anyio.fail_after(60):
        text = await job

    assert text == "Started\n\nBack"
    assert (talk.cwd / "done").exists()


async def test_recorded_turn_with_a_background_agent_plays(talk: Talk, tmp_path: Path):
    def replay(mode: str) -> Replay:
        return Replay(tmp_path / "tapes", mode=mode)

    prompt = script(agent(WORK, TOUCH, "sub"), "Started", "Back")
    recorded = await BackgroundTurn(talk, prompt, replay=replay("record")).go()
    talk.restart()
    played = await BackgroundTurn(talk, prompt, replay=replay("only")).go()

    assert recorded.error is None
    assert played.error is None
    assert played.text == recorded.text == "Started\n\nBack"
    assert played.view.footer.note.count(AGENT_WORKS) == 0
