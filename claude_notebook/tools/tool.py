"""The `@tool` decorator, which turns Python functions into tools that the model can call."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar, Union, overload

from typing_extensions import is_typeddict

from ..errors import OptionsError
from ..messages import JSONObject
from ..messages.json_fields import as_object
from .annotations import wire_annotations
from .arguments import (
    Inputs,
    SchemaInputs,
    TypedInputs,
    check_keys,
)
from .docstrings import read_docstring
from .results import ToolResult, to_error, to_result
from .schema import (
    arguments_of,
    arguments_of_mapping,
    arguments_of_typed_dict,
    takes_keywords,
)

T = TypeVar("T")
Function = Callable[..., Any]
Handler = Callable[[Any], Any]
"""Receives the arguments as one dictionary; may be async."""

Job = Callable[[], Union[ToolResult, Awaitable[ToolResult]]]
"""One complete tool call. Call it where the tool should run, and await the result if possible.

`inspect.iscoroutinefunction(job)` is True for an async tool. A job only raises exceptions that end
programs (KeyboardInterrupt, cancellation), because errors are returned as results.
"""

_DERIVED: Inputs = TypedInputs(())


@dataclass(frozen=True, eq=False)
class Tool(Generic[T]):
    """A function that the model can call, along with its description. It is created by `tool`.

    Calling the tool calls the function.

    :param name: the name shown to the model.
    :param description: a description of the tool's purpose, shown to the model.
    :param input_schema: a JSON schema, a `TypedDict`, or `{"argument": type}`.
    :param handler: a function that receives all arguments as a dictionary.
    :param annotations: hints, as a `ToolAnnotations`, the `mcp` package's object, or a dictionary.
    :param always_load: True shows the tool to the model from the start, False makes the model
        search for it, and None leaves the choice to the server.
    :param meta: additional entries of `_meta`.
    :param function: the decorated function, if it takes separate arguments.
    :param inputs: checks the arguments; by default, it is derived from `input_schema`.
    """

    name: str
    description: str
    input_schema: type[T] | JSONObject
    handler: Handler
    annotations: Any = None
    always_load: bool | None = None
    meta: JSONObject = field(default_factory=dict)
    function: Function | None = None
    inputs: Inputs = _DERIVED

    def __post_init__(self) -> None:
        if self.inputs is _DERIVED:
            object.__setattr__(self, "inputs", _inputs_of(self.input_schema))
        if not isinstance(self.name, str) or not self.name:
            raise OptionsError(f"A tool needs a name, not {self.name!r}. Set name.", field="name")
        check_keys(self.inputs.schema)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the undecorated function."""
        return (self.function or self.handler)(*args, **kwargs)

    @property
    def schema(self) -> JSONObject:
        """The JSON schema for the arguments."""
        return self.inputs.schema

    def describe(self, *, always_load: bool = True) -> JSONObject:
        """Return the tool's entry for MCP's `tools/list`.

        :param always_load: the value to use if the tool does not set it.
        """
        annotations, meta = wire_annotations(self.annotations)
        if self.always_load if self.always_load is not None else always_load:
            meta["anthropic/alwaysLoad"] = True
        wire: JSONObject = {
            "name": self.name,
            "description": self.description,
            "inputSchema": self.schema,
        }
        if annotations:
            wire["annotations"] = annotations
        meta.update(self.meta)
        return {**wire, "_meta": meta} if meta else wire

    def job(self, arguments: JSONObject) -> Job:
        """Prepare a call that checks the arguments, calls the function and converts the result."""

        def call() -> ToolResult | Awaitable[ToolResult]:
            try:
                value = self.handler(self.inputs.read(arguments))
                return _finish(value) if inspect.isawaitable(value) else to_result(value)
            except (Exception, SystemExit) as error:  # noqa: BLE001  reported to the model
                return to_error(error)

        async def call_async() -> ToolResult:
            result = call()
            return await result if inspect.isawaitable(result) else result

        return call_async if _is_async(self.function or self.handler) else call


async def _finish(value: Awaitable[Any]) -> ToolResult:
    try:
        return to_result(await value)
    except (Exception, SystemExit) as error:  # noqa: BLE001  reported to the model
        return to_error(error)


def _is_async(function: Any) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004  an object with an async __call__
    )


