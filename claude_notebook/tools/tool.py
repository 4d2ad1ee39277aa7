"""`@tool`: a Python function that the model can call."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar, Union, overload

from typing_extensions import is_typeddict

from ..errors import OptionsError
from ..messages import JSON, JSONObject
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
Function = Callable[..., JSON]
Handler = Callable[[JSON], JSON]
"""Takes the arguments as one dictionary; may be async."""

Job = Callable[[], Union[ToolResult, Awaitable[ToolResult]]]
"""One call of a tool, all of it: call it where the tool should run, and await what is awaitable.

`inspect.iscoroutinefunction(job)` says beforehand whether the tool is async. It raises nothing but
what ends programs (KeyboardInterrupt, a cancellation): errors are results.
"""

_DERIVED: Inputs = TypedInputs(())


@dataclass(frozen=True, eq=False)
class Tool(Generic[T]):
    """A function that the model can call, and what it is told of it. `tool` makes it.

    Calling it calls the function.

    :param name: as the model calls it.
    :param description: what it does, for the model.
    :param input_schema: a JSON schema, a `TypedDict`, or `{"argument": type}`.
    :param handler: takes all arguments as one dictionary.
    :param annotations: hints: `ToolAnnotations`, those of the `mcp` package, or a dictionary.
    :param always_load: whether the model always sees it, or has to search for it first; None leaves
        that to its server.
    :param meta: more for its `_meta`.
    :param function: what was decorated, where that takes its arguments one by one.
    :param inputs: how arguments are checked; by default made from `input_schema`.
    """

    name: str
    description: str
    input_schema: type[T] | JSONObject
    handler: Handler
    annotations: JSON = None
    always_load: bool | None = None
    meta: JSONObject = field(default_factory=dict)
    function: Function | None = None
    inputs: Inputs = _DERIVED

    def __post_init__(self) -> None:
        if self.inputs is _DERIVED:
            object.__setattr__(self, "inputs", _inputs_of(self.input_schema))
        if not isinstance(self.name, str) or not self.name:
            raise OptionsError(f"a tool needs a name, not {self.name!r}", field="name")
        check_keys(self.inputs.schema)

    def __call__(self, *args: JSON, **kwargs: JSON) -> JSON:
        """Call the function, as if it were not decorated."""
        return (self.function or self.handler)(*args, **kwargs)

    @property
    def schema(self) -> JSONObject:
        """The JSON schema of its arguments."""
        return self.inputs.schema

    def describe(self, *, always_load: bool = True) -> JSONObject:
        """What MCP's `tools/list` says of it.

        :param always_load: holds where the tool itself says nothing.
        """
        annotations, meta = wire_annotations(self.annotations)
        if self.always_load if self.always_load is not None else always_load:
            meta["anthropic/alwaysLoad"] = True
        wire = {"name": self.name, "description": self.description, "inputSchema": self.schema}
        if annotations:
            wire["annotations"] = annotations
        meta.update(self.meta)
        return {**wire, "_meta": meta} if meta else wire

    def job(self, arguments: JSONObject) -> Job:
        """A call with these arguments, ready to run: it checks them, calls, and converts."""

        def call() -> ToolResult | Awaitable[ToolResult]:
            try:
                value = self.handler(self.inputs.read(arguments))
                return _finish(value) if inspect.isawaitable(value) else to_result(value)
            except (Exception, SystemExit) as error:  # noqa: BLE001  the model is told
                return to_error(error)

        async def call_async() -> ToolResult:
            result = call()
            return await result if inspect.isawaitable(result) else result

        return call_async if _is_async(self.function or self.handler) else call


async def _finish(value: Awaitable[JSON]) -> ToolResult:
    try:
        return to_result(await value)
    except (Exception, SystemExit) as error:  # noqa: BLE001  the model is told
        return to_error(error)


def _is_async(function: JSON) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004  an object with an async __call__
    )


def _inputs_of(given: JSON) -> Inputs:
    """What an `input_schema` describes.

    :raises OptionsError: it is of no usable type
    """
    if is_typeddict(given):
        return TypedInputs(arguments_of_typed_dict(given), more=True, convert=False)
    if hasattr(given, "model_json_schema"):  # a pydantic model
        return SchemaInputs(given.model_json_schema())
    if not isinstance(given, Mapping):
        raise OptionsError(
            "input_schema is a JSON schema, a TypedDict or {'argument': type}, "
            f"not {given!r:.80}",
            field="input_schema",
        )
    if _is_json_schema(given):
        return SchemaInputs({"type": "object", "properties": {}, **given})
    plain = {name: kind for name, kind in given.items() if not isinstance(kind, dict)}
    typed = TypedInputs(arguments_of_mapping(plain), more=True, convert=False)
    if len(plain) == len(given):
        return typed
    properties = {**given, **typed.schema["properties"]}
    return SchemaInputs({**typed.schema, "properties": properties, "required": list(given)})


def _is_json_schema(given: Mapping[str, JSON]) -> bool:
    return given.get("type") == "object" or isinstance(given.get("properties"), Mapping)


SdkMcpTool = Tool
"""The official SDK's name for `Tool`."""

