"""The CLI's protocol without I/O: lines, messages and control requests."""
