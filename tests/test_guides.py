"""The guides in notebooks/: whole, and true from the first cell to the last.

To record them again, and save what they show: python tests/record_cassettes.py
"""

import json
import os
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from claude_notebook.notebook.magics.arguments import parse
from claude_notebook.notebook.magics.magics import ClaudeMagics
from claude_notebook.recording.library import RecordingFolder
from claude_notebook.recording.maintenance import broken_chains, problems
from claude_notebook.testing import Use, script

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
GUIDES = sorted(FOLDER.glob("*.ipynb"))

# the guide's number -> something of what it says
SAID = {
    "01": "1250 croissants",
    "02": "Not yet: the yeast has not come.",
    "03": "its order says 0",
    "04": "Brioche and Bagel",
    "05": "18 kg in the storeroom",
    "06": "Shortbread: 35 minutes",
    "07": "Tomorrow at three again",
    "08": "Their sum? -> 204",
    "09": "a rule of this notebook forbids it",
    "10": "CLAUDE_OAUTH_CLIENT_ID",
}


@pytest.fixture(params=GUIDES, ids=lambda path: path.stem)
def guide(request: pytest.FixtureRequest) -> nbformat.NotebookNode:
    return nbformat.read(request.param, as_version=4)


def test_guides_are_numbered_and_saved_with_what_they_show(guide: nbformat.NotebookNode) -> None:
    """And with nothing of the machine that ran them."""
    assert [path.name[:3] for path in GUIDES] == [f"{n:02}_" for n in range(1, len(GUIDES) + 1)]
    nbformat.validate(guide)
    assert guide.metadata == {
        "kernelspec": {
            "display_name": "Python 3 (ipykernel)",
            "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python"},
    }
    assert all(cell.metadata == {} for cell in guide.cells)
    code = [cell for cell in guide.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert any(cell.outputs for cell in code)
    outputs = [output for cell in code for output in cell.outputs]
    assert {output.output_type for output in outputs} <= {
        "display_data",
        "execute_result",
        "stream",
    }
    text = json.dumps(outputs)
    assert not re.search(r"/(tmp|home|root|Users|var)/|widget-view|\\x1b", text)


def test_flags_in_guides_and_readme_exist() -> None:
    readme = (FOLDER.parent / "README.md").read_text(encoding="utf-8")
    guides = [nbformat.read(path, as_version=4) for path in GUIDES]
    texts = [readme, *(cell.source for guide in guides for cell in guide.cells)]
    lines = [line for text in texts for line in re.findall(r"%%claude (-[^`\n]*)", text)]
    assert lines
    for line in lines:
        assert parse(ClaudeMagics.claude.parser, line).prompt == "", line


def _run(guide: nbformat.NotebookNode, folder: Path, env: dict[str, str]) -> list[str]:
    """Run it all in a kernel. Returns the Markdown of every answer."""
    client = NotebookClient(guide, timeout=60, resources={"metadata": {"path": str(folder)}})
    client.execute(env={**os.environ, **env})
    return [
        "\n".join(output.data.get("text/markdown", "") for output in cell.outputs)
        for cell in guide.cells
        if cell.source.startswith("%%claude")
    ]


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.stem)
def test_guides_state_their_purpose(path: Path) -> None:
    """That it says so wherever it is run: test_guides_elsewhere.py."""
    cells = nbformat.read(path, as_version=4).cells
    outputs = [output for cell in cells for output in cell.get("outputs", ())]
    notes = [json.dumps(output.get("data") or output.get("text")) for output in outputs]
    assert SAID[path.stem[:2]] in "".join(notes)


def test_recordings_are_whole_and_all_of_them_are_played() -> None:
    folder = FOLDER / "cassettes"
    files = sorted(folder.glob("*.jsonl"))
    assert len(files) >= 20
    assert {path.name: message for path in files if (message := list(problems(path)))} == {}
    assert list(broken_chains(RecordingFolder(folder).turns())) == []
    prompts = "\n".join(cell.source for path in GUIDES for cell in nbformat.read(path, 4).cells)
    for turn in RecordingFolder(folder).turns():
        assert turn.prompt.splitlines()[0] in prompts


@pytest.mark.kernel
def test_first_guide_works_as_described(
    claude_cli: str, claude_env: dict[str, str], scripted_api, tmp_path: Path
) -> None:
    """Reading needs no permission, writing needs the flag, and it is one conversation."""
    guide = nbformat.read(GUIDES[0], as_version=4)
    table, clean = str(tmp_path / "bakery.csv"), str(tmp_path / "bakery_clean.csv")
    steps = [
        (Use("Read", {"file_path": table}), "Thursday's 1250 croissants."),
        (Use("Write", {"file_path": clean, "content": "too early"}), "I could not write."),
        (Use("Write", {"file_path": clean, "content": "weekday,loaves\n"}), "Written."),
    ]
    questions = [cell for cell in guide.cells if cell.source.startswith("%%claude")]
    for cell, step in zip(questions, steps, strict=True):
        cell.source += "\n" + script(*step)

    first, second, third = _run(guide, tmp_path, {**claude_env, "CLAUDE_CLI_PATH": claude_cli})
    assert "Thursday's 1250 croissants." in first
    assert "--allow" in second
    assert "I could not write." in second
    assert "Written." in third
    assert (tmp_path / "bakery_clean.csv").read_text() == "weekday,loaves\n"
    last = json.dumps(scripted_api.turns[-1].body)
    assert "Read bakery.csv" in last, "the last question still knows the first"
    assert "Thursday,88,1250,539.50" in last, "and what was read"
