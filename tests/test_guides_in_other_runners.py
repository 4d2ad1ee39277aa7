"""Every guide in every runner reproduces its saved outputs.

The guides run without login, CLI and network, in a network namespace with loopback only if the
machine permits it. After a change to the look of answers, save the outputs again:
python tests/record_cassettes.py --outputs
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import no_network
import pytest

from claude_notebook.command.headless import run_guide

# All guides in one test, and the machine may be busy.
pytestmark = [pytest.mark.kernel, pytest.mark.timeout(400)]

ROOT = Path(__file__).resolve().parent.parent
GUIDES = sorted((ROOT / "notebooks").glob("*.ipynb"))
AGAIN = "it is not as saved; to save it anew: python tests/record_cassettes.py --outputs"


@pytest.fixture
def env() -> dict[str, str]:
    """Return an environment without a CLI, a login, or a service."""
    return {
        **os.environ,
        "PATH": "/usr/bin:/bin",
        "CLAUDE_CLI_PATH": "/nowhere/claude",
        "ANTHROPIC_BASE_URL": "http://127.0.0.1:9",
        "CLAUDE_NOTEBOOK_REPLAY": "only",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


@pytest.fixture
def copies(tmp_path: Path) -> Path:
    """The guides and their recordings, in a folder to write to."""
    folder = tmp_path / "guides"
    shutil.copytree(ROOT / "notebooks", folder, ignore=shutil.ignore_patterns(".*", "images"))
    return folder


def outputs(path: Path) -> list[list[nbformat.NotebookNode]]:
    return code_outputs(nbformat.read(path, as_version=4))


def code_outputs(notebook: nbformat.NotebookNode) -> list[list[nbformat.NotebookNode]]:
    return [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]


def assert_same(found: list[list[nbformat.NotebookNode]], guide: Path) -> None:
    """Compare the outputs cell by cell, so that a failure names the first difference."""
    for number, (now, then) in enumerate(zip(found, outputs(guide), strict=True), 1):
        assert now == then, f"{guide.name}, code cell {number}: {AGAIN}"


def process(env: dict[str, str], cwd: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], env=env, cwd=cwd, capture_output=True, text=True, timeout=380
    )


def run(env: dict[str, str], cwd: Path, *arguments: str) -> str:
    done = process(env, cwd, no_network.__file__, sys.executable, *arguments)
    if done.returncode == no_network.NOT_PERMITTED:
        done = process(env, cwd, *arguments)
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-2000:]}"
    return done.stdout


def test_machine_supports_network_isolation(env: dict[str, str], tmp_path: Path) -> None:
    """So it is known whether the tests below ran without one."""
    named = "import socket; print(socket.if_nameindex())"
    done = process(env, tmp_path, no_network.__file__, sys.executable, "-c", named)
    if done.returncode == no_network.NOT_PERMITTED:
        pytest.skip(f"the guides are played, but not without network: {done.stderr.strip()}")
    assert done.stdout == "[(1, 'lo')]\n"


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_demo_output_matches_saved_guides(env: dict[str, str], guide: Path) -> None:
    assert_same(code_outputs(run_guide(guide, env)), guide)


def test_nbval_passes(env: dict[str, str]) -> None:
    """No cell is left out, and of no output is anything ignored but what nbval always ignores."""
    cells = [cell for guide in GUIDES for cell in outputs(guide)]
    sources = "".join(guide.read_text(encoding="utf-8") for guide in GUIDES)
    assert not re.search(r"NBVAL_|nbval-|raises-exception", sources)
    before = sorted((ROOT / "notebooks").rglob("*"))
    message = run(env, ROOT, "-m", "pytest", "--nbval", "notebooks", "-q", "--color=no")
    assert re.search(rf"^{len(cells)} passed in ", message.splitlines()[-1]), message
    assert sorted((ROOT / "notebooks").rglob("*")) == before, "and nothing is left behind"


def test_demo_runs_without_jupyterlab(env: dict[str, str], tmp_path: Path) -> None:
    command = ("-m", "claude_notebook.command.main", "demo", "--guide", "1")
    run(env, tmp_path, *command, "--execute", "a.ipynb", "--html", "a.html")
    assert_same(outputs(tmp_path / "a.ipynb"), GUIDES[0])
    assert "1250 croissants" in (tmp_path / "a.html").read_text(encoding="utf-8")


def test_nbconvert_executes_guides(env: dict[str, str], copies: Path) -> None:
    names = [guide.name for guide in GUIDES]
    command = ("-m", "nbconvert", "--to", "notebook", "--execute", "--output-dir", "done")
    patient = "--ExecutePreprocessor.iopub_timeout=60"
    run({**env, "CLAUDE_NOTEBOOK_APPLY": str(copies)}, copies, *command, patient, *names)
    for guide in GUIDES:
        assert_same(outputs(copies / "done" / guide.name), guide)


def test_papermill(env: dict[str, str], copies: Path) -> None:
    code = (
        "import sys, papermill\n"
        "for name in sys.argv[1:]:\n"
        "    options = {'progress_bar': False, 'iopub_timeout': 60}\n"
        "    papermill.execute_notebook(name, f'done/{name}', **options)\n"
    )
    (copies / "done").mkdir()
    names = [guide.name for guide in GUIDES]
    run({**env, "CLAUDE_NOTEBOOK_APPLY": str(copies)}, copies, "-c", code, *names)
    for guide in GUIDES:
        assert_same(outputs(copies / "done" / guide.name), guide)
