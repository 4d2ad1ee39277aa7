"""Hostile texts in Jupyter applications: live, saved, reopened without trust, and converted.

None of them may run code, or send a request to any host but the server.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import nbformat
import pytest
from hostile import COUNT, LAST, drawn
from jupyter import Notebook, browser, jupyter, write_notebook
from nbconvert import HTMLExporter
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.kernel, pytest.mark.timeout(400)]

SECONDS = 120_000
HERE = str(Path(__file__).parents[1] / "support")
CELLS = (
    f"import sys; sys.path.insert(0, {HERE!r}); import hostile",
    "shown = hostile.Shown()",
    "shown.finish()",
    "hostile.draw()",
)

# Unfold everything, and trigger on every element the events that a person could cause by accident.
PROVOKE = """root => {
    root.querySelectorAll("details").forEach(one => { one.open = true; });
    const kinds = ["mouseover", "mouseenter", "focus", "toggle", "error", "load"];
    const all = root.querySelectorAll("*");
    for (const one of all) for (const kind of kinds) one.dispatchEvent(new Event(kind));
    return all.length;
}"""

# Collect attributes and elements that could run code, load, or cover other parts of the page.
ARMED = """root => [...root.querySelectorAll("*")].flatMap(one => {
    const found = [];
    for (const { name, value } of one.attributes) {
        if (name.startsWith("on")) found.push(name);
        if (/^\\s*(javascript|vbscript|data:text)/i.test(value)) found.push(value);
    }
    const tag = one.tagName.toLowerCase();
    if (["script", "iframe", "object", "embed", "form", "base", "meta", "link"].includes(tag))
        found.push(tag);
    const src = one.getAttribute("src");
    if (src && !/^(data:image|blob:)/.test(src)) found.push(src);
    const { position } = getComputedStyle(one);
    if (["fixed", "sticky"].includes(position)) found.push(one.outerHTML);
    const [inner, outer] = [one, root].map(node => node.getBoundingClientRect());
    const beyond = inner.left < outer.left - 9 || inner.right > outer.right + 9
        || inner.top < outer.top - 9 || inner.bottom > outer.bottom + 9;
    const clips = node => node !== root
        && (getComputedStyle(node).overflow !== "visible" || clips(node.parentElement));
    if (position === "absolute" && inner.width && beyond && !clips(one.parentElement))
        found.push(one.outerHTML);
    return found;
})"""


# Parts of the browser's messages about blocked code and requests.
BLOCKED = ("Content Security Policy", "Refused to", "Not allowed to load", "evil.invalid", "pwned")


class ObservableMapper:
    """A page that records forbidden requests, dialogs, windows, and messages."""

    def __init__(self, opened: Browser, address: str) -> None:
        self.page: Page = opened.new_context(viewport={"width": 1100, "height": 900}).new_page()
        self.requests: list[str] = []
        self.incidents: list[str] = []
        self._address = address
        self.page.on("request", lambda request: self._record_request(request.url))
        self.page.on("dialog", lambda dialog: (self.incidents.append("a dialog"), dialog.dismiss()))
        self.page.on("popup", lambda popup: self.incidents.append("a window"))
        self.page.on("console", lambda message: self._record_message(message.type, message.text))
        self.page.context.route("**/*evil.invalid*/**", lambda route: route.abort())

    def _record_request(self, url: str) -> None:
        if not url.startswith((self._address, "data:", "blob:", "about:")):
            self.requests.append(url)

    def _record_message(self, kind: str, text: str) -> None:
        """Record error messages about blocked content; applications log many others."""
        if kind == "error" and any(sign in text for sign in BLOCKED):
            self.incidents.append(text)

    def check_harmless(self, root: str, count: int = COUNT) -> None:
        """Trigger events on every element in `root`, and check that nothing happened."""
        area = self.page.locator(root).first
        expect(area).to_contain_text(LAST, timeout=SECONDS)
        url = self.page.url
        assert area.evaluate(PROVOKE) > count
        # A second time, because some parts are rendered when they are unfolded.
        self.page.evaluate("() => new Promise(done => requestIdleCallback(done))")
        area.evaluate(PROVOKE)
        self.page.evaluate("() => new Promise(done => setTimeout(done, 200))")
        assert area.evaluate(ARMED) == []
        assert self.page.evaluate("window.pwned") is None
        assert self.page.url == url
        assert self.incidents == []


@pytest.fixture(scope="module")
def opened(chromium: str) -> Iterator[Browser]:
    with browser(chromium) as running:
        yield running


def distrusted(path: Path) -> str:
    """Copy a notebook without its signature, and return the copy's name."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source += "\n# from elsewhere"
    copy = path.with_name("from-elsewhere.ipynb")
    nbformat.write(notebook, copy)
    return copy.name


