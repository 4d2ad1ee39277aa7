"""Limits on structure and prose; `python tests/structure.py` prints the figures."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
import structure

PACKAGE = structure.ROOT / structure.PACKAGE
TESTS = structure.ROOT / "tests"

LARGEST_FOLDER = 16
LONGEST_MODULE = 400
HIGHEST_COMPLEXITY = 10

# messages/blocks.py gives the reason: these modules define the interface for programs, or convert
# between it and the wire.
UNTYPED_OBJECTS = {
    "client/callbacks/encoding.py",
    "client/controls/methods.py",
    "client/controls/types.py",
    "hooks/inputs.py",
    "hooks/outputs.py",
    "hooks/types.py",
    "messages/__init__.py",
    "messages/blocks.py",
    "messages/conversation.py",
    "messages/stream.py",
    "messages/system.py",
    "options.py",
    "permissions/elicitation.py",
    "permissions/types.py",
    "protocol/codec/encoder.py",
    "protocol/codec/lines.py",
    "replay.py",
    "session_store.py",
}


def test_folders_hold_a_bounded_number_of_modules() -> None:
    assert max(structure.module_counts(PACKAGE).values()) <= LARGEST_FOLDER


def test_modules_hold_a_bounded_number_of_lines() -> None:
    lengths = structure.line_counts(PACKAGE)
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST_MODULE} == {}


def test_functions_have_a_bounded_complexity() -> None:
    assert structure.complex_functions(PACKAGE, HIGHEST_COMPLEXITY) == {}


def test_complexity_counts_every_branch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = """
        def branch(a, b):
            if a and b or not a:
                return [x for x in b if x]
            for item in a:
                try:
                    yield item if b else None
                except ValueError:
                    pass
            def nested():
                while a: pass
    """
    (tmp_path / "module.py").write_text(textwrap.dedent(source), encoding="utf-8")
    monkeypatch.setattr(structure, "ROOT", tmp_path)
    assert structure.complex_functions(tmp_path, 0) == {"module.py:2": 9, "module.py:10": 2}


def test_class_names_are_unique() -> None:
    assert structure.duplicate_classes(PACKAGE) == {}


def test_package_does_not_import_itself_by_string() -> None:
    assert structure.string_imports(PACKAGE) == []


def test_only_interface_and_codec_have_untyped_objects() -> None:
    assert set(structure.untyped_objects(PACKAGE)) == UNTYPED_OBJECTS


def test_every_test_asserts() -> None:
    assert structure.tests_without_assertion(TESTS) == []


@pytest.mark.parametrize("folder", [PACKAGE, TESTS], ids=lambda path: path.name)
def test_prose_does_not_begin_with_question_words(folder) -> None:
    prose = [text for path in structure.python_files(folder) for text in structure.prose_of(path)]
    assert [text.place for text in prose if text.is_question] == []


@pytest.mark.parametrize("folder", [PACKAGE, TESTS], ids=lambda path: path.name)
def test_prose_holds_no_translated_idioms(folder) -> None:
    prose = [text for path in structure.python_files(folder) for text in structure.prose_of(path)]
    assert [text.place for text in prose if text.has_idiom] == []
