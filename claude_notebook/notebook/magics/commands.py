"""Slash commands, as in `%claude /jobs` or as the first word of a `%%claude` cell.

`COMMANDS` has an entry for each of the notebook's commands. All other commands are handled by the
CLI, whether they are its own, the project's, or the user's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Union

from ...errors import OptionsError
from ...messages import AssistantMessage, TextBlock
from ...messages.json_fields import Fields
from ...permissions.types import MODES
from ...turns.jobs import Jobs
from ...turns.live_conversation import LiveConversation
from ...turns.request import LaunchSettings
from ...turns.trust import bypass
from .flags import MagicArguments
from .markdown_tables import plain, table
from .reports import context_report, cost_report, doctor_report, mcp_report, sign_in_report

if TYPE_CHECKING:
    from ...render.view.turn_view import TurnView


class CellDefaults(Protocol):
    """The defaults for the notebook's cells."""

    model: str
    mode: str
    allow_dangerously_skip_permissions: bool

    def launch_settings(self) -> LaunchSettings:
        """Return the launch settings for a cell without flags."""


@dataclass(frozen=True)
class CommandContext:
    """The conversation, background turns, and defaults that a command works with."""

    conversation: LiveConversation
    jobs: Jobs
    settings: CellDefaults


CommandReply = Union[str, "list[TurnView]"]
"""The reply to a command, which is either Markdown or turns to show."""

Run = Callable[[CommandContext, str], Coroutine[object, object, CommandReply]]


@dataclass(frozen=True)
class Command:
    """One command.

    :param about: one line for `/help`.
    :param hint: its arguments, as shown by `/help`.
    :param run: maps the argument text to a reply; None if the command is run by the CLI.
    :param values: lists the arguments that Tab suggests.
    :param takes_prompt: whether an argument is a prompt, which turns the command into a flag.
    """

    name: str
    about: str
    hint: str = ""
    run: Run | None = None
    values: Callable[[CommandContext], Iterable[str]] = lambda context: ()
    takes_prompt: bool = False


RunnableCommand = tuple[Run, str]
"""A command's function and its argument text."""


def view_from_markdown(markdown: str) -> TurnView:
    """Return a finished turn whose answer is `markdown`."""
    from ...render.view.reducer import apply_message
    from ...render.view.turn_view import TurnView

    view = TurnView()
    apply_message(view, AssistantMessage([TextBlock(markdown)]), 0)
    view.finish("done", 0)
    return view


def read_command(arguments: MagicArguments, prompt: str) -> tuple[RunnableCommand | None, str]:
    """Split a notebook command off the prompt.

    :returns: the command (None if the prompt does not begin with one), and the rest of the prompt
    """
    name, argument = (*prompt.split(None, 1), "", "")[:2]
    command = COMMANDS.get(name.removeprefix("/")) if name.startswith("/") else None
    if command is None or command.run is None:
        return None, prompt
    if command.takes_prompt and argument:
        arguments.new = True
        return None, argument
    return (command.run, argument.strip()), ""


# --- the commands --------------------------------------------------------------------------------


async def _help(context: CommandContext, argument: str) -> str:
    await context.conversation.open(context.settings.launch_settings())
    name = argument.removeprefix("/")
    own = [(f"/{command.name}", command.hint, command.about) for command in COMMANDS.values()]
    others = [
        (f"/{fields.text('name')}", fields.text("argumentHint"), fields.text("description"))
        for fields in cli_commands(context.conversation)
        if fields.text("name") not in COMMANDS
    ]
    if name:
        return _help_for(name, [*own, *others])
    short = [(command, hint, _first_sentence(about)) for command, hint, about in others]
    return "\n\n".join(
        (
            "**Notebook commands**, after `%claude` or first in a `%%claude` cell",
            table(("command", "arguments", "effect"), own),
            "**Claude Code commands**, including those of the project and your own",
            table(("command", "arguments", "effect"), short),
            "`%%claude?` lists the flags.",
        )
    )


def _help_for(name: str, rows: list[tuple[str, str, str]]) -> str:
    for command, hint, about in rows:
        if command == f"/{name}":
            return f"**{plain(command)}** {plain(hint)}\n\n{plain(about)}"
    raise OptionsError(f"There is no command /{name}. Run %claude /help for a list.")


def cli_commands(conversation: LiveConversation) -> list[Fields]:
    """List the commands that the CLI has announced. There are none before it has started."""
    commands = Fields(conversation.about).objects("commands")
    return [fields for fields in commands if not fields.text("name").startswith("_")]


def _first_sentence(text: str) -> str:
    sentence = text.partition(". ")[0]
    return sentence if len(sentence) <= 100 else sentence[:99].rstrip() + "…"


async def _new(context: CommandContext, argument: str) -> str:
    await context.conversation.start_over(context.settings.launch_settings())
    return "The next cell starts a new conversation."


async def _model(context: CommandContext, argument: str) -> str:
    if argument:
        context.settings.model = "" if argument == "default" else argument
        return f"The model is now **{plain(argument)}**. `--model` overrides it for one cell."
    await context.conversation.open(context.settings.launch_settings())
    current = context.settings.model or "default"
    rows = [
        (name, "✓" if name == current else "", fields.text("description"))
        for fields in Fields(context.conversation.about).objects("models")
        for name in (fields.text("value"),)
    ]
    heading = f"Current model: **{plain(current)}**"
    return f"{heading}\n\n{table(('model', 'current', 'description'), rows)}"


_MODE_WORDS = {
    "default": "asks before it acts",
    "acceptEdits": "changes files without asking",
    "plan": "makes a plan and changes nothing",
    "dontAsk": "does what is allowed and is denied everything else",
    "bypassPermissions": "does everything without asking",
}


