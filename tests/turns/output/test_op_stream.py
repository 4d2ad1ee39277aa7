"""Packer: a page can decompress every message of a complete stream."""

from __future__ import annotations

import json
import zlib

from hypothesis import given, strategies as st

from claude_notebook.turns.output.op_stream import Packer

OPS = st.lists(
    st.fixed_dictionaries(
        {"op": st.just("end"), "html": st.text(st.characters(exclude_categories=["Cs"]))}
    )
)


@given(st.lists(OPS, max_size=5))
def test_packer_flushes_each_message(batches):
    packer, stream = Packer(), zlib.decompressobj(-zlib.MAX_WBITS)
    for number, ops in enumerate(batches):
        place, packed = packer.pack(ops)
        assert place == number
        assert json.loads(stream.decompress(packed)) == ops


def test_packer_starts_independent_streams():
    packer = Packer()
    packer.pack([{"op": "end", "html": "said before"}])
    packer.restart()
    place, packed = packer.pack([{"op": "end", "html": "said before"}])
    assert place == 0
    read = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed)
    assert json.loads(read) == [{"op": "end", "html": "said before"}]


def test_packer_survives_a_lone_surrogate():
    _, packed = Packer().pack([{"op": "end", "html": "a\ud800b"}])
    read = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed)
    assert json.loads(read) == [{"op": "end", "html": "a\ud800b"}]
