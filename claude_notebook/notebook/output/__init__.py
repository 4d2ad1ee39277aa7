"""Outputs that show a turn: the live widget, static output, a terminal, or plain text."""
