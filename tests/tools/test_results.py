"""Conversion of return values and exceptions."""

import base64
import dataclasses
import datetime
import decimal
import enum
import io
import json
import sys
import uuid

import mcp.types
import msgspec
import pytest
from hypothesis import given, strategies as st
from pydantic import BaseModel

from claude_notebook import ImageBlock, TextBlock, ToolInputError, ToolResult
from claude_notebook.tools import to_error, to_result
from claude_notebook.tools.results import _BLOCKS

PNG = b"\x89PNG\r\n\x1a\n" + b"picture"
PNG_BLOCK = {
    "type": "image",
    "data": base64.b64encode(PNG).decode(),
    "mimeType": "image/png",
}


class Word(str, enum.Enum):
    YES = "yes"


class Number(enum.Enum):
    ONE = 1


@dataclasses.dataclass
class Point:
    x: int
    when: datetime.date = datetime.date(2026, 1, 31)


class Model(BaseModel):
    a: int = 1
    when: datetime.date = datetime.date(2026, 1, 31)


class Scalar:
    """Fake of numpy's scalars and arrays."""

    def __init__(self, value):
        self.value = value

    def tolist(self):
        return self.value

    def __repr__(self):
        return f"Scalar({self.value})"


class Strange:
    def __repr__(self):
        return "Strange()"

    def __str__(self):
        return "strange <ü>"


TEXTS = [
    ("text ü \u2028", "text ü \u2028"),
    ("", ""),
    (Word.YES, "yes"),
    (Number.ONE, "1"),
    (5, "5"),
    (2.5, "2.5"),
    (True, "true"),
    (float("nan"), "null"),
    (decimal.Decimal("1.10"), "1.10"),
    (datetime.date(2026, 1, 31), "2026-01-31"),
    (uuid.UUID(int=5), "00000000-0000-0000-0000-000000000005"),
    ({"a": [1, None, "ü"]}, '{"a":[1,null,"ü"]}'),
    ([1, "a"], '[1,"a"]'),
    ([], "[]"),
    ((1, 2), "[1,2]"),
    ({3}, "[3]"),
    (Point(1), '{"x":1,"when":"2026-01-31"}'),
    ([Point(1)], '[{"x":1,"when":"2026-01-31"}]'),
    (Model(), '{"a":1,"when":"2026-01-31"}'),
    ({"m": Model()}, '{"m":{"a":1,"when":"2026-01-31"}}'),
    (Scalar([1, 2]), "[1,2]"),
    ({"n": Scalar(2.5)}, '{"n":2.5}'),
    ({"s": Strange()}, '{"s":"strange <ü>"}'),
    ({"big": 2**70}, '{"big":1180591620717411303424}'),
    ({(1, 2): 3, 4: 5}, '{"(1, 2)":3,"4":5}'),
    (Strange(), "strange <ü>"),
    (Point, f"<class '{Point.__module__}.Point'>"),
    (b"text \xc3\xbc", "text ü"),
    (b"\xff\x00\x01", "(3 bytes, neither text nor an image)"),
    ({"type": "text"}, '{"type":"text"}'),
    ({"type": 5}, '{"type":5}'),
    ({"type": "image", "width": 3}, '{"type":"image","width":3}'),
    ({"content": "words"}, '{"content":"words"}'),
    ({"content": [], "total": 3}, '{"content":[],"total":3}'),
    ([{"type": "cat"}], '[{"type":"cat"}]'),
]


@pytest.mark.parametrize(("value", "text"), TEXTS, ids=repr)
def test_to_result_converts_to_text(value, text):
    assert to_result(value) == ToolResult([{"type": "text", "text": text}])


def test_to_result_handles_recursive_structure():
    loop = []
    loop.append({"loop": loop})
    assert to_result(loop).content == [{"type": "text", "text": "[{'loop': [...]}]"}]


