"""Everything that the README promises without network, login, Node or Claude Code, in a fresh venv.

    python tests/offline.py FOLDER [--pictures] [--tests]

Installs this checkout into FOLDER/venv as the README says, which needs the package index, and takes
the CLI's binary away. The rest happens in a network namespace that has loopback only, without
`claude` and `node` on the PATH and with a new home: the demo in JupyterLab, `demo --execute` and
`--html`, and the guides under nbval, in earnest and twice. With --pictures the demo plays in
Chromium, and FOLDER gets pictures of it; with --tests all tests run, less those that need what is
missing. Linux only. The exit code is 0 if all of it went well.
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
    """This checkout with an extra, less the CLI's binary."""
    pip = (str(folder / "venv" / "bin" / "python"), "-m", "pip", "-q")
    subprocess.run([*pip, "install", f"{ROOT}[{extra}]"], check=True)
    subprocess.run([*pip, "uninstall", "-y", "claude-agent-sdk"], check=True)


def environment(folder: Path) -> dict[str, str]:
    """A new home, and all programs of this machine but those that must not be needed."""
    tools = folder / "tools"
    tools.mkdir(exist_ok=True)
    for place in (Path("/bin"), Path("/usr/bin")):
        for program in place.iterdir():
            link = tools / program.name
            if program.name not in MISSING and not link.is_symlink():
                link.symlink_to(program)
    home = folder / "home"
    home.mkdir(exist_ok=True)
    path = f"{folder / 'venv' / 'bin'}:{tools}"
    return {"PATH": path, "HOME": str(home), "LANG": "C.UTF-8"}


def without_network(folder: Path, step: str) -> None:
    """Do a step of `STEPS` in a namespace of its own."""
    print(f"\n===== {step} =====", flush=True)
    python = str(folder / "venv" / "bin" / "python")
    leave = (python, str(TESTS / "support" / "no_network.py"))
    command = [*leave, python, str(TESTS / "offline.py"), str(folder), "--step", step]
    subprocess.run(command, env=environment(folder), cwd=folder, check=True)


# --- without --------------------------------------------------------------------------------------


def nothing_is_there(folder: Path) -> None:
    """That what must be missing is missing."""
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
    """The demo in JupyterLab; gives its address."""
    guides = folder / "demo"
    shutil.rmtree(guides, ignore_errors=True)
    jupyter = ("--no-browser", "--port=0", "--allow-root", "--dir", str(guides), "--", *options)
    command = ["claude-notebook", "demo", *jupyter]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    log = folder / "jupyter.log"
    try:
        assert process.stdout is not None
        told = ""
        while not (found := re.search(r"(http://127\.0\.0\.1:\d+)/lab/tree/(\S+)\s", told)):
            line = process.stdout.readline()
            assert line, told
            told += line
        print(told.partition("[I ")[0])
        with log.open("w") as rest:
            copy = subprocess.Popen(["cat"], stdin=process.stdout, stdout=rest)
            yield found[1]
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0
            copy.wait(10)
    finally:
        process.kill()


def demo_opens(folder: Path) -> None:
    """`claude-notebook demo`: JupyterLab comes up with the guides, and ends on Ctrl-C."""
    with demo(folder, "--IdentityProvider.token=") as address:
        until = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"{address}/api/contents", timeout=30) as answer:
                    listed = json.load(answer)["content"]
                break
            except OSError:
                assert time.monotonic() < until, "nobody listens"
                time.sleep(0.1)
        with urllib.request.urlopen(f"{address}/lab", timeout=30) as page:
            assert b"JupyterLab" in page.read()
        print(len([one for one in listed if one["type"] == "notebook"]), "guides in JupyterLab")


def demo_headless(folder: Path) -> None:
    """`claude-notebook demo --execute` and `--html`, of one guide and of all."""
    for out in ("one.ipynb", "all"):
        command = ["claude-notebook", "demo", "--execute", out]
        subprocess.run([*command, "--html", out.replace(".ipynb", ".html")], check=True)
    pages = sorted((folder / "all").glob("*.html"))
    assert len(pages) == len(list((folder / "all").glob("*.ipynb"))) >= 9
    said = [page.read_text(encoding="utf-8") for page in (folder / "one.html", pages[0])]
    assert all("1250 croissants" in text for text in said)


def guides_under_nbval(folder: Path) -> None:
    """`pytest --nbval notebooks/`, twice."""
    command = ["pytest", "--nbval", "notebooks/", "-q", "--color=no", "-p", "no:cacheprovider"]
    for _ in range(2):
        subprocess.run(command, cwd=ROOT, check=True)


def pictures(folder: Path) -> None:
    """The first guides in Chromium: while an answer comes, and when all have come."""
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
    """`pytest`, less what needs the CLI, Chromium or Node."""
    subprocess.run(["pytest", "-q", "-m", "not cli and not browser"], cwd=ROOT, check=True)


STEPS: dict[str, Callable[[Path], None]] = {
    "nothing": nothing_is_there,
    "demo": demo_opens,
    "headless": demo_headless,
    "nbval": guides_under_nbval,
    "pictures": pictures,
    "tests": all_tests,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", action="store_true", help="also pictures, with Chromium")
    parser.add_argument("--tests", action="store_true", help="also all tests")
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
    for step in ("nothing", "nbval", *(one for one in ("pictures", "tests") if vars(options)[one])):
        without_network(folder, step)
    print("\nAll of it went well.")


if __name__ == "__main__":
    main()
