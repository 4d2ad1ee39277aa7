"""Publishing of a turn's changes to a front end."""
