"""Health checks of the installation: collected facts and the checks on them."""
