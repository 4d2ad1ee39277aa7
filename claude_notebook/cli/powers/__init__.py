"""Decides what a folder can make the CLI do; nothing else in the package does."""

from .inspection import find_powers
from .power import Power

__all__ = ["Power", "find_powers"]
