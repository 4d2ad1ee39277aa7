"""Tolerant access to JSON from other programs. No content raises an exception."""

from __future__ import annotations

from . import JSON, JSONObject

# JSON has integers of any size, but arithmetic with large ones can overflow.
_TOO_LARGE = 2**63


def as_object(value: object) -> JSONObject:
    """Return a JSON object unchanged, and {} for any other value."""
    return value if isinstance(value, dict) else {}


class Fields:
    """A JSON object with typed access by key, and with defaults for unexpected shapes."""

    def __init__(self, value: object) -> None:
        self.raw = as_object(value)

    def text(self, *keys: str) -> str:
        """Return the first non-empty string stored under one of these keys, or ""."""
        for key in keys:
            if isinstance(value := self.raw.get(key), str) and value:
                return value
        return ""

    def whole(self, key: str) -> int:
        """Return an integer that fits into 64 bits, or 0."""
        value = self.raw.get(key)
        if isinstance(value, bool) or not isinstance(value, int):
            return 0
        return value if abs(value) < _TOO_LARGE else 0

    def number(self, key: str) -> float | None:
        """Return a number, or None."""
        value = self.raw.get(key)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return None
        try:
            return float(value)
        except OverflowError:
            return None

    def flag(self, key: str) -> bool:
        """Return whether the value is True."""
        return self.raw.get(key) is True

    def obj(self, key: str) -> Fields:
        """Return the object stored under this key, or an empty one."""
        return Fields(self.raw.get(key))

    def items(self, key: str) -> list[JSON]:
        """Return the list stored under this key, or an empty one."""
        value = self.raw.get(key)
        return value if isinstance(value, list) else []

    def objects(self, key: str) -> list[Fields]:
        """Return the objects in the list stored under this key."""
        return [Fields(item) for item in self.items(key) if isinstance(item, dict)]