def test_to_result_of_none_is_empty():
    assert to_result(None) == ToolResult([])


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.dates(),
    lambda some: st.lists(some) | st.dictionaries(st.text() | st.integers(), some) | st.tuples(some)
    | st.fixed_dictionaries({"type": st.sampled_from([*_BLOCKS, "x"])}, optional={
        "text": some, "data": some, "source": some, "content": some, "mimeType": st.text()
    }),
    max_leaves=8,
)  # fmt: skip


@given(ANYTHING)
def test_to_result_accepts_any_value(value):
    for block in to_result(value).content:
        assert isinstance(block["type"], str)
        msgspec.json.encode(block)


# --- images ---------------------------------------------------------------------------------------


class Picture:
    """A stand-in for PIL's images."""

    def __init__(self, data=PNG):
        self.data = data

    def _repr_png_(self):
        return self.data


class Jpeg:
    def _repr_png_(self):
        return None

    def _repr_jpeg_(self):
        return b"\xff\xd8\xffjpeg"


class Figure:
    """A stand-in for matplotlib's figures."""

    def savefig(self, file, **options):
        assert options == {"format": "png"}
        file.write(PNG)


class Axes:
    """A stand-in for matplotlib's axes."""

    def get_figure(self):
        return Figure()


class AnswersToEverything:
    def __getattr__(self, name):
        return lambda *args, **kwargs: b"not a picture"

    def __str__(self):
        return "I am text"


