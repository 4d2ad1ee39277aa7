"""What the bytes mean, without I/O: lines, messages, control requests."""
