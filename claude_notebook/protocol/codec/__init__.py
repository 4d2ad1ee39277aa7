"""The codec, which converts JSON lines to values and back."""
