"""Prepares the CLI's start: validated options, command line, environment, and secret files."""
