"""Fixtures for the tests of the notebook package."""

from turn_fixtures import anyio_backend, notebook_env, talk

__all__ = ["anyio_backend", "notebook_env", "talk"]
