"""Converts a tool's return value or exception to content for the model.

Images, tables and models are recognized by their methods, so this module never imports matplotlib,
PIL, pandas or pydantic.
"""

from __future__ import annotations

import base64
import dataclasses
import enum
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ..errors import ToolInputError
from ..messages import ImageBlock, JSONObject, TextBlock

MAX_FRAME_ROWS = 100
"""Maximum number of a table's rows that the model sees."""
MAX_FRAME_CHARS = 20_000
"""Maximum number of a table's characters that the model sees."""
MAX_ERROR_CHARS = 2_000
"""Maximum number of characters in an exception's message that the model sees."""

_SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
}


@dataclass(frozen=True)
class ToolResult:
    """The result of a tool call.

    :param content: MCP's content blocks: `{"type": "text", "text": ...}`, `{"type": "image",
        "data": base64, "mimeType": ...}`, ...
    :param is_error: True on failure, in which case the content gives the reason.
    :param error: the function's exception, which is used for logs and not shown to the model.
    """

    content: list[JSONObject] = field(default_factory=list)
    is_error: bool = False
    error: BaseException | None = field(default=None, repr=False, compare=False)


def to_result(value: Any) -> ToolResult:
    """Convert a function's return value to content for the model. Accepts any value.

    ================================  ==========================================================
    None                              nothing; Claude Code reports it as such text, a number, a
    date, ...       text a dictionary, list, dataclass,    JSON pydantic model, array `{"content":
    [blocks], ...}`      these blocks; an error with `"is_error": True` a block, a list of blocks
    these blocks image bytes, a PIL image,         an image; also in a list between texts a
    matplotlib figure or axes a pandas table                    Markdown, at most 100 rows and
    20,000 characters
    ================================  ==========================================================
    """
    if isinstance(value, ToolResult):
        return value
    result = _mcp_result(value)
    if result is not None:
        return result
    return ToolResult(_content(value))


def to_error(error: BaseException) -> ToolResult:
    """Convert an exception to content for the model, consisting of its type and message.

    The content has no traceback, and secrets are removed because messages often quote URLs and
    headers.
    """
    if isinstance(error, ToolInputError):
        return failed(str(error), error)
    from ..redact import redact  # most tools do not fail

    return failed(redact("\n".join(_causes(error))), error)


def failed(message: str, error: BaseException | None = None) -> ToolResult:
    """Return an error result."""
    return ToolResult([_text(_truncate(message, MAX_ERROR_CHARS))], is_error=True, error=error)


def _causes(error: BaseException) -> list[str]:
    inner = getattr(error, "exceptions", None)  # the group's own message is not informative
    if inner:
        return [line for item in inner for line in _causes(item)]
    message = f"{error}"
    notes = getattr(error, "__notes__", [])
    name = type(error).__name__
    return ["\n".join([f"{name}: {message}" if message else name, *map(str, notes)])]


# --- blocks ---------------------------------------------------------------------------------------


_RESULT_KEYS = {"content", "is_error", "isError", "structuredContent", "resultType", "_meta"}


def _mcp_result(value: Any) -> ToolResult | None:
    """Read a result in MCP's form: a dictionary, or the `mcp` package's object."""
    if _has(value, "model_dump") and (hasattr(value, "isError") or hasattr(value, "is_error")):
        value = value.model_dump(by_alias=True, mode="json", exclude_none=True)
    if not isinstance(value, dict) or not isinstance(value.get("content"), list):
        return None
    if not value.keys() <= _RESULT_KEYS:
        return None
    blocks = [block for item in value["content"] for block in _content(item)]
    return ToolResult(blocks, bool(value.get("is_error") or value.get("isError")))


def _content(value: Any) -> list[JSONObject]:
    for convert in _CONVERTERS:
        blocks = convert(value)
        if blocks is not None:
            return blocks
    return [_text(str(value))]


def _text(text: str) -> JSONObject:
    return {"type": "text", "text": text}


def _image(data: bytes | str, kind: str) -> JSONObject:
    encoded = data if isinstance(data, str) else base64.b64encode(data).decode("ascii")
    return {"type": "image", "data": encoded, "mimeType": kind}


def _nothing(value: Any) -> list[JSONObject] | None:
    return [] if value is None else None


def _plain(value: Any) -> list[JSONObject] | None:
    if isinstance(value, str):
        return [_text(str.__str__(value))]
    if isinstance(value, enum.Enum):
        return _content(value.value)
    return None


def _bytes(value: Any) -> list[JSONObject] | None:
    if isinstance(value, io.BytesIO):
        value = value.getvalue()
    if not isinstance(value, (bytes, bytearray, memoryview)):
        return None
    data = bytes(value)
    kind = _image_type(data)
    if kind is not None:
        return [_image(data, kind)]
    try:
        return [_text(data.decode("utf-8"))]
    except UnicodeDecodeError:
        return [_text(f"({len(data)} bytes, neither text nor an image)")]


def _image_type(data: bytes) -> str | None:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _SIGNATURES.items() if data.startswith(start)), None)


