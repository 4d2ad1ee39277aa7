"""Claude Code's settings files: locations, JSON with comments, and `config()`."""
