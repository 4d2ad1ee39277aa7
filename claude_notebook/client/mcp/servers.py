"""MCP servers that run in this process: the CLI's `mcp_message` requests, and who answers them.

The `mcp` package speaks the protocol. Importing it takes 0.4 to 0.8 seconds, so that happens in a
thread while the CLI starts, and only when there is a server. The first turn does not wait for it:
of servers that `create_sdk_mcp_server` made, the answers to the handshake travel in `initialize`.

Nothing here can hold up a conversation. A server of somebody else's has a bounded time for its
handshake; a call that is cancelled is answered at once, whatever its function does; at the end
everything is cancelled, and nobody waits for it.
"""

from __future__ import annotations

import contextlib
import inspect
import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

import anyio
import anyio.lowlevel
from anyio.streams.memory import MemoryObjectReceiveStream

from ...concurrency.tasks import BackgroundTask, spawn
from ...concurrency.threads import in_thread
from ...errors import OptionsError, ToolInputError
from ...logs import get_logger, log_failure
from ...messages import JSON, JSONObject
from ...options import ClaudeCodeOptions, McpServerConfig
from ...tools import Job, ToolResult, ToolServer
from ...tools.results import failed
from ..callback_failures import Report
from .compat import Package, load_package

log = get_logger(__name__)

HANDSHAKE_SECONDS = 5.0
"""How long a server may take for one message of its handshake."""
LATE_SECONDS = 0.2
"""The same for a server that has missed that once. The CLI asks again in every turn."""

_UNBOUNDED = frozenset({"tools/call"})
_HELLO = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "claude_notebook", "version": "1"},
}
_HANDSHAKE: tuple[JSONObject, ...] = (
    {"jsonrpc": "2.0", "id": "claude_notebook", "method": "initialize", "params": _HELLO},
    {"jsonrpc": "2.0", "method": "notifications/initialized"},
)


def _error(request_id: JSON, message: str, code: int = -32603) -> JSONObject:
    return {"jsonrpc": "2.0", "id": request_id, "error": {"code": code, "message": message}}


def _log(who: str, error: BaseException, so: str) -> None:
    log_failure(log, who, error)


async def run_here(job: Job) -> ToolResult:
    """Run a tool: in this event loop if it is async, otherwise in a thread."""
    result = job() if inspect.iscoroutinefunction(job) else await in_thread(job)
    return result if isinstance(result, ToolResult) else await result


class McpServers:
    """The servers of one conversation: `start`, `answer` what the CLI asks, `close`.

    :param servers: by the name under which the CLI knows them: a `ToolServer`, or a server of the
        `mcp` package.
    :param patience: seconds that a server has for a message of its handshake.
    :param report: told of tools that fail.
    """

    def __init__(
        self,
        servers: Mapping[str, JSON],
        *,
        patience: float = HANDSHAKE_SECONDS,
        report: Report = _log,
    ) -> None:
        self._servers = dict(servers)
        self._patience, self._report = patience, report
        self._links = {name: Link(name, one, patience, report) for name, one in servers.items()}

    @classmethod
    def of(cls, options: ClaudeCodeOptions, report: Report = _log) -> McpServers:
        """The servers among `options.mcp_servers` that run in this process.

        :raises OptionsError: one has no instance
        """
        given = options.mcp_servers if isinstance(options.mcp_servers, dict) else {}
        return cls(_instances(given), report=report)

    @contextlib.contextmanager
    def exchanging(self, given: Mapping[str, McpServerConfig]) -> Iterator[JSONObject]:
        """Answer for other servers, while the CLI is told of them: what it must be told.

        When that has failed, those of before go on.

        :raises OptionsError: a server here has no instance
        """
        servers, before = _instances(given), (self._servers, self._links)
        links = {
            name: self._links[name]
            if self._servers.get(name) is server
            else Link(name, server, self._patience, self._report)
            for name, server in servers.items()
        }
        kept = set(links.values()) & set(self._links.values())
        _start(set(links.values()) - kept)
        self._links = {**self._links, **links}
        try:
            yield {
                name: {"type": "sdk", "name": name} if name in servers else config
                for name, config in given.items()
            }
        except BaseException:
            self._servers, self._links = before
            _close(set(links.values()) - kept)
            raise
        self._servers, self._links = servers, links
        _close(set(before[1].values()) - kept)

    def announce(self) -> JSONObject:
        """What `initialize` says of them."""
        if not self._servers:
            return {}
        manifests = {
            name: server.manifest()
            for name, server in self._servers.items()
            if isinstance(server, ToolServer)
        }
        return {"sdkMcpServers": list(self._servers), "sdkMcpServerManifests": manifests}

    def start(self) -> None:
        """Start them. Returns at once."""
        _start(self._links.values())

    def close(self) -> None:
        """Cancel whatever runs. Returns at once."""
        _close(self._links.values())

    async def answer(self, request: JSONObject) -> JSONObject:
        """The answer to an `mcp_message` request."""
        message: JSONObject = request.get("message") or {}
        link = self._links.get(str(request.get("server_name")))
        if link is None:
            names = ", ".join(self._links)
            text = f"there is no server {request.get('server_name')!r}; there are: {names}"
            return {"mcp_response": _error(message.get("id"), text, -32601)}
        if "id" in message and "method" in message:
            return {"mcp_response": await link.ask(message)}
        link.tell(message)
        # A notification has no answer, but the request that carried it has.
        return {"mcp_response": {"jsonrpc": "2.0", "result": {}}}


