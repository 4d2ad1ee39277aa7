"""Environments in which the CLI contacts only a scripted API."""

from __future__ import annotations

from pathlib import Path

_VARIABLES = {
    "ANTHROPIC_API_KEY": "dummy-not-a-key",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "CLAUDE_CODE_MAX_RETRIES": "2",
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_ERROR_REPORTING": "1",
    "DISABLE_TELEMETRY": "1",
}


def api_variables(url: str) -> dict[str, str]:
    """Return the variables that point the CLI to a scripted API and disable all other traffic."""
    return {"ANTHROPIC_BASE_URL": url, **_VARIABLES}


def clean_environment(url: str, home: Path) -> dict[str, str]:
    """Return a complete environment for the CLI that contains nothing from this process.

    :param url: the scripted API's address.
    :param home: the home folder. It is created if it is missing, as is a folder for temporary files
        inside it.
    :returns: the variables.
    """
    temporary = home / "tmp"
    temporary.mkdir(mode=0o700, parents=True, exist_ok=True)
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TMPDIR": str(temporary),
        "CLAUDE_CODE_TMPDIR": str(temporary),
        **api_variables(url),
    }
