"""Questions of an MCP server, through the real CLI."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import anyio
import pytest
from talk import Talk, eventually

from claude_notebook import ClaudeCodeOptions, ClaudeSDKClient
from claude_notebook.permissions.elicitation import Elicitation, ElicitationResult
from claude_notebook.render.view.turn_view import TurnView
from claude_notebook.testing import Use, script
from claude_notebook.turns.questions.questions import QuestionDesk, answer_of
from claude_notebook.turns.turn import Turn

pytestmark = pytest.mark.anyio

SERVER = Path(__file__).parents[2] / "support" / "asking_server.py"
CALL = script(Use("mcp__asker__ask", {}), "Thanks.")


@pytest.fixture
def asker(talk: Talk) -> Talk:
    """Create a folder whose `.mcp.json` has the server."""
    talk.env["ENABLE_TOOL_SEARCH"] = "false"
    config = {"mcpServers": {"asker": {"command": sys.executable, "args": [str(SERVER)]}}}
    (talk.cwd / ".mcp.json").write_text(json.dumps(config))
    return talk


async def connected(talk: Talk) -> None:
    """Wait until the CLI has the server's tools."""
    client = await talk.conversation.open(talk.launch(allow=("mcp__asker__ask",)))
    status = ""
    with anyio.fail_after(60):
        while status != "connected":
            (server,) = (await client.get_mcp_status())["mcpServers"]
            status = server["status"]


async def run_with_answers(talk: Talk, *answers: dict) -> Turn:
    """Run a turn in which the server asks and a person gives these answers."""
    await connected(talk)
    view = TurnView(1)
    request = talk.request(CALL, launch=talk.launch(allow=("mcp__asker__ask",)))
    turn = Turn(talk.conversation, request, view, asking=QuestionDesk(view) if answers else None)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(turn.run, lambda ops: None)
        for answer in answers:
            await eventually(lambda: turn.asking.open)
            (question,) = turn.asking.open
            turn.asking.decide(question, answer_of(answer))
    return turn


def result_of(talk: Talk, scripted_api) -> dict:
    """Return the answer as the server reported it to the model."""
    last = scripted_api.turns[-1].body["messages"][-1]["content"]
    (result,) = [block for block in last if block["type"] == "tool_result"]
    return json.loads(result["content"][0]["text"])


@pytest.mark.parametrize(
    ("answers", "expected", "words"),
    [
        (
            [
                {"choice": "send", "answers": {"Name": "Ada", "age": "old"}},
                {"choice": "send", "answers": {"Name": "Ada", "age": "7", "colour": "Blue"}},
            ],
            {"action": "accept", "content": {"name": "Ada", "age": 7, "colour": "blue"}},
            "Name: Ada; age: 7; colour: Blue",
        ),
        ([{"choice": "decline"}], {"action": "decline"}, "Declined"),
    ],
)
async def test_elicitation_form_is_answered_by_the_person(
    asker, scripted_api, answers, expected, words
):
    turn = await run_with_answers(asker, *answers)
    assert turn.error is None
    assert result_of(asker, scripted_api) == expected
    (form,) = [panel for panel in turn.view.panels if panel.kind == "form"]
    assert form.decision == words


async def test_elicitation_without_a_person_is_cancelled_with_a_notice(asker, scripted_api):
    turn = await run_with_answers(asker)
    assert result_of(asker, scripted_api) == {"action": "cancel"}
    (notice,) = [panel.text for panel in turn.view.panels if panel.kind == "notice"]
    assert "asker (Who are you?) was not answered" in notice


async def test_elicitation_is_answered_by_a_callback(asker, scripted_api, claude_cli):
    heard: list[Elicitation] = []

    async def answer(asked: Elicitation) -> ElicitationResult:
        heard.append(asked)
        return ElicitationResult("accept", {"name": "Grace"})

    options = ClaudeCodeOptions(
        cli_path=claude_cli,
        cwd=asker.cwd,
        env=asker.env,
        allowed_tools=["mcp__asker__ask"],
        on_elicitation=answer,
    )
    async with ClaudeSDKClient(options) as client:
        status = ""
        with anyio.fail_after(60):
            while status != "connected":
                status = (await client.get_mcp_status())["mcpServers"][0]["status"]
        await client.query(CALL)
        async for _ in client.receive_response():
            pass
    assert result_of(asker, scripted_api)["content"] == {"name": "Grace"}
    assert (heard[0].server, heard[0].message, heard[0].url) == ("asker", "Who are you?", "")
    assert heard[0].schema["required"] == ["name"]
