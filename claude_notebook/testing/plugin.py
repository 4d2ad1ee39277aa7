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

Record it once by `pytest --claude-record`, which asks for real. Where a project or another plugin
has an option of that name, use `pytest --claude-notebook-record`. The recordings are beside the
test, in `cassettes/NAME-OF-THE-MODULE/NAME-OF-THE-TEST/`.

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

import argparse
import os
import re
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from .scripted_api import ScriptedAPI

__all__ = ["claude_cli", "claude_env", "claude_replay", "missing", "scripted_api"]


_OPTIONS = ("--claude-record", "--claude-notebook-record")
_DEST = "claude_notebook_record"
_stepped_back = pytest.StashKey[bool]()


class Installed:
    """The entry point: loads this module, unless it was loaded by its name already."""

    @staticmethod
    def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
        """Load the module; this is the first hook of a plugin."""
        module = sys.modules[__name__]
        if not pluginmanager.is_registered(module):
            pluginmanager.register(module, __name__)


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the option that records, if this plugin is loaded by a conftest.py."""
    names = (name for name, _ in pluginmanager.list_name_plugin())
    config = pluginmanager.get_plugin("pytestconfig")
    if config is not None and any(name.endswith("conftest.py") for name in names):
        _add_option(config, parser)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser
) -> Generator[None, object, object]:
    """Add the option that records after all others, so that a project's own one wins."""
    result = yield
    _add_option(early_config, parser)
    return result


def _add_option(config: pytest.Config, parser: pytest.Parser) -> None:
    if config.stash.get(_stepped_back, None) is not None:
        return  # loaded twice
    config.stash[_stepped_back] = False
    for names in (_OPTIONS, _OPTIONS[1:]):
        group = parser.getgroup("claude_notebook")
        before = len(group.options)
        try:
            group.addoption(
                *names,
                action="store_true",
                dest=_DEST,
                help="ask Claude for real in tests that use claude_replay, and record the answers",
            )
            parser.parse_known_args([])
        except (ValueError, argparse.ArgumentError):
            del group.options[before:]
            config.stash[_stepped_back] = True
        else:
            return


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say how to record where another plugin has the option's name."""
    if not config.stash.get(_stepped_back, False):
        return None
    return (
        f"claude_notebook: {_OPTIONS[0]} belongs to another plugin here. "
        f"Record with {_OPTIONS[1]} instead."
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
    mode = "record" if request.config.getoption(_DEST, default=False) else "only"
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
