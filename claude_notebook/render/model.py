"""The values that a view draws: panels, their parts, the footer, and the operations on them.

The TypeScript side mirrors these names in the same order. All values are JSON-ready. Every field
named `html`, and every block and tail of a text panel, is safe HTML that went through the
sanitizer; all other strings are plain text and must be escaped by whoever draws them.

Times are Unix milliseconds where a name ends in `_ms` (`elapsed_ms` is a duration), money is in
US dollars, sizes are in tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypedDict, Union

from typing_extensions import NotRequired

PartType = Literal["code", "output", "diff", "markdown", "image", "json", "table", "text"]
ToolState = Literal["running", "waiting", "done", "error", "denied", "stopped"]
TodoState = Literal["pending", "in_progress", "completed"]
NoticeLevel = Literal["info", "warning", "retry", "compact", "limit", "resumed", "danger"]
AskState = Literal["open", "allowed", "denied", "withdrawn"]
TurnState = Literal["running", "done", "stopped", "failed"]

ICONS: tuple[str, ...] = (
    "tool",
    "terminal",
    "read",
    "write",
    "edit",
    "search",
    "web",
    "agent",
    "todo",
    "plan",
    "question",
    "notebook",
    "plug",
    "table",
    "image",
)
"""Every name that `ToolPanel.icon` can have. "plug" is a tool of an MCP server."""


@dataclass(frozen=True)
class Part:
    """A piece of a panel's input or result.

    :param html: safe and final.
    :param label: a language or file name; "" for none.
    :param lines: how many lines it shows, to decide on folding.
    :param note: what to know about it: "exit code 1", "cut: 120 of 5000 lines"; "" for none.
    :param more: what was cut off and can be asked for: "4,600 more lines"; "" for nothing.
    """

    type: PartType
    html: str
    label: str = ""
    lines: int = 0
    note: str = ""
    more: str = ""


@dataclass(frozen=True)
class TextPanel:
    """What the model says. `blocks` are finished; `tail` is the block that still grows."""

    id: str
    kind: Literal["text"] = "text"
    parent: str | None = None
    blocks: tuple[str, ...] = ()
    tail: str = ""
    open: bool = False


@dataclass(frozen=True)
class ThinkingPanel:
    """What the model thinks; like a text panel, folded, with a `summary` in words."""

    id: str
    kind: Literal["thinking"] = "thinking"
    parent: str | None = None
    blocks: tuple[str, ...] = ()
    tail: str = ""
    open: bool = False
    summary: str = ""


@dataclass(frozen=True)
class ToolPanel:
    """A call of a tool, and what came of it.

    :param tool: the tool's name; `title` says in words what it does or did.
    :param open: whether it is unfolded at first.
    """

    id: str
    kind: Literal["tool"] = "tool"
    parent: str | None = None
    tool: str = ""
    icon: str = "tool"
    title: str = ""
    state: ToolState = "running"
    started_ms: float = 0
    elapsed_ms: float | None = None
    input: tuple[Part, ...] = ()
    result: tuple[Part, ...] = ()
    open: bool = False


@dataclass(frozen=True)
class TodoItem:
    """A line of a checklist."""

    text: str
    state: TodoState = "pending"


@dataclass(frozen=True)
class TodoPanel:
    """The model's checklist; there is one, and it is kept up to date in its place."""

    id: str
    kind: Literal["todo"] = "todo"
    parent: str | None = None
    title: str = ""
    items: tuple[TodoItem, ...] = ()


@dataclass(frozen=True)
class NoticePanel:
    """A remark about the conversation. `until_ms` is the end of a countdown."""

    id: str
    kind: Literal["notice"] = "notice"
    parent: str | None = None
    level: NoticeLevel = "info"
    text: str = ""
    until_ms: float | None = None
    detail: tuple[Part, ...] = ()


@dataclass(frozen=True)
class ErrorPanel:
    """What went wrong (`text`), and what to do next (`advice`)."""

    id: str
    kind: Literal["error"] = "error"
    parent: str | None = None
    title: str = ""
    text: str = ""
    advice: str = ""
    detail: tuple[Part, ...] = ()


@dataclass(frozen=True)
class ImagePanel:
    """Pictures or documents outside a tool's result."""

    id: str
    kind: Literal["image"] = "image"
    parent: str | None = None
    title: str = ""
    detail: tuple[Part, ...] = ()


