"""Publishes a turn's changes to a front end."""
