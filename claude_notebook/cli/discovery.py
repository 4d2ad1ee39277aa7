"""Finds the `claude` binary.

The binary found here is used for both version checks and conversations.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import CLINotFoundError, CLINotUsableError
from ..logs import get_logger

log = get_logger(__name__)

MINIMUM_VERSION = (2, 1, 0)

# Install locations, either absolute or relative to the home folder.
_INSTALL_LOCATIONS = (
    "~/.npm-global/bin/claude",
    "/usr/local/bin/claude",
    "~/.local/bin/claude",
    "~/node_modules/.bin/claude",
    "~/.yarn/bin/claude",
    "~/.claude/local/claude",
)

# There is no fallback for an explicit choice.
_EXPLICIT_SOURCES = ("cli_path", "CLAUDE_CLI_PATH")

_INSTALL = (
    "Install it with `pip install claude-agent-sdk` (brings the binary, about 170 MB) or "
    "`npm install -g @anthropic-ai/claude-code`, or set cli_path= or CLAUDE_CLI_PATH."
)


@dataclass(frozen=True)
class CLI:
    """A `claude` binary.

    :param path: the absolute path of the binary.
    :param source: the search step that found it, such as "PATH".
    """

    path: str
    source: str

    @property
    def version(self) -> str | None:
        """The version, such as "2.1.330"; None if the binary does not report one."""
        return read_version(self.path)


def find_cli(
    cli_path: str | os.PathLike[str] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
) -> CLI:
    """Find the binary to use.

    The following places are searched in order: `cli_path`, CLAUDE_CLI_PATH, PATH, the usual install
    locations, and an installed claude-agent-sdk wheel.

    :param cli_path: the only binary to accept; if None, a search is performed.
    :param environ: the environment to search in; None uses this process's environment.
    :returns: the first executable file.
    :raises CLINotFoundError: if no location has one; `.searched` lists all locations
    :raises CLINotUsableError: if the explicitly chosen binary is not executable
    """
    environ = os.environ if environ is None else environ
    searched: list[str] = []
    for source, path in _candidates(cli_path, environ):
        searched.append(f"{source}: {path or 'nothing'}")
        log.debug("searching for the CLI in %s: %s", source, path or "nothing")
        if path is not None and Path(path).is_file():
            if os.access(path, os.X_OK):
                log.debug("found the CLI in %s: %s", source, path)
                # The CLI may be started in another folder.
                return CLI(os.path.abspath(path), source)
            searched[-1] += " (not executable)"
            if source in _EXPLICIT_SOURCES:
                raise CLINotUsableError(
                    f"{path} is not executable. Run: chmod +x {path}", path=path
                )
        elif source in _EXPLICIT_SOURCES:
            raise CLINotFoundError(
                f"{source} is set to {path}, which is not a file. Correct it, or remove it to "
                "let claude_notebook search for the CLI.",
                searched=tuple(searched),
            )
    locations = "\n  ".join(searched)
    raise CLINotFoundError(
        f"Claude Code was not found. {_INSTALL}\nSearched:\n  {locations}", searched=tuple(searched)
    )


def _candidates(
    cli_path: str | os.PathLike[str] | None, environ: Mapping[str, str]
) -> Iterator[tuple[str, str | None]]:
    if cli_path is not None:
        yield "cli_path", os.path.expanduser(os.fspath(cli_path))
    if environ.get("CLAUDE_CLI_PATH"):
        yield "CLAUDE_CLI_PATH", os.path.expanduser(environ["CLAUDE_CLI_PATH"])
    # Use the result unchanged: on Windows it is claude.CMD.
    yield "PATH", shutil.which("claude", path=environ.get("PATH"))
    home = environ.get("HOME") or os.path.expanduser("~")
    for location in _INSTALL_LOCATIONS:
        yield "usual location", location.replace("~", home, 1)
    yield "claude-agent-sdk wheel", _bundled_binary()


def _bundled_binary() -> str | None:
    """Locate the binary in an installed claude-agent-sdk without importing the package."""
    try:
        spec = importlib.util.find_spec("claude_agent_sdk")
    except (ImportError, ValueError):
        return None
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for name in ("claude", "claude.exe"):
            path = Path(folder, "_bundled", name)
            if path.is_file():
                return str(path)
    return None


def read_version(path: str) -> str | None:
    """Read the version of the binary at `path`, once for each modification of the file.

    :returns: the version, or None if the binary does not report one within 10 s.
    """
    try:
        return _read_version(path, os.stat(path).st_mtime_ns)
    except OSError:
        return None


@functools.lru_cache(maxsize=32)
def _read_version(path: str, mtime_ns: int) -> str | None:
    try:
        process = subprocess.run(
            [path, "--version"],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=10,
            check=False,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        log.debug("%s --version failed: %s", path, error)
        return None
    match = re.search(r"\d+\.\d+\.\d+", process.stdout)
    return match.group() if match else None


def is_too_old(version: str | None) -> bool:
    """Return whether the version is below the supported minimum. An unknown version is not."""
    if version is None:
        return False
    return tuple(int(part) for part in version.split(".")) < MINIMUM_VERSION
