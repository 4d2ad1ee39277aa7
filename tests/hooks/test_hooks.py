"""What hooks are told and may answer: each event has its words, and the recorded ones fit."""

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
    """The keys that are always there. Where annotations are text, the class cannot tell."""
    hints = get_type_hints(kind, include_extras=True)
    return {key for key in kind.__required_keys__ if get_origin(hints[key]) is not NotRequired}


def test_every_event_has_an_input_and_no_input_is_of_another():
    assert set(INPUTS) == set(EVENTS)
    for kind in INPUTS.values():
        assert {"session_id", "cwd", "hook_event_name"} <= required(kind)


def test_every_output_is_for_an_event_of_its_name():
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


@pytest.mark.parametrize("event", sorted({told["hook_event_name"] for told in RECORDED}))
def test_what_the_real_cli_has_told_has_a_name(event):
    kind = INPUTS[event]
    known = set(get_type_hints(kind))
    for told in RECORDED:
        if told["hook_event_name"] == event:
            assert set(told) <= known
            assert required(kind) <= set(told)


def test_a_matcher_matches_everything_by_default_and_cannot_be_changed():
    matcher = HookMatcher()

    assert (matcher.matcher, list(matcher.hooks), matcher.timeout) == (None, [], None)
    assert matcher == HookMatcher()
    assert matcher.hooks is not HookMatcher().hooks
    with pytest.raises(dataclasses.FrozenInstanceError):
        matcher.timeout = 1.0
