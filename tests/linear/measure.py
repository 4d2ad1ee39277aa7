"""CPU time of a surface at doubled sizes, and the exponent between the last two.

python tests/linear/measure.py [SURFACE ...]            prints the slowest generators
python tests/linear/measure.py --steep [SURFACE ...]    prints only those steeper than linear
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parent)]

import argparse
import gc
import math
import subprocess
from collections.abc import Iterator

from surfaces import SURFACES, Surface
from texts import Generator

SMALLEST = 4_000
LARGEST = 64_000
WORTH_SECONDS = 0.3
"""Below this, a largest size is too fast for its exponent to mean anything."""

MAX_EXPONENT = 1.5
ATTEMPTS = 8
"""A steep growth is measured again: a busy machine also makes CPU time longer."""


@dataclass(frozen=True)
class Growth:
    """CPU seconds at a size, and at half of it."""

    size: int
    seconds: float
    half_seconds: float

    @property
    def exponent(self) -> float:
        """The power of the size with which the time grows."""
        return math.log2(max(self.seconds, 1e-6) / max(self.half_seconds, 1e-6))

    @property
    def is_linear(self) -> bool:
        """True if the time grows no faster than the limit, or is too short to matter."""
        return self.seconds <= WORTH_SECONDS or self.exponent <= MAX_EXPONENT


def cpu_seconds(read: Surface, text: str, repeats: int = 1) -> float:
    """Return the best CPU time of several runs."""
    best = math.inf
    for _ in range(repeats):
        began = time.process_time()
        read(text)
        best = min(best, time.process_time() - began)
    return best


def growth(read: Surface, text: Generator, largest: int = LARGEST) -> Growth:
    """Double the size until it takes long enough; repeat what looks worse than linear."""
    size, before = SMALLEST, cpu_seconds(read, text(SMALLEST))
    while size < largest and before <= WORTH_SECONDS:
        size *= 2
        half, before = before, cpu_seconds(read, text(size))
    else:
        half = half if size > SMALLEST else cpu_seconds(read, text(size // 2))
    found = Growth(size, before, half)
    for _ in range(ATTEMPTS):
        if found.is_linear:
            break
        gc.collect()
        found = Growth(size, *(cpu_seconds(read, text(n), 3) for n in (size, size // 2)))
    return found


def measured(surfaces: list[str], largest: int, quick: bool) -> Iterator[tuple[Growth, str]]:
    """Measure every generator of the surfaces."""
    for surface in surfaces:
        case = SURFACES[surface]
        for name, text in (case.quick_texts if quick else case.texts).items():
            yield growth(case.read, text, largest), f"{surface}: {name}"


def line_of(found: Growth, name: str) -> str:
    """Return one line of the report."""
    mark = " " if found.is_linear else "!"
    return f"{mark} {found.seconds:7.2f} s {found.size:8,} n^{found.exponent:4.2f} {name}\n"


def steep_in_new_process(surface: str, largest: int, *, quick: bool) -> str:
    """Return a line for each steep generator, measured in a process of its own.

    In a long test run, the collector searches a large heap and coverage counts every line; both
    make the exponent meaningless.
    """
    command = [sys.executable, __file__, surface, "--steep", "--largest", str(largest)]
    result = subprocess.run(
        [*command, *(["--quick"] if quick else [])], capture_output=True, text=True, check=True
    )
    return result.stdout


def main() -> None:
    """Print the slowest generators."""
    parser = argparse.ArgumentParser(description="How the time of each surface grows.")
    parser.add_argument("surfaces", nargs="*", default=list(SURFACES))
    parser.add_argument("--largest", type=int, default=LARGEST)
    parser.add_argument("--top", type=int, default=10)
    parser.add_argument("--quick", action="store_true", help="only the texts of a quick run")
    parser.add_argument("--steep", action="store_true", help="print only what grows too fast")
    options = parser.parse_args()
    gc.freeze()
    found = list(measured(options.surfaces, options.largest, options.quick))
    found.sort(key=lambda one: (one[0].is_linear, -one[0].seconds / one[0].size))
    shown = (
        [one for one in found if not one[0].is_linear] if options.steep else found[: options.top]
    )
    sys.stdout.writelines(line_of(*one) for one in shown)


if __name__ == "__main__":
    main()
