"""Fixtures of the client's tests."""

from sdk_fixtures import nothing_left, project, real_options

__all__ = ["nothing_left", "project", "real_options"]
