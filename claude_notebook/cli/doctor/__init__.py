"""Health checks for the installation: the facts that are collected, and the checks on them."""
