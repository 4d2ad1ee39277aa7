"""Scripts as text: round trips and errors."""

import json

import pytest
from hypothesis import given, strategies as st

from claude_notebook.errors import ClaudeSDKError
from claude_notebook.testing import (
    Cut,
    ErrorEvent,
    Hang,
    Malformed,
    Say,
    ScriptError,
    Status,
    Step,
    Think,
    Use,
    find_script,
    script,
)

text = st.text(max_size=30)
times = st.none() | st.integers(1, 9)
where = st.sampled_from(["before", "start"]) | st.integers(0, 99)
inputs = st.dictionaries(text, st.none() | st.booleans() | st.integers() | text | st.lists(text))
blocks = (
    st.builds(Say, text)
    | st.builds(Think, text, text)
    | st.builds(Use, text, inputs, st.none() | text.filter(bool))
)
failures = (
    st.builds(
        Status,
        st.integers(400, 599),
        st.none() | text,
        st.none() | text,
        st.just({"a": "b"}),
        times,
    )
    | st.builds(ErrorEvent, text, text.filter(bool), where, times)
    | st.builds(Cut, where, times)
    | st.builds(Hang, where, times)
    | st.builds(Malformed, where, times)
)
steps = st.builds(
    Step,
    answer=st.lists(blocks, max_size=3).map(tuple),
    chunk=st.integers(1, 99),
    delay=st.floats(0, 9),
    wait=st.floats(0, 9),
    stop_reason=st.none() | text,
    usage=st.dictionaries(text, st.integers(0, 9), max_size=2),
    headers=st.dictionaries(text, text, max_size=2),
    fails=st.lists(failures, max_size=2).map(tuple),
)


@given(st.lists(steps, max_size=4), text, text)
def test_find_script_reads_what_script_writes(written, before, after):
    assert find_script(f"{before}{script(*written)}{after}") == tuple(written)


def test_script_accepts_short_forms():
    written = script("hello", [Think("hm"), "both", Use("Bash", {"command": "ls"})], Use("Read"))

    assert find_script(written) == (
        Step((Say("hello"),)),
        Step((Think("hm"), Say("both"), Use("Bash", {"command": "ls"}))),
        Step((Use("Read"),)),
    )


def test_find_script_reads_handwritten_script():
    by_hand = """Please look. <<script [
        "One.",
        {"think": "hm", "say": "Two.", "use": "Bash", "input": {"command": "ls"}, "delay": 1},
        {"say": "Three.", "fails": {"cut": 2, "times": 1}}
    ] >> Thanks."""

    item, two, three = find_script(by_hand)
    assert item.blocks == (Say("One."),)
    assert two.blocks == (Think("hm"), Say("Two."), Use("Bash", {"command": "ls"}))
    assert two.delay == 1.0
    assert three.failures == (Cut(2, times=1),)


def test_find_script_ignores_script_in_tool_input():
    inner = script("from below")
    (step,) = find_script(script(Use("Agent", {"prompt": inner})))

    assert step.blocks[0].input["prompt"] == inner
    assert find_script(inner) == (Step((Say("from below"),)),)


def test_find_script_returns_none_without_marker():
    assert find_script("<script>alert(1)</script> << script") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('<<script ["one"', "Expecting ',' delimiter"),
        ('<<script {"say": "one"}>>', "Expected `array`"),
        ('<<script ["one"] and so on', "instead of >>"),
        ('<<script ["one", {"sey": "two"}]>>', "unknown field `sey` - at `$[1]`"),
        ('<<script [{"delay": "slow"}]>>', "Expected `float`, got `str` - at `$[0].delay`"),
        ('<<script [{"fails": {"times": 2}}]>>', "status, error_event, cut, hang, malformed"),
    ],
)
def test_find_script_explains_malformed_script(text, message):
    with pytest.raises(ScriptError) as caught:
        find_script(text)

    assert message in str(caught.value)
    assert isinstance(caught.value, ClaudeSDKError)


def test_step_failures_apply_in_order_and_number():
    step = Step("ok", fails=[Status(429, times=2), Cut("start", times=1)])

    struck = [step.failure(attempt) for attempt in range(5)]
    assert struck == [Status(429, times=2)] * 2 + [Cut("start", times=1), None, None]
    assert Step("never", fails=Hang(1)).failure(10**6) == Hang(1)


def test_script_is_ascii_json():
    written = script("é 🎉 \u2028 \ud800")

    assert written.isascii()
    assert json.loads(written.removeprefix("<<script ").removesuffix(">>"))
