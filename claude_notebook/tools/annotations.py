"""Hints about what a tool does to the world."""

from __future__ import annotations

from dataclasses import dataclass, fields

from ..messages import JSON, JSONObject


@dataclass(frozen=True, init=False)
class ToolAnnotations:
    """Hints about a tool, in MCP's words; each can be given in snake case too.

    Claude Code runs calls of tools with `readOnlyHint` at the same time, others one by one.

    :param title: a name for people.
    :param readOnlyHint: it changes nothing.
    :param destructiveHint: it may destroy something.
    :param idempotentHint: calling it twice does no more than calling it once.
    :param openWorldHint: it reaches things outside, such as the web.
    :param maxResultSizeChars: characters that a result may have before Claude Code saves it to a
        file and shows the model its path; None is Claude Code's own limit.
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
        given = {
            "title": (title,),
            "readOnlyHint": (readOnlyHint, read_only_hint),
            "destructiveHint": (destructiveHint, destructive_hint),
            "idempotentHint": (idempotentHint, idempotent_hint),
            "openWorldHint": (openWorldHint, open_world_hint),
            "maxResultSizeChars": (maxResultSizeChars, max_result_size_chars),
        }
        for name, spellings in given.items():
            value = next((one for one in spellings if one is not None), None)
            object.__setattr__(self, name, value)


def wire_annotations(annotations: JSON) -> tuple[JSONObject, JSONObject]:
    """MCP's `annotations` and the part of `_meta` that annotations lead to.

    :param annotations: ours, those of the `mcp` package, a dictionary, or None.
    """
    wire = {name: value for name, value in _plain(annotations).items() if value is not None}
    size = wire.pop("maxResultSizeChars", None)
    return wire, {} if size is None else {"anthropic/maxResultSizeChars": size}


def _plain(annotations: JSON) -> JSONObject:
    if isinstance(annotations, ToolAnnotations):
        return {field.name: getattr(annotations, field.name) for field in fields(annotations)}
    if hasattr(annotations, "model_dump"):
        return dict(annotations.model_dump(by_alias=True))
    return dict(annotations or {})
