"""Subcommands of the CLI that run once and return their output."""
