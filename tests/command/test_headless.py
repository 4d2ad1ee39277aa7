"""`claude-notebook demo --execute` and `--html` without JupyterLab, CLI or network."""

import json
import os
from pathlib import Path

import nbformat
import pytest
from jupyter import browser

from claude_notebook.command.demo import guides_folder
from claude_notebook.command.headless import GuideFailedError, Target, run_all, run_guide
from claude_notebook.command.page import render_page
from claude_notebook.errors import OptionsError

GUIDE = sorted(guides_folder().glob("*.ipynb"))[0]


def notebook(*cells: str) -> nbformat.NotebookNode:
    """Create a notebook without outputs."""
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    code = [nbformat.v4.new_code_cell(source, id=f"c{n}") for n, source in enumerate(cells)]
    return nbformat.v4.new_notebook(cells=code, metadata={"kernelspec": spec})


def with_html(html: str) -> nbformat.NotebookNode:
    """Create a notebook with an unsanitized output."""
    document = notebook("1")
    document.cells[0].outputs = [nbformat.v4.new_output("display_data", {"text/html": html})]
    return document


# --- the command ----------------------------------------------------------------------------------


@pytest.mark.kernel
def test_demo_saves_guide_as_notebook_and_page(run, here: Path) -> None:
    kept = {"CLAUDE_CLI_PATH": "/nowhere/claude", "ANTHROPIC_BASE_URL": "http://127.0.0.1:9"}
    process = run("demo", "--execute", "new/a.ipynb", "--html", "new/a.html", **kept)
    assert (process.returncode, process.stderr) == (0, "")
    assert process.stdout.splitlines() == [
        str(here / "new" / "a.ipynb"),
        str(here / "new" / "a.html"),
    ]
    document = nbformat.read(here / "new" / "a.ipynb", as_version=4)
    nbformat.validate(document)
    cells = [cell for cell in document.cells if cell.source.startswith("%%claude")]
    answers = [cell.outputs[0].data["text/markdown"].rstrip() for cell in cells]
    assert "1250 croissants" in answers[0]
    assert all(answer.endswith("recorded</sub>") for answer in answers)
    page = (here / "new" / "a.html").read_text(encoding="utf-8")
    assert "1250 croissants" in page
    assert "<title>First question</title>" in page
    assert sorted(path.name for path in here.rglob("*")) == ["a.html", "a.ipynb", "new"]


REFUSED = {
    "another suffix": (("--execute", "a.txt"), "--execute writes .ipynb files, but got a.txt."),
    "the other's suffix": (("--html", "a.ipynb"), "--html writes .html files, but got a.ipynb"),
    "two into one": (
        ("--execute", "a.ipynb", "--guide", "1", "--guide", "2"),
        "2 guides do not fit into one file. Name a folder after --execute",
    ),
    "below a file": (("--html", "file/a.html"), "Cannot write to "),
    "no such guide": (("--execute", "a.ipynb", "--guide", "99"), "There is no guide 99."),
}


@pytest.mark.parametrize("case", REFUSED)
def test_demo_rejects_invalid_output_before_running(run, here: Path, case: str) -> None:
    (here / "file").write_text("")
    arguments, message = REFUSED[case]
    process = run("demo", *arguments)
    assert process.returncode == 1
    assert process.stderr.startswith(f"claude-notebook: {message}")
    assert [path.name for path in here.iterdir()] == ["file"]


def test_target_saves_to_file_or_folder(tmp_path: Path) -> None:
    document = notebook("1")
    (tmp_path / "v1.2").mkdir()
    for name, saved in (
        ("a.ipynb", "a.ipynb"),
        ("new", f"new/{GUIDE.name}"),
        ("v1.2", f"v1.2/{GUIDE.name}"),
    ):
        target = Target.of("--execute", ".ipynb", tmp_path / name, 0)
        assert target.save(GUIDE, document) == tmp_path / saved
        assert nbformat.read(tmp_path / saved, as_version=4) == document
    (tmp_path / "taken.ipynb").mkdir()
    inside = Target(".ipynb", tmp_path / "taken.ipynb", is_folder=False)
    with pytest.raises(OptionsError, match=r"taken\.ipynb cannot be written"):
        inside.save(GUIDE, document)


