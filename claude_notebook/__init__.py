"""Claude Code inside Jupyter, and an embedded SDK for its CLI.

In a notebook::

    %load_ext claude_notebook

    %%claude
    Read data.csv and tell me what is odd about it.

In Python::

    from claude_notebook import query

    async for message in query(prompt="What is 2 + 2?"):
        print(message)

Every public name stands in `__init__.pyi`, and is loaded when it is first used.
"""

from __future__ import annotations

import lazy_loader as _lazy

from ._version import __version__

__getattr__, __dir__, _names = _lazy.attach_stub(__name__, __file__)
__all__ = [*_names, "__version__", "load_ipython_extension", "unload_ipython_extension"]


def load_ipython_extension(ipython: object) -> None:
    """`%load_ext claude_notebook`: adds `%claude` and `%%claude`, and starts the CLI ahead."""
    from .notebook.extension import load

    load(ipython)


def unload_ipython_extension(ipython: object) -> None:
    """`%unload_ext claude_notebook`: takes the magics away and ends the CLI."""
    from .notebook.extension import unload

    unload(ipython)
