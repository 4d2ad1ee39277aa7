"""Handlers for complete messages, in a table from message type to handler."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from ... import messages
from ...messages import JSON, ContentBlock
from ...messages.json_fields import Fields
from ..content import Piece, image_piece, json_piece
from ..html.sanitizer import one_line, reveal
from ..model import (
    ImagePanel,
    PromptPanel,
    ToolState,
    UnknownPanel,
)
from ..tools.agents import data_pieces
from ..tools.base import Call, Outcome
from . import notices
from .checklist import TOOLS
from .entries import ProseEntry, ToolEntry
from .tool_state import format_thinking_time, thinking_summary

if TYPE_CHECKING:
    from .turn_view import TurnView

_COMMAND_TAGS = re.compile(r"</?(?:local-command|command|bash)-[a-z]+>")
_INTERRUPTED = "[Request interrupted by user"


# --- the assistant ----------------------------------------------------------------------------


def _on_assistant(view: TurnView, message: messages.AssistantMessage, now_ms: float) -> None:
    parent = message.parent_tool_use_id
    draft = view.drafts.get(parent)
    if draft is not None and draft.message_id != message.message_id:
        view.withdraw(parent)
    if message.error or message.is_api_error_message:
        text = "\n".join(b.text for b in message.content if isinstance(b, messages.TextBlock))
        view.error(notices.api_error_summary(message, text), now_ms)
        return
    if message.usage is not None:
        main = parent is None
        view.totals.request(message.message_id or "", message.model, message.usage, main=main)
    view.end_retry()
    for block in message.content:
        _add_block(view, message, block, now_ms)


def _add_block(
    view: TurnView, message: messages.AssistantMessage, block: ContentBlock, now_ms: float
) -> None:
    parent = message.parent_tool_use_id
    if isinstance(block, messages.TextBlock):
        text = _hard_lines(block.text) if message.local_command_source else block.text
        _add_prose(view, parent, "text", text, "", now_ms)
    elif isinstance(block, messages.ThinkingBlock):
        seconds = message.thinking_duration_ms
        summary = format_thinking_time(seconds) if seconds is not None else ""
        _add_prose(view, parent, "thinking", block.thinking, summary, now_ms)
    elif isinstance(block, (messages.ToolUseBlock, messages.ServerToolUseBlock)):
        _add_tool_call(view, message, block, now_ms)
    elif isinstance(block, messages.ServerToolResultBlock):
        content = block.content if isinstance(block.content, list) else [block.content]
        _add_result(view, block.tool_use_id, Outcome(content), {}, now_ms)
    else:
        _add_other_block(view, parent, block)


def _hard_lines(text: str) -> str:
    """Keep the line breaks in a local command's output, unless it is Markdown."""
    return text if re.search(r"^\s*[|#]", text, re.MULTILINE) else text.replace("\n", "\\\n")


def _add_prose(
    view: TurnView,
    parent: str | None,
    kind: Literal["text", "thinking"],
    text: str,
    summary: str,
    now_ms: float,
) -> None:
    entry = _streamed_prose(view, parent, kind)
    if entry is not None and not text.startswith(entry.text):
        view.drop(entry)
        entry = None
    if entry is None:
        if not text.strip():
            return
        entry = view.prose(kind, parent, now_ms)
    entry.certain = True
    entry.feed(text[entry.seen :])
    entry.close(summary or thinking_summary(entry, now_ms))
    view.touch(entry)


def _streamed_prose(view: TurnView, parent: str | None, kind: str) -> ProseEntry | None:
    """Return the streamed panel that a complete block belongs to."""
    draft = view.drafts.get(parent)
    for _, entry in sorted(draft.blocks.items()) if draft else ():
        if isinstance(entry, ProseEntry) and entry.kind == kind and not entry.certain:
            return entry
    return None


def _add_tool_call(
    view: TurnView,
    message: messages.AssistantMessage,
    block: messages.ToolUseBlock | messages.ServerToolUseBlock,
    now_ms: float,
) -> None:
    names = _names(message.tool_use_meta, block.id)
    call = Call(
        block.name,
        block.input,
        server=one_line(names.text("server_display_name"), 40),
        display=one_line(names.text("display_name"), 60),
        cwd=view.cwd,
        schema=view.options.schemas.get(block.name, {}),
    )
    parent = message.parent_tool_use_id
    tool = view.tool(block.id, call, parent, now_ms)
    tool.complete(call, now_ms)
    tool.certain = True
    view.touch(tool)


def _names(meta: JSON, tool_use_id: str) -> Fields:
    entries = [Fields(entry) for entry in meta] if isinstance(meta, list) else []
    return next((e for e in entries if e.text("id") == tool_use_id), Fields(None))


