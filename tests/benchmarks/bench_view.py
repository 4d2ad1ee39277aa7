"""Cost of a streamed answer in JupyterLab, with a real browser and kernel, and other packages.

python tests/benchmarks/bench_view.py [--kb 10 100 1000] [--repeat 3] [--peers PYTHON]

An answer arrives in the kernel at 100 pieces per second, each of 50 characters, or 150 above 500 KB
(`--chars` sets one size for all). The table has the minimum CPU time of the kernel, the medians of
the other figures, and the load of the machine:

- CPU s: CPU time of the kernel's process, including the saved form; the row "no_view" is the cost
  of receiving the pieces without a display
- MB: traffic of the page's WebSockets; "live" excludes the saved form
- lag ms: time from the due time of a piece in the kernel until its text is in the DOM; median, p95
- long: number, sum and maximum (ms) of page tasks of more than 50 ms; "live" is the sum of those
  that started before the last piece was due
- page s: busy time of the page's main thread

A short answer in a first cell excludes one-time work of a kernel and a page: imports, lexers, and
the libraries for formulas and diagrams.

`--peers` names the interpreter of an environment with jupyter-cc, chatlas, ipykernel, anywidget
and psutil, whose display code then receives the same pieces. A run stops after `--patience`
seconds; "shown" is the share of the answer on the page at that time.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

from bench_markdown import answer  # noqa: E402  (found by the line above)
from jupyter import Notebook, browser, jupyter, write_notebook  # noqa: E402
from playwright.sync_api import (  # noqa: E402
    Browser,
    BrowserContext,
    Page,
    TimeoutError,  # noqa: A004
    WebSocket,
)

RATE = 100.0
MARK_EVERY = 10
OURS, PEERS = "python3", "peers"
FEEDERS = {"no_view": OURS, "ours": OURS, "chatlas": PEERS, "jupyter_cc": PEERS}

WATCH = """() => {
    const seen = {}, long = [];
    const look = text => {
        for (const [, n] of (text ?? "").matchAll(/zq(\\d+)q/g)) seen[n] ??= Date.now();
    };
    const mutations = new MutationObserver(records => {
        for (const record of records) {
            if (record.type === "characterData") look(record.target.data);
            for (const node of record.addedNodes) look(node.textContent);
        }
    });
    const all = { subtree: true, childList: true, characterData: true };
    mutations.observe(document.querySelector(".jp-Notebook"), all);
    new PerformanceObserver(list => {
        for (const entry of list.getEntries())
            long.push([performance.timeOrigin + entry.startTime, entry.duration]);
    }).observe({ type: "longtask" });
    window.watched = { seen, long };
}"""

SCROLL = """async () => {
    const box = document.querySelector(".jp-WindowedPanel-outer");
    const gaps = [];
    let before = await new Promise(requestAnimationFrame);
    for (let n = 0; n < 240; n++) {
        box.scrollTop = (n / 240) * box.scrollHeight;
        const now = await new Promise(requestAnimationFrame);
        gaps.push(now - before);
        before = now;
    }
    return gaps;
}"""


class Overrun(Exception):
    """The page did not finish in time; `args` holds the elapsed seconds."""


@dataclass
class Run:
    """Figures of one stream into one view."""

    cpu: float
    seconds: float
    megabytes: float
    live_megabytes: float
    lags: list[float]
    long: list[float]
    live_long: list[float]
    task_seconds: float
    shown: float
    load: float
    gaps: list[float] = field(default_factory=list)


def pieces_of(text: str, chars: int) -> list[str]:
    """Split the answer into pieces; every tenth holds a marker for the page."""
    pieces = [text[i : i + chars] for i in range(0, len(text), chars)]
    for number in range(0, len(pieces), MARK_EVERY):
        pieces[number] = re.sub(r"(?=\s)|$", f" zq{number}q", pieces[number], count=1)
    return pieces


def received(page: Page) -> list[tuple[float, int]]:
    """Return a list that collects the time and size of each WebSocket frame."""
    sizes: list[tuple[float, int]] = []

    def watch(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: sizes.append((time.time(), len(frame))))

    page.on("websocket", watch)
    return sizes


class ViewBench:
    """Measures runs on one server and browser, each with a new kernel and page."""

    def __init__(self, root: Path, address: str, opened: Browser, patience: float) -> None:
        self._root, self._address, self._opened = root, address, opened
        self._patience = patience
        self._count = 0

    def run(self, feeder: str, pieces: list[str], *, kernel: str = OURS, rate: float = RATE) -> Run:
        """Feed `pieces` into a new notebook."""
        self._count += 1
        name = f"run-{self._count}"
        (self._root / f"{name}.json").write_text(json.dumps(pieces), encoding="utf-8")
        arguments = f"view_feeders.{feeder}, {name!r}, {rate}, {self._patience}"
        load = f"import sys; sys.path.insert(0, {str(HERE)!r}); import view_feeders"
        path = self._root / f"{name}.ipynb"
        cells = [f"{load}\nawait view_feeders.warm_up(view_feeders.{feeder})"]
        write_notebook(path, [*cells, f"await view_feeders.measure({arguments})"])
        if kernel != OURS:
            path.write_text(path.read_text().replace(f'"{OURS}"', f'"{kernel}"'))
        context = self._opened.new_context(viewport={"width": 1200, "height": 900})
        try:
            page = context.new_page()
            sizes = received(page)
            notebook = Notebook(page, self._address, path.name)
            notebook.run(0)
            return self._watched(notebook, sizes, name)
        finally:
            # An unfinished run must not disturb the next one.
            self._end_kernels(context)
            context.close()

    def _end_kernels(self, context: BrowserContext) -> None:
        cookies = {cookie["name"]: cookie["value"] for cookie in context.cookies()}
        kernels = f"{self._address}/api/kernels"
        for kernel in context.request.get(kernels).json():
            headers = {"X-XSRFToken": cookies["_xsrf"]}
            context.request.delete(f"{kernels}/{kernel['id']}", headers=headers)

    def _watched(self, notebook: Notebook, sizes: list[tuple[float, int]], name: str) -> Run:
        page = notebook.page
        metrics = page.context.new_cdp_session(page)
        metrics.send("Performance.enable")
        page.evaluate(WATCH)
        sizes.clear()
        before, began = _task_seconds(metrics), time.time()
        try:
            notebook.run(1, seconds=self._patience * 2 + 30)
        except TimeoutError as error:
            raise Overrun(time.time() - began) from error
        task_seconds = _task_seconds(metrics) - before
        result = json.loads((self._root / f"{name}.result.json").read_text())
        watched = page.evaluate("window.watched")
        last = result["due"][-1]
        seen = {int(number): at for number, at in watched["seen"].items()}
        lags = [at - 1000 * result["due"][n] for n, at in seen.items() if n < len(result["due"])]
        return Run(
            cpu=result["cpu"],
            seconds=result["seconds"],
            megabytes=sum(size for _, size in sizes) / 1e6,
            live_megabytes=sum(size for at, size in sizes if at < last) / 1e6,
            lags=lags or [float("nan")],
            long=[lasted for _, lasted in watched["long"]],
            live_long=[lasted for at, lasted in watched["long"] if at < 1000 * last],
            task_seconds=task_seconds,
            shown=len(lags) / max(1, len(range(0, result["pieces"], MARK_EVERY))),
            load=os.getloadavg()[0],
            gaps=page.evaluate(SCROLL),
        )


def _task_seconds(metrics) -> float:
    values = metrics.send("Performance.getMetrics")["metrics"]
    return next(item["value"] for item in values if item["name"] == "TaskDuration")


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which the given share of values lies."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


HEAD = (
    f"{'':>12} {'KB':>5} {'CPU s':>7} {'MB':>7} {'live':>7} {'lag ms':>8} {'p95':>7} "
    f"{'long':>5} {'sum':>7} {'live':>6} {'max':>5} {'page s':>7} {'wall s':>7} {'shown':>6}  load"
)


def row(name: str, kilobytes: float, runs: Sequence[Run]) -> str:
    """Format the runs as a table row."""

    def median(values: Iterator[float]) -> float:
        return statistics.median(values)

    cells = [
        f"{name:>12} {kilobytes:5.0f} {min(run.cpu for run in runs):7.2f}",
        f"{median(run.megabytes for run in runs):7.2f}",
        f"{median(run.live_megabytes for run in runs):7.2f}",
        f"{median(percentile(run.lags, 0.5) for run in runs):8.0f}",
        f"{median(percentile(run.lags, 0.95) for run in runs):7.0f}",
        f"{median(len(run.long) for run in runs):5.0f}",
        f"{median(sum(run.long) for run in runs):7.0f}",
        f"{median(sum(run.live_long) for run in runs):6.0f}",
        f"{median(max(run.long, default=0) for run in runs):5.0f}",
        f"{median(run.task_seconds for run in runs):7.1f}",
        f"{median(run.seconds for run in runs):7.1f}",
        f"{median(run.shown for run in runs):6.0%} ",
        ", ".join(f"{run.load:.1f}" for run in runs),
    ]
    return " ".join(cells)


def text_rows(bench: ViewBench, options: argparse.Namespace) -> None:
    """Stream text of each size into each view, and print a row for each."""
    print(HEAD)
    for kilobytes in options.kb:
        text = answer(int(kilobytes * 1000))
        pieces = pieces_of(text, options.chars or (150 if kilobytes > 500 else 50))
        for name in options.views:
            repeat = options.repeat if name == "ours" else 1
            try:
                runs = [bench.run(name, pieces, kernel=FEEDERS[name]) for _ in range(repeat)]
            except Overrun as overrun:
                late = overrun.args[0]
                print(f"{name:>12} {kilobytes:5.0f} the page did not finish within {late:.0f} s")
                continue
            print(row(name, kilobytes, runs), flush=True)


def tool_rows(bench: ViewBench, count: int) -> None:
    """Show panels of tools, scroll through them, and print the cost."""
    result = "\n".join(f"{n}: some line of a typical tool result" for n in range(8))
    run = bench.run("our_tools", [f"zq{n}q {result}" for n in range(count)])
    print(
        f"\n{count} panels of tools, each: {1000 * run.cpu / count:.2f} ms CPU of the kernel and "
        f"{1000 * run.task_seconds / count:.2f} ms of the page's main thread; "
        f"{run.megabytes:.1f} MB; long tasks: {len(run.long)}, {sum(run.long):.0f} ms in total, "
        f"longest {max(run.long, default=0):.0f}; frames while scrolling: median "
        f"{percentile(run.gaps, 0.5):.0f} ms, p95 {percentile(run.gaps, 0.95):.0f}, longest "
        f"{max(run.gaps):.0f}; load {run.load:.1f}"
    )


def register_kernel(python: str, folder: Path) -> None:
    """Register the peers' environment as a Jupyter kernel."""
    target = folder / "kernels" / PEERS
    target.mkdir(parents=True)
    command = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": command, "display_name": PEERS, "language": "python"}
    (target / "kernel.json").write_text(json.dumps(spec))


def parse_options() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description="Measure the cost of a streamed answer in JupyterLab."
    )
    parser.add_argument("--kb", type=float, nargs="*", default=[10, 100, 1000])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--chars", type=int, default=0)
    parser.add_argument("--tools", type=int, default=1000)
    parser.add_argument("--patience", type=float, default=120)
    parser.add_argument("--peers", metavar="PYTHON")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--views", nargs="*", choices=FEEDERS)
    options = parser.parse_args()
    options.views = options.views or list(FEEDERS)[: None if options.peers else 2]
    return options


def main() -> None:
    """Run the benchmark and print the table."""
    options = parse_options()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        root = folder / "notebooks"
        root.mkdir()
        if options.peers:
            register_kernel(options.peers, folder / "jupyter-data")
        env = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        address = stack.enter_context(jupyter(root, {**env, "HOME": str(folder)}))
        opened = stack.enter_context(browser(options.chromium))
        bench = ViewBench(root, address, opened, options.patience)
        text_rows(bench, options)
        if options.tools:
            tool_rows(bench, options.tools)


if __name__ == "__main__":
    main()
