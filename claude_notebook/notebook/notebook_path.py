"""The path of the notebook that a kernel works for."""

from __future__ import annotations

import os
from collections.abc import Mapping


def notebook_path(environ: Mapping[str, str], namespace: Mapping[str, object]) -> str | None:
    """The path of the notebook that this kernel works for; None if the front end does not say."""
    vscode = namespace.get("__vsc_ipynb_file__")
    if isinstance(vscode, str) and vscode:
        return os.path.abspath(vscode)
    name = environ.get("JPY_SESSION_NAME")
    return os.path.abspath(name) if name and not _inherited(name, environ) else None


def _inherited(name: str, environ: Mapping[str, str]) -> bool:
    """Whether the name is that of another notebook, from which this kernel was started.

    A notebook that runs another one (`!jupyter execute`, papermill) passes its own name on. Who
    started the kernel then has the name too; a Jupyter server has not.
    """
    import psutil

    try:
        starter = psutil.Process(int(environ.get("JPY_PARENT_PID") or os.getppid()))
        return starter.environ().get("JPY_SESSION_NAME") == name
    except (psutil.Error, OSError, ValueError):
        return False
