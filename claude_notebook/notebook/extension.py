"""What `%load_ext claude_notebook` does, and how it is undone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, cast

from .cell import CellTransformer

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load(ipython: object) -> None:
    """Add the magics and the transformer, and start the CLI ahead.

    Loading twice changes nothing.
    """
    from .conversation import NotebookConversation
    from .loop import background
    from .magics import ClaudeMagics
    from .state import ConversationStore, notebook_path

    shell = cast("InteractiveShell", ipython)
    if "ClaudeMagics" in shell.magics_manager.registry:
        return
    notebook = notebook_path(os.environ, shell.user_ns)
    conversation = NotebookConversation(ConversationStore.of(notebook))
    magics = ClaudeMagics(shell, conversation, background, notebook)
    shell.register_magics(magics)
    shell.input_transformers_cleanup.append(CellTransformer(lambda: bool(shell.autoawait)))
    background.call_at_exit(conversation.close)
    if magics.warm:
        background.submit(conversation.warm, magics.launch_settings())


def unload(ipython: object) -> None:
    """Take the magics and the transformer away, and end the CLI."""
    shell = cast("InteractiveShell", ipython)
    magics = shell.magics_manager.registry.pop("ClaudeMagics", None)
    if magics is None:
        return
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("claude", None)
    hooks = shell.input_transformers_cleanup
    hooks[:] = [hook for hook in hooks if not isinstance(hook, CellTransformer)]
    magics.end()
