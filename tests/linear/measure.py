"""CPU time of a surface at doubled sizes, and the exponent between the last two.

python tests/linear/measure.py [SURFACE ...]    prints the slowest generators of each surface
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


def main() -> None:
    """Print the slowest generators."""
    parser = argparse.ArgumentParser(description="How the time of each surface grows.")
    parser.add_argument("surfaces", nargs="*", default=list(SURFACES))
    parser.add_argument("--largest", type=int, default=LARGEST)
    parser.add_argument("--top", type=int, default=10)
    wanted = parser.parse_args()
    found = [
        (growth(case.read, text, wanted.largest), surface, name)
        for surface, case in SURFACES.items()
        if surface in wanted.surfaces
        for name, text in case.texts.items()
    ]
    found.sort(key=lambda one: (one[0].is_linear, -one[0].seconds / one[0].size))
    for one, surface, name in found[: wanted.top]:
        mark = " " if one.is_linear else "!"
        sys.stdout.write(
            f"{mark} {one.seconds:7.2f} s {one.size:8,} n^{one.exponent:4.2f} {surface}: {name}\n"
        )


if __name__ == "__main__":
    main()
