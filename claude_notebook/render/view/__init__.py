"""The view of one turn: messages in, panels and changes to them out."""
