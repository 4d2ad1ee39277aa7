"""Comparison of every recorded conversation with its golden file."""

import pytest
from golden import FOLDER, NAMES, golden, path_of


@pytest.mark.parametrize("name", NAMES)
def test_recorded_conversation_matches_its_golden_file(name):
    kept = path_of(name).read_text(encoding="utf-8")
    # To accept a change, run: python tests/render/golden.py --write
    assert golden(name).splitlines() == kept.splitlines()


def test_golden_folder_holds_only_known_files():
    assert {path.stem for path in FOLDER.iterdir()} == {*NAMES}
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 1_500_000
