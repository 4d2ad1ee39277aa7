"""Every reader of foreign text takes time in proportion to its length.

The one place where tests measure time. It is CPU time, the best of several runs, and only what
takes long enough for its exponent to mean something.
"""

from collections.abc import Iterator, Mapping

import pytest
from hold import MEASURED, hold_in_new_process
from measure import growth
from surfaces import SURFACES, Surface
from texts import Generator

SHORT = 16_000
LONG = 128_000
MAX_HOLD_SECONDS = 0.1


def too_steep(read: Surface, texts: Mapping[str, Generator], largest: int) -> Iterator[str]:
    """Yield a line for each text that takes more than linear time."""
    for name, text in texts.items():
        found = growth(read, text, largest)
        if not found.is_linear:
            yield f"{name}: {found.seconds:.2f} s at {found.size:,}, n^{found.exponent:.2f}"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("surface", SURFACES)
def test_surface_time_grows_linearly(surface: str) -> None:
    case = SURFACES[surface]
    assert list(too_steep(case.read, case.quick_texts, SHORT)) == []


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("surface", SURFACES)
def test_surface_time_grows_linearly_for_long_texts(surface: str) -> None:
    case = SURFACES[surface]
    assert list(too_steep(case.read, case.texts, LONG)) == []


@pytest.mark.parametrize("name", MEASURED)
def test_long_text_never_holds_up_other_threads(name: str) -> None:
    # A process of its own: the collector searches this one's heap for longer than the limit.
    assert min(hold_in_new_process(name) for _ in range(3)) < MAX_HOLD_SECONDS
