"""Accessibility of every kind of panel in Jupyter: live and saved, light and dark."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from jupyter import Notebook, browser, jupyter, write_notebook
from playwright.sync_api import expect

HERE = str(Path(__file__).parent)
sys.path.insert(0, HERE)
from shown import LIVE_ONLY, VIEWS  # noqa: E402  (found by the line above)

pytestmark = [pytest.mark.browser, pytest.mark.kernel, pytest.mark.timeout(300)]

SECONDS = 60_000
CELLS = (
    f"import sys; sys.path.insert(0, {HERE!r}); import shown",
    "for name in shown.VIEWS: shown.live(name)",
    "for name in shown.VIEWS:\n    if name not in shown.LIVE_ONLY: shown.saved(name)",
)
FORMS = {1: (".cnv-root", len(VIEWS)), 2: (".cn-prose", len(VIEWS) - len(LIVE_ONLY))}
"""The selector of our outputs, and their number, by cell."""

UNFOLD = "root => root.querySelectorAll('details').forEach(one => { one.open = true; })"
NO_MOTION = "*, *::before, *::after { animation: none !important; transition: none !important; }"


@pytest.fixture(scope="module", params=["jupyterlab", "notebook"])
def opened(
    request: pytest.FixtureRequest, chromium: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Notebook]:
    """Open a notebook with every kind of panel, unfolded."""
    folder = tmp_path_factory.mktemp(request.param)
    root = folder / "work"
    root.mkdir()
    write_notebook(root / "a.ipynb", CELLS)
    env = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder)}
    with ExitStack() as stack:
        address = stack.enter_context(jupyter(root, env, request.param))
        page = stack.enter_context(browser(chromium)).new_page(
            viewport={"width": 1200, "height": 9000}
        )
        notebook = Notebook(page, address, "a.ipynb", request.param)
        page.add_style_tag(content=NO_MOTION)
        for cell in range(len(CELLS)):
            notebook.run(cell, seconds=120)
        for cell, (selector, count) in FORMS.items():
            expect(notebook.output(cell).locator(selector)).to_have_count(count, timeout=SECONDS)
            notebook.output(cell).evaluate(UNFOLD)
        expect(notebook.output(1).locator("math").first).to_be_attached(timeout=SECONDS)
        yield notebook
        page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")


def violations(notebook: Notebook, cell: int) -> list[str]:
    """Return axe's violations in our outputs of a cell, and check that axe has tested something."""
    selector, _ = FORMS[cell]
    root = f".jp-Notebook .jp-Cell:nth-child({cell + 1} of .jp-Cell) {selector}"
    results = Axe().run(notebook.page, context=root, options={"resultTypes": ["violations"]})
    assert results.response["passes"]
    return [
        f"{item['id']}: {node['html'][:200]} {node.get('failureSummary', '')}"
        for item in results.response["violations"]
        for node in item["nodes"][:5]
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_panels_have_no_axe_violations(opened: Notebook, theme: str) -> None:
    opened.theme(theme)
    problems = [problem for cell in FORMS for problem in violations(opened, cell)]
    assert not problems, "\n".join(problems)
