"""Decides which files a recording may write: ordinary data, prose, and source code.

Formats are allow-listed by extension. Within the allowed formats, names and folders that programs
look up are still protected, and so are Python files that would shadow a module. Names are compared
as the most tolerant file system would: ignoring case, Unicode form, invisible characters, and
trailing dots or spaces.
"""

from __future__ import annotations

import re
import stat
import unicodedata
from collections.abc import Iterable
from pathlib import Path, PurePath

from . import allowed_files
from .allowed_files import FORMAT_OF, PYTHON, Format, Names
from .module_names import module_names

_DECEPTIVE = "its name has characters that systems drop or hide"
_JSON = "its name does not mark it as data, and many programs read settings from JSON"
_NO_EXTENSION = "many files without an extension configure programs"
_SECOND_EXTENSION = "its second extension could make programs act on it"
_TYPE = "files of its type are not on the list of data, prose, and source formats"

_HIDING = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
# A second extension that consists of digits is part of a title or a version.
_NUMBER = re.compile(r"v?\d+")


def reason_to_skip(path: PurePath) -> str:
    """Return why the given path must not be written, or an empty string if it may be.

    The path is relative to the folder that changes are applied to.
    """
    parts = re.split(r"[/\\]", str(path))
    plain = [_plain(part) for part in parts]
    return (
        _first(_name_reason(part) for part in plain)
        or _first(_folder_reason(part) for part in plain[:-1])
        or _file_reason(plain[-1], plain[:-1])
        or (_DECEPTIVE if any(_is_deceptive(part) for part in parts) else "")
    )


def is_executable(target: Path) -> bool:
    """Return whether the path is a file that the system would execute."""
    try:
        mode = target.stat().st_mode
    except OSError:
        return False
    return stat.S_ISREG(mode) and bool(mode & 0o111)


def _first(reasons: Iterable[str]) -> str:
    return next(filter(None, reasons), "")


def _plain(part: str) -> str:
    """Normalize a name as a tolerant file system would."""
    text = unicodedata.normalize("NFKC", part)
    visible = "".join(char for char in text if unicodedata.category(char) not in ("Cf", "Cc", "Mn"))
    folded = unicodedata.normalize("NFKC", visible).casefold().replace("\u0131", "i")
    return folded.strip().rstrip(". ") or "."


def _is_deceptive(part: str) -> bool:
    """Return whether a file system could store this name under a different one."""
    hides = any(unicodedata.category(char) in _HIDING for char in part)
    return hides or part != part.strip().rstrip(". ")


def _matching(name: str, patterns: Iterable[tuple[re.Pattern[str], str]]) -> str:
    return _first(reason for pattern, reason in patterns if pattern.fullmatch(name))


def _name_reason(part: str) -> str:
    return _matching(part, allowed_files.ANY_PATTERNS)


def _folder_reason(part: str) -> str:
    named = allowed_files.FOLDERS.get(part, "")
    return named or _matching(part, allowed_files.FOLDER_PATTERNS)


def _file_reason(name: str, folders: list[str]) -> str:
    stem, dot, extension = name.rpartition(".")
    if not dot:
        return _NO_EXTENSION
    row = FORMAT_OF.get(extension)
    if row is None:
        return _TYPE
    named = allowed_files.NAMES[row.kind].whole.get(name, "") or _stem_reason(stem, row)
    return named or (_shadow_reason([*folders, stem]) if extension == "py" else "")


def _stem_reason(stem: str, row: Format) -> str:
    """Return why a file of an allowed format must not be written, based on the rest of its name."""
    words = [word for word in re.split(r"[^\w]|_", stem) if word]
    if row.kind == "json" and not _is_data(words):
        return _JSON
    reason = _listed(stem, words, allowed_files.NAMES[row.kind])
    if row.kind == "source":
        reason = reason or _matching(stem, allowed_files.SOURCE_PATTERNS)
    return reason or _second_extension_reason(stem, row)


def _listed(stem: str, words: list[str], names: Names) -> str:
    if not words:
        return ""
    return names.whole.get(stem) or names.first.get(words[0]) or names.last.get(words[-1], "")


def _second_extension_reason(stem: str, row: Format) -> str:
    inner = stem.split(".")[1:]
    is_plain = row.kind == "data" or all(_NUMBER.fullmatch(part) for part in inner)
    return "" if is_plain else _SECOND_EXTENSION


def _is_data(words: list[str]) -> bool:
    singular = {*words, *(word.removesuffix("s") for word in words)}
    singular |= {f"{word.removesuffix('ies')}y" for word in words if word.endswith("ies")}
    has_data = bool(singular & allowed_files.DATA_WORDS)
    return has_data and not singular & allowed_files.SETTINGS_WORDS


def _shadow_reason(names: list[str]) -> str:
    """Return the reason if a Python file, or one of its parent folders, shadows a module.

    The reason is that Python and its kernels search their working directory first.
    """
    return PYTHON if module_names().intersection(names) else ""
