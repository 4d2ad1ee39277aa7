"""Headless front ends (nbclient, nbconvert, papermill, nbval) and plain Python scripts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from claude_notebook.testing import Status, Step, Use, script

pytestmark = pytest.mark.kernel

ANSWER = '**Done** with `code`:\n\n```python\nprint("hi")\n```\n'


@pytest.fixture
def env(notebook_env: dict[str, str]) -> dict[str, str]:
    """Return the environment for programs that run notebooks."""
    home = notebook_env["HOME"]
    return {**notebook_env, "IPYTHONDIR": f"{home}/ipython", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}


def write(path: Path, *cells: str) -> None:
    code = [nbformat.v4.new_code_cell(source) for source in cells]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=code, metadata={"kernelspec": spec}), path)


def outputs(path: Path) -> list[list[dict[str, Any]]]:
    cells = nbformat.read(path, as_version=4).cells
    return [cell.get("outputs", []) for cell in cells if cell.cell_type == "code"]


def run(env: dict[str, str], cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], env=env, cwd=cwd, capture_output=True, text=True, timeout=100
    )


RUNNERS = {
    "nbconvert": ("-m", "nbconvert", "--to", "notebook", "--execute", "a.ipynb", "--output", "b"),
    "papermill": ("-m", "papermill", "--progress-bar", "a.ipynb", "b.ipynb"),
}


@pytest.mark.parametrize("runner", RUNNERS)
def test_headless_run_saves_one_static_output_per_cell(env, tmp_path, runner):
    use = Use("Write", {"file_path": str(tmp_path / "made.txt"), "content": "x"})
    write(
        tmp_path / "a.ipynb",
        "%load_ext claude_notebook",
        f"%%claude --allow Write\n{script(use, ANSWER)}",
        "%%claude\nhello",
    )
    done = run(env, tmp_path, *RUNNERS[runner])
    assert done.returncode == 0, done.stderr
    loaded, first, second = outputs(tmp_path / "b.ipynb")
    assert loaded == []
    assert (tmp_path / "made.txt").read_text() == "x"
    for outputs_of_cell, text in ((first, "**Done** with `code`"), (second, "You said: hello")):
        (output,) = outputs_of_cell
        assert output["output_type"] == "display_data"
        assert set(output["data"]) == {"text/html", "text/markdown", "text/plain"}
        assert text in output["data"]["text/markdown"]
    assert "print" in first[0]["data"]["text/html"]
    assert "Traceback" not in done.stderr
    assert "Warning" not in done.stderr.replace("KernelRestarter", "").partition("Executing")[2]


def test_failed_cell_ends_headless_run_with_error(env, tmp_path):
    write(
        tmp_path / "a.ipynb",
        "%load_ext claude_notebook",
        f"%%claude\n{script(Step('no', fails=Status(403)))}",
        "open('never', 'w')",
    )
    done = run(env, tmp_path, *RUNNERS["papermill"])
    assert done.returncode != 0
    assert "PermissionDeniedError" in done.stderr
    assert not (tmp_path / "never").exists()
    _, failed, never = outputs(tmp_path / "b.ipynb")[-3:]
    assert [output["output_type"] for output in failed] == ["display_data", "error"]
    assert never == []


def shape(path: Path) -> list[list[tuple[str, list[str]]]]:
    return [
        [(output["output_type"], sorted(output.get("data", {}))) for output in cell]
        for cell in outputs(path)
    ]


def test_repeated_headless_runs_have_same_output_types(env, tmp_path):
    """A strict nbval compares these types, so no output may be a widget or a display update."""
    denied = Use("Write", {"file_path": str(tmp_path / "x"), "content": "x"})
    write(
        tmp_path / "a.ipynb",
        "%load_ext claude_notebook",
        "%%claude\nhello",
        f"%%claude\n{script(denied, ANSWER)}",
        "%%time\n%%claude\nhello",
    )
    code = (
        "import json, sys, nbformat, nbclient\n"
        "nb = nbformat.read('a.ipynb', 4)\n"
        "kinds = []\n"
        "class Client(nbclient.NotebookClient):\n"
        "    def process_message(self, msg, cell, cell_index):\n"
        "        kinds.append(msg['msg_type'])\n"
        "        return super().process_message(msg, cell, cell_index)\n"
        "Client(nb).execute(); nbformat.write(nb, sys.argv[1]); print(json.dumps(kinds))\n"
    )
    first = run(env, tmp_path, "-c", code, "one.ipynb")
    second = run(env, tmp_path, "-c", code, "two.ipynb")
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert shape(tmp_path / "one.ipynb") == shape(tmp_path / "two.ipynb")
    kinds = set(json.loads(first.stdout.splitlines()[-1]))
    assert not kinds & {"update_display_data", "comm_open", "comm_msg"}
    assert not (tmp_path / "x").exists()


def test_query_runs_in_plain_script(env, tmp_path):
    code = (
        "import asyncio\n"
        "from claude_notebook import ClaudeCodeOptions, query\n"
        "async def main():\n"
        "    async for message in query(prompt='hello'):\n"
        "        print(type(message).__name__)\n"
        "asyncio.run(main())\n"
    )
    done = run(env, tmp_path, "-c", code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == "ResultMessage"
    assert done.stderr == ""


def test_import_in_script_loads_no_optional_package(env, tmp_path):
    code = (
        "import sys, claude_notebook\n"
        "heavy = {'mcp', 'jsonschema', 'httpx', 'IPython', 'anywidget', 'sqlite3', 'starlette'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    assert run(env, tmp_path, "-c", code).stdout.strip() == "[]"
