"""Every recorded conversation looks as it did when somebody last looked."""

import pytest
from golden import FOLDER, NAMES, golden, path_of


@pytest.mark.parametrize("name", NAMES)
def test_a_conversation_looks_as_it_did(name):
    kept = path_of(name).read_text(encoding="utf-8")
    # Where this is meant: python tests/render/golden.py --write
    assert golden(name).splitlines() == kept.splitlines()


def test_nothing_else_is_kept():
    assert {path.stem for path in FOLDER.iterdir()} == {*NAMES}
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 1_500_000
