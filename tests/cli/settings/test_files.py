"""Settings files: locations, merged values, writes."""

import json
import logging
import os
import threading
from pathlib import Path

import pytest

from claude_notebook.cli.settings import jsonc
from claude_notebook.cli.settings.commands import configure
from claude_notebook.cli.settings.files import (
    Settings,
    config_folder,
    edit_file,
    load,
    merge,
)
from claude_notebook.errors import ClaudeSDKError, OptionsError


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def settings(tmp_path: Path, project: Path) -> Settings:
    return Settings.locate(project, {"HOME": str(tmp_path / "home")})


def write(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value))


def put(path: Path, key: str, value: object) -> None:
    edit_file(path, lambda document: jsonc.put(document, [key], value))


# --- locations ------------------------------------------------------------------------------------


def test_settings_paths_of_folder(settings: Settings, tmp_path: Path, project: Path) -> None:
    assert settings.paths("user") == (tmp_path / "home/.claude/settings.json",)
    assert settings.paths("project") == (project / ".claude/settings.json",)
    assert settings.paths("local") == (project / ".claude/settings.local.json",)
    assert len(settings.paths()) == 3


def test_settings_locate_includes_local_file_of_repository_root(
    tmp_path: Path, project: Path
) -> None:
    (tmp_path / ".git").mkdir()
    settings = Settings.locate(project, {})
    assert settings.paths("local") == (
        project / ".claude/settings.local.json",
        tmp_path / ".claude/settings.local.json",
    )
    assert settings.paths("project") == (project / ".claude/settings.json",)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"HOME": "/h"}, "/h/.claude"),
        ({"HOME": "/h", "CLAUDE_CONFIG_DIR": "/c"}, "/c"),
        ({"HOME": "/h", "CLAUDE_CONFIG_DIR": ""}, "/h/.claude"),
    ],
)
def test_config_folder_follows_environment(environ: dict[str, str], expected: str) -> None:
    assert config_folder(environ) == Path(expected)


def test_settings_paths_rejects_unknown_scope(settings: Settings) -> None:
    with pytest.raises(OptionsError, match="Choose one of user, project, local"):
        settings.paths("global")


# --- merging -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lower", "higher", "merged"),
    [
        (1, 2, 2),
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": {"x": 1, "y": 1}}, {"a": {"y": 2}}, {"a": {"x": 1, "y": 2}}),
        ([1, 2], [2, 3], [1, 2, 3]),
        ({"a": [1]}, {"a": "x"}, {"a": "x"}),
        ({"a": 1}, {"a": None}, {"a": None}),
    ],
)
def test_merge_combines_objects_and_lists(lower: object, higher: object, merged: object) -> None:
    assert merge(lower, higher) == merged


def test_settings_read_prefers_local_over_project_over_user(settings: Settings) -> None:
    write(settings.user[0], {"model": "u", "a": 1, "permissions": {"allow": ["Read"]}})
    write(settings.project[0], {"model": "p", "b": 2, "permissions": {"allow": ["Bash(ls)"]}})
    write(settings.local[0], {"model": "l", "permissions": {"deny": ["Write"]}})
    assert settings.read() == {
        "model": "l",
        "a": 1,
        "b": 2,
        "permissions": {"allow": ["Read", "Bash(ls)"], "deny": ["Write"]},
    }
    assert settings.read("user")["model"] == "u"


def test_settings_read_without_files_is_empty(settings: Settings) -> None:
    assert settings.read() == {}


# --- writing --------------------------------------------------------------------------------------


def test_edit_file_creates_private_file_with_final_newline(settings: Settings) -> None:
    path = settings.user[0]
    put(path, "model", "x")
    assert path.read_text() == '{\n  "model": "x"\n}\n'
    assert path.stat().st_mode & 0o777 == 0o600


def test_edit_file_preserves_other_text_and_mode(settings: Settings) -> None:
    path = settings.project[0]
    text = '\ufeff{\r\n\t// why\r\n\t"unknown": {"x": 1.0e5},\r\n\t"model": "a" // this\r\n}\r\n'
    path.parent.mkdir()
    path.write_bytes(text.encode())
    path.chmod(0o664)
    put(path, "model", "b")
    assert path.read_bytes() == text.replace('"a"', '"b"').encode()
    assert path.stat().st_mode & 0o777 == 0o664


