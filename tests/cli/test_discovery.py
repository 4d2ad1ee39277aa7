"""Discovery of the `claude` binary."""

import importlib.machinery
import importlib.util
import os
from pathlib import Path

import pytest

from claude_notebook.cli import discovery
from claude_notebook.cli.discovery import find_cli, is_too_old, read_version
from claude_notebook.errors import CLINotFoundError, CLINotUsableError


def program(path: Path, text: str = "echo 2.1.330 '(Claude Code)'", mode: int = 0o755) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(mode)
    return str(path)


@pytest.fixture
def environ(tmp_path):
    """An environment whose search locations are below `tmp_path`."""
    return {"HOME": str(tmp_path / "home"), "PATH": str(tmp_path / "bin")}


@pytest.fixture
def no_wheel(monkeypatch):
    """Hide an installed claude-agent-sdk."""
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "claude_agent_sdk" else find(name)
    )


ORDER = [
    ("cli_path", "explicit/claude"),
    ("CLAUDE_CLI_PATH", "variable/claude"),
    ("PATH", "bin/claude"),
    ("usual location", "home/.npm-global/bin/claude"),
    ("usual location", "home/.local/bin/claude"),
    ("usual location", "home/node_modules/.bin/claude"),
    ("usual location", "home/.yarn/bin/claude"),
    ("usual location", "home/.claude/local/claude"),
]


@pytest.mark.parametrize("first", range(len(ORDER)))
def test_find_cli_searches_locations_in_order(first, environ, tmp_path):
    if Path("/usr/local/bin/claude").exists() and first > 3:
        pytest.skip("this machine has a CLI in /usr/local/bin")
    for _, location in ORDER[first:]:
        program(tmp_path / location)
    cli_path = tmp_path / "explicit/claude" if first == 0 else None
    if first <= 1:
        environ["CLAUDE_CLI_PATH"] = str(tmp_path / "variable/claude")

    cli = find_cli(cli_path, environ=environ)

    assert (cli.source, cli.path) == (ORDER[first][0], str(tmp_path / ORDER[first][1]))
    assert cli.version == "2.1.330"


def test_find_cli_expands_tilde(environ, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    path = program(tmp_path / "my claude" / "claude")

    assert find_cli("~/my claude/claude", environ=environ).path == path
    assert find_cli(environ={**environ, "CLAUDE_CLI_PATH": "~/my claude/claude"}).path == path


def test_find_cli_makes_relative_paths_absolute(environ, tmp_path, monkeypatch):
    path = program(tmp_path / "claude")
    monkeypatch.chdir(tmp_path)

    assert find_cli("./claude", environ=environ).path == path
    assert find_cli(environ={**environ, "PATH": "."}).path == path


@pytest.mark.parametrize("source", ["cli_path", "CLAUDE_CLI_PATH"])
@pytest.mark.parametrize(
    ("mode", "kind", "message"),
    [(None, CLINotFoundError, "not a file"), (0o644, CLINotUsableError, r"chmod \+x")],
)
def test_find_cli_does_not_fall_back_from_explicit_path(
    source, mode, kind, message, environ, tmp_path
):
    path = tmp_path / "explicit" / "claude"
    if mode is not None:
        program(path, mode=mode)
    program(tmp_path / "bin" / "claude")
    cli_path = str(path) if source == "cli_path" else None

    with pytest.raises(kind, match=message):
        find_cli(cli_path, environ={**environ, "CLAUDE_CLI_PATH": str(path)})


def test_find_cli_skips_files_that_are_not_executable(environ, tmp_path):
    program(tmp_path / "bin" / "claude", mode=0o644)
    program(tmp_path / "home/.npm-global/bin/claude", mode=0o644)
    path = program(tmp_path / "home/.claude/local/claude")

    if Path("/usr/local/bin/claude").exists():
        path = "/usr/local/bin/claude"
    assert find_cli(environ=environ).path == path


@pytest.mark.usefixtures("no_wheel")
@pytest.mark.skipif(Path("/usr/local/bin/claude").exists(), reason="a CLI is in /usr/local/bin")
def test_find_cli_error_lists_locations_and_install_command(environ, tmp_path):
    program(tmp_path / "home/.yarn/bin/claude", mode=0o644)

    with pytest.raises(CLINotFoundError, match="pip install claude-agent-sdk") as caught:
        find_cli(environ=environ)

    assert len(caught.value.searched) == 8
    text = str(caught.value)
    assert all(location in text for location in caught.value.searched)
    assert f"{tmp_path}/home/.yarn/bin/claude (not executable)" in text
    assert "claude-agent-sdk wheel: nothing" in text


@pytest.mark.parametrize("name", ["claude", "claude.exe", None])
def test_find_cli_uses_binary_of_installed_wheel(name, environ, tmp_path, monkeypatch):
    if Path("/usr/local/bin/claude").exists():
        pytest.skip("this machine has a CLI in /usr/local/bin")
    package = tmp_path / "site" / "claude_agent_sdk"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('it must not be imported')")
    if name:
        program(package / "_bundled" / name)
    spec = importlib.machinery.PathFinder.find_spec("claude_agent_sdk", [str(tmp_path / "site")])
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: spec)

    if name is None:
        with pytest.raises(CLINotFoundError):
            find_cli(environ=environ)
    else:
        cli = find_cli(environ=environ)
        assert cli == discovery.CLI(str(package / "_bundled" / name), "claude-agent-sdk wheel")


def test_bundled_binary_ignores_broken_wheel(environ, monkeypatch):
    def broken(name: str) -> None:
        raise ValueError("claude_agent_sdk.__spec__ is None")

    monkeypatch.setattr(importlib.util, "find_spec", broken)

    assert discovery._bundled_binary() is None


# --- versions -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("echo 2.1.330 '(Claude Code)'", "2.1.330"),
        ("echo 'Claude Code v10.20.30-beta'", "10.20.30"),
        ("echo hello", None),
        ("echo 2.1.3 >&2", None),
        ("printf '\\377 2.1.9'", "2.1.9"),
        ("exit 3", None),
    ],
)
def test_read_version_parses_output(text, version, tmp_path):
    assert read_version(program(tmp_path / "claude", text)) == version


def test_read_version_runs_once_per_file(tmp_path):
    count = tmp_path / "count"
    path = program(tmp_path / "claude", f"echo x >> {count}; echo 2.1.1")

    assert [read_version(path), read_version(path)] == ["2.1.1"] * 2
    assert count.read_text() == "x\n"

    program(tmp_path / "claude", "echo 2.1.2")
    os.utime(path, ns=(1, 1))
    assert read_version(path) == "2.1.2"


@pytest.mark.parametrize("content", [None, "\x7fELF nonsense"])
def test_read_version_returns_none_for_broken_binary(content, tmp_path):
    path = tmp_path / "claude"
    if content:
        path.write_text(content)
        path.chmod(0o755)

    assert read_version(str(path)) is None


@pytest.mark.parametrize(
    ("version", "old"),
    [("2.0.99", True), ("1.99.0", True), ("2.1.0", False), ("2.10.0", False), (None, False)],
)
def test_is_too_old_compares_with_minimum(version, old):
    assert is_too_old(version) is old


def test_read_version_of_real_cli(claude_cli):
    version = read_version(claude_cli)

    assert version
    assert not is_too_old(version)
