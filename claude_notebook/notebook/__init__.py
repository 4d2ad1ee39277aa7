"""The Jupyter front end: magics, cell outputs, and the live view."""
