"""A conversation to start from."""

from pathlib import Path

import pytest
from conversations import Conversation


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Claude Code's folder."""
    return tmp_path / "config"


@pytest.fixture
def talk(config: Path, tmp_path: Path) -> Conversation:
    """An empty conversation in the folder `tmp_path`."""
    return Conversation(config, str(tmp_path))
