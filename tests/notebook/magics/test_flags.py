"""The table of flags: its agreement with the parser, the traits, the request, and the README."""

from __future__ import annotations

from dataclasses import asdict, fields
from pathlib import Path

import pytest

from claude_notebook.notebook.magics.completion import SOURCES
from claude_notebook.notebook.magics.flag_bindings import (
    TRAITS,
    flag_table,
    merge_defaults,
    read_defaults,
    target_fields,
)
from claude_notebook.notebook.magics.flags import FLAGS, ROWS, MagicArguments, flag_of
from claude_notebook.notebook.magics.magics import ClaudeMagics
from claude_notebook.turns.replay_settings import ReplayFlags
from claude_notebook.turns.request import LaunchSettings, TurnRequest

README = Path(__file__).parents[3] / "README.md"
TARGETS = {"launch": LaunchSettings, "request": TurnRequest, "replay": ReplayFlags}


def test_flags_are_in_parser_and_help():
    actions = ClaudeMagics.claude.parser._option_string_actions
    assert [name for name in actions if name.startswith("--")] == list(FLAGS)
    help_text = " ".join(ClaudeMagics.claude.__doc__.split())
    missing = [row.name for row in ROWS if flag_of(row).about not in help_text]
    assert missing == []
    for row in ROWS:
        action = actions[flag_of(row).name]
        assert action.dest == row.name
        assert (action.nargs == 0) == (row.default is False)


def test_flag_names_match_their_fields():
    named = {row.name: flag_of(row).name for row in ROWS if row.name != "handle"}
    assert named == {name: f"--{name.replace('_', '-')}" for name in named}


def test_flags_are_config_traits():
    traits = ClaudeMagics.class_traits(config=True)
    beyond_flags = {"max_background", "cassettes", "keep_log", "warm"}
    assert set(traits) == set(TRAITS) | beyond_flags
    assert all(trait.help for trait in traits.values())


def test_flag_targets_are_fields_of_requests():
    targets = [flag_of(row).target for row in ROWS if flag_of(row).target]
    unknown = [
        target
        for target in targets
        for owner, _, name in [target.partition(".")]
        if name not in {field.name for field in fields(TARGETS[owner])}
    ]
    assert unknown == []
    assert len(set(targets)) == len(targets)


def test_flag_completions_have_sources():
    assert {flag.completes for flag in FLAGS.values()} - {""} == set(SOURCES)


def test_readme_lists_every_flag():
    assert flag_table() in README.read_text(encoding="utf-8")


def test_merge_defaults_prefers_line_and_extends_lists():
    line = MagicArguments(prompt="hi", model="opus", allow=["Edit"], max_turns=None)
    defaults = MagicArguments(model="haiku", allow=["Read"], max_turns=5, system="")
    merged = merge_defaults(line, defaults)
    assert asdict(merged) == {
        **asdict(MagicArguments()),
        "prompt": "hi",
        "model": "opus",
        "allow": ["Read", "Edit"],
        "max_turns": 5,
    }


def test_read_defaults_of_unset_traits_equals_empty_line():
    class Defaults:
        """The traits' default values."""

    for name, trait in TRAITS.items():
        setattr(Defaults, name, trait.default())
    merged = merge_defaults(MagicArguments(), read_defaults(Defaults()))
    assert merged == MagicArguments()


@pytest.mark.parametrize("target", TARGETS)
def test_target_fields_match_defaults_of_target(target, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    usual = {field.name: field.default for field in fields(TARGETS[target])}
    values = target_fields(target, MagicArguments())
    assert values.pop("cwd", str(tmp_path)) == str(tmp_path)
    assert values == {name: usual[name] for name in values}
