"""Lines of the CLI: written by hand, random, and random instances of every message and block."""

import dataclasses
import json
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from hypothesis import strategies as st

from claude_notebook import messages
from claude_notebook.protocol.codec import lines as codec


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
# Values that JSON represents without loss, without the type of a block or message.
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
    """Return a strategy for the values of an annotated type."""
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
    # A TypedDict names the known keys, but others may occur.
    return PLAIN_OBJECTS if is_typeddict(hint) else instances(hint)


def instances(kind: type) -> st.SearchStrategy:
    """Return a strategy for the instances of a message or block class."""
    hints = get_type_hints(kind)
    fields = {field.name: values(hints[field.name]) for field in dataclasses.fields(kind)}
    return st.builds(kind, **fields)


MESSAGES = (
    messages.AssistantMessage,
    messages.UserMessage,
    messages.ResultMessage,
    messages.StreamEvent,
    messages.ConversationResetMessage,
    messages.CommandLifecycleMessage,
    messages.TranscriptMirrorMessage,
)
"""Messages whose fields alone make up their line. The others keep their line in `data` or `raw`."""
