"""Tolerant access to foreign JSON: no content raises an exception."""

from __future__ import annotations

from . import JSON, JSONObject


class Fields:
    """A JSON object with typed access by key, and defaults for other shapes."""

    def __init__(self, value: JSON) -> None:
        self.raw: JSONObject = value if isinstance(value, dict) else {}

    def text(self, *keys: str) -> str:
        """Return the first non-empty string with one of these keys, or ""."""
        for key in keys:
            if isinstance(value := self.raw.get(key), str) and value:
                return value
        return ""

    def whole(self, key: str) -> int:
        """Return an integer, or 0."""
        value = self.raw.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else 0

    def number(self, key: str) -> float | None:
        """Return a number, or None."""
        value = self.raw.get(key)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
        return None

    def flag(self, key: str) -> bool:
        """Test for the value True."""
        return self.raw.get(key) is True

    def obj(self, key: str) -> Fields:
        """Return the object with this key, or an empty one."""
        return Fields(self.raw.get(key))

    def items(self, key: str) -> list[JSON]:
        """Return the list with this key, or an empty one."""
        value = self.raw.get(key)
        return value if isinstance(value, list) else []

    def objects(self, key: str) -> list[Fields]:
        """Return the objects in the list with this key."""
        return [Fields(item) for item in self.items(key) if isinstance(item, dict)]