# --- in a kernel ----------------------------------------------------------------------------------


@pytest.mark.kernel
def test_run_all_reports_failed_cell_and_keeps_earlier_outputs(tmp_path: Path, capsys) -> None:
    guide = tmp_path / "01_broken.ipynb"
    nbformat.write(notebook("print('here')", "1 / 0", "print('never')"), guide)
    target = Target.of("--execute", ".ipynb", tmp_path / "out", 0)
    assert run_all([guide], [target], os.environ) == 1
    captured = capsys.readouterr()
    assert "A cell of 01_broken.ipynb failed. ZeroDivisionError: division by zero" in captured.err
    first, second, third = nbformat.read(tmp_path / "out" / guide.name, as_version=4).cells
    assert first.outputs[0].text == "here\n"
    assert second.outputs[0].ename == "ZeroDivisionError"
    assert third.outputs == []


@pytest.mark.kernel
def test_run_guide_reports_last_output_of_dead_kernel(tmp_path: Path) -> None:
    guide = tmp_path / "01_gone.ipynb"
    last = "import os\nos.write(2, b'out of luck')\nos._exit(3)"
    nbformat.write(notebook(last), guide)
    with pytest.raises(GuideFailedError, match=r"kernel of 01_gone.ipynb died(.|\n)*out of luck"):
        run_guide(guide, os.environ)


@pytest.mark.kernel
@pytest.mark.parametrize("turns", [0, 1])
def test_run_guide_without_recording_and_cli_explains_both(tmp_path: Path, turns: int) -> None:
    """Also after replayed turns."""
    guide = tmp_path / "01_edited.ipynb"
    cells = [cell.source for cell in nbformat.read(GUIDE, as_version=4).cells]
    played = next(source for source in cells if source.startswith("%%claude"))
    prompt = "%%claude\nName a river."
    nbformat.write(notebook("%load_ext claude_notebook", *[played] * turns, prompt), guide)
    environ = {
        **os.environ,
        "CLAUDE_NOTEBOOK_REPLAY": "auto",
        "CLAUDE_NOTEBOOK_CASSETTES": str(guides_folder() / "cassettes"),
        "CLAUDE_CLI_PATH": "/nowhere/claude",
    }
    with pytest.raises(GuideFailedError) as failed:
        run_guide(guide, environ)
    output = json.dumps(failed.value.notebook.cells[-1].outputs, ensure_ascii=False)
    assert f"No recording of the prompt “Name a river.” as turn {turns + 1} in " in output
    assert "CLAUDE_CLI_PATH is set to /nowhere/claude, which is not a file. Correct" in output
    assert "Traceback" not in output


# --- the page -------------------------------------------------------------------------------------


def test_render_page_without_formulas_has_no_script() -> None:
    page = render_page(with_html("<b>hello</b>"), "A title")
    assert "<script" not in page
    assert "script-src" not in page
    assert "default-src 'none'" in page


def test_render_page_is_self_contained_and_blocks_scripts(chromium: str, tmp_path: Path):
    formula = '<span class="cn-math">\\(x^2\\)</span>'
    attack = (
        "<script>document.title = 'script'</script>"
        "<img src='https://127.0.0.1:9/a.png' onerror=\"document.title = 'onerror'\">"
        "<a id='link' href=\"javascript:document.title = 'link'\">go</a>"
    )
    path = tmp_path / "page.html"
    path.write_text(
        render_page(with_html(f"<p>{formula}{attack}</p>"), "A title"), encoding="utf-8"
    )
    failed: list[tuple[str, str | None]] = []
    loaded: list[str] = []
    with browser(chromium) as opened:
        page = opened.new_page()
        page.on("requestfailed", lambda request: failed.append((request.url, request.failure)))
        page.on("response", lambda response: loaded.append(response.url))
        page.goto(path.as_uri())
        page.wait_for_selector(".cn-math math")
        page.click("#link")
        assert page.title() == "A title"
        assert page.inner_text(".cn-math").split() == ["𝑥", "2"]
    assert failed == [("https://127.0.0.1:9/a.png", "csp")]
    assert [url for url in loaded if not url.startswith("data:")] == [path.as_uri()]
