"""JSON with comments: an edit changes its target and nothing else."""

import copy
import json

import pytest
from hypothesis import given, strategies as st

from claude_notebook.cli.settings.jsonc import (
    JSONCError,
    append,
    drop,
    find,
    items,
    parse,
    put,
    take,
)

COMMENTED = """\
{
  // about a
  "a": 1, // behind a
  "b": [1, 2, 3], /* x */
  "c": {"x": 1},
  "d": {
    "e": 1.50, // the last
  },
  "f": []
}
"""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", {}),
        (" \r\n\t", {}),
        ("\ufeff", {}),
        ("\ufeff{}", {}),
        ('{"a": "// no comment", "b": "/* nor this */"}', None),
        ('{"a": "\\u0041\\"\\\\"}', None),
        ('{"a": [true, false, null, -1.5e3, 0]}', None),
        ('{"a": 1, /* x */ "b": 2, // y\n}', {"a": 1, "b": 2}),
        ("// only\n{}", {}),
        ("/* a * / b **/ {}", {}),
        ('{"a": 1, "a": 2}', {"a": 2}),
    ],
)
def test_parse_returns_value(text: str, value: object) -> None:
    assert parse(text).value == (json.loads(text) if value is None else value)


@pytest.mark.parametrize(
    ("text", "strict"),
    [("{}", True), ('{"a": "//"}', True), ("{} // x", False), ('{"a": 1,}', False), ("", True)],
)
def test_parse_detects_plain_json(text: str, strict: bool) -> None:
    assert parse(text).strict is strict


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "line 1: the root must be an object"),
        ("{", 'line 1, column 2: a key in double quotes, or "}", is missing'),
        ('{"a": 1', "line 1, column 8: a comma or } is missing"),
        ('{"a" 1}', "line 1, column 6: a colon is missing"),
        ('{\n  "a": 1\n  "b": 2\n}', "line 3, column 3: a comma or } is missing"),
        ('{"a": [1 2]}', "line 1, column 10: a comma or ] is missing"),
        ('{"a": }', "a value is missing"),
        ('{"a":', "a value is missing"),
        ('{"a": nope}', "line 1, column 7: a value is missing, or is not JSON"),
        ('{"a": 01}', "not JSON"),
        ('{"a": NaN}', "not JSON"),
        ('{"a": "x}', "line 1, column 7: a string or a comment is not closed"),
        ('{"a": "x\ny"}', "not closed"),
        ("{} /* x", "not closed"),
        ("{'a': 1}", "a key in double quotes"),
        ("{,}", "a key in double quotes"),
        ("{} {}", "line 1, column 4: text after the last brace"),
        ('{"a":' * 200, "more than 100 levels"),
        ('{"a": "\\x"}', "not JSON"),
    ],
)
def test_parse_error_names_problem_and_position(text: str, message: str) -> None:
    with pytest.raises(JSONCError) as error:
        parse(text)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("path", "value", "old", "new"),
    [
        (["a"], "x", '"a": 1,', '"a": "x",'),
        (["d", "e"], None, "1.50", "null"),
        (["c", "y"], [1], '{"x": 1}', '{"x": 1, "y": [1]}'),
        (["d", "n"], 2, "// the last\n", '// the last\n    "n": 2\n'),
        (["z"], {"q": 1}, '"f": []\n', '"f": [],\n  "z": {\n    "q": 1\n  }\n'),
        (["z", "y"], 1, '"f": []\n', '"f": [],\n  "z": {\n    "y": 1\n  }\n'),
        (["a"], [], '"a": 1,', '"a": [],'),
        (["ü"], "é\n", '"f": []\n', '"f": [],\n  "ü": "é\\n"\n'),
    ],
)
def test_put_changes_one_place(path: list[str], value: object, old: str, new: str) -> None:
    # An addition removes the trailing comma of "d": new text is plain JSON.
    expected = COMMENTED.replace(old, new, 1)
    assert put(parse(COMMENTED), path, value) == expected


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (["a"], '  "a": 1, // behind a', "  // behind a"),
        (["b"], '"b": [1, 2, 3], /* x */', "/* x */"),
        (["c"], '  "c": {"x": 1},\n', ""),
        (["c", "x"], '{"x": 1}', "{}"),
        (["f"], ',\n  "f": []', ""),
        (["d", "e"], '"e": 1.50, // the last', "// the last"),
        (["nothing"], "", ""),
        (["a", "b"], "", ""),
        (["nothing", "x"], "", ""),
    ],
)
def test_drop_changes_one_place(path: list[str], old: str, new: str) -> None:
    assert drop(parse(COMMENTED), path) == COMMENTED.replace(old, new, 1)


