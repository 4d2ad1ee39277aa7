"""Inputs and outputs of hooks, compared with recordings."""

import dataclasses
from typing import get_args, get_origin

import pytest
import recorded
from typing_extensions import NotRequired, get_type_hints

from claude_notebook.hooks import HookEvent, HookMatcher, inputs, outputs

EVENTS = get_args(HookEvent)
INPUTS = {
    get_args(get_type_hints(kind)["hook_event_name"])[0]: kind
    for kind in get_args(inputs.HookInput)
}


def required(kind: type) -> set[str]:
    """Return the required keys, which a class with string annotations does not know itself."""
    hints = get_type_hints(kind, include_extras=True)
    return {key for key in kind.__required_keys__ if get_origin(hints[key]) is not NotRequired}


def test_hook_inputs_match_events():
    assert set(INPUTS) == set(EVENTS)
    for kind in INPUTS.values():
        assert {"session_id", "cwd", "hook_event_name"} <= required(kind)


def test_hook_outputs_match_events():
    kinds = [kind for name, kind in vars(outputs).items() if name.endswith("HookSpecificOutput")]
    for kind in kinds:
        if hasattr(kind, "__required_keys__"):
            (event,) = get_args(get_type_hints(kind)["hookEventName"])
            assert kind.__name__ == f"{event}HookSpecificOutput"
            assert "hookEventName" in required(kind)


RECORDED = [
    request["request"]["input"]
    for path in recorded.ALL
    for request in recorded.lines(path, "cli")
    if request["type"] == "control_request" and request["request"]["subtype"] == "hook_callback"
]


@pytest.mark.parametrize("event", sorted({item["hook_event_name"] for item in RECORDED}))
def test_hook_inputs_cover_recorded_fields(event):
    kind = INPUTS[event]
    known = set(get_type_hints(kind))
    for item in RECORDED:
        if item["hook_event_name"] == event:
            assert set(item) <= known
            assert required(kind) <= set(item)


def test_hook_matcher_defaults_and_is_frozen():
    matcher = HookMatcher()

    assert (matcher.matcher, list(matcher.hooks), matcher.timeout) == (None, [], None)
    assert matcher == HookMatcher()
    assert matcher.hooks is not HookMatcher().hooks
    with pytest.raises(dataclasses.FrozenInstanceError):
        matcher.timeout = 1.0
