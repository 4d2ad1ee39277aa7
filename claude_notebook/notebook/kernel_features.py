"""What kernels can do only since ipykernel 7."""

from __future__ import annotations


def is_recent_kernel() -> bool:
    """Whether a page is heard while a cell runs, and outputs find their cell from any thread.

    Both came with contexts instead of globals for the cell that is meant.
    """
    from IPython.core.getipython import get_ipython

    return hasattr(getattr(get_ipython(), "display_pub", None), "_parent_header")
