"""The CLI's own login, `claude auth login`, driven over pipes.

The CLI creates two links for each login. The browser link redirects to a local port and needs no
code. The paste link works on any machine and shows a code for the user to paste. The CLI prints
only the paste link and passes the browser link to `$BROWSER`. This module sets `$BROWSER` to a
small script that saves the link instead of opening it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

import anyio
import anyio.to_thread

from ..errors import CLINotUsableError
from .login_process import LoginProcess

Result = TypeVar("Result")
LoginMethod = Literal["claudeai", "console"]

LINK_SECONDS = 30.0
BROWSER_LINK_SECONDS = 2.0
_STATUS_SECONDS = 20.0

_UPDATE = "Update it: `claude update`, or pip install --upgrade claude-agent-sdk."
WRONG_FORM = (
    "This is not the complete code. Copy all of it from the page, including the # in the middle."
)
_NOT_VERIFIED = (
    "The login ended, but Claude Code does not report an account. Start again, or run "
    "`claude-auth login` in a terminal."
)
_REMOVED = (
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "CLAUDE_CODE_OAUTH_TOKEN",
    # This variable tells the CLI that it runs inside another conversation.
    "CLAUDECODE",
)
"""Variables that hide the new login from `claude auth status`, or mark the CLI as nested."""

_STORE_LINK = """#!/bin/sh
printf '%s' "$1" >"$0.part" && mv "$0.part" "$0.link"
"""


@dataclass(frozen=True)
class LoginLinks:
    """The two links of one login.

    :param paste: ends with a code to paste; works on every machine.
    :param browser: ends without a code, in a browser on the machine that runs the CLI; "" if
        unknown.
    """

    paste: str
    browser: str = ""


@dataclass(frozen=True)
class LoginResult:
    """The end of a login.

    :param signed_in: True if `claude auth status` confirms the account.
    :param problem: the cause and the next step after a failure, or "".
    :param method: the CLI's name of the credential, such as "claude.ai".
    :param cancelled: True if the login was cancelled.
    """

    signed_in: bool
    problem: str = ""
    method: str = ""
    cancelled: bool = False


class CLILogin:
    """One run of `claude auth login`: an async context manager.

    Leaving the context always kills the CLI. The code is sent to the CLI and is never stored.

    :param cli_path: the binary.
    :param method: "claudeai" for a subscription, "console" for an account that pays for usage.
    :param email: address to fill in on the login page.
    :param sso: sign in through the organization's own identity provider.
    :param env: the complete environment; that of this process when None.
    :param open_browser: let the CLI open a browser on this machine, if it has one.
    """

    def __init__(
        self,
        cli_path: str | os.PathLike[str],
        *,
        method: LoginMethod = "claudeai",
        email: str = "",
        sso: bool = False,
        env: Mapping[str, str] | None = None,
        open_browser: bool = False,
    ) -> None:
        self._path = os.fspath(cli_path)
        self._arguments = [f"--{method}"]
        self._arguments += ["--sso"] if sso else []
        self._arguments += ["--email", email] if email else []
        self._env = login_environment(os.environ if env is None else env)
        self._open_browser = open_browser
        self._folder = ""
        self._cancelled = False
        self._closed = False
        self._process: LoginProcess | None = None
        self._links = LoginLinks("")

    async def __aenter__(self) -> CLILogin:
        """Start the login, and wait until it asks for the code.

        :raises CLINotUsableError: the CLI cannot be started, lacks the command, or prints no link
        """
        try:
            await self._in_thread(self._start)
        except BaseException:
            self._close()
            raise
        return self

    async def __aexit__(self, *exception: object) -> None:
        """End the CLI."""
        await self.cancel()

    # --- public methods --------------------------------------------------------------------------

    @property
    def links(self) -> LoginLinks:
        """The links to offer."""
        return self._links

    async def submit_code(self, text: str) -> str:
        """Send the code that the login page shows, and wait for the CLI's reaction.

        :returns: "" if the CLI accepted the form of the code, and the login has ended; otherwise
            the problem, after which another code can be submitted.
        """
        process, code = self._running(), text.strip()
        # A line break would send a second, empty line.
        if not code or len(code.split()) != 1:
            return WRONG_FORM
        rejections = process.rejections
        if not process.write_line(code):
            return ""
        await self._in_thread(lambda: process.wait_until(lambda: process.rejections > rejections))
        return WRONG_FORM if process.rejections > rejections else ""

    async def wait(self) -> LoginResult:
        """Wait without a time limit for the end of the login, then verify it."""
        process = self._running()
        await self._in_thread(lambda: process.wait_until(lambda: False))
        if self._cancelled:
            return LoginResult(False, "The sign-in was canceled.", cancelled=True)
        if process.exit_code != 0:
            reason = process.failure or f"Claude Code ended with exit code {process.exit_code}"
            return LoginResult(False, f"{reason.rstrip('.')}. Start the sign-in again.")
        status = await self._in_thread(lambda: read_status(self._path, self._env))
        if status.get("loggedIn") is not True:
            return LoginResult(False, _NOT_VERIFIED)
        return LoginResult(True, method=str(status.get("authMethod") or ""))

    async def cancel(self) -> None:
        """Kill the CLI and its process group. Calling it again has no effect."""
        if self._process is not None and not self._process.ended:
            self._cancelled = True
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(self._close)

    # --- the process -----------------------------------------------------------------------------

    def _start(self) -> None:
        try:
            self._check_command()
            self._start_process()
        except (OSError, subprocess.SubprocessError) as error:
            raise CLINotUsableError(
                f"{self._path} cannot be started: {error}. Check the file.", path=self._path
            ) from error
        finally:
            if self._closed:  # the caller was cancelled, and has not seen this process
                self._close()

    def _start_process(self) -> None:
        browser = None if self._open_browser or sys.platform == "win32" else self._make_browser()
        env = {**self._env, "BROWSER": str(browser)} if browser else self._env
        process = LoginProcess([self._path, "auth", "login", *self._arguments], env)
        self._process = process
        process.wait_until(lambda: process.asks and bool(process.links), LINK_SECONDS)
        if process.ended or not process.links:
            reason = process.failure or "it printed no link"
            raise CLINotUsableError(
                f"`claude auth login` did not start a login: {reason}. Run it in a terminal.",
                path=self._path,
            )
        self._links = LoginLinks(process.links[0], _stored_link(browser) if browser else "")

    def _make_browser(self) -> Path:
        """Write the program that stores the browser link."""
        self._folder = tempfile.mkdtemp(prefix="claude-login-")
        program = Path(self._folder, "browser")
        program.write_text(_STORE_LINK, encoding="utf-8")
        program.chmod(0o700)
        return program

    def _check_command(self) -> None:
        """Reject a CLI without `auth login`, which would send these arguments as a prompt."""
        command = [self._path, "auth", "login", "--help"]
        if "--claudeai" not in _output(command, self._env):
            raise CLINotUsableError(
                f"{self._path} does not have the command `auth login`. {_UPDATE}", path=self._path
            )

    def _running(self) -> LoginProcess:
        if self._process is None:
            raise RuntimeError("The login has not started. Use it in `async with`.")
        return self._process

    def _close(self) -> None:
        self._closed = True
        if self._process is not None:
            self._process.kill()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    @staticmethod
    async def _in_thread(function: Callable[[], Result]) -> Result:
        """Run a blocking function in a thread that ends with the process, or after a timeout."""
        return await anyio.to_thread.run_sync(function, abandon_on_cancel=True)


def _stored_link(browser: Path) -> str:
    """Wait a moment for the link that the CLI hands to the browser program."""
    file = Path(f"{browser}.link")
    end = time.monotonic() + BROWSER_LINK_SECONDS
    while not file.exists() and time.monotonic() < end:
        time.sleep(0.02)
    return file.read_text(encoding="utf-8") if file.exists() else ""


def login_environment(env: Mapping[str, str]) -> dict[str, str]:
    """Return `env` without the variables that hide the CLI's own login."""
    return {name: value for name, value in env.items() if name not in _REMOVED}


def read_status(cli_path: str, env: Mapping[str, str]) -> dict[str, object]:
    """Return the report of `claude auth status --json`; empty if there is none."""
    try:
        report = json.loads(_output([cli_path, "auth", "status", "--json"], env))
    except (OSError, ValueError, subprocess.SubprocessError):
        return {}
    return report if isinstance(report, dict) else {}


def _output(command: list[str], env: Mapping[str, str]) -> str:
    process = subprocess.run(
        command,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=_STATUS_SECONDS,
        check=False,
        env=env,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    return process.stdout
