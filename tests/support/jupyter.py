"""A real Jupyter server and a real browser, driven by tests."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import nbformat
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}


def write_notebook(path: Path, cells: Sequence[str]) -> None:
    """Write a notebook of code cells."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in cells],
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
        },
    )
    nbformat.write(notebook, path)


def saved_outputs(path: Path, cell: int) -> list[dict[str, object]]:
    """Return a cell's outputs in the file."""
    return json.loads(path.read_text())["cells"][cell].get("outputs", [])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def jupyter(root: Path, env: Mapping[str, str], app: str = "jupyterlab") -> Iterator[str]:
    """Run a separate server (`jupyterlab` or `notebook`) on `root` and yield its address."""
    port = _free_port()
    folders = {
        f"JUPYTER_{name.upper()}_DIR": str(root.parent / f"jupyter-{name}")
        for name in ("config", "data", "runtime")
    }
    section = "LabApp" if app == "jupyterlab" else "JupyterNotebookApp"
    command = [
        *(sys.executable, "-m", app, "--no-browser", "--ip=127.0.0.1", f"--port={port}"),
        *("--ServerApp.port_retries=0", "--IdentityProvider.token=", "--ServerApp.password="),
        *(f"--ServerApp.root_dir={root}", f"--{section}.expose_app_in_browser=True"),
        *("--LabApp.extension_manager=readonly", "--allow-root"),
    ]
    log = (root.parent / f"{app}.log").open("wb")
    process = subprocess.Popen(
        command,
        env={**env, **folders, "IPYTHONDIR": str(root.parent / "ipython")},
        stdout=log,
        stderr=log,
        start_new_session=True,
        cwd=root,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_up(address, process)
        yield address
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(15)
        if process.poll() is None:
            os.killpg(process.pid, 9)
        log.close()


def _wait_until_up(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/api", timeout=2):
            return
        time.sleep(0.1)
    raise RuntimeError("the server did not come up")


@contextlib.contextmanager
def browser(chromium: str) -> Iterator[Browser]:
    """Launch a headless Chromium."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield opened
        opened.close()


class Notebook:
    """A notebook in a browser page."""

    def __init__(self, page: Page, address: str, name: str, app: str = "jupyterlab") -> None:
        self.page = page
        self.app = app
        location = f"lab/tree/{name}?reset" if app == "jupyterlab" else f"notebooks/{name}"
        page.goto(f"{address}/{location}")
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
        page.wait_for_function("() => window.jupyterapp !== undefined", timeout=60_000)
        self.wait_for_kernel()

    def wait_for_kernel(self) -> None:
        """Wait until the kernel is connected and idle."""
        self.page.wait_for_function(
            """() => {
                const panel = window.jupyterapp.shell.currentWidget;
                const kernel = panel?.sessionContext?.session?.kernel;
                return kernel?.connectionStatus === 'connected' && kernel.status === 'idle';
            }""",
            timeout=60_000,
        )

    def theme(self, name: str) -> None:
        """Switch to "light" or "dark"."""
        self.command("apputils:change-theme", {"theme": THEMES[name]})
        flag = "true" if name == "light" else "false"
        self.page.wait_for_selector(f"body[data-jp-theme-light='{flag}']", state="attached")

    def command(self, name: str, arguments: Mapping[str, object] | None = None) -> None:
        """Run a command of the front end and wait for its end."""
        self.page.evaluate(
            "([name, args]) => window.jupyterapp.commands.execute(name, args)",
            [name, dict(arguments or {})],
        )

    def start(self, command: str, arguments: Mapping[str, object] | None = None) -> None:
        """Run a command without waiting for its end."""
        self.page.evaluate(
            "([name, args]) => { window.jupyterapp.commands.execute(name, args); }",
            [command, dict(arguments or {})],
        )

    def select(self, cell: int) -> None:
        """Make a cell the active one."""
        self.page.evaluate(
            "n => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = n; }", cell
        )

    def run(self, cell: int, *, wait: bool = True, seconds: float = 60) -> None:
        """Run a cell."""
        self.select(cell)
        self.start("notebook:run-cell")
        if wait:
            self.wait_until_done(cell, seconds)

    def wait_until_done(self, cell: int, seconds: float = 60) -> None:
        """Wait until the cell's prompt shows a number again."""
        self.page.wait_for_function(
            """n => {
                const cell = window.jupyterapp.shell.currentWidget.content.widgets[n];
                const prompt = cell.node.querySelector('.jp-InputPrompt');
                return cell.model.executionCount !== null
                    && cell.model.executionState !== 'running'
                    && !prompt?.textContent.includes('*');
            }""",
            arg=cell,
            timeout=seconds * 1000,
        )

    def output(self, cell: int):
        """Return the output area of a cell."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(cell).locator(".jp-OutputArea")

    def save(self) -> None:
        """Save the notebook."""
        self.command("docmanager:save")
