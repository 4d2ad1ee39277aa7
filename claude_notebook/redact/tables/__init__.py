"""Secrets in the columns of tables."""

from .columns import column_values, open_table

__all__ = ["column_values", "open_table"]
