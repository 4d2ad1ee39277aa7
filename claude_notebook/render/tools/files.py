"""Builders for the tools that work on files: shell, read, write, edit, search, notebooks."""

from __future__ import annotations

import re

from ...messages.json_fields import Fields
from ..content import Hunk, Piece, image_piece
from ..html.diff import (
    added,
    format_change,
    hunks_between,
    hunks_of_patch,
)
from ..html.highlighter import language_of_file
from ..html.sanitizer import one_line
from .base import (
    Builder,
    Call,
    Outcome,
    ToolDisplay,
    base_name,
    content_pieces,
    failure,
    plural,
    tense,
)

_EXIT = re.compile(r"\A(?:Error: )?Exit code (\d+)\n?")

# mode of NotebookEdit -> beginning of the title
_VERBS = {"insert": "Inserted a cell in", "delete": "Deleted a cell of"}


def bash(call: Call, outcome: Outcome | None) -> ToolDisplay:
    """Show a command, its colored output, and its exit code unless it is 0."""
    command = call.fields.text("command")
    words = call.fields.text("description") or command
    title = one_line(words, 90) or "Shell command"
    result: tuple[Piece, ...] = ()
    if outcome is not None:
        result = _bash_output(outcome)
        title += "".join(f" · {piece.note}" for piece in result if piece.note.startswith("exit"))
    pieces = (Piece("code", command, language="bash", label="command"),) if command else ()
    return ToolDisplay("terminal", title, pieces, result)


def _bash_output(outcome: Outcome) -> tuple[Piece, ...]:
    record = outcome.fields
    if outcome.is_error or not record.raw:
        return (_output_with_exit_code(outcome.text),)
    if record.flag("isImage"):
        return content_pieces(outcome)
    if record.text("backgroundTaskId"):
        return (Piece("text", f"Running in the background as {record.text('backgroundTaskId')}."),)
    parts = [Piece("output", record.text("stdout"))] if record.text("stdout") else []
    if record.text("stderr"):
        parts.append(Piece("output", record.text("stderr"), label="stderr"))
    if record.flag("interrupted"):
        parts.append(Piece("text", "Interrupted."))
    return tuple(parts) or (Piece("text", "(no output)"),)


def _output_with_exit_code(text: str) -> Piece:
    code = _EXIT.match(text)
    note = f"exit code {code[1]}" if code else ""
    body = text[code.end() :] if code else text
    return Piece("output", body or "(no output)", note=note)


def read(call: Call, outcome: Outcome | None) -> ToolDisplay:
    """Show a file or part of it, with line numbers and highlighting based on its suffix."""
    path = call.fields.text("file_path", "notebook_path", "path")
    title = f"{tense(outcome, 'Read', 'Read')} {base_name(path)}"
    file = outcome.fields.obj("file") if outcome is not None else Fields(None)
    first = file.whole("startLine") or call.fields.whole("offset") or 1
    count = file.whole("numLines") or call.fields.whole("limit")
    is_part = call.fields.whole("offset") or call.fields.whole("limit")
    title += _line_range(first, count, is_part=bool(is_part) or file.whole("totalLines") > count)
    location = (Piece("text", call.place(path)),) if path else ()
    return ToolDisplay("read", title, location, _read_result(path, file, first, outcome))


def _line_range(first: int, count: int, *, is_part: bool) -> str:
    if is_part:
        return f", lines {first}–{first + count - 1}" if count else f", from line {first}"
    return f", {plural(count, 'line')}" if count else ""


def _read_result(path: str, file: Fields, first: int, outcome: Outcome | None) -> tuple[Piece, ...]:
    if outcome is None:
        return ()
    if outcome.is_error:
        return failure(outcome)
    if file.items("cells"):
        return tuple(_cell(cell) for cell in file.objects("cells")[:100])
    if file.text("base64"):
        source = {"media_type": file.text("type"), "data": file.text("base64")}
        return (image_piece(source, label=base_name(path)),)
    if "content" in file.raw:
        code = file.text("content")
        return (Piece("code", code, language=language_of_file(path), first_line=first),)
    return content_pieces(outcome)


def _cell(cell: Fields) -> Piece:
    label = f"{cell.text('cellType')} cell {cell.text('cell_id')}".strip()
    language = cell.text("language") if cell.text("cellType") == "code" else "markdown"
    return Piece("code", cell.text("source"), label=label, language=language)


def write(call: Call, outcome: Outcome | None) -> ToolDisplay:
    """Show a new file's text, or the changes to an existing file."""
    path, content = call.fields.text("file_path"), call.fields.text("content")
    hunks = hunks_of_patch(outcome.fields.raw.get("structuredPatch")) if outcome else ()
    name = base_name(path)
    if hunks:
        verb = tense(outcome, "Write", "Rewrote")
        return ToolDisplay(
            "write", f"{verb} {name}, {format_change(hunks)}", (), _changes(call, path, hunks)
        )
    lines = content.count("\n") + bool(content and not content.endswith("\n"))
    verb = tense(outcome, "Write", "Created" if _created(outcome) else "Wrote")
    text = Piece("code", content, language=language_of_file(path), label=call.place(path))
    result = failure(outcome) if outcome and outcome.is_error else ()
    size = f", {plural(lines, 'line')}" if content else ""
    return ToolDisplay("write", f"{verb} {name}{size}", (text,) if content else (), result)


