"""Structure and prose of the project in numbers: `python tests/structure.py [FOLDER]`.

Prints modules per folder, the longest modules, duplicate class names, imports of the package by
string, and the number of comments and docstrings that read like a translation. `-v` lists them.
`tests/test_structure.py` enforces the limits.
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
# A literal name of another package is fine; anything else may be our own.
_STRING_IMPORT = re.compile(rf"import_module\((?!\s*[\"'](?!{PACKAGE}|\.))|__import__\(")
_UNTYPED_OBJECT = re.compile(r"\b(?:dict|Mapping)\[str, Any\]|\bOpenObject\b|\bOpenJSON\b")
_OPTIONAL_PACKAGES = re.compile(r"/nested_loops\.py$")
"""Modules that import the first installed package of a list of other packages."""


_SAMPLES = frozenset({"tests/render/gallery.py"})
"""Files whose long strings are sample content."""


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
        """Test for an idiom typical of translations."""
        return bool(_IDIOM.search(self.text))


def python_files(folder: Path) -> list[Path]:
    """List the Python files below `folder`, sorted."""
    return sorted(folder.rglob("*.py"))


def prose_of(path: Path) -> Iterator[Prose]:
    """Yield a file's docstrings and full-line comments of more than one word."""
    if path.relative_to(ROOT).as_posix() in _SAMPLES:
        return
    source = path.read_text(encoding="utf-8")
    for match in _PROSE.finditer(source):
        text = match["docstring"] if match["docstring"] is not None else match["comment"]
        if text and len(text) > 8 and "noqa" not in text:
            line = source.count("\n", 0, match.start()) + 1
            yield Prose(f"{path.relative_to(ROOT)}:{line}", text)


def module_counts(folder: Path) -> Counter[str]:
    """Count the modules of each folder except `__init__`."""
    return Counter(
        path.parent.relative_to(ROOT).as_posix()
        for path in python_files(folder)
        if path.name != "__init__.py"
    )


def line_counts(folder: Path) -> Counter[str]:
    """Count the lines of each module."""
    return Counter(
        {
            path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
            for path in python_files(folder)
        }
    )


def duplicate_classes(folder: Path) -> dict[str, list[str]]:
    """Map each public class name that several modules define to these modules."""
    places: dict[str, list[str]] = defaultdict(list)
    for path in python_files(folder):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(path.relative_to(ROOT).as_posix())
    return {name: paths for name, paths in sorted(places.items()) if len(paths) > 1}


def string_imports(folder: Path) -> list[str]:
    """List the places that import the package's own modules by string."""
    return [
        f"{path.relative_to(ROOT)}:{number}"
        for path in python_files(folder)
        if not _OPTIONAL_PACKAGES.search(path.as_posix())
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if _STRING_IMPORT.search(line)
    ]


def untyped_objects(folder: Path) -> list[str]:
    """List the modules with JSON objects whose values may be used without a check."""
    return [
        path.relative_to(ROOT / PACKAGE).as_posix()
        for path in python_files(folder)
        if _UNTYPED_OBJECT.search(path.read_text(encoding="utf-8"))
    ]


def complex_functions(folder: Path, limit: int) -> dict[str, int]:
    """Map each function with a cyclomatic complexity above `limit` to it.

    Unlike ruff's C901, this counts boolean operators, comprehensions, and conditional expressions.
    """
    return {
        f"{path.relative_to(ROOT)}:{node.lineno}": complexity
        for path in python_files(folder)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, _FUNCTIONS) and (complexity := _complexity(node)) > limit
    }


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_BRANCHES = (
    *(ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While),
    *(ast.ExceptHandler, ast.Assert, ast.comprehension, ast.match_case),
)


def _complexity(function: ast.AST) -> int:
    return 1 + sum(map(_branches, ast.iter_child_nodes(function)))


def _branches(node: ast.AST) -> int:
    """Count the branches of a node. Those of a nested function count there."""
    if isinstance(node, _FUNCTIONS):
        return 0
    own = int(isinstance(node, _BRANCHES))
    if isinstance(node, ast.BoolOp):
        own = len(node.values) - 1
    elif isinstance(node, ast.comprehension):
        own += len(node.ifs)
    return own + sum(map(_branches, ast.iter_child_nodes(node)))


def tests_without_assertion(folder: Path) -> list[str]:
    """List the tests that neither assert nor call a function whose name says that it does."""
    return [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted(folder.rglob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and node.name.startswith("test_")
        and not any(map(_asserts, ast.walk(node)))
    ]


def _asserts(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        return name in {"raises", "warns"} or name.startswith(("assert_", "expect", "check_"))
    return isinstance(node, ast.Assert)


def main() -> None:
    """Print all numbers for the package, and those of the prose also for the tests."""
    folder = ROOT / next((name for name in sys.argv[1:] if name != "-v"), PACKAGE)
    largest = module_counts(folder).most_common(5)
    print("modules per folder:", ", ".join(f"{name} {count}" for name, count in largest))
    longest = line_counts(folder).most_common(5)
    print("lines per module:", ", ".join(f"{name} {count}" for name, count in longest))
    print("complexity above 10:", complex_functions(folder, 10) or "none")
    print("class names used twice:", duplicate_classes(folder) or "none")
    print("imports by string:", string_imports(folder) or "none")
    for part in dict.fromkeys((folder, ROOT / "tests")):
        prose = [item for path in python_files(part) for item in prose_of(path)]
        for kind, flagged in (
            ("begin with a question word", [item for item in prose if item.is_question]),
            ("hold a translated idiom", [item for item in prose if item.has_idiom]),
        ):
            share = 100 * len(flagged) / max(1, len(prose))
            print(f"{part.relative_to(ROOT)}: {share:.1f} % of {len(prose)} comments {kind}")
            if "-v" in sys.argv:
                print(*(f"  {item.place}" for item in flagged), sep="\n")


if __name__ == "__main__":
    main()
