"""Nested event loops, for unmodified scripts that end with `anyio.run(main)` in a notebook.

A kernel runs its cells inside an event loop, and a terminal does the same for a cell that awaits
something. There, `anyio.run` and `asyncio.run` refuse to start another loop. nest-asyncio makes
asyncio's loop re-entrant, which is safe in a terminal and in kernels before ipykernel 7.1. Later
kernels run cells and messages in contexts that cannot be entered twice: with nest-asyncio 1.6,
messages were lost, queued cells never ran, and clicks had no effect. `allow_nested_loops()` raises
an error there.
"""

from __future__ import annotations

import asyncio
import functools
import importlib.util
import sys
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import anyio

from ..errors import ClaudeSDKError
from ..messages import JSONObject

T = TypeVar("T")

FIRST_UNSAFE = (7, 1)
"""The first version of ipykernel in which nested loops lose messages."""

# nest_asyncio is no longer maintained, but older kernels depend on it.
_PACKAGES = ("nest_asyncio2", "nest_asyncio")
_ADVICE = (
    "Replace `anyio.run(main)` or `asyncio.run(main())` with `await main()`, which works in a cell."
)


def allow_nested_loops() -> None:
    """Allow `anyio.run(main)` and `asyncio.run(main())` to run inside a running event loop.

    Use this for scripts that must run unmodified. In new code, write `await main()` instead. It
    requires `pip install 'claude-notebook[nest]'` and affects the whole process.

    :raises ClaudeSDKError: if nested loops are unsafe here, or the package is missing; the message
        gives the reason and the alternative
    """
    reason = unsafe_reason(_kernel_version(), sys.platform)
    if reason is not None:
        raise ClaudeSDKError(f"Nested event loops do not work here: {reason} {_ADVICE}")
    package = _package()
    try:
        package.apply()
    except ValueError as error:  # such as uvloop
        raise ClaudeSDKError(f"Nested event loops do not work here: {error}. {_ADVICE}") from error
    if not hasattr(anyio.run, "__wrapped__"):
        anyio.run = _nestable(anyio.run)  # type: ignore[assignment]  # same signature


def unsafe_reason(kernel: tuple[int, ...] | None, platform: str) -> str | None:
    """Return why nested loops are unsafe, or None if they are safe.

    :param kernel: the version of the ipykernel that runs this process; () for another kernel; None
        if there is no kernel.
    :param platform: the value of `sys.platform`.
    """
    if platform == "emscripten":
        return "a browser has a single event loop, which cannot be re-entered."
    if kernel is None or () < kernel < FIRST_UNSAFE:
        return None
    if not kernel:
        return "this kernel is unknown and may lose messages."
    version = ".".join(map(str, kernel))
    return (
        f"in ipykernel {version} they lose messages, so that queued cells never run and clicks "
        "have no effect."
    )


def _kernel_version() -> tuple[int, ...] | None:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if not hasattr(shell, "kernel"):
        return None
    return tuple(getattr(sys.modules.get("ipykernel"), "version_info", ())[:3])


def _package() -> Any:
    for name in _PACKAGES:
        if importlib.util.find_spec(name) is not None:
            return importlib.import_module(name)
    raise ClaudeSDKError(
        "Nested event loops require nest-asyncio2. Run pip install 'claude-notebook[nest]'. Or: "
        f"{_ADVICE}"
    )


def _nestable(run: Callable[..., T]) -> Callable[..., T]:
    """Wrap `anyio.run` so that it enters a running asyncio loop instead of refusing to start."""

    @functools.wraps(run)
    def run_nested(
        function: Callable[..., Awaitable[T]],
        *args: Any,
        backend: str = "asyncio",
        backend_options: JSONObject | None = None,
    ) -> T:
        if backend == "asyncio" and _is_in_asyncio():
            return asyncio.run(_call(function, args))
        return run(function, *args, backend=backend, backend_options=backend_options)

    return run_nested


async def _call(function: Callable[..., Awaitable[T]], args: tuple[Any, ...]) -> T:
    return await function(*args)


def _is_in_asyncio() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
