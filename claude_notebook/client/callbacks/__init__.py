"""Answers to the CLI's control requests: permissions, hooks, elicitations, and tools."""
