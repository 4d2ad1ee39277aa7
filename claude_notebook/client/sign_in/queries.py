"""`query()` with a token, with a key, or with a token and a key in reserve."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING

from ...errors import AuthenticationError, OptionsError
from ...logs import get_logger
from ...messages import AssistantMessage, Message, ResultMessage, SystemMessage
from ...options import ClaudeCodeOptions
from ...transport import Transport
from ..prompts import Prompt
from ..query import QueryStream, query

if TYPE_CHECKING:
    from ...auth.gateway.config import OAuthConfig

log = get_logger(__name__)


def query_with_oauth(
    prompt: Prompt,
    options: ClaudeCodeOptions | None = None,
    oauth_config: OAuthConfig | None = None,
    *,
    transport: Transport | None = None,
) -> QueryStream:
    """Send a prompt with the stored sign-in, else with the CLI's own login.

    Keys and tokens in the environment and in settings files are not sent.

    :param prompt: like that of `query()`
    :param options: see `ClaudeCodeOptions`
    :param oauth_config: the gateway that renews the stored token
    :returns: the stream of messages
    :raises OptionsError: the prompt or an option is invalid
    :raises AuthenticationError: the stored sign-in cannot be read
    """
    if oauth_config is not None:
        _store_gateway(oauth_config)
    chosen = replace(options or ClaudeCodeOptions(), use_oauth=True, api_key=None, auth_token=None)
    return query(prompt=prompt, options=chosen, transport=transport)


def query_with_api_key(
    prompt: Prompt,
    options: ClaudeCodeOptions | None = None,
    api_key: str | None = None,
    *,
    transport: Transport | None = None,
) -> QueryStream:
    """Send a prompt with this API key only.

    :param prompt: like that of `query()`
    :param options: see `ClaudeCodeOptions`
    :param api_key: the key; by default that of `ANTHROPIC_API_KEY`
    :returns: the stream of messages
    :raises AuthenticationError: there is no key
    :raises OptionsError: the prompt or an option is invalid
    """
    options = options or ClaudeCodeOptions()
    key = api_key or _key_of_environment(options)
    if not key:
        raise AuthenticationError("No API key provided")
    chosen = replace(options, use_oauth=False, api_key=key, auth_token=None)
    return query(prompt=prompt, options=chosen, transport=transport)


async def authenticated_query(
    prompt: Prompt,
    options: ClaudeCodeOptions | None = None,
    use_oauth: bool = True,
    api_key: str | None = None,
    oauth_config: OAuthConfig | None = None,
) -> AsyncIterator[Message]:
    """Send a prompt with the stored sign-in or the CLI's own login, else with an API key.

    The key serves if the service does not accept the sign-in, or if there is none. Nothing of the
    failed attempt is reported.

    :param prompt: text or content blocks
    :param options: see `ClaudeCodeOptions`
    :param use_oauth: False uses the key alone
    :param api_key: the key; by default that of `ANTHROPIC_API_KEY`
    :param oauth_config: the gateway that renews the stored token
    :returns: the messages
    :raises AuthenticationError: neither is accepted
    :raises OptionsError: the prompt or an option is invalid
    """
    options = options or ClaudeCodeOptions()
    key = api_key or _key_of_environment(options)
    if use_oauth and isinstance(prompt, AsyncIterator):
        raise OptionsError(
            "authenticated_query() may send the prompt twice: pass text or blocks, not an iterator",
            field="prompt",
        )
    if use_oauth:
        attempt = _Attempt()
        stream = query_with_oauth(prompt, options, oauth_config)
        async for message in attempt.messages(stream, is_last=not key):
            yield message
        if attempt.failure is None:
            return
        log.info("the sign-in is not accepted, using the API key: %s", attempt.failure)
    async with query_with_api_key(prompt, options, key) as stream:
        async for message in stream:
            yield message


class _Attempt:
    """Holds the messages of an attempt back until the service has accepted its credential."""

    def __init__(self) -> None:
        self.failure: AuthenticationError | None = None
        self._held: list[Message] = []
        self._has_answer = False

    async def messages(self, stream: QueryStream, *, is_last: bool) -> AsyncIterator[Message]:
        """Yield the messages of an accepted attempt; of a rejected one, set `failure`.

        :param is_last: there is no other credential, so yield the rejected messages too.
        :raises AuthenticationError: the last attempt was rejected, or one failed in mid-answer
        """
        try:
            async with stream:
                async for message in stream:
                    for ready in self._pass_on(message):
                        yield ready
        except AuthenticationError as error:
            if is_last or self._has_answer:
                for ready in self._held:
                    yield ready
                raise
            self.failure = error

    def _pass_on(self, message: Message) -> list[Message]:
        """Return the messages that are ready to be reported."""
        failed = isinstance(message, ResultMessage) and message.is_error
        early = isinstance(message, SystemMessage) or (
            isinstance(message, AssistantMessage) and message.error is not None
        )
        self._held.append(message)
        if not self._has_answer and (failed or early):
            return []
        self._has_answer = True
        ready, self._held = self._held, []
        return ready


def _key_of_environment(options: ClaudeCodeOptions) -> str | None:
    name = "ANTHROPIC_API_KEY"
    return (options.env or {}).get(name) or os.environ.get(name)


def _store_gateway(config: OAuthConfig) -> None:
    """Record the gateway beside the token that it renews."""
    from ...auth.accounts import AccountStore

    config.check("client_id", "token_url")
    storage = AccountStore().storage()
    if storage.load_token() is not None and storage.read().get("gateway") != config.to_dict():
        storage.update({"gateway": config.to_dict()})
