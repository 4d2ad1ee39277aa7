"""Parsing of the magics' line: flags, then the unchanged prompt."""

from __future__ import annotations

import argparse
from dataclasses import asdict

import pytest
from hypothesis import example, given, strategies as st

from claude_notebook.errors import OptionsError
from claude_notebook.notebook.magics.arguments import parse
from claude_notebook.notebook.magics.flags import MagicArguments
from claude_notebook.notebook.magics.magics import ClaudeMagics

PARSER: argparse.ArgumentParser = ClaudeMagics.claude.parser


def parsed_fields(line: str) -> dict[str, object]:
    """Return the fields of a parsed line that differ from their defaults."""
    defaults = asdict(MagicArguments())
    return {k: v for k, v in asdict(parse(PARSER, line)).items() if v != defaults[k]}


ROWS = {
    "": {},
    "hello": {"prompt": "hello"},
    "--model opus": {"model": "opus"},
    "--model=opus hello": {"model": "opus", "prompt": "hello"},
    "--new": {"new": True},
    "--mode plan": {"mode": "plan"},
    "--max-turns 3": {"max_turns": 3},
    "--cwd ../data": {"cwd": "../data"},
    "--add-dir a --add-dir b": {"add_dir": ["a", "b"]},
    '--system "be brief"': {"system": "be brief"},
    "--allow Bash --allow Edit": {"allow": ["Bash", "Edit"]},
    '--allow "Bash(git *)" go': {"allow": ["Bash(git *)"], "prompt": "go"},
    "--allow Bash(git *) go": {"allow": ["Bash(git *)"], "prompt": "go"},
    "--deny WebFetch": {"deny": ["WebFetch"]},
    "--budget 0.5": {"budget": 0.5},
    "--resume 1234-5678": {"resume": "1234-5678"},
    "--attach 'my plot.png' what is this?": {
        "attach": ["my plot.png"],
        "prompt": "what is this?",
    },
    "--plain": {"plain": True},
    # several flags
    "--model haiku --new --plain --allow Read tell me": {
        "model": "haiku",
        "new": True,
        "plain": True,
        "allow": ["Read"],
        "prompt": "tell me",
    },
    # values
    "--system=--strange--": {"system": "--strange--"},
    "--system --strange": {"system": "--strange"},
    '--system "say \\"hi\\" {x}"': {"system": 'say "hi" {x}'},
    "--system 'it''s'": {"system": "its"},
    '--system ""': {"system": ""},
    '--cwd "a b"/c': {"cwd": "a b/c"},
    "--cwd C:\\data": {"cwd": "C:\\data"},
    "--resume=-x": {"resume": "-x"},
    # the prompt begins with the first word that is not a flag, and stays unchanged
    "fix --model bug": {"prompt": "fix --model bug"},
    '--new what\'s "odd" --model {here} $5?': {
        "new": True,
        "prompt": 'what\'s "odd" --model {here} $5?',
    },
    "-- --model is a flag": {"prompt": "--model is a flag"},
    "--plain -- --new": {"plain": True, "prompt": "--new"},
    "-5 degrees": {"prompt": "-5 degrees"},
    "- a list": {"prompt": "- a list"},
    "'quoted' prompt": {"prompt": "'quoted' prompt"},
    "don't": {"prompt": "don't"},
    '"unclosed': {"prompt": '"unclosed'},
    "\\": {"prompt": "\\"},
}


def test_parse_reads_flags_and_prompt():
    parsed = {line: parsed_fields(line) for line in ROWS}
    assert parsed == ROWS


WRONG = {
    "--modle opus": ("--modle", "--model"),
    "--allowed-tools Bash": ("--allowed-tools",),
    "--mod plan": ("--mod", "--mode"),
    "--zzz": ("no flag --zzz", "%%claude?"),
    "---": ("---",),
    "--model": ("--model needs a value",),
    "--new --model": ("--model needs a value",),
    "--new=yes": ("--new",),
    "--mode wild": ("--mode", "wild", "plan"),
    "--max-turns many": ("--max-turns", "many"),
    "--max-turns 0": ("--max-turns", "more than 0"),
    "--max-turns=-1": ("--max-turns", "more than 0"),
    "--budget cheap": ("--budget", "cheap"),
    "--budget 0": ("--budget", "more than 0"),
    "--budget nan": ("--budget", "more than 0"),
    "--new --resume x": ("--new", "--resume"),
    '--system "unclosed': ("--system", "quote"),
    "--prompt hi": ("--prompt",),
}


def test_parse_explains_invalid_lines():
    violations = []
    for line, parts in WRONG.items():
        with pytest.raises(OptionsError) as caught:
            parse(PARSER, line)
        violations += [(line, part) for part in parts if part not in str(caught.value)]
    assert violations == []


PROMPTS = st.text(st.characters(exclude_categories=[], exclude_characters="\n\r")).filter(
    lambda text: text.strip() and not text.strip().startswith("--")
)


@given(prompt=PROMPTS, flags=st.lists(st.sampled_from(["--new", "--plain", "--model opus"])))
@example(prompt="(open", flags=["--model opus"])
@example(prompt="'tis", flags=["--model opus"])
def test_parse_leaves_prompt_after_flags_unchanged(prompt, flags):
    parsed = parse(PARSER, " ".join([*flags, prompt]))
    assert parsed.prompt == prompt.strip()
    assert parsed.new == ("--new" in flags)
    assert parsed.model == ("opus" if "--model opus" in flags else None)


@given(value=st.text(st.characters(exclude_categories=["C", "Z"])))
@example(value="a 'b' \\ \"c\"")
def test_parse_unquotes_values(value):
    quoted = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    for line in (f"--system {quoted} the prompt", f"--system={quoted} the prompt"):
        parsed = parse(PARSER, line)
        assert (parsed.system, parsed.prompt) == (value, "the prompt")
