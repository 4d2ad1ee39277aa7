"""The flags of `%claude` and `%%claude`, with one row for each in `MagicArguments`.

A row contains the flag's name and help, its default in `%config ClaudeMagics`, the values that Tab
suggests, and the request field that receives it. The parser, the traits, the completer, the
request, and the table in the README are all derived from these rows through `flag_bindings`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any, get_args

from traitlets import Bool, Float, Integer, List, Unicode

from ...permissions.types import MODES
from ...replay import ReplayMode
from ...turns.request import BYPASS_FLAG, working_directory

_KEY = "flag"


@dataclass(frozen=True)
class MagicFlag:
    """A single flag.

    :param name: the flag as it is typed, such as `--model`.
    :param about: its help text, on one line.
    :param metavar: the placeholder for its value; empty for a switch.
    :param convert: converts the value from the line: `int`, `float`, or `str`.
    :param choices: the values that it accepts; empty for any.
    :param completes: the kind of values that Tab suggests, which is a key of `completion.SOURCES`.
    :param trait: the traitlets trait that holds its default for all cells; None if it has no
        default.
    :param trait_name: the trait's name, if it differs from the argument's name.
    :param target: the object and field that receive the value, such as `launch.allow`; empty if the
        value is handled separately.
    :param prepare: converts the value to the field's type.
    :param positive: whether to reject numbers that are not above zero.
    """

    name: str
    about: str
    metavar: str = ""
    convert: Callable[[str], object] = str
    choices: tuple[str, ...] = ()
    completes: str = ""
    trait: Any = None
    trait_name: str = ""
    target: str = ""
    prepare: Callable[[Any], object] | None = None
    positive: bool = False


def _flag(name: str, about: str, **more: Any) -> Mapping[str, MagicFlag]:
    return {_KEY: MagicFlag(name, about, **more)}


def _expanded(paths: Iterable[str]) -> tuple[str, ...]:
    return tuple(os.path.expanduser(path) for path in paths)


@dataclass
class MagicArguments:
    """The prompt and flags of a `%claude` line. Every field except the prompt is a flag's row."""

    prompt: str = ""
    model: str | None = field(
        default=None,
        metadata=_flag(
            "--model",
            "model or alias for this cell: opus, sonnet, haiku, or a full name",
            metavar="MODEL",
            completes="model",
            trait=Unicode("", help="Model name or alias; empty for the CLI's default."),
            target="request.model",
        ),
    )
    new: bool = field(
        default=False,
        metadata=_flag("--new", "start a new conversation", target="request.new"),
    )
    mode: str | None = field(
        default=None,
        metadata=_flag(
            "--mode",
            "permission mode, for tools that no rule covers",
            metavar="MODE",
            choices=tuple(MODES),
            completes="mode",
            trait=Unicode("", help="Permission mode; empty for the CLI's default."),
            target="request.mode",
        ),
    )
    max_turns: int | None = field(
        default=None,
        metadata=_flag(
            "--max-turns",
            "stop after N rounds of model and tools",
            metavar="N",
            convert=int,
            trait=Integer(0, help="Rounds after which a turn stops; 0 for no limit."),
            target="launch.max_turns",
            positive=True,
        ),
    )
    cwd: str | None = field(
        default=None,
        metadata=_flag(
            "--cwd",
            "work in this folder",
            metavar="DIR",
            completes="folder",
            target="launch.cwd",
            prepare=working_directory,
        ),
    )
    add_dir: list[str] = field(
        default_factory=list,
        metadata=_flag(
            "--add-dir",
            "work in this folder too; repeatable",
            metavar="DIR",
            completes="folder",
            trait=List(Unicode(), help="Folders in addition to the working directory."),
            trait_name="add_dirs",
            target="launch.add_dirs",
            prepare=_expanded,
        ),
    )
    system: str | None = field(
        default=None,
        metadata=_flag(
            "--system",
            "append this text to the system prompt",
            metavar="TEXT",
            trait=Unicode("", help="Text appended to Claude Code's system prompt."),
            target="launch.system",
        ),
    )
    allow: list[str] = field(
        default_factory=list,
        metadata=_flag(
            "--allow",
            'allow without asking: Bash, "Bash(git *)", Edit; repeatable',
            metavar="RULE",
            trait=List(Unicode(), help="Tools or rules that are allowed without asking."),
            target="launch.allow",
            prepare=tuple,
        ),
    )
    allow_dangerously_skip_permissions: bool = field(
        default=False,
        metadata=_flag(
            f"--{BYPASS_FLAG}",
            "permit --mode bypassPermissions, which allows everything",
            trait=Bool(False, help="Permit the mode bypassPermissions, which allows everything."),
            target="launch.bypass",
        ),
    )
    deny: list[str] = field(
        default_factory=list,
        metadata=_flag(
            "--deny",
            "never allow this tool or rule; repeatable",
            metavar="RULE",
            trait=List(Unicode(), help="Tools or rules that are never allowed."),
            target="launch.deny",
            prepare=tuple,
        ),
    )
    budget: float | None = field(
        default=None,
        metadata=_flag(
            "--budget",
            "stop after spending this much",
            metavar="USD",
            convert=float,
            trait=Float(0.0, help="US dollars after which a turn stops; 0 for no limit."),
            target="launch.budget",
            positive=True,
        ),
    )
    resume: str | None = field(
        default=None,
        metadata=_flag(
            "--resume",
            "continue this conversation",
            metavar="ID",
            completes="conversation",
            target="request.resume",
        ),
    )
    fork: bool = field(
        default=False,
        metadata=_flag(
            "--fork", "continue in a copy; the original stays unchanged", target="request.fork"
        ),
    )
    attach: list[str] = field(
        default_factory=list,
        metadata=_flag(
            "--attach",
            "send an image, a PDF, or a text file with the prompt; repeatable",
            metavar="FILE",
            completes="file",
        ),
    )
    checkpoint: bool = field(
        default=False,
        metadata=_flag(
            "--checkpoint",
            "save files before the turn, so that %claude /rewind can restore them",
            trait=Bool(False, help="Save files before each turn, for /rewind."),
            target="launch.checkpoint",
        ),
    )
    trust_project: bool = field(
        default=False,
        metadata=_flag(
            "--trust-project",
            "load the folder's hooks, MCP servers, and allow rules without asking",
            trait=Bool(False, help="Load hooks, servers, and rules of any folder without asking."),
        ),
    )
    replay: str | None = field(
        default=None,
        metadata=_flag(
            "--replay",
            "record or play this turn",
            metavar="MODE",
            choices=get_args(ReplayMode),
            completes="replay",
            trait=Unicode("", help="Record and play turns: auto, only, record, or off."),
            target="replay.mode",
        ),
    )
    speed: float | None = field(
        default=None,
        metadata=_flag(
            "--speed",
            "playback speed: 1 is as recorded, 0 does not wait",
            metavar="N",
            convert=float,
            trait=Float(
                None, allow_none=True, help="Playback speed: 1 is as recorded, 0 does not wait."
            ),
            target="replay.speed",
        ),
    )
    apply: str | None = field(
        default=None,
        metadata=_flag(
            "--apply",
            "repeat recorded Writes and Edits of data, prose, and source here",
            metavar="DIR",
            completes="folder",
            trait=Unicode("", help="Folder for recorded changes of data, prose, and source."),
            target="replay.apply",
        ),
    )
    run_tools: bool = field(
        default=False,
        metadata=_flag(
            "--run-tools",
            "call your own tools and hooks during playback",
            trait=Bool(False, help="Call your own tools and hooks during playback."),
            target="replay.run_tools",
        ),
    )
    plain: bool = field(
        default=False,
        metadata=_flag("--plain", "show plain text only", target="request.plain"),
    )
    bg: bool = field(
        default=False,
        metadata=_flag("--bg", "run in the background and return a handle at once"),
    )
    same: bool = field(
        default=False,
        metadata=_flag(
            "--same", "with --bg: continue the notebook's own conversation, not a copy of it"
        ),
    )
    handle: str | None = field(
        default=None,
        metadata=_flag("--as", "with --bg: store the handle in this variable", metavar="NAME"),
    )


def flag_of(row: Field[Any]) -> MagicFlag:
    """Return the flag that a field of `MagicArguments` describes."""
    flag: MagicFlag = row.metadata[_KEY]
    return flag


ROWS: tuple[Field[Any], ...] = tuple(row for row in fields(MagicArguments) if _KEY in row.metadata)
"""The fields of `MagicArguments` that are flags, in the order of the help."""

FLAGS: dict[str, MagicFlag] = {flag_of(row).name: flag_of(row) for row in ROWS}
"""All flags by name."""
