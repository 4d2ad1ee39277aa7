"""What a notebook keeps of a turn that still runs: when it is made, and what is left of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display
from traitlets.config import Config

from claude_notebook.notebook.output.autosave import AT_LEAST_SECONDS, STILL, Keeper
from claude_notebook.notebook.output.outputs import FALLBACK_AFTER_SECONDS, WidgetOutput, bundle_of
from claude_notebook.render.view.turn_view import TurnView

UNIT = AT_LEAST_SECONDS / 5


class Cell(CapturingDisplayPublisher):
    """The outputs of a cell, as a page would show them."""

    parent_header: dict[str, str] = {"msg_id": "cell 1"}  # noqa: RUF012  a kernel's has this shape too
    wait = False

    def publish(self, data, metadata=None, **more):
        name = more["transient"]["display_id"]
        if self.wait and not more.get("update"):
            self.outputs.clear()
            self.wait = False
        if more.get("update"):
            known = [one for one in self.outputs if one[0] == name]
            for one in known:
                one[1] = data
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


class Kept:
    """A turn's place in a cell, below its view."""

    def __init__(self, cell: Cell, *, reserve: bool = False, alone: bool = True, big: int = 0):
        self.cell, self.now, self.made, self.big = cell, 0.0, 0, big
        self.view = TurnView(1)
        self.handle = display({"text/plain": "the view"}, raw=True, display_id=True)
        self.keeper = Keeper(
            self.view, self.make, reserve=reserve, alone=alone, clock=lambda: self.now
        )

    def make(self) -> dict[str, str]:
        self.made += 1
        return {**bundle_of(self.view), "text/markdown": "x" * self.big}

    def at(self, time: float, *, changed: bool = True, unit: float = UNIT) -> int:
        self.now = time * unit
        if changed:
            self.keeper.keep(["painted"])
        self.keeper.keep([])
        return self.made

    @property
    def shown(self) -> list[dict[str, str]]:
        return [data for _, data in self.cell.outputs]


def test_a_short_turn_has_no_second_output(cell: Cell):
    kept = Kept(cell)
    kept.view.notice("info", "so far")
    assert [kept.at(n) for n in (0, 1, 4.9)] == [0, 0, 0]
    assert not kept.keeper.end(kept.make(), kept.handle)
    assert kept.shown == [{"text/plain": "the view"}]


def test_a_long_one_is_kept_now_and_then(cell: Cell):
    kept = Kept(cell)
    kept.view.notice("info", "so far")
    assert [kept.at(n) for n in (4, 5, 6, 9, 10, 11)] == [0, 1, 1, 1, 2, 2]
    _, so_far = kept.shown
    assert all(STILL in text for text in so_far.values())
    assert "so far" in so_far["text/html"]


def test_nothing_is_sent_while_nothing_changes(cell: Cell):
    kept = Kept(cell)
    assert [kept.at(n, changed=n == 7) for n in (5, 6, 7, 10, 15, 20)] == [1, 1, 1, 2, 2, 2]


def test_a_question_is_kept_soon(cell: Cell):
    kept = Kept(cell)
    kept.view.totals.update(waiting=1)
    assert [kept.at(n, changed=n == 0, unit=1) for n in (0, 1, 2, 3)] == [0, 0, 1, 1]


def test_what_is_large_is_sent_less_often(cell: Cell):
    kept = Kept(cell, big=1_000_000)
    assert [kept.at(n) for n in (5, 20, 24, 26)] == [1, 1, 1, 2]


def test_alone_in_its_cell_it_leaves_nothing(cell: Cell):
    kept = Kept(cell, reserve=True)
    kept.at(5)
    assert len(kept.shown) == 2
    assert kept.keeper.end({"text/plain": "the end"}, kept.handle)
    assert cell.outputs == [[kept.handle.display_id, {"text/plain": "the end"}]]


def test_beside_others_and_later_only_its_place_is_emptied(cell: Cell):
    beside = Kept(cell, alone=False)
    beside.at(5)
    assert not beside.keeper.end({"text/plain": "the end"}, beside.handle)
    assert beside.shown == [{"text/plain": "the view"}, {}]
    later = Kept(cell)
    later.at(5)
    cell.parent_header = {"msg_id": "cell 2"}
    assert not later.keeper.end({"text/plain": "the end"}, later.handle)
    assert later.shown[2:] == [{"text/plain": "the view"}, {}]


def test_a_place_is_taken_at_once_only_where_outputs_would_not_find_the_cell(cell: Cell):
    assert Kept(cell, reserve=True).shown[1:] == [{}]
    cell._parent_header = cell.parent_header
    cell.outputs.clear()
    assert Kept(cell, reserve=True).shown[1:] == []


def test_a_page_that_was_only_slow_gets_the_live_view_back(cell: Cell):
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
    assert [view in one for one in (live, static, again)] == [True, False, True]
    assert live[view] == again[view]
