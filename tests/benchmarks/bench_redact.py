"""Speed of redaction in MB/s, beside that of an earlier commit.

python tests/benchmarks/bench_redact.py [COMMIT]

Recordings are read as the recorder and the turn log read them: line by line. Sources are those of
Python's standard library, notebooks those of this project. Both versions take turns within one
run, so that other load on the machine affects both; the figures are medians of CPU time.
"""

from __future__ import annotations

import importlib.util
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from claude_notebook.redact import redact

ROOT = Path(__file__).parents[2]
ROUNDS = 7
_EARLIER = "bea93c9"
_SIZE = 2_000_000

Redact = Callable[[str], str]


def redact_of(commit: str) -> Redact:
    """Return the function `redact` of a commit in which it is one module."""
    command = ["git", "-C", str(ROOT), "show", f"{commit}:claude_notebook/redact.py"]
    source = subprocess.run(command, capture_output=True, check=True).stdout
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "earlier_redact.py")
        path.write_bytes(source)
        spec = importlib.util.spec_from_file_location(path.stem, path)
        if spec is None or spec.loader is None:
            raise ImportError(path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[path.stem] = module
        spec.loader.exec_module(module)
    function: Redact = module.redact
    return function


def _read(paths: list[Path]) -> list[str]:
    texts, size = [], 0
    for path in paths:
        texts.append(path.read_text(encoding="utf-8", errors="replace"))
        size += len(texts[-1])
        if size > _SIZE:
            break
    return texts


def corpora() -> dict[str, list[str]]:
    """Return the texts by the name of their kind."""
    recordings = _read(sorted((ROOT / "tests" / "cassettes").glob("*.jsonl")))
    return {
        "recording lines": [line for text in recordings for line in text.splitlines()],
        "whole recordings": recordings,
        "sources": _read(sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))),
        "notebooks": _read(sorted((ROOT / "notebooks").rglob("*.ipynb"))),
    }


def seconds(function: Redact, texts: list[str]) -> float:
    """Return the CPU time to redact some texts."""
    began = time.process_time()
    for text in texts:
        function(text)
    return time.process_time() - began


def main() -> None:
    """Print a line for each kind of text."""
    earlier = redact_of(sys.argv[1] if len(sys.argv) > 1 else _EARLIER)
    for name, texts in corpora().items():
        size = sum(map(len, texts)) / 1e6
        times: tuple[list[float], list[float]] = [], []
        for _ in range(ROUNDS):
            for function, found in zip((earlier, redact), times, strict=True):
                found.append(seconds(function, texts))
        before, now = map(statistics.median, times)
        sys.stdout.write(
            f"{name:18} {size:5.2f} MB   before {size / before:6.1f} MB/s"
            f"   now {size / now:6.1f} MB/s   ratio {before / now:.2f}\n"
        )


if __name__ == "__main__":
    main()
