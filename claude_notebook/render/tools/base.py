"""Values and helpers shared by the builders of tool panels.

A builder is a pure function of a call and its outcome, if there is one. It never fails: it leaves
out data that it does not understand. An unknown tool gets a neutral panel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ...messages import JSON, JSONObject
from ...messages.json_fields import Fields
from ..content import Piece, image_piece, json_piece
from ..html.sanitizer import one_line, reveal


@dataclass(frozen=True)
class Call:
    """Name and input of a tool call, and the working directory.

    :param server: display name of the MCP server.
    :param display: display name of the tool on its MCP server.
    :param schema: JSON schema of the input, if known.
    """

    name: str
    input: JSONObject = field(default_factory=dict)
    server: str = ""
    display: str = ""
    cwd: str = ""
    schema: JSONObject = field(default_factory=dict)

    def place(self, path: str) -> str:
        """Return a path for display, relative to the working directory if it is inside."""
        below = path.removeprefix(self.cwd.rstrip("/") + "/") if self.cwd else path
        return reveal(below)

    @property
    def fields(self) -> Fields:
        """Return the input as fields with safe accessors."""
        return Fields(self.input)


@dataclass(frozen=True)
class Outcome:
    """Outcome of a call: the content for the model, and the tool's own `record`."""

    content: str | list[JSONObject] | None = None
    is_error: bool = False
    record: JSON = None

    @property
    def text(self) -> str:
        """Return the text for the model."""
        if isinstance(self.content, str):
            return self.content
        blocks = [Fields(block) for block in self.content or []]
        return "\n".join(b.text("text") for b in blocks if b.text("type") == "text")

    @property
    def fields(self) -> Fields:
        """Return the record as fields with safe accessors."""
        return Fields(self.record)


@dataclass(frozen=True)
class ToolDisplay:
    """Display of a call: icon name, title, and pieces of input and result."""

    icon: str = "tool"
    title: str = ""
    input: tuple[Piece, ...] = ()
    result: tuple[Piece, ...] = ()
    open: bool = False


Builder = Callable[[Call, "Outcome | None"], ToolDisplay]


def base_name(path: str) -> str:
    """Return the last part of a path, for titles."""
    return one_line(path.replace("\\", "/").rstrip("/").rpartition("/")[2] or path, 60)


def plural(count: int, noun: str, many: str = "") -> str:
    """Format a count with its noun: "1 line", "3 lines"."""
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


def tense(outcome: Outcome | None, now: str, past: str) -> str:
    """Return the verb `past` for a successful call and `now` for any other."""
    return now if outcome is None or outcome.is_error else past


def failure(outcome: Outcome) -> tuple[Piece, ...]:
    """Return the error of a failed call without markup intended for the model."""
    text = outcome.text or (outcome.record if isinstance(outcome.record, str) else "")
    text = text.strip().removeprefix("<tool_use_error>").removesuffix("</tool_use_error>")
    return (Piece("output", text.strip() or "The call failed and gave no reason."),)


def content_pieces(outcome: Outcome) -> tuple[Piece, ...]:
    """Return the content as text, images, and JSON for other blocks."""
    if outcome.is_error:
        return failure(outcome)
    if isinstance(outcome.content, str):
        return text_pieces(outcome.content)
    pieces: list[Piece] = []
    for raw in outcome.content or []:
        pieces += _block_pieces(raw)
    return tuple(pieces)


def _block_pieces(raw: JSON) -> tuple[Piece, ...]:
    block = Fields(raw)
    kind = block.text("type")
    if kind == "text":
        return (
            ()
            if block.text("text").startswith("[Image: source: ")
            else text_pieces(block.text("text"))
        )
    if kind == "image":
        return (image_piece(block.raw.get("source")),)
    return (json_piece(raw),)


def text_pieces(text: str) -> tuple[Piece, ...]:
    """Return the text of an unknown tool as JSON if it parses, else as output."""
    stripped = text.strip()
    if not stripped:
        return ()
    if stripped[0] in "{[" and stripped[-1] in "}]" and (value := _parsed(stripped)) is not None:
        return (json_piece(value),)
    return (Piece("output", text),)


def _parsed(text: str) -> JSON:
    import json

    if len(text) > 200_000:
        return None
    try:
        value: JSON = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value


def argument_pieces(values: JSONObject, schema: JSONObject | None = None) -> tuple[Piece, ...]:
    """Return short arguments as a table, with long and nested ones below it.

    :param schema: schema of the arguments, with their order, titles and descriptions.
    """
    known = Fields(schema).obj("properties")
    rows: list[tuple[str, ...]] = []
    long: list[Piece] = []
    for key in sorted(values, key=_place_in(known)):
        value, about = values[key], known.obj(key)
        title = one_line(about.text("title") or str(key), 60)
        meaning = one_line(about.text("description"), 200)
        if isinstance(value, str) and ("\n" in value or len(value) > 200):
            long.append(Piece("output", value, label=title, note=meaning))
        elif isinstance(value, (dict, list)) and value:
            long.append(replace(json_piece(value, label=title), note=meaning))
        else:
            rows.append((title, cell(value), meaning))
    return (*_argument_table(rows), *long)


def _place_in(known: Fields) -> Callable[[str], int]:
    """Return a sort key: arguments in the order of the schema, unknown ones last."""
    places = {key: place for place, key in enumerate(known.raw)}
    return lambda key: places.get(key, len(places))


def _argument_table(rows: list[tuple[str, ...]]) -> tuple[Piece, ...]:
    if not rows:
        return ()
    if any(meaning for *_, meaning in rows):
        return (Piece("table", rows=(("Argument", "Value", "Meaning"), *rows)),)
    return (Piece("table", rows=(("", ""), *((title, value) for title, value, _ in rows))),)


def cell(value: object) -> str:
    """Return a JSON value as text for a table cell."""
    import json

    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def neutral(call: Call, outcome: Outcome | None) -> ToolDisplay:
    """Show an unknown tool by its name, arguments and result."""
    about = call.fields.text("description", "title", "name", "query", "path", "file_path", "prompt")
    title = f"{reveal(call.name)}: {one_line(about, 80)}" if about else one_line(call.name)
    return ToolDisplay(
        "tool",
        title or "Tool",
        argument_pieces(call.fields.raw, call.schema),
        content_pieces(outcome) if outcome else (),
    )


def mcp(call: Call, outcome: Outcome | None) -> ToolDisplay:
    """Show a tool of an MCP server as "server: tool", with its arguments by name."""
    _, _, rest = call.name.partition("__")
    server, _, tool = rest.partition("__")
    title = f"{call.server or server}: {call.display or tool.replace('_', ' ') or call.name}"
    few = [f"{k}={cell(v)}" for k, v in call.fields.raw.items() if not isinstance(v, (dict, list))]
    if few:
        title += f" ({one_line(', '.join(few), 60)})"
    return ToolDisplay(
        "plug",
        one_line(title),
        argument_pieces(call.fields.raw, call.schema),
        content_pieces(outcome) if outcome else (),
    )
