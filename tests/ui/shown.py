"""Turns with every kind of panel, for pictures and accessibility tests."""

from __future__ import annotations

import dataclasses
import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from claude_notebook.render.view.reducer import apply_message

sys.path.insert(0, str(Path(__file__).parents[1] / "render"))

import gallery

from claude_notebook.messages import (
    APIRetryMessage,
    AssistantMessage,
    InitMessage,
    ResultMessage,
    StreamEvent,
    ThinkingBlock,
    UserMessage,
)
from claude_notebook.permissions import PermissionRuleValue, PermissionUpdate, ToolPermissionContext
from claude_notebook.permissions.decisions import Decision
from claude_notebook.permissions.elicitation import Elicitation
from claude_notebook.render.content import Piece
from claude_notebook.render.html.diff import hunks_between
from claude_notebook.render.model import AskPanel, Part
from claude_notebook.render.questions.elicitation import ElicitationQuestion
from claude_notebook.render.questions.permission import PermissionQuestion
from claude_notebook.render.tools.base import Call
from claude_notebook.render.view.turn_view import TurnView
from claude_notebook.turns.checkpoints import Checkpoint
from claude_notebook.turns.trust import bypass, trust
from claude_notebook.turns.undo import rewind

CWD = "/home/user/project"


def _view() -> TurnView:
    view = TurnView(_now() - 21_000, can_stop=True)
    apply_message(view, InitMessage("init", model="claude-opus-5-5", cwd=CWD), _now())
    return view


def _now() -> float:
    return time.time() * 1000


def _written(*parts: Callable[[gallery.Script], object]) -> TurnView:
    script = gallery.Script()
    for part in parts:
        part(script)
    view = _view()
    for message in script.messages:
        apply_message(view, message, _now())
    return view


def _question(script: gallery.Script) -> None:
    script.add(UserMessage("Read data.csv and tell me what's odd about it."))
    thought = "The person wants to know about **data.csv**.\n\nI will read it."
    script.add(AssistantMessage([ThinkingBlock(thought)], thinking_duration_ms=3200))


def _answer(script: gallery.Script) -> None:
    script.say(gallery.ANSWER)
    script.add(
        ResultMessage(
            usage={"input_tokens": 18_204, "output_tokens": 1_911},
            cost_usd=0.0412,
            total_cost_usd=0.1377,
            model_usage={"claude-opus-5-5": {"contextWindow": 200_000}},
        )
    )


def _event(view: TurnView, **event: object) -> None:
    apply_message(view, StreamEvent(event=event), _now())


def _delta(view: TurnView, index: int, kind: str, **delta: str) -> None:
    _event(view, type="content_block_start", index=index, content_block={"type": kind})
    _event(view, type="content_block_delta", index=index, delta={"type": f"{kind}_delta", **delta})


def under_way() -> TurnView:
    """Return a running turn."""
    view = _view()
    script = gallery.Script()
    script.call("Bash", {"command": "pytest -q --maxfail=1", "description": "Run the tests"})
    agent = script.call("Agent", {"description": "Look for duplicates", "prompt": "Look."})
    script.call("Grep", {"pattern": "def load", "path": CWD}, agent)
    for message in script.messages:
        apply_message(view, message, _now() - 4000)
    _event(view, type="message_start", message={"id": "m", "model": "claude-opus-5-5"})
    _delta(view, 0, "thinking", thinking="Row by row, then. " * 30)
    _delta(view, 1, "text", text="So far:\n\n- **one** thing is odd\n\n```python\nimport pan")
    return view


def retrying() -> TurnView:
    """Return a turn that retries because the service is overloaded."""
    view = _view()
    retry = {"attempt": 2, "max_retries": 10, "retry_delay_ms": 600_000, "error": "overloaded"}
    apply_message(view, APIRetryMessage("api_retry", **retry), _now())
    return view


