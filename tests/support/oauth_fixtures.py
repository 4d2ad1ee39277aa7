"""Fixtures for tests against an OAuth 2.0 server, for import in a `conftest.py`."""

from collections.abc import Iterator

import pytest
from oauth_server import OAuthServer


@pytest.fixture(scope="session")
def running_oauth_server() -> Iterator[OAuthServer]:
    with OAuthServer() as server:
        yield server


@pytest.fixture
def oauth_server(running_oauth_server: OAuthServer) -> OAuthServer:
    """Return the running server, without tokens and faults of other tests."""
    running_oauth_server.forget_everything()
    return running_oauth_server
