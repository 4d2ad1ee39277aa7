"""Take pictures of every kind of panel, live and saved, for review.

python tests/ui/screenshots.py FOLDER [--chromium PATH]
    [--only jupyterlab notebook nbconvert terminal elsewhere]

Writes FOLDER/<where>-<theme>-<live or saved>-<view>.png. "elsewhere" means a page that
removes styles and classes, as GitHub does, and one that keeps inline styles only, as VS Code does.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

import nbformat  # noqa: E402  (found by the line above)
from jupyter import Notebook, browser, jupyter, write_notebook  # noqa: E402
from playwright.sync_api import Browser, Page  # noqa: E402
from shown import LIVE_ONLY, VIEWS  # noqa: E402

SIZE = {"width": 1200, "height": 4000}
UNFOLD = "root => root.querySelectorAll('details').forEach(one => { one.open = true; })"
LOAD = f"import sys; sys.path.insert(0, {str(HERE)!r}); import shown"
KEPT = [name for name in VIEWS if name not in LIVE_ONLY]
_FONT = "font: 14px/1.5 -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"
ELSEWHERE = {
    ("github", "light"): (f"{_FONT}; color: #1f2328", r' (?:style|class|tabindex)="[^"]*"'),
    ("code", "light"): (f"{_FONT}; color: #3b3b3b", r' class="[^"]*"'),
    ("code", "dark"): (f"{_FONT}; color: #cccccc; background: #1f1f1f", r' class="[^"]*"'),
}
"""The page's style and the attributes that it removes, by host and theme."""

CELLS = [("live", name) for name in VIEWS] + [("saved", name) for name in KEPT]


class Studio:
    """A Jupyter folder, a browser, and a folder for the pictures."""

    def __init__(self, folder: Path, root: Path, opened: Browser) -> None:
        self.folder, self.root, self._opened = folder, root, opened

    def page(self) -> Page:
        """Open a page that is high enough for a whole turn."""
        return self._opened.new_page(viewport=SIZE, device_scale_factor=1)

    def write(self) -> Path:
        """Write a notebook with one cell per picture."""
        path = self.root / "shown.ipynb"
        write_notebook(path, [LOAD, *(f"shown.{form}({name!r})" for form, name in CELLS)])
        return path

    def in_jupyter(self, app: str, themes: tuple[str, ...]) -> None:
        """Take pictures of the live and the saved form in a Jupyter application."""
        env = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        path = self.write()
        with jupyter(self.root, {**env, "HOME": str(self.root)}, app) as address:
            notebook = Notebook(self.page(), address, path.name, app)
            notebook.page.wait_for_selector("#jupyterlab-splash", state="detached")
            for cell in range(len(CELLS) + 1):
                notebook.run(cell)
            notebook.page.add_style_tag(content=".Toastify { display: none }")
            for theme in themes:
                notebook.theme(theme)
                for cell, (form, name) in enumerate(CELLS, 1):
                    self._shoot(notebook, cell, f"{app}-{theme}-{form}-{name}")
            notebook.save()
            notebook.page.close()

    def _shoot(self, notebook: Notebook, cell: int, name: str) -> None:
        notebook.select(cell)
        output = notebook.output(cell)
        output.scroll_into_view_if_needed()
        output.evaluate(UNFOLD)
        notebook.page.wait_for_timeout(300)
        output.screenshot(path=self.folder / f"{name}.png")

    def converted(self) -> None:
        """Take pictures of the saved notebook after nbconvert."""
        from nbconvert import HTMLExporter

        notebook = nbformat.read(self.root / "shown.ipynb", as_version=4)
        notebook.cells = [cell for cell in notebook.cells if "shown.saved" in cell.source]
        for theme in ("light", "dark"):
            exporter = HTMLExporter(template_name="lab", theme=theme)
            page = self.page()
            page.route("http*://**", lambda route: route.abort())
            page.set_content(exporter.from_notebook_node(notebook)[0])
            for name, output in zip(KEPT, page.locator(".jp-OutputArea").all(), strict=True):
                output.evaluate(UNFOLD)
                output.screenshot(path=self.folder / f"nbconvert-{theme}-saved-{name}.png")
            page.close()

    def in_terminal(self) -> None:
        """Take pictures of the terminal output."""
        from rich.console import Console

        from claude_notebook.render.output.terminal import turn_renderable

        for name in VIEWS:
            view = VIEWS[name]()
            if name in KEPT:
                view.finish("done", 0)
            console = Console(record=True, width=100, file=open(os.devnull, "w"))  # noqa: SIM115  closed at exit
            console.print(turn_renderable(view))
            page = self.page()
            page.route("http*://**", lambda route: route.abort())
            page.set_content(console.export_svg(title=name))
            page.locator("svg").screenshot(path=self.folder / f"terminal-{name}.png")
            page.close()

    def elsewhere(self) -> None:
        """Take pictures on pages without our style sheet."""
        from claude_notebook.render.output.page import turn_html

        for name in KEPT:
            view = VIEWS[name]()
            view.finish("done", 0)
            for (where, theme), (page_style, taken) in ELSEWHERE.items():
                html = re.sub(taken, "", turn_html(view, dark=theme == "dark"))
                page = self._opened.new_page(viewport={"width": 900, "height": 600})
                page.set_content(
                    f"<!doctype html><style>body {{ {page_style}; padding: 20px }}</style>{html}"
                )
                page.evaluate(f"({UNFOLD})(document.body)")
                path = self.folder / f"{where}-{theme}-saved-{name}.png"
                page.screenshot(path=path, full_page=True)
                page.close()


def main() -> None:
    """Take the pictures that the command line selects."""
    parser = argparse.ArgumentParser(description="Pictures of every kind of panel.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    everywhere = ["jupyterlab", "notebook", "nbconvert", "terminal", "elsewhere"]
    parser.add_argument("--only", nargs="*", choices=everywhere, default=everywhere)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        root = folder / "notebooks"
        root.mkdir()
        studio = Studio(options.folder, root, stack.enter_context(browser(options.chromium)))
        if "notebook" in options.only:
            studio.in_jupyter("notebook", ("light", "dark"))
        if "jupyterlab" in options.only or "nbconvert" in options.only:
            studio.in_jupyter("jupyterlab", ("light", "dark"))
        if "nbconvert" in options.only:
            studio.converted()
        if "terminal" in options.only:
            studio.in_terminal()
        if "elsewhere" in options.only:
            studio.elsewhere()


if __name__ == "__main__":
    main()
