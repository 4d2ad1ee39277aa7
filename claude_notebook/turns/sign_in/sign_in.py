"""Signs the user in through questions in the front end: by CLI login, gateway, or API key.

Secrets pass from the page to their storage. They appear in no panel, message, or recording.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
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
    from ...auth.accounts import AccountStore
    from ...auth.cli_login import CLILogin, LoginResult
    from ...auth.gateway.config import OAuthConfig
    from ...auth.gateway.flow import OAuthFlow
    from ..questions.questions import QuestionDesk

log = get_logger(__name__)

Result = TypeVar("Result")

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

    async def run(self) -> bool:
        """Ask until a sign-in succeeds or the person cancels.

        :returns: True if the person is signed in.
        """
        config = _gateway_config(self.env)
        reason = ""
        while True:
            question = MethodQuestion(config.is_configured, reason)
            answer = await self.desk.ask(question)
            if not question.allows(answer):
                return False
            try:
                reason = ""
                if await self._sign_in(answer.choice, config):
                    return True
            except ClaudeSDKError as error:
                log.info("a sign-in failed: %s", type(error).__name__)
                reason = _reason(error)

    async def _sign_in(self, method: str, config: OAuthConfig) -> bool:
        """Sign in with one method.

        :returns: False if the person canceled.
        :raises ClaudeSDKError: the sign-in failed; nothing is stored
        """
        if method == GATEWAY:
            return await self._at_gateway(config)
        if method == API_KEY:
            return await self._with_key()
        return await self._with_cli(method)

    # --- methods ----------------------------------------------------------------------------------

    async def _with_cli(self, method: str) -> bool:
        from ...auth.cli_login import CLILogin, LoginMethod
        from ...auth.login import logout
        from ...cli.discovery import find_cli

        cli = await anyio.to_thread.run_sync(lambda: find_cli(environ=self.env))
        async with CLILogin(cli.path, method=cast("LoginMethod", method), env=self.env) as running:
            result = await self._cli_result(running)
        if result is None:
            return False
        if not result.signed_in:
            raise AuthenticationError(result.problem)
        # A stored account would take precedence over the CLI's login.
        await logout(store=self._store())
        return True

    async def _cli_result(self, running: CLILogin) -> LoginResult | None:
        """Pass codes on until the login has ended, by a code or in the browser.

        :returns: None if the person canceled.
        """
        problem = ""
        while True:
            question = code_question(running.links.paste, running.links.browser, problem)
            code = await self._text_or_end(question, running.wait)
            if not isinstance(code, str):
                return code
            if not code:
                return None
            problem = await running.submit_code(code)
            if not problem:
                return await running.wait()

    async def _at_gateway(self, config: OAuthConfig) -> bool:
        from ...auth.login import gateway_flow

        problem = ""
        storage = self._store().storage(writable=True)
        async with gateway_flow(config, storage=storage) as flow:
            while True:
                text = await self._redirect(flow, problem)
                if text is None:
                    return True
                if not text:
                    return False
                try:
                    await flow.submit_redirect(text)
                except AuthenticationError as error:
                    problem = _reason(error)
                else:
                    return True

    async def _redirect(self, flow: OAuthFlow, note: str) -> str | None:
        """Offer the gateway's page, and wait for its redirect or a pasted address.

        :param note: the problem with the previous address.
        :returns: the pasted address, "" if the person canceled, or None after the redirect.
        :raises ClaudeSDKError: the gateway refuses
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
        return text

    async def _with_key(self) -> bool:
        from ...auth.login import save_api_key

        problem = ""
        while True:
            question = key_question(problem)
            key = question.text(await self.desk.ask(question))
            if not key:
                return False
            save = partial(save_api_key, key, store=self._store())
            try:
                await anyio.to_thread.run_sync(save)
            except AuthenticationError as error:
                problem = _reason(error)
            else:
                return True

    def _store(self) -> AccountStore:
        """Return the accounts of the CLI's user, where its next process looks for them."""
        from ...auth.accounts import AccountStore, folder_of

        return AccountStore(folder_of(self.env))

    async def _text_or_end(
        self, question: TextQuestion, ended: Callable[[], Awaitable[Result]]
    ) -> str | Result:
        """Return the person's text, or the result of a sign-in that ends without one.

        :returns: "" if the person canceled.
        :raises ClaudeSDKError: as `ended`
        """
        outcome: list[str | Result] = []
        errors: list[ClaudeSDKError] = []
        async with anyio.create_task_group() as tasks:

            async def watch() -> None:
                try:
                    outcome.append(await ended())
                except ClaudeSDKError as error:
                    errors.append(error)
                tasks.cancel_scope.cancel()

            tasks.start_soon(watch)
            outcome.append(question.text(await self.desk.ask(question)))
            tasks.cancel_scope.cancel()
        if not outcome:
            raise errors[0]
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


def _reason(error: ClaudeSDKError) -> str:
    """Return the cause of a failure. The panel is the next step, so other advice is left out."""
    return error.reason if isinstance(error, AuthenticationError) else str(error)


def leading_variable(env: Mapping[str, str]) -> str:
    """Return the variable whose credential takes precedence over every sign-in, or ""."""
    from ...auth.credentials import SECRET_VARIABLES

    return next((name for name in SECRET_VARIABLES if env.get(name)), "")


def _gateway_config(env: Mapping[str, str]) -> OAuthConfig:
    from ...auth.gateway.config import OAuthConfig

    config = OAuthConfig()
    config.fill_from(env)
    return config
