"""Whole views as pages, MIME bundles, Markdown, plain text, and terminal output."""
