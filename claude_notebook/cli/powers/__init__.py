"""Decides what a folder can make the CLI do; nothing else in the package does."""

from .inspection import OVERSIZED, find_powers
from .power import Power

__all__ = ["OVERSIZED", "Power", "find_powers"]
