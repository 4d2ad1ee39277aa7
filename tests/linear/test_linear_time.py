"""All parsers of untrusted text run in linear time.

The one place where tests measure time. It is CPU time, the best of several runs, in a process of
its own, and only what takes long enough for its exponent to mean something.
"""

import pytest
from hold import MEASURED, hold_in_new_process
from measure import steep_in_new_process
from surfaces import SURFACES

SHORT = 16_000
LONG = 128_000
MAX_HOLD_SECONDS = 0.1


@pytest.mark.timeout(600)
@pytest.mark.parametrize("surface", SURFACES)
def test_surface_time_grows_linearly(surface: str) -> None:
    assert steep_in_new_process(surface, SHORT, quick=True) == ""


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("surface", SURFACES)
def test_surface_time_grows_linearly_for_long_texts(surface: str) -> None:
    assert steep_in_new_process(surface, LONG, quick=False) == ""


@pytest.mark.parametrize("name", MEASURED)
def test_long_text_never_holds_up_other_threads(name: str) -> None:
    assert min(hold_in_new_process(name) for _ in range(3)) < MAX_HOLD_SECONDS
