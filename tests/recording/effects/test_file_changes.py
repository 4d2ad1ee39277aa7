"""Application of recorded Writes and Edits, only in the chosen folder."""

import pytest
from stage import Stage


@pytest.fixture
def stage(tmp_path):
    return Stage(tmp_path / "again", "/desk")


def test_applier_applies_write_and_edit(stage):
    assert (
        stage.apply("Write", file_path="/desk/in/a.txt", content="one two two\r\n").kind
        == "applied"
    )
    stage.apply("Edit", file_path="in/a.txt", old_string="two", new_string="2")
    assert stage.files == {"in/a.txt": "one 2 two\n"} or stage.files == {
        "in/a.txt": "one 2 two\r\n"
    }
    stage.apply(
        "Edit", file_path="/desk/in/a.txt", old_string="o", new_string="0", replace_all=True
    )
    assert (stage.folder / "in/a.txt").read_bytes() == b"0ne 2 tw0\r\n"


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "/desk/../other/a", "../a", "/desker/a", "/desk", "", "/desk/link/a"]
)
def test_applier_changes_nothing_outside_the_folder(stage, tmp_path, path):
    stage.folder.mkdir()
    outside = tmp_path / "outside"
    outside.mkdir()
    (stage.folder / "link").symlink_to(outside)
    note = stage.apply("Write", file_path=path, content="x")
    assert note.kind == "not applied"
    assert list(outside.iterdir()) == []
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("name", ["again", "again/below"])
def test_applier_refuses_a_chosen_folder_that_is_linked(tmp_path, monkeypatch, name):
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "again").symlink_to(outside)
    monkeypatch.chdir(tmp_path)
    note = Stage(tmp_path / name, "/desk").apply("Write", file_path="/desk/a.txt", content="x")
    assert note.kind == "not applied"
    assert "again is a symbolic link; name the folder that it points to" in note.text
    assert list(outside.iterdir()) == []


def test_applier_accepts_a_folder_beside_the_current_one(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    stage = Stage(tmp_path / "here" / ".." / "beside", "/desk")
    assert stage.apply("Write", file_path="/desk/a.txt", content="x").kind == "applied"
    assert (tmp_path / "beside" / "a.txt").read_text() == "x"


@pytest.mark.parametrize(
    ("tool", "value", "told"),
    [
        ("Bash", {"command": "rm -rf x"}, "Bash is not run again: rm -rf x"),
        ("NotebookEdit", {"notebook_path": "a.ipynb"}, "NotebookEdit is not run again"),
        ("Edit", {"file_path": "a.md", "old_string": "a", "new_string": "b"}, "does not exist"),
        ("Write", {"file_path": "file/below.md", "content": ""}, "could not be applied"),
    ],
)
def test_applier_notes_skipped_changes(stage, tool, value, told):
    stage.folder.mkdir()
    (stage.folder / "file").write_text("text")
    note = stage.apply(tool, **value)
    assert note.kind == "not applied"
    assert told in note.text


def test_applier_ignores_failed_calls_and_reads(stage):
    assert stage.apply("Write", failed=True, file_path="a", content="x") is None
    assert stage.apply("Read", file_path="a") is None
    assert not stage.folder.exists()
