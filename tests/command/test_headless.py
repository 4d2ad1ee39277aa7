"""`claude-notebook demo --execute` and `--html`: no JupyterLab, no CLI, no network."""

import json
import os
from pathlib import Path

import nbformat
import pytest
from jupyter import browser

from claude_notebook.command.demo import guides_folder
from claude_notebook.command.headless import GuideFailedError, Target, run_all, run_guide
from claude_notebook.command.page import page_of
from claude_notebook.errors import OptionsError

GUIDE = sorted(guides_folder().glob("*.ipynb"))[0]


def notebook(*cells: str) -> nbformat.NotebookNode:
    """A notebook that was not run."""
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made = [nbformat.v4.new_code_cell(source, id=f"c{n}") for n, source in enumerate(cells)]
    return nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": spec})


def with_html(html: str) -> nbformat.NotebookNode:
    """A notebook with an output that nobody has sanitized."""
    made = notebook("1")
    made.cells[0].outputs = [nbformat.v4.new_output("display_data", {"text/html": html})]
    return made


# --- the command ----------------------------------------------------------------------------------


@pytest.mark.kernel
def test_a_guide_becomes_a_notebook_and_a_page(run, here: Path) -> None:
    kept = {"CLAUDE_CLI_PATH": "/nowhere/claude", "ANTHROPIC_BASE_URL": "http://127.0.0.1:9"}
    done = run("demo", "--execute", "new/a.ipynb", "--html", "new/a.html", **kept)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [str(here / "new" / "a.ipynb"), str(here / "new" / "a.html")]
    made = nbformat.read(here / "new" / "a.ipynb", as_version=4)
    nbformat.validate(made)
    asked = [cell for cell in made.cells if cell.source.startswith("%%claude")]
    answers = [cell.outputs[0].data["text/markdown"].rstrip() for cell in asked]
    assert "1250 croissants" in answers[0]
    assert all(answer.endswith("recorded</sub>") for answer in answers)
    page = (here / "new" / "a.html").read_text(encoding="utf-8")
    assert "1250 croissants" in page
    assert "<title>First question</title>" in page
    assert sorted(path.name for path in here.rglob("*")) == ["a.html", "a.ipynb", "new"]


REFUSED = {
    "another suffix": (("--execute", "a.txt"), "--execute writes .ipynb files, and a.txt is none."),
    "the other's suffix": (("--html", "a.ipynb"), "--html writes .html files, and a.ipynb is none"),
    "two into one": (
        ("--execute", "a.ipynb", "--guide", "1", "--guide", "2"),
        "2 guides do not go into one file. Name a folder after --execute",
    ),
    "below a file": (("--html", "file/a.html"), "Nothing can be written to "),
    "no such guide": (("--execute", "a.ipynb", "--guide", "99"), "There is no guide 99."),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_before_anything_runs(run, here: Path, case: str) -> None:
    (here / "file").write_text("")
    arguments, told = REFUSED[case]
    done = run("demo", *arguments)
    assert done.returncode == 1
    assert done.stderr.startswith(f"claude-notebook: {told}")
    assert [path.name for path in here.iterdir()] == ["file"]


def test_a_target_is_a_file_or_a_folder(tmp_path: Path) -> None:
    made = notebook("1")
    (tmp_path / "v1.2").mkdir()
    for name, saved in (
        ("a.ipynb", "a.ipynb"),
        ("new", f"new/{GUIDE.name}"),
        ("v1.2", f"v1.2/{GUIDE.name}"),
    ):
        target = Target.of("--execute", ".ipynb", tmp_path / name, 0)
        assert target.save(GUIDE, made) == tmp_path / saved
        assert nbformat.read(tmp_path / saved, as_version=4) == made
    (tmp_path / "taken.ipynb").mkdir()
    inside = Target(".ipynb", tmp_path / "taken.ipynb", is_folder=False)
    with pytest.raises(OptionsError, match=r"taken\.ipynb cannot be written"):
        inside.save(GUIDE, made)


# --- in a kernel ----------------------------------------------------------------------------------


@pytest.mark.kernel
def test_a_cell_that_fails_is_told_and_what_came_before_is_kept(tmp_path: Path, capsys) -> None:
    guide = tmp_path / "01_broken.ipynb"
    nbformat.write(notebook("print('here')", "1 / 0", "print('never')"), guide)
    target = Target.of("--execute", ".ipynb", tmp_path / "out", 0)
    assert run_all([guide], [target], os.environ) == 1
    told = capsys.readouterr()
    assert "A cell of 01_broken.ipynb failed. ZeroDivisionError: division by zero" in told.err
    first, second, third = nbformat.read(tmp_path / "out" / guide.name, as_version=4).cells
    assert first.outputs[0].text == "here\n"
    assert second.outputs[0].ename == "ZeroDivisionError"
    assert third.outputs == []


@pytest.mark.kernel
def test_a_kernel_that_ends_has_last_words(tmp_path: Path) -> None:
    guide = tmp_path / "01_gone.ipynb"
    last = "import os\nos.write(2, b'out of luck')\nos._exit(3)"
    nbformat.write(notebook(last), guide)
    with pytest.raises(GuideFailedError, match=r"kernel of 01_gone.ipynb ended(.|\n)*out of luck"):
        run_guide(guide, os.environ)


@pytest.mark.kernel
@pytest.mark.parametrize("turns", [0, 1])
def test_without_a_recording_and_without_the_cli_the_cell_says_which_and_how(
    tmp_path: Path, turns: int
) -> None:
    """Also after turns that were played."""
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
    shown = json.dumps(failed.value.notebook.cells[-1].outputs, ensure_ascii=False)
    assert f"No recording of the prompt “Name a river.” as turn {turns + 1} in " in shown
    assert "CLAUDE_CLI_PATH names /nowhere/claude, which is no file. Correct it" in shown
    assert "Traceback" not in shown


# --- the page -------------------------------------------------------------------------------------


def test_a_page_without_formulas_has_no_script() -> None:
    page = page_of(with_html("<b>hello</b>"), "A title")
    assert "<script" not in page
    assert "script-src" not in page
    assert "default-src 'none'" in page


def test_a_page_stands_alone_and_runs_nothing_but_its_formulas(chromium: str, tmp_path: Path):
    formula = '<span class="cn-math">\\(x^2\\)</span>'
    attack = (
        "<script>document.title = 'script'</script>"
        "<img src='https://127.0.0.1:9/a.png' onerror=\"document.title = 'onerror'\">"
        "<a id='link' href=\"javascript:document.title = 'link'\">go</a>"
    )
    path = tmp_path / "page.html"
    path.write_text(page_of(with_html(f"<p>{formula}{attack}</p>"), "A title"), encoding="utf-8")
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
