"""Fixtures for tests of the client."""

from sdk_fixtures import no_process_left, project, real_options

__all__ = ["no_process_left", "project", "real_options"]
