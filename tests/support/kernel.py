"""A real Jupyter kernel and the outputs of its cells."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.manager import KernelManager
from unpacking import Unpacker

CELL_SECONDS = 60


@dataclass
class Run:
    """The result of a cell: its outputs as saved in a notebook, and the reply.

    `bundles` has all data bundles in order; the last one of each display remains.
    """

    status: str = ""
    error: str = ""
    evalue: str = ""
    traceback: list[str] = field(default_factory=list)
    streams: dict[str, str] = field(default_factory=dict)
    displays: dict[str, dict[str, Any]] = field(default_factory=dict)
    bundles: list[dict[str, Any]] = field(default_factory=list)
    updates: int = 0

    @property
    def kept(self) -> list[dict[str, Any]]:
        """The outputs that remain."""
        return list(self.displays.values())

    @property
    def plain(self) -> str:
        """The plain text of the outputs that remain."""
        return "\n".join(str(bundle.get("text/plain", "")) for bundle in self.kept)

    @property
    def stdout(self) -> str:
        return self.streams.get("stdout", "")


class Kernel:
    """A running kernel. Cells run as in a page; with `answers=False`, as in nbclient."""

    def __init__(self, manager: KernelManager, home: str, *, answers: bool) -> None:
        self.manager = manager
        self.home = home
        self.client = manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=CELL_SECONDS)
        self.answers = answers
        self._unpacker = Unpacker()

    @property
    def pid(self) -> int:
        return self.manager.provisioner.pid

    def start(self, code: str) -> str:
        """Send a cell and return the id of the request."""
        return self.client.execute(code, allow_stdin=self.answers, stop_on_error=True)

    def run(self, code: str, seconds: float = CELL_SECONDS) -> Run:
        return self.wait(self.start(code), seconds)

    def wait(self, request: str, seconds: float = CELL_SECONDS) -> Run:
        """Collect the outputs of a cell until it ends."""
        run, deadline = Run(), time.monotonic() + seconds
        while True:
            message = self.client.get_iopub_msg(timeout=max(0.1, deadline - time.monotonic()))
            if message["parent_header"].get("msg_id") != request:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                break
            _take(run, kind, content)
        reply = self.reply(request, deadline)
        run.status = reply["status"]
        return run

    def wait_for(self, text: str, seconds: float = CELL_SECONDS) -> None:
        """Wait until a message to the page contains `text`."""
        deadline = time.monotonic() + seconds
        while True:
            message = self.client.get_iopub_msg(timeout=max(0.1, deadline - time.monotonic()))
            if message["msg_type"] != "execute_input" and text in self._text_of(message):
                return

    def _text_of(self, message: dict[str, Any]) -> str:
        is_custom = message["content"].get("data", {}).get("method") == "custom"
        content = self._unpacker.read(message) if is_custom else message["content"]
        return str(content)

    def reply(self, request: str, deadline: float | None = None) -> dict[str, Any]:
        """Wait for the reply to a request."""
        deadline = deadline or time.monotonic() + CELL_SECONDS
        while True:
            message = self.client.get_shell_msg(timeout=max(0.1, deadline - time.monotonic()))
            if message["parent_header"].get("msg_id") == request:
                return message["content"]

    def interrupt(self) -> None:
        self.manager.interrupt_kernel()

    def restart(self) -> None:
        self.client.stop_channels()
        self.manager.restart_kernel(now=False)
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=CELL_SECONDS)


def _take(run: Run, kind: str, content: dict[str, Any]) -> None:
    if kind in ("display_data", "update_display_data", "execute_result"):
        run.updates += kind == "update_display_data"
        key = content.get("transient", {}).get("display_id") or f"display {len(run.bundles)}"
        run.bundles.append(content["data"])
        run.displays[key] = content["data"]
    elif kind == "stream":
        run.streams[content["name"]] = run.streams.get(content["name"], "") + content["text"]
    elif kind == "error":
        run.error, run.evalue = content["ename"], content["evalue"]
        run.traceback = content["traceback"]


@contextlib.contextmanager
def kernel(env: Mapping[str, str], cwd: Path, *, answers: bool = True) -> Iterator[Kernel]:
    """Run a kernel of this Python with `env` as its complete environment."""
    with tempfile.TemporaryDirectory(prefix="cn-") as folder:
        # No ports, which concurrently starting kernels could take from each other.
        manager = KernelManager(kernel_name="python3", transport="ipc", ip=f"{folder}/k")
        manager.start_kernel(env=dict(env), cwd=str(cwd))
        opened = Kernel(manager, env["HOME"], answers=answers)
        try:
            yield opened
        finally:
            opened.client.stop_channels()
            manager.shutdown_kernel(now=True)
