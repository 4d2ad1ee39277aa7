"""Features that are available in kernels since ipykernel 7."""

from __future__ import annotations


def is_recent_kernel() -> bool:
    """Return whether the kernel receives page messages while a cell is running.

    In such a kernel, outputs also reach their cell from any thread. Both came with ipykernel 7,
    which tracks the current cell in context variables instead of globals.
    """
    from IPython.core.getipython import get_ipython

    return hasattr(getattr(get_ipython(), "display_pub", None), "_parent_header")
