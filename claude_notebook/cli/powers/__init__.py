"""Inspects what a project folder can make the CLI do. No other module decides this."""

from .grants import Grants, find_grants, grants_of
from .inspection import OVERSIZED, find_powers
from .power import Power

__all__ = ["OVERSIZED", "Grants", "Power", "find_grants", "find_powers", "grants_of"]
