"""Open questions: one answer counts, withdrawn questions close, only an answer allows a call."""

from typing import Annotated

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given, settings, strategies as st

from claude_notebook import create_sdk_mcp_server, tool
from claude_notebook.client.turn_accounting import TurnTracker
from claude_notebook.messages import AssistantMessage, InitMessage, ToolUseBlock
from claude_notebook.options import ClaudeCodeOptions
from claude_notebook.permissions import (
    PermissionResultAllow,
    PermissionResultDeny,
    PermissionUpdate,
    ToolPermissionContext,
)
from claude_notebook.render.questions.permission import PermissionQuestion
from claude_notebook.render.tools.base import Call
from claude_notebook.render.view.reducer import apply_message
from claude_notebook.render.view.turn_view import TurnView
from claude_notebook.turns.questions import questions as module
from claude_notebook.turns.questions.questions import TRANSITIONS, OpenQuestion, QuestionDesk
from claude_notebook.turns.questions.text_prompt import ask_in_text

EDITS = PermissionUpdate("setMode", mode="acceptEdits", destination="session")
CONTEXT = ToolPermissionContext(suggestions=[EDITS])


class Stage:
    """A `QuestionDesk` with its view, and the results of its questions."""

    def __init__(self):
        self.view = TurnView(1)
        self.counts = []
        self.asking = QuestionDesk(self.view, "/x", self.counts.append)
        self.results = {}

    async def ask(self, name):
        self.results[name] = await self.asking.permit("Bash", {"command": name}, CONTEXT)

    async def wait_until_shown(self, count):
        with anyio.fail_after(5):
            while len(self.asking.open) < count:
                await anyio.lowlevel.checkpoint()
        self.view.flush()

    def states(self):
        return [panel.state for panel in self.view.panels if panel.kind == "ask"]


def answer(question, choice, **more):
    return {"type": "answer", "id": question.panel_id, "choice": choice, **more}


@pytest.mark.anyio
async def test_asking_takes_an_answer_for_each_question():
    stage = Stage()
    async with anyio.create_task_group() as tasks:
        for name in ("one", "two", "three"):
            tasks.start_soon(stage.ask, name)
        await stage.wait_until_shown(3)
        first, second, third = stage.asking.open
        assert stage.asking.receive(answer(second, "deny", note="no"))
        assert stage.asking.receive(answer(first, "once"))
        assert stage.asking.receive(answer(third, "session"))
    assert isinstance(stage.results["one"], PermissionResultAllow)
    assert stage.results["two"] == PermissionResultDeny(message="no")
    assert stage.results["three"].updated_permissions == [EDITS]
    assert sorted(stage.states()) == ["allowed", "allowed", "denied"]
    assert max(stage.counts) == 3
    assert stage.counts[-1] == 0


@pytest.mark.anyio
async def test_asking_takes_only_the_first_answer():
    stage = Stage()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stage.ask, "one")
        await stage.wait_until_shown(1)
        (question,) = stage.asking.open
        assert stage.asking.receive(answer(question, "deny"))
        assert not stage.asking.receive(answer(question, "once"))
    assert isinstance(stage.results["one"], PermissionResultDeny)


@pytest.mark.anyio
async def test_asking_closes_a_withdrawn_question():
    stage = Stage()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stage.ask, "one")
        await stage.wait_until_shown(1)
        (question,) = stage.asking.open
        tasks.cancel_scope.cancel()
    assert stage.states() == ["withdrawn"]
    assert not stage.asking.receive(answer(question, "once"))
    assert stage.results == {}


@pytest.mark.anyio
async def test_asking_shows_the_question_below_its_call():
    stage = Stage()
    context = ToolPermissionContext(tool_use_id="t1")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stage.asking.permit, "Bash", {"command": "ls"}, context)
        await anyio.sleep(0.02)
        stage.view.tool("t1", Call("Bash", {"command": "ls"}), None, 1)
        stage.asking.mark_view_changed()
        await stage.wait_until_shown(1)
        assert [panel.kind for panel in stage.view.panels] == ["tool", "ask"]
        assert stage.view.panels[0].state == "waiting"
        tasks.cancel_scope.cancel()


@pytest.mark.anyio
async def test_asking_shows_questions_as_soon_as_their_calls_appear():
    stage = Stage()
    async with anyio.create_task_group() as tasks:
        for name in ("t1", "t2"):
            context = ToolPermissionContext(tool_use_id=name)
            tasks.start_soon(stage.asking.permit, "Bash", {"command": "ls"}, context)
        await anyio.wait_all_tasks_blocked()
        assert stage.asking.open == ()
        for name in ("t1", "t2"):
            stage.view.tool(name, Call("Bash", {"command": "ls"}), None, 1)
            stage.asking.mark_view_changed()
            with anyio.fail_after(module.CATCH_UP_SECONDS / 5):
                await stage.wait_until_shown(int(name[1]))
        tasks.cancel_scope.cancel()


