"""Patterns of the Glob and Grep tools, and the links that such a search can pass through."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterable, Iterator

from ..messages import JSON, JSONObject

__all__ = ["folder_of", "is_plain_search", "passed_links"]

# A pattern is allowed only if it consists of these. Programs interpret braces, extended globs,
# escapes, and variables in different ways, and each of them can produce "..".
_SEGMENT = re.compile(r"(?!\.[.*?\[])(?:[\w .,=#:@+-]|\*|\?|\[[a-z](?:-?[a-z0-9])*\])*", re.I)
_ENDING = re.compile(r"\.\{\w+(?:,\w+)*\}\Z", re.ASCII)  # *.{js,ts}, which is allowed only for Grep
_WILDCARD = re.compile(r"[*?\[]")
# Grep accepts several filters in one string.
_BETWEEN_FILTERS = re.compile(r"[\s,]+")
_TYPE = re.compile(r"\w[\w.+]*", re.ASCII)
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
_NUMBER_FIELDS = ("-A", "-B", "-C", "context", "head_limit", "offset")

_MOST_ENTRIES = 20_000


def folder_of(pattern: JSON) -> str | None:
    """Return the folder that a Glob pattern searches; None if that is not clear."""
    if not isinstance(pattern, str) or pattern.startswith("-"):
        return None
    plain = _WILDCARD.split(pattern, maxsplit=1)[0]
    folder = plain if plain == pattern else plain[: plain.rfind("/") + 1]
    # A ".." before the first wildcard is resolved as in a path.
    resolved = "/".join(part for part in folder.split("/") if part != "..")
    if not _is_plain(resolved) or not _is_plain(pattern[len(folder) :]):
        return None
    return folder


def is_plain_search(tool_input: JSONObject) -> bool:
    """Return whether a Grep call has no hidden options, and no paths in its filters."""
    kind = tool_input.get("type")
    if kind is not None and not (isinstance(kind, str) and _TYPE.fullmatch(kind)):
        return False
    numbers = (tool_input.get(field) for field in _NUMBER_FIELDS)
    if not all(value is None or _NUMBER.fullmatch(str(value)) for value in numbers):
        return False
    glob = tool_input.get("glob")
    return glob is None or (isinstance(glob, str) and all(map(_is_filter, _filters(glob))))


def passed_links(tool: str, tool_input: JSONObject, folder: str) -> list[str] | None:
    """Return the real paths of the links below a folder whose names match a call's pattern.

    :param folder: the real path of the folder that is searched
    :returns: the paths; None if there are too many files to check
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
    """Return the folder to search for an entry, if any. A matching link is added to `found`."""
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
    except OSError:  # A file, or a folder that has been removed or cannot be read.
        return


def _passed_names(tool: str, tool_input: JSONObject) -> Iterator[str]:
    """Return the parts of a call's patterns that can match a link to a folder.

    A search does not follow links that it finds on its own. Therefore, "**" does not pass through
    any link, and neither does a wildcard at the end, because its matches are only listed.
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
    """Return the Grep filters in a string, starting with the string itself."""
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
    """Return whether all programs find the same files for a pattern, none in parent folders."""
    return all(map(_SEGMENT.fullmatch, pattern.split("/")))
