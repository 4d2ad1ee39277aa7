"""The HTTP side of the scripted API: reads requests, and carries out what answers them."""

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
from .answer import Action, Drop, Head, Pause, Send, Stall

if TYPE_CHECKING:
    from ..messages import JSONObject

_LOG = get_logger(__name__)
_SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization", "x-api-key"})

Kind: TypeAlias = Literal["turn", "side", "count_tokens", "other"]
Outcome: TypeAlias = Literal["complete", "dropped", "left"]


@dataclass
class Request:
    """A request, and what became of it. Times are `time.time()`, in seconds.

    :param method: `POST`, `HEAD` ...
    :param path: without the query.
    :param headers: by lower-case name; the value of a secret one is `[redacted]`.
    :param body: the decoded JSON body; empty when there was none.
    :param kind: `turn` answers a prompt, `side` a question of the CLI itself (a title, a summary).
    :param step: which step of its script was asked for, from 1; None without a script.
    :param arrived: when it had been read.
    :param first_byte: when the first byte of the answer's body was sent, None before.
    :param ended: when the answer was finished, or broken off.
    :param status: the HTTP status sent, None when none was.
    :param outcome: how the answer ended: `complete`, `dropped` (as scripted), or `left` (the other
        side went away, or the server was stopped); None while it goes on.
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


class Answering(Protocol):
    """Who says how a request is answered, and keeps the record of it."""

    def begin(self, request: Request) -> Iterable[Action]:
        """Record a request and say how to answer it."""

    def note_status(self, request: Request, status: int) -> None:
        """The head of the answer is going out."""

    def note_byte(self, request: Request) -> None:
        """A piece of the answer's body is going out."""

    def note_end(self, request: Request, outcome: Outcome) -> None:
        """The answer is over."""

    def pause(self, seconds: float) -> bool:
        """Wait; whether the server was stopped meanwhile."""

    def now(self) -> float:
        """The time, in seconds since the epoch."""

    def new_id(self, prefix: str) -> str:
        """An id that begins with `prefix`."""


class Server(ThreadingHTTPServer):
    """One thread per connection; all connections can be ended at once."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], api: Answering) -> None:
        self.api = api
        self._open: set[socket.socket] = set()
        self._all_ended = threading.Condition()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Bind without asking who 127.0.0.1 is: where names resolve slowly that takes seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a new connection in a thread of its own."""
        with self._all_ended:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection that is not served any more."""
        super().shutdown_request(request)
        with self._all_ended:
            self._open.discard(request)
            self._all_ended.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection broke: on the other side, or because the server stops. Both are usual."""
        _LOG.debug("connection from %s", client_address, exc_info=True)

    def end_connections(self, timeout: float) -> None:
        """End all connections, and wait at most `timeout` seconds until nobody serves one."""
        with self._all_ended:
            for connection in self._open:
                _shut(connection)
            self._all_ended.wait_for(lambda: not self._open, timeout)


def _shut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the other side was faster
        connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    """One connection: reads requests, and carries out the actions that answer them."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _handle(self) -> None:
        request = self._read()
        actions = self.server.api.begin(request)
        try:
            outcome = self._carry_out(request, actions)
        except OSError:
            outcome = "left"
        if outcome != "complete":
            self.close_connection = True
        self.server.api.note_end(request, outcome)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815 (http.server's names)

    def _read(self) -> Request:
        data = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {
            name.lower(): "[redacted]" if name.lower() in _SECRET_HEADERS else value
            for name, value in self.headers.items()
        }
        path = urlsplit(self.path).path
        return Request(self.command, path, headers, _decode(data), self.server.api.now())

    def _carry_out(self, request: Request, actions: Iterable[Action]) -> Outcome:
        for action in actions:
            if isinstance(action, Drop):
                return "dropped"
            if isinstance(action, Stall):
                self.connection.recv(1)  # nothing comes, until the other side or the server ends
                return "left"
            if isinstance(action, Pause):
                if self.server.api.pause(action.seconds):
                    return "left"
                continue
            self._act(request, action)
        self._finish()
        return "complete"

    def _act(self, request: Request, action: Head | Send) -> None:
        api = self.server.api
        if isinstance(action, Head):
            api.note_status(request, action.status)
            self._send_head(action)
        elif self.command != "HEAD":
            # Noted before it is written: the other side may act on it at once.
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

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (http.server's name)
        """To the log instead of stderr."""
        _LOG.debug(format, *args)


def _decode(data: bytes) -> JSONObject:
    try:
        value = json.loads(data) if data else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
