"""Shared test setup: a clean environment, the real CLI, and the handling of missing tools."""

import atexit
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no failure.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# --- environment, set before anything can start a process ---------------------------------------

# These only name the binary to test and a folder for screenshots.
_KEPT = {"CLAUDE_CLI_PATH", "CLAUDE_NOTEBOOK_SCREENSHOTS"}
_HOME = Path(tempfile.mkdtemp(prefix="claude-notebook-tests-"))
_FOLDERS = {
    "HOME": "",
    "IPYTHONDIR": "ipython",
    "JUPYTER_CONFIG_DIR": "jupyter/config",
    "JUPYTER_DATA_DIR": "jupyter/data",
    "JUPYTER_RUNTIME_DIR": "jupyter/runtime",
    "XDG_CACHE_HOME": "xdg/cache",
    "XDG_CONFIG_HOME": "xdg/config",
    "XDG_DATA_HOME": "xdg/data",
    "XDG_RUNTIME_DIR": "xdg/runtime",
    "XDG_STATE_HOME": "xdg/state",
}


def _isolate() -> None:
    """Hide the user's login, settings and files from all tests."""
    # In a shell's background, interrupts are ignored here and in all child processes.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in list(os.environ):
        if name.startswith(("ANTHROPIC_", "CLAUDE")) and name not in _KEPT:
            del os.environ[name]
    for name, folder in _FOLDERS.items():
        path = _HOME / folder
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.environ[name] = str(path)
    atexit.register(shutil.rmtree, _HOME, ignore_errors=True)


_isolate()
sys.path.insert(0, str(Path(__file__).parent / "support"))

from raw_cli import RawCLI  # noqa: E402 (after the isolation; found through the line above)

# --- missing tools ------------------------------------------------------------------------------


def _find_cli() -> str | None:
    from claude_notebook.cli.discovery import find_cli
    from claude_notebook.errors import CLIConnectionError

    try:
        return find_cli().path
    except CLIConnectionError:
        return None


def _find_chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


_NEEDS: dict[str, tuple[Callable[[], str | None], str]] = {
    "cli": (_find_cli, "no Claude Code CLI: pip install claude-agent-sdk"),
    "browser": (_find_chromium, "no Chromium: apt-get install chromium"),
}
_NEEDED_BY = {"claude_cli": "cli", "chromium": "browser"}


def pytest_configure(config: pytest.Config) -> None:
    """Register the plugin; an installed package has registered it through its entry point."""
    if not config.pluginmanager.has_plugin("claude_notebook"):
        from claude_notebook.testing import plugin

        config.pluginmanager.register(plugin, "claude_notebook")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark a test with its needs, so that `-m "not browser"` deselects it."""
    for fixture, need in _NEEDED_BY.items():
        if fixture in getattr(item, "fixturenames", ()):
            item.add_marker(need)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of this test suite."""
    parser.addoption("--slow", action="store_true", help="also run the long tests")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip selected tests whose needs are missing; in CI report this as an error."""
    # Options in the environment are for this run, not for pytest runs inside its tests. Worker
    # processes still need them before this point.
    os.environ.pop("PYTEST_ADDOPTS", None)
    if not config.getoption("--slow"):
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.skip(reason="a long test: --slow"))
    for need, (find, reason) in _NEEDS.items():
        needing = [item for item in items if item.get_closest_marker(need)]
        if not needing or find():
            continue
        if os.environ.get("CI", "").lower() in ("true", "1"):
            raise pytest.UsageError(f"CI is set, and {len(needing)} tests cannot run: {reason}")
        for item in needing:
            item.add_marker(pytest.mark.skip(reason=reason))


# --- shared fixtures ----------------------------------------------------------------------------


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Run each test marked `anyio` on both event loops."""
    return request.param


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the path of a Chromium."""
    path = _find_chromium()
    assert path, _NEEDS["browser"][1]
    return path


OpenCLI = Callable[..., RawCLI]


@pytest.fixture
def open_cli(claude_cli: str, claude_env: dict[str, str], tmp_path: Path) -> Iterator[OpenCLI]:
    """Open raw CLI processes in `claude_env`: `open_cli(*arguments, env={}, cwd=None)`."""
    with ExitStack() as opened:

        def open_process(
            *arguments: str, env: dict[str, str] | None = None, cwd: Path | None = None
        ) -> RawCLI:
            return opened.enter_context(
                RawCLI(
                    claude_cli,
                    *arguments,
                    env={**claude_env, **(env or {})},
                    cwd=cwd or tmp_path / "project",
                )
            )

        yield open_process
