"""Which conversation belongs to which notebook: remembered beyond the kernel's life.

One small JSON file per notebook in the platform's state folder, named by the notebook's path.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from ..logs import get_logger

log = get_logger(__name__)


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


@dataclass(frozen=True)
class ConversationStore:
    """Keeps the conversation's id for one notebook. With no path it keeps nothing.

    A folder that cannot be written is logged, never an error: the turn matters more.
    """

    path: str | None
    folder: Path

    @classmethod
    def of(cls, path: str | None) -> ConversationStore:
        """The store of the notebook at `path`, in the user's state folder."""
        return cls(path, Path(platformdirs.user_state_path("claude_notebook"), "notebooks"))

    @property
    def _file(self) -> Path | None:
        if self.path is None:
            return None
        return self.folder / f"{hashlib.sha256(self.path.encode()).hexdigest()[:32]}.json"

    def load(self) -> str | None:
        """The id of the notebook's conversation, if there is one."""
        if self._file is None:
            return None
        try:
            value = json.loads(self._file.read_text(encoding="utf-8"))
            session_id = value["session_id"]
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("the note on this notebook's conversation cannot be read: %s", error)
            return None
        return session_id if isinstance(session_id, str) and session_id else None

    def save(self, session_id: str) -> None:
        """Remember the id, in one step: a crash leaves the old note or the new one."""
        if self._file is None:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(
                "w", dir=self.folder, suffix=".tmp", delete=False, encoding="utf-8"
            ) as file:
                json.dump({"session_id": session_id, "notebook": self.path}, file)
            os.replace(file.name, self._file)
        except OSError as error:
            log.warning("this notebook's conversation cannot be remembered: %s", error)

    def forget(self) -> None:
        """The notebook starts over."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.unlink(missing_ok=True)
