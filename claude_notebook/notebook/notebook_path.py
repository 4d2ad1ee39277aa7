"""Finds the path of the notebook that a kernel belongs to."""

from __future__ import annotations

import os
from collections.abc import Mapping


def notebook_path(environ: Mapping[str, str], namespace: Mapping[str, object]) -> str | None:
    """Return the path of this kernel's notebook, or None if the front end does not report it."""
    vscode = namespace.get("__vsc_ipynb_file__")
    if isinstance(vscode, str) and vscode:
        return os.path.abspath(vscode)
    name = environ.get("JPY_SESSION_NAME")
    return os.path.abspath(name) if name and not _is_inherited(name, environ) else None


def _is_inherited(name: str, environ: Mapping[str, str]) -> bool:
    """Return whether the name belongs to another notebook, which started this kernel.

    A notebook that runs another one (`!jupyter execute`, papermill) passes on its environment. In
    that case, the parent process has the same name, whereas a Jupyter server has none.
    """
    import psutil

    try:
        parent = psutil.Process(int(environ.get("JPY_PARENT_PID") or os.getppid()))
        return parent.environ().get("JPY_SESSION_NAME") == name
    except (psutil.Error, OSError, ValueError):
        return False
