"""Fixtures for tests of the client."""

from sdk_fixtures import nothing_left, project, real_options

__all__ = ["nothing_left", "project", "real_options"]
