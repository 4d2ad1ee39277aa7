"""HTML fragments: Markdown, code, diffs, ANSI colors, and the sanitizer."""
