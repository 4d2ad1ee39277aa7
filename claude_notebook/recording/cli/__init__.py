"""The two peers behind a `CassetteTransport`: the real CLI, and replies on its behalf."""