@pytest.mark.parametrize(
    "value",
    [
        PNG,
        bytearray(PNG),
        memoryview(PNG),
        Picture(),
        Picture((PNG, {"width": 5})),
        Picture(PNG_BLOCK["data"]),
        Figure(),
        Axes(),
        io.BytesIO(PNG),
        PNG_BLOCK,
        {**PNG_BLOCK, "data": PNG},
        ImageBlock({"type": "base64", "media_type": "image/png", "data": PNG_BLOCK["data"]}),
        mcp.types.ImageContent(type="image", data=PNG_BLOCK["data"], mimeType="image/png"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_to_result_converts_to_image(value):
    assert to_result(value) == ToolResult([PNG_BLOCK])


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\xff\xd8\xff\xe0..", "image/jpeg"),
        (b"GIF89a..", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
    ],
)
def test_to_result_detects_image_type(data, kind):
    (block,) = to_result(data).content
    assert (block["mimeType"], base64.b64decode(block["data"])) == (kind, data)


def test_to_result_falls_back_to_jpeg():
    (block,) = to_result(Jpeg()).content
    assert block["mimeType"] == "image/jpeg"


def test_to_result_keeps_images_in_lists():
    result = to_result(["before", Picture(), 5, TextBlock("after")])
    assert result.content == [
        {"type": "text", "text": "before"},
        PNG_BLOCK,
        {"type": "text", "text": "5"},
        {"type": "text", "text": "after"},
    ]


def test_to_result_ignores_dynamic_attributes():
    assert to_result(AnswersToEverything()).content == [{"type": "text", "text": "I am text"}]


def test_to_result_of_class_is_text():
    assert to_result(Picture).content[0]["type"] == "text"


# --- results in MCP's form ------------------------------------------------------------------------

BLOCK = {"type": "text", "text": "x"}
LINK = {"type": "resource_link", "uri": "file:///a", "name": "a"}
RESOURCE = {"type": "resource", "resource": {"uri": "file:///a", "text": "a"}}
AUDIO = {"type": "audio", "data": "AAAA", "mimeType": "audio/wav"}


@pytest.mark.parametrize(
    ("value", "result"),
    [
        (ToolResult([BLOCK], True), ToolResult([BLOCK], True)),
        (BLOCK, ToolResult([BLOCK])),
        ([BLOCK, PNG_BLOCK], ToolResult([BLOCK, PNG_BLOCK])),
        ({"content": [BLOCK]}, ToolResult([BLOCK])),
        ({"content": []}, ToolResult([])),
        ({"content": [BLOCK], "is_error": True}, ToolResult([BLOCK], True)),
        ({"content": [BLOCK], "isError": True}, ToolResult([BLOCK], True)),
        ({"content": ["x"], "is_error": False}, ToolResult([BLOCK])),
        ({"content": [LINK, RESOURCE, AUDIO]}, ToolResult([LINK, RESOURCE, AUDIO])),
        (mcp.types.CallToolResult(content=[BLOCK], isError=True), ToolResult([BLOCK], True)),
        (mcp.types.TextContent(**BLOCK), ToolResult([BLOCK])),
    ],
    ids=lambda value: type(value).__name__,
)
def test_to_result_accepts_mcp_results(value, result):
    assert to_result(value) == result


def test_to_result_shows_unknown_block_as_json():
    (block,) = to_result({"content": [{"type": "video", "a": 1}]}).content
    assert json.loads(block["text"]) == {"type": "video", "a": 1}


# --- tables ---------------------------------------------------------------------------------------


class Frame:
    """A stand-in for pandas' frames and series."""

    def __init__(self, rows, width=3, markdown=True):
        self.rows, self.width, self.markdown = rows, width, markdown

    def __len__(self):
        return self.rows

    def head(self, rows):
        return Frame(min(rows, self.rows), self.width, self.markdown)

    def to_markdown(self):
        if not self.markdown:
            raise ImportError("tabulate")
        return "\n".join(f"| {number} | {'x' * self.width} |" for number in range(self.rows))

    def to_string(self):
        return f"{self.rows} rows"


def test_to_result_converts_table_to_markdown():
    assert to_result(Frame(2)).content == [{"type": "text", "text": "| 0 | xxx |\n| 1 | xxx |"}]


def test_to_result_converts_table_without_tabulate():
    assert to_result(Frame(2, markdown=False)).content[0]["text"] == "2 rows"


def test_to_result_truncates_long_table():
    text = to_result(Frame(12345)).content[0]["text"]
    assert "| 99 | xxx |" in text
    assert "| 100 |" not in text
    assert text.endswith("\n\n(truncated: the beginning of a table of 12345)")


def test_to_result_truncates_wide_table_between_rows():
    text = to_result(Frame(10, width=6000)).content[0]["text"]
    rows = text.partition("\n\n(truncated:")[0].splitlines()
    assert rows == [f"| {number} | {'x' * 6000} |" for number in range(3)]


def test_to_result_truncates_overlong_row():
    text = to_result(Frame(1, width=50_000)).content[0]["text"]
    assert len(text) < 20_100
    assert "(truncated:" in text


# --- errors ---------------------------------------------------------------------------------------


def text_of(error: BaseException) -> str:
    result = to_error(error)
    assert result.is_error
    (block,) = result.content
    return block["text"]


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("no such column: 'ü'"), "ValueError: no such column: 'ü'"),
        (KeyError("x"), "KeyError: 'x'"),
        (RuntimeError(), "RuntimeError"),
        (SystemExit(3), "SystemExit: 3"),
        (ToolInputError(["a: missing"]), "The arguments are invalid:\n- a: missing\nCall the tool "
         "again with valid arguments."),
    ],
)  # fmt: skip
def test_to_error_names_kind_and_message(error, text):
    assert text_of(error) == text


def test_to_error_truncates_long_message():
    assert len(text_of(ValueError("x" * 100_000))) < 2100


def test_to_error_hides_secrets():
    text = text_of(OSError("401 for https://me:hunter2secret@example.com/x, Authorization: Bearer "
                           "abcdefghijklmnop1234567890"))  # fmt: skip
    assert "hunter2secret" not in text
    assert "abcdefghijklmnop1234567890" not in text
    assert "example.com/x" in text


@pytest.mark.skipif(sys.version_info < (3, 11), reason="notes and groups are of Python 3.11")
def test_to_error_includes_notes_and_groups():
    error = ValueError("a")
    error.add_note("look at b")
    group = ExceptionGroup("g", [error, ExceptionGroup("h", [KeyError("c")])])  # noqa: F821
    assert text_of(group) == "ValueError: a\nlook at b\nKeyError: 'c'"
