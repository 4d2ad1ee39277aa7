"""Reading JSON that belongs to somebody else: whatever is in it, nothing raises."""

from __future__ import annotations

from . import JSON, JSONObject


class Fields:
    """A JSON object read by key, with a default of the right type where the shape is another."""

    def __init__(self, value: JSON) -> None:
        self.raw: JSONObject = value if isinstance(value, dict) else {}

    def text(self, *keys: str) -> str:
        """The first string with one of these keys that is not empty, or ""."""
        for key in keys:
            if isinstance(value := self.raw.get(key), str) and value:
                return value
        return ""

    def whole(self, key: str) -> int:
        """A whole number, or 0."""
        value = self.raw.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else 0

    def number(self, key: str) -> float | None:
        """A number, or None."""
        value = self.raw.get(key)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
        return None

    def flag(self, key: str) -> bool:
        """Whether the value is true."""
        return self.raw.get(key) is True

    def obj(self, key: str) -> Fields:
        """The object with this key, or an empty one."""
        return Fields(self.raw.get(key))

    def items(self, key: str) -> list[JSON]:
        """The list with this key, or an empty one."""
        value = self.raw.get(key)
        return value if isinstance(value, list) else []

    def objects(self, key: str) -> list[Fields]:
        """The objects in the list with this key."""
        return [Fields(item) for item in self.items(key) if isinstance(item, dict)]
