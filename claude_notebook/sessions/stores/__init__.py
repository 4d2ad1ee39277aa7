"""Session stores: read, edit and summarize stored conversations, or keep them in memory."""
