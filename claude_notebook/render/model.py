"""The values that a view draws: panels, their parts, the footer, and operations on them.

`js/src/model.ts` mirrors these names in the same order. All values can be represented as JSON.
Every field named `html`, and every block and tail in a text panel, is HTML that has been sanitized.
All other strings are plain text, which the renderer must escape.

Fields ending in `_ms` are Unix times in milliseconds, except for `elapsed_ms`, which is a duration.
Costs are in US dollars and sizes in tokens.
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
"""Names allowed in `ToolPanel.icon`. "plug" marks a tool from an MCP server."""


@dataclass(frozen=True)
class Part:
    """A displayable part of a panel's input, result or detail.

    :param html: sanitized HTML.
    :param label: a language or file name; "" for none.
    :param lines: the number of lines shown, which determines whether the part is folded.
    :param note: a remark such as "exit code 1" or "cut: 120 of 5000 lines"; "" for none.
    :param more: how much truncated content is available on demand, as in "4,600 more lines"; "" for
        none.
    """

    type: PartType
    html: str
    label: str = ""
    lines: int = 0
    note: str = ""
    more: str = ""


@dataclass(frozen=True)
class TextPanel:
    """Text from the model. `blocks` are finished, and `tail` is the block that is still growing."""

    id: str
    kind: Literal["text"] = "text"
    parent: str | None = None
    blocks: tuple[str, ...] = ()
    tail: str = ""
    open: bool = False


@dataclass(frozen=True)
class ThinkingPanel:
    """The model's thinking: a folded text panel with a `summary`."""

    id: str
    kind: Literal["thinking"] = "thinking"
    parent: str | None = None
    blocks: tuple[str, ...] = ()
    tail: str = ""
    open: bool = False
    summary: str = ""


@dataclass(frozen=True)
class ToolPanel:
    """A tool call and its result.

    :param tool: the tool's name; `title` describes the call in words.
    :param open: show the panel unfolded initially.
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
    """A line in a checklist."""

    text: str
    state: TodoState = "pending"


@dataclass(frozen=True)
class TodoPanel:
    """The model's checklist. A turn has at most one, which is updated in place."""

    id: str
    kind: Literal["todo"] = "todo"
    parent: str | None = None
    title: str = ""
    items: tuple[TodoItem, ...] = ()


@dataclass(frozen=True)
class NoticePanel:
    """A notice about the conversation. `until_ms` is the end of a countdown."""

    id: str
    kind: Literal["notice"] = "notice"
    parent: str | None = None
    level: NoticeLevel = "info"
    text: str = ""
    until_ms: float | None = None
    detail: tuple[Part, ...] = ()


@dataclass(frozen=True)
class ErrorPanel:
    """An error, with its cause (`text`) and the next step (`advice`)."""

    id: str
    kind: Literal["error"] = "error"
    parent: str | None = None
    title: str = ""
    text: str = ""
    advice: str = ""
    detail: tuple[Part, ...] = ()


@dataclass(frozen=True)
class ImagePanel:
    """Images or documents that are not part of tool results."""

    id: str
    kind: Literal["image"] = "image"
    parent: str | None = None
    title: str = ""
    detail: tuple[Part, ...] = ()


@dataclass(frozen=True)
class PromptPanel:
    """A prompt as plain text. `detail` shows its attachments."""

    id: str
    kind: Literal["prompt"] = "prompt"
    parent: str | None = None
    text: str = ""
    detail: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Choice:
    """A button below a question.

    :param key: the value that is sent back.
    :param scope: the calls that the choice covers, as in "every `git status` in this folder"; ""
        for this call only.
    :param shortcut: the key that presses the button while the panel has focus.
    :param note: first open a text field for a reason, which is passed on to the model.
    :param look: the visual emphasis.
    """

    key: str
    label: str
    scope: str = ""
    shortcut: str = ""
    note: bool = False
    look: Literal["primary", "plain", "danger"] = "plain"


@dataclass(frozen=True)
class Field:
    """Part of a tool's input that the user may edit before allowing the call."""

    name: str
    label: str
    value: str
    lines: int = 1


@dataclass(frozen=True)
class AskPanel:
    """A permission question, which stays open without a timeout until one of `choices` is picked.

    :param title: a short description of the call; `detail` shows it in full.
    :param reason: the reason for the question; "" if the CLI gave none.
    :param fields: inputs that can be edited before the call is allowed.
    :param decision: a description of the decision once it has been made.
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
    """An answer to a question that can be selected."""

    label: str
    description: str = ""


@dataclass(frozen=True)
class FormLink:
    """Page to open before answering.

    :param url: http or https address.
    """

    label: str
    url: str


@dataclass(frozen=True)
class FormQuestion:
    """A question in a form, with options or a free-text answer.

    :param about: an explanation shown below the question.
    :param value: prefilled answer.
    :param required: the form cannot be sent without this answer.
    :param own_words: free text is accepted besides the options.
    :param number: the answer is a number.
    :param secret: the answer is typed into a password field and never shown or kept.
    :param links: pages to open before answering.
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
    secret: bool = False
    links: tuple[FormLink, ...] = ()


@dataclass(frozen=True)
class FormPanel:
    """Questions to the user. `decision` describes the answers.

    :param can_decline: declining is distinct from leaving the form unanswered.
    :param note: problem with the answers that were sent.
    :param send: label of the button that sends the answers.
    :param cancel: label of the button that leaves the form unanswered.
    """

    id: str
    kind: Literal["form"] = "form"
    parent: str | None = None
    title: str = ""
    questions: tuple[FormQuestion, ...] = ()
    can_decline: bool = False
    note: str = ""
    send: str = "Send answers"
    cancel: str = "Don\u2019t answer"
    state: AskState = "open"
    decision: str = ""


@dataclass(frozen=True)
class UnknownPanel:
    """A message of a kind that this version does not know."""

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
    """A turn's figures. None marks an unknown value.

    :param context_used: the share of the context in use, 0 to 1.
    :param mode: the permission mode; "" if it cannot be changed.
    :param can_say: whether the user can send a message to the running turn.
    :param waiting: the number of open questions.
    :param rewind: the class of the saved form if the turn's files can be restored, otherwise "".
    :param can_bypass: whether the mode that allows everything can be chosen.
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
    """Creates the panel with this id, or replaces everything in it except for its text."""

    op: Literal["panel"]
    panel: dict[str, object]


class TextOp(TypedDict):
    """Appends finished blocks, the first of which has index `start`, and replaces the tail.

    If `keep` is set, the first block (or the tail if there is no block) is incomplete, and the
    first `keep` UTF-16 units of the previous tail must be prepended to it.
    """

    op: Literal["text"]
    id: str
    start: int
    blocks: list[str]
    tail: str
    keep: NotRequired[int]


class DropOp(TypedDict):
    """Removes panels whose content was withdrawn."""

    op: Literal["drop"]
    ids: list[str]


class FooterOp(TypedDict):
    """Replaces the footer."""

    op: Literal["footer"]
    footer: dict[str, object]


Op = Union[PanelOp, TextOp, DropOp, FooterOp]
"""A change to a view that can be represented as JSON."""
