"""Claude Code's settings files: their places, their JSON with comments, and `config()`."""
