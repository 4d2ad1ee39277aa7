"""Paths of transcripts."""

import pytest

from claude_notebook.sessions.transcripts.paths import is_session_id, project_name


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("/home/me/My Project.v2", "-home-me-My-Project-v2"),
        ("/tmp/exp/emo 😀 é", "-tmp-exp-emo-----"),
        ("/tmp/nfd e\u0301", "-tmp-nfd-e-"),
        ("C:\\Users\\me", "C--Users-me"),
        ("/" + "a" * 199, "-" + "a" * 199),
        ("/" + "a" * 200, "-" + "a" * 199 + "-b6ymvl"),
    ],
)
def test_project_name_encodes_folder(folder: str, name: str) -> None:
    assert project_name(folder) == name


ID = "6bd7209a-aa8f-492d-97ab-4b2b396da0b5"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ID, True),
        (ID.upper(), True),
        ("../../etc/passwd", False),
        (ID + "\n", False),
        (ID + "/x", False),
        ("..", False),
        ("", False),
        (None, False),
        (ID.replace("-", ""), False),
    ],
)
def test_is_session_id(text: object, expected: bool) -> None:
    assert is_session_id(text) is expected
