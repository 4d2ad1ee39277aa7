"""Tables of functions by the type of message that they handle."""

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
    """Pair a type with the function that handles its instances.

    A table of such pairs needs no cast: the type checker rejects a function that does not take the
    type of its pair.

    :param function: takes the object whose state it updates, and the message.
    """
    return kind, function
