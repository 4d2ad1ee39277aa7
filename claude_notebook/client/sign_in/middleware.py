"""Middleware: functions that change the options of a query before it starts."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from ...errors import AuthenticationError
from ...messages import Message
from ...options import ClaudeCodeOptions
from ..prompts import Prompt
from ..query import query

Headers = Mapping[str, str]
HeadersProvider = Callable[[], "Headers | Awaitable[Headers]"]


class Middleware(Protocol):
    """Changes the options of a query."""

    async def prepare(self, options: ClaudeCodeOptions) -> ClaudeCodeOptions:
        """Return the options to use."""


class AuthenticationMiddleware:
    """Signs a query in with headers.

    :param auth_headers_provider: returns `Authorization: Bearer ...` or `X-API-Key: ...`; by
        default the headers of the credential that applies to `query()`.
    """

    def __init__(self, auth_headers_provider: HeadersProvider | None = None) -> None:
        self._provider = auth_headers_provider

    async def prepare(self, options: ClaudeCodeOptions) -> ClaudeCodeOptions:
        """Return options with the credential of the headers.

        :raises AuthenticationError: the headers carry no credential
        """
        found = self._provider() if self._provider is not None else _default_headers()
        headers = await found if inspect.isawaitable(found) else found
        by_name = {name.lower(): value for name, value in headers.items()}
        kind, _, token = by_name.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and token.strip():
            return replace(options, auth_token=token.strip(), api_key=None, use_oauth=False)
        if by_name.get("x-api-key"):
            return replace(options, api_key=by_name["x-api-key"], auth_token=None, use_oauth=False)
        raise AuthenticationError("The headers contain neither Authorization: Bearer nor X-API-Key")


async def query_with_middleware(
    prompt: Prompt,
    options: ClaudeCodeOptions | None = None,
    middleware: Sequence[Middleware] = (),
) -> AsyncIterator[Message]:
    """Send a prompt after each middleware has changed the options, in their order.

    :param prompt: like that of `query()`
    :param options: see `ClaudeCodeOptions`
    :param middleware: for example `AuthenticationMiddleware()`
    :returns: the messages
    :raises ClaudeSDKError: like `query()`
    """
    options = options or ClaudeCodeOptions()
    for each in middleware:
        options = await each.prepare(options)
    async with query(prompt=prompt, options=options) as stream:
        async for message in stream:
            yield message


async def _default_headers() -> Headers:
    from ...auth.claude_auth import get_auth_headers

    return await get_auth_headers()
