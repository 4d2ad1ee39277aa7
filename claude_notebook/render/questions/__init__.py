"""Panels that ask a question, and their appearance after it is settled."""
