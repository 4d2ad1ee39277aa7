"""Values and helpers shared by the builders of tool panels.

A builder is a pure function of a call and, if there is one, its outcome. It never fails, because it
leaves out data that it does not understand. For an unknown tool, a neutral panel is built.
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
    """A tool call's name and input, along with the working directory.

    :param server: the MCP server's display name.
    :param display: the tool's display name on its MCP server.
    :param schema: the JSON schema for the input, if known.
    """

    name: str
    input: JSONObject = field(default_factory=dict)
    server: str = ""
    display: str = ""
    cwd: str = ""
    schema: JSONObject = field(default_factory=dict)

    def place(self, path: str) -> str:
        """Return a path for display, relative to the working directory if it is inside it."""
        below = path.removeprefix(self.cwd.rstrip("/") + "/") if self.cwd else path
        return reveal(below)

    @property
    def fields(self) -> Fields:
        """Return the input as fields with safe accessors."""
        return Fields(self.input)


@dataclass(frozen=True)
class Outcome:
    """A call's outcome: the content for the model, and the tool's own `record`."""

    content: str | list[JSONObject] | None = None
    is_error: bool = False
    record: JSON = None

    @property
    def text(self) -> str:
        """Return the text that is sent to the model."""
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
    """A call's display: its icon name and title, and the pieces of its input and result."""

    icon: str = "tool"
    title: str = ""
    input: tuple[Piece, ...] = ()
    result: tuple[Piece, ...] = ()
    open: bool = False


Builder = Callable[[Call, "Outcome | None"], ToolDisplay]


def base_name(path: str) -> str:
    """Return the last part of a path, for use in titles."""
    return one_line(path.replace("\\", "/").rstrip("/").rpartition("/")[2] or path, 60)


def plural(count: int, noun: str, many: str = "") -> str:
    """Format a count with its noun, such as "1 line" or "3 lines"."""
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


def tense(outcome: Outcome | None, now: str, past: str) -> str:
    """Return the verb form `past` for a successful call, and `now` for any other call."""
    return now if outcome is None or outcome.is_error else past


def failure(outcome: Outcome) -> tuple[Piece, ...]:
    """Return a failed call's error without the markup intended for the model."""
    text = outcome.text or (outcome.record if isinstance(outcome.record, str) else "")
    text = text.strip().removeprefix("<tool_use_error>").removesuffix("</tool_use_error>")
    return (Piece("output", text.strip() or "The call failed and gave no reason."),)


def content_pieces(outcome: Outcome) -> tuple[Piece, ...]:
    """Return the content as text and images, and other blocks as JSON."""
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
    """Return an unknown tool's text as JSON if it can be parsed, and otherwise as output."""
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
    """Return short arguments as a table, followed by long and nested ones.

    :param schema: the schema for the arguments, which gives their order, titles and descriptions.
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
    """Return a sort key that orders arguments as in the schema, with unknown ones last."""
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
    """Show an unknown tool with its name, arguments and result."""
    about = call.fields.text("description", "title", "name", "query", "path", "file_path", "prompt")
    title = f"{reveal(call.name)}: {one_line(about, 80)}" if about else one_line(call.name)
    return ToolDisplay(
        "tool",
        title or "Tool",
        argument_pieces(call.fields.raw, call.schema),
        content_pieces(outcome) if outcome else (),
    )


def mcp(call: Call, outcome: Outcome | None) -> ToolDisplay:
    """Show an MCP server's tool as "server: tool", with its arguments by name."""
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
