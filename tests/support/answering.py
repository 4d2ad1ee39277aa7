"""A Jupyter application whose questions a simulated user answers."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from jupyter import Notebook, browser, jupyter, write_notebook
from playwright.sync_api import BrowserContext, Locator, Page, expect

from claude_notebook.testing import ScriptedAPI, clean_environment

APPS = ("jupyterlab", "notebook")
SECONDS = 40_000
NOTHING: Mapping[str, str] = {}


@dataclass
class Desk:
    """A Jupyter application with a folder of notebooks and a browser."""

    app: str
    address: str
    root: Path
    pages: BrowserContext
    screenshots: Path
    api: ScriptedAPI
    credentials: list[Mapping[str, str]] = field(default_factory=list)

    def open(self, name: str) -> Notebook:
        """Open a notebook in a new tab."""
        return Notebook(self.pages.new_page(), self.address, name, self.app)

    def tab(self, name: str) -> Notebook:
        """Open another tab on a notebook with a busy kernel."""
        return Tab(self.pages.new_page(), self.address, name, self.app)

    def shoot(self, page: Page, name: str) -> None:
        page.screenshot(path=self.screenshots / f"asking-{self.app}-{name}.png")

    @property
    def heard(self) -> str:
        """The model's latest input as one text."""
        return str(self.api.turns[-1].body["messages"])


class Tab(Notebook):
    """A tab on a notebook with a busy kernel."""

    def wait_for_kernel(self) -> None:
        """Do not wait: the kernel stays busy."""


@contextlib.contextmanager
def desk(
    app: str,
    chromium: str,
    cli: str,
    folder: Path,
    variables: Mapping[str, str] = NOTHING,
    on_headers: Callable[[Mapping[str, str]], object] = lambda headers: None,
) -> Iterator[Desk]:
    """Create a desk in `folder`.

    :param variables: further variables of the application; an empty value removes one.
    :param on_headers: receives the headers of each request to the model's service.
    """
    root = folder / "work"
    root.mkdir()
    configured = os.environ.get("CLAUDE_NOTEBOOK_SCREENSHOTS")
    screenshots = Path(configured) if configured else folder / "screenshots"
    screenshots.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:

        def note(headers: Mapping[str, str]) -> None:
            on_headers(headers)

        api = stack.enter_context(ScriptedAPI(authorize=note))
        env = clean_environment(api.url, folder / "home")
        env |= {"CLAUDE_CLI_PATH": cli, "PATH": os.environ.get("PATH", os.defpath)}
        # Load server tools at the start, and let the CLI do everything even as root.
        env |= {"ENABLE_TOOL_SEARCH": "false", "IS_SANDBOX": "1"}
        env = {name: value for name, value in {**env, **variables}.items() if value}
        address = stack.enter_context(jupyter(root, env, app))
        chrome = stack.enter_context(browser(chromium))
        pages = chrome.new_context(viewport={"width": 1100, "height": 1300})
        stack.callback(pages.close)
        yield Desk(app, address, root, pages, screenshots, api)


class Sheet:
    """A notebook with the extension loaded, for new cells."""

    def __init__(self, desk: Desk, name: str) -> None:
        self.desk, self.name = desk, name
        self.path = desk.root / name
        write_notebook(self.path, ["%load_ext claude_notebook"])
        self.opened = desk.open(name)
        self.opened.run(0)

    def ask(self, source: str) -> Turn:
        """Run a new cell without waiting for its end."""
        number = self.opened.page.evaluate(
            """source => {
                const { content } = window.jupyterapp.shell.currentWidget;
                content.activeCellIndex = content.widgets.length - 1;
                return window.jupyterapp.commands.execute('notebook:insert-cell-below').then(() => {
                    content.activeCell.model.sharedModel.setSource(source);
                    return content.activeCellIndex;
                });
            }""",
            source,
        )
        self.opened.run(number, wait=False)
        return Turn(self.desk, self.opened, number)

    def rest(self) -> None:
        """Interrupt a running cell."""
        if self.opened.page.locator(".jp-InputPrompt", has_text="*").count():
            self.opened.command("notebook:interrupt-kernel")


@dataclass
class Turn:
    """A cell with a running turn."""

    desk: Desk
    opened: Notebook
    cell: int

    @property
    def output(self) -> Locator:
        return self.opened.output(self.cell)

    @property
    def panel(self) -> Locator:
        """The open question."""
        return self.output.locator(".cnv-ask[data-state=open]").first

    def says(self, text: str) -> None:
        """Wait until the output contains a text."""
        expect(self.output).to_contain_text(text, timeout=SECONDS)

    def press(self, name: str, *, exact: bool = False) -> None:
        button = self.output.get_by_role("button", name=name, exact=exact).first
        button.click(timeout=SECONDS)

    def done(self) -> Turn:
        """Wait for the end of the cell."""
        self.opened.wait_until_done(self.cell)
        return self

    def shoot(self, name: str) -> None:
        self.desk.shoot(self.opened.page, name)

    def in_tab(self, tab: Notebook) -> Turn:
        """Return the same cell in another tab."""
        return Turn(self.desk, tab, self.cell)
