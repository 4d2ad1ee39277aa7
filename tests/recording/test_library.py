"""The folder of recordings and the trusted folder above it."""

import pytest

from claude_notebook.recording.library import folder_of
from claude_notebook.replay import Replay


@pytest.mark.parametrize("folder", ["../beside", "below/../../beside", "below/./cassettes"])
def test_recording_folder_may_be_named_with_dots(tmp_path, monkeypatch, folder):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    recordings = folder_of(Replay(folder=str(tmp_path / "here" / folder)))
    path = recordings.new(1, "hello", "k" * 16)
    path.write_text("x")
    assert recordings.find("k" * 16) == path
    assert path.parent == (tmp_path / "here" / folder).resolve()
