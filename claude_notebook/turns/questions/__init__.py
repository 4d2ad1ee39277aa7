"""Questions that a turn asks the user, and ways to answer them."""
