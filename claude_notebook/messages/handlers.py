"""Tables that select a function by message type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

_Owner = TypeVar("_Owner")
_Message = TypeVar("_Message")
_Result = TypeVar("_Result")
_More = ParamSpec("_More")


def handler(
    kind: type[_Message], function: Callable[Concatenate[_Owner, _Message, _More], _Result]
) -> tuple[type[_Message], Callable[Concatenate[_Owner, Any, _More], _Result]]:
    """Pair a message type with the function that handles its instances.

    Building a table from such pairs needs no cast, because the type checker rejects a function that
    does not accept the type it is paired with.

    :param function: receives the object whose state it updates, and the message.
    """
    return kind, function
