"""Each surface that reads text it did not write, as a function of one text, and its corpus."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from texts import (
    ANSI,
    FRONT_MATTER,
    JSON,
    LINES,
    MARKDOWN,
    ORDINARY,
    QUICK,
    REDACTION,
    Generator,
)

from claude_notebook.cli.powers import find_powers
from claude_notebook.cli.settings import jsonc
from claude_notebook.errors import CassetteError
from claude_notebook.messages import (
    AssistantMessage,
    Message,
    StreamEvent,
    TextBlock,
    ToolResultBlock,
    ToolUseBlock,
    UserMessage,
)
from claude_notebook.protocol.codec.lines import decode
from claude_notebook.protocol.depth import is_too_deep, prune
from claude_notebook.protocol.framing import LineSplitter
from claude_notebook.recording.format import Cassette, compact, entry_of
from claude_notebook.redact import redact, settled
from claude_notebook.render.content import Piece
from claude_notebook.render.html import ansi
from claude_notebook.render.html.diff import diff_html, hunks_between
from claude_notebook.render.html.highlighter import code_html
from claude_notebook.render.html.markdown.engine import markdown_to_html
from claude_notebook.render.html.markdown.raw_html import raw_html
from claude_notebook.render.html.markdown.stream import MarkdownStream
from claude_notebook.render.html.parts import part
from claude_notebook.render.html.sanitizer import (
    clean,
    clean_output,
    clean_static,
    one_line,
    reveal_html,
)
from claude_notebook.render.html.styles import inline_styles, tidied
from claude_notebook.render.output.mermaid import diagrams
from claude_notebook.render.output.mime_bundle import bundle_of
from claude_notebook.render.output.terminal import turn_renderable
from claude_notebook.render.truncation import chunk_of
from claude_notebook.render.view.reducer import apply_message
from claude_notebook.render.view.turn_view import TurnView
from claude_notebook.sessions.transcripts.entries import as_file, read_lines
from claude_notebook.turns.restored_output import view_of_log

Surface = Callable[[str], object]


@dataclass(frozen=True)
class Case:
    """A surface, the texts that it is measured with, and those for a quick run."""

    read: Surface
    texts: Mapping[str, Generator]
    quick: Mapping[str, Generator] | None = None

    @property
    def quick_texts(self) -> Mapping[str, Generator]:
        """The texts for a quick run."""
        return self.texts if self.quick is None else self.quick


def stream_in_pieces(text: str) -> object:
    """Feed a Markdown stream in 16 pieces, and look at it after each."""
    stream = MarkdownStream()
    step = max(50, len(text) // 16)
    seen = []
    for start in range(0, len(text), step):
        stream.feed(text[start : start + step])
        seen += stream.take()
        seen.append(stream.tail[:10])
    return seen, stream.finish(), stream.document()


def finished_turn(messages: Iterable[Message]) -> TurnView:
    """Return the view of a turn that has ended."""
    view = TurnView(1.0)
    for number, message in enumerate(messages):
        apply_message(view, message, number * 10.0)
        view.flush()
    view.finish("done", 0)
    view.flush()
    return view


def answer(text: str) -> object:
    """Show an answer: live, and in all saved forms."""
    view = finished_turn([AssistantMessage([TextBlock(text)], message_id="m")])
    return bundle_of(view), diagrams(view)


def in_a_terminal(text: str) -> object:
    """Show an answer in a terminal."""
    view = finished_turn([AssistantMessage([TextBlock(text)], message_id="m")])
    console = Console(file=io.StringIO(), width=100, color_system=None, _environ={})
    console.print(turn_renderable(view))
    return view


def _event(**fields: object) -> StreamEvent:
    return StreamEvent(event=dict(fields))


def _start(block: Mapping[str, object], index: int = 0) -> list[Message]:
    message = {"id": "m", "model": "model", "usage": {}}
    return [
        _event(type="message_start", message=message),
        _event(type="content_block_start", index=index, content_block=dict(block)),
    ]


def many_deltas(text: str) -> object:
    """Stream an answer in pieces of 20 characters, flushed after every tenth."""
    view = TurnView(1.0)
    for message in _start({"type": "text", "text": ""}):
        apply_message(view, message, 1.0)
    for number, start in enumerate(range(0, len(text), 20)):
        delta = {"type": "text_delta", "text": text[start : start + 20]}
        apply_message(view, _event(type="content_block_delta", index=0, delta=delta), 1.0)
        if number % 10 == 0:
            view.flush()
    view.finish("done", 0)
    return view.flush(), bundle_of(view)


def partial_input(text: str) -> object:
    """Stream the input of a tool call in pieces of 20 characters."""
    view = TurnView(1.0)
    for message in _start({"type": "tool_use", "id": "t", "name": "Bash", "input": {}}):
        apply_message(view, message, 1.0)
    for start in range(0, len(text), 20):
        delta = {"type": "input_json_delta", "partial_json": text[start : start + 20]}
        apply_message(view, _event(type="content_block_delta", index=0, delta=delta), 1.0)
        view.flush()
    view.finish("done", 0)
    return view.flush()


def many_calls(text: str) -> object:
    """Run a turn of many tool calls, each with one line of the text as its result."""
    messages: list[Message] = []
    for number, line in enumerate(text.split("\n")):
        call, name = f"t{number}", f"m{number}"
        use = ToolUseBlock(call, "Bash", {"command": line})
        messages.append(AssistantMessage([use], message_id=name))
        messages.append(UserMessage([ToolResultBlock(call, line)]))
    return bundle_of(finished_turn(messages))


def many_answers(text: str) -> object:
    """Run a turn of many messages, each with one line of the text."""
    lines = enumerate(text.split("\n"))
    return bundle_of(
        finished_turn(AssistantMessage([TextBlock(line)], message_id=f"m{n}") for n, line in lines)
    )


def tool_result(text: str) -> object:
    """Show a text as the result of a command, with its truncated part."""
    use = ToolUseBlock("t", "Bash", {"command": text, "description": text})
    result = UserMessage([ToolResultBlock("t", text)])
    view = finished_turn([AssistantMessage([use], message_id="m"), result])
    return bundle_of(view)


def unknown_tool(text: str) -> object:
    """Show a text as the input and the result of an unknown tool."""
    use = ToolUseBlock("t", "mcp__a__b", {"a": text, "b": [text]})
    result = UserMessage([ToolResultBlock("t", [{"type": "text", "text": text}])])
    view = finished_turn([AssistantMessage([use], message_id="m"), result])
    return bundle_of(view)


def file_change(text: str) -> object:
    """Show a text as a file that was written and edited."""
    edit = {"file_path": "/tmp/a.py", "old_string": text, "new_string": text[::-1]}
    blocks = [
        ToolUseBlock("t", "Write", {"file_path": "/tmp/a.py", "content": text}),
        ToolUseBlock("u", "Edit", edit),
    ]
    return bundle_of(finished_turn([AssistantMessage(blocks, message_id="m")]))


def part_and_chunks(text: str) -> object:
    """Show a long output, and the first chunks of its truncated part."""
    piece = Piece("output", text)
    return part(piece), [chunk_of(piece, number) for number in range(3)]


def whole_output(text: str) -> object:
    """Show all of an output."""
    return part(Piece("output", text, whole=True))


def sanitized(text: str) -> object:
    """Rewrite and sanitize hostile HTML in all ways, and give it its look."""
    html = clean(raw_html(text))
    return clean_output(html), tidied(clean_static(inline_styles(html)))


def diff_of_halves(text: str) -> object:
    """Compare the two halves of a text."""
    half = len(text) // 2
    return diff_html(hunks_between(text[:half], text[half:]))


def diff_of_shuffled(text: str) -> object:
    """Compare a text with its lines in another order."""
    lines = text.split("\n")
    other = "\n".join(lines[1::2] + lines[::2])
    return diff_html(hunks_between(text, other))


def diff_of_suffixes(text: str) -> object:
    """Compare a text with one in which every line has changed a little."""
    return diff_html(hunks_between(text, text.replace("\n", " x\n")))


def framed(chunk: int) -> Surface:
    """Return a function that splits lines arriving in chunks of this size."""

    def split(text: str) -> object:
        splitter, data = LineSplitter(100_000_000), text.encode("utf-8", "replace")
        lines = []
        for start in range(0, len(data), chunk):
            lines += splitter.feed(data[start : start + chunk])
        return lines, splitter.end()

    return split


def decoded(text: str) -> object:
    """Decode an assistant message whose text and tool input are this text."""
    use = {"type": "tool_use", "id": "t", "name": "Bash", "input": {"command": text}}
    content = [{"type": "text", "text": text}, use]
    message = {"id": "m", "role": "assistant", "model": "x", "content": content}
    wire = {"type": "assistant", "message": message, "session_id": "s"}
    return decode(json.dumps(wire).encode())


def decoded_raw(text: str) -> object:
    """Decode a line that may be no JSON."""
    line = text.replace("\n", " ").encode("utf-8", "replace")
    try:
        return decode(line), decode(b'{"type":"assistant","message":' + line)
    except Exception as error:  # noqa: BLE001 (any error will do; its time is measured)
        return error


def read_jsonc(text: str) -> object:
    """Parse a settings file that may not be JSON."""
    try:
        return jsonc.parse(text)
    except (jsonc.JSONCError, RecursionError) as error:
        return error


def edit_jsonc(text: str) -> object:
    """Change one key of a settings file."""
    document = jsonc.parse(json.dumps({"a": text, "b": text.split("\n")}, indent=2))
    return jsonc.put(document, ["c"], 1), jsonc.drop(document, ["a"])


def read_transcript(text: str) -> object:
    """Read a transcript with one entry for each line of the text."""
    from claude_notebook import get_session_messages, list_sessions

    with tempfile.TemporaryDirectory() as folder:
        session = "00000000-0000-4000-8000-000000000000"
        path = Path(folder, "projects", "-tmp-x", f"{session}.jsonl")
        path.parent.mkdir(parents=True)
        path.write_text("".join(_transcript(text, session)), encoding="utf-8", errors="replace")
        result = list_sessions(config_dir=folder)
        return result, get_session_messages(session, config_dir=folder)


def _transcript(text: str, session: str) -> Iterable[str]:
    parent = None
    for number, line in enumerate(text.split("\n")):
        kind = ("user", "assistant")[number % 2]
        uuid = f"00000000-0000-4000-8000-{number:012}"
        entry = {
            "type": kind,
            "uuid": uuid,
            "parentUuid": parent,
            "sessionId": session,
            "timestamp": "2026-01-01T00:00:00Z",
            "message": {"role": kind, "content": [{"type": "text", "text": line}]},
        }
        parent = uuid
        yield json.dumps(entry) + "\n"


def read_raw_lines(text: str) -> object:
    """Read the lines of a transcript that may hold anything."""
    return list(read_lines(as_file(text.split("\n"))))


def highlighted(language: str) -> Surface:
    """Return a function that colors code of this language."""
    return lambda text: code_html(text, language)


def redacted_while_it_arrives(text: str) -> object:
    """Redact a text in pieces; lines that announce a secret wait for the next ones."""
    pieces, held = [], ""
    for start in range(0, len(text), 1000):
        held += text[start : start + 1000]
        end = settled(held, len(held)) if len(held) < 4000 else len(held)
        pieces.append(redact(held[:end]))
        held = held[end:]
    return pieces, redact(held)


def checked_depth(text: str) -> object:
    """Measure the depth of a line of JSON, and prune deep values."""
    line = text.replace("\n", " ").encode("utf-8", "replace")
    return is_too_deep(line), prune(line)


def inspected(name: str) -> Surface:
    """Return a function that inspects a folder with the text as this file."""

    def inspect(text: str) -> object:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", errors="replace")
            return find_powers(folder, {"HOME": "/nonexistent"})

    return inspect


def inspected_tree(text: str) -> object:
    """Inspect a folder with one command for each 100 characters of the text."""
    with tempfile.TemporaryDirectory() as folder:
        commands = Path(folder, ".claude", "commands")
        commands.mkdir(parents=True)
        for number, start in enumerate(range(0, len(text), 100)):
            part = text[start : start + 100]
            Path(commands, f"{number}.md").write_text(part, "utf-8", "replace")
        return find_powers(folder, {"HOME": "/nonexistent"})


_LOG_HEADER = '{"cassette":1,"started":1}\n'


def read_cassette(text: str) -> object:
    """Read a recording with one record for each line of the text."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.jsonl")
        records = (compact(entry_of(1, "cli", line)) for line in text.split("\n"))
        lines = ['{"cassette":1}', *records]
        path.write_text("\n".join(lines), encoding="utf-8", errors="replace")
        return _try(lambda: list(Cassette(path).records())), _try(lambda: view_of_log(path))


