"""Fixtures of the tests for signing in."""

import os
from pathlib import Path

import pytest
from oauth_fixtures import oauth_server, running_oauth_server  # noqa: F401  fixtures
from oauth_server import OAuthServer
from sdk_fixtures import project, real_options  # noqa: F401  fixtures


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test a home folder and an environment without credentials."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(folder))
    for name in list(os.environ):
        if name.startswith(("ANTHROPIC_", "CLAUDE_OAUTH_", "CLAUDE_CODE_")):
            monkeypatch.delenv(name)
    return folder


@pytest.fixture
def gateway(oauth_server: OAuthServer, monkeypatch: pytest.MonkeyPatch) -> OAuthServer:  # noqa: F811
    """Configure the test server as the gateway through the environment."""
    for name, value in oauth_server.variables().items():
        monkeypatch.setenv(name, value)
    return oauth_server
