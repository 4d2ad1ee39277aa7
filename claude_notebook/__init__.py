"""Claude Code inside Jupyter, with an embedded SDK for its CLI.

In a notebook::

    %load_ext claude_notebook

    %%claude
    Read data.csv and point out odd values.

In Python::

    from claude_notebook import query

    async for message in query(prompt="Add 2 and 2."):
        print(message)

`__init__.pyi` lists all public names, which are loaded on first use.
"""

from __future__ import annotations

from collections.abc import Sequence as _Sequence

import lazy_loader as _lazy

from . import displayable as _displayable
from ._version import __version__

__getattr__, __dir__, _names = _lazy.attach_stub(__name__, __file__)
__all__ = [*_names, "__version__", "load_ipython_extension", "unload_ipython_extension"]


def _bundle(messages: _Sequence[_displayable.Displayable]) -> _displayable.Bundle | None:
    """Render messages for IPython. The renderer is imported for the first message."""
    from .render.output.arguments import messages_from
    from .render.output.mime_bundle import messages_bundle

    return messages_bundle(messages_from(messages))


_displayable.set_display_hook(_bundle)


def load_ipython_extension(ipython: object) -> None:
    """Handle `%load_ext claude_notebook`: add `%claude` and `%%claude`, and start the CLI."""
    from .notebook.extension import load

    load(ipython)


def unload_ipython_extension(ipython: object) -> None:
    """Handle `%unload_ext claude_notebook`: remove the magics and stop the CLI."""
    from .notebook.extension import unload

    unload(ipython)
