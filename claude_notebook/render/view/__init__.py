"""The view of a turn, which turns messages into panels and changes to them."""
