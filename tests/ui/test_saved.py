"""The saved form of a turn in Jupyter: truncated output, diagrams, and colors."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from jupyter import Notebook, browser, jupyter, saved_outputs, write_notebook
from nbconvert import HTMLExporter
from playwright.sync_api import expect

from claude_notebook.testing import ScriptedAPI, Use, clean_environment, script

pytestmark = [pytest.mark.browser, pytest.mark.kernel, pytest.mark.timeout(240)]

SECONDS = 60_000

ANSWER = """Here:

```mermaid
graph TD
  Start --> End
```

```python
x = 1  # one
```
"""

LINES = Use("Bash", {"command": "seq 1 5000", "description": "Count"})
CELLS = (
    "%load_ext claude_notebook",
    f"%%claude --allow Bash\n{script(LINES, ANSWER)}",
    "from claude_notebook import *\nawait display_claude_stream(query(prompt='well?')); None",
)


@pytest.fixture(scope="module", params=["jupyterlab", "notebook"])
def opened(
    request: pytest.FixtureRequest,
    chromium: str,
    claude_cli: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Notebook]:
    """Open a notebook on a dark page, and run its cells."""
    folder = tmp_path_factory.mktemp(request.param)
    root = folder / "work"
    root.mkdir()
    write_notebook(root / "a.ipynb", CELLS)
    with ExitStack() as stack:
        api = stack.enter_context(ScriptedAPI())
        path = os.environ.get("PATH", os.defpath)
        env = {**clean_environment(api.url, folder / "home"), "CLAUDE_CLI_PATH": claude_cli,
               "PATH": path}  # fmt: skip
        address = stack.enter_context(jupyter(root, env, request.param))
        page = stack.enter_context(browser(chromium)).new_page(
            viewport={"width": 1100, "height": 1300}
        )
        notebook = Notebook(page, address, "a.ipynb", request.param)
        notebook.path = root / "a.ipynb"
        notebook.theme("dark")
        for cell in range(len(CELLS)):
            notebook.run(cell)
        # The saved form has replaced the live view.
        expect(notebook.output(1).locator(".cn-cut")).to_have_count(1, timeout=SECONDS)
        notebook.save()
        yield notebook
        page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")


def test_saved_form_shows_truncated_lines_on_demand(opened: Notebook) -> None:
    output = opened.output(1)
    output.locator("summary", has_text="Count").click()
    button = output.get_by_role("button", name="Show 4,600 more lines")
    expect(button).to_be_visible(timeout=SECONDS)
    button.press("Enter")
    expect(output.get_by_role("button", name="Show 2,600 more lines")).to_be_visible(
        timeout=SECONDS
    )
    expect(output.locator(".cnv-rest")).to_contain_text("2400")
    assert output.locator(".cnv-rest pre").count() == 1
    opened.save()
    html = "".join(saved_outputs(opened.path, 1)[0]["data"]["text/html"])
    # The file does not contain the loaded lines.
    assert "cnv-rest" not in html
    assert "… 4,600 more lines" in html
    assert "\n400" in html
    assert "\n401" not in html


def test_mermaid_diagram_is_drawn_by_jupyterlab(opened: Notebook) -> None:
    diagrams = opened.page.locator(".jp-RenderedMermaid")
    answer, *drawn = saved_outputs(opened.path, 1)
    assert "graph TD" in "".join(answer["data"]["text/plain"])
    if opened.app == "notebook":
        assert (drawn, diagrams.count()) == ([], 0)
        return
    expect(diagrams.locator("img")).to_be_visible(timeout=SECONDS)
    assert ["".join(item["data"]["text/vnd.mermaid"]) for item in drawn] == [
        "graph TD\n  Start --> End\n"
    ]
    # JupyterLab has replaced our picture by its drawing, which nbconvert shows.
    assert "flowchart" in "".join(drawn[0]["data"]["image/svg+xml"])
    html = HTMLExporter(template_name="lab").from_filename(str(opened.path))[0]
    assert "data:image/svg+xml;base64," in html
    assert '<pre class="mermaid">' not in html


def test_saved_code_uses_page_background(opened: Notebook) -> None:
    html = "".join(saved_outputs(opened.path, 1)[0]["data"]["text/html"])
    assert "background-color:#1b1f24" in html
    assert "background-color:#f6f8fa" not in html
    colors = (
        opened.output(1)
        .locator(".cn-code pre")
        .last.evaluate(
            """code => [code, code.parentElement].map(one => getComputedStyle(one))
            .flatMap((style, n) => n === 0
                ? [style.color, style.fontFamily] : [style.backgroundColor])"""
        )
    )
    assert colors == ["rgb(230, 237, 243)", "monospace", "rgb(27, 31, 36)"]


def test_display_stream_shows_answer_in_cell(opened: Notebook) -> None:
    expect(opened.output(2)).to_contain_text("You said: well?", timeout=SECONDS)
