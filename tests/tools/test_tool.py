"""The `@tool` decorator and tool calls."""

import functools
import inspect
from dataclasses import dataclass
from typing import Annotated, Any

import anyio
import pytest

from claude_notebook import OptionsError, SdkMcpTool, Tool, ToolResult, tool
from claude_notebook.tools.tool import as_tool

pytestmark = pytest.mark.anyio


async def result_of(made: Tool, **arguments: Any) -> ToolResult:
    result = made.job(arguments)()
    return await result if inspect.isawaitable(result) else result


def text(words: str, is_error: bool = False) -> ToolResult:
    return ToolResult([{"type": "text", "text": words}], is_error)


@tool
def add(a: float, b: Annotated[float, "is added"] = 1.0) -> float:
    """Add two numbers.

    Args:
        a: the first
    """
    return a + b


def test_tool_describes_function():
    assert add.name == "add"
    assert add.description == "Add two numbers."
    assert add.schema["properties"] == {
        "a": {"type": "number", "description": "the first"},
        "b": {"type": "number", "description": "is added", "default": 1.0},
    }
    assert add.annotations is None
    assert add.describe() == {
        "name": "add",
        "description": "Add two numbers.",
        "inputSchema": add.schema,
        "_meta": {"anthropic/alwaysLoad": True},
    }


def test_tool_calls_function():
    assert add(1, b=2) == 3
    assert add.handler({"a": 1, "b": 2}) == 3


async def test_tool_job_returns_result():
    assert await result_of(add, a=1) == text("2.0")
    wrong = await result_of(add, a="x")
    assert wrong.is_error
    assert "a: expected `float`, got `str`" in wrong.content[0]["text"]


def test_tool_overrides_name_and_description():
    @tool("plus", "Another description.", always_load=False, meta={"anthropic/searchHint": "sum"})
    def function(a: int) -> int: ...

    assert (function.name, function.description) == ("plus", "Another description.")
    assert function.describe()["_meta"] == {"anthropic/searchHint": "sum"}


@pytest.mark.parametrize(
    ("own", "of_server", "loaded"),
    [(None, True, True), (None, False, False), (True, False, True), (False, True, False)],
)
def test_tool_overrides_always_load_of_server(own, of_server, loaded):
    @tool(always_load=own)
    def function() -> None: ...

    meta = function.describe(always_load=of_server).get("_meta", {})
    assert meta == ({"anthropic/alwaysLoad": True} if loaded else {})


def test_tool_without_docstring_uses_signature():
    @tool()
    def function(a: int = 1) -> None: ...

    assert function.description == "function(a: int = 1) -> None"


async def test_tool_accepts_official_form():
    @tool("greet", "Greets", {"name": str})
    async def greet(args):
        return {"content": [{"type": "text", "text": f"Hello, {args['name']}"}]}

    assert await result_of(greet, name="you") == text("Hello, you")
    assert (await result_of(greet)).is_error
    assert await greet.handler({"name": "me"}) == await greet({"name": "me"})


def test_tool_created_directly():
    made = SdkMcpTool[Any]("echo", "Says it again", {"text": str}, lambda arguments: arguments)
    assert made.schema["required"] == ["text"]
    assert made({"a": 1}) == {"a": 1}


# --- kinds of functions ---------------------------------------------------------------------------


async def wait_and_add(a: int) -> int:
    await anyio.lowlevel.checkpoint()
    return a + 1


def gives_a_coroutine(a: int):
    return wait_and_add(a)


class Adder:
    def __init__(self, more: int) -> None:
        self.more = more

    def add(self, a: int) -> int:
        """Add."""
        return a + self.more

    @staticmethod
    def add_one(a: int) -> int:
        return a + 1

    async def __call__(self, a: int) -> int:
        return a + self.more


@functools.wraps(wait_and_add)
def wrapped(*args, **kwargs):
    return wait_and_add(*args, **kwargs)


def positional(a: int, /, b: int = 0) -> int:
    return a + b + 1


def keyword(*, a: int) -> int:
    return a + 1


KINDS = {
    "async": (wait_and_add, True),
    "lambda-like": (gives_a_coroutine, False),
    "method": (Adder(1).add, False),
    "static method": (Adder.add_one, False),
    "object": (Adder(1), True),
    "partial": (functools.partial(keyword), False),
    "async partial": (functools.partial(wait_and_add), True),
    "wrapped": (wrapped, False),
    "positional": (positional, False),
    "keyword": (keyword, False),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_tool_accepts_kinds_of_functions(kind):
    function, is_async = KINDS[kind]
    made = tool("name")(function)
    assert made.schema["properties"]["a"]["type"] == "integer"
    assert inspect.iscoroutinefunction(made.job({})) is is_async
    assert await result_of(made, a=4) == text("5")


async def test_tool_job_converts_exceptions():
    @tool
    def fails() -> None:
        raise LookupError("no table 'x'; there are: a, b")

    @tool
    async def fails_too() -> None:
        raise LookupError("no table 'x'; there are: a, b")

    @tool
    async def leaves() -> None:
        raise SystemExit(3)

    expected = text("LookupError: no table 'x'; there are: a, b", is_error=True)
    assert await result_of(fails) == await result_of(fails_too) == expected
    assert await result_of(leaves) == text("SystemExit: 3", is_error=True)


async def test_tool_job_reports_failed_conversion():
    class Broken:
        def _repr_png_(self):
            raise OSError("no display")

    @tool
    def show() -> Any:
        return Broken()

    assert await result_of(show) == text("OSError: no display", is_error=True)


def test_tool_job_propagates_keyboard_interrupt():
    @tool
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop.job({})()


# --- conversions to tools -------------------------------------------------------------------------


@dataclass
class TheirTool:
    name: str
    description: str
    input_schema: Any
    handler: Any
    annotations: Any = None


async def test_as_tool_accepts_other_sdk():
    made = as_tool(TheirTool("t", "d", {"a": int}, keyword, {"readOnlyHint": True}))
    assert made.describe()["annotations"] == {"readOnlyHint": True}
    assert made.schema["required"] == ["a"]


def test_as_tool_accepts_functions_and_tools():
    assert as_tool(add) is add
    assert as_tool(positional).name == "positional"


@pytest.mark.parametrize("value", [5, None, "add"])
def test_as_tool_rejects_other_values(value):
    with pytest.raises(OptionsError, match="not a tool"):
        as_tool(value)


@pytest.mark.parametrize("name", ["", 5])
def test_tool_rejects_empty_names(name):
    with pytest.raises(OptionsError, match="name"):
        Tool(name, "d", {}, keyword)
