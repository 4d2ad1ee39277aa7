"""Permission values and their wire form."""

import pytest
from hypothesis import given, settings, strategies as st

from claude_notebook.permissions import (
    PermissionResultAllow,
    PermissionResultDeny,
    PermissionRuleValue,
    PermissionUpdate,
)

RULE = PermissionRuleValue("Bash", "git *")

UPDATES = [
    (
        PermissionUpdate("addRules", [RULE, PermissionRuleValue("Read")], "allow"),
        {
            "type": "addRules",
            "rules": [
                {"toolName": "Bash", "ruleContent": "git *"},
                {"toolName": "Read", "ruleContent": None},
            ],
            "behavior": "allow",
        },
    ),
    (
        PermissionUpdate("setMode", mode="plan", destination="session"),
        {"type": "setMode", "mode": "plan", "destination": "session"},
    ),
    (
        PermissionUpdate("addDirectories", directories=["/a"], destination="projectSettings"),
        {"type": "addDirectories", "directories": ["/a"], "destination": "projectSettings"},
    ),
    (PermissionUpdate("removeRules", rules=[]), {"type": "removeRules", "rules": []}),
]


@pytest.mark.parametrize(("update", "wire"), UPDATES)
def test_updates_on_the_wire_and_back(update, wire):
    assert update.to_dict() == wire
    assert PermissionUpdate.from_dict(wire) == update


def test_what_the_cli_leaves_out_is_none():
    update = PermissionUpdate.from_dict({"type": "addRules", "rules": [{"toolName": "Bash"}]})

    assert update == PermissionUpdate("addRules", [PermissionRuleValue("Bash")])
    with pytest.raises(KeyError):
        PermissionUpdate.from_dict({})


@settings(deadline=None)  # a busy machine is no failure
@given(
    st.builds(
        PermissionUpdate,
        type=st.sampled_from(["addRules", "replaceRules", "setMode"]),
        rules=st.none()
        | st.lists(st.builds(PermissionRuleValue, st.text(), st.none() | st.text()), max_size=3),
        behavior=st.sampled_from([None, "allow", "deny", "ask"]),
        directories=st.none() | st.lists(st.text(), max_size=2),
    )
)
def test_any_update_comes_back_as_it_was(update):
    assert PermissionUpdate.from_dict(update.to_dict()) == update


def test_answers_take_their_content_first():
    assert PermissionResultDeny("Not that.").message == "Not that."
    assert PermissionResultDeny("Not that.").behavior == "deny"
    assert PermissionResultDeny(behavior="deny", message="x", interrupt=True).interrupt is True
    assert PermissionResultAllow({"a": 1}).updated_input == {"a": 1}
    assert PermissionResultAllow(behavior="allow").updated_permissions is None
