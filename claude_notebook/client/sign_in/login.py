"""Sign in and out, at a gateway or with the CLI's own login."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import anyio
import anyio.to_thread

from ...cli.discovery import find_cli
from ...errors import AuthenticationError, ClaudeSDKError
from ...logs import get_logger
from ...messages import JSONObject
from ...options import StrPath

if TYPE_CHECKING:
    from ...auth.cli_login import CLILogin, LoginResult
    from ...auth.gateway.config import OAuthConfig
    from ...auth.gateway.flow import OAuthFlow
    from ...auth.login import AuthStatus

log = get_logger(__name__)

Show = Callable[[str], object]
Ask = Callable[[], Awaitable[str]]
"""Waits for the text that the user pastes."""
Method = Literal["claudeai", "console"]

_LOGOUT_SECONDS = 20.0


async def login(
    oauth_config: OAuthConfig | None = None,
    *,
    account: str | None = None,
    method: Method = "claudeai",
    open_browser: bool = True,
    cli_path: StrPath | None = None,
    show: Show | None = None,
    ask: Ask | None = None,
) -> None:
    """Sign in, in a browser.

    With a gateway, in `oauth_config` or `CLAUDE_OAUTH_*`, the token is stored here; otherwise
    Claude Code signs in and stores its login itself.

    :param oauth_config: the gateway
    :param account: the name to store the gateway's token under
    :param method: "claudeai" for a subscription, "console" for an account that pays for usage
    :param open_browser: open the page on this machine; otherwise only show its address
    :param cli_path: the `claude` binary; None searches for it
    :param show: receives the lines to show to the user; by default they are written to standard
        output
    :param ask: waits for pasted text: a code, or the address of the last page. Without it, only the
        browser of this machine can complete the sign-in
    :raises AuthenticationError: the sign-in failed; nothing is stored
    :raises OptionsError: the gateway's configuration is incomplete
    :raises CLIConnectionError: the CLI cannot be used
    """
    from ...auth.gateway.config import OAuthConfig

    config = oauth_config if oauth_config is not None else OAuthConfig()
    show = show or _write_line
    if oauth_config is not None or config.is_configured:
        await _gateway_login(config, account, open_browser, show, ask)
    else:
        await _cli_login(method, open_browser, cli_path, show, ask)


# --- the gateway ----------------------------------------------------------------------------------


async def _gateway_login(
    config: OAuthConfig, account: str | None, open_browser: bool, show: Show, ask: Ask | None
) -> None:
    from ...auth.login import gateway_flow

    async with gateway_flow(config, account=account) as flow:
        if open_browser or ask is None:
            await flow.sign_in(lambda url: _open_page(url, open_browser, show))
        else:
            await _paste(flow, show, ask)


async def _paste(flow: OAuthFlow, show: Show, ask: Ask) -> None:
    show(f"Open this page and sign in:\n\n{flow.get_authorization_url()}\n")
    show("Then paste the address of the page that follows, even if it cannot be displayed:")
    await flow.submit_redirect(await ask())


def _open_page(url: str, open_browser: bool, show: Show) -> None:
    import webbrowser

    opened = open_browser and webbrowser.open(url)
    show("Sign in on the page in your browser." if opened else "Open this page and sign in:")
    show(f"\n{url}\n")


# --- the CLI's own login --------------------------------------------------------------------------


async def _cli_login(
    method: Method, open_browser: bool, cli_path: StrPath | None, show: Show, ask: Ask | None
) -> None:
    from ...auth.cli_login import CLILogin

    cli = find_cli(cli_path)
    async with CLILogin(cli.path, method=method) as running:
        links = running.links
        if open_browser and links.browser:
            _open_page(links.browser, open_browser, lambda text: None)
            show("Sign in on the page in your browser. If none has opened, open this page:")
        else:
            show("Open this page and sign in:")
        show(f"\n{links.paste}\n")
        result = await _completed(running, show, ask)
    if not result.signed_in:
        raise AuthenticationError(result.problem or "The sign-in failed")


async def _completed(running: CLILogin, show: Show, ask: Ask | None) -> LoginResult:
    """Wait for the browser or for a pasted code, whichever is first."""
    results: list[LoginResult] = []
    failures: list[Exception] = []

    async def submit(ask: Ask, scope: anyio.CancelScope) -> None:
        try:
            show("Paste the code here if the page shows one:")
            while problem := await running.submit_code(await ask()):
                show(problem)
        except Exception as error:  # noqa: BLE001  raised again below, outside of the group
            failures.append(error)
            scope.cancel()

    async with anyio.create_task_group() as group:
        if ask is not None:
            group.start_soon(submit, ask, group.cancel_scope)
        results.append(await running.wait())
        group.cancel_scope.cancel()
    if failures:
        raise failures[0]
    return results[0]


def _write_line(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


# --- signing out, and status ----------------------------------------------------------------------


async def logout(
    *,
    account: str | None = None,
    cli_path: StrPath | None = None,
    keep_cli: bool = False,
    environ: Mapping[str, str] | None = None,
) -> bool:
    """Sign out: revoke and remove the stored sign-in, and end the CLI's own login.

    :param account: the name of the stored sign-in
    :param cli_path: the `claude` binary; None searches for it
    :param keep_cli: keep the CLI's own login
    :param environ: the environment of the CLI; by default, that of this process
    :returns: True if a sign-in was stored or the CLI was signed in
    :raises AuthenticationError: a stored sign-in cannot be removed
    """
    from ...auth.accounts import AccountStore, folder_of
    from ...auth.login import logout as remove_stored

    env = os.environ if environ is None else environ
    existed = await remove_stored(account=account, store=AccountStore(folder_of(env)))
    if keep_cli:
        return existed
    try:
        cli = find_cli(cli_path, environ=env)
        was_signed_in = (await _cli_report(cli.path, env)).get("loggedIn") is True
        if was_signed_in:
            await _run(cli.path, "logout", env)
    except ClaudeSDKError as error:
        log.debug("the CLI's own login cannot be ended: %s", error)
        return existed
    return existed or was_signed_in


async def sign_in_status(
    *,
    environ: Mapping[str, str] | None = None,
    cli_path: StrPath | None = None,
    validate: bool = True,
) -> AuthStatus:
    """Report the credential that applies to `query()`, including the CLI's own login.

    :param environ: the environment; that of this process by default
    :param cli_path: the `claude` binary; None searches for it
    :param validate: ask the gateway whether it accepts the token
    :raises AuthenticationError: other users can read the file of a stored sign-in
    """
    from ...auth.credentials import CredentialKind
    from ...auth.login import status

    environ = os.environ if environ is None else environ
    report = await status(environ=environ, settings=settings_files(environ), validate=validate)
    if report.kind not in ("", CredentialKind.CLI_LOGIN.value):
        return report
    try:
        found = await _cli_report(find_cli(cli_path, environ=environ).path, environ)
    except ClaudeSDKError as error:
        return replace(report, detail=str(error))
    if found.get("loggedIn") is not True:
        return replace(report, signed_in=False, kind="", source="")
    kind = CredentialKind.CLI_LOGIN.value
    source = f"Claude Code ({found.get('authMethod') or 'unknown'})"
    return replace(report, signed_in=True, kind=kind, source=source)


def settings_files(environ: Mapping[str, str]) -> dict[Path, JSONObject]:
    """Return the user's settings files that exist and can be read."""
    from ...cli.settings.files import Settings

    contents = {path: _content(path) for path in Settings.locate(None, environ).user}
    return {path: content for path, content in contents.items() if content}


def _content(path: Path) -> JSONObject:
    from ...cli.settings.files import load

    try:
        return load(path).value
    except ClaudeSDKError:
        return {}  # doctor reports the file


async def _cli_report(cli_path: str, environ: Mapping[str, str]) -> dict[str, object]:
    from ...auth.cli_login import login_environment, read_status

    return await anyio.to_thread.run_sync(read_status, cli_path, login_environment(environ))


async def _run(cli_path: str, word: str, env: Mapping[str, str]) -> None:
    from ...cli.subcommands.runner import run_subcommand

    await run_subcommand(cli_path, ["auth", word], timeout=_LOGOUT_SECONDS, env=env)
