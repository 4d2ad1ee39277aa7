"""Display of each tool: before it runs, after success and after failure."""

import pytest
from gallery import PATCH, png

from claude_notebook.render.model import ICONS
from claude_notebook.render.tools.base import Call, Outcome
from claude_notebook.render.tools.table import show

FILE = {"content": "a = 1\nb = 2\n", "numLines": 2, "startLine": 1, "totalLines": 2}
PART = {"content": "x\n", "numLines": 10, "startLine": 41, "totalLines": 300}
CELLS = {"cells": [{"cellType": "code", "source": "1+1", "cell_id": "c1", "language": "python"}]}
HITS = {"results": [{"content": [{"title": "A *b* <c>", "url": "https://a.invalid/x"}]}, "text"]}
QUESTION = {"question": "Which?", "options": [{"label": "A", "description": "first"}]}

CASES = [
    # name, input, outcome, icon, title, types of the input's pieces, types of the result's
    ("Bash", {"command": "ls -l", "description": "List"}, None, "terminal", "List", "code", ""),
    ("Bash", {"command": "ls -l"}, None, "terminal", "ls -l", "code", ""),
    ("Bash", {}, None, "terminal", "Shell command", "", ""),
    ("Bash", {"command": "ls"}, Outcome("a", record={"stdout": "a", "stderr": "b"}), "terminal",
     "ls", "code", "output output"),
    ("Bash", {"command": "ls"}, Outcome("", record={"stdout": "", "stderr": ""}), "terminal", "ls",
     "code", "text"),
    ("Bash", {"command": "x"}, Outcome("Exit code 3\nno", True), "terminal", "x · exit code 3",
     "code", "output"),
    ("Bash", {"command": "x"}, Outcome("ok", record={"stdout": "a", "interrupted": True}),
     "terminal", "x", "code", "output text"),
    ("Bash", {"command": "x &"}, Outcome("ok", record={"backgroundTaskId": "b1"}), "terminal",
     "x &", "code", "text"),
    ("Read", {"file_path": "/p/a.py"}, None, "read", "Read a.py", "text", ""),
    ("Read", {"file_path": "/p/a.py"}, Outcome("", record={"file": FILE}), "read",
     "Read a.py, 2 lines", "text", "code"),
    ("Read", {"file_path": "/p/a.py", "offset": 41, "limit": 10},
     Outcome("", record={"file": PART}), "read", "Read a.py, lines 41–50", "text", "code"),
    ("Read", {"file_path": "a.ipynb"}, Outcome("", record={"file": CELLS}), "read", "Read a.ipynb",
     "text", "code"),
    ("Read", {"file_path": "a.png"},
     Outcome("", record={"file": {"base64": png(2, 2), "type": "image/png"}}), "read", "Read a.png",
     "text", "image"),
    ("Read", {"file_path": "x"}, Outcome("No such file", True), "read", "Read x", "text", "output"),
    ("Write", {"file_path": "a.py", "content": "x\ny\n"}, None, "write", "Write a.py, 2 lines",
     "code", ""),
    ("Write", {"file_path": "a.py", "content": "x\n"}, Outcome("", record={"type": "create"}),
     "write", "Created a.py, 1 line", "code", ""),
    ("Write", {"file_path": "a.py", "content": "x\n"}, Outcome("", record={"type": "update"}),
     "write", "Wrote a.py, 1 line", "code", ""),
    ("Write", {"file_path": "a.py", "content": "x"}, Outcome("", record={"structuredPatch": PATCH}),
     "write", "Rewrote a.py, +2 −2", "", "diff"),
    ("Write", {"file_path": "a.py", "content": "x"}, Outcome("no", True), "write",
     "Write a.py, 1 line", "code", "output"),
    ("Edit", {"file_path": "a.py", "old_string": "x", "new_string": "y"}, None, "edit",
     "Edit a.py, +1 −1", "diff", ""),
    ("Edit", {"file_path": "a.py", "old_string": "x", "new_string": "y"},
     Outcome("", record={"structuredPatch": PATCH}), "edit", "Edited a.py, +2 −2", "", "diff"),
    ("Edit", {"file_path": "a.py", "old_string": "x", "new_string": "y"}, Outcome("no", True),
     "edit", "Edit a.py, +1 −1", "diff", "output"),
    ("MultiEdit", {"file_path": "a.py", "edits": [{"old_string": "x", "new_string": "y"}] * 2},
     None, "edit", "Edit a.py, +2 −2", "diff", ""),
    ("NotebookEdit", {"notebook_path": "a.ipynb", "new_source": "1"}, None, "notebook",
     "Edited a.ipynb, +1", "diff", ""),
    ("NotebookEdit", {"notebook_path": "a.ipynb", "cell_id": "c1", "new_source": "2"},
     Outcome("", record={"old_source": "1", "new_source": "2"}), "notebook",
     "Edited a.ipynb, cell c1, +1 −1", "", "diff"),
    ("NotebookEdit", {"notebook_path": "a.ipynb", "edit_mode": "insert", "new_source": "2"},
     Outcome(""), "notebook", "Inserted a cell in a.ipynb, +1", "", "diff"),
    ("NotebookEdit", {"notebook_path": "a.ipynb", "edit_mode": "delete"},
     Outcome("", record={"old_source": "1\n2"}), "notebook", "Deleted a cell of a.ipynb, −2", "",
     "diff"),
    ("Glob", {"pattern": "*.py"}, None, "search", "Find *.py", "", ""),
    ("Glob", {"pattern": "*.py"}, Outcome("", record={"filenames": ["a", "b"]}), "search",
     "Find *.py: 2 files", "", "output"),
    ("Glob", {"pattern": "*.py"}, Outcome("No files found", record={"filenames": []}), "search",
     "Find *.py: nothing found", "", "output"),
    ("Grep", {"pattern": "x", "path": "/a/src"},
     Outcome("", record={"numLines": 3, "content": "l"}), "search",
     "Search for x in src: 3 lines", "table", "output"),
    ("Grep", {"pattern": "x"}, Outcome("", record={"numFiles": 1, "filenames": ["a"]}), "search",
     "Search for x: 1 file", "", "output"),
    ("Grep", {"pattern": "x"}, Outcome("", record={"numMatches": 2}), "search",
     "Search for x: 2 matches", "", ""),
    ("WebFetch", {"url": "https://a.invalid/b?c", "prompt": "p"}, None, "web",
     "Fetch a.invalid/b", "text text", ""),
    ("WebFetch", {"url": "https://a.invalid/"}, Outcome("x", record={"result": "*r*", "code": 404,
     "codeText": "Not Found"}), "web", "Fetched a.invalid · 404 Not Found", "text", "markdown"),
    ("WebFetch", {"url": "http://[bad"}, Outcome("no", True), "web", "Fetch http://[bad", "text",
     "output"),
    ("WebSearch", {"query": "q"}, Outcome("x", record=HITS), "web",
     "Search the web for “q”: 1 page", "", "markdown"),
    ("WebSearch", {"query": "q"}, Outcome("nothing"), "web", "Search the web for “q”", "",
     "output"),
    ("Agent", {"description": "Count", "prompt": "p"}, None, "agent", "Agent: Count", "markdown",
     ""),
    ("Task", {"description": "Count", "subagent_type": "Explore"},
     Outcome("", record={"content": [{"type": "text", "text": "3"}], "totalToolUseCount": 2}),
     "agent", "Agent: Count (Explore) · 2 tool uses", "", "markdown"),
    ("Agent", {}, Outcome("broke", True), "agent", "Agent: a task", "", "output"),
    ("ExitPlanMode", {"plan": "1. x"}, None, "plan", "Plan waits for approval", "markdown", ""),
    ("ExitPlanMode", {"plan": "1. x"}, Outcome("ok"), "plan", "Plan approved", "markdown", ""),
    ("ExitPlanMode", {"plan": "1. x"}, Outcome("no", True), "plan", "Plan not approved",
     "markdown", "output"),
    ("AskUserQuestion", {"questions": [QUESTION]}, None, "question", "Which?", "table", ""),
    ("AskUserQuestion", {"questions": [QUESTION, QUESTION]}, None, "question",
     "Which? (and 1 more)", "table table", ""),
    ("AskUserQuestion", {"questions": [QUESTION]}, Outcome("", record={"answers": {"Which?": "A"}}),
     "question", "Which? → A", "table", ""),
    ("AskUserQuestion", {"questions": [QUESTION]}, Outcome("", record={"answers": {"Which?": "Z"}}),
     "question", "Which? → Z", "table", "table"),
    ("StructuredOutput", {"a": 1, "b": [{"c": 2}], "d": {"e": 3}}, Outcome("ok"), "table",
     "Structured answer", "table table json", ""),
    ("TodoWrite", {"todos": []}, Outcome("no", True), "todo", "TodoWrite", "", "output"),
    ("Skill", {"skill": "pdf"}, None, "plan", "Skill: pdf", "table", ""),
    ("mcp__nb__plot_all", {"n": 3, "deep": {}}, None, "plug", "nb: plot all (n=3)", "table", ""),
    ("mcp__nb__plot", {}, Outcome([{"type": "text", "text": '{"a": 1}'}, {"type": "odd"}]), "plug",
     "nb: plot", "", "json json"),
    ("NewTool", {"path": "p", "long": "x\ny", "list": [1]}, Outcome("out"), "tool", "NewTool: p",
     "table output json", "output"),
    ("", {}, None, "tool", "Tool", "", ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "outcome", "icon", "title", "inputs", "results"), CASES)
