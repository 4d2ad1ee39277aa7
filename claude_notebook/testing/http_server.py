"""The scripted API's HTTP server, which reads requests and performs the response's actions."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias
from urllib.parse import urlsplit

from ..logs import get_logger
from .answer import Action, Delay, Drop, Head, Send, Stall

if TYPE_CHECKING:
    from ..messages import JSONObject

_LOG = get_logger(__name__)
_SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization", "x-api-key"})

Kind: TypeAlias = Literal["turn", "side", "count_tokens", "other"]
Outcome: TypeAlias = Literal["complete", "dropped", "left"]


@dataclass
class Request:
    """A request and its outcome. Times are `time.time()` values, in seconds.

    :param method: `POST`, `HEAD`, and so on.
    :param path: the path without the query.
    :param headers: headers by lowercase name; secret values are `[redacted]`.
    :param body: the decoded JSON body; empty if there was none.
    :param kind: `turn` for a prompt, `side` for one of the CLI's own requests (title, summary).
    :param step: the script step that was requested, starting at 1; None if there is no script.
    :param arrived: when the request had been read.
    :param first_byte: when the first byte of the response's body was sent; None before that.
    :param ended: when the response ended.
    :param status: the HTTP status that was sent; None if none was.
    :param outcome: `complete`, `dropped` (as scripted), or `left` (the client disconnected or the
        server stopped); None until the response ends.
    :param refusal: the HTTP status to refuse the request with, because of its headers.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: JSONObject
    arrived: float
    kind: Kind = "other"
    step: int | None = None
    first_byte: float | None = None
    ended: float | None = None
    status: int | None = None
    outcome: Outcome | None = None
    refusal: int | None = None


class Responder(Protocol):
    """Chooses responses to requests and records them."""

    def check_headers(self, headers: Mapping[str, str]) -> int | None:
        """Return the HTTP status to refuse a request with; None accepts it."""

    def begin(self, request: Request) -> Iterable[Action]:
        """Record a request and return the actions for its response."""

    def note_status(self, request: Request, status: int) -> None:
        """Record a response's status."""

    def note_byte(self, request: Request) -> None:
        """Record the first byte of a response's body."""

    def note_end(self, request: Request, outcome: Outcome) -> None:
        """Record the end of a response."""

    def pause(self, seconds: float) -> bool:
        """Wait, and return True if the server was stopped in the meantime."""

    def now(self) -> float:
        """Return the time in seconds since the epoch."""

    def new_id(self, prefix: str) -> str:
        """Return an id that begins with `prefix`."""


class Server(ThreadingHTTPServer):
    """An HTTP server with one thread per connection that can close all connections at once."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], api: Responder) -> None:
        self.api = api
        self._open: set[socket.socket] = set()
        self._all_ended = threading.Condition()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Bind without resolving 127.0.0.1, which takes seconds if the resolver is slow."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a new connection in a separate thread."""
        with self._all_ended:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close a finished connection."""
        super().shutdown_request(request)
        with self._all_ended:
            self._open.discard(request)
            self._all_ended.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log a broken connection, because clients disconnect, and so does a stopping server."""
        _LOG.debug("connection from %s", client_address, exc_info=True)

    def end_connections(self, timeout: float) -> None:
        """Close all connections, and wait at most `timeout` seconds for their threads."""
        with self._all_ended:
            for connection in self._open:
                _shut(connection)
            self._all_ended.wait_for(lambda: not self._open, timeout)


def _shut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the client was faster
        connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    """A single connection, which reads requests and performs the actions for their responses."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _handle(self) -> None:
        request = self._read()
        actions = self.server.api.begin(request)
        try:
            outcome = self._perform_all(request, actions)
        except OSError:
            outcome = "left"
        if outcome != "complete":
            self.close_connection = True
        self.server.api.note_end(request, outcome)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815 (names of http.server)

    def _read(self) -> Request:
        data = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {
            name.lower(): "[redacted]" if name.lower() in _SECRET_HEADERS else value
            for name, value in self.headers.items()
        }
        path = urlsplit(self.path).path
        request = Request(self.command, path, headers, _decode(data), self.server.api.now())
        request.refusal = self.server.api.check_headers(
            {name.lower(): value for name, value in self.headers.items()}
        )
        return request

    def _perform_all(self, request: Request, actions: Iterable[Action]) -> Outcome:
        for action in actions:
            if isinstance(action, Drop):
                return "dropped"
            if isinstance(action, Stall):
                self.connection.recv(1)  # returns when the client disconnects or the server stops
                return "left"
            if isinstance(action, Delay):
                if self.server.api.pause(action.seconds):
                    return "left"
                continue
            self._perform(request, action)
        self._finish()
        return "complete"

    def _perform(self, request: Request, action: Head | Send) -> None:
        api = self.server.api
        if isinstance(action, Head):
            api.note_status(request, action.status)
            self._send_head(action)
        elif self.command != "HEAD":
            # Recorded before the write, because the client may react immediately.
            api.note_byte(request)
            self.wfile.write(b"%X\r\n%s\r\n" % (len(action.data), action.data))

    def _send_head(self, head: Head) -> None:
        self.send_response(head.status)
        self.send_header("content-type", head.content_type)
        self.send_header("request-id", self.server.api.new_id("req"))
        for name, value in head.headers.items():
            self.send_header(name, value)
        empty = self.command == "HEAD"
        length = ("content-length", "0") if empty else ("transfer-encoding", "chunked")
        self.send_header(*length)
        self.end_headers()

    def _finish(self) -> None:
        if self.command != "HEAD":
            self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (name of http.server)
        """Write to the log instead of standard error."""
        _LOG.debug(format, *args)


def _decode(data: bytes) -> JSONObject:
    try:
        value = json.loads(data) if data else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
