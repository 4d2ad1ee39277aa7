"""Claude Code inside Jupyter, and an embedded SDK for its CLI."""
