"""Structure and prose of the project in figures: `python tests/structure.py [FOLDER]`.

Prints modules per folder, class names used twice, imports of the package by string, and the
comments and docstrings that read like a translation. `tests/test_structure.py` enforces the limits.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "claude_notebook"

_PROSE = re.compile(r'"""(?P<docstring>(?:.|\n)*?)"""|^\s*#(?P<comment>[^\n]*)$', re.MULTILINE)
_QUESTION = re.compile(r"\s*(What|Who|Whoever|Whether|Where|Why|How|Which)\b")
_IDIOM = re.compile(
    r"\b(somebody|nobody|whoever|anew|what is|what was|what came|what comes|is told|is asked"
    r"|goes on|stands (?:in|there|for)|made again|so many|given out)\b",
    re.IGNORECASE,
)
# A literal name of another package is fine; anything else may be one of ours.
_STRING_IMPORT = re.compile(rf"import_module\((?!\s*[\"'](?!{PACKAGE}|\.))|__import__\(")
_OPTIONAL_PACKAGES = re.compile(r"/nested_loops\.py$")
"""Modules that import the first installed package of a list of other packages."""


@dataclass(frozen=True)
class Prose:
    """One docstring or comment.

    :param place: file and line, `path:line`
    :param text: the words
    """

    place: str
    text: str

    @property
    def is_question(self) -> bool:
        """Test for a first word that asks: What, Who, Whether, ..."""
        return bool(_QUESTION.match(self.text))

    @property
    def has_idiom(self) -> bool:
        """Test for an idiom that gives a translation away."""
        return bool(_IDIOM.search(self.text))


def python_files(folder: Path) -> list[Path]:
    """List the Python files below `folder`, sorted."""
    return sorted(folder.rglob("*.py"))


def prose_of(path: Path) -> Iterator[Prose]:
    """Yield the docstrings and full-line comments of a file that have more than a word."""
    source = path.read_text(encoding="utf-8")
    for match in _PROSE.finditer(source):
        text = match["docstring"] if match["docstring"] is not None else match["comment"]
        if text and len(text) > 8 and "noqa" not in text:
            line = source.count("\n", 0, match.start()) + 1
            yield Prose(f"{path.relative_to(ROOT)}:{line}", text)


def module_counts(folder: Path) -> Counter[str]:
    """Count the modules of each folder, `__init__` left out."""
    return Counter(
        path.parent.relative_to(ROOT).as_posix()
        for path in python_files(folder)
        if path.name != "__init__.py"
    )


def duplicate_classes(folder: Path) -> dict[str, list[str]]:
    """Map each public class name that several modules define to these modules."""
    places: dict[str, list[str]] = defaultdict(list)
    for path in python_files(folder):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(path.relative_to(ROOT).as_posix())
    return {name: found for name, found in sorted(places.items()) if len(found) > 1}


def string_imports(folder: Path) -> list[str]:
    """List the places that import the package's own modules by string."""
    return [
        f"{path.relative_to(ROOT)}:{number}"
        for path in python_files(folder)
        if not _OPTIONAL_PACKAGES.search(path.as_posix())
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if _STRING_IMPORT.search(line)
    ]


def main() -> None:
    """Print every figure for the package, the prose also for the tests."""
    folder = ROOT / (sys.argv[1] if len(sys.argv) > 1 else PACKAGE)
    largest = module_counts(folder).most_common(5)
    print("modules per folder:", ", ".join(f"{name} {count}" for name, count in largest))
    print("class names used twice:", duplicate_classes(folder) or "none")
    print("imports by string:", string_imports(folder) or "none")
    for part in dict.fromkeys((folder, ROOT / "tests")):
        prose = [one for path in python_files(part) for one in prose_of(path)]
        for kind, flagged in (
            ("begin with a question word", [one for one in prose if one.is_question]),
            ("hold a translated idiom", [one for one in prose if one.has_idiom]),
        ):
            share = 100 * len(flagged) / max(1, len(prose))
            print(f"{part.relative_to(ROOT)}: {share:.1f} % of {len(prose)} comments {kind}")
            if "-v" in sys.argv:
                print(*(f"  {one.place}" for one in flagged), sep="\n")


if __name__ == "__main__":
    main()
