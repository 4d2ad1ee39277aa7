"""Trust in a folder's settings, and consent to bypass permissions."""
