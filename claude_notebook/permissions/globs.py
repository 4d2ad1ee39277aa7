"""Patterns of the tools Glob and Grep, and the links that a search with them can pass."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterable, Iterator

from ..messages import JSON, JSONObject

__all__ = ["folder_of", "is_plain_search", "passed_links"]

# A pattern is allowed only if it is made of these: programs read braces, extended globs, escapes,
# and variables in different ways, and each of them can spell "..".
_SEGMENT = re.compile(r"(?!\.[.*?\[])(?:[\w .,=#:@+-]|\*|\?|\[[a-z](?:-?[a-z0-9])*\])*", re.I)
_ENDING = re.compile(r"\.\{\w+(?:,\w+)*\}\Z", re.ASCII)  # *.{js,ts}, which only Grep may have
_WILDCARD = re.compile(r"[*?\[]")
# Grep takes several filters in one text.
_BETWEEN_FILTERS = re.compile(r"[\s,]+")
_TYPE = re.compile(r"\w[\w.+]*", re.ASCII)
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
_NUMBER_FIELDS = ("-A", "-B", "-C", "context", "head_limit", "offset")

_MOST_ENTRIES = 20_000


def folder_of(pattern: JSON) -> str | None:
    """Return the folder below which a pattern of Glob looks; None if that is not clear."""
    if not isinstance(pattern, str) or pattern.startswith("-"):
        return None
    plain = _WILDCARD.split(pattern, maxsplit=1)[0]
    folder = plain if plain == pattern else plain[: plain.rfind("/") + 1]
    # ".." before the first wildcard is resolved like that of a path.
    resolved = "/".join(part for part in folder.split("/") if part != "..")
    if not _is_plain(resolved) or not _is_plain(pattern[len(folder) :]):
        return None
    return folder


def is_plain_search(tool_input: JSONObject) -> bool:
    """Return True if a Grep call has no hidden options and no paths in its filters."""
    kind = tool_input.get("type")
    if kind is not None and not (isinstance(kind, str) and _TYPE.fullmatch(kind)):
        return False
    numbers = (tool_input.get(field) for field in _NUMBER_FIELDS)
    if not all(value is None or _NUMBER.fullmatch(str(value)) for value in numbers):
        return False
    glob = tool_input.get("glob")
    return glob is None or (isinstance(glob, str) and all(map(_is_filter, _filters(glob))))


def passed_links(tool: str, tool_input: JSONObject, folder: str) -> list[str] | None:
    """Return the real paths of links below a folder whose names the pattern of a call fits.

    :param folder: the real path of the folder that is searched
    :returns: None if there are too many files to check
    """
    names = set(_passed_names(tool, tool_input))
    if not names:
        return []
    fits = re.compile("|".join(map(fnmatch.translate, names)), re.IGNORECASE)
    results: list[str] = []
    pending, seen, entries = [folder], {folder}, 0
    while pending:
        for entry in _entries(pending.pop()):
            entries += 1
            if entries > _MOST_ENTRIES:
                return None
            path = _next_folder(entry, fits, results)
            if path is not None and path not in seen:
                seen.add(path)
                pending.append(path)
    return results


def _next_folder(entry: os.DirEntry[str], fits: re.Pattern[str], found: list[str]) -> str | None:
    """Return the folder to look at for an entry, if any; add a link that fits to `found`."""
    if not entry.is_symlink():
        return entry.path if entry.is_dir(follow_symlinks=False) else None
    if not fits.match(entry.name):
        return None
    found.append(os.path.realpath(entry.path))
    return found[-1]


def _entries(folder: str) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except OSError:  # A file, a folder that is gone, or one that cannot be read.
        return


def _passed_names(tool: str, tool_input: JSONObject) -> Iterator[str]:
    """Return the parts of the patterns of a call that can name a link to a folder.

    A search does not follow the links that it meets by itself. So "**" passes none, and neither
    does a wildcard at the end, whose matches are only listed.
    """
    for pattern in _patterns(tool, tool_input):
        *folders, last = pattern.split("/")
        yield from (name for name in folders if name not in ("", ".", "..", "**"))
        if last and not _WILDCARD.search(last):
            yield last


def _patterns(tool: str, tool_input: JSONObject) -> Iterable[str]:
    pattern = tool_input.get("pattern")
    if tool == "Glob" and isinstance(pattern, str):
        folder = folder_of(pattern) or ""
        return [pattern[len(folder) :]]
    glob = tool_input.get("glob")
    if tool == "Grep" and isinstance(glob, str):
        return [_ENDING.sub("*", part) for part in _filters(glob) if not part.startswith("!")]
    return []


def _filters(glob: str) -> list[str]:
    """Return the filters of Grep in a text; the text itself is the first."""
    ending = _ENDING.search(glob)
    whole = glob[: ending.start()] if ending else glob
    parts = _BETWEEN_FILTERS.split(whole)
    parts[-1] += ending.group() if ending else ""
    return [glob, *filter(None, parts)]


def _is_filter(pattern: str) -> bool:
    """Return whether a filter only selects files below the folder that is searched."""
    if pattern.startswith(("/", "~", "-")):
        return False
    return _is_plain(_ENDING.sub("", pattern.removeprefix("!")))


def _is_plain(pattern: str) -> bool:
    """Return whether every program finds the same files by a pattern, none of them higher up."""
    return all(map(_SEGMENT.fullmatch, pattern.split("/")))
