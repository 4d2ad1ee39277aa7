"""Test the README's promises without network, login, Node or Claude Code, in a new venv.

    python tests/offline.py FOLDER [--pictures] [--tests]

Installs this checkout into FOLDER/venv as described in the README, which needs the package index,
and removes the CLI's binary. Everything else runs in a network namespace with loopback only,
without `claude` and `node` on the PATH and with a new home: the demo in JupyterLab, `demo
--execute` and `--html`, and the guides under nbval (twice). With --pictures the demo plays in
Chromium, and FOLDER gets screenshots; with --tests all tests run, except those that need missing
tools. Linux only. The exit code is 0 on success.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
MISSING = ("claude", "node", "npm", "npx")

sys.path.insert(0, str(TESTS / "support"))


# --- with network ---------------------------------------------------------------------------------


def install(folder: Path, extra: str) -> None:
    """Install this checkout with an extra, without the CLI's binary."""
    pip = (str(folder / "venv" / "bin" / "python"), "-m", "pip", "-q")
    subprocess.run([*pip, "install", f"{ROOT}[{extra}]"], check=True)
    subprocess.run([*pip, "uninstall", "-y", "claude-agent-sdk"], check=True)


def environment(folder: Path) -> dict[str, str]:
    """Create an environment with a new home and all programs except the excluded ones."""
    tools = folder / "tools"
    tools.mkdir(exist_ok=True)
    for directory in (Path("/bin"), Path("/usr/bin")):
        for program in directory.iterdir():
            link = tools / program.name
            if program.name not in MISSING and not link.is_symlink():
                link.symlink_to(program)
    home = folder / "home"
    home.mkdir(exist_ok=True)
    path = f"{folder / 'venv' / 'bin'}:{tools}"
    return {"PATH": path, "HOME": str(home), "LANG": "C.UTF-8"}


def without_network(folder: Path, step: str) -> None:
    """Run a step of `STEPS` in a separate namespace."""
    print(f"\n===== {step} =====", flush=True)
    python = str(folder / "venv" / "bin" / "python")
    leave = (python, str(TESTS / "support" / "no_network.py"))
    command = [*leave, python, str(TESTS / "offline.py"), str(folder), "--step", step]
    subprocess.run(command, env=environment(folder), cwd=folder, check=True)


# --- without network ------------------------------------------------------------------------------


def check_isolation(folder: Path) -> None:
    """Check that the excluded programs are missing."""
    import socket

    assert [name for _, name in socket.if_nameindex()] == ["lo"]
    assert [name for name in MISSING if shutil.which(name)] == []
    assert not list((folder / "venv").rglob("claude_agent_sdk"))
    doctor = subprocess.run(
        ["claude-notebook", "doctor", "--offline"], capture_output=True, text=True
    )
    print(*(line for line in doctor.stdout.splitlines() if "Claude Code" in line), sep="\n")


@contextmanager
def demo(folder: Path, *options: str) -> Iterator[str]:
    """Run the demo in JupyterLab and yield its address."""
    guides = folder / "demo"
    shutil.rmtree(guides, ignore_errors=True)
    jupyter = ("--no-browser", "--port=0", "--allow-root", "--dir", str(guides), "--", *options)
    command = ["claude-notebook", "demo", *jupyter]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    log = folder / "jupyter.log"
    try:
        assert process.stdout is not None
        output = ""
        while not (match := re.search(r"(http://127\.0\.0\.1:\d+)/lab/tree/(\S+)\s", output)):
            line = process.stdout.readline()
            assert line, output
            output += line
        print(output.partition("[I ")[0])
        with log.open("w") as rest:
            copy = subprocess.Popen(["cat"], stdin=process.stdout, stdout=rest)
            yield match[1]
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0
            copy.wait(10)
    finally:
        process.kill()


