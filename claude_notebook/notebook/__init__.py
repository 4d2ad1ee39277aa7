"""The only code that knows Jupyter: magics, the cell, the live view."""
