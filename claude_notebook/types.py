"""All public names, for code that imports types from a module called `types`."""

from __future__ import annotations


def __getattr__(name: str) -> object:
    import claude_notebook

    if name in claude_notebook.__all__:
        return getattr(claude_notebook, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    import claude_notebook

    return list(claude_notebook.__all__)
