"""The static copy of a running turn: its updates, and its removal at the end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display
from traitlets.config import Config

from claude_notebook.notebook.output.autosave import MIN_INTERVAL_SECONDS, UNFINISHED, StaticCopy
from claude_notebook.notebook.output.outputs import FALLBACK_AFTER_SECONDS, WidgetOutput, bundle_of
from claude_notebook.render.view.turn_view import TurnView

UNIT = MIN_INTERVAL_SECONDS / 5


class Cell(CapturingDisplayPublisher):
    """Collect the outputs of a cell as a page would show them."""

    parent_header: dict[str, str] = {"msg_id": "cell 1"}  # noqa: RUF012  a kernel's publisher has it too
    wait = False

    def publish(self, data, metadata=None, **more):
        name = more["transient"]["display_id"]
        if self.wait and not more.get("update"):
            self.outputs.clear()
            self.wait = False
        if more.get("update"):
            for output in self.outputs:
                if output[0] == name:
                    output[1] = data
        else:
            self.outputs.append([name, data])

    def clear_output(self, wait=False):
        self.wait = wait


@pytest.fixture
def cell() -> Iterator[Cell]:
    quiet = Config({"HistoryManager": {"enabled": False}})
    shell = InteractiveShell.instance(config=quiet)
    shell.display_pub = Cell()
    yield shell.display_pub
    InteractiveShell.clear_instance()


class LongTurn:
    """A turn in a cell: its view, and its static copy below."""

    def __init__(self, cell: Cell, *, reserve: bool = False, alone: bool = True, big: int = 0):
        self.cell, self.now, self.renders, self.big = cell, 0.0, 0, big
        self.view = TurnView(1)
        self.handle = display({"text/plain": "the view"}, raw=True, display_id=True)
        self.copy = StaticCopy(
            self.view, self.render, reserve=reserve, alone=alone, clock=lambda: self.now
        )

    def render(self) -> dict[str, str]:
        self.renders += 1
        return {**bundle_of(self.view), "text/markdown": "x" * self.big}

    def at(self, time: float, *, changed: bool = True, unit: float = UNIT) -> int:
        self.now = time * unit
        if changed:
            self.copy.update(["painted"])
        self.copy.update([])
        return self.renders

    @property
    def shown(self) -> list[dict[str, str]]:
        return [data for _, data in self.cell.outputs]


def test_static_copy_skips_short_turns(cell: Cell):
    turn = LongTurn(cell)
    turn.view.notice("info", "so far")
    assert [turn.at(n) for n in (0, 1, 4.9)] == [0, 0, 0]
    assert not turn.copy.end(turn.render(), turn.handle)
    assert turn.shown == [{"text/plain": "the view"}]


def test_static_copy_updates_at_intervals(cell: Cell):
    turn = LongTurn(cell)
    turn.view.notice("info", "so far")
    assert [turn.at(n) for n in (4, 5, 6, 9, 10, 11)] == [0, 1, 1, 1, 2, 2]
    _, copy = turn.shown
    assert all(UNFINISHED in text for text in copy.values())
    assert "so far" in copy["text/html"]


def test_static_copy_is_not_sent_without_changes(cell: Cell):
    turn = LongTurn(cell)
    assert [turn.at(n, changed=n == 7) for n in (5, 6, 7, 10, 15, 20)] == [1, 1, 1, 2, 2, 2]


def test_static_copy_follows_question_soon(cell: Cell):
    turn = LongTurn(cell)
    turn.view.totals.update(waiting=1)
    assert [turn.at(n, changed=n == 0, unit=1) for n in (0, 1, 2, 3)] == [0, 0, 1, 1]


def test_static_copy_of_large_turn_updates_less_often(cell: Cell):
    turn = LongTurn(cell, big=1_000_000)
    assert [turn.at(n) for n in (5, 20, 24, 26)] == [1, 1, 1, 2]


def test_static_copy_alone_in_cell_is_cleared_at_end(cell: Cell):
    turn = LongTurn(cell, reserve=True)
    turn.at(5)
    assert len(turn.shown) == 2
    assert turn.copy.end({"text/plain": "the end"}, turn.handle)
    assert cell.outputs == [[turn.handle.display_id, {"text/plain": "the end"}]]


def test_static_copy_with_other_output_is_emptied_at_end(cell: Cell):
    with_others = LongTurn(cell, alone=False)
    with_others.at(5)
    assert not with_others.copy.end({"text/plain": "the end"}, with_others.handle)
    assert with_others.shown == [{"text/plain": "the view"}, {}]
    later = LongTurn(cell)
    later.at(5)
    cell.parent_header = {"msg_id": "cell 2"}
    assert not later.copy.end({"text/plain": "the end"}, later.handle)
    assert later.shown[2:] == [{"text/plain": "the view"}, {}]


def test_static_copy_reserves_output_in_old_kernels_only(cell: Cell):
    assert LongTurn(cell, reserve=True).shown[1:] == [{}]
    cell._parent_header = cell.parent_header
    cell.outputs.clear()
    assert LongTurn(cell, reserve=True).shown[1:] == []


def test_widget_output_returns_to_live_view_of_slow_page(cell: Cell):
    output = WidgetOutput(TurnView(1), lambda: None, lambda call: call(), lambda message: None)
    output.start()
    ((_, live),) = cell.outputs
    output._started -= FALLBACK_AFTER_SECONDS
    output.send([])
    ((_, static),) = cell.outputs
    output._widget.channel.ready = True
    output.send([])
    ((_, again),) = cell.outputs
    view = "application/vnd.jupyter.widget-view+json"
    assert [view in bundle for bundle in (live, static, again)] == [True, False, True]
    assert live[view] == again[view]
