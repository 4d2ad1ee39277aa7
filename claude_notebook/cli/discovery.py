"""Find the `claude` binary, once. The binary that is found here is the binary that runs."""

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

# Where installers put it, below the home folder or from the root.
_PLACES = (
    "~/.npm-global/bin/claude",
    "/usr/local/bin/claude",
    "~/.local/bin/claude",
    "~/node_modules/.bin/claude",
    "~/.yarn/bin/claude",
    "~/.claude/local/claude",
)

# The person says which one it is: no other will do.
_ASKED_FOR = ("cli_path", "CLAUDE_CLI_PATH")

_INSTALL = (
    "Install it with `pip install claude-agent-sdk` (brings the binary, about 170 MB) or "
    "`npm install -g @anthropic-ai/claude-code`, or say where it is: cli_path= or CLAUDE_CLI_PATH."
)


@dataclass(frozen=True)
class CLI:
    """A `claude` binary. `source` says by which way it was found."""

    path: str
    source: str

    @property
    def version(self) -> str | None:
        """Its version, such as "2.1.330"; None if it does not say. Read once per file."""
        return read_version(self.path)


def find_cli(
    cli_path: str | os.PathLike[str] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
) -> CLI:
    """The binary to use: `cli_path`, CLAUDE_CLI_PATH, PATH, the usual places, an installed wheel.

    :raises CLINotFoundError: there is none; `.searched` lists every place
    :raises CLINotUsableError: the one that was asked for is not executable
    """
    environ = os.environ if environ is None else environ
    searched: list[str] = []
    for source, path in _candidates(cli_path, environ):
        searched.append(f"{source}: {path or 'nothing'}")
        log.debug("looking for the CLI, by %s: %s", source, path or "nothing")
        if path is not None and Path(path).is_file():
            if os.access(path, os.X_OK):
                log.debug("found the CLI by %s: %s", source, path)
                # Absolute, because the CLI may be started in another folder.
                return CLI(os.path.abspath(path), source)
            searched[-1] += " (not executable)"
            if source in _ASKED_FOR:
                raise CLINotUsableError(
                    f"{path} is not executable. Make it so with: chmod +x {path}", path=path
                )
        elif source in _ASKED_FOR:
            raise CLINotFoundError(
                f"{source} names {path}, which is no file. Correct it, or leave it out to let "
                "claude_notebook look for the CLI.",
                searched=tuple(searched),
            )
    places = "\n  ".join(searched)
    raise CLINotFoundError(
        f"Claude Code was not found. {_INSTALL}\nLooked at:\n  {places}", searched=tuple(searched)
    )


def _candidates(
    cli_path: str | os.PathLike[str] | None, environ: Mapping[str, str]
) -> Iterator[tuple[str, str | None]]:
    if cli_path is not None:
        yield "cli_path", os.path.expanduser(os.fspath(cli_path))
    if environ.get("CLAUDE_CLI_PATH"):
        yield "CLAUDE_CLI_PATH", os.path.expanduser(environ["CLAUDE_CLI_PATH"])
    # What `which` returns is used as it is: on Windows it is claude.CMD.
    yield "PATH", shutil.which("claude", path=environ.get("PATH"))
    home = environ.get("HOME") or os.path.expanduser("~")
    for place in _PLACES:
        yield "usual place", place.replace("~", home, 1)
    yield "claude-agent-sdk wheel", _bundled()


def _bundled() -> str | None:
    """The binary inside an installed claude-agent-sdk, which is located but never imported."""
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
    """The version of the binary at `path`; None if it does not say within 10 s."""
    try:
        return _read_version(path, os.stat(path).st_mtime_ns)
    except OSError:
        return None


@functools.lru_cache(maxsize=32)
def _read_version(path: str, mtime_ns: int) -> str | None:
    try:
        done = subprocess.run(
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
    match = re.search(r"\d+\.\d+\.\d+", done.stdout)
    return match.group() if match else None


def too_old(version: str | None) -> bool:
    """Whether a version is below what this package speaks. An unknown one is not."""
    if version is None:
        return False
    return tuple(int(part) for part in version.split(".")) < MINIMUM_VERSION
