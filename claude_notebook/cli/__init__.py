"""The `claude` binary: where it is, and its subcommands."""
