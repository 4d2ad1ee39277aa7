"""Panels that ask a question, and the form they settle in."""