def test_tool_display_of_each_tool(name, value, outcome, icon, title, inputs, results):
    output = show(Call(name, value), outcome)
    assert (output.icon, output.title) == (icon, title)
    assert " ".join(piece.type for piece in output.input) == inputs
    assert " ".join(piece.type for piece in output.result) == results
    assert output.icon in ICONS


def test_paths_are_relative_to_the_working_directory():
    call = Call("Read", {"file_path": "/home/me/project/src/a.py"}, cwd="/home/me/project")
    assert show(call).input[0].text == "src/a.py"
    assert Call("Read", cwd="/home/me").place("/home/menot/x") == "/home/menot/x"
    assert Call("Read").place("/a/\u202eb") == "/a/⟨U+202E⟩b"


def test_mcp_display_names_are_used():
    output = show(Call("mcp__nb__p", {"x": 1}, server="Notebook", display="Plot it"))
    assert output.title == "Notebook: Plot it (x=1)"


def test_titles_are_one_short_line():
    output = show(Call("Bash", {"command": "echo a\n" * 100}))
    assert "\n" not in output.title
    assert len(output.title) <= 90


def test_error_loses_markup_for_the_model():
    output = show(Call("Read", {}), Outcome("<tool_use_error>No such file</tool_use_error>", True))
    assert output.result[0].text == "No such file"
    assert show(Call("Read", {}), Outcome("", True)).result[0].text == (
        "The call failed and gave no reason."
    )