# --- the decorator --------------------------------------------------------------------------------


@overload
def tool(name: Function, /) -> Tool[JSON]: ...


@overload
def tool(
    name: str | None = None,
    description: str | None = None,
    input_schema: type | JSONObject | None = None,
    annotations: JSON = None,
    *,
    always_load: bool | None = None,
    meta: JSONObject | None = None,
) -> Callable[[Function], Tool[JSON]]: ...


def tool(
    name: str | Function | None = None,
    description: str | None = None,
    input_schema: type | JSONObject | None = None,
    annotations: JSON = None,
    *,
    always_load: bool | None = None,
    meta: JSONObject | None = None,
) -> Tool[JSON] | Callable[[Function], Tool[JSON]]:
    """Make a function a tool, from its type hints and its docstring::

        @tool
        def add(a: float, b: Annotated[float, "is added to a"] = 1.0) -> float:
            "Add two numbers."
            return a + b

    or from a schema; the function then takes one dictionary::

        @tool("add", "Add two numbers", {"a": float, "b": float})
        async def add(args):
            return {"content": [{"type": "text", "text": str(args["a"] + args["b"])}]}

    It may be async or not: a function that is not runs in a thread. What it may return stands at
    `to_result`; what it raises is reported to the model, which can try again. Hand tools to
    `create_sdk_mcp_server`.

    :param name: as the model calls it; the function's by default.
    :param description: for the model; the docstring by default.
    :param input_schema: a JSON schema, a `TypedDict`, or `{"argument": type}`.
    :param annotations: hints, such as `ToolAnnotations(readOnlyHint=True)`.
    :param always_load: False: the model has to search for it first, which saves room in its
        context; True: it always sees it; None: as its server says.
    :param meta: more for the tool's `_meta`.
    :raises OptionsError: a type hint is missing its type, or JSON cannot hold it
    """
    if callable(name):
        return _make(name, None, None, None)

    def decorate(function: Function) -> Tool[JSON]:
        made = _make(function, name, description, input_schema)
        return replace(made, annotations=annotations, always_load=always_load, meta=meta or {})

    return decorate


def _make(
    function: Function, name: str | None, description: str | None, input_schema: JSON
) -> Tool[JSON]:
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise OptionsError("a tool returns its result; it does not yield", field="tool")
    if name is None:
        name = getattr(function, "__name__", "")
    if input_schema is not None:
        description = description or read_docstring(function.__doc__)[0]
        return Tool(name, description, input_schema, function)
    said, described = read_docstring(inspect.getdoc(function))
    inputs = TypedInputs(arguments_of(function, described), more=takes_keywords(function))
    return Tool(
        name=name,
        description=description or said or f"{name}{inspect.signature(function)}",
        input_schema=inputs.schema,
        handler=_by_name(function, inputs),
        function=function,
        inputs=inputs,
    )


def _by_name(function: Function, inputs: TypedInputs) -> Handler:
    """A handler that passes a dictionary on as named arguments."""
    positional = [argument.name for argument in inputs.arguments if argument.positional]

    def handle(given: JSONObject) -> JSON:
        named = dict(given)
        first = [named.pop(name) for name in positional if name in named]
        return function(*first, **named)

    return handle


def as_tool(given: JSON) -> Tool[JSON]:
    """A tool, a function, or what another SDK made a tool of, as a `Tool`.

    :raises OptionsError: it is none of these
    """
    if isinstance(given, Tool):
        return given
    parts = ("name", "description", "input_schema", "handler")
    if all(hasattr(given, part) for part in parts):
        values = {part: getattr(given, part) for part in parts}
        return Tool(**values, annotations=getattr(given, "annotations", None))
    if callable(given):
        return tool(given)
    raise OptionsError(f"{given!r:.80} is no tool: decorate a function with @tool", field="tools")