def converted(path: Path) -> str:
    """Convert a notebook to HTML with nbconvert, without the diagrams that Mermaid cannot read.

    Those have no picture, so that nbconvert's page would load Mermaid from the network.
    """
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.outputs = [output for output in cell.outputs if not _is_broken(output.get("data", {}))]
    return HTMLExporter(template_name="lab").from_notebook_node(notebook)[0]


def _is_broken(data: Mapping[str, str]) -> bool:
    return "text/vnd.mermaid" in data and "image/svg+xml" not in data


def requests_of(opened: Browser, html: str, root: str | None) -> list[str]:
    """Return the requests of an HTML page to other hosts, and check that it is harmless."""
    watched = ObservableMapper(opened, "about:")
    watched.page.route("http*://**", lambda route: route.abort())
    watched.page.set_content(html, wait_until="load")
    if root:
        watched.check_harmless(root)
    watched.page.context.close()
    return watched.requests


@pytest.mark.parametrize("app", ["jupyterlab", "notebook"])
def test_hostile_texts_run_and_load_nothing(app: str, opened: Browser, tmp_path: Path) -> None:
    root = tmp_path / "work"
    root.mkdir()
    path = root / "hostile.ipynb"
    write_notebook(path, CELLS)
    env = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(tmp_path)}
    with jupyter(root, env, app) as address:
        watched = ObservableMapper(opened, address)
        notebook = Notebook(watched.page, address, path.name, app)
        output = ".jp-Cell:nth-child(2 of .jp-Cell) .jp-OutputArea-output"
        notebook.run(0, seconds=120)
        notebook.run(1, seconds=120)
        watched.check_harmless(output)
        notebook.run(2, seconds=120)
        expect(notebook.output(1).locator(".cn-prose").first).to_be_attached(timeout=SECONDS)
        watched.check_harmless(output)
        notebook.run(3, seconds=120)
        watched.check_harmless(".jp-Cell:nth-child(4 of .jp-Cell) .jp-OutputArea", len(drawn()))
        pictures = notebook.page.locator(".jp-RenderedMermaid")
        assert pictures.count() == (len(drawn()) if app == "jupyterlab" else 0)
        notebook.save()
        watched.page.context.close()
        assert watched.requests == []

        again = ObservableMapper(opened, address)
        untrusted = Notebook(again.page, address, distrusted(path), app)
        again.check_harmless(output)
        trusted = "() => window.jupyterapp.shell.currentWidget.content.model.cells.get(1).trusted"
        assert untrusted.page.evaluate(trusted) is False
        untrusted.page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")
        again.page.context.close()
        assert again.requests == []

    if app == "jupyterlab":  # both applications save the same notebook
        empty = root / "empty.ipynb"
        write_notebook(empty, CELLS)
        usual = requests_of(opened, converted(empty), None)
        question = requests_of(opened, converted(path), ".jp-OutputArea:has(.cn-prose)")
        assert list(itertools.filterfalse(usual.__contains__, question)) == []