def questions() -> TurnView:
    """Return a turn with open questions."""
    view = _view()
    edit = {"file_path": f"{CWD}/load.py", "old_string": 'sep=","', "new_string": 'sep=";"'}
    rule = PermissionUpdate(
        "addRules",
        rules=[PermissionRuleValue("Bash", "git push:*")],
        behavior="allow",
        destination="localSettings",
    )
    examples = (
        PermissionQuestion(
            Call("Bash", {"command": "git push origin main", "description": "Push"}, cwd=CWD),
            ToolPermissionContext(suggestions=[rule], decision_reason="No rule allows this yet."),
        ),
        PermissionQuestion(Call("Edit", edit, cwd=CWD), ToolPermissionContext()),
        PermissionQuestion(
            Call("ExitPlanMode", {"plan": "1. Drop the duplicate\n2. Convert the prices"}),
            ToolPermissionContext(),
        ),
        PermissionQuestion(
            Call(
                "AskUserQuestion",
                {
                    "questions": [
                        {
                            "question": "Which currency?",
                            "header": "Currency",
                            "options": [
                                {"label": "Euro", "description": "as most rows"},
                                {"label": "Dollar", "description": "as the header says"},
                            ],
                        }
                    ]
                },
            ),
            ToolPermissionContext(),
        ),
    )
    for number, question in enumerate(examples):
        view.put(f"ask {number}", question.panel, question.pieces)
    view.totals.update(waiting=len(examples), mode="default", can_say=True)
    return view


def confirmations() -> TurnView:
    """Return a turn with open questions of the notebook and of an MCP server."""
    view = _view()
    hook = json.dumps({"SessionStart": {"type": "command", "command": "make -s setup"}}, indent=2)
    powers = (trust.Power("hook", f"{CWD}/.claude/settings.json", hook),)
    checkpoint = Checkpoint("id", "id", "Convert the prices", {})
    change = Piece("diff", label=f"{CWD}/load.py", hunks=hunks_between("a = 1\n", "a = 2\n"))
    schema = {
        "properties": {
            "name": {"type": "string", "title": "Name", "description": "As on the invoice"},
            "colour": {"type": "string", "enum": ["red", "blue"], "default": "blue"},
            "copies": {"type": "integer", "minimum": 1},
        },
        "required": ["name"],
    }
    examples = (
        trust.question(powers, CWD),
        rewind._question(checkpoint, rewind.Preview((f"{CWD}/load.py",), (change,))),
        bypass._QUESTION,
        ElicitationQuestion(Elicitation("printer", "What should be printed?", schema=schema)),
    )
    for number, question in enumerate(examples):
        view.put(f"ask {number}", question.panel, question.pieces)
    answered = PermissionQuestion(
        Call("Bash", {"command": "rm -rf build"}, cwd=CWD), ToolPermissionContext()
    )
    answer = Decision("deny", note="move it away instead")
    view.put("answered", partial(_answered, answered, answer), answered.pieces)
    view.notice("danger", bypass.CAUTION)
    view.totals.update(
        waiting=len(examples), mode="bypassPermissions", can_say=True, can_bypass=True
    )
    return view


def _answered(
    question: PermissionQuestion, answer: Decision, panel_id: str, detail: tuple[Part, ...]
) -> AskPanel:
    panel = question.panel(panel_id, detail)
    return dataclasses.replace(panel, state="denied", decision=question.decided(answer))


VIEWS: dict[str, Callable[[], TurnView]] = {
    "answer": lambda: _written(_question, _answer),
    "files": lambda: _written(gallery._files),
    "agents": lambda: _written(gallery._agents),
    "tools": lambda: _written(gallery._web, gallery._servers),
    "remarks": lambda: _written(gallery._remarks),
    "under-way": under_way,
    "retrying": retrying,
    "questions": questions,
    "confirmations": confirmations,
}
LIVE_ONLY = frozenset({"under-way", "retrying", "questions", "confirmations"})


def live(name: str) -> None:
    """Show a view in the live widget."""
    from claude_notebook.notebook.output.outputs import WidgetOutput

    view = VIEWS[name]()
    output = WidgetOutput(view, lambda: None, lambda function: function(), lambda message: None)
    output.start()
    if name not in LIVE_ONLY:
        view.finish("done", _now())
    output.send(view.flush())


def saved(name: str) -> None:
    """Show the saved form of a view."""
    from IPython.display import display

    from claude_notebook.notebook.output.outputs import bundle_of

    view = VIEWS[name]()
    view.finish("done", _now())
    display(bundle_of(view), raw=True)
