"""What is sent to a page, packed: whoever hears all of a stream reads all of it."""

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
def test_each_message_can_be_read_as_soon_as_it_is_there(batches):
    packer, stream = Packer(), zlib.decompressobj(-zlib.MAX_WBITS)
    for number, ops in enumerate(batches):
        place, packed = packer.pack(ops)
        assert place == number
        assert json.loads(stream.decompress(packed)) == ops


def test_a_new_stream_is_read_without_the_one_before():
    packer = Packer()
    packer.pack([{"op": "end", "html": "said before"}])
    packer.restart()
    place, packed = packer.pack([{"op": "end", "html": "said before"}])
    assert place == 0
    read = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed)
    assert json.loads(read) == [{"op": "end", "html": "said before"}]


def test_a_lone_surrogate_ends_nothing():
    _, packed = Packer().pack([{"op": "end", "html": "a\ud800b"}])
    read = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed)
    assert json.loads(read) == [{"op": "end", "html": "a\ud800b"}]
