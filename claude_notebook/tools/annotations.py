"""Hints about a tool's effects."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from ..messages import JSONObject


@dataclass(frozen=True, init=False)
class ToolAnnotations:
    """Hints about a tool. The names are MCP's, and each is also available in snake case.

    Claude Code runs calls of tools with `readOnlyHint` in parallel, and all others one by one.

    :param title: a display name.
    :param readOnlyHint: the tool does not change anything.
    :param destructiveHint: the tool may destroy data.
    :param idempotentHint: repeating a call has no additional effect.
    :param openWorldHint: the tool accesses external systems, such as the web.
    :param maxResultSizeChars: the maximum number of characters in a result. Claude Code saves a
        longer result to a file and shows the path to the model. None uses Claude Code's own limit.
    """

    title: str | None = None
    readOnlyHint: bool | None = None
    destructiveHint: bool | None = None
    idempotentHint: bool | None = None
    openWorldHint: bool | None = None
    maxResultSizeChars: int | None = None

    def __init__(
        self,
        *,
        title: str | None = None,
        readOnlyHint: bool | None = None,
        destructiveHint: bool | None = None,
        idempotentHint: bool | None = None,
        openWorldHint: bool | None = None,
        maxResultSizeChars: int | None = None,
        read_only_hint: bool | None = None,
        destructive_hint: bool | None = None,
        idempotent_hint: bool | None = None,
        open_world_hint: bool | None = None,
        max_result_size_chars: int | None = None,
    ) -> None:
        spellings_by_name = {
            "title": (title,),
            "readOnlyHint": (readOnlyHint, read_only_hint),
            "destructiveHint": (destructiveHint, destructive_hint),
            "idempotentHint": (idempotentHint, idempotent_hint),
            "openWorldHint": (openWorldHint, open_world_hint),
            "maxResultSizeChars": (maxResultSizeChars, max_result_size_chars),
        }
        for name, spellings in spellings_by_name.items():
            value = next((item for item in spellings if item is not None), None)
            object.__setattr__(self, name, value)


def wire_annotations(annotations: Any) -> tuple[JSONObject, JSONObject]:
    """Convert annotations to MCP's `annotations` and the related part of `_meta`.

    :param annotations: a `ToolAnnotations`, the `mcp` package's object, a dictionary, or None.
    """
    wire: JSONObject = {
        name: value for name, value in _plain(annotations).items() if value is not None
    }
    size = wire.pop("maxResultSizeChars", None)
    return wire, {} if size is None else {"anthropic/maxResultSizeChars": size}


def _plain(annotations: Any) -> JSONObject:
    if isinstance(annotations, ToolAnnotations):
        return {field.name: getattr(annotations, field.name) for field in fields(annotations)}
    if hasattr(annotations, "model_dump"):
        return dict(annotations.model_dump(by_alias=True))
    return dict(annotations or {})
