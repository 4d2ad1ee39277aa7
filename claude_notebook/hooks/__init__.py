"""Hooks: callbacks at certain points of a turn, which use the CLI's own JSON objects.

Their inputs and outputs are defined in `inputs` and `outputs`, which are needed only for
annotations.
"""

from __future__ import annotations

from .types import HookCallback, HookContext, HookEvent, HookMatcher

__all__ = ["HookCallback", "HookContext", "HookEvent", "HookMatcher"]
