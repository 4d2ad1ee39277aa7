"""The two peers of a `CassetteTransport`: the real CLI, and replies sent on its behalf."""
