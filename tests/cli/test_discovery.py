"""Which `claude` is used, and that the one that was checked is the one that runs."""

import importlib.machinery
import importlib.util
import os
from pathlib import Path

import pytest

from claude_notebook.cli import discovery as discover
from claude_notebook.cli.discovery import find_cli, read_version, too_old
from claude_notebook.errors import CLINotFoundError, CLINotUsableError


def program(path: Path, text: str = "echo 2.1.330 '(Claude Code)'", mode: int = 0o755) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(mode)
    return str(path)


@pytest.fixture
def places(tmp_path):
    """An environment in which each place is a folder of this test's own."""
    return {"HOME": str(tmp_path / "home"), "PATH": str(tmp_path / "bin")}


@pytest.fixture
def no_wheel(monkeypatch):
    """This interpreter has no claude-agent-sdk."""
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "claude_agent_sdk" else find(name)
    )


ORDER = [
    ("cli_path", "given/claude"),
    ("CLAUDE_CLI_PATH", "variable/claude"),
    ("PATH", "bin/claude"),
    ("usual place", "home/.npm-global/bin/claude"),
    ("usual place", "home/.local/bin/claude"),
    ("usual place", "home/node_modules/.bin/claude"),
    ("usual place", "home/.yarn/bin/claude"),
    ("usual place", "home/.claude/local/claude"),
]


@pytest.mark.parametrize("first", range(len(ORDER)))
def test_places_are_looked_at_in_order(first, places, tmp_path):
    if Path("/usr/local/bin/claude").exists() and first > 3:
        pytest.skip("this machine has a CLI in /usr/local/bin")
    for _, place in ORDER[first:]:
        program(tmp_path / place)
    given = tmp_path / "given/claude" if first == 0 else None
    if first <= 1:
        places["CLAUDE_CLI_PATH"] = str(tmp_path / "variable/claude")

    found = find_cli(given, environ=places)

    assert (found.source, found.path) == (ORDER[first][0], str(tmp_path / ORDER[first][1]))
    assert found.version == "2.1.330"


def test_a_home_is_meant_by_a_tilde(places, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    path = program(tmp_path / "my claude" / "claude")

    assert find_cli("~/my claude/claude", environ=places).path == path
    assert find_cli(environ={**places, "CLAUDE_CLI_PATH": "~/my claude/claude"}).path == path


def test_a_relative_path_is_made_absolute(places, tmp_path, monkeypatch):
    path = program(tmp_path / "claude")
    monkeypatch.chdir(tmp_path)

    assert find_cli("./claude", environ=places).path == path
    assert find_cli(environ={**places, "PATH": "."}).path == path


@pytest.mark.parametrize("source", ["cli_path", "CLAUDE_CLI_PATH"])
@pytest.mark.parametrize(
    ("mode", "kind", "told"),
    [(None, CLINotFoundError, "no file"), (0o644, CLINotUsableError, r"chmod \+x")],
)
def test_the_one_that_was_asked_for_and_no_other(source, mode, kind, told, places, tmp_path):
    path = tmp_path / "asked" / "claude"
    if mode is not None:
        program(path, mode=mode)
    program(tmp_path / "bin" / "claude")
    given = str(path) if source == "cli_path" else None

    with pytest.raises(kind, match=told):
        find_cli(given, environ={**places, "CLAUDE_CLI_PATH": str(path)})


def test_what_cannot_be_run_is_passed_by(places, tmp_path):
    program(tmp_path / "bin" / "claude", mode=0o644)
    program(tmp_path / "home/.npm-global/bin/claude", mode=0o644)
    path = program(tmp_path / "home/.claude/local/claude")

    if Path("/usr/local/bin/claude").exists():
        path = "/usr/local/bin/claude"
    assert find_cli(environ=places).path == path


@pytest.mark.usefixtures("no_wheel")
@pytest.mark.skipif(Path("/usr/local/bin/claude").exists(), reason="a CLI is in /usr/local/bin")
def test_nothing_found_tells_every_place_and_how_to_install(places, tmp_path):
    program(tmp_path / "home/.yarn/bin/claude", mode=0o644)

    with pytest.raises(CLINotFoundError, match="pip install claude-agent-sdk") as caught:
        find_cli(environ=places)

    assert len(caught.value.searched) == 8
    text = str(caught.value)
    assert all(place in text for place in caught.value.searched)
    assert f"{tmp_path}/home/.yarn/bin/claude (not executable)" in text
    assert "claude-agent-sdk wheel: nothing" in text


@pytest.mark.parametrize("name", ["claude", "claude.exe", None])
def test_the_binary_of_an_installed_wheel(name, places, tmp_path, monkeypatch):
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
            find_cli(environ=places)
    else:
        found = find_cli(environ=places)
        assert found == discover.CLI(str(package / "_bundled" / name), "claude-agent-sdk wheel")


def test_a_broken_wheel_is_no_wheel(places, monkeypatch):
    def broken(name: str) -> None:
        raise ValueError("claude_agent_sdk.__spec__ is None")

    monkeypatch.setattr(importlib.util, "find_spec", broken)

    assert discover._bundled() is None


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
def test_versions(text, version, tmp_path):
    assert read_version(program(tmp_path / "claude", text)) == version


def test_a_version_is_read_once_for_each_file(tmp_path):
    count = tmp_path / "count"
    path = program(tmp_path / "claude", f"echo x >> {count}; echo 2.1.1")

    assert [read_version(path), read_version(path)] == ["2.1.1"] * 2
    assert count.read_text() == "x\n"

    program(tmp_path / "claude", "echo 2.1.2")
    os.utime(path, ns=(1, 1))
    assert read_version(path) == "2.1.2"


@pytest.mark.parametrize("content", [None, "\x7fELF nonsense"])
def test_what_does_not_run_has_no_version(content, tmp_path):
    path = tmp_path / "claude"
    if content:
        path.write_text(content)
        path.chmod(0o755)

    assert read_version(str(path)) is None


@pytest.mark.parametrize(
    ("version", "old"),
    [("2.0.99", True), ("1.99.0", True), ("2.1.0", False), ("2.10.0", False), (None, False)],
)
def test_which_versions_are_too_old(version, old):
    assert too_old(version) is old


def test_the_real_cli_says_its_version(claude_cli):
    version = read_version(claude_cli)

    assert version
    assert not too_old(version)
