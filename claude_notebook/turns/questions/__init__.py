"""Questions that a turn asks a person, and ways to answer them."""
