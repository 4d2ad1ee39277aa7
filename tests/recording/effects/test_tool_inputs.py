"""Validation of the inputs of applied tools, and limits of their results."""

import json

import pytest
from stage import Stage

from claude_notebook.recording.effects.tool_inputs import (
    LARGEST_FILE,
    EditInput,
    WriteBudget,
    apply_edit,
)

EDIT = {"old_string": "a", "new_string": "b"}


@pytest.fixture
def stage(tmp_path):
    stage = Stage(tmp_path / "again", "/desk")
    stage.folder.mkdir()
    (stage.folder / "a.txt").write_text("a")
    return stage


@pytest.mark.parametrize("tool", ["Write", "Edit"])
@pytest.mark.parametrize(
    "path",
    [
        *("a\ud800", "a\ud800.txt", "\udfff/a.txt", ["a"], ["a.txt"], 1, 1.5, True, None, {}),
        *({"a": 1}, "", "\x00", "a\x00.txt", "a" * 300 + ".txt", "x/" * 3000 + "a.txt"),
    ],
)
def test_applier_notes_paths_of_other_types(stage, tool, path):
    note = stage.apply(tool, file_path=path, content="x", **EDIT)
    assert note.kind == "not applied"
    assert note.text.encode("utf-8")
    assert stage.files == {"a.txt": "a"}


@pytest.mark.parametrize(
    "tool_input",
    [
        {"old_string": "a"},
        {"new_string": "a"},
        {"old_string": ["a"], "new_string": "b"},
        {"old_string": "a", "new_string": None},
        {"old_string": "a", "new_string": 1},
        {"old_string": "", "new_string": "b"},
        {**EDIT, "replace_all": "yes"},
        {**EDIT, "replace_all": 1},
        {**EDIT, "replace_all": None},
        {**EDIT, "replace_all": [[]]},
    ],
)
def test_applier_notes_edits_of_other_types(stage, tool_input):
    assert stage.apply("Edit", file_path="a.txt", **tool_input).kind == "not applied"
    assert stage.files == {"a.txt": "a"}


@pytest.mark.parametrize(
    "block",
    [
        {"name": ["Write"], "id": "t"},
        {"name": "Write", "id": "t", "input": "a"},
        {"name": "Write", "id": "t", "input": None},
        {"name": {"a": "\ud800"}, "id": "t"},
        {"name": "\ud800", "id": "t"},
        {"name": "Bash", "id": "t", "input": {"command": "\ud800"}},
        {"name": "Bash", "id": "t", "input": {"command": ["x"]}},
    ],
)
def test_applier_notes_calls_of_other_shapes(stage, block):
    use = {"type": "tool_use", "input": {"file_path": "a.txt", "content": "x"}, **block}
    result = {"type": "tool_result", "tool_use_id": "t"}
    for part in (use, result):
        stage.applier.read(json.dumps({"message": {"content": [part]}}).encode())
    assert [note.kind for note in stage.notes] == ["not applied"]
    assert stage.notes[0].text.encode("utf-8")
    assert stage.files == {"a.txt": "a"}


def test_applier_bounds_the_growth_of_repeated_edits(stage):
    stage.apply("Write", file_path="a.txt", content="a" * 1000)
    edit = {"file_path": "a.txt", "old_string": "a", "new_string": "a" * 1000, "replace_all": True}
    kinds = [stage.apply("Edit", **edit).kind for _ in range(3)]
    assert kinds == ["applied", "not applied", "not applied"]
    assert (stage.folder / "a.txt").stat().st_size == 1_000_000


@pytest.mark.parametrize(
    ("old", "new"),
    [("a", "b" * 1000), ("a", "é" * 500), ("é", "\U0001f408" * 400), ("aa", "b" * 2000)],
)
def test_edited_measures_results_in_bytes_before_it_makes_them(old, new):
    text = old * (LARGEST_FILE // len(new.encode()) + 1)
    with pytest.raises(ValueError, match="bytes, more than"):
        apply_edit(text, EditInput("a.txt", old, new, replace_all=True))
    assert apply_edit(text, EditInput("a.txt", old, new)).startswith(new)


def test_applier_skips_writes_above_the_largest_file(stage):
    kinds = [
        stage.apply("Write", file_path="a.txt", content="é" * count).kind
        for count in (LARGEST_FILE // 2, LARGEST_FILE // 2 + 1)
    ]
    assert kinds == ["applied", "not applied"]
    assert (stage.folder / "a.txt").stat().st_size == LARGEST_FILE


def test_budget_bounds_bytes_and_empty_files_of_a_turn():
    budget = WriteBudget(10_000)
    budget.take(1000, 1)
    with pytest.raises(ValueError, match="turn would write more"):
        budget.take(1000, 1)
    budget.take(0, 1)
    with pytest.raises(ValueError, match="turn would write more"):
        budget.take(0, 1)


def test_applier_stops_at_the_budget_of_its_turn(stage):
    kinds = [
        stage.apply("Write", file_path=f"{number}.txt", content="x" * LARGEST_FILE).kind
        for number in range(17)
    ]
    assert kinds == ["applied"] * 15 + ["not applied"] * 2