@dataclass(frozen=True)
class PromptPanel:
    """What was asked, as plain text; `detail` shows its attachments."""

    id: str
    kind: Literal["prompt"] = "prompt"
    parent: str | None = None
    text: str = ""
    detail: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Choice:
    """A button of a question.

    :param key: what is sent back.
    :param scope: what it covers, in words: "every `git status` in this folder"; "" for just this.
    :param shortcut: the key that presses it while the panel has the focus.
    :param note: whether it opens a text field first, for a reason that the model reads.
    :param look: how it stands out.
    """

    key: str
    label: str
    scope: str = ""
    shortcut: str = ""
    note: bool = False
    look: Literal["primary", "plain", "danger"] = "plain"


@dataclass(frozen=True)
class Field:
    """A part of a tool's input that may be changed before it is allowed."""

    name: str
    label: str
    value: str
    lines: int = 1


@dataclass(frozen=True)
class AskPanel:
    """May a tool be used? It waits, without a time-out, for one of `choices`.

    :param title: what will happen, in words; `detail` shows it in full.
    :param reason: why it is asked; "" where that is not said.
    :param fields: what can be changed before it is allowed.
    :param decision: afterwards, what was decided, in words.
    """

    id: str
    kind: Literal["ask"] = "ask"
    parent: str | None = None
    tool: str = ""
    icon: str = "question"
    title: str = ""
    reason: str = ""
    detail: tuple[Part, ...] = ()
    fields: tuple[Field, ...] = ()
    choices: tuple[Choice, ...] = ()
    state: AskState = "open"
    decision: str = ""


@dataclass(frozen=True)
class QuestionOption:
    """One answer to choose."""

    label: str
    description: str = ""


@dataclass(frozen=True)
class Question:
    """A question with answers to choose from, or to be answered in own words.

    :param about: a word of explanation.
    :param value: the answer that is filled in already.
    :param required: whether it must be answered.
    :param own_words: whether something else than the options may be said.
    :param number: whether the answer is a number.
    """

    text: str
    header: str = ""
    options: tuple[QuestionOption, ...] = ()
    multiple: bool = False
    about: str = ""
    value: str = ""
    required: bool = True
    own_words: bool = True
    number: bool = False


@dataclass(frozen=True)
class FormPanel:
    """Questions to the person. `decision` is what was answered, in words.

    :param can_decline: whether refusing and not answering are two things.
    :param note: what was wrong with the answers that were sent.
    """

    id: str
    kind: Literal["form"] = "form"
    parent: str | None = None
    title: str = ""
    questions: tuple[Question, ...] = ()
    can_decline: bool = False
    note: str = ""
    state: AskState = "open"
    decision: str = ""


@dataclass(frozen=True)
class UnknownPanel:
    """Something that this version does not know, shown neutrally."""

    id: str
    kind: Literal["unknown"] = "unknown"
    parent: str | None = None
    title: str = ""
    detail: tuple[Part, ...] = ()


Panel = Union[
    TextPanel,
    ThinkingPanel,
    ToolPanel,
    TodoPanel,
    NoticePanel,
    ErrorPanel,
    ImagePanel,
    PromptPanel,
    AskPanel,
    FormPanel,
    UnknownPanel,
]


@dataclass(frozen=True)
class Footer:
    """The turn in numbers. `context_used` is 0 to 1; None means that a value is not known.

    `mode` is the permission mode, "" where it cannot be changed; `waiting` counts open questions;
    `rewind` is the class of the saved form of a turn whose files can be brought back, else "".
    `can_bypass` is whether the mode that allows everything may be chosen.
    """

    model: str = ""
    state: TurnState = "running"
    started_ms: float = 0
    elapsed_ms: float | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    turn_cost_usd: float | None = None
    session_cost_usd: float | None = None
    context_used: float | None = None
    can_stop: bool = False
    note: str = ""
    mode: str = ""
    can_say: bool = False
    waiting: int = 0
    rewind: str = ""
    can_bypass: bool = False


class PanelOp(TypedDict):
    """Create the panel with this id, or replace all of it but its text."""

    op: Literal["panel"]
    panel: dict[str, object]


class TextOp(TypedDict):
    """Append finished blocks, the first of which has index `start`; replace the tail.

    Where `keep` is given, only the end of what comes first is, a block or else the tail: that many
    UTF-16 units of the tail before stand before it.
    """

    op: Literal["text"]
    id: str
    start: int
    blocks: list[str]
    tail: str
    keep: NotRequired[int]


class DropOp(TypedDict):
    """Remove panels: what they said was withdrawn."""

    op: Literal["drop"]
    ids: list[str]


class FooterOp(TypedDict):
    """Replace the footer."""

    op: Literal["footer"]
    footer: dict[str, object]


class EndOp(TypedDict):
    """The turn is over; `html` is its static form."""

    op: Literal["end"]
    html: str


Op = Union[PanelOp, TextOp, DropOp, FooterOp, EndOp]
"""A change to a view, JSON-ready."""
