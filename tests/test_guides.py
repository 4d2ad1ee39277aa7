"""The guides in notebooks/: clean, and true from the first cell to the last."""

import json
import os
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from claude_notebook.notebook.arguments import parse
from claude_notebook.notebook.magics import ClaudeMagics
from claude_notebook.testing import Use, script

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
GUIDES = sorted(FOLDER.glob("*.ipynb"))


@pytest.fixture(params=GUIDES, ids=lambda path: path.stem)
def guide(request: pytest.FixtureRequest) -> nbformat.NotebookNode:
    return nbformat.read(request.param, as_version=4)


def test_guides_are_numbered_and_saved_clean(guide: nbformat.NotebookNode) -> None:
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
    for cell in guide.cells:
        assert cell.metadata == {}
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None


def test_every_flag_in_the_guides_and_the_readme_exists(guide: nbformat.NotebookNode) -> None:
    readme = (FOLDER.parent / "README.md").read_text(encoding="utf-8")
    texts = [readme, *(cell.source for cell in guide.cells)]
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


@pytest.mark.kernel
def test_every_guide_runs_from_top_to_bottom(
    guide: nbformat.NotebookNode, claude_cli: str, claude_env: dict[str, str], tmp_path: Path
) -> None:
    answers = _run(guide, tmp_path, {**claude_env, "CLAUDE_CLI_PATH": claude_cli})
    assert answers
    assert all(answers), json.dumps(answers)


@pytest.mark.kernel
def test_the_first_guide_keeps_its_word(
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
