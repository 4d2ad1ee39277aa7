"""Control requests to the CLI, which wait for their responses."""
