"""Limits on structure and prose; `python tests/structure.py` prints the figures."""

from __future__ import annotations

import pytest
import structure

PACKAGE = structure.ROOT / structure.PACKAGE
TESTS = structure.ROOT / "tests"

# Today's counts. They only go down.
LARGEST_FOLDER = 43
DUPLICATE_CLASSES = 11
STRING_IMPORTS = 2
QUESTIONS = {"claude_notebook": 433, "tests": 120}
IDIOMS = {"claude_notebook": 397, "tests": 142}


def test_folders_hold_a_bounded_number_of_modules() -> None:
    assert max(structure.module_counts(PACKAGE).values()) <= LARGEST_FOLDER


def test_class_names_are_unique() -> None:
    assert len(structure.duplicate_classes(PACKAGE)) <= DUPLICATE_CLASSES


def test_package_does_not_import_itself_by_string() -> None:
    assert len(structure.string_imports(PACKAGE)) <= STRING_IMPORTS


@pytest.mark.parametrize("folder", [PACKAGE, TESTS], ids=lambda path: path.name)
def test_prose_does_not_begin_with_question_words(folder) -> None:
    prose = [text for path in structure.python_files(folder) for text in structure.prose_of(path)]
    flagged = [text.place for text in prose if text.is_question]
    assert len(flagged) <= QUESTIONS[folder.name], flagged


@pytest.mark.parametrize("folder", [PACKAGE, TESTS], ids=lambda path: path.name)
def test_prose_holds_no_translated_idioms(folder) -> None:
    prose = [text for path in structure.python_files(folder) for text in structure.prose_of(path)]
    flagged = [text.place for text in prose if text.has_idiom]
    assert len(flagged) <= IDIOMS[folder.name], flagged
