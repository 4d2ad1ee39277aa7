import gc

import pytest
from gallery import gallery
from traces import view_of

from claude_notebook.render.output import mime_bundle as bundle
from claude_notebook.render.output.mime_bundle import bundle_of


@pytest.fixture(params=[True, False], ids=["on", "off"])
def collector(request):
    """Switch the garbage collector on or off for a test."""
    before = gc.isenabled()
    (gc.enable if request.param else gc.disable)()
    yield request.param
    (gc.enable if before else gc.disable)()


def test_bundle_restores_the_garbage_collector(collector, monkeypatch):
    seen = []
    monkeypatch.setattr(bundle, "turn_text", lambda view: seen.append(gc.isenabled()) or "")
    assert bundle_of(view_of(gallery()))["text/html"]
    assert seen == [False]
    assert gc.isenabled() == collector


def test_bundle_restores_the_garbage_collector_after_a_failure(collector, monkeypatch):
    monkeypatch.setattr(bundle, "turn_markdown", lambda view: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        bundle_of(view_of(gallery()))
    assert gc.isenabled() == collector
