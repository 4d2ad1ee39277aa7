"""A turn's footer, which shows the model, tokens, cost, context and time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ...messages import JSON, ResultMessage
from ...messages.json_fields import Fields
from ..html.sanitizer import one_line
from ..labels import SEPARATOR
from ..model import Footer


class Totals:
    """Running totals of a turn's requests, which the exact figures in the result replace."""

    def __init__(self, started_ms: float, *, can_stop: bool, on_change: Callable[[], None]) -> None:
        self.footer = Footer(started_ms=started_ms, can_stop=can_stop)
        self.changed = True
        self._on_change = on_change
        self._requests: dict[str, tuple[int, int]] = {}
        self._window = 0
        self._context = 0

    def update(self, **changes: object) -> None:
        """Set footer fields. Strings are collapsed to one safe line."""
        cleaned = {k: one_line(v, 200) if isinstance(v, str) else v for k, v in changes.items()}
        footer = replace(self.footer, **cleaned)  # type: ignore[arg-type]  # by the callers' names
        if footer != self.footer:
            self.footer, self.changed = footer, True
            self._on_change()

    def add_note(self, note: str) -> None:
        """Append a note to the footer, unless it is already there."""
        notes = self.footer.note.split(SEPARATOR) if self.footer.note else []
        if note and note not in notes:
            self.update(note=SEPARATOR.join((*notes, note)))

    def request(self, message_id: str, model: str, usage: JSON, *, main: bool) -> None:
        """Record a request's usage. A later call with the same id replaces it."""
        used = Fields(usage)
        sent = _sent(used)
        before = self._requests.get(message_id, (0, 0))
        self._requests[message_id] = (
            sent or before[0],
            max(used.whole("output_tokens"), before[1]),
        )
        if main:
            self._context = sum(self._requests[message_id])
            if model and not model.startswith("<"):
                self.update(model=one_line(model, 60))
        self._sum_up()

    def _sum_up(self) -> None:
        sent, received = (sum(pair) for pair in zip(*self._requests.values(), strict=True))
        self.update(input_tokens=sent, output_tokens=received, context_used=self._used())

    def _used(self) -> float | None:
        return min(1.0, self._context / self._window) if self._window and self._context else None

    def result(self, result: ResultMessage) -> None:
        """Use the exact figures from the result."""
        models = [Fields(model) for model in (result.model_usage or {}).values()]
        self._window = max((model.whole("contextWindow") for model in models), default=0)
        used = Fields(result.usage)
        if sent := _sent(used):
            self.update(input_tokens=sent)
        if received := used.whole("output_tokens"):
            self.update(output_tokens=received)
        self.update(
            turn_cost_usd=result.cost_usd,
            session_cost_usd=result.total_cost_usd,
            elapsed_ms=float(result.duration_ms) if result.duration_ms else None,
            context_used=self._used(),
        )


def _sent(used: Fields) -> int:
    keys = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    return sum(used.whole(key) for key in keys)
