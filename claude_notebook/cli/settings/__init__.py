"""Claude Code's settings files: their locations, JSON with comments, and `config()`."""
