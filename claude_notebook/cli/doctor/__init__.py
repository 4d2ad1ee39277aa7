"""Health checks of the installation: the facts they look at and the checks themselves."""
