"""When a view is brought up to date."""

import logging

import anyio
import pytest

from claude_notebook.render.view.turn_view import TurnView
from claude_notebook.turns.output import publisher as painting
from claude_notebook.turns.output.publisher import Painter

pytestmark = pytest.mark.anyio


class Screen:
    """Receives the painted operations. `view.notice` serves as an example of a change."""

    def __init__(self) -> None:
        self.view = TurnView()
        self.sent: list[list] = []
        self.news = anyio.Event()
        self.painter = Painter(self.view, self.send)

    def send(self, ops: list) -> None:
        self.sent.append(ops)
        self.news.set()
        self.news = anyio.Event()

    @property
    def painted(self) -> list[list]:
        return [ops for ops in self.sent if ops]

    @property
    def words(self) -> str:
        return str(self.painted)

    async def until_seen(self, words: str) -> None:
        with anyio.fail_after(10):
            while words not in self.words:
                await self.news.wait()


async def test_painter_paints_the_first_message_at_once():
    screen = Screen()
    screen.view.notice("info", "one")
    screen.painter.arrived()
    assert "one" in screen.words


async def test_painter_collects_messages_that_follow_closely(monkeypatch):
    monkeypatch.setattr(painting, "FRAME_SECONDS", 0.2)
    screen = Screen()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(screen.painter.paint_regularly)
        await screen.until_seen("footer")
        for word in ("one", "two", "three"):
            screen.view.notice("info", word)
            screen.painter.arrived()
        assert len(screen.painted) == 1
        await screen.until_seen("three")
        tasks.cancel_scope.cancel()
    first, second = screen.painted
    assert [op["op"] for op in first] == ["footer"]
    assert [op["panel"]["text"] for op in second] == ["one", "two", "three"]


@pytest.mark.parametrize(
    "change",
    [
        lambda view: view.notice("info", "changed"),
        lambda view: view.totals.update(note="changed"),
    ],
)
async def test_painter_paints_changes_without_messages(monkeypatch, change):
    monkeypatch.setattr(painting, "WAKE_SECONDS", 100)
    screen = Screen()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(screen.painter.paint_regularly)
        await screen.until_seen("footer")
        change(screen.view)
        await screen.until_seen("changed")
        tasks.cancel_scope.cancel()
    assert len(screen.painted) == 2


async def test_painter_sends_only_the_time_without_changes(monkeypatch):
    monkeypatch.setattr(painting, "WAKE_SECONDS", 0.001)
    monkeypatch.setattr(painting, "TICK_SECONDS", 0.01)
    screen = Screen()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(screen.painter.paint_regularly)
        with anyio.fail_after(10):
            while len(screen.sent) < 5:
                await screen.news.wait()
        tasks.cancel_scope.cancel()
    assert len(screen.painted) == 1


async def test_painter_stops_at_the_end():
    screen = Screen()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(screen.painter.paint_regularly)
        await screen.until_seen("footer")
        screen.view.notice("info", "too late")
        tasks.cancel_scope.cancel()
    assert screen.view.on_change is None
    screen.view.notice("info", "later still")
    await anyio.sleep(3 * painting.FRAME_SECONDS)
    assert len(screen.painted) == 1


async def test_painter_survives_an_unreachable_page(caplog):
    def lost(ops):
        raise OSError("no page")

    screen = Screen()
    screen.painter.send = lost
    with caplog.at_level(logging.WARNING):
        screen.painter.paint()
    assert "cannot be updated: OSError" in caplog.text


def test_painter_works_on_trio():
    screen = Screen()

    async def work() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(screen.painter.paint_regularly)
            await screen.until_seen("footer")
            screen.view.notice("info", "changed")
            await screen.until_seen("changed")
            tasks.cancel_scope.cancel()

    anyio.run(work, backend="trio")
    assert len(screen.painted) == 2
