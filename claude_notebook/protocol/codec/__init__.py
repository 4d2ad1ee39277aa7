"""The codec: JSON lines to values and back."""