def _block(value: Any) -> list[JSONObject] | None:
    if isinstance(value, TextBlock):
        return [_text(value.text)]
    if isinstance(value, ImageBlock):
        return _block({"type": "image", "source": value.source})
    if _has(value, "to_image_content"):
        value = value.to_image_content()
    if _has(value, "model_dump") and isinstance(getattr(value, "type", None), str):
        value = value.model_dump(by_alias=True, mode="json", exclude_none=True)
    read = _BLOCKS.get(value.get("type", "")) if _is_object(value) else None
    block = read(value) if read is not None else None
    return None if block is None else [block]


def _is_object(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("type", ""), str)


def _text_block(block: JSONObject) -> JSONObject | None:
    text = block.get("text")
    return _text(text) if isinstance(text, str) else None


def _image_block(block: Mapping[str, object]) -> JSONObject | None:
    source = block.get("source")
    if isinstance(source, dict) and "data" in source:  # in the format of the Messages API
        return _image(source["data"], source.get("media_type", "image/png"))
    data = block.get("data")
    if isinstance(data, (str, bytes)):
        return _image(data, str(block.get("mimeType", "image/png")))
    return None


_BLOCKS: dict[str, Callable[[JSONObject], JSONObject | None]] = {
    "text": _text_block,
    "image": _image_block,
    "audio": lambda block: block if "data" in block else None,
    "resource": lambda block: block if "resource" in block else None,
    "resource_link": lambda block: block if "uri" in block else None,
}


def _list(value: Any) -> list[JSONObject] | None:
    """Convert each item of a list that has a block or an image in it."""
    if not isinstance(value, (list, tuple)):
        return None
    if not any(_block(item) or _is_image(item) for item in value):
        return None
    return [block for item in value for block in _content(item)]


# --- images and tables ----------------------------------------------------------------------------


def _has(value: Any, method: str) -> bool:
    # Look at the class: some objects have every attribute.
    return not isinstance(value, type) and callable(getattr(type(value), method, None))


def _is_image(value: Any) -> bool:
    if isinstance(value, (bytes, bytearray)):
        return _image_type(bytes(value)) is not None
    return any(_has(value, name) for name in ("_repr_png_", "_repr_jpeg_", "savefig"))


def _rendered_image(value: Any) -> list[JSONObject] | None:
    for method, kind in (("_repr_png_", "image/png"), ("_repr_jpeg_", "image/jpeg")):
        data = getattr(value, method)() if _has(value, method) else None
        if isinstance(data, tuple):  # with metadata, which IPython allows
            data = data[0]
        if data:
            return [_image(data, kind)]
    if _has(value, "get_figure"):  # axes, as returned by plot functions
        value = value.get_figure()
    if not _has(value, "savefig"):
        return None
    file = io.BytesIO()
    value.savefig(file, format="png")
    return [_image(file.getvalue(), "image/png")]


def _frame(value: Any) -> list[JSONObject] | None:
    if not (_has(value, "head") and (_has(value, "to_markdown") or _has(value, "to_string"))):
        return None
    rows = len(value)
    full = _frame_text(value.head(MAX_FRAME_ROWS) if rows > MAX_FRAME_ROWS else value)
    text = full[:MAX_FRAME_CHARS]
    if len(text) < len(full):
        text = text.rpartition("\n")[0] or text
    if len(text) == len(full) and rows <= MAX_FRAME_ROWS:
        return [_text(full)]
    size = " x ".join(map(str, getattr(value, "shape", (rows,))))
    return [_text(f"{text}\n\n(truncated: the beginning of a table of {size})")]


def _frame_text(value: Any) -> str:
    if _has(value, "to_markdown"):
        try:
            return str(value.to_markdown())
        except ImportError:  # pandas requires the tabulate package
            pass
    return str(value.to_string())


def _truncate(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    return f"{text[:limit]}\n(truncated: {len(text) - limit} more characters)"


# --- JSON -----------------------------------------------------------------------------------------

_STRUCTURES = (bool, int, float, dict, list, tuple, set, frozenset, msgspec.Struct)


def _json(value: Any) -> list[JSONObject] | None:
    structured = isinstance(value, _STRUCTURES) or (
        not isinstance(value, type)
        and (dataclasses.is_dataclass(value) or _has(value, "model_dump") or _has(value, "tolist"))
    )
    return [_text(_as_json(value))] if structured else None


def _as_json(value: Any) -> str:
    try:
        return msgspec.json.encode(value, enc_hook=_encodable).decode("utf-8")
    except (TypeError, ValueError, RecursionError):  # such as a list that contains itself
        return repr(value)


def _encodable(value: Any) -> Any:
    if _has(value, "model_dump"):
        return value.model_dump(mode="json")
    if _has(value, "tolist"):  # numpy arrays and scalars, and similar types
        return value.tolist()
    return str(value)


_CONVERTERS: tuple[Callable[[Any], list[JSONObject] | None], ...] = (
    _nothing,
    _plain,
    _bytes,
    _block,
    _list,
    _rendered_image,
    _frame,
    _json,
)
