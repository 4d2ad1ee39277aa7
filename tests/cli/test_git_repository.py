"""Discovery of git repositories created by git itself."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from claude_notebook.cli.git_repository import Repository, find_repository

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="no git")


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b.example")
    allow = ("-c", "protocol.file.allow=always")
    subprocess.run(
        ["git", *identity, *allow, *arguments], cwd=folder, check=True, capture_output=True
    )


@pytest.fixture
def main(tmp_path: Path) -> Path:
    folder = tmp_path / "main"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "file").write_text("x")
    git(folder, "add", "file")
    git(folder, "commit", "-qm", "x")
    return folder


def test_find_repository_returns_none_outside_of_one(tmp_path: Path) -> None:
    assert find_repository(tmp_path) is None


@needs_git
def test_find_repository_with_one_working_folder(main: Path) -> None:
    deep = main / "a" / "b"
    deep.mkdir(parents=True)
    assert find_repository(main) == find_repository(deep) == Repository(main, main, (main,))


@needs_git
def test_find_repository_lists_worktrees(main: Path, tmp_path: Path) -> None:
    git(main, "worktree", "add", "-q", "../other")
    git(main, "worktree", "add", "-q", "-b", "third", "../third place")
    other, third = tmp_path / "other", tmp_path / "third place"
    assert find_repository(main) == Repository(main, main, (main, other, third))
    assert find_repository(other) == Repository(other, main, (main, other, third))


@needs_git
def test_find_repository_treats_submodule_as_repository(main: Path, tmp_path: Path) -> None:
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "-q")
    git(outer, "submodule", "add", str(main), "inner")
    inner = outer / "inner"
    assert find_repository(inner) == Repository(inner, inner, (inner,))


@needs_git
def test_find_repository_in_worktree_of_bare_repository(main: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(main), "bare")
    git(tmp_path / "bare", "worktree", "add", "-q", "../out")
    out = tmp_path / "out"
    assert find_repository(out) == Repository(out, out, (out,))


def test_find_repository_ignores_malformed_git_file(tmp_path: Path) -> None:
    (tmp_path / ".git").write_bytes(b"\xff\x00 nonsense")
    assert find_repository(tmp_path) is None


def test_find_repository_does_not_read_pipes_and_devices(main: Path) -> None:
    for name in ("pipe", "device", "nul"):
        (main / ".git" / "worktrees" / name).mkdir(parents=True)
    os.mkfifo(main / ".git" / "worktrees" / "pipe" / "gitdir")
    (main / ".git" / "worktrees" / "device" / "gitdir").symlink_to("/dev/zero")
    (main / ".git" / "worktrees" / "nul" / "gitdir").write_bytes(b"a\0b")
    repository = find_repository(main)
    assert repository is not None
    assert repository.main == main


def test_find_repository_ignores_a_target_with_a_nul_character(tmp_path: Path) -> None:
    (tmp_path / ".git").write_bytes(b"gitdir: a\0b")
    assert find_repository(tmp_path) is None
