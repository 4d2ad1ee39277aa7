"""Signing in at the front end: questions, the CLI's own login, a gateway, or a key.

Secrets pass from the page to their storage. They appear in no panel, message, or recording.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar, cast

import anyio
import anyio.from_thread
import anyio.to_thread

from ...errors import AuthenticationError, ClaudeSDKError
from ...logs import get_logger
from ...render.model import Choice
from ...render.questions.confirmation import Confirmation
from ...render.questions.sign_in import (
    API_KEY,
    GATEWAY,
    MethodQuestion,
    TextQuestion,
    code_question,
    gateway_question,
    key_question,
)

if TYPE_CHECKING:
    from ...auth.cli_login import CLILogin, LoginResult
    from ...auth.gateway.config import OAuthConfig
    from ...auth.gateway.flow import OAuthFlow
    from ..questions.questions import QuestionDesk

log = get_logger(__name__)

Result = TypeVar("Result")

CANCELED = "The sign-in was canceled."

SEND_AGAIN = Confirmation(
    title="You are signed in. Send the prompt again?",
    choices=(
        Choice("send", "Send the prompt", shortcut="a", look="primary"),
        Choice("leave", "Not now", shortcut="n"),
    ),
    yes="send",
    decisions={"send": "Sent again", "leave": "Not sent"},
)


@dataclass(frozen=True)
class SignIn:
    """A sign-in with a person at `desk`.

    :param env: the environment of the CLI.
    """

    desk: QuestionDesk
    env: Mapping[str, str] = field(repr=False)

    async def run(self, reason: str = "") -> bool:
        """Ask until a sign-in succeeds or the person cancels.

        :param reason: the reason for the sign-in, which the first question shows.
        :returns: True if the person is signed in.
        """
        config = _gateway_config(self.env)
        while True:
            question = MethodQuestion(config.is_configured, reason)
            answer = await self.desk.ask(question)
            if not question.allows(answer):
                return False
            try:
                await self._sign_in(answer.choice, config)
            except ClaudeSDKError as error:
                log.info("a sign-in failed: %s", type(error).__name__)
                reason = str(error)
            else:
                return True

    async def _sign_in(self, method: str, config: OAuthConfig) -> None:
        """Sign in with one method.

        :raises ClaudeSDKError: the sign-in failed, or was canceled; nothing is stored
        """
        if method == GATEWAY:
            await self._at_gateway(config)
        elif method == API_KEY:
            await self._with_key()
        else:
            await self._with_cli(method)

    # --- methods ----------------------------------------------------------------------------------

    async def _with_cli(self, method: str) -> None:
        from ...auth.cli_login import CLILogin, LoginMethod
        from ...cli.discovery import find_cli

        cli = await anyio.to_thread.run_sync(lambda: find_cli(environ=self.env))
        async with CLILogin(cli.path, method=cast("LoginMethod", method), env=self.env) as running:
            result = await self._cli_result(running)
        if not result.signed_in:
            raise AuthenticationError(result.problem)

    async def _cli_result(self, running: CLILogin) -> LoginResult:
        """Pass codes on until the login has ended, by a code or in the browser."""
        problem = ""
        while True:
            question = code_question(running.links.paste, running.links.browser, problem)
            code = await self._text_or_end(question, running.wait)
            if not isinstance(code, str):
                return code
            if not code:
                raise AuthenticationError(CANCELED)
            problem = await running.submit_code(code)
            if not problem:
                return await running.wait()

    async def _at_gateway(self, config: OAuthConfig) -> None:
        from ...auth.login import gateway_flow

        problem: str | None = ""
        async with gateway_flow(config) as flow:
            while problem is not None:
                problem = await self._attempt(flow, problem)

    async def _attempt(self, flow: OAuthFlow, note: str) -> str | None:
        """Offer the gateway's page, and wait for its redirect or the pasted address.

        :param note: the problem with the previous address.
        :returns: the problem with the pasted address; None if the person is signed in.
        :raises AuthenticationError: the gateway refuses, or the person canceled
        """
        listener = _Listener(flow)
        text: str | None = None
        # No exception leaves the block, because it would arrive in an ExceptionGroup.
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(listener.run)
            if url := await listener.url():
                text = await self._text_or_end(gateway_question(url, note), listener.wait)
            tasks.cancel_scope.cancel()
        if listener.error is not None:
            raise listener.error
        if text is None:
            return None
        if not text:
            raise AuthenticationError(CANCELED)
        try:
            await flow.submit_redirect(text)
        except AuthenticationError as error:
            return str(error)
        return None

    async def _with_key(self) -> None:
        from ...auth.login import save_api_key

        problem = ""
        while True:
            question = key_question(problem)
            key = question.text(await self.desk.ask(question))
            if not key:
                raise AuthenticationError(CANCELED)
            try:
                await anyio.to_thread.run_sync(save_api_key, key)
            except AuthenticationError as error:
                problem = str(error)
            else:
                return

    async def _text_or_end(
        self, question: TextQuestion, ended: Callable[[], Awaitable[Result]]
    ) -> str | Result:
        """Return the person's text, or the result of a sign-in that ends without one.

        :returns: "" if the person canceled.
        """
        outcome: list[str | Result] = []
        async with anyio.create_task_group() as tasks:

            async def watch() -> None:
                outcome.append(await ended())
                tasks.cancel_scope.cancel()

            tasks.start_soon(watch)
            outcome.append(question.text(await self.desk.ask(question)))
            tasks.cancel_scope.cancel()
        return outcome[0]


class _Listener:
    """A gateway's sign-in that ends with a redirect to this machine.

    `error` holds its failure.
    """

    def __init__(self, flow: OAuthFlow) -> None:
        self.error: ClaudeSDKError | None = None
        self._flow = flow
        self._url = ""
        self._opened, self._ended = anyio.Event(), anyio.Event()

    async def run(self) -> None:
        """Listen until the redirect arrives."""
        try:
            await self._flow.sign_in(lambda url: anyio.from_thread.run_sync(self._show, url))
        except ClaudeSDKError as error:
            self.error = error
        self._opened.set()
        self._ended.set()

    def _show(self, url: str) -> None:
        self._url = url
        self._opened.set()

    async def url(self) -> str:
        """Return the page to open; "" if the sign-in failed before."""
        await self._opened.wait()
        return self._url

    async def wait(self) -> None:
        """Wait for the end of the sign-in."""
        await self._ended.wait()


def _gateway_config(env: Mapping[str, str]) -> OAuthConfig:
    from ...auth.gateway.config import OAuthConfig

    config = OAuthConfig()
    config.fill_from(env)
    return config
