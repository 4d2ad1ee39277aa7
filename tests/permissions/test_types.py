"""Permission values and their wire form."""

import dataclasses
from typing import get_args

import pytest
from hypothesis import given, settings, strategies as st

from claude_notebook.errors import OptionsError
from claude_notebook.permissions import (
    PermissionResultAllow,
    PermissionResultDeny,
    PermissionRuleValue,
    PermissionUpdate,
    PermissionUpdateDestination,
    PermissionUpdateType,
)

RULE = PermissionRuleValue("Bash", "git *")

RULES = [RULE, PermissionRuleValue("Read")]
WIRE_RULES = [{"toolName": "Bash", "ruleContent": "git *"}, {"toolName": "Read"}]
CONTENT = {
    "addRules": {"rules": RULES, "behavior": "allow"},
    "replaceRules": {"rules": RULES, "behavior": "deny"},
    "removeRules": {"rules": [], "behavior": "ask"},
    "setMode": {"mode": "plan"},
    "addDirectories": {"directories": ["/a"]},
    "removeDirectories": {"directories": []},
}
DESTINATIONS = get_args(PermissionUpdateDestination)


@pytest.mark.parametrize("destination", [None, *DESTINATIONS])
@pytest.mark.parametrize("kind", get_args(PermissionUpdateType))
def test_permission_update_has_a_wire_form_without_nulls(kind, destination):
    content = CONTENT[kind]
    update = PermissionUpdate(kind, **content, destination=destination)
    wire = {**content, "type": kind, "destination": destination or "session"}
    if content.get("rules"):
        wire["rules"] = WIRE_RULES

    assert update.to_dict() == wire
    back = PermissionUpdate.from_dict(update.to_dict())
    assert back == dataclasses.replace(update, destination=destination or "session")
    assert back.to_dict() == wire


def test_permission_update_leaves_out_fields_of_other_types():
    update = PermissionUpdate("setMode", RULES, "allow", "plan", ["/a"], "session")

    assert update.to_dict() == {"type": "setMode", "mode": "plan", "destination": "session"}


@pytest.mark.parametrize(
    ("kind", "field"), [(kind, field) for kind, content in CONTENT.items() for field in content]
)
def test_permission_update_without_a_needed_field_cannot_be_sent(kind, field):
    content = {name: value for name, value in CONTENT[kind].items() if name != field}

    with pytest.raises(OptionsError, match=f"{kind}.*has no {field}"):
        PermissionUpdate(kind, **content).to_dict()


def test_permission_update_of_an_unknown_type_cannot_be_sent():
    with pytest.raises(OptionsError, match=r"newType.*no known type"):
        PermissionUpdate("newType", RULES, "allow").to_dict()


def test_permission_update_reads_missing_fields_as_none():
    update = PermissionUpdate.from_dict({"type": "addRules", "rules": [{"toolName": "Bash"}]})

    assert update == PermissionUpdate("addRules", [PermissionRuleValue("Bash")])
    with pytest.raises(KeyError):
        PermissionUpdate.from_dict({})


@settings(deadline=None)  # a busy machine is no failure
@given(
    st.builds(
        PermissionUpdate,
        type=st.sampled_from(["addRules", "replaceRules", "removeRules"]),
        rules=st.lists(
            st.builds(PermissionRuleValue, st.text(), st.none() | st.text()), max_size=3
        ),
        behavior=st.sampled_from(["allow", "deny", "ask"]),
        destination=st.sampled_from(DESTINATIONS),
    )
)
def test_permission_update_round_trips(update):
    assert PermissionUpdate.from_dict(update.to_dict()) == update


def test_permission_results_take_their_content_first():
    assert PermissionResultDeny("Not that.").message == "Not that."
    assert PermissionResultDeny("Not that.").behavior == "deny"
    assert PermissionResultDeny(behavior="deny", message="x", interrupt=True).interrupt is True
    assert PermissionResultAllow({"a": 1}).updated_input == {"a": 1}
    assert PermissionResultAllow(behavior="allow").updated_permissions is None


@pytest.mark.parametrize(
    "arguments", [("deny", "no"), ("deny", ""), ("no", 1), (None,), (False,), (["no"], True)]
)
def test_permission_result_deny_refuses_arguments_in_another_order(arguments):
    with pytest.raises(OptionsError, match="Pass them by keyword"):
        PermissionResultDeny(*arguments)
