"""In-process MCP servers, which answer the CLI's `mcp_message` requests.

The `mcp` package implements the protocol. Importing it takes 0.4 to 0.8 seconds, so it is imported
only if there is a server, and in a thread while the CLI starts. The first turn does not wait for
the import, because for servers made by `create_sdk_mcp_server`, `initialize` already includes the
answers to the handshake.

No server can block a conversation. There is a time limit for the handshake of a third-party server,
a cancelled call is answered immediately even if its function keeps running, and when the
conversation ends, all servers are cancelled without waiting for them.
"""

from __future__ import annotations

import contextlib
import inspect
import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import anyio
import anyio.lowlevel
from anyio.streams.memory import MemoryObjectReceiveStream

from ...concurrency.tasks import BackgroundTask, spawn
from ...concurrency.threads import in_thread
from ...errors import OptionsError, ToolInputError
from ...logs import get_logger, log_failure
from ...messages import JSONObject
from ...messages.json_fields import Fields, as_object
from ...options import ClaudeCodeOptions, McpServerConfig
from ...tools import Job, ToolResult, ToolServer
from ...tools.results import failed
from ..callback_failures import Report
from .compat import McpPackage, load_package

log = get_logger(__name__)

HANDSHAKE_SECONDS = 5.0
"""Time limit for each message of a server's handshake."""
LATE_SECONDS = 0.2
"""Time limit once a server has exceeded the first one. The CLI retries in every turn."""

_UNBOUNDED = frozenset({"tools/call"})
_HELLO: JSONObject = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "claude_notebook", "version": "1"},
}
_HANDSHAKE: tuple[JSONObject, ...] = (
    {"jsonrpc": "2.0", "id": "claude_notebook", "method": "initialize", "params": _HELLO},
    {"jsonrpc": "2.0", "method": "notifications/initialized"},
)


def _error_response(request_id: Any, message: str, code: int = -32603) -> JSONObject:
    return {"jsonrpc": "2.0", "id": request_id, "error": {"code": code, "message": message}}


def _log_failure(label: str, error: BaseException, effect: str) -> None:
    log_failure(log, label, error)


async def run_here(job: Job) -> ToolResult:
    """Run a tool, in this event loop if it is async and in a thread otherwise."""
    result = job() if inspect.iscoroutinefunction(job) else await in_thread(job)
    return result if isinstance(result, ToolResult) else await result


class McpServers:
    """One conversation's in-process MCP servers.

    :param servers: {name: server}, where each server is a `ToolServer` or comes from the `mcp`
        package
    :param patience: how many seconds a server has for each message of its handshake
    :param report: receives failures of tools
    """

    def __init__(
        self,
        servers: Mapping[str, object],
        *,
        patience: float = HANDSHAKE_SECONDS,
        report: Report = _log_failure,
    ) -> None:
        self._servers = dict(servers)
        self._patience, self._report = patience, report
        self._links = {
            name: ServerLink(name, server, patience, report) for name, server in servers.items()
        }

    @classmethod
    def of(cls, options: ClaudeCodeOptions, report: Report = _log_failure) -> McpServers:
        """Create the servers in `options.mcp_servers` that run in this process.

        :raises OptionsError: if one of them has no instance
        """
        configs = options.mcp_servers if isinstance(options.mcp_servers, dict) else {}
        return cls(_instances(configs), report=report)

    @contextlib.contextmanager
    def exchange(self, configs: Mapping[str, McpServerConfig]) -> Iterator[JSONObject]:
        """Replace the servers. The caller sends the yielded payload to the CLI inside the context.

        If an exception is raised in the context, the previous servers are kept.

        :raises OptionsError: if an in-process server has no instance
        """
        servers, before = _instances(configs), (self._servers, self._links)
        links = {
            name: self._links[name]
            if self._servers.get(name) is server
            else ServerLink(name, server, self._patience, self._report)
            for name, server in servers.items()
        }
        kept = set(links.values()) & set(self._links.values())
        _start(set(links.values()) - kept)
        self._links = {**self._links, **links}
        try:
            yield {
                name: {"type": "sdk", "name": name} if name in servers else as_object(config)
                for name, config in configs.items()
            }
        except BaseException:
            self._servers, self._links = before
            _close(set(links.values()) - kept)
            raise
        self._servers, self._links = servers, links
        _close(set(before[1].values()) - kept)

    def announce(self) -> JSONObject:
        """Return the `initialize` fields that announce the servers."""
        if not self._servers:
            return {}
        manifests = {
            name: server.manifest()
            for name, server in self._servers.items()
            if isinstance(server, ToolServer)
        }
        return {"sdkMcpServers": list(self._servers), "sdkMcpServerManifests": manifests}

    def start(self) -> None:
        """Start the servers without waiting for them."""
        _start(self._links.values())

    def close(self) -> None:
        """Cancel the servers without waiting for them."""
        _close(self._links.values())

    async def answer(self, request: JSONObject) -> JSONObject:
        """Return the response to an `mcp_message` request."""
        message = as_object(request.get("message"))
        link = self._links.get(str(request.get("server_name")))
        if link is None:
            names = ", ".join(self._links)
            text = f"no server is named {request.get('server_name')!r}; available: {names}"
            return {"mcp_response": _error_response(message.get("id"), text, -32601)}
        if "id" in message and "method" in message:
            return {"mcp_response": await link.request(message)}
        link.notify(message)
        # A notification does not have a response, but the request that carried it needs one.
        return {"mcp_response": {"jsonrpc": "2.0", "result": {}}}


