"""`allow_nested_loops()`: scripts that end with `anyio.run(main)` run in a notebook as they are.

A kernel runs its cells inside an event loop, and so does a terminal a cell that awaits something.
Another loop cannot be started there: `anyio.run` refuses, `asyncio.run` too. A package can make
asyncio's loop re-entrant. That is safe in a terminal, and in kernels before ipykernel 7.1. Later
ones run cells and messages in contexts that cannot be entered twice: with nest-asyncio 1.6,
messages that arrived meanwhile were lost, a queued cell never ran, a click did nothing. There, it
is refused.
"""

from __future__ import annotations

import asyncio
import functools
import importlib.util
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

from ..errors import ClaudeSDKError
from ..messages import JSON, JSONObject

T = TypeVar("T")

FIRST_UNSAFE = (7, 1)
"""The version of ipykernel from which on messages get lost."""

# The second one is not maintained any more, but older kernels bring it along.
_PACKAGES = ("nest_asyncio2", "nest_asyncio")
_INSTEAD = (
    "Write `await main()` where the script has `anyio.run(main)` or `asyncio.run(main())`: "
    "a cell can await."
)


def allow_nested_loops() -> None:
    """Let `anyio.run(main)` and `asyncio.run(main())` work where an event loop runs already.

    For scripts that are to run unchanged; in new code, write `await main()`. Needs
    `pip install 'claude-notebook[nest]'`. It holds for the whole process.

    :raises ClaudeSDKError: it is not safe here, or the package is missing; says why, and what to
        write instead
    """
    reason = why_not(_kernel_version(), sys.platform)
    if reason is not None:
        raise ClaudeSDKError(f"Nested event loops are not possible here: {reason} {_INSTEAD}")
    package = _package()
    try:
        package.apply()
    except ValueError as error:  # uvloop, for example
        raise ClaudeSDKError(
            f"Nested event loops are not possible here: {error}. {_INSTEAD}"
        ) from error
    if not hasattr(anyio.run, "__wrapped__"):
        anyio.run = _nestable(anyio.run)  # type: ignore[assignment]  # it takes and gives the same


def why_not(kernel: tuple[int, ...] | None, platform: str) -> str | None:
    """Why it is not safe; None where it is.

    :param kernel: the version of ipykernel that runs this process; () if it is another kernel, None
        if there is no kernel.
    :param platform: as `sys.platform`.
    """
    if platform == "emscripten":
        return "a browser has one event loop, which cannot be entered again."
    if kernel is None or () < kernel < FIRST_UNSAFE:
        return None
    if not kernel:
        return "it is not known whether this kernel survives them."
    version = ".".join(map(str, kernel))
    return (
        f"in ipykernel {version} the messages that arrive meanwhile get lost, so that queued cells "
        "do not run and clicks do nothing."
    )


def _kernel_version() -> tuple[int, ...] | None:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if not hasattr(shell, "kernel"):
        return None
    return tuple(getattr(sys.modules.get("ipykernel"), "version_info", ())[:3])


def _package() -> JSON:
    for name in _PACKAGES:
        if importlib.util.find_spec(name) is not None:
            return importlib.import_module(name)
    raise ClaudeSDKError(
        f"Nested event loops need a package: pip install 'claude-notebook[nest]'. Or: {_INSTEAD}"
    )


def _nestable(run: Callable[..., T]) -> Callable[..., T]:
    """`anyio.run`, which enters a loop of asyncio that runs already instead of refusing."""

    @functools.wraps(run)
    def run_nested(
        function: Callable[..., Awaitable[T]],
        *args: JSON,
        backend: str = "asyncio",
        backend_options: JSONObject | None = None,
    ) -> T:
        if backend == "asyncio" and _in_asyncio():
            return asyncio.run(_called(function, args))
        return run(function, *args, backend=backend, backend_options=backend_options)

    return run_nested


async def _called(function: Callable[..., Awaitable[T]], args: tuple[JSON, ...]) -> T:
    return await function(*args)


def _in_asyncio() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
