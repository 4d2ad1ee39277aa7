"""Slash commands: `%claude /jobs`, or the first word of a `%%claude` cell.

`COMMANDS` has one entry for each. What stands in no entry is for the CLI: its own commands, the
project's and the user's.
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
from ...turns.live_conversation import NotebookConversation
from ...turns.request import LaunchSettings
from ...turns.trust import bypass
from .arguments import MagicArguments
from .markdown_tables import plain, table
from .reports import (
    context_words,
    cost_words,
    doctor_words,
    mcp_words,
)

if TYPE_CHECKING:
    from ...render.view.turn_view import TurnView


class Settings(Protocol):
    """The defaults of the notebook's cells."""

    model: str
    mode: str
    allow_dangerously_skip_permissions: bool

    def launch_settings(self) -> LaunchSettings:
        """What a cell without flags is run with."""


@dataclass(frozen=True)
class Desk:
    """What a command works with."""

    conversation: NotebookConversation
    jobs: Jobs
    settings: Settings


Told = Union[str, "list[TurnView]"]
"""What a command answers: Markdown, or turns that are shown."""

Run = Callable[[Desk, str], Coroutine[object, object, Told]]


@dataclass(frozen=True)
class Command:
    """One command.

    :param hint: what may follow it.
    :param run: from what follows it to an answer; None where the CLI does it.
    :param values: what may follow it, for completion.
    :param asks: whether what follows is a prompt: with one it is no command but a flag.
    """

    name: str
    about: str
    hint: str = ""
    run: Run | None = None
    values: Callable[[Desk], Iterable[str]] = lambda desk: ()
    asks: bool = False


Call = tuple[Run, str]
"""A command to run, and what follows it."""


def in_words(markdown: str) -> TurnView:
    """An answer in Markdown as something to show."""
    from ...render.view.reducer import apply_message
    from ...render.view.turn_view import TurnView

    view = TurnView()
    apply_message(view, AssistantMessage([TextBlock(markdown)]), 0)
    view.finish("done", 0)
    return view


def read_command(arguments: MagicArguments, prompt: str) -> tuple[Call | None, str]:
    """The command that a prompt begins with, if it is one of ours, and the prompt that is left."""
    name, rest = (*prompt.split(None, 1), "", "")[:2]
    command = COMMANDS.get(name.removeprefix("/")) if name.startswith("/") else None
    if command is None or command.run is None:
        return None, prompt
    if command.asks and rest:
        arguments.new = True
        return None, rest
    return (command.run, rest.strip()), ""


# --- the commands --------------------------------------------------------------------------------


async def _help(desk: Desk, argument: str) -> str:
    await desk.conversation.open(desk.settings.launch_settings())
    wanted = argument.removeprefix("/")
    ours = [(f"/{one.name}", one.hint, one.about) for one in COMMANDS.values()]
    theirs = [
        (f"/{one.text('name')}", one.text("argumentHint"), one.text("description"))
        for one in cli_commands(desk.conversation)
        if one.text("name") not in COMMANDS
    ]
    if wanted:
        found = [row for row in (*ours, *theirs) if row[0] == f"/{wanted}"]
        if not found:
            raise OptionsError(f"There is no command /{wanted}. %claude /help lists them.")
        ((name, hint, about),) = found[:1]
        return f"**{plain(name)}** {plain(hint)}\n\n{plain(about)}"
    short = [(name, hint, _first_sentence(about)) for name, hint, about in theirs]
    return "\n\n".join(
        (
            "**Commands of the notebook**, after `%claude` or first in a `%%claude` cell",
            table(("command", "followed by", "what it does"), ours),
            "**Commands of Claude Code**, of the project and your own",
            table(("command", "followed by", "what it does"), short),
            "`%%claude?` tells the flags.",
        )
    )


def cli_commands(conversation: NotebookConversation) -> list[Fields]:
    """What the CLI says of its commands; nothing before it was started."""
    commands = Fields(conversation.about).objects("commands")
    return [one for one in commands if not one.text("name").startswith("_")]


def _first_sentence(text: str) -> str:
    sentence = text.partition(". ")[0]
    return sentence if len(sentence) <= 100 else sentence[:99].rstrip() + "…"


async def _new(desk: Desk, argument: str) -> str:
    await desk.conversation.start_over(desk.settings.launch_settings())
    return "A new conversation begins with the next cell."


async def _model(desk: Desk, argument: str) -> str:
    if argument:
        desk.settings.model = "" if argument == "default" else argument
        return f"From now on: model **{plain(argument)}**. `--model` wins for its cell."
    await desk.conversation.open(desk.settings.launch_settings())
    present = desk.settings.model or "default"
    rows = [
        (one.text("value"), "✓" if one.text("value") == present else "", one.text("description"))
        for one in Fields(desk.conversation.about).objects("models")
    ]
    return f"Now: **{plain(present)}**\n\n" + table(("model", "now", "what it is"), rows)


