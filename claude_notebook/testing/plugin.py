"""Pytest fixtures: the real CLI against a scripted Messages API.

===============  =============================================================================
`scripted_api`   a running `ScriptedAPI`
`claude_cli`     the path of the real CLI
`claude_env`     the environment to run it in: it reaches `scripted_api` and nothing else
`claude_replay`  conversations of this test are played from recordings
===============  =============================================================================

With `claude_replay` a test of a program that talks to Claude needs no CLI, network or login::

    async def test_report(claude_replay):
        assert "revenue" in await my_program.summarize("report.md")

Record it once by `pytest --claude-record`, which asks for real. The recordings lie beside the test,
in `cassettes/NAME-OF-THE-MODULE/NAME-OF-THE-TEST/`.

A test of a program of yours that runs the CLI::

    def test_report(claude_cli, claude_env, scripted_api, tmp_path):
        prompt = script(Use("Write", {"file_path": f"{tmp_path}/a.md", "content": "# A"}), "Done.")
        subprocess.run(
            [claude_cli, "-p", prompt, "--allowedTools", "Write"], env=claude_env, check=True
        )
        assert (tmp_path / "a.md").read_text() == "# A"
        assert len(scripted_api.turns) == 2

Without a CLI such a test is skipped, but fails when the environment says `CI=true`. All imports but
pytest's happen inside the fixtures: this module is loaded with every run of pytest.
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
    """The option that records."""
    parser.getgroup("claude_notebook").addoption(
        "--claude-record",
        action="store_true",
        help="ask Claude for real in tests that use claude_replay, and record what it says",
    )


def missing(what: str) -> NoReturn:
    """A test cannot run here, because `what` is missing: skips it, or fails it with `CI=true`."""
    if os.environ.get("CI", "").lower() in ("true", "1"):
        pytest.fail(f"{what} (a failure because CI is set)", pytrace=False)
    pytest.skip(what)


@pytest.fixture
def scripted_api() -> Iterator[ScriptedAPI]:
    """A scripted Messages API that runs as long as the test."""
    from .scripted_api import ScriptedAPI

    with ScriptedAPI() as api:
        yield api


@pytest.fixture
def claude_replay(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder from which conversations of this test are played, or into which they are recorded.

    It works by the environment: for `query()`, clients, and programs and kernels that are started.
    """
    name = re.sub(r"[^\w.-]+", "-", request.node.name).strip("-")
    folder = request.path.parent / "cassettes" / request.path.stem / name
    mode = "record" if request.config.getoption("--claude-record", default=False) else "only"
    monkeypatch.setenv("CLAUDE_NOTEBOOK_REPLAY", mode)
    monkeypatch.setenv("CLAUDE_NOTEBOOK_CASSETTES", str(folder))
    return folder


@pytest.fixture(scope="session")
def claude_cli() -> str:
    """The path of the real CLI, found as `claude_notebook` finds it."""
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
    """A whole environment for the CLI: a fresh home, and `scripted_api` as the model's service."""
    from .environment import clean_environment

    return clean_environment(scripted_api.url, tmp_path_factory.mktemp("claude-home"))
