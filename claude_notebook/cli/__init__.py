"""The `claude` binary: discovery, settings files, subcommands and health checks."""
