"""Timing of view updates."""

import logging

import anyio
import pytest

from claude_notebook.render.view.turn_view import TurnView
from claude_notebook.turns.output import publisher as publisher_module
from claude_notebook.turns.output.publisher import Publisher

pytestmark = pytest.mark.anyio


class Screen:
    """Receives the published operations. `view.notice` serves as an example of a change."""

    def __init__(self) -> None:
        self.view = TurnView()
        self.sent: list[list] = []
        self.news = anyio.Event()
        self.publisher = Publisher(self.view, self.send)

    def send(self, ops: list) -> None:
        self.sent.append(ops)
        self.news.set()
        self.news = anyio.Event()

    @property
    def published(self) -> list[list]:
        return [ops for ops in self.sent if ops]

    @property
    def words(self) -> str:
        return str(self.published)

    async def until_seen(self, words: str) -> None:
        with anyio.fail_after(10):
            while words not in self.words:
                await self.news.wait()


async def test_publisher_sends_the_first_message_at_once():
    screen = Screen()
    screen.view.notice("info", "one")
    screen.publisher.arrived()
    assert "one" in screen.words


async def test_publisher_collects_messages_that_follow_closely(monkeypatch):
    monkeypatch.setattr(publisher_module, "FRAME_SECONDS", 0.2)
    screen = Screen()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(screen.publisher.publish_regularly)
        await screen.until_seen("footer")
        for word in ("one", "two", "three"):
            screen.view.notice("info", word)
            screen.publisher.arrived()
        assert len(screen.published) == 1
        await screen.until_seen("three")
        tasks.cancel_scope.cancel()
    first, second = screen.published
    assert [op["op"] for op in first] == ["footer"]
    assert [op["panel"]["text"] for op in second] == ["one", "two", "three"]


@pytest.mark.parametrize(
    "change",
    [
        lambda view: view.notice("info", "changed"),
        lambda view: view.totals.update(note="changed"),
    ],
)
async def test_publisher_sends_changes_without_messages(monkeypatch, change):
    monkeypatch.setattr(publisher_module, "WAKE_SECONDS", 100)
    screen = Screen()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(screen.publisher.publish_regularly)
        await screen.until_seen("footer")
        change(screen.view)
        await screen.until_seen("changed")
        tasks.cancel_scope.cancel()
    assert len(screen.published) == 2


async def test_publisher_sends_only_the_time_without_changes(monkeypatch):
    monkeypatch.setattr(publisher_module, "WAKE_SECONDS", 0.001)
    monkeypatch.setattr(publisher_module, "TICK_SECONDS", 0.01)
    screen = Screen()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(screen.publisher.publish_regularly)
        with anyio.fail_after(10):
            while len(screen.sent) < 5:
                await screen.news.wait()
        tasks.cancel_scope.cancel()
    assert len(screen.published) == 1


async def test_publisher_stops_at_the_end():
    screen = Screen()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(screen.publisher.publish_regularly)
        await screen.until_seen("footer")
        screen.view.notice("info", "too late")
        tasks.cancel_scope.cancel()
    assert screen.view.on_change is None
    screen.view.notice("info", "later still")
    await anyio.sleep(3 * publisher_module.FRAME_SECONDS)
    assert len(screen.published) == 1


async def test_publisher_survives_an_unreachable_page(caplog):
    def lost(ops):
        raise OSError("no page")

    screen = Screen()
    screen.publisher.send = lost
    with caplog.at_level(logging.WARNING):
        screen.publisher.publish()
    assert "cannot be updated: OSError" in caplog.text


def test_publisher_works_on_trio():
    screen = Screen()

    async def work() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(screen.publisher.publish_regularly)
            await screen.until_seen("footer")
            screen.view.notice("info", "changed")
            await screen.until_seen("changed")
            tasks.cancel_scope.cancel()

    anyio.run(work, backend="trio")
    assert len(screen.published) == 2