def _add_other_block(view: TurnView, parent: str | None, block: ContentBlock) -> None:
    panel_id = view.panel_of(parent)
    if isinstance(block, messages.RedactedThinkingBlock):
        view.notice("info", "Some thinking is hidden by the service.", key="redacted")
    elif isinstance(block, (messages.ImageBlock, messages.DocumentBlock)):
        view.put("", lambda i, p: ImagePanel(i, parent=panel_id, detail=p), (attachment(block),))
    elif isinstance(block, messages.UnknownBlock):
        kind = one_line(Fields(block.raw).text("type") or "block")
        view.put(
            "",
            lambda i, p: UnknownPanel(
                i, parent=panel_id, title=f"Unknown content: {kind}", detail=p
            ),
            (json_piece(block.raw),),
        )


def attachment(block: messages.ImageBlock | messages.DocumentBlock) -> Piece:
    """Return an image or document as a piece."""
    if isinstance(block, messages.ImageBlock):
        return image_piece(block.source)
    source = Fields(block.source)
    name = one_line(block.title or "Document")
    if source.text("type") == "text":
        return Piece("output", source.text("data"), label=name)
    return Piece("text", f"{name} ({source.text('media_type') or 'document'})")


# --- the user: tool results and prompts -------------------------------------------------------


def _on_user(view: TurnView, message: messages.UserMessage, now_ms: float) -> None:
    if isinstance(message.content, str):
        _add_prompt(view, message, message.content, ())
        return
    results = [b for b in message.content if isinstance(b, messages.ToolResultBlock)]
    record = message.tool_use_result if len(results) == 1 else None
    for result in results:
        outcome = Outcome(result.content, bool(result.is_error), record)
        meta = _names(message.tool_result_meta, result.tool_use_id)
        _add_result(view, result.tool_use_id, outcome, meta.raw, now_ms)
    text, pictures = _prompt_parts(message.content)
    if text or pictures:
        _add_prompt(view, message, text, pictures)


def _prompt_parts(content: Sequence[ContentBlock]) -> tuple[str, tuple[Piece, ...]]:
    """Return the text of a prompt, and its images and documents."""
    text = "\n".join(b.text for b in content if isinstance(b, messages.TextBlock))
    kinds = (messages.ImageBlock, messages.DocumentBlock)
    return text, tuple(attachment(b) for b in content if isinstance(b, kinds))


def _add_prompt(
    view: TurnView, message: messages.UserMessage, text: str, pictures: tuple[Piece, ...]
) -> None:
    if message.parent_tool_use_id is not None or message.is_replay:
        return  # a subagent's call shows its task, and a replayed prompt has already been shown
    if text.startswith(_INTERRUPTED):
        view.notice("warning", "Stopped.", key="stopped")
    elif message.is_synthetic:
        detail = (Piece("markdown", text),) if len(text) > 200 else ()
        view.notice("info", one_line(text, 160), detail=detail)
    elif _COMMAND_TAGS.search(text[:200]):
        view.notice("info", reveal(_COMMAND_TAGS.sub("", text).strip()))
    elif view.options.show_prompts:
        view.put("", lambda i, parts: PromptPanel(i, text=reveal(text), detail=parts), pictures)


def _add_result(
    view: TurnView, tool_use_id: str, outcome: Outcome, meta: messages.JSONObject, now_ms: float
) -> None:
    tool = view.tool(tool_use_id, view.calls.get(tool_use_id, Call("Tool")), None, now_ms)
    if outcome.fields.flag("isAsync"):
        tool.update(background=True, outcome=outcome, activity="in the background")
    else:
        state = tool.state if tool.state == "denied" else _state_of(outcome, Fields(meta))
        tool.update(
            outcome=Outcome("")
            if state == "stopped"
            else _without_repeated_report(view, tool, outcome)
        )
        tool.finish(state, now_ms)
    if tool.call.name in TOOLS:
        _update_checklist(view, tool, outcome)
    view.touch(tool)


def _without_repeated_report(view: TurnView, tool: ToolEntry, outcome: Outcome) -> Outcome:
    """Drop a subagent's report from the outcome if its last text already contains it."""
    texts = [
        e.text.strip()
        for e in view.entries.values()
        if isinstance(e, ProseEntry) and e.parent == tool.id
    ]
    report = outcome.fields.objects("content")
    if not texts or not report or report[-1].text("text").strip() != texts[-1]:
        return outcome
    return Outcome(None, outcome.is_error, {**outcome.fields.raw, "content": []})


