"""Queries that name their credential."""
