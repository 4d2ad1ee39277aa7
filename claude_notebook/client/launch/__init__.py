"""Start of the CLI: validated options, command line, environment, and files for secrets."""
