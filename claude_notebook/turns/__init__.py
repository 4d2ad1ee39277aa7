"""Runs turns for any front end: prompt in, messages out, questions asked, answer rendered."""
