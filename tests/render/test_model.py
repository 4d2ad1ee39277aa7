"""Agreement of the Python and TypeScript models."""

import dataclasses
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from gallery import gallery
from traces import view_of

from claude_notebook.render import model as view

ROOT = Path(__file__).parents[2]
TYPESCRIPT = (ROOT / "js" / "src" / "model.ts").read_text(encoding="utf-8")
CLASSES = [
    kind
    for kind in vars(view).values()
    if isinstance(kind, type) and dataclasses.is_dataclass(kind)
]


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_model_fields_match_typescript(kind):
    body = re.search(rf"export interface {kind.__name__} \{{(.*?)\n\}}", TYPESCRIPT, re.DOTALL)[1]
    theirs = re.findall(r"^ +readonly (\w+)\??:", body, re.MULTILINE)
    assert theirs == [field.name for field in dataclasses.fields(kind)]


@pytest.mark.parametrize("name", ["PartType", "ToolState", "TodoState", "NoticeLevel", "TurnState"])
def test_model_literals_match_typescript(name):
    body = re.search(rf"export type {name} =(.*?);", TYPESCRIPT, re.DOTALL)[1]
    assert re.findall(r'"(\w+)"', body) == [*get_args(getattr(view, name))]


def test_model_icons_match_typescript():
    body = re.search(r"export const ICONS = \[(.*?)\]", TYPESCRIPT, re.DOTALL)[1]
    assert re.findall(r'"(\w+)"', body) == [*view.ICONS]


def test_panels_encode_as_json():
    panels = view_of(gallery()).panels
    again = msgspec.json.decode(msgspec.json.encode(panels))
    assert [panel["kind"] for panel in again] == [panel.kind for panel in panels]


def test_model_imports_no_heavy_packages():
    code = (
        "import sys; import claude_notebook.render.model; "
        "print([m for m in ('markdown_it','pygments','nh3','rich','msgspec') if m in sys.modules])"
    )
    command = [sys.executable, "-c", code]
    output = subprocess.run(command, capture_output=True, check=True, text=True, cwd=ROOT).stdout
    assert output.strip() == "[]"
