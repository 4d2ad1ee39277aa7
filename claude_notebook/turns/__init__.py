"""Turns: prompt in, messages out, questions asked, answer rendered, for any front end."""
