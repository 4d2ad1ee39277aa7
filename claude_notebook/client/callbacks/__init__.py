"""Answers to control requests of the CLI: permissions, hooks, elicitations, and tools."""
