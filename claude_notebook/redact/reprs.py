"""Representations of values without the secrets that they hold."""

from __future__ import annotations

import dataclasses
import json
import re

from .marks import MARK
from .scanner import redact

__all__ = ["redacted_repr", "value_repr"]

_HIDDEN = f"{MARK}secret"
# Any value can be a secret in these, whatever its name.
_MAPPINGS = frozenset({"env", "environ", "environment", "headers", "http_headers"})
# Fields with URLs that may hold a key as their query, a part of their path, or their fragment.
_SERVER = re.compile(
    r"(?i:\bmcp|\Aservers?\b|endpoint|proxy|webhook)|(?i:\b|_|(?<=[a-z]))(?i:ur[li]s?)\b"
)
_URL = re.compile(r"(?P<scheme>[A-Za-z][\w+.-]{0,20}:[\\/]{2}|//)(?P<rest>[\s\S]+)")
_HOST = re.compile(
    r"(?:[^\s/?#\\]*@)?(?P<host>(?:\[[\da-fA-F:.]+\]|[\w.-]+)(?::\d{1,5})?)(?=[/?#\\\s\"']|\Z)",
    re.ASCII,
)


def redacted_repr(value: object) -> str:
    """Return the representation of a dataclass, without secrets.

    A dataclass keeps a `__repr__` of its own; pretty printers and tracebacks with local variables
    respect it.
    """
    fields = (field for field in dataclasses.fields(value) if field.repr)  # type: ignore[arg-type]  # the classes that use it are dataclasses
    shown = (f"{field.name}={_shown(field.name, getattr(value, field.name))}" for field in fields)
    return f"{type(value).__qualname__}({', '.join(shown)})"


def value_repr(name: str, value: object, limit: int = 80) -> str:
    """Return the representation of one value, without secrets, for the text of an error.

    :param name: the name of the value, such as "env"; it tells where the secrets are
    :param limit: the greatest length; secrets are replaced before the text is cut
    """
    return _shown(name, value)[:limit]


def _shown(name: str, value: object) -> str:
    return redact(f"{name}={_hide(name, value)!r}").removeprefix(f"{name}=")


def _hide(name: str, value: object, of_server: bool = False) -> object:
    """Return a value without its secrets.

    :param of_server: the value belongs to a server; its URLs may hold keys in any part
    """
    of_server = of_server or _SERVER.search(name) is not None
    if name.lower() in _MAPPINGS and value:
        return _hide_values(value)
    if isinstance(value, dict):
        return {key: _hide(str(key), inner, of_server) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_hide("", inner, of_server) for inner in value]
    return _hide_in_text(value, of_server) if isinstance(value, str) else value


def _hide_values(value: object) -> object:
    """Return a mapping such as an environment without its values, and nothing of other types.

    Numbers and None are no valid values; they stay, as an error may be about them.
    """
    if not isinstance(value, dict):
        return _HIDDEN
    plain = (int, float, type(None))
    return {key: inner if isinstance(inner, plain) else _HIDDEN for key, inner in value.items()}


def _hide_in_text(text: str, of_server: bool) -> str:
    """Return a text in which JSON, such as that of MCP servers, has no secrets."""
    if text.lstrip()[:1] in ("{", "["):
        try:
            return json.dumps(_hide("", json.loads(text), of_server))
        except (ValueError, RecursionError):
            text = redact(text)
            of_server = of_server or _SERVER.search(text) is not None
    return _URL.sub(_host_only, text) if of_server else text


def _host_only(url: re.Match[str]) -> str:
    """Return a URL up to its host; without the host if it is unclear where that ends."""
    scheme, rest = url["scheme"], url["rest"]
    host = _HOST.match(rest)
    if host is None or (":" in host["host"] and "@" in rest[host.end() :]):
        return f"{scheme}{_HIDDEN}"
    if rest[host.end() :] in ("", "/"):
        return f"{scheme}{host['host']}" if host.end() == len(rest) else f"{scheme}{host['host']}/"
    return f"{scheme}{host['host']}/{_HIDDEN}"
