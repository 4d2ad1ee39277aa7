"""Collects the facts to check, without changing anything or contacting a model."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import replace
from http.client import HTTPException
from importlib import metadata
from pathlib import Path

import anyio
import anyio.to_thread
import platformdirs

from ...errors import ClaudeSDKError, CLIConnectionError, OptionsError
from ...redact import redact
from ..discovery import find_cli, read_version
from ..settings.files import (
    COMMENTS_ADVICE,
    Settings,
    config_folder,
    load,
)
from ..subcommands.runner import StrPath, run_subcommand
from .checks import Check, Facts, FolderState, SettingsFile, run_checks

SERVICE = "https://api.anthropic.com"

_PACKAGES = (
    "claude-notebook",
    "ipykernel",
    "ipython",
    "jupyterlab",
    "notebook",
    "anywidget",
    "ipywidgets",
)
_PREFIXES = ("ANTHROPIC_", "CLAUDE_", "CLAUDECODE", "AWS_", "VERTEX_", "GOOGLE_CLOUD_", "OTEL_")
_NAMES = frozenset(
    {
        *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
        *("NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"),
        *("DISABLE_TELEMETRY", "DISABLE_AUTOUPDATER", "IS_SANDBOX"),
    }
)
_AUTH_SECONDS = 20.0


async def diagnose(
    cli_path: StrPath | None = None,
    *,
    cwd: StrPath | None = None,
    environ: Mapping[str, str] | None = None,
    offline: bool = False,
    timeout: float = 5.0,
) -> tuple[Check, ...]:
    """Run all checks.

    :param cli_path: the binary; None performs the usual search.
    :param cwd: the folder whose settings apply; None uses the current folder.
    :param environ: the environment to check; None uses this process's environment.
    :param offline: do not contact the model service.
    :param timeout: how many seconds to wait for the service.
    :returns: one row per check.
    """
    return run_checks(
        await gather(cli_path, cwd=cwd, environ=environ, offline=offline, timeout=timeout)
    )


async def gather(
    cli_path: StrPath | None = None,
    *,
    cwd: StrPath | None = None,
    environ: Mapping[str, str] | None = None,
    offline: bool = False,
    timeout: float = 5.0,
) -> Facts:
    """Collect the facts; see `diagnose` for the parameters."""
    environ = os.environ if environ is None else environ
    facts = Facts(
        python=(platform.python_version(), sys.executable),
        packages={name: _version(name) for name in _PACKAGES},
        service=redact((environ.get("ANTHROPIC_BASE_URL") or SERVICE).rstrip("/")),
        folders=_folders(environ),
        settings=_settings(cwd, environ),
        variables=tuple(sorted(filter(_is_relevant, environ))),
    )
    facts = await _with_cli(facts, cli_path, environ)
    return facts if offline else await _with_service(facts, environ, timeout)


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _is_relevant(name: str) -> bool:
    return name.upper() in _NAMES or name.startswith(_PREFIXES)


# --- the CLI and its account ----------------------------------------------------------------------


async def _with_cli(facts: Facts, cli_path: StrPath | None, environ: Mapping[str, str]) -> Facts:
    try:
        cli = find_cli(cli_path, environ=environ)
    except CLIConnectionError as error:
        return replace(facts, cli_error=str(error).splitlines()[0])
    version = await anyio.to_thread.run_sync(read_version, cli.path)
    facts = replace(facts, cli=cli, cli_version=version)
    if version is None:
        return replace(facts, account_error="the binary does not run")
    try:
        status = await run_subcommand(
            cli.path, ["auth", "status", "--json"], timeout=_AUTH_SECONDS, env=environ
        )
        account = json.loads(status)
    except ClaudeSDKError as error:
        return replace(facts, account_error=str(error))
    except ValueError:
        return replace(facts, account_error="the output is not JSON")
    if not isinstance(account, dict):
        return replace(facts, account_error="the output is not a JSON object")
    return replace(facts, account=account)


# --- the service ----------------------------------------------------------------------------------


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A handler that stops at the first response, because a redirect proves the service is up."""

    def redirect_request(self, *_args: object, **_kwargs: object) -> None:
        return None


async def _with_service(facts: Facts, environ: Mapping[str, str], timeout: float) -> Facts:
    url = environ.get("ANTHROPIC_BASE_URL") or SERVICE
    start = time.monotonic()
    problem: str | None = f"no response within {timeout:g} s"
    with anyio.move_on_after(timeout):
        # If a name server does not respond, time limits are ignored. In that case, abandon the
        # thread.
        problem = await anyio.to_thread.run_sync(_contact, url, timeout, abandon_on_cancel=True)
    if problem is not None:
        return replace(facts, reached=False, reach_detail=problem)
    milliseconds = (time.monotonic() - start) * 1000
    return replace(facts, reached=True, reach_detail=f"responded in {milliseconds:.0f} ms")


def _contact(url: str, timeout: float) -> str | None:
    """Contact `url`. Return the problem, or None after any response."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https"):
        return "is not a URL that begins with http:// or https://"
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        # Remove the user name and password, because urllib treats them as part of the host name.
        address = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        request = urllib.request.Request(address, method="HEAD")  # noqa: S310 (scheme checked above)
        opener.open(request, timeout=timeout).close()
    except urllib.error.HTTPError as response:
        # Any status proves that the service is up.
        response.close()
    except (OSError, HTTPException, ValueError) as error:
        return redact(str(getattr(error, "reason", error)) or type(error).__name__)
    return None


# --- files ----------------------------------------------------------------------------------------


def _folders(environ: Mapping[str, str]) -> tuple[FolderState, ...]:
    config = config_folder(environ)
    places = {
        "Config folder": config,
        "Transcripts": config / "projects",
        "State folder": platformdirs.user_state_path("claude_notebook"),
    }
    return tuple(_folder(name, path) for name, path in places.items())


def _folder(name: str, path: Path) -> FolderState:
    exists = path.is_dir()
    nearest = next((parent for parent in (path, *path.parents) if parent.exists()), path)
    writable = nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
    return FolderState(name, str(path), exists, writable)


def _settings(cwd: StrPath | None, environ: Mapping[str, str]) -> tuple[SettingsFile, ...]:
    paths = Settings.locate(cwd, environ).paths()
    return tuple(_settings_file(path) for path in dict.fromkeys(paths) if os.path.lexists(path))


def _settings_file(path: Path) -> SettingsFile:
    problem = ""
    with contextlib.suppress(FileNotFoundError):
        try:
            if not load(path).strict:
                problem = COMMENTS_ADVICE.format(path=path)
        except OptionsError as error:
            problem = str(error)
    return SettingsFile(str(path), problem)
