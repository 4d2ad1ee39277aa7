"""Benchmark of live output of a background turn while the kernel computes, in a real browser.

python tests/benchmarks/bench_busy_kernel.py [SECONDS]

A turn streams 100 deltas a second into its panel in JupyterLab, while another cell computes for
some seconds (6) in one of several ways. The table shows, for each way, the rate of text changes on
the page and the longest time between two changes. The row `nothing` runs without a computation. The
NumPy rows require NumPy. The model runs on this machine too, so the table includes the load; on a
busy machine the figures mean little.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from jupyter import Notebook, browser, jupyter, write_notebook
from playwright.sync_api import Page

from claude_notebook.cli.discovery import find_cli
from claude_notebook.testing import ScriptedAPI, Step, clean_environment, script

COMPUTATIONS = {
    "nothing": "import time; time.sleep({seconds})",
    "while loop": "import time\nend = time.time() + {seconds}\nwhile time.time() < end: pass",
    "numpy products": (
        "import time, numpy as np\na = np.random.rand(1500, 1500)\n"
        "end = time.time() + {seconds}\nwhile time.time() < end: a @ a"
    ),
    "numpy sort": (
        "import time, numpy as np\na = np.random.rand(20_000_000)\n"
        "end = time.time() + {seconds}\nwhile time.time() < end: np.sort(a)"
    ),
    # Holds the interpreter's lock throughout, so no other thread of the process can run.
    "one call that holds the lock": "sum(range({seconds} * 25_000_000))",
}

WATCH = """n => {
    const cell = document.querySelectorAll('.jp-Notebook .jp-Cell')[n];
    const output = cell.querySelector('.jp-OutputArea');
    window.seen = [];
    // The clock below the answer runs in the page, independently of the kernel.
    const elementOf = node => node.closest ? node : node.parentElement;
    const ofTheClock = record => elementOf(record.target)?.closest('.cnv-end');
    new MutationObserver(records => {
        if (!records.every(ofTheClock)) window.seen.push(performance.now());
    }).observe(output, {childList: true, subtree: true, characterData: true});
}"""


def measure(page: Page, address: str, name: str) -> tuple[int, float, float]:
    """Return the number of changes during the computation, the longest gap in ms, and its ms."""
    notebook = Notebook(page, address, name)
    notebook.run(0)
    notebook.run(1)
    notebook.output(1).get_by_text("line 9 of").wait_for(timeout=60_000)
    page.evaluate(WATCH, 1)
    begun = page.evaluate("() => performance.now()")
    notebook.run(2, seconds=120)
    ended = page.evaluate("() => performance.now()")
    seen = [time for time in page.evaluate("() => window.seen") if begun <= time <= ended]
    marks: list[float] = [begun, *seen, ended]
    page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")
    return len(seen), max(b - a for a, b in pairwise(marks)), ended - begun


def chromium() -> str:
    """Return the path of a Chromium."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    return next(path for name in names if (path := shutil.which(name)))


def main(seconds: int) -> None:
    """Measure each computation in turn."""
    words = "\n\n".join(f"This is line {number} of the answer." for number in range(20_000))
    turn = script(Step(words, chunk=10, delay=0.01))
    with tempfile.TemporaryDirectory() as folder, ScriptedAPI(keep=1) as api:
        root = Path(folder, "work")
        root.mkdir()
        env = clean_environment(api.url, Path(folder, "home"))
        env |= {"CLAUDE_CLI_PATH": find_cli().path, "PATH": "/usr/bin:/bin"}
        with jupyter(root, env) as address, browser(chromium()) as opened:
            print(f"{'while it computes':<30} {'changes/s':>10} {'longest gap':>12} {'load':>6}")
            for number, (name, code) in enumerate(COMPUTATIONS.items()):
                if "numpy" in code and find_spec("numpy") is None:
                    continue
                cells = ["%load_ext claude_notebook", f"%%claude --bg\n{turn}"]
                path = f"{number}.ipynb"
                write_notebook(root / path, [*cells, code.format(seconds=seconds)])
                page = opened.new_page()
                changes, gap, time = measure(page, address, path)
                figures = (
                    f"{1000 * changes / time:>10.1f} {gap:>9.0f} ms {os.getloadavg()[0]:>6.1f}"
                )
                print(f"{name:<30} {figures}", flush=True)
                page.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 6)
