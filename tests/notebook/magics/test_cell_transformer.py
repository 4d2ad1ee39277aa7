"""The input transformer inside IPython's own transformer manager."""

from __future__ import annotations

import ast

import pytest
from hypothesis import example, given, strategies as st
from IPython.core.inputtransformer2 import TransformerManager

from claude_notebook.notebook.magics.cell_transformer import CellTransformer

AWAITED = ("run_cell", "run_line")
PLAIN = ("run_cell_magic", "run_line_magic")


def manager(*, autoawait: bool = True) -> TransformerManager:
    """Return IPython's transformers, with ours where the extension inserts it."""
    transformers = TransformerManager()
    transformers.cleanup_transforms.insert(0, CellTransformer(lambda: autoawait))
    return transformers


def call(cell: str, *, autoawait: bool = True) -> tuple[str, list[str]]:
    """Transform a cell into one call, and return the function's name and arguments."""
    source = manager(autoawait=autoawait).transform_cell(cell)
    compile(source, "<cell>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    (statement,) = ast.parse(source).body
    assert isinstance(statement, ast.Expr)
    value = statement.value
    if isinstance(value, ast.Await):
        value = value.value
        assert isinstance(value, ast.Call)
        assert value.func.attr in AWAITED
    else:
        assert value.func.attr in PLAIN
    return value.func.attr, [ast.literal_eval(argument) for argument in value.args]


def body_of(cell: str, *, autoawait: bool = True) -> str:
    """Return the body that the magic receives, without the newline that IPython appends."""
    name, arguments = call(cell, autoawait=autoawait)
    assert name == ("run_cell" if autoawait else "run_cell_magic")
    return arguments[-1].removesuffix("\n")


# --- content -------------------------------------------------------------------------------------

# IPython appends a newline to a cell without one, so a trailing newline cannot be preserved.
bodies = st.text(st.characters(exclude_categories=[])).filter(lambda text: not text.endswith("\n"))


@given(body=bodies)
@example(body="")
@example(body='{"a": {braces}} $HOME %d %s {{x}} `tick`')
@example(body="'single' \"double\" '''triple''' \"\"\"both\"\"\" \\ \\n \\")
@example(body="🎉 naïve \u2028 \u2029 \x85 \x0b \x0c \x1c \ud800 \x00 \ufeff")
@example(body="one\r\ntwo\rthree")
@example(body=">>> x = 1\n>>> y\n... z")
@example(body="In [1]: x = 1\n   ...: y\nOut[1]: 2")
@example(body="    indented\n  less\nnot at all")
@example(body="\n\n  \nafter empty lines")
@example(body="%%claude\n%time\n!ls\n?help\nwhat?")
@example(body="# a comment")
@example(body="x = !ls\ny = %claude\nlen?\n%%time")
@pytest.mark.parametrize("autoawait", [True, False])
def test_transformer_keeps_any_body(autoawait, body):
    assert body_of(f"%%claude --new\n{body}", autoawait=autoawait) == body


def test_transformer_keeps_megabyte_body():
    body = '{"key": "value"} naïve 🎉 \\\n' * 40_000
    assert len(body) > 1_000_000
    assert body_of(f"%%claude\n{body}x") == body + "x"


@given(line=st.text(st.characters(exclude_characters="\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")))
@example(line='--system "a {b} $c" 100 % sure, isn\'t it?')
@example(line="is it ok?")
@example(line="ends with a backslash \\")
def test_transformer_keeps_any_line(line):
    assert call(f"%claude {line}") == ("run_line", [line.strip(), ""])
    assert call(f"%%claude {line}\nbody")[1] == [line.strip(), "body\n"]


@pytest.mark.parametrize(
    ("cell", "prompt"),
    [
        ("job = %claude --bg what is her name?\nx = 1", "--bg what is her name?"),
        ("for x in y:\n    %claude what is {x}?", "what is {x}?"),
        ("%claude is it ok?\nx = 1", "is it ok?"),
    ],
)
def test_transformer_passes_questions_as_prompts(cell, prompt):
    source = manager().transform_cell(cell)
    assert f"run_line_magic('claude', {prompt!r})" in source
    assert "pinfo" not in source


@pytest.mark.parametrize("cell", ["%claude?\nx = 1", 's = """\n%claude well?\n"""\n'])
def test_transformer_leaves_other_question_marks(cell):
    assert "run_line_magic('claude'" not in manager().transform_cell(cell)


# --- position ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "before",
    ["", "\n", "\n\n  \n", "# a comment\n", "# one\n\n# two\n", "#%%\n", "  # indented\n", "\r\n"],
)
@pytest.mark.parametrize("autoawait", [True, False])
def test_transformer_skips_leading_comments_and_blank_lines(before, autoawait):
    assert body_of(f"{before}%%claude\nhello", autoawait=autoawait) == "hello"


@pytest.mark.parametrize("first", ["%%claude", "   %%claude", "\t%%claude ", "%%claude\r"])
def test_transformer_ignores_blanks_around_name(first):
    assert call(f"{first}\n  hello") == ("run_cell", ["", "  hello\n"])


@pytest.mark.parametrize("autoawait", [True, False])
def test_transformer_calls_synchronous_magic_without_autoawait(autoawait):
    kind = AWAITED if autoawait else PLAIN
    assert call("%%claude --new\nhi", autoawait=autoawait)[0] == kind[0]
    assert call("%claude hi there?", autoawait=autoawait)[0] == kind[1]


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "\n",
        "# only a comment",
        "x = 1",
        "x = 1\n%%claude",
        "'''\n%%claude\n'''",
        "%%claudette\nhi",
        "%claudette hi",
        "%%time\n%%claude\nhi",
        "%timeit 1",
        "%claude hi\nx = 1",
        "print('%%claude')",
    ],
)
def test_transformer_leaves_other_cells(cell):
    assert manager().transform_cell(cell) == TransformerManager().transform_cell(cell)


@pytest.mark.parametrize("cell", ["%%claude?", "%claude?", "%%claude??", "?%%claude"])
def test_transformer_leaves_help_requests(cell):
    source = manager().transform_cell(cell)
    assert "pinfo" in source
    assert "claude" in source


def test_transformer_awaits_nothing_inside_other_magic():
    """IPython passes a magic's body through the same transformers, inside of run_cell_magic."""

    def run_cell_magic(cell: str) -> str:
        return manager().transform_cell(cell)

    assert run_cell_magic("%%claude\nhi") == (
        "get_ipython().run_cell_magic('claude', '', 'hi\\n')\n"
    )


# --- completeness, which terminal IPython checks after each line -----------------------------


@pytest.mark.parametrize(
    ("cell", "status"),
    [
        ("%%claude", "incomplete"),
        ("%%claude --new", "incomplete"),
        ("%%claude\nhello", "incomplete"),
        ("%%claude\nhello\n\n", "complete"),
        ("%claude hello", "complete"),
    ],
)
def test_check_complete_waits_for_empty_line(cell, status):
    assert manager().check_complete(cell)[0] == status
