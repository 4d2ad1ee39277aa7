"""Titles and pieces for tool calls, with one builder per tool."""