def _state_of(outcome: Outcome, meta: Fields) -> ToolState:
    if not outcome.is_error:
        return "done"
    if meta.obj("permission_decision").text("decision") == "reject":
        return "denied"
    # This is a rejection without a decision, so the turn was stopped while the tool ran or waited.
    return "stopped" if meta.text("non_execution_kind") == "user-rejected" else "error"


def _update_checklist(view: TurnView, tool: ToolEntry, outcome: Outcome) -> None:
    if outcome.is_error:
        view.add(tool)
        return
    view.checklist.update(tool.call, outcome)
    if len(view.checklist) or view.has("todo"):
        view.put("todo", lambda i, parts: view.checklist.panel(i))


# --- results, and the CLI's messages about itself ---------------------------------------------


def _on_result(view: TurnView, message: messages.ResultMessage, now_ms: float) -> None:
    view.totals.result(message)
    if (notice := notices.early_end_notice(message)) is not None:
        view.notice(notice.level, notice.text)
    elif message.is_error and not view.has("error") and not view.has("stopped"):
        _add_failure(view, message, now_ms)
    names = {tool.call.name for tool in view.tools.values()}
    if message.structured_output is not None and "StructuredOutput" not in names:
        view.put(
            "",
            lambda i, parts: UnknownPanel(i, title="Structured answer", detail=parts),
            data_pieces(message.structured_output),
        )
    if message.permission_denials:
        view.totals.add_note(notices.denial_note(len(message.permission_denials)))


def _add_failure(view: TurnView, message: messages.ResultMessage, now_ms: float) -> None:
    reason = "\n".join(str(error) for error in message.errors or []) or message.result or ""
    text = reason or f"The turn ended with {message.subtype}."
    if message.api_error_status is None and message.subtype != "success":
        view.error(notices.ErrorSummary("The turn failed", reveal(text)), now_ms)
        return
    failure = messages.AssistantMessage(api_error_status=message.api_error_status)
    view.error(notices.api_error_summary(failure, text), now_ms)


def _on_init(view: TurnView, message: messages.InitMessage, now_ms: float) -> None:
    view.cwd = message.cwd
    view.totals.update(model=one_line(message.model, 60))
    if message.tool_schemas:
        known = {**message.tool_schemas, **view.options.schemas}
        view.options = dataclasses.replace(view.options, schemas=known)


def _on_thinking_tokens(
    view: TurnView, message: messages.ThinkingTokensMessage, now_ms: float
) -> None:
    for entry in reversed(view.entries.values()):
        if isinstance(entry, ProseEntry) and entry.kind == "thinking" and entry.open:
            entry.note(f"Thinking… about {message.estimated_tokens:,} tokens")
            view.touch(entry)
            return


def _on_permission_denied(
    view: TurnView, message: messages.PermissionDeniedMessage, now_ms: float
) -> None:
    tool = view.tools.get(message.tool_use_id)
    if tool is not None:
        tool.finish("denied", now_ms)
        view.touch(tool)


def _on_task_progress(view: TurnView, message: messages.TaskProgressMessage, now_ms: float) -> None:
    tool = view.tools.get(message.tool_use_id or "")
    if tool is not None and tool.state == "running":
        tool.update(activity=one_line(message.description, 60))
        view.touch(tool)


_TASK_STATES: dict[str, ToolState] = {"completed": "done", "failed": "error"}


def _on_task_notification(
    view: TurnView, message: messages.TaskNotificationMessage, now_ms: float
) -> None:
    tool = view.tools.get(message.tool_use_id or "")
    if tool is not None and tool.background:
        state = _TASK_STATES.get(message.status, "stopped")
        tool.update(outcome=Outcome(message.summary, state == "error"), background=False)
        tool.finish(state, now_ms)
        view.touch(tool)


def _ignore(view: TurnView, message: messages.Message, now_ms: float) -> None:
    """Accept a message that is not displayed."""


HANDLERS: dict[type, Callable[[TurnView, Any, float], None]] = {
    messages.AssistantMessage: _on_assistant,
    messages.UserMessage: _on_user,
    messages.ResultMessage: _on_result,
    messages.InitMessage: _on_init,
    messages.ThinkingTokensMessage: _on_thinking_tokens,
    messages.PermissionDeniedMessage: _on_permission_denied,
    messages.TaskProgressMessage: _on_task_progress,
    messages.TaskNotificationMessage: _on_task_notification,
    messages.TaskStartedMessage: _ignore,
    messages.TaskUpdatedMessage: _ignore,
    messages.BackgroundTasksMessage: _ignore,
    messages.SessionStateMessage: _ignore,
    messages.CommandLifecycleMessage: _ignore,
    messages.TranscriptMirrorMessage: _ignore,
}
