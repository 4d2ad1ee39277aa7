"""The CLI's command line: validated options, arguments, and files for secrets."""
