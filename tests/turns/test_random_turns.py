"""Clicks, cancellations and messages of the CLI in any order: no hang, no call without consent.

The whole notebook side is real; the other end of the pipe is played by the test.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import anyio
import anyio.lowlevel
from hypothesis import given, settings, strategies as st
from peer import Peer

from claude_notebook import ClaudeCodeOptions, ClaudeSDKClient
from claude_notebook.messages import (
    AssistantMessage,
    InitMessage,
    JSONObject,
    ResultMessage,
    TextBlock,
)
from claude_notebook.notebook.wording import NOTEBOOK
from claude_notebook.protocol.control import ControlCancel
from claude_notebook.render.view.turn_view import TurnView
from claude_notebook.turns.live_conversation import LiveConversation
from claude_notebook.turns.questions.questions import QuestionDesk
from claude_notebook.turns.request import LaunchSettings, TurnRequest
from claude_notebook.turns.state import ConversationStore
from claude_notebook.turns.turn import Turn, TurnState

SESSION = "11111111-1111-4111-8111-111111111111"
SUGGESTED = {
    "type": "addRules",
    "rules": [{"toolName": "Bash", "ruleContent": "ls:*"}],
    "behavior": "allow",
    "destination": "localSettings",
}
YES = {"once", "session", "project"}
INIT = InitMessage(permission_mode="default", session_id=SESSION, cwd="/", tools=[])


def result(subtype: str = "success") -> ResultMessage:
    return ResultMessage(
        subtype,
        duration_ms=1,
        duration_api_ms=1,
        is_error=subtype != "success",
        num_turns=1,
        session_id=SESSION,
        total_cost_usd=0.0,
        usage={},
        result="",
        terminal_reason="aborted_tools",
    )


class PlayedConversation(LiveConversation):
    """A conversation with a scripted CLI."""

    def __init__(self, peer: Peer) -> None:
        super().__init__(ConversationStore(None, Path("nowhere")), NOTEBOOK)
        self.peer = peer

    async def _start(self, launch, resume, *, fork=False) -> ClaudeSDKClient:
        options = ClaudeCodeOptions(
            can_use_tool=self._questions.permit, on_elicitation=self._questions.elicit
        )
        client = ClaudeSDKClient(options, self.peer)
        await client.connect()
        return client


@dataclass
class Stage:
    """A turn, its CLI, and the questions that the person has allowed."""

    listens: bool
    peer: Peer = field(default_factory=Peer)
    asked: list[str] = field(default_factory=list)
    allowed: set[str] = field(default_factory=set)
    over: bool = False

    def __post_init__(self) -> None:
        view = TurnView(1)
        request = TurnRequest("hello", LaunchSettings(cwd="/", env={}))
        asking = QuestionDesk(view)
        self.turn = Turn(PlayedConversation(self.peer), request, view, asking=asking)
        self.peer.on_line = self._on_line

    def _on_line(self, line: JSONObject) -> None:
        """Answer control requests if the CLI is responsive."""
        if line["type"] != "control_request" or not self.listens:
            return
        if line["request"]["subtype"] != "initialize":
            self.peer.answer(line, {})
        if line["request"]["subtype"] == "interrupt" and not self.over:
            self.over = True
            self.peer.say(result("error_during_execution"))

    # --- steps ---

    def ask(self, number: int) -> None:
        name = f"q{len(self.asked)}"
        self.asked.append(name)
        self.peer.ask(
            name,
            "can_use_tool",
            tool_name="Bash",
            input={"command": f"ls {name}"},
            permission_suggestions=[SUGGESTED],
        )

    def withdraw(self, number: int) -> None:
        if self.asked:
            name = self.asked[number % len(self.asked)]
            self.peer.say(ControlCancel(name))

    def talk(self, number: int) -> None:
        content = [TextBlock(f"word {number}")]
        ids = {"message_id": f"m{number}", "session_id": SESSION}
        self.peer.say(AssistantMessage(content, "x", **ids))

    def nonsense(self, number: int) -> None:
        lines = (b"{not json", b"[]", b'{"type":"new"}', b'{"type":"control_cancel_request"}')
        self.peer.say(lines[number % len(lines)])

    def end(self, number: int) -> None:
        if not self.over:
            self.over = True
            self.peer.say(result())

    def die(self, number: int) -> None:
        self.over = True
        self.peer.end()

    def click(self, question: int, choice: object) -> JSONObject:
        """Return a click on the page, possibly on a closed panel or with an unknown key."""
        questions = self.turn.asking.open
        self.turn.view.flush()
        if not questions:
            return {"type": "answer", "id": f"p{question}", "choice": choice}
        request = questions[question % len(questions)]
        if choice in YES and request.answer is None:
            self.allowed.add(request.askable.call.input["command"])
        return {"type": "answer", "id": request.panel_id, "choice": choice}

    def click_all(self, choice: object) -> JSONObject:
        self.turn.view.flush()
        if choice in YES:
            notes = [question for question in self.turn.asking.open if question.answer is None]
            self.allowed |= {question.askable.call.input["command"] for question in notes}
        ids = [question.panel_id for question in self.turn.asking.open]
        return {"type": "answer", "ids": ids, "choice": choice}

    # --- invariants ---

    def assert_consistent(self) -> None:
        answers = [
            line["response"] for line in self.peer.heard if line["type"] == "control_response"
        ]
        said_yes = {
            answer["response"]["updatedInput"]["command"]
            for answer in answers
            if (answer.get("response") or {}).get("behavior") == "allow"
        }
        assert said_yes <= self.allowed
        assert len({answer["request_id"] for answer in answers}) == len(answers)
        assert self.turn.state in (TurnState.DONE, TurnState.STOPPED, TurnState.FAILED)
        assert self.turn.asking.open == ()
        states = [panel.state for panel in self.turn.view.panels if panel.kind == "ask"]
        assert "open" not in states
        assert states.count("allowed") <= len(self.allowed)
        assert self.turn.view.footer.state in ("done", "stopped", "failed")
        assert self.turn.view.footer.waiting == 0
        modes = [
            line["request"].get("mode")
            for line in self.peer.heard
            if line["type"] == "control_request"
        ]
        assert "bypassPermissions" not in modes


CHOICES = st.sampled_from([*sorted(YES), "deny", "approve", "send", "", 7, None])
STEPS = st.one_of(
    st.tuples(st.sampled_from(["ask", "ask", "withdraw", "talk"]), st.integers(0, 5)),
    st.tuples(st.sampled_from(["nonsense", "end", "die"]), st.integers(0, 5)),
    st.tuples(st.just("click"), st.integers(0, 5), CHOICES),
    st.tuples(st.just("click_all"), CHOICES),
    st.tuples(st.sampled_from(["stop", "say", "mode", "everything", "strange"])),
    st.tuples(st.just("wait")),
)
PAGE = {
    "say": {"type": "say", "text": "and this"},
    "mode": {"type": "mode", "mode": "plan"},
    "everything": {"type": "mode", "mode": "bypassPermissions"},
    "strange": {"type": ["answer"], "ids": {"a": 1}},
}


async def play(steps: list[tuple], listens: bool) -> Stage:
    stage = Stage(listens)
    turn = stage.turn
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(turn.run, lambda ops: None)
        with anyio.fail_after(60):
            await stage.peer.hear("user")
        stage.peer.say(INIT)
        for name, *arguments in steps:
            if name == "stop":
                tasks.start_soon(turn.stop)
            elif name in PAGE:
                tasks.start_soon(turn.receive, PAGE[name])
            elif name == "wait":
                await anyio.sleep(0.001)
            else:
                message = getattr(stage, name)(*arguments)
                if message is not None:
                    await turn.receive(message)
            await anyio.lowlevel.checkpoint()
        with anyio.fail_after(60):
            # The turn ends without help if the CLI is done. Stop ends it in every other state.
            if not (listens and stage.over and ("say",) not in steps):
                await turn.stop()
            await turn._ended.wait()
    await turn.conversation.close(grace=0)
    return stage


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, max_size=14))
def test_random_turns_with_a_responsive_cli(steps):
    anyio.run(play, steps, True).assert_consistent()


@settings(max_examples=8, deadline=None)
@given(st.lists(STEPS, max_size=10))
def test_random_turns_with_an_unresponsive_cli(steps):
    anyio.run(play, steps, False).assert_consistent()
