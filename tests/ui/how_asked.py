"""Report the ways to answer a question with the installed ipykernel: a click, a prompt, or none.

    python tests/ui/how_asked.py [jupyterlab | notebook]

Prints one line each for a turn in its cell, a background turn, and a background turn while another
cell computes. `tests/kernel_matrix.py` runs it for several releases.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

import answering
from answering import Sheet, Turn

from claude_notebook.cli.discovery import find_cli
from claude_notebook.testing import Use, script

SECONDS = 30
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"


def allow(turn: Turn, made: Path) -> str:
    """Allow the tool by any available means, and return the means."""
    button = turn.output.get_by_role("button", name="Allow once")
    prompt = turn.output.locator(".jp-Stdin-input")
    deadline, clicked = time.monotonic() + SECONDS, 0.0
    while time.monotonic() < deadline:
        if made.exists():
            return "click" if clicked else "without an answer"
        if prompt.count():
            prompt.first.fill("a")
            prompt.first.press("Enter")
            return "prompt" if _appears(made, deadline) else "the prompt had no effect"
        if not clicked and button.count() and button.first.is_enabled():
            button.first.click()
            clicked = time.monotonic()
        turn.opened.page.wait_for_timeout(50)
    return "the click had no effect" if clicked else "no button"


def _appears(made: Path, deadline: float) -> bool:
    while not made.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    return made.exists()


def main() -> None:
    app = sys.argv[1] if len(sys.argv) > 1 else "jupyterlab"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with answering.desk(app, CHROMIUM, find_cli().path, folder) as desk:
            sheet = Sheet(desk, "asked.ipynb")

            def turn(flags: str, made: Path) -> Turn:
                use = Use("Bash", {"command": f"touch {made}"})
                return sheet.ask(f"%%claude --new {flags}\n{script(use, 'Done.')}")

            files = [desk.root / f"made-{number}" for number in range(3)]
            print(f"  in its cell: {allow(turn('', files[0]), files[0])}", flush=True)
            print(f"  background: {allow(turn('--bg', files[1]), files[1])}", flush=True)
            last = turn("--bg", files[2])
            sheet.ask(f"import os\nwhile not os.path.exists({str(files[2])!r}): pass")
            print(f"  while it computes: {allow(last, files[2])}", flush=True)


if __name__ == "__main__":
    main()
