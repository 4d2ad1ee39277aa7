"""Pytest fixtures that run the real CLI against a scripted Messages API.

===============  =============================================================================
`scripted_api`   a running `ScriptedAPI` `claude_cli`     the path of the real CLI `claude_env`
its environment: it contacts `scripted_api` and nothing else `claude_replay`  plays the test's
conversations from recordings
===============  =============================================================================

With `claude_replay`, the test of a program that talks to Claude needs no CLI, network or login::

    async def test_report(claude_replay):
        assert "revenue" in await my_program.summarize("report.md")

To record the conversations, run `pytest --claude-record` once, which contacts Claude. If a project
or another plugin already has an option with that name, use `pytest --claude-notebook-record`. The
recordings are stored in `cassettes/NAME-OF-THE-MODULE/NAME-OF-THE-TEST/` next to the test.

Test of a program that runs the CLI::

    def test_report(claude_cli, claude_env, scripted_api, tmp_path):
        prompt = script(Use("Write", {"file_path": f"{tmp_path}/a.md", "content": "# A"}), "Done.")
        subprocess.run(
            [claude_cli, "-p", prompt, "--allowedTools", "Write"], env=claude_env, check=True
        )
        assert (tmp_path / "a.md").read_text() == "# A"
        assert len(scripted_api.turns) == 2

If there is no CLI, such a test is skipped, or fails if `CI=true` is set. The fixtures import
everything except for pytest themselves, because every pytest run loads this module.
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
    """The entry point, which loads this module unless it was already loaded by name."""

    @staticmethod
    def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
        """Load the module. This is the first hook that a plugin receives."""
        module = sys.modules[__name__]
        if not pluginmanager.is_registered(module):
            pluginmanager.register(module, __name__)


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the option that starts recording, if this plugin is loaded by a conftest.py."""
    names = (name for name, _ in pluginmanager.list_name_plugin())
    config = pluginmanager.get_plugin("pytestconfig")
    if config is not None and any(name.endswith("conftest.py") for name in names):
        _add_option(config, parser)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser
) -> Generator[None, object, object]:
    """Add the option that starts recording after all others, so that a project's own one wins."""
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
                help="contact Claude in tests that use claude_replay, and record the conversations",
            )
            parser.parse_known_args([])
        except (ValueError, argparse.ArgumentError):
            del group.options[before:]
            config.stash[_stepped_back] = True
        else:
            return


def pytest_report_header(config: pytest.Config) -> str | None:
    """Explain how to record if another plugin uses the option's name."""
    if not config.stash.get(_stepped_back, False):
        return None
    return (
        f"claude_notebook: {_OPTIONS[0]} belongs to another plugin here. "
        f"Record with {_OPTIONS[1]} instead."
    )


def missing(reason: str) -> NoReturn:
    """Skip the test because a requirement is missing, or fail it if `CI=true` is set."""
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
    """Play the test's conversations from a folder, or record them there.

    The fixture sets environment variables, so it also affects child processes and kernels.
    """
    name = re.sub(r"[^\w.-]+", "-", request.node.name).strip("-")
    folder = request.path.parent / "cassettes" / request.path.stem / name
    mode = "record" if request.config.getoption(_DEST, default=False) else "only"
    monkeypatch.setenv("CLAUDE_NOTEBOOK_REPLAY", mode)
    monkeypatch.setenv("CLAUDE_NOTEBOOK_CASSETTES", str(folder))
    return folder


@pytest.fixture(scope="session")
def claude_cli() -> str:
    """Return the path of the real CLI, which is found by the usual search."""
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
    """Return a complete environment with a new home folder and `scripted_api` as the service."""
    from .environment import clean_environment

    return clean_environment(scripted_api.url, tmp_path_factory.mktemp("claude-home"))
