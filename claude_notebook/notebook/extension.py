"""What `%load_ext claude_notebook` does, and how it is undone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, cast

from .magics.cell_transformer import CellTransformer
from .output.message_reprs import add_printers, remove_printers

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load(ipython: object) -> None:
    """Add the magics and the transformer, and start the CLI ahead.

    Loading twice changes nothing.
    """
    from ..turns.background_loop import background
    from ..turns.live_conversation import NotebookConversation
    from ..turns.state import ConversationStore
    from .magics.completion import add_completer
    from .magics.magics import ClaudeMagics
    from .notebook_path import notebook_path

    shell = cast("InteractiveShell", ipython)
    if "ClaudeMagics" in shell.magics_manager.registry:
        return
    notebook = notebook_path(os.environ, shell.user_ns)
    conversation = NotebookConversation(ConversationStore.of(notebook))
    magics = ClaudeMagics(shell, conversation, background, notebook)
    shell.register_magics(magics)
    shell.input_transformers_cleanup.insert(0, CellTransformer(lambda: bool(shell.autoawait)))
    add_completer(shell, magics.desk, ClaudeMagics.claude.parser._option_string_actions)
    background.call_at_exit(magics.jobs.end)
    add_printers(shell)
    background.call_at_exit(conversation.end)
    if magics.warm:
        background.submit(conversation.warm, magics.launch_settings())
        background.post(_import_the_rest)


def _import_the_rest() -> None:
    """Import the modules of the first answer while the CLI starts, not when the answer comes."""
    from ..recording import log_writer  # noqa: F401  imported for later
    from ..render.output import page, text  # noqa: F401
    from ..render.view import reducer  # noqa: F401
    from .output import widget  # noqa: F401


def unload(ipython: object) -> None:
    """Take the magics and the transformer away, and end the CLI."""
    from .magics.completion import remove_completer

    shell = cast("InteractiveShell", ipython)
    magics = shell.magics_manager.registry.pop("ClaudeMagics", None)
    if magics is None:
        return
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("claude", None)
    hooks = shell.input_transformers_cleanup
    hooks[:] = [hook for hook in hooks if not isinstance(hook, CellTransformer)]
    remove_printers(shell)
    remove_completer(shell)
    magics.end()
