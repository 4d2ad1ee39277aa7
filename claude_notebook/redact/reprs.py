"""Representations of values without the secrets that they hold."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator

from .marks import MARK
from .scanner import redact

__all__ = ["HiddenDict", "redacted_repr"]

_HIDDEN = f"{MARK}secret"
# Any value can be a secret in these, whatever its name.
_MAPPINGS = frozenset({"env", "environ", "environment", "headers", "http_headers"})


def redacted_repr(value: object) -> str:
    """Return the representation of a dataclass, without secrets.

    A dataclass keeps a `__repr__` of its own; pretty printers and tracebacks with local variables
    respect it.
    """
    fields = (field for field in dataclasses.fields(value) if field.repr)  # type: ignore[arg-type]  # the classes that use it are dataclasses
    shown = (f"{field.name}={_shown(field.name, getattr(value, field.name))}" for field in fields)
    return f"{type(value).__qualname__}({', '.join(shown)})"


class HiddenDict(dict[str, str]):
    """A dict, such as an environment, whose representation has only its keys."""

    def __repr__(self) -> str:
        return repr(dict.fromkeys(self, _HIDDEN))

    def __rich_repr__(self) -> Iterator[tuple[str, str]]:
        """Return the pairs that rich shows in tracebacks."""
        yield from dict.fromkeys(self, _HIDDEN).items()


def _shown(name: str, value: object) -> str:
    return redact(f"{name}={_hide(name, value)!r}").removeprefix(f"{name}=")


def _hide(name: str, value: object) -> object:
    if isinstance(value, dict):
        if name.lower() in _MAPPINGS:
            return dict.fromkeys(value, _HIDDEN)
        return {key: _hide(str(key), inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_hide("", inner) for inner in value]
    return _hide_in_text(value) if isinstance(value, str) else value


def _hide_in_text(text: str) -> str:
    """Return a text in which JSON, such as that of MCP servers, has no secrets."""
    if text.lstrip()[:1] not in ("{", "["):
        return text
    try:
        return json.dumps(_hide("", json.loads(text)))
    except (ValueError, RecursionError):
        return redact(text)
