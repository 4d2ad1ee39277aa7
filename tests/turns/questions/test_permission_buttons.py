"""The buttons of a permission panel and their effects in the real CLI."""

from __future__ import annotations

import json
from pathlib import Path

import anyio
import pytest
from talk import Talk, eventually

from claude_notebook.messages import ResultMessage
from claude_notebook.permissions.decisions import (
    APPROVE,
    APPROVE_EDITS,
    DENY,
    ONCE,
    PROJECT,
    SESSION,
    Decision,
)
from claude_notebook.render.view.turn_view import TurnView
from claude_notebook.testing import Use, script
from claude_notebook.turns.questions.questions import QuestionDesk

pytestmark = pytest.mark.anyio


class Person:
    """Presses one button in every panel and remembers the panels."""

    def __init__(self, *choices: str) -> None:
        self.choices = list(choices)
        self.panels: list = []
        self.asking = QuestionDesk(TurnView(), "/x")
        self.learned: list = []
        self.asking.on_rules = self.learned.extend

    async def press(self) -> None:
        while True:
            for question in self.asking.open:
                panel = question.askable.panel("p")
                offered = [choice.key for choice in panel.choices]
                choice = self.choices.pop(0) if len(self.choices) > 1 else self.choices[0]
                self.panels.append(panel)
                self.asking.decide(question, Decision(choice if choice in offered else ONCE))
            await anyio.sleep(0.01)


