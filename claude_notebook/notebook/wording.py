"""Texts about a conversation in a notebook."""

from __future__ import annotations

from ..turns.wording import Wording

NOTEBOOK = Wording(
    own_resumed="Continues this notebook's conversation; --new starts over.",
    requested_resumed="Continues the requested conversation; --new starts over.",
    not_asked="no page is open here. Run the cell in an open notebook.",
    ended="The extension was unloaded. Run %load_ext claude_notebook.",
    rejected_variable="The kernel's environment sets {name}, which takes precedence over every "
    "sign-in, and the service rejects it. Set it to a valid value, or run `%env {name}=` and then "
    "this cell again to sign in.",
)
