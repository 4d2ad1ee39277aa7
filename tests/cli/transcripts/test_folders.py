"""Where transcripts lie."""

import uuid

import pytest

from claude_notebook.cli.transcripts.folders import is_session_id, project_name


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
def test_the_name_of_a_folder(folder: str, name: str) -> None:
    assert project_name(folder) == name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (str(uuid.uuid4()), True),
        (str(uuid.uuid4()).upper(), True),
        ("../../etc/passwd", False),
        (str(uuid.uuid4()) + "\n", False),
        (str(uuid.uuid4()) + "/x", False),
        ("..", False),
        ("", False),
        (None, False),
        (uuid.uuid4().hex, False),
    ],
)
def test_session_ids(text: object, expected: bool) -> None:
    assert is_session_id(text) is expected