@pytest.fixture
def press(talk: Talk, tmp_path: Path):
    """Runs steps in one cell while a person presses buttons."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "f.txt").write_text("x")
    (talk.cwd / "a.txt").write_text("x")

    async def run(steps: list, *choices: str, **launch: object) -> Person:
        person = Person(*choices)
        request = talk.request(script(*steps, "Done."), talk.launch(**launch))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(person.press)
            async with talk.conversation.lock:
                messages = talk.conversation.ask(request, lambda *note: None, person.asking)
                last = [message async for message in messages][-1]
            tasks.cancel_scope.cancel()
        assert isinstance(last, ResultMessage)
        return person

    return run


@pytest.fixture
def uses(talk: Talk, tmp_path: Path) -> dict[str, Use]:
    """A call for each kind of suggestion."""
    outside = tmp_path / "outside"
    return {
        "command": Use("Bash", {"command": "touch b"}),
        "commands": Use("Bash", {"command": "touch b; ls"}),
        "pipeline": Use("Bash", {"command": "touch b | tee c"}),
        "read pipeline": Use("Bash", {"command": "cat a.txt | tee c"}),
        "long pipeline": Use("Bash", {"command": "touch b | tee c | tee d"}),
        "piped to a reader": Use("Bash", {"command": "touch b | cat"}),
        "read outside by command": Use("Bash", {"command": f"cat {outside}/f.txt"}),
        "edit": Use("Write", {"file_path": f"{talk.cwd}/n.txt", "content": "x"}),
        "edit outside": Use("Write", {"file_path": f"{outside}/g.txt", "content": "x"}),
        "read outside": Use("Read", {"file_path": f"{outside}/f.txt"}),
        "web": Use("WebFetch", {"url": "http://127.0.0.1:1/x", "prompt": "p"}),
        "redirection": Use("Bash", {"command": "echo hi > o.txt"}),
        "appending": Use("Bash", {"command": "echo hi >> 'my o.txt'"}),
        "here document": Use("Bash", {"command": "cat > o.txt <<'E'\nhi\nE"}),
        "redirection of errors": Use("Bash", {"command": "true 2> o.txt"}),
        "redirection outside": Use("Bash", {"command": f"echo hi > {outside}/o.txt"}),
        "redirection to a pattern": Use("Bash", {"command": "echo hi > 'o[1].txt'"}),
        "pattern": Use("Bash", {"command": "touch *.txt"}),
        "quoted pattern": Use("Bash", {"command": "touch 'a * b'"}),
        "git hook": Use("Write", {"file_path": f"{talk.cwd}/.git/hooks/x", "content": "x"}),
        "git hook by command": Use("Bash", {"command": "touch .git/hooks/x"}),
        "settings": Use(
            "Write", {"file_path": f"{talk.cwd}/.claude/settings.json"} | {"content": "{}"}
        ),
        "editor": Use("Write", {"file_path": f"{talk.cwd}/.vscode/tasks.json", "content": "{}"}),
        "skill": Use("Write", {"file_path": f"{talk.cwd}/.claude/skills/s/a.md", "content": "x"}),
    }


KINDS = [
    "command",
    "commands",
    "pipeline",
    "read pipeline",
    "long pipeline",
    "piped to a reader",
    "read outside by command",
    "edit",
    "edit outside",
    "read outside",
    "web",
    "redirection",
    "appending",
    "here document",
    "redirection of errors",
    "redirection outside",
    "skill",
]
ALWAYS_ASKED = [
    "redirection to a pattern",
    "pattern",
    "quoted pattern",
    "git hook",
    "git hook by command",
    "settings",
    "editor",
]
LASTING = {
    "command": ["Bash(touch b *)"],
    "commands": ["Bash(touch b; ls)"],
    "pipeline": ["Bash(touch b *)", "Bash(tee c)"],
    "long pipeline": ["Bash(touch b *)", "Bash(tee c)", "Bash(tee d)"],
    "piped to a reader": ["Bash(touch b *)"],
    "web": ["WebFetch(domain:127.0.0.1)"],
}


def kept(talk: Talk) -> dict:
    """Return the permission rules in every settings file of the test."""
    results = {}
    for folder in (talk.cwd / ".claude", Path(talk.env["HOME"]) / ".claude"):
        for path in folder.glob("settings*.json"):
            if rules := json.loads(path.read_text()).get("permissions"):
                results[path.name] = rules
    return results


@pytest.mark.parametrize("kind", KINDS)
async def test_allow_once_button_leaves_the_second_question(kind, press, uses, talk):
    person = await press([uses[kind], uses[kind]], ONCE)

    assert len(person.panels) == 2
    assert kept(talk) == {}


@pytest.mark.parametrize("kind", KINDS)
async def test_session_button_spares_the_second_question(kind, press, uses, talk):
    person = await press([uses[kind], uses[kind]], SESSION)

    assert len(person.panels) == 1
    assert kept(talk) == {}


@pytest.mark.parametrize("kind", ALWAYS_ASKED)
async def test_session_button_is_offered_only_where_it_spares_a_question(kind, press, uses):
    person = await press([uses[kind]], ONCE)

    assert [choice.key for choice in person.panels[0].choices] == [ONCE, DENY]


@pytest.mark.parametrize("kind", LASTING)
@pytest.mark.parametrize("project", [True, False], ids=["project loaded", "user only"])
async def test_project_button_spares_the_second_question_and_keeps_the_rule(
    kind, project, press, uses, talk
):
    person = await press([uses[kind], uses[kind]], PROJECT, project=project)

    assert len(person.panels) == 1
    await eventually(lambda: kept(talk))
    assert kept(talk) == {"settings.local.json": {"allow": LASTING[kind]}}


@pytest.mark.parametrize("kind", ["edit", "edit outside", "read outside"])
async def test_project_button_is_offered_only_for_what_is_kept(kind, press, uses, talk):
    person = await press([uses[kind]], PROJECT)

    assert PROJECT not in [choice.key for choice in person.panels[0].choices]
    assert kept(talk) == {}


async def test_project_button_keeps_the_rule_for_a_redirection(press, uses, talk):
    person = await press([uses["redirection"], uses["redirection"]], PROJECT)

    assert len(person.panels) == 1
    await eventually(lambda: kept(talk))
    rules = ["Bash(echo hi *)", f"Edit(/{talk.cwd}/o.txt)"]
    assert kept(talk) == {"settings.local.json": {"allow": rules}}
    learned = [rule for update in person.learned for rule in update.rules or ()]
    assert [f"{rule.tool_name}({rule.rule_content})" for rule in learned] == rules
    (label,) = (choice.scope for choice in person.panels[0].choices if choice.key == PROJECT)
    assert f"Edit of `{talk.cwd}/o.txt`" in label


@pytest.mark.parametrize("kind", ["command", "redirection"])
async def test_project_button_holds_in_the_next_process(kind, press, uses, talk):
    await press([uses[kind]], PROJECT)
    await eventually(lambda: kept(talk))
    await talk.conversation.close(grace=0)

    person = await press([uses[kind]], ONCE)

    assert person.panels == []


PLAN = Use("ExitPlanMode", {"plan": "Write a file."})


@pytest.mark.parametrize(("choice", "questions"), [(APPROVE, 2), (APPROVE_EDITS, 1)])
async def test_plan_buttons_decide_about_questions_for_edits(choice, questions, press, uses, talk):
    person = await press([Use("EnterPlanMode"), PLAN, uses["edit"]], choice)

    assert [p.tool for p in person.panels if p.tool == "Write"] == ["Write"] * (questions - 1)
    assert kept(talk) == {}
