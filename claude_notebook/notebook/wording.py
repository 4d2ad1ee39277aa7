"""Texts about a conversation in a notebook."""

from __future__ import annotations

from ..turns.wording import Wording

NOTEBOOK = Wording(
    own_resumed="Continues this notebook's conversation; --new starts over.",
    requested_resumed="Continues the requested conversation; --new starts over.",
    not_asked="no page is open here. Run the cell in an open notebook.",
    ended="The extension was unloaded. Run %load_ext claude_notebook.",
)
