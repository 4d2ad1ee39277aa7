"""The line splitter returns the same lines for all chunk borders."""

import itertools

import pytest
from hypothesis import given, strategies as st

from claude_notebook.protocol.framing import LineSplitter, Oversized

TEXTS = st.one_of(
    st.binary(max_size=60),
    st.lists(st.sampled_from([b"\n", b"\r\n", b"", b"{}", b"\xe2\x80\xa8", b"\x00", b"abc"])).map(
        b"".join
    ),
)


def split(data: bytes, cuts: list[int], limit: int) -> list[bytes]:
    """Split `data`, received in chunks that end at `cuts`."""
    splitter, lines = LineSplitter(limit), []
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    for start, end in itertools.pairwise(places):
        lines += splitter.feed(data[start:end])
    rest = splitter.end()
    return lines if rest is None else [*lines, rest]


@given(TEXTS, st.lists(st.integers(0, 60)))
def test_splitter_lines_do_not_depend_on_chunk_borders(data, cuts):
    lines = data.split(b"\n")
    expected = lines if lines[-1] else lines[:-1]

    assert split(data, cuts, limit=1000) == expected


@given(TEXTS, st.lists(st.integers(0, 60)), st.integers(0, 10))
def test_splitter_cuts_exactly_the_lines_above_the_limit(data, cuts, limit):
    whole = split(data, [], limit=1000)
    lines = split(data, cuts, limit)

    assert [isinstance(line, Oversized) for line in lines] == [len(w) > limit for w in whole]
    short = [line for line in lines if not isinstance(line, Oversized)]
    assert short == [line for line in whole if len(line) <= limit]
    for line, full in zip(lines, whole, strict=True):
        if isinstance(line, Oversized):
            assert full.startswith(line)


@pytest.mark.parametrize("line", [b"a\xe2\x80\xa8b", b"a\x0bb", b"a\x85b", b"a\rb"])
def test_splitter_ends_lines_only_at_newlines(line):
    assert split(line + b"\n", [], 100) == [line]


@pytest.mark.parametrize("chunk", [1 << 16, 1 << 20])
def test_splitter_returns_a_line_of_10_mb_whole(chunk):
    line = b"x" * 10_000_000
    splitter = LineSplitter(64 << 20)
    lines = [
        item for at in range(0, len(line), chunk) for item in splitter.feed(line[at : at + chunk])
    ]

    assert lines == []
    assert splitter.feed(b"\ny\n") == [line, b"y"]


def test_splitter_keeps_only_the_beginning_of_an_endless_line():
    splitter = LineSplitter(1000)
    for _ in range(1000):
        assert splitter.feed(b"0123456789" * 100) == []

    assert sum(map(len, splitter._parts)) <= 2000
    lines = splitter.feed(b"\n{}\n")
    assert lines == [b"0123456789" * 20, b"{}"]
    assert [type(line) for line in lines] == [Oversized, bytes]
    assert splitter.end() is None
