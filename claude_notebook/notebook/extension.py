"""Loads and unloads the IPython extension."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, cast

from .magics.cell_transformer import CellTransformer
from .output.message_reprs import add_printers, remove_printers

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load(ipython: object) -> None:
    """Add the magics and the input transformer, and start the CLI in advance.

    Loading the extension twice has no effect.
    """
    from ..turns.background_loop import background
    from ..turns.live_conversation import LiveConversation
    from ..turns.state import ConversationStore
    from .magics.completion import add_completer
    from .magics.magics import ClaudeMagics
    from .notebook_path import notebook_path
    from .wording import NOTEBOOK

    shell = cast("InteractiveShell", ipython)
    if "ClaudeMagics" in shell.magics_manager.registry:
        return
    notebook = notebook_path(os.environ, shell.user_ns)
    conversation = LiveConversation(ConversationStore.of(notebook), NOTEBOOK)
    magics = ClaudeMagics(shell, conversation, background, notebook)
    shell.register_magics(magics)
    shell.input_transformers_cleanup.insert(0, CellTransformer(lambda: bool(shell.autoawait)))
    add_completer(shell, magics.context)
    background.call_at_exit(magics.jobs.end)
    add_printers(shell)
    background.call_at_exit(conversation.end)
    if magics.warm:
        background.submit(conversation.warm, magics.launch_settings())
        background.post(_import_answer_modules)


def _import_answer_modules() -> None:
    """Import the modules needed for the first answer while the CLI is starting."""
    from ..recording import log_writer  # noqa: F401  in advance
    from ..render.output import page, text  # noqa: F401  in advance
    from ..render.view import reducer  # noqa: F401  in advance
    from .output import widget  # noqa: F401  in advance


def unload(ipython: object) -> None:
    """Remove the magics and the input transformer, and stop the CLI."""
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
