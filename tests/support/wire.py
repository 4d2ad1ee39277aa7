"""Lines as the CLI writes them: by hand, at random, and of any message or block there is."""

import dataclasses
import json
from collections.abc import Callable
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from hypothesis import strategies as st

from claude_notebook import messages
from claude_notebook.protocol.codec import flat_messages as flat, lines as codec
from claude_notebook.protocol.codec.blocks import BLOCKS


def line(**fields: object) -> bytes:
    return json.dumps(fields).encode()


# --- at random ----------------------------------------------------------------------------------

ANY_TEXT = st.text(st.characters(codec=None), max_size=8)  # lone surrogates, NUL and U+2028 too
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), ANY_TEXT, st.sampled_from(["", "é\u2028"])
)


def _trees(leaves: st.SearchStrategy, keys: st.SearchStrategy) -> st.SearchStrategy:
    def more(inner: st.SearchStrategy) -> st.SearchStrategy:
        return st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3)

    return st.recursive(leaves, more, max_leaves=8)


JSON_VALUES = _trees(LEAVES, ANY_TEXT)
TYPES = st.sampled_from([*codec.DECODERS, "made_up", "", None, 1])
KEYS = ["type", "subtype", "message", "content", "role", "request", "request_id", "response"]
KEYS += ["event", "rate_limit_info", "patch", "uuid", "usage", "is_error", "num_turns", "error"]
BODIES = st.dictionaries(
    st.sampled_from(KEYS),
    JSON_VALUES | st.fixed_dictionaries({"content": JSON_VALUES}),
    max_size=5,
)

# --- of any message -----------------------------------------------------------------------------

TEXT = st.text(max_size=8)
NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
# What JSON can say without loss, and no type that a block or message has.
PLAIN = _trees(st.none() | st.booleans() | NUMBERS | TEXT, TEXT)
PLAIN_OBJECTS = st.dictionaries(TEXT, PLAIN, max_size=3)

_SIMPLE = {
    str: TEXT,
    int: st.integers(-(2**53), 2**53),
    float: NUMBERS,
    bool: st.booleans(),
    NoneType: st.none(),
    Any: PLAIN,
    messages.UnknownBlock: st.builds(messages.UnknownBlock, PLAIN),
    messages.ServerToolResultBlock: st.builds(
        messages.ServerToolResultBlock, TEXT, PLAIN, TEXT.map(lambda name: name + "_tool_result")
    ),
}


def values(hint: Any) -> st.SearchStrategy:
    """Any value of a type, as it is annotated in `messages`."""
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    arguments = get_args(hint)
    if get_origin(hint) in (Union, UnionType):
        return st.one_of(map(values, arguments))
    if get_origin(hint) is Literal:
        return st.sampled_from(arguments)
    if get_origin(hint) is list:
        return st.lists(values(*arguments), max_size=2)
    if get_origin(hint) is dict:
        return st.dictionaries(*map(values, arguments), max_size=2)
    # The keys of a TypedDict are those that are known, not all that there are.
    return PLAIN_OBJECTS if is_typeddict(hint) else instances(hint)


def instances(kind: type) -> st.SearchStrategy:
    """Any instance of a message or block class."""
    hints = get_type_hints(kind)
    fields = {field.name: values(hints[field.name]) for field in dataclasses.fields(kind)}
    return st.builds(kind, **fields)


# --- back to the wire ---------------------------------------------------------------------------

_BLOCK_NAMES = {kind: name for name, kind in reversed(BLOCKS.items())}
_WIRE_NAMES = {ours: theirs for theirs, ours in flat.RENAMED.items()}
_USER_NAMES = {"is_replay": "isReplay", "is_synthetic": "isSynthetic"}


def block(value: messages.ContentBlock) -> object:
    """A block as the CLI writes it."""
    if isinstance(value, messages.UnknownBlock):
        return value.raw
    return {"type": _BLOCK_NAMES.get(type(value)), **dataclasses.asdict(value)}


def nested(value: messages.AssistantMessage | messages.UserMessage) -> dict:
    """What the model or the user said: the content is inside of a message."""
    fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    content = fields.pop("content")
    body = {"content": content if isinstance(content, str) else [block(one) for one in content]}
    if isinstance(value, messages.AssistantMessage):
        body |= {name: fields.pop(name) for name in ("model", "usage", "stop_reason")}
        return {"type": "assistant", "message": {**body, "id": fields.pop("message_id")}, **fields}
    return {
        "type": "user",
        "message": body,
        **{_USER_NAMES.get(name, name): one for name, one in fields.items()},
    }


def flatly(kind: str) -> Callable[[object], dict]:
    """A message all of whose fields stand side by side."""
    return lambda value: {
        "type": kind,
        **{_WIRE_NAMES.get(name, name): one for name, one in dataclasses.asdict(value).items()},
    }


WIRE = {
    messages.AssistantMessage: nested,
    messages.UserMessage: nested,
    messages.ResultMessage: flatly("result"),
    messages.StreamEvent: flatly("stream_event"),
    messages.ConversationResetMessage: flatly("conversation_reset"),
    messages.CommandLifecycleMessage: flatly("command_lifecycle"),
    messages.TranscriptMirrorMessage: flatly("transcript_mirror"),
}
"""For each class of message: how the CLI writes it."""
