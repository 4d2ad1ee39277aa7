"""The CLI's protocol without any I/O: lines, messages and control requests."""