def _created(outcome: Outcome | None) -> bool:
    return outcome is not None and outcome.fields.text("type") == "create"


def _changes(call: Call, path: str, hunks: tuple[Hunk, ...]) -> tuple[Piece, ...]:
    return (Piece("diff", label=call.place(path), hunks=hunks, language=language_of_file(path)),)


def edit(call: Call, outcome: Outcome | None) -> ToolDisplay:
    """Show the changes to a file. After the edit, line numbers and context are included."""
    path = call.fields.text("file_path")
    wanted = _wanted(call)
    hunks = hunks_of_patch(outcome.fields.raw.get("structuredPatch")) if outcome else ()
    title = f"{tense(outcome, 'Edit', 'Edited')} {base_name(path)}"
    if words := format_change(hunks or wanted):
        title += f", {words}"
    if outcome is None:
        return ToolDisplay("edit", title, _changes(call, path, wanted), open=True)
    if outcome.is_error:
        return ToolDisplay("edit", title, _changes(call, path, wanted), failure(outcome))
    return ToolDisplay("edit", title, (), _changes(call, path, hunks or wanted), open=True)


def _wanted(call: Call) -> tuple[Hunk, ...]:
    edits = call.fields.objects("edits") or [call.fields]
    hunks: list[Hunk] = []
    for change in edits[:50]:
        hunks += hunks_between(change.text("old_string"), change.text("new_string"))
    return tuple(hunks)


def notebook_edit(call: Call, outcome: Outcome | None) -> ToolDisplay:
    """Show the change to a notebook cell as a diff of its source."""
    record = outcome.fields if outcome else Fields(None)
    path = call.fields.text("notebook_path")
    mode = call.fields.text("edit_mode") or record.text("edit_mode") or "replace"
    hunks = _cell_hunks(mode, call.fields, record)
    words = format_change(hunks)
    title = f"{_VERBS.get(mode, 'Edited')} {base_name(path)}"
    if mode not in _VERBS:
        title += _cell_name(call.fields, record)
    result = _changes(call, path, hunks)
    if outcome is not None and (outcome.is_error or record.text("error")):
        return ToolDisplay("notebook", title, result, failure(outcome))
    title += f", {words}" if words else ""
    if outcome is None:
        return ToolDisplay("notebook", title, result, open=True)
    return ToolDisplay("notebook", title, (), result, open=True)


def _cell_name(asked: Fields, record: Fields) -> str:
    name = asked.text("cell_id") or record.text("cell_id")
    return f", cell {one_line(name, 20)}" if name else ""


def _cell_hunks(mode: str, asked: Fields, record: Fields) -> tuple[Hunk, ...]:
    new = "" if mode == "delete" else record.text("new_source") or asked.text("new_source")
    old = "" if mode == "insert" else record.text("old_source")
    return hunks_between(old, new) if old else added(new)


def glob(call: Call, outcome: Outcome | None) -> ToolDisplay:
    """Show the files that match a pattern."""
    files = [str(name) for name in outcome.fields.items("filenames")] if outcome else []
    title = f"Find {one_line(call.fields.text('pattern'), 60)}"
    if outcome is not None and not outcome.is_error:
        title += f": {plural(len(files), 'file')}" if files else ": nothing found"
    return ToolDisplay("search", title, _search_input(call), _matches(outcome, files))


def grep(call: Call, outcome: Outcome | None) -> ToolDisplay:
    """Show the lines or files in which a pattern was found."""
    title = f"Search for {one_line(call.fields.text('pattern'), 60)}"
    if place := call.fields.text("path", "glob"):
        title += f" in {base_name(place)}"
    files = [str(name) for name in outcome.fields.items("filenames")] if outcome else []
    if outcome is not None and not outcome.is_error:
        title += f": {_grep_count(outcome.fields, files)}"
    content = outcome.fields.text("content") if outcome else ""
    result = (Piece("output", content),) if content else _matches(outcome, files)
    return ToolDisplay("search", title, _search_input(call), result)


def _grep_count(record: Fields, files: list[str]) -> str:
    if lines := record.whole("numLines"):
        return plural(lines, "line")
    if count := record.whole("numMatches"):
        return plural(count, "match", "matches")
    count = record.whole("numFiles") or len(files)
    return plural(count, "file") if count else "nothing found"


def _search_input(call: Call) -> tuple[Piece, ...]:
    rows = [(key, str(value)) for key, value in call.fields.raw.items()]
    return (Piece("table", rows=(("", ""), *rows)),) if len(rows) > 1 else ()


def _matches(outcome: Outcome | None, files: list[str]) -> tuple[Piece, ...]:
    if outcome is None:
        return ()
    return (Piece("output", "\n".join(files)),) if files else content_pieces(outcome)


FILE_TOOLS: dict[str, Builder] = {
    "Bash": bash,
    "BashOutput": bash,
    "Read": read,
    "NotebookRead": read,
    "Write": write,
    "Edit": edit,
    "MultiEdit": edit,
    "NotebookEdit": notebook_edit,
    "Glob": glob,
    "LS": glob,
    "Grep": grep,
}
