"""The `%claude` line magic, the `%%claude` cell magic, and their commands."""
