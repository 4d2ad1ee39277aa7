"""Slash commands: what is one, and what the tables say of the CLI's accounts."""

from __future__ import annotations

import pytest
from talk import Talk

from claude_notebook.errors import OptionsError
from claude_notebook.notebook.magics.flags import MagicArguments
from claude_notebook.notebook.magics.commands import COMMANDS, CommandContext, read_command
from claude_notebook.notebook.magics.markdown_tables import table
from claude_notebook.notebook.magics.reports import context_report, cost_report, mcp_report
from claude_notebook.turns.background_loop import BackgroundLoop
from claude_notebook.turns.jobs import Jobs
from claude_notebook.turns.request import LaunchSettings


class Settings:
    """The defaults of a notebook's cells."""

    def __init__(self, talk: Talk) -> None:
        self.model = self.mode = ""
        self.allow_dangerously_skip_permissions = False
        self._talk = talk

    def launch_settings(self) -> LaunchSettings:
        return self._talk.launch()


async def ask(desk: CommandContext, prompt: str) -> str:
    call, _ = read_command(MagicArguments(), prompt)
    assert call is not None
    run, rest = call
    return await run(desk, rest)


# --- what is a command ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prompt", "name", "rest"),
    [
        ("/jobs", "jobs", ""),
        ("  /stop 2 ", "stop", "2"),
        ("/mode\nplan", "mode", "plan"),
        ("/new", "new", ""),
    ],
)
def test_ours_are_run(prompt, name, rest):
    assert read_command(MagicArguments(), prompt) == ((COMMANDS[name].run, rest), "")


@pytest.mark.parametrize(
    "prompt", ["", "hello /jobs", "/compact keep the plan", "/greet Ada", "/usr/bin is what?", "/"]
)
def test_everything_else_is_for_the_cli(prompt):
    assert read_command(MagicArguments(), prompt) == (None, prompt)


def test_new_with_a_prompt_is_a_flag():
    arguments = MagicArguments()
    assert read_command(arguments, "/new what is\n this?") == (None, "what is\n this?")
    assert arguments.new


# --- tables --------------------------------------------------------------------------------------


def test_what_others_have_named_means_nothing_in_a_table():
    assert table(("a", "n"), [("x|y\n<b>$1 and $2</b>", 3)], numbers=1) == (
        "| a | n |\n| --- | --: |\n| x\\|y \\<b\\>\\$1 and \\$2\\</b\\> | 3 |"
    )


USAGE = {
    "session": {
        "total_cost_usd": 0.5,
        "total_api_duration_ms": 2500,
        "total_lines_added": 3,
        "total_lines_removed": 1,
        "model_usage": {
            "claude-x": {
                "inputTokens": 1500,
                "outputTokens": 20,
                "cacheReadInputTokens": 7,
                "cacheCreationInputTokens": 8,
                "costUSD": 0.5,
            }
        },
    }
}


def test_costs():
    said = cost_report(USAGE, [0.25, 0.25])
    assert said.startswith("**\\$0.5000** for this conversation · \\$0.5000 for background turns")
    assert "| claude-x | 1.5k | 20 | 7 | 8 | \\$0.5000 |" in said
    assert "2.5 s of waiting" in said
    assert "3 lines added, 1 removed" in said


def test_context():
    said = context_report(
        {
            "categories": [{"name": "Messages", "tokens": 50_000}],
            "totalTokens": 50_000,
            "maxTokens": 200_000,
            "percentage": 25,
            "model": "claude-x",
            "memoryFiles": [{"path": "CLAUDE.md", "tokens": 12}],
        }
    )
    assert said.startswith("**50.0k of 200.0k tokens** · 25 % · claude-x")
    assert "| Messages | 50.0k | █████ 25.0% |" in said
    assert "| CLAUDE.md | 12 |" in said


@pytest.mark.parametrize("words", [cost_report, context_report, mcp_report])
@pytest.mark.parametrize("told", [{}, {"session": 3, "categories": [None], "mcpServers": {}}])
def test_accounts_of_another_shape_are_no_failure(words, told):
    assert words(told)


def test_servers():
    server = {"name": "nb", "status": "connected", "scope": "user", "tools": [{"name": "add"}]}
    assert "| nb | connected | user | add |" in mcp_report({"mcpServers": [server]})


# --- with the CLI --------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_what_they_answer(talk: Talk):
    command = talk.cwd / ".claude" / "commands" / "greet.md"
    command.parent.mkdir(parents=True)
    command.write_text("---\ndescription: Greets somebody\nargument-hint: NAME\n---\nGreet $1\n")
    settings = Settings(talk)
    desk = CommandContext(talk.conversation, Jobs(BackgroundLoop(), lambda: 1), settings)

    listed = await ask(desk, "/help")
    assert "| /jobs |" in listed
    assert "| /greet | NAME | Greets somebody" in listed
    assert (await ask(desk, "/help greet")).startswith("**/greet** NAME")
    assert "| opus |" in await ask(desk, "/model")
    await ask(desk, "/model opus")
    await ask(desk, "/mode plan")
    assert (settings.model, settings.mode) == ("opus", "plan")
    await ask(desk, "/model default")
    assert settings.model == ""
    assert "| plan | ✓ |" in await ask(desk, "/mode")
    assert "No MCP servers" in await ask(desk, "/mcp")
    assert "| Python |" in (await ask(desk, "/doctor")).replace("✓ ", "")

    first = (await talk.ask("my name is Ada")).result
    assert f"{first.total_cost_usd:.4f}" in await ask(desk, "/cost")
    assert "| Messages |" in await ask(desk, "/context")
    await ask(desk, "/new")
    assert (await talk.ask("hello")).result.session_id != first.session_id


@pytest.mark.anyio
@pytest.mark.parametrize(
    "prompt",
    ["/mode strange", "/mode bypassPermissions", "/stop", "/stop 3", "/help nothing", "/mcp x"],
)
async def test_what_cannot_be_done_says_what_can(talk: Talk, prompt):
    desk = CommandContext(talk.conversation, Jobs(BackgroundLoop(), lambda: 1), Settings(talk))
    with pytest.raises(OptionsError):
        await ask(desk, prompt)
