"""The `claude-notebook` command."""
