"""Front matter of Markdown files, accepted only if every reader is sure to agree on it.

The CLI takes everything from the first `---` in a file to the next one as front matter, even if
they are in the middle of a line. Its YAML parser differs from ours in details. Front matter is
therefore accepted only where both must agree: with exact fences, plain keys at the start of a line,
and plain values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from ...messages import JSON
from .files import Budget
from .tables import FRONT_MATTER, HarmlessKey

MAX_CHARS = 16_384
_MAX_BRACKETS = 100
_SPACES = " \t\r\n\v\f\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff"
_KEY = re.compile(r"([A-Za-z][A-Za-z_-]{0,63}):(?=[ \n]|\Z)")
# Line breaks that exist in only one YAML version, and characters that are invalid in YAML.
_ODD = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")


def find_objection(text: str, budget: Budget) -> str:
    """Return why a file's front matter counts as a power, or "" if it is harmless."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if not text.lstrip(_SPACES).startswith("---"):
        return ""
    body = _body(text)
    if body is None:
        return "its front matter is not between two lines `---`"
    if not _is_plain(body) or not budget.allows_yaml(len(body)):
        return "its front matter is not in the plain form `key: value`"
    return _objection_to(body)


@lru_cache(maxsize=1024)
def _objection_to(body: str) -> str:
    """Parse a block. Results are cached by text, because every cell inspects the folder."""
    fields = _fields(body)
    if fields is None:
        return "its front matter is not in the plain form `key: value`"
    return _first_power(fields, FRONT_MATTER)


def _body(text: str) -> str | None:
    """The lines between two exact fences; None if the CLI could see different ones."""
    if not text.startswith("---\n"):
        return None
    end = text.find("---", 4)
    closes = end >= 4 and text[end - 1] == "\n" and text[end + 3 : end + 4] in ("", "\n")
    return text[4:end] if closes else None


def _is_plain(body: str) -> bool:
    """Return whether every key in the lines must be at the start of a line."""
    if len(body) > MAX_CHARS or _ODD.search(body):
        return False
    if body.count("[") + body.count("{") > _MAX_BRACKETS:
        return False
    lines = [line for line in body.split("\n") if line.strip(" ") and not line.startswith("#")]
    return all(_is_plain_line(line) for line in lines) and not (lines and lines[0][0] in " -")


def _is_plain_line(line: str) -> bool:
    return line.startswith((" ", "- ")) or _KEY.match(line) is not None


def _fields(body: str) -> list[tuple[str, JSON]] | None:
    """The keys and values as YAML sees them; None unless they are plain."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        # Parse events rather than objects, so that nothing recurses, and no alias or tag is
        # resolved.
        fields = list(_pairs(yaml.parse(body, Loader=loader)))
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    keys = [key for key, _ in fields]
    at_line_starts = [match[1] for line in body.split("\n") if (match := _KEY.match(line))]
    return fields if keys == at_line_starts and len(set(keys)) == len(keys) else None


def _pairs(events: Iterator[object]) -> Iterator[tuple[str, JSON]]:
    import yaml

    inner = _one_document(events)
    first = next(inner, None)
    if first is None or _is_empty(first):
        return
    if not isinstance(first, yaml.MappingStartEvent) or first.flow_style:
        raise ValueError("not a block mapping")
    for event in inner:
        if isinstance(event, yaml.MappingEndEvent):
            break
        yield _plain_key(event), _value(next(inner), inner)
    if next(inner, None) is not None:
        raise ValueError("something follows the mapping")


def _one_document(events: Iterator[object]) -> Iterator[object]:
    """The events of a single document, in which nothing has an anchor or a tag."""
    import yaml

    documents = 0
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1 or event.explicit:
                raise ValueError("several documents")
        elif isinstance(event, yaml.NodeEvent):
            if event.anchor is not None or getattr(event, "tag", None) is not None:
                raise ValueError("an anchor, an alias or a tag")
            yield event
        elif isinstance(event, yaml.CollectionEndEvent):
            yield event


def _is_empty(event: object) -> bool:
    return getattr(event, "value", None) == "" and not getattr(event, "style", None)


def _plain_key(event: object) -> str:
    import yaml

    if not isinstance(event, yaml.ScalarEvent) or event.style:
        raise ValueError("a key that is not plain")
    return str(event.value)


def _value(event: object, events: Iterator[object]) -> JSON:
    import yaml

    if isinstance(event, yaml.ScalarEvent):
        return str(event.value)
    if not isinstance(event, yaml.SequenceStartEvent):
        raise ValueError("a nested mapping")
    items: list[JSON] = []
    for item in events:
        if isinstance(item, yaml.SequenceEndEvent):
            break
        if not isinstance(item, yaml.ScalarEvent):
            raise ValueError("a nested value")
        items.append(str(item.value))
    return items


def _first_power(fields: list[tuple[str, JSON]], table: Mapping[str, HarmlessKey]) -> str:
    for key, value in fields:
        row = table.get(key)
        if row is None:
            return f"its front matter sets `{key}`"
        if value != "" and not row.accepts(value):
            return f"its front matter gives `{key}` an unusual value"
    return ""