async def _mode(context: CommandContext, argument: str) -> str:
    if argument and argument not in MODES:
        raise OptionsError(f"There is no mode {argument}. Choose one of: {', '.join(MODES)}.")
    bypass.check(argument, opted_in=context.settings.allow_dangerously_skip_permissions)
    if argument:
        context.settings.mode = argument
        note = " The next cell asks you to confirm." if argument == bypass.BYPASS else ""
        effect = _MODE_WORDS[argument]
        return f"From now on Claude {effect}. `--mode` overrides this for one cell.{note}"
    current = context.settings.mode or "default"
    rows = [(mode, "✓" if mode == current else "", _MODE_WORDS[mode]) for mode in MODES]
    return table(("mode", "current", "Claude"), rows)


async def _logout(context: CommandContext, argument: str) -> str:
    from ...client.sign_in.login import logout
    from ...turns.sign_in.sign_in import leading_variable

    existed = await logout(environ=context.settings.launch_settings().env)
    await context.conversation.close()  # the running process still holds the credential
    env = context.settings.launch_settings().env
    if name := leading_variable(env):
        return f"**{name}** still signs you in. To remove it from this kernel, run `%env {name}=`."
    return "You are signed out." if existed else "You were not signed in."


async def _status(context: CommandContext, argument: str) -> str:
    from ...client.sign_in.login import sign_in_status

    environ = context.settings.launch_settings().env
    return sign_in_report(await sign_in_status(environ=environ))


async def _jobs(context: CommandContext, argument: str) -> str:
    rows = [job.summary for job in context.jobs]
    if not rows:
        return "No background turns yet. Start one with `%%claude --bg`."
    waiting = [str(job.number) for job in context.jobs if job.waiting]
    note = (
        f"\n\n**Waiting for your answer in their panels:** {', '.join(waiting)}" if waiting else ""
    )
    return table(("n", "state", "prompt", "time", "cost"), rows, numbers=2) + note


async def _stop(context: CommandContext, argument: str) -> str:
    jobs = context.jobs.find(argument)
    if not jobs:
        return "No background turn is running."
    stopped = ", ".join(str(job.number) for job in jobs if not job.done)
    for job in jobs:
        job.stop()
    return (
        f"Stopped: {stopped}."
        if stopped
        else f"Background turn {plain(argument)} has already ended."
    )


async def _cost(context: CommandContext, argument: str) -> str:
    client = await context.conversation.open(context.settings.launch_settings())
    background = [job.cost_usd for job in context.jobs if job.own and job.cost_usd is not None]
    return cost_report(await client.get_usage(), background)


async def _context(context: CommandContext, argument: str) -> str:
    client = await context.conversation.open(context.settings.launch_settings())
    return context_report(await client.get_context_usage())


async def _mcp(context: CommandContext, argument: str) -> str:
    client = await context.conversation.open(context.settings.launch_settings())
    action, _, name = argument.partition(" ")
    if action == "reconnect":
        await client.reconnect_mcp_server(name.strip())
    elif action in ("enable", "disable"):
        await client.toggle_mcp_server(name.strip(), action == "enable")
    elif action:
        raise OptionsError(
            f"/mcp has no action {action}. Use reconnect, enable, or disable with the name of a "
            "server."
        )
    return mcp_report(await client.get_mcp_status())


async def _restore(context: CommandContext, argument: str) -> CommandReply:
    from ...turns.restored_output import restore_views

    return restore_views(context.conversation.log.folder, argument)


async def _doctor(context: CommandContext, argument: str) -> str:
    from ...cli.doctor.facts import diagnose

    return doctor_report(
        await diagnose(cwd=context.settings.launch_settings().cwd, environ=os.environ)
    )


# --- the table -----------------------------------------------------------------------------------


def _running(context: CommandContext) -> Iterable[str]:
    return [str(job.number) for job in context.jobs.running] + ["all"]


def models(context: CommandContext) -> Iterable[str]:
    """List the models that the CLI has announced, or its usual aliases before it has started."""
    known = [
        fields.text("value") for fields in Fields(context.conversation.about).objects("models")
    ]
    return known or ["default", "opus", "sonnet", "haiku"]


def _names(context: CommandContext) -> Iterable[str]:
    return COMMANDS


COMMANDS: dict[str, Command] = {
    command.name: command
    for command in (
        Command("help", "List the commands.", "[command]", _help, _names),
        Command("new", "Start a new conversation.", "[prompt]", _new, takes_prompt=True),
        Command("model", "List the models, or choose one.", "[model]", _model, models),
        Command(
            "mode",
            "List the permission modes, or choose one.",
            "[mode]",
            _mode,
            lambda context: MODES,
        ),
        Command("jobs", "List the background turns.", "", _jobs),
        Command("stop", "Stop background turns.", "[number | all]", _stop, _running),
        Command("cost", "Show the cost of the conversation.", "", _cost),
        Command("context", "Show the contents of the context.", "", _context),
        Command("compact", "Summarize the conversation to free context.", "[what to keep]"),
        Command(
            "mcp",
            "List the MCP servers; reconnect, enable, or disable one.",
            "[reconnect | enable | disable NAME]",
            _mcp,
            lambda context: ("reconnect", "enable", "disable"),
        ),
        Command(
            "rewind",
            "Restore files to their state before a turn (needs --checkpoint).",
            "[number of turns]",
        ),
        Command(
            "restore",
            "Show the output of earlier turns again, from their logs.",
            "[number of turns | all]",
            _restore,
            lambda context: ("all",),
        ),
        Command("login", "Sign in to Claude."),
        Command("logout", "Sign out, and remove the stored sign-in.", "", _logout),
        Command("status", "Show the sign-in that applies.", "", _status),
        Command("doctor", "Check the installation.", "", _doctor),
    )
}
"""All notebook commands by name."""
