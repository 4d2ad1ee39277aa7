"""Checkpoints, rewinding of files, and restored output."""
