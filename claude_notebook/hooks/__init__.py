"""Hooks: callbacks at fixed points of a turn, with the CLI's own JSON objects.

Their inputs and outputs are defined in `inputs` and `outputs`, which only annotations need.
"""

from __future__ import annotations

from .types import HookCallback, HookContext, HookEvent, HookMatcher

__all__ = ["HookCallback", "HookContext", "HookEvent", "HookMatcher"]