def demo_opens(folder: Path) -> None:
    """Check that `claude-notebook demo` opens JupyterLab with the guides and stops on Ctrl-C."""
    with demo(folder, "--IdentityProvider.token=") as address:
        until = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"{address}/api/contents", timeout=30) as response:
                    listed = json.load(response)["content"]
                break
            except OSError:
                assert time.monotonic() < until, "the server does not respond"
                time.sleep(0.1)
        with urllib.request.urlopen(f"{address}/lab", timeout=30) as page:
            assert b"JupyterLab" in page.read()
        print(len([item for item in listed if item["type"] == "notebook"]), "guides in JupyterLab")


def demo_headless(folder: Path) -> None:
    """Run `claude-notebook demo --execute` and `--html` with one guide and with all."""
    for out in ("one.ipynb", "all"):
        command = ["claude-notebook", "demo", "--execute", out]
        subprocess.run([*command, "--html", out.replace(".ipynb", ".html")], check=True)
    pages = sorted((folder / "all").glob("*.html"))
    assert len(pages) == len(list((folder / "all").glob("*.ipynb"))) >= 9
    texts = [page.read_text(encoding="utf-8") for page in (folder / "one.html", pages[0])]
    assert all("1250 croissants" in text for text in texts)


def guides_under_nbval(folder: Path) -> None:
    """Run `pytest --nbval notebooks/` twice."""
    command = ["pytest", "--nbval", "notebooks/", "-q", "--color=no", "-p", "no:cacheprovider"]
    for _ in range(2):
        subprocess.run(command, cwd=ROOT, check=True)


def pictures(folder: Path) -> None:
    """Take screenshots of the first guides in Chromium, during and after the answers."""
    from jupyter import Notebook, browser

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    assert chromium, "no Chromium"
    options = ("--IdentityProvider.token=", "--LabApp.expose_app_in_browser=True")
    for theme in ("light", "dark"):
        with demo(folder, *options) as address, browser(chromium) as opened:
            page = opened.new_page(viewport={"width": 1200, "height": 1300})
            for guide in ("01_first_question", "02_tools_and_approvals"):
                notebook = Notebook(page, address, f"{guide}.ipynb")
                notebook.theme(theme)
                _play(notebook, folder, f"{guide[:2]}-{theme}")


def _play(notebook, folder: Path, name: str) -> None:
    cells = json.loads((folder / "demo" / notebook.page.url.rpartition("/")[2]).read_text())[
        "cells"
    ]
    code = [number for number, cell in enumerate(cells) if cell["cell_type"] == "code"]
    for number in code:
        notebook.run(number, wait=False)
        if number == code[3]:
            notebook.output(number).locator(".cnv-badge").wait_for(timeout=60_000)
            notebook.page.screenshot(path=folder / f"{name}-plays.png")
        notebook.wait_until_done(number)
    notebook.page.screenshot(path=folder / f"{name}-done.png")


def all_tests(folder: Path) -> None:
    """Run `pytest` except for tests that need the CLI, Chromium or Node."""
    subprocess.run(["pytest", "-q", "-m", "not cli and not browser"], cwd=ROOT, check=True)


STEPS: dict[str, Callable[[Path], None]] = {
    "nothing": check_isolation,
    "demo": demo_opens,
    "headless": demo_headless,
    "nbval": guides_under_nbval,
    "pictures": pictures,
    "tests": all_tests,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--pictures", action="store_true", help="also take screenshots with Chromium"
    )
    parser.add_argument("--tests", action="store_true", help="also run all tests")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    folder = options.folder.resolve()
    if options.step:
        STEPS[options.step](folder)
        return
    folder.mkdir(parents=True, exist_ok=True)
    venv.create(folder / "venv", with_pip=True, clear=True)
    install(folder, "lab")
    for step in ("nothing", "demo", "headless"):
        without_network(folder, step)
    install(folder, "test")
    for step in (
        "nothing",
        "nbval",
        *(name for name in ("pictures", "tests") if vars(options)[name]),
    ):
        without_network(folder, step)
    print("\nAll steps passed.")


if __name__ == "__main__":
    main()
