"""Markdown to HTML: the engine, its rules and limits, and incremental rendering."""
