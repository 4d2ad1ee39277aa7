"""Control requests to the CLI, their responses, and the wait for them."""