def test_append_and_take_edit_lists() -> None:
    document = parse(COMMENTED)
    assert items(document, ["b"]) == [1, 2, 3]
    assert items(document, ["nothing"]) == []
    assert append(document, ["b"], 4) == COMMENTED.replace("3]", "3, 4]")
    assert append(document, ["f"], "x") == COMMENTED.replace("[]", '[\n    "x"\n  ]')
    assert take(document, ["b"], 0) == COMMENTED.replace("[1, 2, 3]", "[2, 3]")
    assert take(document, ["b"], 1) == COMMENTED.replace("[1, 2, 3]", "[1, 3]")
    assert take(document, ["b"], 2) == COMMENTED.replace("[1, 2, 3]", "[1, 2]")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda document: put(document, ["a", "x"], 1), "a is not an object but 1"),
        (lambda document: put(document, ["b", "x"], 1), "b is not an object but [1, 2, 3]"),
        (lambda document: append(document, ["a"], 1), "a is not a list but 1"),
        (lambda document: append(document, ["q", "r"], 1), "q.r does not exist"),
        (lambda document: items(document, ["c"]), "c is not a list"),
    ],
)
def test_edits_reject_mismatched_values(change: object, message: str) -> None:
    with pytest.raises(JSONCError) as error:
        change(parse(COMMENTED))
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", '{\n  "k": 1\n}'),
        ("{}", '{\n  "k": 1\n}'),
        ("{ }", '{\n  "k": 1\n}'),
        ("{\n}\n", '{\n  "k": 1\n}\n'),
        ("{ /* why */ }", '{ /* why */\n  "k": 1\n}'),
        ("{\n  // why\n}", '{\n  // why\n  "k": 1\n}'),
        ('{\r\n\t"a": 1\r\n}\r\n', '{\r\n\t"a": 1,\r\n\t"k": 1\r\n}\r\n'),
        ('{"a": 1}', '{"a": 1, "k": 1}'),
        ('{"a": 1,}', '{"a": 1, "k": 1}'),
        ('{ "a": 1 /* one */ }', '{ "a": 1, "k": 1 /* one */ }'),
        ('{\n    "a": 1 // one\n}', '{\n    "a": 1, // one\n    "k": 1\n}'),
        ('{ "a": 1,\n  "b": 2 }', '{ "a": 1,\n  "b": 2,\n  "k": 1 }'),
        ('\ufeff{\n  "a": 1\n}', '\ufeff{\n  "a": 1,\n  "k": 1\n}'),
    ],
)
def test_put_keeps_style_of_file(text: str, expected: str) -> None:
    assert put(parse(text), ["k"], 1) == expected
    assert parse(expected).value["k"] == 1


def test_edits_handle_duplicate_keys() -> None:
    text = '{"a": 1, "b": 2, "a": 3}'
    assert put(parse(text), ["a"], 4) == '{"a": 1, "b": 2, "a": 4}'
    assert parse(drop(parse(text), ["a"])).value == {"b": 2}


# --- any value, any style -------------------------------------------------------------------------

SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)
KEYS = st.sampled_from(["a", "b", 'c"', "ü", ""])
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=4)
NOISE = st.sampled_from(["", " ", "\n", "  // x\n", " /* y */ ", "\r\n\t", "\n\n  "])


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict]:
    """Draw a text with arbitrary comments and white space, and its value."""
    value = draw(OBJECTS)
    return draw(NOISE) + _write(draw, value) + draw(NOISE), value


def _write(draw: st.DrawFn, value: object) -> str:
    if isinstance(value, dict):
        parts = [
            f"{draw(NOISE)}{json.dumps(key)}{draw(NOISE)}:{draw(NOISE)}{_write(draw, item)}"
            for key, item in value.items()
        ]
    elif isinstance(value, list):
        parts = [draw(NOISE) + _write(draw, item) for item in value]
    else:
        return json.dumps(value)
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    body = "".join(part + draw(NOISE) + "," for part in parts)
    if not draw(st.booleans()):
        body = body.removesuffix(",")
    return opening + body + draw(NOISE) + closing


@given(documents(), KEYS, VALUES)
def test_put_matches_dict_assignment(document: tuple[str, dict], key: str, value: object) -> None:
    text, expected = document
    changed = put(parse(text), [key], value)
    assert parse(changed).value == {**expected, key: value}
    assert _comments(changed) >= _comments(text) or key in expected


@given(documents(), st.lists(KEYS, min_size=1, max_size=3))
def test_drop_matches_dict_deletion(document: tuple[str, dict], path: list[str]) -> None:
    text, expected = document[0], copy.deepcopy(document[1])
    node: object = expected
    for key in path[:-1]:
        node = node.get(key) if isinstance(node, dict) else None
    if isinstance(node, dict):
        node.pop(path[-1], None)
    assert parse(drop(parse(text), path)).value == expected


@given(documents(), VALUES)
def test_append_and_take_match_list_operations(document: tuple[str, dict], value: object) -> None:
    text = put(parse(document[0]), ["list"], [1])
    text = append(parse(text), ["list"], value)
    assert items(parse(text), ["list"]) == [1, value]
    text = take(parse(text), ["list"], 0)
    assert items(parse(text), ["list"]) == [value]
    text = take(parse(text), ["list"], 0)
    assert parse(text).value == {**document[1], "list": []}


@given(st.text(alphabet='{}[]:,"/* \n1ae\\', max_size=30))
def test_parse_accepts_or_rejects_any_text(text: str) -> None:
    try:
        document = parse(text)
    except JSONCError:
        return
    assert find(document, []) is document.root
    if document.strict and text.strip():
        assert document.value == json.loads(text)


def _comments(text: str) -> int:
    return text.count("// x") + text.count("/* y */")
