"""Pytest fixtures that run the real CLI against a scripted Messages API.

===============  =============================================================================
`scripted_api`   a running `ScriptedAPI` `claude_cli`     the path of the real CLI `claude_env`
its environment: it contacts `scripted_api` and nothing else `claude_replay`  plays the test's
conversations from recordings
===============  =============================================================================

With `claude_replay`, the test of a program that talks to Claude needs no CLI, network or login::

    async def test_report(claude_replay):
        assert "revenue" in await my_program.summarize("report.md")

Record it once with `pytest --claude-record`, which contacts Claude. The recordings go to
`cassettes/NAME-OF-THE-MODULE/NAME-OF-THE-TEST/` beside the test.

Test of a program that runs the CLI::

    def test_report(claude_cli, claude_env, scripted_api, tmp_path):
        prompt = script(Use("Write", {"file_path": f"{tmp_path}/a.md", "content": "# A"}), "Done.")
        subprocess.run(
            [claude_cli, "-p", prompt, "--allowedTools", "Write"], env=claude_env, check=True
        )
        assert (tmp_path / "a.md").read_text() == "# A"
        assert len(scripted_api.turns) == 2

Without a CLI such a test is skipped, or fails if `CI=true` is set. The fixtures import everything
except pytest themselves, because every pytest run loads this module.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from .scripted_api import ScriptedAPI

__all__ = ["claude_cli", "claude_env", "claude_replay", "missing", "scripted_api"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that enables recording."""
    parser.getgroup("claude_notebook").addoption(
        "--claude-record",
        action="store_true",
        help="contact Claude in tests that use claude_replay, and record the conversations",
    )


def missing(reason: str) -> NoReturn:
    """Skip the test because of a missing requirement, or fail it if `CI=true` is set."""
    if os.environ.get("CI", "").lower() in ("true", "1"):
        pytest.fail(f"{reason} (a failure because CI is set)", pytrace=False)
    pytest.skip(reason)


@pytest.fixture
def scripted_api() -> Iterator[ScriptedAPI]:
    """Run a scripted Messages API during the test."""
    from .scripted_api import ScriptedAPI

    with ScriptedAPI() as api:
        yield api


@pytest.fixture
def claude_replay(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Play the test's conversations from a folder, or record them into it.

    The fixture sets environment variables, so it also affects child processes and kernels.
    """
    name = re.sub(r"[^\w.-]+", "-", request.node.name).strip("-")
    folder = request.path.parent / "cassettes" / request.path.stem / name
    mode = "record" if request.config.getoption("--claude-record", default=False) else "only"
    monkeypatch.setenv("CLAUDE_NOTEBOOK_REPLAY", mode)
    monkeypatch.setenv("CLAUDE_NOTEBOOK_CASSETTES", str(folder))
    return folder


@pytest.fixture(scope="session")
def claude_cli() -> str:
    """Return the path of the real CLI, found in the usual way."""
    from ..cli.discovery import find_cli
    from ..errors import CLIConnectionError

    try:
        return find_cli().path
    except CLIConnectionError as error:
        missing(str(error))


@pytest.fixture
def claude_env(
    scripted_api: ScriptedAPI, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """Return a complete environment with a new home and `scripted_api` as the service."""
    from .environment import clean_environment

    return clean_environment(scripted_api.url, tmp_path_factory.mktemp("claude-home"))