_MODE_WORDS = {
    "default": "asks before it acts",
    "acceptEdits": "changes files without asking",
    "plan": "makes a plan, and changes nothing",
    "dontAsk": "does what is allowed, and is denied the rest",
    "bypassPermissions": "does everything without asking",
}


async def _mode(desk: Desk, argument: str) -> str:
    if argument and argument not in MODES:
        raise OptionsError(f"There is no mode {argument}. These are: {', '.join(MODES)}.")
    bypass.check(argument, opted_in=desk.settings.allow_dangerously_skip_permissions)
    if argument:
        desk.settings.mode = argument
        asked = " The next cell asks whether you mean it." if argument == bypass.BYPASS else ""
        return f"From now on: Claude {_MODE_WORDS[argument]}. `--mode` wins for its cell.{asked}"
    present = desk.settings.mode or "default"
    rows = [(mode, "✓" if mode == present else "", _MODE_WORDS[mode]) for mode in MODES]
    return table(("mode", "now", "Claude"), rows)


async def _jobs(desk: Desk, argument: str) -> str:
    rows = [job.summary for job in desk.jobs]
    if not rows:
        return "No background turns yet: `%%claude --bg` starts one."
    waiting = [str(job.number) for job in desk.jobs if job.waiting]
    asks = f"\n\n**Waiting for an answer in its panel:** {', '.join(waiting)}" if waiting else ""
    return table(("n", "state", "prompt", "time", "cost"), rows, numbers=2) + asks


async def _stop(desk: Desk, argument: str) -> str:
    jobs = desk.jobs.find(argument)
    if not jobs:
        return "No background turn runs."
    stopped = ", ".join(str(job.number) for job in jobs if not job.done)
    for job in jobs:
        job.stop()
    return f"Stopped: {stopped}." if stopped else f"{plain(argument)} was over already."


async def _cost(desk: Desk, argument: str) -> str:
    client = await desk.conversation.open(desk.settings.launch_settings())
    beside = [job.cost_usd for job in desk.jobs if job.own and job.cost_usd is not None]
    return cost_words(await client.get_usage(), beside)


async def _context(desk: Desk, argument: str) -> str:
    client = await desk.conversation.open(desk.settings.launch_settings())
    return context_words(await client.get_context_usage())


async def _mcp(desk: Desk, argument: str) -> str:
    client = await desk.conversation.open(desk.settings.launch_settings())
    action, _, name = argument.partition(" ")
    if action == "reconnect":
        await client.reconnect_mcp_server(name.strip())
    elif action in ("enable", "disable"):
        await client.toggle_mcp_server(name.strip(), action == "enable")
    elif action:
        raise OptionsError(f"/mcp knows no {action}: reconnect, enable or disable, and a name.")
    return mcp_words(await client.get_mcp_status())


async def _restore(desk: Desk, argument: str) -> Told:
    from ...turns.undo.restore import restored

    return restored(desk.conversation.log.folder, argument)


async def _doctor(desk: Desk, argument: str) -> str:
    from ...cli.doctor.facts import diagnose

    return doctor_words(await diagnose(cwd=desk.settings.launch_settings().cwd, environ=os.environ))


# --- the table -----------------------------------------------------------------------------------


def _running(desk: Desk) -> Iterable[str]:
    return [str(job.number) for job in desk.jobs.running] + ["all"]


def models(desk: Desk) -> Iterable[str]:
    """The models that the CLI names; its usual aliases before it was started."""
    known = [one.text("value") for one in Fields(desk.conversation.about).objects("models")]
    return known or ["default", "opus", "sonnet", "haiku"]


def _names(desk: Desk) -> Iterable[str]:
    return COMMANDS


COMMANDS: dict[str, Command] = {
    command.name: command
    for command in (
        Command("help", "Lists the commands.", "[command]", _help, _names),
        Command("new", "Starts a new conversation.", "[prompt]", _new, asks=True),
        Command("model", "Shows the models, or chooses one.", "[model]", _model, models),
        Command("mode", "Shows or chooses the permission mode.", "[mode]", _mode, lambda d: MODES),
        Command("jobs", "Lists the background turns.", "", _jobs),
        Command("stop", "Stops background turns.", "[number | all]", _stop, _running),
        Command("cost", "What the conversation has cost.", "", _cost),
        Command("context", "What fills the context.", "", _context),
        Command("compact", "Summarises the conversation, to make room.", "[what to keep]"),
        Command(
            "mcp",
            "Shows the MCP servers; connects them again, turns them on or off.",
            "[reconnect | enable | disable NAME]",
            _mcp,
            lambda desk: ("reconnect", "enable", "disable"),
        ),
        Command(
            "rewind",
            "Brings files back to what they were before a turn (--checkpoint).",
            "[how many turns]",
        ),
        Command(
            "restore",
            "Shows again what the last turn has shown, from its log.",
            "[how many turns | all]",
            _restore,
            lambda desk: ("all",),
        ),
        Command("doctor", "Looks whether everything is there that is needed.", "", _doctor),
    )
}
"""Every command of the notebook, by its name."""
