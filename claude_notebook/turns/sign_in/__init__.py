"""Signing in from a cell."""