def read_raw_cassette(text: str) -> object:
    """Read a recording that may hold anything, also as its header."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.jsonl")
        path.write_text(text, encoding="utf-8", errors="replace")
        raw = _try(lambda: list(Cassette(path).records()))
        path.write_text(_LOG_HEADER + text, encoding="utf-8", errors="replace")
        return raw, _try(lambda: list(Cassette(path).records())), _try(lambda: view_of_log(path))


def _try(read: Callable[[], object]) -> object:
    try:
        return read()
    except CassetteError as error:
        return str(error)


def many_questions(text: str) -> object:
    """Show a call with an open question for each line of the text, then close it."""
    view = TurnView(1.0)
    for number, line in enumerate(text.split("\n")):
        call = f"t{number}"
        use = ToolUseBlock(call, "Bash", {"command": line})
        apply_message(view, AssistantMessage([use], message_id=f"m{number}"), 1.0)
        view.ask(call, waiting=True)
        view.flush()
        view.ask(call, waiting=False)
    view.finish("done", 2.0)
    return view.flush(), bundle_of(view)


PARSERS = {**ORDINARY, **JSON, **FRONT_MATTER}

SURFACES: Mapping[str, Case] = {
    "markdown": Case(markdown_to_html, {**ORDINARY, **MARKDOWN}),
    "markdown stream": Case(stream_in_pieces, {**ORDINARY, **MARKDOWN}, QUICK),
    "answer": Case(answer, {**ORDINARY, **MARKDOWN}, QUICK),
    "many deltas": Case(many_deltas, ORDINARY),
    "many calls": Case(many_calls, LINES),
    "many answers": Case(many_answers, LINES),
    "partial input": Case(partial_input, {**ORDINARY, **JSON}),
    "terminal": Case(in_a_terminal, {**ORDINARY, **MARKDOWN}, QUICK),
    "tool result": Case(tool_result, {**ORDINARY, **ANSI, **JSON}),
    "unknown tool": Case(unknown_tool, {**ORDINARY, **ANSI, **JSON}),
    "file change": Case(file_change, {**ORDINARY, **LINES}),
    "part": Case(part_and_chunks, {**ORDINARY, **ANSI}),
    "whole output": Case(whole_output, {**ORDINARY, **ANSI}),
    "ansi html": Case(ansi.ansi_html, {**ORDINARY, **ANSI}),
    "ansi plain": Case(ansi.plain, {**ORDINARY, **ANSI}),
    "sanitizer": Case(sanitized, {**ORDINARY, **MARKDOWN}),
    "hidden characters": Case(reveal_html, {**ORDINARY, **ANSI}),
    "one line": Case(one_line, ORDINARY),
    "diff of halves": Case(diff_of_halves, {**LINES, **ORDINARY}),
    "diff of shuffled": Case(diff_of_shuffled, LINES),
    "diff of suffixes": Case(diff_of_suffixes, LINES),
    "python": Case(highlighted("python"), PARSERS),
    "javascript": Case(highlighted("js"), PARSERS),
    "bash": Case(highlighted("bash"), PARSERS),
    "json": Case(highlighted("json"), PARSERS),
    "html": Case(highlighted("html"), {**ORDINARY, **MARKDOWN}, QUICK),
    "markdown code": Case(highlighted("markdown"), {**ORDINARY, **MARKDOWN}, QUICK),
    "yaml": Case(highlighted("yaml"), PARSERS),
    "framing by 7": Case(framed(7), ORDINARY),
    "framing by 4096": Case(framed(4096), ORDINARY),
    "codec": Case(decoded, {**ORDINARY, **JSON}),
    "codec, any line": Case(decoded_raw, {**ORDINARY, **JSON}),
    "jsonc": Case(read_jsonc, {**ORDINARY, **JSON}),
    "jsonc edit": Case(edit_jsonc, ORDINARY),
    "redaction in pieces": Case(redacted_while_it_arrives, REDACTION),
    "depth": Case(checked_depth, {**ORDINARY, **JSON}),
    "front matter": Case(inspected(".claude/commands/a.md"), PARSERS),
    "instructions": Case(inspected("CLAUDE.md"), {**ORDINARY, **FRONT_MATTER}),
    "settings of a folder": Case(inspected(".claude/settings.json"), {**ORDINARY, **JSON}),
    "folder": Case(inspected_tree, ORDINARY),
    "cassette": Case(read_cassette, {**LINES, **JSON}),
    "cassette, any text": Case(read_raw_cassette, {**LINES, **JSON}),
    "many questions": Case(many_questions, LINES),
    "redaction": Case(redact, {**ORDINARY, **REDACTION, **JSON, **ANSI}),
    "transcript": Case(read_transcript, LINES),
    "transcript lines": Case(read_raw_lines, {**LINES, **JSON}),
}
"""Every surface by name."""
