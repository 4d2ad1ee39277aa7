"""Secrets that their surroundings announce, for which no row of the tables exists."""

from .search import context_values

__all__ = ["context_values"]