def test_edit_file_preserves_symbolic_link(settings: Settings, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "claude.json"
    write(real, {"model": "a"})
    path = settings.user[0]
    path.parent.mkdir(parents=True)
    path.symlink_to(real)
    put(path, "model", "b")
    assert path.is_symlink()
    assert json.loads(real.read_text()) == {"model": "b"}
    assert os.listdir(real.parent) == ["claude.json"]


def test_edit_file_creates_target_of_dangling_link(settings: Settings, tmp_path: Path) -> None:
    path = settings.user[0]
    path.parent.mkdir(parents=True)
    path.symlink_to(tmp_path / "later" / "settings.json")
    put(path, "model", "b")
    assert json.loads((tmp_path / "later" / "settings.json").read_text()) == {"model": "b"}


@pytest.mark.parametrize("linked", ["file", "folder"])
def test_edit_file_refuses_links_out_of_the_project(
    settings: Settings, tmp_path: Path, linked: str
):
    """A checkout cannot lead a change of its settings to another file of the user's."""
    outside = tmp_path / "outside" / "settings.json"
    write(outside, {"model": "a"})
    path = settings.project[0]
    if linked == "file":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(outside)
    else:
        path.parent.symlink_to(outside.parent)
    with pytest.raises(OptionsError, match="is not inside"):
        configure(settings, ["set", "--scope", "project", "model", "b"])
    assert json.loads(outside.read_text()) == {"model": "a"}


def test_edit_file_does_not_write_without_change(settings: Settings) -> None:
    path = settings.project[0]
    edit_file(path, lambda document: jsonc.drop(document, ["model"]))
    assert not path.exists()
    write(path, '{"a":1}')
    before = path.stat()
    put(path, "a", 1)
    assert path.stat().st_ino == before.st_ino
    assert path.read_text() == '{"a":1}'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"model": "x"', "line 1, column 14: a comma or } is missing"),
        (b"[]", "must be an object"),
        (b'{"a": "\xff"}', "invalid start byte"),
        (b"\x00\x01binary", "line 1"),
    ],
)
def test_edit_file_reports_malformed_file_unchanged(
    settings: Settings, content: bytes, message: str
) -> None:
    path = settings.user[0]
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with pytest.raises(OptionsError) as error:
        put(path, "model", "y")
    assert str(path) in str(error.value)
    assert message in str(error.value)
    assert "nothing was changed" in str(error.value)
    assert path.read_bytes() == content
    with pytest.raises(OptionsError):
        settings.read()


def test_edit_file_rejects_folders_and_pipes(settings: Settings) -> None:
    settings.user[0].mkdir(parents=True)
    with pytest.raises(OptionsError, match="is not a file"):
        put(settings.user[0], "model", "y")
    os.mkfifo(settings.project[0].parent.parent / "pipe")
    with pytest.raises(OptionsError, match="is not a file"):
        load(settings.project[0].parent.parent / "pipe")


def test_load_refuses_a_huge_file(settings: Settings) -> None:
    settings.user[0].parent.mkdir(parents=True)
    with settings.user[0].open("wb") as file:
        file.truncate(300 * 1024 * 1024)
    with pytest.raises(OptionsError, match=r"cannot be read: it is larger than .* bytes"):
        load(settings.user[0])


def test_edit_file_reports_unwritable_location(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ClaudeSDKError, match="cannot be written"):
        put(tmp_path / "file" / "settings.json", "model", "x")


def test_edit_file_rejects_mismatched_edit(settings: Settings) -> None:
    path = settings.project[0]
    write(path, {"model": "x"})
    with pytest.raises(OptionsError, match="model is not an object"):
        edit_file(path, lambda document: jsonc.put(document, ["model", "y"], 1))
    assert json.loads(path.read_text()) == {"model": "x"}


def test_settings_read_warns_about_comments(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    write(settings.project[0], '{"a": 1} // x')
    with caplog.at_level(logging.WARNING, "claude_notebook"):
        assert settings.read() == {"a": 1}
    assert "Claude Code 2.1 ignores such a file" in caplog.text


def test_edit_file_preserves_concurrent_change(settings: Settings) -> None:
    """Another process writes between our read and our write: the edit is repeated on its text."""
    path = settings.project[0]
    write(path, {"a": 1})
    others = iter(['{"a": 1, "theirs": 1}', '{"a": 1, "theirs": 2}'])

    def edit(document: jsonc.Document) -> str:
        if (other := next(others, None)) is not None:
            path.write_text(other)
        return jsonc.put(document, ["ours"], 1)

    edit_file(path, edit)
    assert json.loads(path.read_text()) == {"a": 1, "theirs": 2, "ours": 1}
    assert os.listdir(path.parent) == ["settings.json"]


def test_edit_file_gives_up_on_constantly_changing_file(settings: Settings) -> None:
    path = settings.project[0]
    path.parent.mkdir()
    numbers = iter(range(100))

    def edit(document: jsonc.Document) -> str:
        path.write_text(f'{{"n": {next(numbers)}}}')
        return jsonc.put(document, ["ours"], 1)

    with pytest.raises(OptionsError, match="keeps changing"):
        edit_file(path, edit)
    assert "ours" not in path.read_text()


def test_edit_file_replaces_atomically(settings: Settings) -> None:
    path = settings.project[0]
    write(path, {"value": "a" * 100_000})
    seen, done = [], threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.append(len(json.loads(path.read_text())["value"]))

    reader = threading.Thread(target=read)
    reader.start()
    for size in range(100_001, 100_020):
        put(path, "value", "b" * size)
    done.set()
    reader.join()
    assert seen
    assert min(seen) >= 100_000