def test_search_links_cannot_break_out():
    hits = {"results": [{"title": "](javascript:x) [a", "url": "https://a.invalid/)>\n x"}]}
    (piece,) = show(Call("WebSearch", {"query": "q"}), Outcome("", record=hits)).result
    assert piece.text == r"- [\](javascript:x) \[a](<https://a.invalid/)%3E x>)"


SCHEMA = {
    "properties": {
        "city": {"type": "string", "title": "City", "description": "Where the weather is"},
        "days": {"type": "integer", "description": "How many\ndays \u202eahead"},
        "note": {"type": "string", "title": "<b>Note</b>"},
        "filters": {"type": "object", "description": "What to leave out"},
    }
}


def test_arguments_follow_the_order_of_their_schema():
    value = {"extra": 1, "filters": {"a": [1]}, "days": 3, "note": "line\nline", "city": "Oslo"}
    table, note, filters = show(Call("mcp__w__forecast", value, schema=SCHEMA)).input
    assert table.rows == (
        ("Argument", "Value", "Meaning"),
        ("City", "Oslo", "Where the weather is"),
        ("days", "3", "How many days ⟨U+202E⟩ahead"),
        ("extra", "1", ""),
    )
    assert (note.label, note.text) == ("<b>Note</b>", "line\nline")
    assert (filters.label, filters.note) == ("filters", "What to leave out")


@pytest.mark.parametrize("schema", [{}, {"properties": 3}, {"properties": {"city": "x"}}])
def test_empty_schema_changes_nothing(schema):
    value = {"city": "Oslo", "days": 3}
    (table,) = show(Call("mcp__w__forecast", value, schema=schema)).input
    assert table.rows == (("", ""), ("city", "Oslo"), ("days", "3"))


def test_chosen_option_has_a_check_mark():
    question = {"question": "Which?", "options": [{"label": "A"}, {"label": "B"}, {"label": "AB"}]}
    output = show(
        Call("AskUserQuestion", {"questions": [question]}),
        Outcome("", record={"answers": {"Which?": "A, B"}}),
    )
    assert [label for label, _ in output.input[0].rows] == ["Choice", "✓ A", "✓ B", "AB"]
