"""Places in IPython and Jupyter that show a turn."""
