"""Session stores: read, edit, summarize, and keep conversations in memory."""
