"""Panels for tool calls, one table entry per tool."""