def test_open_question_moves_only_along_legal_transitions():
    states = list(TRANSITIONS)
    for start in states:
        for end in states:
            question = OpenQuestion(PermissionQuestion(Call("Bash", {}), CONTEXT))
            question.state = start
            assert question.move(end, "words") is (end in TRANSITIONS[start])
            assert question.state == (end if end in TRANSITIONS[start] else start)


MESSAGES = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from(["once", "session", "deny", "project", "", "approve", 7, None]),
    ),
    max_size=12,
)


@settings(max_examples=50, deadline=None)
@given(MESSAGES, st.booleans())
def test_asking_allows_only_a_chosen_call(messages, stop):
    async def go():
        stage = Stage()
        chosen = {}
        async with anyio.create_task_group() as tasks:
            for name in "abcd":
                tasks.start_soon(stage.ask, name)
            await stage.wait_until_shown(4)
            questions = stage.asking.open
            for index, choice in messages:
                name = questions[index].askable.call.input["command"]
                if stage.asking.receive(answer(questions[index], choice)):
                    chosen[name] = choice
                await anyio.lowlevel.checkpoint()
            await anyio.sleep(0.001)
            tasks.cancel_scope.cancel()
        yes = {n for n, r in stage.results.items() if isinstance(r, PermissionResultAllow)}
        assert yes <= {name for name, choice in chosen.items() if choice in ("once", "session")}
        assert "open" not in stage.states()

    anyio.run(go)


@pytest.mark.parametrize(
    ("said", "choice"),
    [
        (["a"], "once"),
        (["s"], "session"),
        (["d", "why"], "deny"),
        ([""], "deny"),
        (["yes"], "deny"),
    ],
)
def test_text_prompt_maps_keys_to_choices(said, choice):
    lines = []
    replies = iter(said)
    given_answer = ask_in_text(
        PermissionQuestion(Call("Bash", {"command": "ls"}), CONTEXT),
        lambda _: next(replies),
        lines.append,
    )
    assert given_answer.choice == choice
    assert given_answer.note == ("why" if len(said) > 1 else "")
    assert any("ls" in line for line in lines)


@pytest.mark.parametrize("error", [EOFError, KeyboardInterrupt])
def test_text_prompt_refuses_after_an_interrupt(error):
    def read(_):
        raise error

    assert (
        ask_in_text(
            PermissionQuestion(Call("Bash", {"command": "ls"}), CONTEXT), read, print
        ).choice
        == "deny"
    )


def test_text_prompt_fills_a_form():
    several = {"question": "Which?", "options": [{"label": "Red"}, {"label": "Blue"}]}
    open_one = {"question": "Why?", "options": [{"label": "So"}]}
    questions = [{**several, "multiSelect": True}, open_one]
    call = Call("AskUserQuestion", {"questions": questions})
    replies = iter(["1, 2", "²"])
    given_answer = ask_in_text(PermissionQuestion(call, CONTEXT), lambda _: next(replies), print)
    assert given_answer.answers == {"Which?": "Red, Blue", "Why?": "²"}
    strange = module.answer_of({"choice": 3, "fields": [1], "answers": {"a": 1, "b": "c"}})
    assert (strange.choice, strange.fields, strange.answers) == ("", {}, {"b": "c"})


@tool
def forecast(
    city: Annotated[str, "Where the weather is"], days: Annotated[int, "How far ahead"] = 1
) -> str:
    """Say what the weather will be."""
    return f"{city} {days}"


@pytest.mark.anyio
async def test_asking_describes_an_sdk_tool_by_its_schema():
    """The client sends the schemas at the start of a turn; the call has the names."""
    name, given = "mcp__w__forecast", {"days": 3, "city": "Oslo"}
    servers = {"w": create_sdk_mcp_server("weather", tools=[forecast])}
    keeper = TurnTracker(options=ClaudeCodeOptions(mcp_servers=servers))
    stage = Stage()
    apply_message(stage.view, keeper.read(InitMessage("init", cwd="/x")), 1)
    meta = [{"id": "t", "display_name": "Forecast", "server_display_name": "Weather"}]
    call = AssistantMessage([ToolUseBlock("t", name, given)], tool_use_meta=meta)
    apply_message(stage.view, call, 2)

    async def ask():
        context = ToolPermissionContext(tool_use_id="t")
        stage.results["t"] = await stage.asking.permit(name, given, context)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        await stage.wait_until_shown(1)
        (question,) = stage.asking.open
        (panel,) = (panel for panel in stage.view.panels if panel.kind == "ask")
        assert "Weather: Forecast (days=3, city=Oslo)" in panel.title
        assert panel.reason.startswith("Say what the weather will be.")
        (piece,) = question.askable.pieces
        assert piece.rows[1:] == (
            ("city", "Oslo", "Where the weather is"),
            ("days", "3", "How far ahead"),
        )
        assert stage.view.tools["t"].pieces("input")[0].rows == piece.rows
        stage.asking.receive(answer(question, "once"))
    assert stage.results["t"].updated_input in (None, given)