def _inputs_of(schema: Any) -> Inputs:
    """Derive the inputs from an `input_schema`.

    :raises OptionsError: if the value's type is not supported
    """
    if is_typeddict(schema):
        return TypedInputs(arguments_of_typed_dict(schema), more=True, convert=False)
    if hasattr(schema, "model_json_schema"):  # a pydantic model
        return SchemaInputs(schema.model_json_schema())
    if not isinstance(schema, Mapping):
        raise OptionsError(
            "input_schema must be a JSON schema, a TypedDict or {'argument': type}, "
            f"not {schema!r:.80}.",
            field="input_schema",
        )
    if _is_json_schema(schema):
        return SchemaInputs({"type": "object", "properties": {}, **schema})
    plain = {name: kind for name, kind in schema.items() if not isinstance(kind, dict)}
    typed = TypedInputs(arguments_of_mapping(plain), more=True, convert=False)
    if len(plain) == len(schema):
        return typed
    properties = {**schema, **as_object(typed.schema["properties"])}
    return SchemaInputs({**typed.schema, "properties": properties, "required": list(schema)})


def _is_json_schema(schema: Mapping[str, object]) -> bool:
    return schema.get("type") == "object" or isinstance(schema.get("properties"), Mapping)


SdkMcpTool = Tool
"""The official SDK's name for `Tool`."""

# --- the decorator --------------------------------------------------------------------------------


@overload
def tool(name: Function, /) -> Tool[Any]: ...


@overload
def tool(
    name: str | None = None,
    description: str | None = None,
    input_schema: type | JSONObject | None = None,
    annotations: Any = None,
    *,
    always_load: bool | None = None,
    meta: JSONObject | None = None,
) -> Callable[[Function], Tool[Any]]: ...


def tool(
    name: str | Function | None = None,
    description: str | None = None,
    input_schema: type | JSONObject | None = None,
    annotations: Any = None,
    *,
    always_load: bool | None = None,
    meta: JSONObject | None = None,
) -> Tool[Any] | Callable[[Function], Tool[Any]]:
    """Turn a function into a tool, from its type hints and docstring or from a schema.

    With type hints, the function takes separate arguments::

        @tool
        def add(a: float, b: Annotated[float, "is added to a"] = 1.0) -> float:
            "Add two numbers."
            return a + b

    With a schema, it takes one dictionary::

        @tool("add", "Add two numbers", {"a": float, "b": float})
        async def add(args):
            return {"content": [{"type": "text", "text": str(args["a"] + args["b"])}]}

    The function may be async; otherwise, it is run in a thread. See `to_result` for the supported
    return values. Exceptions are reported to the model, so that it can retry. Pass the tools to
    `create_sdk_mcp_server`.

    :param name: the name shown to the model; by default, the function's name.
    :param description: the description shown to the model; by default, the docstring.
    :param input_schema: a JSON schema, a `TypedDict`, or `{"argument": type}`.
    :param annotations: hints, such as `ToolAnnotations(readOnlyHint=True)`.
    :param always_load: False makes the model search for the tool first, which saves context; True
        always shows the tool; None leaves the choice to the server.
    :param meta: additional entries for the tool's `_meta`.
    :returns: the tool, or a decorator.
    :raises OptionsError: if a type hint cannot be resolved, or JSON cannot represent its type
    """
    if callable(name):
        return _make(name, None, None, None)

    def decorate(function: Function) -> Tool[Any]:
        result = _make(function, name, description, input_schema)
        return replace(result, annotations=annotations, always_load=always_load, meta=meta or {})

    return decorate


def _make(
    function: Function, name: str | None, description: str | None, input_schema: Any
) -> Tool[Any]:
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise OptionsError("A tool cannot yield. Return its result.", field="tool")
    if name is None:
        name = getattr(function, "__name__", "")
    if input_schema is not None:
        description = description or read_docstring(function.__doc__)[0]
        return Tool(name, description, input_schema, function)
    summary, described = read_docstring(inspect.getdoc(function))
    inputs = TypedInputs(arguments_of(function, described), more=takes_keywords(function))
    return Tool(
        name=name,
        description=description or summary or f"{name}{inspect.signature(function)}",
        input_schema=inputs.schema,
        handler=_handler_with_names(function, inputs),
        function=function,
        inputs=inputs,
    )


def _handler_with_names(function: Function, inputs: TypedInputs) -> Handler:
    """Wrap the function in a handler that passes a dictionary's items as named arguments."""
    positional = [argument.name for argument in inputs.arguments if argument.positional]

    def handle(arguments: JSONObject) -> Any:
        named = dict(arguments)
        first = [named.pop(name) for name in positional if name in named]
        return function(*first, **named)

    return handle


def as_tool(value: Any) -> Tool[Any]:
    """Convert a `Tool`, a function or another SDK's tool to a `Tool`.

    :raises OptionsError: if the value is none of these
    """
    if isinstance(value, Tool):
        return value
    parts = ("name", "description", "input_schema", "handler")
    if all(hasattr(value, part) for part in parts):
        values = {part: getattr(value, part) for part in parts}
        return Tool(**values, annotations=getattr(value, "annotations", None))
    if callable(value):
        made: Tool[Any] = tool(value)
        return made
    raise OptionsError(
        f"{value!r:.80} is not a tool. Decorate a function with @tool.", field="tools"
    )