def _instances(configs: Mapping[str, McpServerConfig]) -> dict[str, object]:
    servers: dict[str, object] = {}
    for name, config in configs.items():
        if config.get("type") == "sdk":
            servers[name] = config.get("instance")
            if servers[name] is None:
                raise OptionsError(
                    f"the MCP server {name!r} has no instance: use create_sdk_mcp_server()",
                    field="mcp_servers",
                )
    return servers


def _start(links: Iterable[ServerLink]) -> None:
    for link in links:
        link.start()


def _close(links: Iterable[ServerLink]) -> None:
    for link in links:
        link.close()


class _PendingMessage:
    """A message from the CLI that is waiting for the server's answer.

    :param cli_id: the id that the CLI gave the message
    """

    def __init__(self, cli_id: Any) -> None:
        self.cli_id = cli_id
        self.done = anyio.Event()
        self.answer: JSONObject | None = None

    def settle(self, answer: JSONObject) -> None:
        self.answer = answer
        self.done.set()


class ServerLink:
    """The connection to one server, which runs in a separate task from `start` until `close`."""

    def __init__(self, name: str, server: Any, patience: float, report: Report) -> None:
        self.name = name
        self._report = report
        self._server = server
        self._patience = self._full_patience = patience
        # Keyed by ids created here, because the CLI may reuse an id while an answer is still
        # pending.
        self._ids = itertools.count()
        self._pending: dict[Any, _PendingMessage] = {}
        self._calls: dict[Any, anyio.CancelScope] = {}
        self._task: BackgroundTask | None = None
        self._ready = anyio.Event()
        self._package: McpPackage | None = None
        self._end = ""
        self._closed = False

    # --- lifecycle -------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the server."""
        self._ready = anyio.Event()
        self._end = ""
        self._task = spawn(self._run, f"mcp server {self.name}")

    def close(self) -> None:
        """Cancel the server and its calls."""
        self._closed = True
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        try:
            self._package = await in_thread(partial(_prepare, self._server), "claude mcp")
            await self._serve(self._package)
            self._end = "the server has ended"
        except Exception as error:  # noqa: BLE001  third-party code may raise anything
            self._end = f"the server failed: {_root_cause(error)!r}"
            log_failure(log, f"The MCP server {self.name}", _root_cause(error))
        finally:
            self._end = self._end or "the server was closed"
            self._ready.set()
            for pending in self._pending.values():
                pending.settle(self._end_response(pending.cli_id))

    async def _serve(self, package: McpPackage) -> None:
        self._to_server, inbox = anyio.create_memory_object_stream[Any](math.inf)
        outbox, answers = anyio.create_memory_object_stream[Any](math.inf)
        server = self._server
        if isinstance(server, ToolServer):
            server = package.build(server, self._call)
            for message in _HANDSHAKE:
                self._forward(message)
        with self._to_server, inbox, outbox, answers:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._read, package, answers)
                self._ready.set()
                await package.serve(server, inbox, outbox)
                tasks.cancel_scope.cancel()

    # --- messages from the server ----------------------------------------------------------------

    async def _read(self, package: McpPackage, answers: MemoryObjectReceiveStream[Any]) -> None:
        async for item in answers:
            payload = package.dump(item)
            if "method" not in payload:
                pending = self._pending.get(payload.get("id"))
                if pending is not None:
                    pending.settle(payload)
            elif "id" in payload:
                self._forward(_error_response(payload["id"], "not supported here", -32601))
            else:
                log.debug("ignoring %s of the MCP server %s", payload["method"], self.name)

    # --- messages from the CLI -------------------------------------------------------------------

    async def request(self, message: JSONObject) -> JSONObject:
        """Send a request to the server and return its answer. Tool calls have no time limit."""
        method, cli_id = message["method"], message["id"]
        if self._end and method == "initialize" and not self._closed:
            self.start()  # the CLI retries a failed server in its next turn
        await self._ready.wait()
        if self._end:
            return self._end_response(cli_id)
        request_id = next(self._ids)
        pending = self._pending[request_id] = _PendingMessage(cli_id)
        seconds = math.inf if method in _UNBOUNDED else self._patience
        try:
            with anyio.move_on_after(seconds):
                self._forward({**message, "id": request_id})
                await pending.done.wait()
        finally:
            del self._pending[request_id]
            if pending.answer is None:
                self._stop(request_id)
        if pending.answer is None:
            self._patience = min(self._patience, LATE_SECONDS)
            log.warning("the MCP server %s did not answer %s in time", self.name, method)
            return _error_response(cli_id, f"no answer to {method} within {seconds:g} s")
        self._patience = self._full_patience
        return {**pending.answer, "id": cli_id}

    def notify(self, message: JSONObject) -> None:
        """Send a notification to the server without waiting."""
        if message.get("method") != "notifications/cancelled":
            self._forward(message)
            return
        cli_id = Fields(message).obj("params").raw.get("requestId")
        for request_id, pending in list(self._pending.items()):
            if pending.cli_id == cli_id:
                pending.settle(_error_response(cli_id, "cancelled", -32800))
                self._stop(request_id)

    def _forward(self, message: JSONObject) -> None:
        if self._package is None or self._end:
            log.debug("the MCP server %s is not running: %s", self.name, message.get("method"))
            return
        try:
            self._to_server.send_nowait(self._package.parse(message))
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            self._end = self._end or "the server has ended"

    def _end_response(self, cli_id: Any) -> JSONObject:
        return _error_response(cli_id, f"the MCP server {self.name} is not running: {self._end}")

    # --- calls ------------------------------------------------------------------------------------

    def _stop(self, request_id: Any) -> None:
        """Cancel the work on a request whose answer is no longer needed."""
        scope = self._calls.get(request_id)
        if scope is not None:
            scope.cancel()
        elif self._package is not None and self._package.can_cancel:
            # This is a third-party server, or a call that has not started.
            params = {"requestId": request_id, "reason": "cancelled"}
            self._forward({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params})

    async def _call(self, request_id: Any, name: str, arguments: JSONObject) -> ToolResult:
        tool = self._server.tools.get(name)
        if tool is None:
            tools = ", ".join(self._server.tools)
            return failed(f"No tool is named {name!r}; available: {tools}")
        if request_id not in self._pending:
            return failed("The call was cancelled before it started.")
        run = self._server.run or run_here
        with anyio.CancelScope() as scope:
            self._calls[request_id] = scope
            try:
                result = await run(tool.job(arguments))
                if isinstance(result.error, ToolInputError):  # the model's mistake, not the tool's
                    log.debug("%s rejected its arguments: %s", name, result.error)
                elif result.error is not None:
                    self._report(f"The tool {name}", result.error, "The model received the error.")
                return result
            except anyio.get_cancelled_exc_class():
                # Let a cancellation of this scope propagate; one raised by the tool is an ordinary
                # error.
                await anyio.lowlevel.checkpoint_if_cancelled()
                return failed(f"{name} was cancelled by its own code.")
            except Exception as error:  # noqa: BLE001  third-party code may raise anything
                log_failure(log, f"The runner of {name}", error)
                return failed(f"Cannot run {name}: {error!r}")
            finally:
                self._calls.pop(request_id, None)
        return failed(f"{name} was cancelled.")


def _prepare(server: Any) -> McpPackage:
    """Load everything that the server's calls need. Slow, so call it in a thread."""
    package = load_package()
    if isinstance(server, ToolServer):
        for tool in server.tools.values():
            tool.inputs.prepare()
    return package


def _root_cause(error: BaseException) -> BaseException:
    inner: Sequence[BaseException] = getattr(error, "exceptions", ())
    return _root_cause(inner[0]) if len(inner) == 1 else error
