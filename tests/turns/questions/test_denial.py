"""Denials of calls that no person can approve."""

from __future__ import annotations

import pytest

from claude_notebook.turns.questions.denial import allow_rule, refusal


@pytest.mark.parametrize(
    ("tool", "tool_input", "rule"),
    [
        ("Bash", {"command": "git status"}, "Bash(git *)"),
        ("Bash", {"command": "  ls"}, "Bash(ls *)"),
        ("Bash", {"command": "apt-get update"}, "Bash(apt-get *)"),
        ("Bash", {"command": "./run.sh"}, "Bash"),
        ("Bash", {"command": "A=1 run"}, "Bash"),
        ("Bash", {"command": ""}, "Bash"),
        ("Bash", {"command": ["ls"]}, "Bash"),
        ("Write", {"file_path": "/a"}, "Write"),
    ],
)
def test_refusal_names_the_narrowest_rule(tool, tool_input, rule):
    assert allow_rule(tool, tool_input) == rule


def test_refusal_of_an_edit_offers_a_mode():
    remark, refused = refusal("Edit", {"file_path": "/a"})
    assert "--allow Edit or --mode acceptEdits" in remark
    assert "--mode acceptEdits" in refused.message
    remark, _ = refusal("Bash", {"command": "git status"})
    assert '--allow "Bash(git *)"' in remark
