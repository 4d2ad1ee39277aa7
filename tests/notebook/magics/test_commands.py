"""Slash commands: their recognition, their reports, and their replies with the real CLI."""

from __future__ import annotations

import pytest
from talk import Talk

from claude_notebook.errors import OptionsError
from claude_notebook.notebook.magics.commands import COMMANDS, CommandContext, read_command
from claude_notebook.notebook.magics.flags import MagicArguments
from claude_notebook.notebook.magics.markdown_tables import table
from claude_notebook.notebook.magics.reports import context_report, cost_report, mcp_report
from claude_notebook.turns.background_loop import BackgroundLoop
from claude_notebook.turns.jobs import Jobs
from claude_notebook.turns.request import LaunchSettings


class Settings:
    """Defaults of a notebook's cells."""

    def __init__(self, talk: Talk) -> None:
        self.model = self.mode = ""
        self.allow_dangerously_skip_permissions = False
        self._talk = talk

    def launch_settings(self) -> LaunchSettings:
        return self._talk.launch()


async def ask(context: CommandContext, prompt: str) -> str:
    call, _ = read_command(MagicArguments(), prompt)
    assert call is not None
    run, rest = call
    return await run(context, rest)


# --- recognition ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prompt", "name", "rest"),
    [
        ("/jobs", "jobs", ""),
        ("  /stop 2 ", "stop", "2"),
        ("/mode\nplan", "mode", "plan"),
        ("/new", "new", ""),
    ],
)
def test_read_command_returns_notebook_commands(prompt, name, rest):
    assert read_command(MagicArguments(), prompt) == ((COMMANDS[name].run, rest), "")


@pytest.mark.parametrize(
    "prompt", ["", "hello /jobs", "/compact keep the plan", "/greet Ada", "/usr/bin is what?", "/"]
)
def test_read_command_leaves_other_prompts(prompt):
    assert read_command(MagicArguments(), prompt) == (None, prompt)


def test_read_command_turns_new_with_prompt_into_flag():
    arguments = MagicArguments()
    assert read_command(arguments, "/new what is\n this?") == (None, "what is\n this?")
    assert arguments.new


# --- reports -------------------------------------------------------------------------------------


def test_table_escapes_markdown():
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


def test_cost_report_lists_models_and_totals():
    report = cost_report(USAGE, [0.25, 0.25])
    assert report.startswith("**\\$0.5000** for this conversation · \\$0.5000 in background turns")
    assert "| claude-x | 1.5k | 20 | 7 | 8 | \\$0.5000 |" in report
    assert "2.5 s waiting" in report
    assert "3 lines added, 1 removed" in report


def test_context_report_lists_categories_and_files():
    report = context_report(
        {
            "categories": [{"name": "Messages", "tokens": 50_000}],
            "totalTokens": 50_000,
            "maxTokens": 200_000,
            "percentage": 25,
            "model": "claude-x",
            "memoryFiles": [{"path": "CLAUDE.md", "tokens": 12}],
        }
    )
    assert report.startswith("**50.0k of 200.0k tokens** · 25 % · claude-x")
    assert "| Messages | 50.0k | █████ 25.0% |" in report
    assert "| CLAUDE.md | 12 |" in report


@pytest.mark.parametrize("render", [cost_report, context_report, mcp_report])
@pytest.mark.parametrize("fields", [{}, {"session": 3, "categories": [None], "mcpServers": {}}])
def test_reports_accept_unknown_shapes(render, fields):
    assert render(fields)


def test_mcp_report_lists_servers():
    server = {"name": "nb", "status": "connected", "scope": "user", "tools": [{"name": "add"}]}
    assert "| nb | connected | user | add |" in mcp_report({"mcpServers": [server]})


# --- with the CLI --------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_commands_reply_with_cli(talk: Talk):
    command = talk.cwd / ".claude" / "commands" / "greet.md"
    command.parent.mkdir(parents=True)
    command.write_text("---\ndescription: Greets a person\nargument-hint: NAME\n---\nGreet $1\n")
    settings = Settings(talk)
    context = CommandContext(talk.conversation, Jobs(BackgroundLoop(), lambda: 1), settings)

    commands = await ask(context, "/help")
    assert "| /jobs |" in commands
    assert "| /greet | NAME | Greets a person" in commands
    assert (await ask(context, "/help greet")).startswith("**/greet** NAME")
    assert "| opus |" in await ask(context, "/model")
    await ask(context, "/model opus")
    await ask(context, "/mode plan")
    assert (settings.model, settings.mode) == ("opus", "plan")
    await ask(context, "/model default")
    assert settings.model == ""
    assert "| plan | ✓ |" in await ask(context, "/mode")
    assert "No MCP servers" in await ask(context, "/mcp")
    assert "| Python |" in (await ask(context, "/doctor")).replace("✓ ", "")

    first = (await talk.ask("my name is Ada")).result
    assert f"{first.total_cost_usd:.4f}" in await ask(context, "/cost")
    assert "| Messages |" in await ask(context, "/context")
    await ask(context, "/new")
    assert (await talk.ask("hello")).result.session_id != first.session_id


@pytest.mark.anyio
@pytest.mark.parametrize(
    "prompt",
    ["/mode strange", "/mode bypassPermissions", "/stop", "/stop 3", "/help nothing", "/mcp x"],
)
async def test_commands_reject_invalid_arguments(talk: Talk, prompt):
    context = CommandContext(talk.conversation, Jobs(BackgroundLoop(), lambda: 1), Settings(talk))
    with pytest.raises(OptionsError):
        await ask(context, prompt)