def _instances(given: Mapping[str, McpServerConfig]) -> dict[str, JSON]:
    servers: dict[str, JSON] = {}
    for name, config in given.items():
        if config.get("type") == "sdk":
            servers[name] = config.get("instance")
            if servers[name] is None:
                raise OptionsError(
                    f"the MCP server {name!r} has no instance: use create_sdk_mcp_server()",
                    field="mcp_servers",
                )
    return servers


def _start(links: Iterable[Link]) -> None:
    for link in links:
        link.start()


def _close(links: Iterable[Link]) -> None:
    for link in links:
        link.close()


class _Waiter:
    """Somebody who waits for the answer to one message: the CLI, by its own id."""

    def __init__(self, asked_as: JSON) -> None:
        self.asked_as = asked_as
        self.done = anyio.Event()
        self.answer: JSONObject | None = None

    def settle(self, answer: JSONObject) -> None:
        self.answer = answer
        self.done.set()


class Link:
    """The connection to one server. It runs in a task of its own, from `start` to `close`."""

    def __init__(self, name: str, server: JSON, patience: float, report: Report) -> None:
        self.name = name
        self._report = report
        self._server = server
        self._patience = self._full_patience = patience
        # By ids of our own: the CLI may use one again while an answer is still under way.
        self._ids = itertools.count()
        self._waiting: dict[JSON, _Waiter] = {}
        self._calls: dict[JSON, anyio.CancelScope] = {}
        self._task: BackgroundTask | None = None
        self._ready = anyio.Event()
        self._package: Package | None = None
        self._end = ""
        self._closed = False

    # --- life -------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the server."""
        self._ready = anyio.Event()
        self._end = ""
        self._task = spawn(self._run, f"mcp server {self.name}")

    def close(self) -> None:
        """Cancel the server, and all that it does."""
        self._closed = True
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        try:
            self._package = await in_thread(partial(_prepare, self._server), "claude mcp")
            await self._serve(self._package)
            self._end = "it has ended"
        except Exception as error:  # noqa: BLE001  a server of somebody else's
            self._end = f"it failed: {_cause(error)!r}"
            log_failure(log, f"The MCP server {self.name}", _cause(error))
        finally:
            self._end = self._end or "it was closed"
            self._ready.set()
            for waiter in self._waiting.values():
                waiter.settle(self._gone(waiter.asked_as))

    async def _serve(self, package: Package) -> None:
        self._to_server, inbox = anyio.create_memory_object_stream[JSON](math.inf)
        outbox, answers = anyio.create_memory_object_stream[JSON](math.inf)
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

    # --- what the server says ---------------------------------------------------------------------

    async def _read(self, package: Package, answers: MemoryObjectReceiveStream[JSON]) -> None:
        async for item in answers:
            payload = package.dump(item)
            if "method" not in payload:
                waiter = self._waiting.get(payload.get("id"))
                if waiter is not None:
                    waiter.settle(payload)
            elif "id" in payload:
                self._forward(_error(payload["id"], "not supported here", -32601))
            else:
                log.debug("%s from the MCP server %s goes nowhere", payload["method"], self.name)

    # --- what the CLI says ------------------------------------------------------------------------

    async def ask(self, message: JSONObject) -> JSONObject:
        """Hand a request to the server and wait for the answer; for calls without a bound."""
        method, asked_as = message["method"], message["id"]
        if self._end and method == "initialize" and not self._closed:
            self.start()  # the CLI tries a server that has failed again in its next turn
        await self._ready.wait()
        if self._end:
            return self._gone(asked_as)
        request_id = next(self._ids)
        waiter = self._waiting[request_id] = _Waiter(asked_as)
        seconds = math.inf if method in _UNBOUNDED else self._patience
        try:
            with anyio.move_on_after(seconds):
                self._forward({**message, "id": request_id})
                await waiter.done.wait()
        finally:
            del self._waiting[request_id]
            if waiter.answer is None:
                self._stop(request_id)
        if waiter.answer is None:
            self._patience = min(self._patience, LATE_SECONDS)
            log.warning("the MCP server %s did not answer %s in time", self.name, method)
            return _error(asked_as, f"no answer to {method} within {seconds:g} s")
        self._patience = self._full_patience
        return {**waiter.answer, "id": asked_as}

    def tell(self, message: JSONObject) -> None:
        """Hand a notification to the server. Returns at once."""
        if message.get("method") != "notifications/cancelled":
            self._forward(message)
            return
        asked_as = message.get("params", {}).get("requestId")
        for request_id, waiter in list(self._waiting.items()):
            if waiter.asked_as == asked_as:
                waiter.settle(_error(asked_as, "cancelled", -32800))
                self._stop(request_id)

    def _forward(self, message: JSONObject) -> None:
        if self._package is None or self._end:
            log.debug("the MCP server %s is not there for %s", self.name, message.get("method"))
            return
        try:
            self._to_server.send_nowait(self._package.parse(message))
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            self._end = self._end or "it has ended"

    def _gone(self, request_id: JSON) -> JSONObject:
        return _error(request_id, f"the MCP server {self.name} is not there: {self._end}")

    # --- calls ------------------------------------------------------------------------------------

    def _stop(self, request_id: JSON) -> None:
        """Nobody waits for this request any more."""
        scope = self._calls.get(request_id)
        if scope is not None:
            scope.cancel()
        elif self._package is not None and self._package.can_cancel:
            # A server of somebody else's, or a call that has not begun.
            params = {"requestId": request_id, "reason": "cancelled"}
            self._forward({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params})

    async def _call(self, request_id: JSON, name: str, arguments: JSONObject) -> ToolResult:
        tool = self._server.tools.get(name)
        if tool is None:
            return failed(f"There is no tool {name!r}; there are: {', '.join(self._server.tools)}")
        if request_id not in self._waiting:
            return failed("cancelled before it began")
        run = self._server.run or run_here
        with anyio.CancelScope() as scope:
            self._calls[request_id] = scope
            try:
                result = await run(tool.job(arguments))
                if isinstance(result.error, ToolInputError):  # the model's mistake
                    log.debug("%s was not called: %s", name, result.error)
                elif result.error is not None:
                    self._report(f"The tool {name}", result.error, "The model was told.")
                return result
            except anyio.get_cancelled_exc_class():
                # Ours leaves here; one that the tool itself has raised is an error like others.
                await anyio.lowlevel.checkpoint_if_cancelled()
                return failed(f"{name} was cancelled by its own code.")
            except Exception as error:  # noqa: BLE001  a runner of somebody else's
                log_failure(log, f"The runner of {name}", error)
                return failed(f"{name} could not be run: {error!r}")
            finally:
                self._calls.pop(request_id, None)
        return failed(f"{name} was cancelled.")


def _prepare(server: JSON) -> Package:
    """Load all that a server's calls need. Takes its time: for a thread."""
    package = load_package()
    if isinstance(server, ToolServer):
        for tool in server.tools.values():
            tool.inputs.prepare()
    return package


def _cause(error: BaseException) -> BaseException:
    inner: Sequence[BaseException] = getattr(error, "exceptions", ())
    return _cause(inner[0]) if len(inner) == 1 else error
