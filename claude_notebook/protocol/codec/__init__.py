"""Decoding of the CLI's lines into messages."""
