"""Inspection of what a project folder can make the CLI do. The only module that decides this."""

from .inspection import OVERSIZED, find_powers
from .power import Power

__all__ = ["OVERSIZED", "Power", "find_powers"]
