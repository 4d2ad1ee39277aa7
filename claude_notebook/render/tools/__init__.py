"""Titles and pieces of tool calls: one builder per tool."""
